"""Answers of every kind about few items, and the joint likelihood at one place."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from core.blocks import Layout
from core.fitting.answers import Further, WorstChoice, read_answers
from core.fitting.joint_slopes import Slopes
from core.judgment import Comparisons, Floats
from core.rankings import (
    AllAnswers,
    Answer,
    BestAndWorst,
    BestFew,
    BestOf,
    Levels,
    Ranking,
    Thumb,
)

NAMES = tuple("abcdefghij")


def about(n_items: int, answers: Sequence[Answer], pairs: Comparisons | None = None) -> AllAnswers:
    """Answers about the first items of one prompt."""
    items = NAMES[:n_items] if pairs is None else pairs.items
    return AllAnswers.of(items, ["prompt"] * n_items, answers, pairs)


def every_kind() -> list[Answer]:
    """Answers of every kind about five items, ties and shared places among them."""
    return [
        Ranking.of("x", "abcde"),
        Ranking.of("y", "dc", "ab"),
        Ranking("x", (("a", "b"), ("c",), ("d", "e"))),
        Ranking("z", (("e",), ("a", "b", "c")), ("d",)),
        BestOf("x", "b", ("a", "e")),
        BestAndWorst("x", "d", "b", ("a", "c")),
        BestAndWorst("y", "c", "b", ("a", "e"), worst_first=True),
        BestFew("x", ("a", "c"), ("b", "d", "e")),
        BestFew("y", ("d", "b", "e"), ("a",)),
        Thumb("x", "a", up=True),
        Thumb("x", "b", up=False),
        Thumb("y", "a", up=True),
        Thumb("y", "c", up=True),
    ]


def log_likelihood(
    answers: AllAnswers,
    strengths: Floats,
    further: Floats,
    places: Further | None = None,
    worst_choice: WorstChoice = "last",
) -> float:
    places = places or Further.of(answers, with_shifts=True)
    parts = read_answers(answers, places, worst_choice)
    return sum(part.log_likelihood(strengths, further) for part in parts)


def chance(answer: Answer, strengths: Floats, worst_choice: WorstChoice = "last") -> float:
    """Probability of one answer among all that could have been given to its question."""
    answers = about(len(strengths), [answer])
    value = log_likelihood(answers, strengths, np.zeros(0), worst_choice=worst_choice)
    return float(np.exp(value))


def dense_slopes(
    answers: AllAnswers, strengths: Floats, further: Floats, worst_choice: WorstChoice = "last"
) -> tuple[Floats, Floats]:
    """Score and information of strengths and further parameters together, as one matrix.

    All items lie in one component here, whether answers connect them or not.
    """
    n_items = len(answers.items)
    slopes = Slopes.zero(Layout.of(np.zeros(n_items, dtype=np.int64), 1), len(further))
    for part in read_answers(answers, Further.of(answers, with_shifts=True), worst_choice):
        part.add_slopes(slopes, strengths, further)
    information = np.block(
        [
            [slopes.information.reshape(n_items, n_items), slopes.border],
            [slopes.border.T, slopes.further_information],
        ]
    )
    return np.hstack([slopes.score, slopes.further_score]), information


def weak_orders(items: Sequence[str], largest: int) -> Iterator[Levels]:
    """All orders of the items in which up to `largest` may share a place."""
    if not items:
        yield ()
    for size in range(1, min(largest, len(items)) + 1):
        for place in combinations(items, size):
            left = [item for item in items if item not in place]
            for order in weak_orders(left, largest):
                yield (place, *order)


def drawn_ranking(
    rng: np.random.Generator, strengths: Floats, shown: Sequence[int], depth: int
) -> Ranking:
    """What Plackett and Luce's people say of the items shown: the best `depth` in order."""
    names = np.array(NAMES)[list(shown)]
    utilities = strengths[list(shown)] + rng.gumbel(size=len(shown))
    order = names[np.argsort(-utilities)].tolist()
    return Ranking.of("somebody", order[:depth], order[depth:])
