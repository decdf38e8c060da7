"""The own report: worked examples, and intervals that hold what they promise."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binom

from core.answer_form import ListSaid
from core.judgment import ItemOutcome
from core.own_report import OwnAnswer, median_with_interval, own_report, sameness

FIRST, SECOND, TIE = ItemOutcome.FIRST, ItemOutcome.SECOND, ItemOutcome.TIE
PAIR, OTHER = ("a", "b"), ("a", "c")


def answer(
    outcome: ItemOutcome = FIRST,
    items: tuple[str, ...] = PAIR,
    *,
    repeat: bool = False,
    ms: int | None = None,
    said: ListSaid | None = None,
) -> OwnAnswer:
    return OwnAnswer(items, outcome, said, ms, repeat)


def ranked(*places: str, rest: str = "") -> OwnAnswer:
    said = ListSaid(tuple(tuple(place) for place in places), tuple(rest))
    return answer(ItemOutcome.ANSWERED, ("a", "b", "c"), said=said)


def test_nothing_yields_no_figure() -> None:
    report = own_report([])
    assert (report.n_answered, report.n_skipped) == (0, 0)
    assert report.consistency is None
    assert report.median_seconds is None


def test_a_report_counts_and_compares() -> None:
    """Two of three repeats as before, one question never repeated, one skipped."""
    third = ("b", "c")
    report = own_report(
        [
            answer(FIRST, PAIR, ms=1000),
            answer(TIE, OTHER, ms=3000),
            answer(SECOND, third),
            answer(FIRST, ("c", "d"), ms=2000),
            answer(ItemOutcome.SKIPPED, ("d", "e"), ms=500_000),
            answer(FIRST, PAIR, repeat=True),
            answer(TIE, OTHER, repeat=True),
            answer(FIRST, third, repeat=True),
            answer(FIRST, ("x", "y"), repeat=True),  # its first answer was taken back
        ]
    )
    assert (report.n_answered, report.n_skipped) == (8, 1)
    assert report.consistency is not None
    assert report.consistency.n == 3
    assert report.consistency.value == pytest.approx(2 / 3)
    assert 0 < report.consistency.low < 2 / 3 < report.consistency.high < 1
    assert report.median_seconds is not None
    assert report.median_seconds.value == 2.0
    assert report.median_seconds.n == 3


def test_a_repeat_is_held_against_the_newest_answer_before_it() -> None:
    report = own_report([answer(FIRST), answer(SECOND), answer(SECOND, repeat=True)])
    assert report.consistency is not None
    assert report.consistency.value == 1


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        (ranked("a", "b", "c"), ranked("a", "b", "c"), 1),
        (ranked("a", "b", "c"), ranked("b", "a", "c"), 2 / 3),
        (ranked("a", "b", "c"), ranked("c", "b", "a"), 0),
        (ranked("a", "bc"), ranked("a", "b", "c"), 2 / 3),
        (ranked("a", rest="bc"), ranked("a", rest="bc"), 1),
        (ranked("ab", rest="c"), ranked("ac", rest="b"), 0),  # another two are closer
        (answer(TIE), answer(TIE), 1),
        (answer(TIE), answer(ItemOutcome.BOTH_BAD), 0),
    ],
)
def test_sameness_of_answers(one: OwnAnswer, other: OwnAnswer, share: float) -> None:
    assert sameness(one, other) == pytest.approx(share)
    assert sameness(other, one) == pytest.approx(share)


def test_the_ends_of_the_interval_are_order_statistics() -> None:
    """For n = 10 the tables give the 2nd and the 9th (97.9 %); for 5 there is no interval."""
    ten = median_with_interval(np.arange(1.0, 11.0))
    assert (ten.value, ten.low, ten.high, ten.n) == (5.5, 2.0, 9.0, 10)
    assert binom.cdf(1, 10, 0.5) <= 0.025 < binom.cdf(2, 10, 0.5)
    five = median_with_interval(np.arange(5.0))
    assert (five.value, five.low, five.high) == (2.0, -np.inf, np.inf)
    six = median_with_interval(np.arange(6.0))
    assert (six.low, six.high) == (0.0, 5.0)
    many = median_with_interval(np.arange(2001.0))
    reach = NormalDist().inv_cdf(0.975) * np.sqrt(2001) / 2
    assert many.low == pytest.approx(1000 - reach, abs=1.5)
    assert many.high == pytest.approx(1000 + reach, abs=1.5)


def test_the_interval_holds_the_median_as_often_as_it_says() -> None:
    """Exactly 1 - 2 Pr(Bin(25, 1/2) < 8) = 95.7 %; 2,000 draws lie within 4 standard errors."""
    rng = np.random.default_rng(0)
    exact = 1 - 2 * binom.cdf(7, 25, 0.5)
    held = []
    for _ in range(2000):
        interval = median_with_interval(rng.lognormal(1, 1, 25))
        held.append(interval.low <= np.e <= interval.high)
    assert exact >= 0.95
    assert abs(np.mean(held) - exact) < 4 * np.sqrt(exact * (1 - exact) / 2000)
