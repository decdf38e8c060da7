"""Models of annotators on real judgments, and on simulated people with known truth."""

import time
from dataclasses import replace

import numpy as np

from core.annotator_models import AnnotatorEvaluation, Population
from core.estimates import Estimate
from core.fitting import fit_bradley_terry
from core.fitting.annotators import evaluate_annotators, fit_annotators
from core.fitting.groups import fit_tastes
from core.judgment import Comparisons
from tests.bench.table import Row
from tests.core import real_judgments
from tests.core.crowd import judge

ABOUT = (
    "Real: UKPConvArg1, 84,445 judgments by 3,815 people, five folds by pair, 95 % intervals "
    "clustered by pair, log losses in nats; all on one thread. Simulated: 60 people with 60 "
    "judgments each of 30 items (strengths with standard deviation 1.5), six of whom click at "
    "random; and 8 raters whose tastes have standard deviation 1, 30 items, 896 judgments."
)
N_CROWDS, N_RATER_SETS = 20, 40


def measure() -> list[Row]:
    rows = _of_clickers() + _of_raters()
    return (_of_real_judgments() if real_judgments.FOLDER.exists() else []) + rows


def _of_real_judgments() -> list[Row]:
    data = real_judgments.read()
    began = time.perf_counter()
    model = fit_annotators(data)
    fitted = time.perf_counter()
    evaluation = evaluate_annotators(data)
    evaluated = time.perf_counter()
    suspicions = model.suspicions
    n_flagged = 0 if suspicions is None else int(suspicions.flagged.sum())
    return [
        Row("fit of scales and thresholds", f"{fitted - began:.1f} s"),
        Row("evaluation in five folds, four models", f"{evaluated - fitted:.1f} s", "60 s"),
        *_losses(evaluation),
        Row("Crowd-BT, log loss of decided judgments", _said(evaluation.crowd_bt)),
        Row("spread of scales, of log thresholds", _spreads(model.population)),
        Row("people flagged as careless or inverted", f"{n_flagged} of {len(model.annotators):,}"),
        *_replaced(data),
    ]


def _replaced(data: Comparisons) -> list[Row]:
    """Give 20 people with 50 to 90 judgments random answers in place of their own."""
    rng = np.random.default_rng(0)
    n_judgments = np.bincount(data.annotator)
    enough = np.flatnonzero((n_judgments >= 50) & (n_judgments <= 90))
    random = np.isin(data.annotator, rng.choice(enough, 20, replace=False))
    outcome = data.outcome.copy()
    outcome[random] = rng.choice([1, 0, -1], size=int(random.sum()), p=[0.4, 0.2, 0.4])
    model = fit_annotators(replace(data, outcome=outcome))
    if model.suspicions is None:
        raise ValueError("Nobody was weighed.")
    flagged = model.annotators[model.suspicions.flagged]
    found = int(np.isin(flagged, data.annotator[random]).sum())
    others = f"{found} of 20, and {len(flagged) - found} others"
    return [Row("20 people's answers replaced by random ones: flagged", others)]


def _losses(evaluation: AnnotatorEvaluation) -> list[Row]:
    rows = []
    for name, scores, wanted in (
        ("Davidson", evaluation.bradley_terry, ""),
        ("Rao-Kupper", evaluation.rao_kupper, "at most 0.853"),
        ("Rao-Kupper with annotators", evaluation.annotators, "at most 0.822"),
        ("with annotators minus Davidson", evaluation.difference, "below 0"),
    ):
        rows.append(Row(f"{name}, three-way log loss", _said(scores.log_loss), wanted))
        rows.append(Row(f"{name}, log loss of decided judgments", _said(scores.decisive_log_loss)))
    return rows


def _of_clickers() -> list[Row]:
    found, alarms = [], []
    for seed in range(N_CROWDS):
        rng = np.random.default_rng(seed)
        scale = np.abs(1 + 0.25 * rng.normal(size=60))
        scale[:6] = 0.0
        threshold = np.exp(-0.7 + 0.5 * rng.normal(size=60))
        data = judge(1.5 * rng.normal(size=30), scale, threshold, 60, rng=rng)
        suspicions = fit_annotators(data, seed=seed).suspicions
        if suspicions is None:
            raise ValueError("Nobody was weighed.")
        found.append(suspicions.flagged[:6].mean())
        alarms.append(suspicions.flagged[6:].mean())
    return [
        Row("random clickers found", f"{np.mean(found):.1%}", "at least 90 %"),
        Row("honest people flagged", f"{np.mean(alarms):.1%}", "at most 5 %"),
    ]


def _of_raters() -> list[Row]:
    inside: list[float] = []
    plain: list[float] = []
    for seed in range(N_RATER_SETS):
        rng = np.random.default_rng(seed)
        strengths, taste = rng.normal(size=30), rng.normal(size=(8, 30))
        data = judge(strengths, np.ones(8), np.full(8, 1e-9), 112, rng=rng, taste=taste)
        truth = strengths - strengths.mean()
        for into, model in ((inside, fit_tastes(data)), (plain, fit_bradley_terry(data))):
            low, high = model.strengths_interval(0.9)
            into.append(float(np.mean((low <= truth) & (truth <= high))))
    return [
        Row("90 % intervals with 8 raters hold", f"{np.mean(inside):.1%}", "at least 84 %"),
        Row("those of plain Bradley-Terry", f"{np.mean(plain):.1%}"),
    ]


def _spreads(population: Population) -> str:
    return f"{population.scale_sd:.2f}, {population.threshold_sd:.2f}"


def _said(estimate: Estimate | None) -> str:
    if estimate is None:
        return "none decided"
    return f"{estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})"
