"""Turns are read as they were written; whatever else is sent gets a sentence and does nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.interview import InvalidTurnError, advance, replay
from core.interview.stored import KINDS, MAX_CHARACTERS, kind_of, turn_from_json, turn_to_json
from core.interview.turns import (
    Abandoned,
    AnotherAsked,
    Began,
    Case,
    NoticedMore,
    Place,
    Proposed,
    Resumed,
    Revised,
    StepKey,
    Stopped,
    Turn,
    WentBack,
)
from tests.core.interviews import WHOLE

EVERY_KIND: tuple[Turn, ...] = (
    *WHOLE,
    NoticedMore(("é ß 漢字 🎻",)),
    AnotherAsked(wanted=False),
    WentBack(Place(StepKey.PHRASE, 2)),
    Abandoned(),
    Revised(1),
    Stopped(),
    Resumed(),
    Proposed(Place(StepKey.TITLE), "What?", ("A", "B"), "call", "interview.note.unfit"),
)


def test_every_kind_of_turn_is_read_as_it_was_written() -> None:
    assert {kind_of(turn) for turn in EVERY_KIND} == set(KINDS)
    for turn in EVERY_KIND:
        assert turn_from_json(turn_to_json(turn)) == turn


def test_the_largest_turn_can_be_stored() -> None:
    largest = Began(tuple(Case(str(number), '"' * 5_000) for number in range(50)))
    assert turn_from_json(turn_to_json(largest)) == largest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not an object"),
        ("{}", "no kind of turn None"),
        ('{"kind": "__init__"}', "no kind of turn '__init__'"),
        ('{"kind": ["Stopped"]}', "no kind of turn"),
        ('{"kind": "Stopped", "role": "admin"}', "other fields than role"),
        ('{"kind": "StoryTold"}', "other fields than none"),
        ('{"kind": "StoryTold", "text": 7}', "The story is int and not text"),
        ('{"kind": "StoryTold", "text": ["a"]}', "The story is tuple and not text"),
        ('{"kind": "StoryTold", "text": "\\u0000"}', "cannot be kept"),
        ('{"kind": "StoryTold", "text": "\\ud800"}', "cannot be kept"),
        ('{"kind": "StoryTold", "text": "   "}', "The story is empty"),
        ('{"kind": "Noticed", "things": "abc"}', "are str and not a list"),
        ('{"kind": "Noticed", "things": []}', "must be 1 to 20"),
        ('{"kind": "Noticed", "things": ["a", "A"]}', "named twice"),
        ('{"kind": "Noticed", "things": [{}]}', "dict and not text"),
        ('{"kind": "DropTested", "thing": -1, "keeps": "yes"}', "from 0 to 19"),
        ('{"kind": "DropTested", "thing": true, "keeps": "yes"}', "from 0 to 19"),
        ('{"kind": "DropTested", "thing": 1e400, "keeps": "yes"}', "from 0 to 19"),
        ('{"kind": "DropTested", "thing": 0, "keeps": "maybe"}', "yes, no, unsure"),
        ('{"kind": "DropTested", "thing": 0, "keeps": {}}', "yes, no, unsure"),
        ('{"kind": "AnotherAsked", "wanted": "yes"}', "must be yes or no"),
        ('{"kind": "WentBack", "place": "story"}', "Place is not an object"),
        ('{"kind": "WentBack", "place": {"step": "moon"}}', "no step 'moon'"),
        ('{"kind": "WentBack", "place": {"step": "phrase"}}', "wrong thing"),
        ('{"kind": "WentBack", "place": {"step": "story", "thing": 1}}', "wrong thing"),
        ('{"kind": "WentBack", "place": {"step": ["story"]}}', "no step"),
        ('{"kind": "Began", "cases": [{"id": "a", "text": "b", "c": 1}]}', "other fields"),
        ('{"kind": "Began", "cases": [{"id": "a", "text": "b"}, {"id": "a", "text": "c"}]}', "own"),
        ('{"kind": "Began", "cases": ["a"]}', "Case is not an object"),
        ('{"kind": "Reviewed", "change": [1, 1]}', "named twice"),
        ('{"kind": "Reviewed", "change": [[1]]}', "from 0 to 19"),
        (f'{{"kind": "StoryTold", "text": "{"x" * 30_000}"}}', "30,000 characters"),
        ("x" * (MAX_CHARACTERS + 1), "1,000,001 characters"),
    ],
)
def test_a_malformed_turn_gets_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidTurnError) as caught:
        turn_from_json(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = "cases case_id text things thing keeps change draft place value wanted question drafts"
NAMES = st.sampled_from(FIELDS.split())


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(NAMES, JSON, max_size=3))
def test_nonsense_is_refused_or_is_a_turn_that_changes_nothing_wrongly(
    kind: str, fields: dict[str, Any]
) -> None:
    state = replay(WHOLE[:9])
    try:
        turn = turn_from_json(json.dumps({"kind": kind, **fields}))
        after = advance(state, turn)
    except InvalidTurnError:
        return
    assert after.cases == state.cases
    assert after.n_turns == state.n_turns + 1
    assert turn_from_json(turn_to_json(turn)) == turn
