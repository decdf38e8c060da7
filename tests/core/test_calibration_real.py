"""The bars that real judgments set for calibration; see `tests/core/real_judgments.py`."""

import numpy as np
import pytest

from core.calibration import brier_score, log_score, smooth_calibration
from core.fitting import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.recalibration import choose_calibrator
from core.judgment import Comparisons, Floats
from core.recalibration import log_odds_of
from core.uncertainty import (
    accept_labels,
    achieved,
    calibrate_sets,
    ceiling_from_agreement,
    judge_sets,
    split_uncertainty,
)
from tests.core import real_judgments

pytestmark = real_judgments.needed


@pytest.fixture(scope="module")
def decided() -> Comparisons:
    data = real_judgments.read()
    return data.where(data.outcome != 0)


@pytest.fixture(scope="module")
def held_out(decided: Comparisons) -> tuple[Floats, Floats]:
    """What Bradley-Terry foretells in five folds by pair, and the variance of its log-odds."""
    folds = assign_folds(decided, n_folds=5, seed=0)
    chance, variance = np.empty(len(decided)), np.empty(len(decided))
    for fold in range(5):
        model = fit_bradley_terry(decided.where(folds.fold != fold), ties=False)
        rest = folds.fold == fold
        first, second = decided.first[rest], decided.second[rest]
        chance[rest] = model.probability(first, second)
        variance[rest] = model.log_odds_variance(first, second)
    return chance, variance


def test_noise_and_model_error_are_told_apart(
    decided: Comparisons, held_out: tuple[Floats, Floats]
) -> None:
    """Noise .141 ± .002, model error .005 ± .002, the predicted within 2 standard errors."""
    chance, variance = held_out
    pair = decided.first * len(decided.items) + decided.second
    answers = (decided.outcome > 0).astype(np.float64)
    split = split_uncertainty(chance, answers, pair, decided.annotator, log_odds_variance=variance)
    assert split.noise.value == pytest.approx(0.141, abs=0.002)
    assert split.model_error.value == pytest.approx(0.005, abs=0.002)
    assert split.predicted_error is not None
    error = (split.model_error.high - split.model_error.low) / (2 * 1.96)
    assert abs(split.predicted_error.value - split.model_error.value) < 2 * error
    ceiling = ceiling_from_agreement(answers, pair, decided.annotator)
    assert ceiling.brier.value < brier_score(chance, answers, pair).value
    assert ceiling.accuracy.low < 0.786 < ceiling.accuracy.high


def test_sets_cover_and_labels_are_wrong_as_often_as_stated(
    decided: Comparisons, held_out: tuple[Floats, Floats]
) -> None:
    """Coverage .90 ± .01, one answer for 70 % or more; wrong labels 10 % within their interval."""
    rng = np.random.default_rng(0)
    pair = decided.first * len(decided.items) + decided.second
    answers = (decided.outcome > 0).astype(np.float64)
    p = held_out[0]
    known = rng.permutation(pair.max() + 1)[pair] % 2 == 0
    rule = calibrate_sets(p[known], answers[known], pair[known], level=0.9, rng=rng)
    figures = judge_sets(rule, p[~known], answers[~known], pair[~known])
    assert figures.coverage.value == pytest.approx(0.9, abs=0.01)
    assert figures.single.value >= 0.7
    chosen = accept_labels(p[known], answers[known], pair[known], p[~known], level=0.1, rng=rng)
    wrong = achieved(chosen, p[~known], answers[~known], pair[~known])
    assert wrong.low < 0.1 + 0.01
    assert chosen.accepted.mean() > 0.5


def test_recalibration_harms_no_good_model(
    decided: Comparisons, held_out: tuple[Floats, Floats]
) -> None:
    pair = decided.first * len(decided.items) + decided.second
    odds = log_odds_of(held_out[0])
    choice = choose_calibrator(odds, (decided.outcome > 0).astype(np.float64), pair)
    [chosen] = [one for one in choice.candidates if one.name == choice.calibrator.name]
    assert -0.002 < chosen.against_none.value <= 0


@pytest.mark.parametrize(
    ("per_item", "loss", "error"), [(1.2, 0.672, 0.03), (3.7, 0.631, 0.02), (12.7, 0.535, 0.02)]
)
def test_few_judgments_are_calibrated_without_a_calibration_set(
    decided: Comparisons, per_item: float, loss: float, error: float
) -> None:
    """Log loss and smooth error below the bar, mean of three draws; a judgment is of two items.

    At 1.2 judgments an item chance decides which prior scale is found, from 1.0 to 2.2 in eight
    draws where all judgments have 1.5; the error goes with it, from 0.01 to 0.04, 0.021 on average.
    """
    pair = decided.first * len(decided.items) + decided.second
    figures = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        test = rng.permutation(pair.max() + 1)[pair] % 5 == 0
        n_drawn = round(per_item * len(decided.items) / 2)
        chosen = np.zeros(len(decided), dtype=np.bool_)
        chosen[rng.permutation(np.flatnonzero(~test))[:n_drawn]] = True
        model = fit_bradley_terry(decided.where(chosen), ties=False)
        rest = decided.where(test)
        p = model.probability(rest.first, rest.second)
        answers = (rest.outcome > 0).astype(np.float64)
        smooth = smooth_calibration(p, answers, pair[test])
        figures.append([log_score(p, answers, pair[test]).value, smooth.error.as_seen])
    mean = np.mean(figures, axis=0)
    assert mean[0] <= loss
    assert mean[1] <= error
