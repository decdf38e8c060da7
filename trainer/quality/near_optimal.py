"""Fits of other settings that predict as well as this one: what choosing among them decides."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core.bradley_terry import BradleyTerry
from core.errors import DiscernError
from core.estimates import NotDeterminedError, clustered_mean
from core.fitting import fit_bradley_terry, fit_general_preference
from core.fitting.bradley_terry import TieModel
from core.judgment import Floats
from core.predictions import PreferenceModel
from core.recalibration import Calibrator
from core.scores import HeldOut, log_losses
from core.study import Fitting
from core.uncertainty import multiplicity, near_optimal
from trainer import parts
from trainer.quality.fits import said_of_multiplicity
from trainer.quality.made import Made
from trainer.study_data import StudyData

#: Fits that predict worse by no more than this, nats a judgment, are as good.
TOLERANCE = 0.005
#: Other general models that are tried: those that the choice of this one found nearest to it. Where
#: pairs are many, each of them takes seconds, and none is.
MOST_GENERAL, MANY_PAIRS = 4, 5_000
#: Widths of the prior beside the likeliest one.
WIDTHS = {"half as wide": 0.5, "twice as wide": 2.0}
OTHER_TIES: dict[str, tuple[str, TieModel]] = {
    "davidson": ("ties by threshold", "rao_kupper"),
    "rao_kupper": ("ties of their own weight", "davidson"),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """Another way to fit; `fit` is given the data of one part, or all of them."""

    name: str
    fit: Callable[[StudyData], PreferenceModel]


def fits_as_good(data: StudyData, made: Made, calibrator: Calibrator) -> dict[str, Any]:
    """Compare the general model with fits of other settings that predict about as well.

    All are judged on the judgments that were held out, in the same parts; those that are kept are
    fitted to everything and compared on the judged pairs.

    Parameters
    ----------
    data : StudyData
        Those on which models are judged, row by row as they were held out.
    calibrator : Calibrator
        Of the general model; all probabilities go through it, so that they can be compared.

    Raises
    ------
    NotDeterminedError
        If nothing was held out, or no other fit predicts as well.
    """
    held_out = made.held_out
    if held_out is None:
        raise NotDeterminedError("No judgment was held out to compare fits on. Judge more pairs.")
    variants, losses = _judged(data, made, held_out)
    kept = near_optimal(losses, held_out.pair, tolerance=TOLERANCE)
    report = _said(variants, losses, kept, held_out)
    others = [variant for variant, is_kept in zip(variants, kept[1:], strict=True) if is_kept]
    counts = data.comparisons.counts()
    first, second = counts.first, counts.second
    if not others:
        raise NotDeterminedError(
            f"Of {len(variants)} other fits none predicts held-out judgments as well: nothing is "
            "left to choose."
        )
    model = made.general
    said = [variant.fit(data).probability(first, second) for variant in others]
    baseline = calibrator.probability(model.probability(first, second))
    found = multiplicity(calibrator.probability(np.stack(said)), baseline)
    return said_of_multiplicity(found, model, data.comparisons) | report


def _judged(data: StudyData, made: Made, held_out: HeldOut) -> tuple[list[Variant], Floats]:
    """Other fits, and the losses of held-out judgments by this one and by each of them."""
    judged, losses = [], [log_losses(held_out.general_preference, held_out.outcome)]
    for variant in _variants(data, made):
        shares = np.empty((len(held_out.outcome), 3))
        try:
            for part in np.unique(held_out.fold):
                rest = held_out.fold == part
                model = variant.fit(data.where(~rest))
                shares[rest] = model.outcome_probabilities(
                    held_out.first[rest], held_out.second[rest]
                )
        except DiscernError:  # such as an effect that a part does not determine
            continue
        loss = log_losses(shares, held_out.outcome)
        if np.isfinite(loss).all():  # not where a part without ties held one impossible
            judged.append(variant)
            losses.append(loss)
    return judged, np.stack(losses)


def _said(
    variants: list[Variant], losses: Floats, kept: np.ndarray[Any, Any], held_out: HeldOut
) -> dict[str, Any]:
    best = losses[losses.mean(axis=1).argmin()]
    names = ["this fit: general model", *(variant.name for variant in variants)]
    return {
        "tolerance": TOLERANCE,
        "fits": [
            {
                "name": name,
                "log_loss": asdict(clustered_mean(loss, held_out.pair)),
                "behind": asdict(clustered_mean(loss - best, held_out.pair)),
                "kept": bool(is_kept),
            }
            for name, loss, is_kept in zip(names, losses, kept, strict=True)
        ],
    }


def _variants(data: StudyData, made: Made) -> Iterator[Variant]:
    """Other priors, ties, effects and penalties, from the simplest."""
    fitting, scale = made.fitting, made.plain.prior_scale
    if made.choice.n_planes:
        yield Variant("Bradley-Terry", _strengths(fitting, None))
    for name, factor in WIDTHS.items() if np.isfinite(scale) else ():
        yield Variant(f"prior {name}", _strengths(fitting, factor * scale))
    if (data.comparisons.outcome == 0).any():
        name, ties = OTHER_TIES[fitting.tie_model]
        yield Variant(name, _strengths(replace(fitting, tie_model=ties), None))
    for name, other in (
        ("the left side", replace(fitting, side_effect=True)),
        ("longer texts", replace(fitting, length_effect=True)),
    ):
        if other != fitting and parts.covariates(data, other):
            yield Variant(f"allowing for {name}", _strengths(other, None))
    yield from _general(data, made)


def _strengths(fitting: Fitting, scale: float | None) -> Callable[[StudyData], BradleyTerry]:
    def fit(part: StudyData) -> BradleyTerry:
        return fit_bradley_terry(
            part.comparisons,
            prior_scale="evidence" if scale is None else scale,
            tie_model=fitting.tie_model,
            margins=part.margins,
            covariates=parts.covariates(part, fitting),
        )

    return fit


def _general(data: StudyData, made: Made) -> Iterator[Variant]:
    """The general models that came nearest to the chosen one when it was chosen."""
    n_pairs, choice = len(data.comparisons.counts().first), made.choice
    tried = sorted(zip(choice.log_losses, choice.candidates, strict=False))
    near = [
        planes_and_share
        for loss, planes_and_share in tried
        if planes_and_share != (choice.n_planes, choice.share)
        and planes_and_share[0]
        and loss <= tried[0][0] + 2 * TOLERANCE
    ]
    for n_planes, share in near[:MOST_GENERAL] if n_pairs <= MANY_PAIRS else ():

        def fit(part: StudyData, planes: int = n_planes, share: float = share) -> PreferenceModel:
            return fit_general_preference(
                part.comparisons,
                n_planes=planes,
                penalty_share=share,
                n_starts=1,
                intervals=False,
                seed=made.seed,
                device=made.device,
            )

        planes = f"{n_planes} plane{'s' if n_planes > 1 else ''}"
        yield Variant(f"general, {planes}, penalty {share:.2f}", fit)
