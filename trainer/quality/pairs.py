"""What is noise and what ignorance, and what to do about each pair."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.estimates import NotDeterminedError
from core.judgment import Comparisons, Floats, Indices
from core.models import NoIntervalsError
from core.recalibration import Calibrator
from core.uncertainty import (
    accept_labels,
    achieved,
    calibrate_sets,
    ceiling_from_agreement,
    ceiling_from_repeats,
    difference,
    judge_pairs,
    judge_sets,
    repeated_noise,
    split_uncertainty,
)
from core.uncertainty.conformal import one_of_each
from trainer import run_directory
from trainer.quality.forecasts import Forecasts, said_or_why
from trainer.quality.made import Model
from trainer.study_data import StudyData

#: Shares of wrong labels for which the page says how many labels a model may give.
LEVELS = (0.05, 0.1, 0.2)
#: Pairs of each verdict that the page names.
N_NAMED = 50


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


def split(given: Forecasts, model: Model, data: StudyData) -> dict[str, Any]:
    """Noise and model error, from pairs that two or more people judged; own noise from repeats."""
    try:
        variance = model.log_odds_variance(given.first, given.second)
    except NoIntervalsError:  # too large; the split itself does not need it
        variance = None
    found = split_uncertainty(
        given.probability,
        given.outcome,
        given.pair,
        given.annotator,
        log_odds_variance=variance,
    )
    own = repeated_noise(*_decided(data))
    if own is not None:
        found = replace(found, own_noise=own, taste=difference(found.noise, own))
    return asdict(found)


def labels(
    given: Forecasts, calibrator: Calibrator, model: str, directory: Path, seed: int
) -> dict[str, Any]:
    """Half of the pairs calibrate, the other half show what was reached.

    What all of them calibrate is left in the run directory: one judgment of each pair, with what
    was foretold of it.
    """
    rng = np.random.default_rng(seed)
    kept = one_of_each(given.pair, rng)
    run_directory.write_arrays(
        directory / run_directory.labels_of(model),
        {"probability": given.probability[kept], "outcome": given.outcome[kept]},
    )
    pairs, number = np.unique(given.pair, return_inverse=True)
    calibrates = (rng.permutation(len(pairs)) < len(pairs) // 2)[number]
    one, other = given.where(calibrates), given.where(~calibrates)
    if not len(one.outcome) or not len(other.outcome):
        raise NotDeterminedError(
            "Which labels a model may give needs judged pairs to set the rule and others to test "
            "it on; there is one. Judge more pairs."
        )
    here, there = (calibrator.probability(part.probability) for part in (one, other))
    rows = []
    for level in LEVELS:
        chosen = accept_labels(here, one.outcome, one.pair, there, level=level, rng=rng)
        wrong = None
        if chosen.accepted.any():
            wrong = asdict(achieved(chosen, there, other.outcome, other.pair))
        rows.append({"level": level, "share": float(chosen.accepted.mean()), "wrong": wrong})
    rule = calibrate_sets(here, one.outcome, one.pair, level=0.9, rng=rng)
    sets = judge_sets(rule, there, other.outcome, other.pair)
    return {"labels": rows, "sets": asdict(sets), "n": len(other.outcome)}


def ceilings(data: StudyData) -> dict[str, Any]:
    """How far any model could get, from different people and from repeats of the same.

    Of pairs that were chosen evenly: those that a policy asks about are closer than most.
    """
    answers = _decided(data)
    found = {
        "agreement": said_or_why(lambda: asdict(ceiling_from_agreement(*answers))),
        "repeats": said_or_why(lambda: asdict(ceiling_from_repeats(*answers))),
    }
    for part in found.values():
        if "why_not" in part and not data.evenly.all():
            part["why_not"] += " Only pairs that were drawn evenly count here."
    return found


def _decided(data: StudyData) -> tuple[Floats, Indices, Indices]:
    """Outcomes, pairs and people of what was drawn evenly, with own questions asked once more."""
    answers = together(data.comparisons.where(data.evenly), data.repeats)
    decided = answers.where(answers.outcome != 0)
    pair = decided.first * len(decided.items) + decided.second
    return (decided.outcome > 0).astype(np.float64), pair, decided.annotator


def verdicts(
    model: Model, calibrator: Calibrator, comparisons: Comparisons, everything: Comparisons
) -> dict[str, Any]:
    """Of each judged pair whether it is clear, close, or not known well enough.

    By the shares that predictions and files have: recalibrated where the fit has chosen that.
    """
    counts = comparisons.counts()
    first, second = counts.first, counts.second
    repeats, changed = _repeats(everything, first * len(everything.items) + second)
    found = judge_pairs(
        model.log_odds(first, second),
        model.log_odds_variance(first, second),
        repeats,
        changed,
        calibrator=calibrator,
    )
    named: dict[str, list[list[str]]] = {}
    for place, verdict in enumerate(found.verdict):
        pairs = named.setdefault(str(verdict), [])
        if len(pairs) < N_NAMED:
            pairs.append([model.items[first[place]], model.items[second[place]]])
    return {
        "counts": {kind.value: n for kind, n in found.counts().items()},
        "level": found.level,
        "margin": found.margin,
        "recalibration": calibrator.name,
        "named": named,
    }


def _repeats(everything: Comparisons, pairs: Indices) -> tuple[Indices, Indices]:
    """Of each pair: how many people judged it again, and how many of these answered otherwise.

    Somebody's only comparison of two items may be a repeat, where the first answer was none.

    Parameters
    ----------
    pairs : ndarray of int64, shape (n_pairs,)
        Number of the first item times that of all, and the second; ascending.
    """
    key = everything.first * len(everything.items) + everything.second
    rows: dict[tuple[int, int], list[int]] = {}
    for pair, person, outcome in zip(
        key.tolist(), everything.annotator.tolist(), everything.outcome.tolist(), strict=True
    ):
        rows.setdefault((pair, person), []).append(outcome)
    known = set(pairs.tolist())
    again = [
        (pair, given[0] != given[1])
        for (pair, _), given in rows.items()
        if len(given) > 1 and pair in known
    ]
    place = np.searchsorted(pairs, np.array([pair for pair, _ in again], dtype=np.int64))
    other = np.array([different for _, different in again], dtype=np.float64)
    repeats = np.bincount(place, minlength=len(pairs))
    changed = np.bincount(place, other, minlength=len(pairs))
    return repeats.astype(np.int64), changed.astype(np.int64)
