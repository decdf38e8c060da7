"""Canonical cards follow from answers; nobody's card is replaced, and "different" is kept."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judgment import Pair
from core.values_card.canonical import (
    Compared,
    Conflict,
    Event,
    InvalidEventError,
    Merged,
    Represented,
    Sameness,
    Split,
    Undone,
    canonical_cards,
)

CARDS = "ABCDE"


def said(what: str, answer: Sameness, person: str = "") -> Compared:
    return Compared(person or f"author of {what[0]}", Pair.of(*what), answer)


def same(what: str, person: str = "") -> Compared:
    return said(what, Sameness.SAME, person)


def different(what: str, person: str = "") -> Compared:
    return said(what, Sameness.DIFFERENT, person)


def groups(*events: Event) -> list[str]:
    return ["".join(group.members) for group in canonical_cards(CARDS, events).groups]


def test_what_is_the_same_carries_over() -> None:
    assert groups() == ["A", "B", "C", "D", "E"]
    assert groups(same("AB"), same("CB"), same("DE")) == ["ABC", "DE"]


def test_what_is_nearly_the_same_joins_nothing_and_parts_nothing() -> None:
    nearly = said("AC", Sameness.NEARLY)
    assert groups(nearly) == ["A", "B", "C", "D", "E"]
    assert groups(same("AB"), same("BC"), nearly) == ["ABC", "D", "E"]


def test_the_same_is_never_carried_over_a_different() -> None:
    found = canonical_cards(CARDS, [same("AB"), same("BC"), same("BC", "B"), different("CA")])
    assert ["".join(group.members) for group in found.groups] == ["A", "BC", "D", "E"]
    assert found.conflicts == (Conflict(Pair("A", "B"), Pair("A", "C"), overruled=False),)


def test_more_people_who_say_the_same_outweigh_one_who_does_not() -> None:
    assert groups(same("AB"), different("AB", "x")) == ["A", "B", "C", "D", "E"]
    assert groups(same("AB"), same("AB", "y"), different("AB", "x")) == ["AB", "C", "D", "E"]


def test_of_a_persons_answers_about_a_pair_the_last_counts() -> None:
    assert groups(same("AB", "x"), different("AB", "x")) == ["A", "B", "C", "D", "E"]
    assert groups(different("AB", "x"), same("AB", "x"), same("AB", "x")) == ["AB", "C", "D", "E"]


def test_researchers_merge_split_and_undo() -> None:
    merged = Merged(Pair("A", "B"), "r", "the same thing")
    split = Split(frozenset("A"), frozenset("B"), "r")
    assert groups(merged) == ["AB", "C", "D", "E"]
    assert groups(merged, Undone(0, "r")) == ["A", "B", "C", "D", "E"]
    assert groups(merged, Undone(0, "r"), Undone(1, "r")) == ["AB", "C", "D", "E"]
    assert groups(same("AB"), split) == ["A", "B", "C", "D", "E"]
    assert groups(same("AB"), split, Undone(1, "r")) == ["AB", "C", "D", "E"]
    assert groups(merged, split) == ["A", "B", "C", "D", "E"]
    assert groups(split, merged) == ["AB", "C", "D", "E"]


def test_what_is_split_off_may_join_others() -> None:
    split = Split(frozenset("A"), frozenset("BC"), "r")
    found = canonical_cards(CARDS, [same("AB"), same("BC"), split, same("AD")])
    assert ["".join(group.members) for group in found.groups] == ["AD", "BC", "E"]
    assert found.conflicts == (Conflict(Pair("A", "B"), Pair("A", "B"), overruled=False),)


def test_a_merge_over_a_different_is_listed() -> None:
    found = canonical_cards(CARDS, [different("AB"), Merged(Pair("A", "B"), "r")])
    assert "".join(found.groups[0].members) == "AB"
    assert found.conflicts == (Conflict(Pair("A", "B"), Pair("A", "B"), overruled=True),)


def test_the_card_that_most_call_the_same_speaks_for_a_group() -> None:
    events: list[Event] = [same("AC"), same("BC")]
    assert canonical_cards(CARDS, events).of("A").representative == "C"
    events.append(Represented("B", "r"))
    assert canonical_cards(CARDS, events).of("A").representative == "B"
    events.append(Undone(2, "r"))
    assert canonical_cards(CARDS, events).of("A").representative == "C"
    assert canonical_cards(CARDS, []).of("D").representative == "D"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Merged(Pair("A", "Z"), "r"), "no card 'Z'"),
        (same("AZ"), "no card 'Z'"),
        (Represented("Z", "r"), "no card 'Z'"),
        (Split(frozenset("A"), frozenset("Z"), "r"), "no card 'Z'"),
        (Split(frozenset("AB"), frozenset("B"), "r"), "on one of them"),
        (Split(frozenset(), frozenset("B"), "r"), "on one of them"),
        (Undone(1, "r"), "no earlier one"),
        (Undone(-1, "r"), "no earlier one"),
        (Undone(0, "r"), "no earlier one"),  # an answer is its person's
    ],
)
def test_an_event_that_cannot_be_is_refused(event: Event, message: str) -> None:
    with pytest.raises(InvalidEventError, match=message):
        canonical_cards(CARDS, [same("AB"), event])


PAIRS = st.sampled_from([Pair(one, other) for one, other in combinations(CARDS, 2)])
ANSWERS = st.builds(Compared, st.sampled_from("xyz"), PAIRS, st.sampled_from(Sameness))


@given(st.lists(ANSWERS, max_size=25))
def test_every_card_is_in_one_group_and_no_group_holds_a_different(events: list[Event]) -> None:
    found = canonical_cards(CARDS, events)
    assert sorted("".join("".join(group.members) for group in found.groups)) == list(CARDS)
    assert all(group.representative in group.members for group in found.groups)
    last = {(e.person, e.pair): e.answer for e in events if isinstance(e, Compared)}
    for pair in {pair for _, pair in last}:
        answers = [answer for (_, other), answer in last.items() if other == pair]
        n_same = answers.count(Sameness.SAME)
        n_different = answers.count(Sameness.DIFFERENT)
        together = found.of(pair.first) == found.of(pair.second)
        if n_different and n_different >= n_same:
            assert not together
        elif n_same > len(answers) - n_same and not together:
            assert pair in {conflict.pair for conflict in found.conflicts}


@given(st.lists(ANSWERS, max_size=15), st.randoms(use_true_random=False))
def test_the_order_in_which_people_answer_does_not_matter(
    events: list[Compared], random: st.DataObject
) -> None:
    once = list({(event.person, event.pair): event for event in events}.values())
    mixed = list(once)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert canonical_cards(CARDS, mixed) == canonical_cards(CARDS, once)
