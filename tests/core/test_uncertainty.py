"""Noise and ignorance, ceilings, verdicts, multiplicity, conformal rules, the guarded hold-out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.judgment import Floats, Indices
from core.models import logistic
from core.recalibration import IsotonicCalibrator, ScaleCalibrator
from core.simulation import simulate
from core.uncertainty import (
    GuardedHoldOut,
    Verdict,
    accept_labels,
    achieved,
    calibrate_sets,
    ceiling_from_agreement,
    ceiling_from_repeats,
    false_discovery_rates,
    interval_coverage,
    judge_pairs,
    judge_sets,
    multiplicity,
    near_optimal,
    split_uncertainty,
)
from core.uncertainty.guarded import SpentHoldOutError, pair_means, set_aside
from core.uncertainty.verdicts import discoveries


def divided(
    seed: int, taste: float, n_pairs: int = 400, n_people: int = 4, again: int = 2
) -> tuple[Floats, Floats, Indices, Indices, Floats]:
    """Share of all people, answers, pairs, people, each person's own share."""
    rng = np.random.default_rng(seed)
    pair = np.repeat(np.arange(n_pairs), n_people * again)
    person = np.tile(np.repeat(np.arange(n_people), again), n_pairs) + n_people * pair
    odds = rng.normal(0, 1, n_pairs)
    own = logistic(odds[pair] + rng.normal(0, taste, person.max() + 1)[person])
    draws = rng.normal(size=4000)
    share = logistic(odds[:, None] + taste * draws).mean(axis=1)[pair]
    return share, (rng.random(len(pair)) < own).astype(float), pair, person, own


def test_a_split_worked_out_by_hand() -> None:
    """p = 0.7. Pair a: 1, 1. Pair b: 1, 0. Pair c: one answer, left out.

    Products: a 0.3² = 0.09; b 0.3 · (-0.7) = -0.21; mean -0.06. Noise: a 0, b 1/2; mean 0.25.
    Brier: (0.09 + 0.09 + 0.09 + 0.49) / 4 = 0.19 = 0.25 - 0.06.
    """
    split = split_uncertainty(
        np.full(5, 0.7),
        np.array([1.0, 1, 1, 0, 1]),
        np.array([0, 0, 1, 1, 2]),
        np.array([0, 1, 0, 2, 0]),
    )
    found = split.model_error.value, split.noise.value, split.brier.value
    assert found == pytest.approx((-0.06, 0.25, 0.19))
    assert (split.n_pairs, split.brier.n, split.own_noise) == (2, 4, None)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=4))
def test_parts_add_up_and_names_do_not_matter(rows: list[tuple[int, int, bool]]) -> None:
    pair, person, first = (np.array(column) for column in zip(*rows, strict=True))
    p = np.array([0.2, 0.5, 0.6, 0.9])[pair]
    try:
        split = split_uncertainty(p, first * 1.0, pair, person)
    except NotDeterminedError:
        assert all(len(set(person[pair == number])) < 2 for number in pair)
        return
    mirrored = split_uncertainty(1 - p, 1.0 - first, pair, person)
    assert split.brier.value == pytest.approx(split.noise.value + split.model_error.value)
    assert split.model_error.value == pytest.approx(mirrored.model_error.value)
    assert 0 <= split.noise.value <= 0.5


def test_noise_error_and_taste_are_found_where_they_are_known() -> None:
    """60 studies; of 95 % intervals fewer than 52 hits have probability 1.2 %."""
    held = np.zeros(4)
    for seed in range(60):
        share, y, pair, person, own = divided(seed, 1.0, n_pairs=150)
        forecast = logistic(1.5 * np.log(share / (1 - share)))
        split = split_uncertainty(forecast, y, pair, person)
        assert split.own_noise is not None
        assert split.taste is not None
        # The pairs are the ones judged, people are drawn: noise is that of the shares.
        noise = float((share * (1 - share)).mean())
        within = float((own * (1 - own)).mean())
        error = float(((forecast - share) ** 2).mean())
        found = (split.noise, noise), (split.model_error, error), (split.own_noise, within)
        held[:3] += [estimate.low <= truth <= estimate.high for estimate, truth in found]
        held[3] += split.taste.low <= noise - within <= split.taste.high
    assert (held >= 52).all()


@pytest.mark.parametrize("kind", ["agreement", "repeats"])
def test_ceilings_hold_what_somebody_gets_who_knows_every_share(kind: str) -> None:
    for seed in range(20):
        share, y, pair, person, own = divided(seed, 1.0)
        known = share if kind == "agreement" else own
        found = (ceiling_from_agreement if kind == "agreement" else ceiling_from_repeats)(
            y, pair, person
        )
        accuracy = np.maximum(known, 1 - known).mean()
        loss = -(known * np.log(known) + (1 - known) * np.log(1 - known)).mean()
        assert found.accuracy.low <= accuracy <= found.accuracy.high
        assert found.log_loss.low <= loss <= found.log_loss.high
        assert found.accuracy.value == pytest.approx(accuracy, abs=0.04)
        assert found.log_loss.value == pytest.approx(loss, abs=0.06)
        assert found.brier.value == pytest.approx((known * (1 - known)).mean(), abs=0.02)


def test_ceilings_of_perfect_agreement_and_of_coins() -> None:
    pair, person = np.repeat(np.arange(500), 2), np.tile([0, 1], 500)
    alike = ceiling_from_agreement(np.tile([1.0, 1.0, 0.0, 0.0], 250), pair, person)
    assert (alike.accuracy.value, alike.brier.value, alike.log_loss.value) == (1, 0, 0)
    apart = ceiling_from_agreement(np.tile([0.0, 1.0], 500), pair, person)
    assert apart.accuracy.value == 0.5
    assert apart.log_loss.value == pytest.approx(np.log(2))
    with pytest.raises(NotDeterminedError, match="judged by two people"):
        ceiling_from_agreement(np.ones(2), np.zeros(2, np.int64), np.zeros(2, np.int64))


def test_a_pair_is_called_what_it_is_and_seldom_wrongly() -> None:
    """3,000 pairs, half of them even: of those called clear at most one in twenty may be even."""
    rng = np.random.default_rng(0)
    truth = np.where(np.arange(3000) % 2, 0.0, rng.normal(0, 1.5, 3000))
    variance = rng.choice([0.003, 0.05, 1.0], 3000)
    seen = truth + rng.normal(size=3000) * np.sqrt(variance)
    asked = np.full(3000, 40)
    changes = np.where(np.arange(3000) % 4 < 2, 0.05, 0.5)
    verdicts = judge_pairs(seen, variance, asked, rng.binomial(asked, changes))
    verdict = np.array(verdicts.verdict)
    assert truth[verdict == Verdict.CLEAR].size > 500
    assert (truth[verdict == Verdict.CLEAR] == 0).mean() < 0.05
    divides, flips = verdict == Verdict.DIVIDES, verdict == Verdict.COIN_FLIP
    assert min(divides.sum(), flips.sum()) > 100
    assert (changes[divides] > 0.25).mean() < 0.05
    assert (changes[flips] < 0.25).mean() < 0.05
    far = np.abs(logistic(truth) - 0.5) > verdicts.margin
    assert far[divides | flips | (verdict == Verdict.CLOSE)].mean() < 0.05
    assert (verdict[variance == 1.0] == Verdict.NEEDS_JUDGMENTS).mean() > 0.5
    assert sum(verdicts.counts().values()) == 3000


def test_without_repeats_close_pairs_are_to_be_asked_again() -> None:
    none = np.zeros(1, dtype=np.int64)
    assert judge_pairs(np.zeros(1), np.array([1e-4]), none, none).verdict == (Verdict.CLOSE,)


def test_verdicts_are_about_the_shares_that_are_used() -> None:
    """A temperature says the same as log-odds that were multiplied before anybody asked."""
    rng = np.random.default_rng(1)
    odds, variance = rng.normal(0, 1.5, 400), rng.choice([0.003, 0.05, 1.0], 400)
    asked, changed = np.full(400, 9), rng.integers(10, size=400)
    ours = judge_pairs(odds, variance, asked, changed, calibrator=ScaleCalibrator(0.5, 0.1))
    theirs = judge_pairs(odds / 2, variance / 4, asked, changed)
    assert ours.verdict == theirs.verdict
    assert ours.close_p == pytest.approx(theirs.close_p, abs=1e-9)
    assert ours.clear_p == pytest.approx(theirs.clear_p, abs=1e-9)
    assert (
        ours.counts()[Verdict.CLOSE]
        != judge_pairs(odds, variance, 0 * asked, 0 * asked).counts()[Verdict.CLOSE]
    )


def test_where_a_recalibration_is_flat_nothing_is_clear() -> None:
    """Up to 70 % as fitted means one half; 90 % means 80 %: 65 % lies half-way, at 80 %."""
    flat = IsotonicCalibrator(np.array([0.5, 0.7, 0.9]), np.array([0.5, 0.5, 0.8]))
    odds = np.log(np.array([0.65, 0.79, 0.81, 0.9]) / np.array([0.35, 0.21, 0.19, 0.1]))
    none = np.zeros(4, dtype=np.int64)
    found = judge_pairs(odds, np.full(4, 1e-6), none, none, calibrator=flat)
    assert found.verdict == (Verdict.CLOSE, Verdict.CLEAR, Verdict.CLEAR, Verdict.CLEAR)
    assert found.clear_p[0] == pytest.approx(1)
    assert (found.close_p < 0.01).tolist() == [True, True, False, False]
    level = IsotonicCalibrator(np.array([0.5, 1.0]), np.array([0.5, 0.6]))
    close = judge_pairs(odds, np.full(4, 4.0), none, none, calibrator=level)
    assert set(close.verdict) == {Verdict.CLOSE}


def test_multiplicity_worked_out_by_hand() -> None:
    """Four pairs, two fits: one flips pair 0, the other pairs 0 and 1; pair 3 moves by 0.2."""
    baseline = np.array([0.6, 0.55, 0.9, 0.7])
    fits = np.array([[0.4, 0.6, 0.9, 0.7], [0.45, 0.45, 0.9, 0.9]])
    found = multiplicity(fits, baseline, threshold=0.15)
    assert (found.ambiguity.value, found.discrepancy.value) == (0.5, 0.5)
    assert found.contested.value == 0.5
    np.testing.assert_array_equal(found.flips, [1, 0.5, 0, 0])
    np.testing.assert_array_equal(found.low, [0.4, 0.45, 0.9, 0.7])
    np.testing.assert_array_equal(found.high, [0.6, 0.6, 0.9, 0.9])
    mirrored = multiplicity(1 - fits, 1 - baseline, threshold=0.15)
    assert mirrored.ambiguity == found.ambiguity
    losses = np.stack([np.full(200, 0.5), np.full(200, 0.503), np.full(200, 0.6)])
    np.testing.assert_array_equal(near_optimal(losses, np.arange(200)), [True, True, False])


def forecasts(seed: int, n: int, boast: float = 1.5) -> tuple[Floats, Floats, Indices]:
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 2, n)
    return logistic(boast * odds), (rng.random(n) < logistic(odds)).astype(float), np.arange(n)


def test_the_share_of_wrong_labels_stays_below_what_was_stated() -> None:
    """150 studies with a boastful model: mean false discovery rate, standard error about 0.006."""
    shares, accepted = [], 0
    for seed in range(150):
        p, y, pair = forecasts(seed, 400)
        rng = np.random.default_rng(seed)
        chosen = accept_labels(p[:200], y[:200], pair[:200], p[200:], level=0.1, rng=rng)
        accepted += int(chosen.accepted.sum())
        if chosen.accepted.any():
            shares.append(achieved(chosen, p[200:], y[200:], pair[200:]).value)
        else:
            shares.append(0.0)
    assert np.mean(shares) < 0.1 + 0.015
    assert accepted > 150 * 60


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.01, 0.5))
def test_false_discovery_rates_equal_those_of_a_library(p: list[float], level: float) -> None:
    """scipy 1.17.1, false_discovery_control; and what Benjamini and Hochberg reject by them."""
    rates = false_discovery_rates(np.array(p))
    np.testing.assert_allclose(rates, false_discovery_control(p), atol=1e-12)
    near = np.abs(rates - level) < 1e-9
    np.testing.assert_array_equal((rates <= level)[~near], discoveries(np.array(p), level)[~near])


def test_labels_are_accepted_by_the_surest_first_and_by_the_rule() -> None:
    """Nine calibration pairs, one wrong, at 0.6: p-values are 1/10 above and 2/10 below."""
    calibration = np.array([0.95, 0.9, 0.9, 0.85, 0.8, 0.8, 0.75, 0.7, 0.6])
    answers = np.array([1.0] * 8 + [0.0])
    chosen = accept_labels(
        calibration,
        answers,
        np.arange(9),
        np.array([0.99, 0.2, 0.55]),
        level=0.16,
        rng=np.random.default_rng(0),
    )
    np.testing.assert_allclose(chosen.p_value, [0.1, 0.1, 0.2])
    np.testing.assert_array_equal(chosen.accepted, [True, True, False])


def test_sets_hold_the_answer_as_often_as_stated_and_mirror() -> None:
    """200 rules of 200 pairs, judged on 200: mean coverage has a standard error of 0.002."""
    covered = []
    for seed in range(200):
        p, y, pair = forecasts(seed, 400, 3.0)
        rule = calibrate_sets(
            p[:200], y[:200], pair[:200], level=0.9, rng=np.random.default_rng(seed)
        )
        covered.append(judge_sets(rule, p[200:], y[200:], pair[200:]).coverage.value)
        np.testing.assert_array_equal(rule.kept(p), rule.kept(1 - p)[:, ::-1])
    assert np.mean(covered) == pytest.approx(0.9 + 0.5 / 201, abs=0.01)


def test_an_analyst_cannot_learn_the_hold_out_by_heart() -> None:
    """Labels are coins. Choosing features by the hold-out makes a naive figure far too good.

    The analyst keeps those of 300 random features that look good on both parts and lets them
    vote (the example of Dwork et al.). Unguarded, the vote looks clearly better than chance.
    """
    rng = np.random.default_rng(0)
    n = 400
    train, hold = (rng.choice([-1.0, 1.0], (n, 300)) for _ in range(2))
    y, z = rng.choice([-1.0, 1.0], n), rng.choice([-1.0, 1.0], n)

    def right(features: Floats, answer: Floats, weights: Floats) -> float:
        return float(((features @ weights) * answer > 0).mean())

    guarded, naive = GuardedHoldOut.of(n, budget=1000), np.zeros(300)
    careful = np.zeros(300)
    for feature in range(300):
        one = np.zeros(300)
        one[feature] = 1
        here, there = right(train, y, one), right(hold, z, one)
        naive[feature] = np.sign(here - 0.5) * ((here - 0.5) * (there - 0.5) > 0)
        look, guarded = guarded.look(here, there, rng)
        careful[feature] = np.sign(here - 0.5) * ((here - 0.5) * (look.value - 0.5) > 0)
    assert right(hold, z, naive) > 0.65
    look, guarded = guarded.look(right(train, y, careful), right(hold, z, careful), rng)
    assert abs(look.value - 0.5) < 0.15
    assert guarded.n_looks == 301


def test_a_spent_hold_out_says_so() -> None:
    state = replace(GuardedHoldOut.of(10_000), budget=1)
    look, state = state.look(0.9, 0.5, np.random.default_rng(0))
    assert look.from_hold_out
    assert look.value == pytest.approx(0.5, abs=0.05)
    assert state.spent
    with pytest.raises(SpentHoldOutError, match="after 1 looks"):
        state.look(0.9, 0.5, np.random.default_rng(0))


def test_pairs_are_set_aside_by_their_names_alone() -> None:
    """A tenth of 4,000 pairs, give or take 57 (three standard errors); more share, more pairs."""
    first, second = [f"a{i}" for i in range(4000)], [f"b{i % 7}" for i in range(4000)]
    aside = set_aside("s", first, second, 0.1)
    assert abs(aside.sum() - 400) < 57
    np.testing.assert_array_equal(aside, set_aside("s", second, first, 0.1))
    np.testing.assert_array_equal(aside[::2], set_aside("s", first[::2], second[::2], 0.1))
    more = set_aside("s", first, second, 0.3)
    assert more[aside].all()
    assert more.sum() > 2 * aside.sum()
    other = set_aside("t", first, second, 0.1)
    assert abs((aside & other).sum() - 40) < 19
    assert not set_aside("s", first, second, 0).any()
    assert set_aside("s", first, second, 1).all()


def test_every_pair_of_the_hold_out_counts_once() -> None:
    """Pair 7 was judged three times, one right; pair 9 once, right: (1/3 + 1) / 2."""
    means = pair_means(np.array([1.0, 0, 0, 1]), np.array([7, 7, 7, 9]))
    np.testing.assert_allclose(means, [1 / 3, 1])


def test_an_answer_from_the_hold_out_holds_the_truth_as_often_as_said() -> None:
    """2,000 hold-outs of 400 pairs, true share 0.7, training far off: 95 % give or take 1.5 %.

    The truth is within `reach` where all chance is at its largest, a share of one half: 97 % here.
    """
    rng = np.random.default_rng(0)
    for share in (0.5, 0.7):
        held = []
        for _ in range(2000):
            state = GuardedHoldOut.of(400)
            hold_out = float(rng.binomial(400, share)) / 400
            look, _ = state.look(hold_out + 1, hold_out, rng)
            if look.from_hold_out:
                held.append(abs(look.value - share) <= state.reach)
        assert len(held) > 1900
        assert 0.935 < np.mean(held) < (0.965 if share == 0.5 else 0.98)


def test_noise_of_the_threshold_stays_until_the_hold_out_disagrees() -> None:
    """Figures alike are answered with the training figure, and cost nothing, nearly always."""
    state = GuardedHoldOut.of(10_000, budget=10_000)
    rng = np.random.default_rng(1)
    for _ in range(2000):
        look, after = state.look(0.8, 0.8, rng)
        assert look.from_hold_out == (after.shift is None) == (after.budget < state.budget)
        if state.shift is not None and not look.from_hold_out:
            assert after.shift == state.shift
        state = after
    assert state.n_looks == 2000
    # P(4 + L(2) + L(4) < 0) is 0.222 with a fresh shift every time.
    assert 0.12 < state.n_disagreed / 2000 < 0.32


def test_intervals_of_a_fit_hold_in_studies_like_it() -> None:
    rng = np.random.default_rng(0)
    data = simulate(np.linspace(-1, 1, 8), rng=rng, n_judgments=300, tie_weight=0.5)
    model = fit_bradley_terry(data)
    found = interval_coverage(model, data, fit_bradley_terry, rng=rng, n_studies=60)
    assert found.coverage.low < 0.95 < found.coverage.high + 0.02
    assert found.coverage.value > 0.9
    assert found.n_studies == 60
