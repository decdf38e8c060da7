"""Figures of one annotator by hand and by other packages; flags by simulated crowds."""

from itertools import groupby, product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from core.annotator_report import (
    LEFT,
    RIGHT,
    AnnotatorReports,
    Measure,
    Records,
    Scored,
    flag,
    report_annotators,
    side_by_side,
)
from core.annotator_report.records import at_least, at_most, mean_at_most, shares
from core.annotator_report.screen import WORDS_PER_MINUTE
from core.annotator_report.streaks import at_least_so_long, by_chance
from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.fitting.sandwich import variances_from
from core.judgment import Indices
from core.simulation import simulate
from tests.core.crowd import judge


def line(report: AnnotatorReports, annotator: int, measure: Measure) -> tuple[float, int]:
    """Value, to nine digits, and number of answers."""
    [found] = [part for part in report.lines(annotator) if part.measure is measure]
    assert found.estimate.low <= found.estimate.value <= found.estimate.high
    return round(found.estimate.value, 9), found.estimate.n


def test_figures_by_hand() -> None:
    """Three people, two pairs, then person 4 sees pair 0 again."""
    report = report_annotators(
        Records.of(
            annotator=np.array([4, 5, 9, 4, 5, 4]),
            unit=np.array([0, 0, 0, 1, 1, 0]),
            category=np.array([0, 0, 1, 2, 2, 1]),
            n_categories=3,
            screen=np.array([LEFT, RIGHT, LEFT, 2, 2, LEFT]),
            seconds=np.array([10.0, 60.0, 60.0, 20.0, 60.0, 90.0]),
            words=np.full(6, WORDS_PER_MINUTE),
            gold=Scored(np.array([4, 4, 5]), np.ones(3)),
        )
    )
    # The last answer counts: 4 and 9 say 1 about unit 0, 5 says 0; 4 and 5 agree about unit 1.
    assert line(report, 4, Measure.OTHERS) == (0.75, 2)
    assert line(report, 9, Measure.OTHERS) == (0.5, 1)
    assert line(report, 4, Measure.GOLD) == (1.0, 2)
    assert line(report, 4, Measure.SELF_CONSISTENCY) == (0.0, 1)
    assert line(report, 4, Measure.SIDE) == (1.0, 2)
    assert line(report, 4, Measure.SECONDS) == (20.0, 3)
    assert line(report, 4, Measure.PACE) == (round(1 / 3, 9), 3)
    assert line(report, 4, Measure.TOO_FAST) == (round(1 / 3, 9), 3)
    assert line(report, 4, Measure.STREAK) == (1.0, 3)
    assert not report.flags.flagged.any()  # nobody has judged enough to be tested
    with pytest.raises(NotDeterminedError, match="no report"):
        report.lines(6)
    assert [part.measure for part in report.lines(9)][:1] == [Measure.OTHERS]


@given(st.integers(1, 60), st.data())
def test_shares_and_tests_are_those_of_scipy(n: int, data: st.DataObject) -> None:
    """scipy 1.17.1, binomtest: Wilson's interval and both one-sided tails."""
    k = data.draw(st.integers(0, n))
    hits, person = (np.arange(n) < k).astype(float), np.zeros(n, dtype=int)
    ours = shares(hits, person, 1, 0.95)
    theirs = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert (ours.low[0], ours.high[0]) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    few = binomtest(k, n, 0.3, alternative="less").pvalue
    many = binomtest(k, n, 0.3, alternative="greater").pvalue
    assert at_most(hits, person, 1, 0.3)[0] == pytest.approx(few, abs=1e-9)
    assert at_least(hits, person, 1, 0.3)[0] == pytest.approx(many, abs=1e-9)


def screens(said: Indices) -> AnnotatorReports:
    """One person with these answers on the screen."""
    n = len(said)
    return report_annotators(
        Records.of(np.zeros(n, dtype=int), np.arange(n), said, n_categories=3, screen=said)
    )


def test_runs_are_tested_as_statsmodels_does() -> None:
    """statsmodels 0.15.0, runstest_1samp without correction."""
    said = np.array(
        [0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1]
    )
    p_value = screens(said).measured[Measure.TURNS].p_value
    assert p_value is not None
    assert p_value[0] == pytest.approx(0.7001155851110985, abs=1e-6)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_long_streaks_are_as_rare_as_said(share: float) -> None:
    """2,000 people who answer at random: p below 5 % in 5 %, with a standard error of half a point.

    Streaks are whole numbers, so that it may be less; it must not be more.
    """
    rng = np.random.default_rng(3)
    said = (rng.random((2000, 80)) > share).astype(int).ravel()
    person = np.repeat(np.arange(2000), 80)
    records = Records.of(person, np.arange(len(said)), said, n_categories=3, screen=said)
    p_value = report_annotators(records).measured[Measure.STREAK].p_value
    assert p_value is not None
    assert 0.01 < (p_value < 0.05).mean() < 0.065


def test_a_straight_line_and_a_zigzag_are_both_seen() -> None:
    rng = np.random.default_rng(0)
    straight = np.concatenate([rng.integers(2, size=60), np.zeros(25, dtype=int)])
    flags = screens(straight).flags
    assert flags.flagged[0]
    assert Measure.STREAK in flags.reasons[0]
    zigzag = screens(np.arange(80) % 2).flags
    assert Measure.TURNS in zigzag.reasons[0]
    assert Measure.SIDE in screens(np.zeros(40, dtype=int)).flags.reasons[0]


def crowd(rng: np.random.Generator, clickers: int) -> tuple[Records, NDArray[np.bool_]]:
    """40 people, 60 judgments each, 30 items; honest scales 1 +- 0.2; clickers choose at random."""
    scale = np.maximum(rng.normal(1, 0.2, 40), 0.05)
    scale[:clickers] = 0
    data = judge(rng.normal(0, 1.5, 30), scale, np.full(40, 0.3), 60, rng=rng)
    order = rng.permutation(len(data))
    category = np.array([1, 2, 0])[data.outcome + 1][order]
    left = rng.random(len(order)) < 0.5
    records = Records.of(
        data.annotator[order],
        (data.first * 30 + data.second)[order],
        category,
        n_categories=3,
        screen=np.where(category == 2, 2, np.where((category == 0) == left, LEFT, RIGHT)),
        items=(data.first[order], data.second[order]),
    )
    return records, np.arange(40) < clickers


@pytest.mark.parametrize("clickers", [0, 4, 8])
def test_honest_people_are_seldom_flagged_and_random_clickers_are_found(clickers: int) -> None:
    """From answers alone: no gold, no repeats, no times. 40 crowds."""
    found, alarms = [], []
    for seed in range(40):
        records, careless = crowd(np.random.default_rng(seed), clickers)
        flagged = report_annotators(records).flags.flagged
        found += flagged[careless].tolist()
        alarms += flagged[~careless].tolist()
    assert np.mean(alarms) <= 0.02
    if clickers:
        assert np.mean(found) >= 0.9


def test_times_find_who_does_not_read() -> None:
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(12), 60)
    words = rng.integers(100, 300, len(person)).astype(float)
    seconds = words / WORDS_PER_MINUTE * 60 * rng.lognormal(0, 0.4, len(person))
    seconds[person == 3] = rng.lognormal(0.5, 0.3, 60)
    said = rng.integers(2, size=len(person))
    records = Records.of(
        person, np.arange(len(person)), said, n_categories=3, seconds=seconds, words=words
    )
    flags = report_annotators(records).flags
    assert np.flatnonzero(flags.flagged).tolist() == [3]
    assert flags.reasons[3] == (Measure.TOO_FAST,)


def test_somebody_who_stops_looking_has_drifted() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(2, size=600)
    unit, person = np.tile(np.arange(600), 10), np.repeat(np.arange(10), 600)
    said = np.where(rng.random(6000) < 0.9, truth[unit], 1 - truth[unit])
    tired = (person == 7) & (unit >= 300)
    said[tired] = rng.integers(2, size=tired.sum())
    order = np.argsort(unit, kind="stable")
    report = report_annotators(Records.of(person[order], unit[order], said[order], n_categories=2))
    drift = report.measured[Measure.DRIFT]
    assert drift.high[7] < -0.2
    assert (drift.low[np.arange(10) != 7] < 0.05).all()


def test_flags_are_benjamini_and_hochbergs_with_weights() -> None:
    """Alone, one test has all the weight: BH at 5 % of .01, .02, .03, .9 rejects three."""
    p = np.array([0.01, 0.9, 0.03, 0.02, 0.001])
    flags = flag({Measure.SIDE: p}, np.array([99, 99, 99, 99, 5]))
    assert flags.flagged.tolist() == [True, False, True, True, False]
    assert np.isnan(flags.p_value[4])  # five judgments are not tested
    assert flags.reasons == ((Measure.SIDE,), (), (Measure.SIDE,), (Measure.SIDE,), ())
    both = flag({Measure.SIDE: p, Measure.GOLD: np.ones(5)}, np.full(5, 99))
    assert both.p_value[0] == pytest.approx(0.01 * (0.06 + 0.07) / 0.06)


def test_with_and_without_somebody() -> None:
    """Variance of the change: .05 - .04 = .01, so that .3 lies beyond 1.96 x .1 and .1 does not."""
    group = np.array([0, 1, 0, 0])
    side = side_by_side(
        np.array([1.0, 5.0, 0.0, -1.0]),
        np.full(4, 0.04),
        np.array([0.7, 5.1, 0.9, -1.6]),
        np.full(4, 0.05),
        group,
    )
    assert side.change == pytest.approx([-0.3, 0.1, 0.9, -0.6])
    assert side.high[0] == pytest.approx(-0.3 + 1.959964 * 0.1, abs=1e-6)
    assert side.moved.tolist() == [True, False, True, True]
    assert (side.n_reversed, side.n_pairs) == (1, 3)  # within the group of three
    assert side.rank_everybody.tolist() == [1, 1, 2, 3]
    assert side.rank_without.tolist() == [2, 1, 1, 3]
    untouched = side_by_side(np.ones(2), np.ones(2), np.ones(2), np.ones(2), np.zeros(2, dtype=int))
    assert not untouched.moved.any()


def test_leaving_out_who_is_like_the_others_moves_things_as_much_as_said() -> None:
    """100 studies of 10 items and 500 judgments by ten alike people: changes and their intervals.

    The 900 or so free changes of a study hang together; 95 % of them all hold within 1.5 points.
    """
    inside, moved = [], 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        data = simulate(rng.normal(0, 1, 10), rng=rng, n_judgments=500, n_annotators=10)
        rest = data.where(data.annotator != 3)
        everybody, others = (fit_bradley_terry(part, prior_scale=1.0) for part in (data, rest))
        side = side_by_side(
            everybody.strengths,
            everybody.covariance.variances()[0],
            others.strengths,
            variances_from(everybody, rest),
            np.zeros(10, dtype=int),
        )
        inside += ((side.low < 0) & (side.high > 0)).tolist()
        moved += bool(side.moved.any())
    assert 0.92 < np.mean(inside) < 0.98
    assert moved <= 12  # of 100 at 5 %: more has probability 0.2 %


@pytest.mark.parametrize("n", [1, 5, 8])
def test_a_streak_is_as_probable_as_all_words_say(n: int) -> None:
    """Every sequence of n answers with shares .5, .3, .2, written out."""
    share = np.array([0.5, 0.3, 0.2])
    longest = np.zeros(n + 2)
    for word in product(range(3), repeat=n):
        run = max(len(list(group)) for _, group in groupby(word))
        longest[run] += share[list(word)].prod()
    of = np.arange(n + 2)
    found = at_least_so_long(np.tile(share, (n + 2, 1)), np.full(n + 2, n), of)
    assert found == pytest.approx(longest[::-1].cumsum()[::-1], abs=1e-12)
    [low], [high] = (by_chance(share[None], np.array([n]), p) for p in (0.025, 0.975))
    at_most = longest.cumsum()
    assert (low, high) == (np.argmax(at_most >= 0.025), np.argmax(at_most >= 0.975))


def test_long_rows_of_answers_are_as_the_whole_chain_says() -> None:
    """5,000 answers: powers of the matrix of the chain, whose state is the run so far."""
    share, n, length = np.array([0.6, 0.4]), 5000, 14
    steps = np.zeros((2 * length, 2 * length))
    for c, r in product(range(2), range(length - 1)):
        steps[c * length + r, c * length + r + 1] = share[c]
        steps[c * length + r, (1 - c) * length] = share[1 - c]
    for c in range(2):
        steps[c * length + length - 1, c * length + length - 1] = 1
    start = np.zeros(2 * length)
    start[[0, length]] = share
    there = start @ np.linalg.matrix_power(steps, n - 1)
    by_matrix = there[[length - 1, 2 * length - 1]].sum()
    found = at_least_so_long(share[None], np.array([n]), np.array([length]))[0]
    assert found == pytest.approx(by_matrix, rel=1e-9)
    tiny = at_least_so_long(np.array([[0.5, 0.5]]), np.array([200]), np.array([150]))[0]
    assert tiny == pytest.approx(2 * (0.5**150 + 50 * 0.5**151), rel=1e-6)


def test_streaks_by_hand() -> None:
    """Left, left, right, right: of four tosses of a coin two of sixteen never repeat."""
    streak = screens(np.array([0, 0, 1, 1])).measured[Measure.STREAK]
    assert (streak.value[0], streak.low[0], streak.high[0]) == (2, 1, 4)
    assert streak.p_value is not None
    assert streak.p_value[0] == pytest.approx(14 / 16)


def test_entropy_is_never_more_certain_than_the_answers_are_many() -> None:
    """47 alike: 3.8415 / 50.8415 = .07556 may be others, of which the entropy is .38633 bits.

    20 and 20: 1 + 1 / (80 ln 2) = 1.01803 bits, less 3.8415 / (80 ln 2) = .06928.
    """
    alike = screens(np.zeros(47, dtype=int)).measured[Measure.ENTROPY]
    ends = alike.value[0], alike.low[0], alike.high[0]
    assert ends == pytest.approx((0, 0, 0.38633), abs=1e-5)
    evenly = screens(np.arange(40) % 2).measured[Measure.ENTROPY]
    assert (evenly.value[0], evenly.low[0]) == pytest.approx((1.01803, 0.94876), abs=1e-5)


def test_nobody_agrees_with_themselves() -> None:
    """Two people contradict each other about one pair: each is against all that others say."""
    records = Records.of(
        np.array([0, 1]),
        np.array([0, 0]),
        np.array([0, 1]),
        n_categories=3,
        items=(np.array([0, 0]), np.array([1, 1])),
    )
    report = report_annotators(records)
    assert report.measured[Measure.CONSENSUS].value.tolist() == [-1, -1]
    assert report.measured[Measure.OTHERS].value.tolist() == [0, 0]


def test_who_is_a_little_below_the_usual_is_left_alone() -> None:
    """Surely less often right than the others, 85 % against 95 %, yet far from guessing."""
    rng = np.random.default_rng(4)
    first = rng.integers(20, size=12 * 800)
    second = (first + rng.integers(1, 20, size=len(first))) % 20
    person = np.tile(np.arange(12), 800)
    right = rng.random(len(first)) < np.where(person == 5, 0.85, 0.95)
    category = np.where((first < second) == right, 0, 1)
    unit = np.minimum(first, second) * 20 + np.maximum(first, second)
    flip = first > second  # the answer of the pair, whichever item is named first
    records = Records.of(
        person, unit, np.where(flip, 1 - category, category), n_categories=3,
        items=(np.minimum(first, second), np.maximum(first, second)),
    )  # fmt: skip
    report = report_annotators(records)
    consensus = report.measured[Measure.CONSENSUS]
    assert consensus.high[5] < consensus.low[np.arange(12) != 5].min()
    assert not report.flags.flagged.any()


def bound(scores: list[float], mean: float) -> float:
    """Hoeffding's and Bentkus' bounds once more, by the binomial sum itself."""
    n, total = len(scores), sum(scores)
    x = total / n
    if x >= mean:
        return 1.0
    log_hoeffding = n * (
        (x * np.log(mean / x) if x else 0) + (1 - x) * np.log((1 - mean) / (1 - x))
    )
    tail = sum(
        comb(n, k) * mean**k * (1 - mean) ** (n - k) for k in range(int(np.ceil(total - 1e-9)) + 1)
    )
    return float(min(np.exp(log_hoeffding), np.e * tail, 1.0))


def test_scores_between_right_and_wrong_are_tested_by_a_bound_that_holds() -> None:
    """Orders of four drawn so that the mean score is the one tested: p below 5 % in 5 % at most."""
    rng = np.random.default_rng(0)
    thirds = np.array([0, 1, 2, 3, 4, 5, 6]) / 6
    shares = np.exp(3.2 * thirds)
    shares /= shares.sum()
    mean = float(shares @ thirds)
    person = np.repeat(np.arange(3000), 12)
    scores = rng.choice(thirds, p=shares, size=len(person))
    p = mean_at_most(scores, person, 3000, mean)
    assert (p < 0.05).mean() < 0.05
    by_hand = [bound(scores[person == k].tolist(), mean) for k in range(50)]
    assert p[:50] == pytest.approx(by_hand, rel=1e-9)
    guessing = rng.choice(thirds, size=40)
    assert mean_at_most(guessing, np.zeros(40, dtype=int), 1, 0.85)[0] < 0.01
    assert np.isnan(mean_at_most(np.array([0.5]), np.array([1]), 2, 0.8)[0])


def test_known_orders_alone_make_a_report() -> None:
    """Nobody compared pairs: 25 orders each, of which the person 7 puts all the wrong way round."""
    person = np.repeat([3, 5, 7], 25)
    scores = np.where(person == 7, 1 / 6, 5 / 6)
    empty = np.empty(0, dtype=np.int64)
    records = Records.of(
        empty, empty, empty, n_categories=3, gold=Scored(person, scores), beside=person
    )
    report = report_annotators(records)
    assert report.n_judgments.tolist() == [25, 25, 25]
    assert line(report, 5, Measure.GOLD) == (round(5 / 6, 9), 25)
    assert report.flags.flagged.tolist() == [False, False, True]
    assert report.flags.reasons[2] == (Measure.GOLD,)
