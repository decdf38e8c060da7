"""How often the intervals and flags of the calibration pages are right, and how fast they are."""

import time
from collections.abc import Callable

import numpy as np

from core.calibration import (
    Rule,
    debiased_calibration_error,
    decompose,
    expected_calibration_error,
    reliability_curve,
    smooth_calibration,
)
from core.calibration.forecasts import equal_bins
from core.drift import change_points, fit_distance, strengths_distance
from core.fitting.criteria import weigh_criteria
from core.fitting.recalibration import fit_temperature
from core.judgment import Floats, Indices
from core.models import logistic
from core.uncertainty import (
    accept_labels,
    achieved,
    calibrate_sets,
    ceiling_from_agreement,
    judge_sets,
    split_uncertainty,
)
from tests.bench.table import Row

N_STUDIES, N_PAIRS, N_LARGE = 200, 600, 10**6
#: Of what is quick to simulate.
N_MANY = 1000
WANTED = "93-97 %"
AT_LEAST = "at least 93 %"
BOASTS = (1.0, 1.5, 2.5)
WEIGHTS = np.array([1.5, 0.7, 0.0, 0.0, 0.0, 0.0])
ABOUT = (
    f"{N_STUDIES} simulated studies for each figure, {N_MANY} for noise, ceilings and selection. "
    f"Calibration: {N_PAIRS} pairs judged twice, "
    "log-odds normal with scale 1.2, forecasts with log-odds that are 1, 1.5 and 2.5 times as "
    "large. Percentages are of intervals that hold the truth, unless it says otherwise. Where "
    "the truth is zero, an interval can miss it on one side only. Those of "
    "parts of a score and of ceilings contain what answers leave open and hold more often."
)


def measure() -> list[Row]:
    """Coverage, error rates and times."""
    return [*_calibration(), *_uncertainty(), *_selection(), *_changes(), *_criteria(), *_times()]


def _study(seed: int, boast: float) -> tuple[Floats, Floats, Indices, Floats]:
    rng = np.random.default_rng(seed)
    odds = np.repeat(rng.normal(0, 1.2, N_PAIRS), 2)
    truth = logistic(odds)
    answers = (rng.random(len(truth)) < truth).astype(np.float64)
    return logistic(boast * odds), answers, np.repeat(np.arange(N_PAIRS), 2), truth


def _calibration() -> list[Row]:
    names = (
        "Calibration error",
        "Debiased calibration error",
        "Reliability: bands of all bins at once",
        "Miscalibration, Brier score",
        "Miscalibration, log loss",
        "Temperature",
        "Smooth calibration error above zero although calibrated (5 % level)",
    )
    rows = []
    for boast in BOASTS:
        held = np.zeros(7)
        for seed in range(N_STUDIES):
            held += _calibration_once(seed, boast) / N_STUDIES
        wanted = (WANTED, WANTED, AT_LEAST, AT_LEAST, AT_LEAST, WANTED, "at most 5 %")
        shown = names if boast == 1 else names[:-1]
        rows += [
            Row(f"{name}, log-odds × {boast:g}", _percent(share), beside)
            for name, share, beside in zip(shown, held, wanted, strict=False)
        ]
    return rows


def _calibration_once(seed: int, boast: float) -> Floats:
    p, y, pair, truth = _study(seed, boast)
    sure, better = np.maximum(p, 1 - p), np.where(p >= 0.5, truth, 1 - truth)
    place = equal_bins(sure, 10)
    gap, size = np.bincount(place, better - sure) / len(p), np.bincount(place)
    rooted = float(np.sqrt((gap**2 / (size / len(p))).sum()))
    shares = np.bincount(place, better) / size
    divergence = better * np.log(better / sure) + (1 - better) * np.log((1 - better) / (1 - sure))
    error = expected_calibration_error(p, y, pair)
    squared = debiased_calibration_error(p, y, pair).estimate
    bins = reliability_curve(p, y, pair).bins
    brier = decompose(p, y, pair).miscalibration.estimate
    log = decompose(p, y, pair, Rule.LOG).miscalibration.estimate
    scale = fit_temperature(np.log(p / (1 - p)), y, pair)
    return np.array(
        [
            _in(np.abs(gap).sum(), error.low, error.high),
            _in(rooted, squared.low, squared.high),
            all(_in(q, *part.band) for part, q in zip(bins, shares, strict=True)),
            _in(((better - sure) ** 2).mean(), brier.low, brier.high),
            _in(divergence.mean(), log.low, log.high),
            abs(scale.scale - 1 / boast) < 1.959964 * scale.deviation,
            smooth_calibration(p, y, pair).error.p_value < 0.05,
        ],
        dtype=np.float64,
    )


def _uncertainty() -> list[Row]:
    held = np.zeros(5)
    for seed in range(N_MANY):
        rng = np.random.default_rng(seed)
        pair = np.repeat(np.arange(300), 4)
        person = rng.integers(50, size=300)[pair] + np.tile(np.arange(4), 300)
        share = logistic(rng.normal(0, 1.2, 300))[pair]
        y = (rng.random(len(pair)) < share).astype(np.float64)
        forecast = logistic(1.3 * np.log(share / (1 - share)))
        split = split_uncertainty(forecast, y, pair, person)
        best = ceiling_from_agreement(y, pair, person)
        entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share)).mean()
        truths = (
            (split.noise, (share * (1 - share)).mean()),
            (split.model_error, ((share - forecast) ** 2).mean()),
            (best.accuracy, np.maximum(share, 1 - share).mean()),
            (best.log_loss, entropy),
            (best.brier, (share * (1 - share)).mean()),
        )
        held += [_in(truth, found.low, found.high) / N_MANY for found, truth in truths]
    names = "Noise", "Model error", "Ceiling of accuracy", "Ceiling of log loss", "Best Brier score"
    wanted = WANTED, WANTED, AT_LEAST, AT_LEAST, WANTED
    return [
        Row(name, _percent(share), beside)
        for name, share, beside in zip(names, held, wanted, strict=True)
    ]


def _selection() -> list[Row]:
    wrong, covered = np.zeros(N_MANY), np.zeros(N_MANY)
    for seed in range(N_MANY):
        rng = np.random.default_rng(seed)
        odds = rng.normal(0, 2, 1000)
        p, pair = logistic(2 * odds), np.arange(1000)
        y = (rng.random(1000) < logistic(odds)).astype(np.float64)
        known = pair < 500
        chosen = accept_labels(p[known], y[known], pair[known], p[~known], level=0.1, rng=rng)
        if chosen.accepted.any():
            wrong[seed] = achieved(chosen, p[~known], y[~known], pair[~known]).value
        rule = calibrate_sets(p[known], y[known], pair[known], level=0.9, rng=rng)
        covered[seed] = judge_sets(rule, p[~known], y[~known], pair[~known]).coverage.value
    return [
        Row("Accepted labels that are wrong, α = 10 %", _percent(wrong.mean()), "at most 10 %"),
        Row("Conformal sets that hold the answer, 90 %", _percent(covered.mean()), "90 %"),
    ]


def _changes() -> list[Row]:
    found, place, near = 0, 0, 0
    for seed in range(N_STUDIES):
        rng = np.random.default_rng(seed)
        cluster = np.arange(600) // 3
        found += bool(change_points(rng.random(600).round(), cluster, rng=rng))
        values = (rng.random(600) < np.repeat([0.8, 0.55], [360, 240])).astype(np.float64)
        changes = change_points(values, cluster, rng=rng)
        place += any(_in(360, change.low, change.high) for change in changes)
        one = rng.normal(size=30)
        other, noise = 0.6 * one + 0.5 * rng.normal(size=30), 0.09 * np.eye(30)
        seen = [part + rng.normal(0, 0.3, 30) for part in (one, other)]
        distance = fit_distance(seen[0], noise, seen[1], noise, rng=rng).estimate
        near += _in(strengths_distance(one, other), distance.low, distance.high)
    return [
        Row("Studies without change in which one is found", _percent(found / N_STUDIES), "≤ 5 %"),
        Row("Place of a change from 80 % to 55 % agreement", _percent(place / N_STUDIES), WANTED),
        Row("Distance between two fits of 30 items", _percent(near / N_STUDIES), AT_LEAST),
    ]


def _criteria() -> list[Row]:
    held = 0.0
    for seed in range(N_STUDIES):
        rng = np.random.default_rng(seed)
        pair = np.repeat(np.arange(150), 2)
        felt = 0.6 * rng.normal(size=(300, 1)) + rng.normal(0, 0.8, (300, 6))
        aspects = np.round(np.clip(felt, -1, 1)).astype(np.float64)
        y = (rng.random(300) < logistic(aspects @ WEIGHTS)).astype(np.float64)
        for criterion in weigh_criteria(list("abcdef"), aspects, y, pair, seed=seed).criteria:
            truth = WEIGHTS["abcdef".index(criterion.name)]
            held += _in(truth, criterion.weight.low, criterion.weight.high) / (6 * N_STUDIES)
    return [Row("Weights of six criteria, four of them nothing", _percent(held), WANTED)]


def _times() -> list[Row]:
    rng = np.random.default_rng(0)
    odds = np.repeat(rng.normal(0, 1.2, N_LARGE // 5), 5)
    pair, person = np.repeat(np.arange(N_LARGE // 5), 5), rng.integers(2000, size=N_LARGE)
    p, y = logistic(odds), (rng.random(N_LARGE) < logistic(odds)).astype(np.float64)
    todo: dict[str, Callable[[], object]] = {
        "reliability curve": lambda: reliability_curve(p, y, pair),
        "calibration error": lambda: expected_calibration_error(p, y, pair),
        "smooth calibration error": lambda: smooth_calibration(p, y, pair),
        "parts of the Brier score": lambda: decompose(p, y, pair),
        "noise and model error": lambda: split_uncertainty(p, y, pair, person),
        "ceiling": lambda: ceiling_from_agreement(y, pair, person),
    }
    rows = []
    for name, work in todo.items():
        start = time.perf_counter()
        work()
        rows.append(Row(f"10⁶ judgments: {name}", f"{time.perf_counter() - start:.2f} s"))
    return rows


def _in(truth: float, low: float, high: float) -> bool:
    """Whether an interval holds the truth, but for rounding at an end that is 0."""
    return bool(low - 1e-12 <= truth <= high + 1e-12)


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
