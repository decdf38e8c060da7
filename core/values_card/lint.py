"""Advice on a values card: named rules, each with a sentence. Advice, not a wall."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

from core.values_card import english
from core.values_card.card import GOOD_POLICIES, ValuesCard

TITLE_WORDS = range(1, 7)
MOMENT_WORDS = range(6, 46)
FEWEST_WORDS = 4
#: Of the telling words of the shorter of two policies, the share that the other one repeats.
SAME_SHARE = 0.8
#: Telling words of a case are not details where they are shorter than this.
DETAIL_LENGTH = 4
_WORD = re.compile(r"\w+(?:['’]\w+)?")
_SENTENCE_END = re.compile(r"[.!?…؟。]+(?=\s+\S)")
_POINTING = re.compile(r"\b(?:the|this|that|my|his|her|their) (\w+)", re.IGNORECASE)


class Rule(StrEnum):
    """What a good card keeps to. The value is the key under which the sentence is translated."""

    INSTRUMENTAL = "card.advice.instrumental"
    ABOUT_ACCEPTABILITY = "card.advice.about_acceptability"
    TOO_ABSTRACT = "card.advice.too_abstract"
    CASE_SPECIFIC = "card.advice.case_specific"
    NEGATIVE = "card.advice.negative"
    DUPLICATE = "card.advice.duplicate"
    NOT_CHECKABLE = "card.advice.not_checkable"
    FORM = "card.advice.form"
    NUMBER = "card.advice.number"
    TITLE = "card.advice.title"
    MOMENT = "card.advice.moment"

    @property
    def sentence(self) -> str:
        """What the person is told, in English."""
        return SENTENCES[self]


SENTENCES = {
    Rule.INSTRUMENTAL: "This sounds like a means to something else. Name what you would still "
    "attend to if that came about in another way.",
    Rule.ABOUT_ACCEPTABILITY: "This is about what is proper or expected. Name what you look out "
    "for yourself, even when nobody expects it.",
    Rule.TOO_ABSTRACT: "This is a big word that many things fit under. Name what one would see or "
    "hear when it is there.",
    Rule.CASE_SPECIFIC: "This belongs to one person or one occasion. Say it in words that would "
    "also fit another time.",
    Rule.NEGATIVE: "This says what to keep away from. Say what you look for instead.",
    Rule.DUPLICATE: "Two of the policies say nearly the same. Join them, or say what tells them "
    "apart.",
    Rule.NOT_CHECKABLE: "Nobody could tell whether somebody was attending to this. Say which "
    "things to look for, and what marks them.",
    Rule.FORM: "Begin with what you look for, in capitals and in the plural, such as MOMENTS, "
    "SIGNS or QUESTIONS; then say which of them.",
    Rule.NUMBER: f"A card is clearest with {GOOD_POLICIES.start} to {GOOD_POLICIES.stop - 1} "
    "policies that belong together.",
    Rule.TITLE: f"A title of {TITLE_WORDS.start} to {TITLE_WORDS.stop - 1} words that is not one "
    "big word, and not another card's title, is easiest to tell apart.",
    Rule.MOMENT: "Describe one moment in one sentence, in the present, as you live it: without "
    "names, and without saying how it makes you feel.",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """One remark on a card.

    Attributes
    ----------
    found : str
        The words that led to it; empty where it is about what is missing.
    policy : int or None
        Index of the policy that it is about; None where it is about a text or the whole card.
    """

    rule: Rule
    found: str
    policy: int | None = None


_WORDING = (
    (Rule.INSTRUMENTAL, english.INSTRUMENTAL),
    (Rule.ABOUT_ACCEPTABILITY, english.ABOUT_ACCEPTABILITY),
    (Rule.TOO_ABSTRACT, english.ABSTRACT_HEADS),
    (Rule.TOO_ABSTRACT, english.ABSTRACT_WORDS),
    (Rule.CASE_SPECIFIC, english.CASE_SPECIFIC),
    (Rule.CASE_SPECIFIC, english.NAME),
    (Rule.NEGATIVE, english.NEGATIVE),
    (Rule.NOT_CHECKABLE, english.NOT_CHECKABLE),
)
_MOMENT = (english.PAST, english.RULE_FOR_OTHERS, english.FEELING, english.NAME)


def lint(
    card: ValuesCard, *, language: str = "en", case: str = "", titles: Sequence[str] = ()
) -> tuple[Advice, ...]:
    """Say what a card could do better, by the rules of `Rule`.

    The rules that look at words know English. For another language those remain that need no
    words: number, duplicates, form and lengths.

    Parameters
    ----------
    language : str
        Code of the language that the card is in.
    case : str
        The case that it came from, whose details do not belong on the card.
    titles : sequence of str
        Of other cards, from which this title is to be told apart.
    """
    return (
        *lint_policies(card.policies, language=language, case=case),
        *lint_title(card.title, titles=titles),
        *lint_moment(card.description, language=language),
    )


def lint_policies(
    policies: Sequence[str], *, language: str = "en", case: str = ""
) -> tuple[Advice, ...]:
    """The part of `lint` about policies, for a card that has no title yet."""
    each = [
        replace(advice, policy=place)
        for place, policy in enumerate(policies)
        for advice in lint_policy(policy, language=language, case=case)
    ]
    number = [] if len(policies) in GOOD_POLICIES else [Advice(Rule.NUMBER, str(len(policies)))]
    return (*each, *number, *_duplicates(policies))


def lint_policy(policy: str, *, language: str = "en", case: str = "") -> tuple[Advice, ...]:
    """Say what one policy could do better."""
    first = words(policy)[:1]
    form = [Advice(Rule.FORM, word) for word in first if not _in_capitals(word)]
    return (*form, *lint_wording(policy, language=language, case=case))


def lint_wording(text: str, *, language: str = "en", case: str = "") -> tuple[Advice, ...]:
    """The rules that hold for whatever matters to somebody, in whatever form they say it."""
    advice = []
    if len(words(text)) < FEWEST_WORDS:
        advice.append(Advice(Rule.NOT_CHECKABLE, text))
    if language == "en":
        advice += [
            Advice(rule, found.group(0).strip())
            for rule, pattern in _WORDING
            if (found := pattern.search(text)) is not None
        ]
        advice += [Advice(Rule.CASE_SPECIFIC, detail) for detail in _details(text, case)]
    return tuple({remark.rule: remark for remark in reversed(advice)}.values())[::-1]


def lint_title(title: str, *, titles: Sequence[str] = ()) -> tuple[Advice, ...]:
    """Say what a title could do better."""
    found = words(title)
    one_big_word = len(found) == 1 and english.ABSTRACT_HEADS.search(title) is not None
    taken = telling_words(title) in [telling_words(other) for other in titles]
    if len(found) in TITLE_WORDS and not one_big_word and not taken and title[-1] not in ".!?;":
        return ()
    return (Advice(Rule.TITLE, title),)


def lint_moment(description: str, *, language: str = "en") -> tuple[Advice, ...]:
    """Say what the sentence about a moment could do better."""
    end = _SENTENCE_END.search(description)
    if end is not None or len(words(description)) not in MOMENT_WORDS:
        return (Advice(Rule.MOMENT, end.group(0) if end else ""),)
    if language == "en":
        for pattern in _MOMENT:
            if (found := pattern.search(description)) is not None:
                return (Advice(Rule.MOMENT, found.group(0)),)
    return ()


def words(text: str) -> list[str]:
    """The words of a text, as they are written."""
    return _WORD.findall(text)


def repeats(one: str, other: str) -> bool:
    """Whether two texts say nearly the same, by the words that tell something."""
    first, second = telling_words(one), telling_words(other)
    least = min(len(first), len(second))
    if least == 0:
        return one.casefold() == other.casefold()
    return len(first & second) >= SAME_SHARE * least and (least > 1 or first == second)


def _duplicates(policies: Sequence[str]) -> Iterator[Advice]:
    for (_, one), (place, other) in combinations(enumerate(policies), 2):
        if repeats(one, other):
            yield Advice(Rule.DUPLICATE, one, place)


def telling_words(text: str) -> frozenset[str]:
    """The words that tell something, without the ending of an English plural."""
    found = {word.casefold() for word in words(text)} - english.EMPTY_WORDS
    return frozenset(
        word.removesuffix("s") if len(word) > DETAIL_LENGTH else word for word in found
    )


def _in_capitals(word: str) -> bool:
    """Whether a word stands in capitals, or in a script that has none."""
    return word == word.upper() and (len(word) > 1 or word == word.lower())


def _details(text: str, case: str) -> list[str]:
    """What a text points at ("the girl") that is named in the case."""
    named = telling_words(case)
    pointed = [found for found in _POINTING.finditer(text) if len(found[1]) >= DETAIL_LENGTH]
    return [found[0] for found in pointed if telling_words(found[1]) & named]
