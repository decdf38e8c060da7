"""How far the probabilities of a fit can be trusted: figures for the page Calibration."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bradley_terry import BradleyTerry
from core.calibration import (
    Rule,
    by_stratum,
    debiased_calibration_error,
    decompose,
    margin_strata,
    sharpness,
    smooth_calibration,
)
from core.ensembles import ensemble_from_arrays
from core.errors import DiscernError
from core.fitting.recalibration import choose_calibrator, cross_fit_calibration
from core.judgment import Comparisons, Floats, Indices
from core.models import GeneralPreference
from core.predictions import logistic
from core.recalibration import calibrator_to_arrays, compare, log_odds_of
from core.scores import HeldOut
from core.uncertainty import (
    accept_labels,
    achieved,
    calibrate_sets,
    ceiling_from_agreement,
    ceiling_from_repeats,
    judge_pairs,
    judge_sets,
    multiplicity,
    split_uncertainty,
)
from trainer import run_directory

MODELS = ("bradley_terry", "general_preference")
#: Shares of wrong labels for which the page says how many labels a model may give.
LEVELS = (0.05, 0.1, 0.2)
#: Pairs of each verdict that the page names.
N_NAMED = 50
#: Points of the smoothed curve that are kept.
EVERY = 4

Model = BradleyTerry | GeneralPreference


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Decided judgments and what one model said of them before it had seen them."""

    probability: Floats
    outcome: Floats
    pair: Indices
    annotator: Indices
    first: Indices
    second: Indices

    @classmethod
    def of(cls, held_out: HeldOut, model: str) -> "Forecasts":
        decided = held_out.outcome != 0
        shares = getattr(held_out, model)[decided]
        return cls(
            probability=shares[:, 0] / (shares[:, 0] + shares[:, 2]),
            outcome=(held_out.outcome[decided] > 0).astype(np.float64),
            pair=held_out.pair[decided],
            annotator=held_out.annotator[decided],
            first=held_out.first[decided],
            second=held_out.second[decided],
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Forecasts":
        return Forecasts(*(getattr(self, name)[chosen] for name in Forecasts.__slots__))


def together(one: Comparisons, other: Comparisons) -> Comparisons:
    """Both, the first before the second; of the same items and people."""

    def joined(name: str) -> Indices:
        both: Indices = np.concatenate([getattr(one, name), getattr(other, name)])
        return both

    return replace(
        one,
        first=joined("first"),
        second=joined("second"),
        outcome=joined("outcome"),
        annotator=joined("annotator"),
    )


def report_quality(
    held_out: HeldOut | None,
    comparisons: Comparisons,
    repeats: Comparisons,
    models: dict[str, Model],
    directory: Path,
    *,
    seed: int,
) -> dict[str, Any]:
    """Everything that can be said; a part that the data do not determine is a sentence.

    The calibrators that were chosen are left in the run directory.

    Parameters
    ----------
    repeats : Comparisons
        Answers to own earlier questions that were asked once more: no model was fitted to them.
    """
    plain, everything = models["bradley_terry"], together(comparisons, repeats)
    report: dict[str, Any] = {
        "ceiling": _ceilings(everything),
        "verdicts": said_or_why(lambda: _verdicts(plain, comparisons, everything)),
        "multiplicity": said_or_why(
            lambda: _multiplicity(models["general_preference"], comparisons, directory)
        ),
    }
    if held_out is None:
        return report
    for name in MODELS:
        given = Forecasts.of(held_out, name)
        report[name] = {
            "recalibration": said_or_why(partial(_recalibrate, given, directory, name, seed)),
            "figures": said_or_why(partial(_figures, given)),
            "split": said_or_why(partial(_split, given, models[name])),
            "labels": said_or_why(partial(_labels, given, seed)),
        }
    return report


def said_or_why(figure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The figure, or the sentence that says why there is none."""
    try:
        return figure()
    except DiscernError as error:
        return {"why_not": str(error)}


def _recalibrate(given: Forecasts, directory: Path, name: str, seed: int) -> dict[str, Any]:
    odds = log_odds_of(given.probability)
    choice = choose_calibrator(odds, given.outcome, given.pair, seed=seed)
    after = logistic(cross_fit_calibration(odds, given.outcome, given.pair, seed=seed))
    run_directory.write_arrays(
        directory / f"calibrator_{name}.npz", calibrator_to_arrays(choice.calibrator)
    )
    return {
        "chosen": choice.calibrator.name,
        "n": choice.n,
        "n_pairs": choice.n_clusters,
        "candidates": [asdict(candidate) for candidate in choice.candidates],
        "before_and_after": [
            asdict(row) for row in compare(given.probability, after, given.outcome, given.pair)
        ],
    }


def _figures(given: Forecasts) -> dict[str, Any]:
    triple = (given.probability, given.outcome, given.pair)
    stratum, names = margin_strata(given.probability)
    smooth = smooth_calibration(*triple)
    kept = {
        name: getattr(smooth, name)[::EVERY].tolist()
        for name in ("probability", "observed", "low", "high")
    }
    return {
        "smooth_error": asdict(smooth.error.estimate),
        "smooth_curve": kept,
        "debiased_error": asdict(debiased_calibration_error(*triple).estimate),
        "parts": [asdict(decompose(*triple, rule)) for rule in Rule],
        "sharpness": [asdict(part) for part in sharpness(given.probability, given.pair)],
        "by_margin": [asdict(part) for part in by_stratum(*triple, stratum, names)],
    }


def _split(given: Forecasts, model: Model) -> dict[str, Any]:
    variance = model.log_odds_variance(given.first, given.second)
    return asdict(
        split_uncertainty(
            given.probability,
            given.outcome,
            given.pair,
            given.annotator,
            log_odds_variance=variance,
        )
    )


def _labels(given: Forecasts, seed: int) -> dict[str, Any]:
    """Half of the pairs calibrate, the other half show what was reached."""
    rng = np.random.default_rng(seed)
    pairs, number = np.unique(given.pair, return_inverse=True)
    calibrates = (rng.permutation(len(pairs)) < len(pairs) // 2)[number]
    one, other = given.where(calibrates), given.where(~calibrates)
    rows = []
    for level in LEVELS:
        chosen = accept_labels(
            one.probability, one.outcome, one.pair, other.probability, level=level, rng=rng
        )
        wrong = None
        if chosen.accepted.any():
            wrong = asdict(achieved(chosen, other.probability, other.outcome, other.pair))
        rows.append({"level": level, "share": float(chosen.accepted.mean()), "wrong": wrong})
    rule = calibrate_sets(one.probability, one.outcome, one.pair, level=0.9, rng=rng)
    sets = judge_sets(rule, other.probability, other.outcome, other.pair)
    return {"labels": rows, "sets": asdict(sets), "n": len(other.outcome)}


def _ceilings(comparisons: Comparisons) -> dict[str, Any]:
    decided = comparisons.where(comparisons.outcome != 0)
    outcome = (decided.outcome > 0).astype(np.float64)
    pair, person = decided.first * len(decided.items) + decided.second, decided.annotator
    return {
        "agreement": said_or_why(lambda: asdict(ceiling_from_agreement(outcome, pair, person))),
        "repeats": said_or_why(lambda: asdict(ceiling_from_repeats(outcome, pair, person))),
    }


def _verdicts(model: Model, comparisons: Comparisons, everything: Comparisons) -> dict[str, Any]:
    counts = comparisons.counts()
    first, second = counts.first, counts.second
    repeats, changed = _repeats(everything)
    verdicts = judge_pairs(
        model.log_odds(first, second), model.log_odds_variance(first, second), repeats, changed
    )
    named: dict[str, list[list[str]]] = {}
    for place, verdict in enumerate(verdicts.verdict):
        pairs = named.setdefault(str(verdict), [])
        if len(pairs) < N_NAMED:
            pairs.append([model.items[first[place]], model.items[second[place]]])
    return {
        "counts": {kind.value: n for kind, n in verdicts.counts().items()},
        "level": verdicts.level,
        "margin": verdicts.margin,
        "named": named,
    }


def _repeats(comparisons: Comparisons) -> tuple[Indices, Indices]:
    """Of each pair: how many people judged it again, and how many of these answered otherwise."""
    n = len(comparisons.items)
    key = comparisons.first * n + comparisons.second
    pairs = np.unique(key)
    rows: dict[tuple[int, int], list[int]] = {}
    for pair, person, outcome in zip(
        key.tolist(), comparisons.annotator.tolist(), comparisons.outcome.tolist(), strict=True
    ):
        rows.setdefault((pair, person), []).append(outcome)
    again = [(pair, given[0] != given[1]) for (pair, _), given in rows.items() if len(given) > 1]
    place = np.searchsorted(pairs, np.array([pair for pair, _ in again], dtype=np.int64))
    other = np.array([different for _, different in again], dtype=np.float64)
    repeats = np.bincount(place, minlength=len(pairs))
    changed = np.bincount(place, other, minlength=len(pairs))
    return repeats.astype(np.int64), changed.astype(np.int64)


def _multiplicity(model: Model, comparisons: Comparisons, directory: Path) -> dict[str, Any]:
    arrays = run_directory.read_arrays(directory / run_directory.ENSEMBLE)
    counts = comparisons.counts()
    first, second = counts.first, counts.second
    empty = np.empty((0, len(first)))
    members = empty
    if arrays is not None:
        members = logistic(ensemble_from_arrays(arrays).members_log_odds(first, second))
    found = multiplicity(members, model.probability(first, second))
    furthest = np.argsort(-(found.high - found.low))[:N_NAMED]
    return {
        "ambiguity": asdict(found.ambiguity),
        "discrepancy": asdict(found.discrepancy),
        "contested": asdict(found.contested),
        "n_fits": found.n_fits,
        "furthest": [
            {
                "first": model.items[first[i]],
                "second": model.items[second[i]],
                "low": float(found.low[i]),
                "high": float(found.high[i]),
            }
            for i in furthest
        ],
    }
