"""The parts of a fit beside the two models of pairs: what the study's settings ask for."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.bradley_terry import BradleyTerry
from core.comparison_graph import strongly_connected
from core.ensembles import Ensemble, ensemble_to_arrays
from core.errors import DiscernError
from core.estimates import clustered_share
from core.fitting import fit_bradley_terry, fit_strengths
from core.fitting.ensemble import fit_ensemble
from core.fitting.groups import evaluate_groups, fit_groups, fit_tastes
from core.fitting.sandwich import clustered_covariance
from core.group_strengths import group_arrays
from core.joint_strengths import JointStrengths
from core.judgment import Floats
from core.models import GeneralPreference
from core.study import Fitting
from trainer import run_directory
from trainer.study_data import StudyData

#: With fewer people who judged, intervals allow for how their tastes differ.
FEW_PEOPLE = 30
#: With fewer than these even such an interval is worth little, and none is shown.
LEAST_PEOPLE = 5


def fit_plain(
    data: StudyData,
    fitting: Fitting,
    start: BradleyTerry | None,
    *,
    prior_scale: float | Literal["evidence"] = "evidence",
) -> tuple[BradleyTerry, dict[str, Any]]:
    """One strength per item, from answers of all forms; and what the report says of it."""
    if data.answers:
        joint = fit_strengths(data.all_answers, prior_scale=prior_scale)
        return joint.model, of_plain(joint.model) | {"answers": _of_joint(joint)}
    model = fit_bradley_terry(
        data.comparisons,
        prior_scale=prior_scale,
        tie_model=fitting.tie_model,
        margins=data.margins,
        covariates=covariates(data, fitting),
        start=start,
    )
    return model, of_plain(model)


def covariates(data: StudyData, fitting: Fitting) -> dict[str, Floats] | None:
    """What else may move the answers, as far as the data vary in it."""
    asked = {
        "left side": data.sides if fitting.side_effect else None,
        "longer text (ln of the ratio)": data.lengths if fitting.length_effect else None,
    }
    found = {name: values for name, values in asked.items() if values is not None and values.any()}
    return found or None


def of_plain(model: BradleyTerry) -> dict[str, Any]:
    """What the report says of strengths."""
    low, high = model.effects.interval()
    effects = zip(
        model.effects.names, model.effects.values, low, high, model.effects.determined, strict=True
    )
    return {
        "prior_scale": model.prior_scale,
        "tie_log_weight": model.tie_log_weight,
        "thresholds": model.thresholds.values.tolist(),
        "effects": [
            {
                "name": name,
                "value": float(value),
                "low": float(a),
                "high": float(b),
                "known": bool(k),
            }
            for name, value, a, b, k in effects
        ],
    }


def _of_joint(joint: JointStrengths) -> dict[str, Any]:
    threshold = joint.threshold
    return {
        "n": asdict(joint.n),
        "statements": list(joint.statements),
        "threshold": threshold and {"value": threshold.value, "sd": threshold.standard_error},
    }


def allow_for_people(
    data: StudyData, fitting: Fitting, model: BradleyTerry, directory: Path
) -> dict[str, Any] | None:
    """Intervals that allow for few people with tastes of their own; None where many judged."""
    n_people = len(np.unique(data.comparisons.annotator))
    if data.answers or n_people >= FEW_PEOPLE:
        return None
    if n_people < LEAST_PEOPLE:
        return {"n_people": n_people, "known": False}
    clustered = clustered_covariance(
        model,
        data.comparisons,
        margins=data.margins,
        covariates=covariates(data, fitting),
    )
    low, high = clustered.strengths_interval()
    # Who always wins does so without whoever is left out: how far ahead is the prior's to say.
    held = ~strongly_connected(data.comparisons)
    own_low, own_high = model.strengths_interval()
    low = np.where(held, np.minimum(low, own_low), low)
    high = np.where(held, np.maximum(high, own_high), high)
    run_directory.write_arrays(
        directory / run_directory.CLUSTERED,
        {"low": low, "high": high, "sd": np.sqrt(clustered.variances())},
    )
    return {"n_people": n_people, "known": True, "taste_sd": _taste_spread(data)}


def _taste_spread(data: StudyData) -> float | None:
    """How far people's strengths stray from the common ones, nats."""
    try:
        return fit_tastes(data.comparisons).spread
    except DiscernError:
        return None


def fit_cohorts(
    data: StudyData, scored: StudyData, fitting: Fitting, seed: int, directory: Path
) -> dict[str, Any]:
    """Strengths of each cohort that is large enough, and whether knowing the cohort helps.

    Parameters
    ----------
    scored : StudyData
        The part of the data on which models are judged.
    """
    group = data.cohort
    model = fit_groups(data.comparisons, group, minimum_size=fitting.smallest_group)
    run_directory.write_arrays(directory / run_directory.GROUPS, group_arrays(model))
    report = {
        "cohorts": [data.cohorts[number] for number in model.groups],
        "n_people": model.n_people.tolist(),
        "n_judgments": model.n_judgments.tolist(),
        "n_pooled": model.n_pooled,
        "spread": model.spread,
        "log_evidence_gain": model.log_evidence_gain,
    }
    try:
        evaluation = evaluate_groups(
            scored.comparisons, group, minimum_size=fitting.smallest_group, seed=seed
        )
    except DiscernError as error:
        return report | {"evaluation": None, "why": str(error)}
    return report | {"evaluation": asdict(evaluation)}


def fit_members(
    data: StudyData,
    general: GeneralPreference,
    directory: Path,
    *,
    penalty_share: float,
    n_members: int,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """An ensemble on judgments drawn anew, and how far its members agree on the judged pairs."""
    ensemble = fit_ensemble(
        data.comparisons,
        n_planes=general.n_planes,
        penalty_share=penalty_share,
        prior_scale=general.prior_scale,
        n_members=n_members,
        seed=seed,
        device=device,
    )
    run_directory.write_arrays(directory / run_directory.ENSEMBLE, ensemble_to_arrays(ensemble))
    return _of_ensemble(ensemble, data)


def _of_ensemble(ensemble: Ensemble, data: StudyData) -> dict[str, Any]:
    counts = data.comparisons.counts()
    agreement = ensemble.agreement(counts.first, counts.second)
    unanimous = ensemble.unanimous(counts.first, counts.second)
    prompt = data.comparisons.prompts[counts.first]
    alone = len(np.unique(prompt)) == 1  # then of other pairs of this prompt
    cluster = np.arange(len(prompt)) if alone else prompt
    return {
        "n_members": ensemble.n_members,
        "unit": ensemble.unit,
        "n_pairs": len(agreement),
        "same_favourite": asdict(clustered_share(agreement, cluster)),
        "all_the_same": asdict(clustered_share(unanimous.astype(np.float64), cluster)),
    }
