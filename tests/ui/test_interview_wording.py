"""What the pages say of an interview is what `core` says, in every language with its parts."""

from pathlib import Path

import polib
import pytest

from core.interview import replay
from core.interview.turns import Place, StepKey
from core.interview.wording import ENGLISH, HEAD_NOUNS
from core.values_card.card import GOOD_POLICIES
from core.values_card.lint import SENTENCES, TITLE_WORDS, Advice, Rule
from tests.core.interviews import CARD, WHOLE
from ui.interview import card_view, places, wording
from workbench import catalogue

CATALOGUES = sorted(catalogue.FOLDER.glob("*.po"))


def test_the_pages_ask_what_core_asks() -> None:
    assert dict(wording.QUESTIONS) == dict(ENGLISH)
    assert tuple(wording.HEAD_NOUNS) == HEAD_NOUNS


def test_the_pages_advise_what_core_advises() -> None:
    assert set(wording.ADVICE) == set(Rule)
    ranges = {Rule.NUMBER: GOOD_POLICIES, Rule.TITLE: TITLE_WORDS}
    for rule, english in wording.ADVICE.items():
        good = ranges.get(rule)
        values = {"fewest": good.start, "most": good.stop - 1} if good else {}
        assert english.format(**values) == SENTENCES[rule]
        assert wording.advice(Advice(rule, "")) == SENTENCES[rule]
        assert wording.advice(Advice(rule, "love")).endswith("(“love”)")


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_question_stands_in_a_paragraph_of_its_own_in_every_language(path: Path) -> None:
    """What it is about stands above it, and is split from it there."""
    translated = {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))}
    for english in wording.QUESTIONS.values():
        if english in translated:
            assert translated[english].count("\n\n") == english.count("\n\n")


def test_a_card_as_html_is_text_only() -> None:
    hostile = "<img src=x onerror=alert(1)> & \"'"
    card = type(CARD)(hostile, hostile, (hostile,))
    html = card_view.card_html(card) + card_view.words_html(hostile)
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt; &amp; &quot;&#x27;") == 4


def test_what_is_told_twice_is_told_apart() -> None:
    named = card_view.distinct({"a": "Room", "b": "Room", "c": "Time", "d": "Room"})
    assert named == {"a": "Room", "b": "Room (2)", "c": "Time", "d": "Room (3)"}


def test_the_answers_to_go_back_to_stand_in_the_order_of_the_interview() -> None:
    known = places.answered(replay(WHOLE[:9]))
    assert [place.step for place in known] == [
        StepKey.CASE,
        StepKey.STORY,
        StepKey.NOTICED,
        *[StepKey.DROP_TEST] * 4,
        StepKey.PHRASE,
    ]
    assert places.before(replay(WHOLE[:9])) == Place(StepKey.PHRASE, 0)
    assert places.before(replay(WHOLE[:2])) == Place(StepKey.CASE)
    assert places.before(replay(WHOLE[:1])) is None
    assert places.before(replay(WHOLE)) is None
