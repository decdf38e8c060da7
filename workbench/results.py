"""What the newest finished fit of a study says."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.annotator_models import AnnotatorModel
from core.ensembles import Ensemble, ensemble_from_arrays
from core.group_strengths import GroupStrengths, group_from_arrays
from core.judgment import Floats, Indices
from core.models import BradleyTerry, GeneralPreference
from core.recalibration import Calibrator, Recalibrated
from core.scores import HeldOut
from storage import fits
from storage.fits import Fit
from trainer import run_directory
from workbench.opening import Workbench
from workbench.training import record_finished

BRADLEY_TERRY, GENERAL_PREFERENCE = "bradley_terry", "general_preference"


def name_of(model: BradleyTerry | GeneralPreference) -> str:
    """What the files of a fit call a model."""
    return BRADLEY_TERRY if isinstance(model, BradleyTerry) else GENERAL_PREFERENCE


Annotators = tuple[AnnotatorModel, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Files:
    """What a fit has left; None for what its data or its settings did not give.

    Attributes
    ----------
    interval : tuple of two ndarrays, shape (n_items,), or None
        95 % intervals of the strengths that allow for few people.
    calibrators : mapping of str to Calibrator
        The recalibration that the fit chose for each model, by its name.
    """

    bradley_terry: BradleyTerry
    general_preference: GeneralPreference | None
    interval: tuple[Floats, Floats] | None
    groups: GroupStrengths | None
    aspects: GroupStrengths | None
    ensemble: Ensemble | None
    calibrators: Mapping[str, Calibrator]


@dataclass(frozen=True, slots=True)
class Result:
    """A finished fit with its models; `n_newer` judgments were given since.

    Attributes
    ----------
    directory : Path
        Of the run. What has a row for each judgment is read from there only by who asks for it.
    """

    fit: Fit
    files: Files
    n_newer: int
    directory: Path

    @property
    def bradley_terry(self) -> BradleyTerry:
        return self.files.bradley_terry

    @property
    def general_preference(self) -> GeneralPreference | None:
        return self.files.general_preference

    @property
    def held_out(self) -> HeldOut | None:
        return _held_out(self.directory)

    @property
    def annotators(self) -> Annotators | None:
        """How annotators differ, and their ids by number."""
        return _annotators(self.directory)

    @property
    def groups(self) -> GroupStrengths | None:
        return self.files.groups

    @property
    def aspects(self) -> GroupStrengths | None:
        return self.files.aspects

    @property
    def ensemble(self) -> Ensemble | None:
        return self.files.ensemble

    @property
    def piece(self) -> Indices:
        """The group of items that comparisons connect which each item is in; shape (n_items,)."""
        component = self.bradley_terry.covariance.layout.component
        return np.asarray(component, dtype=np.int64)

    def recalibrated(self, model: BradleyTerry | GeneralPreference) -> Recalibrated:
        """A model of this fit with the recalibration that the fit chose for it."""
        return Recalibrated(model, self.files.calibrators[name_of(model)])

    def strengths_interval(self) -> tuple[Floats, Floats]:
        """95 % intervals: where few people judged, those that allow for their tastes."""
        return self.files.interval or self.bradley_terry.strengths_interval()


def latest(workbench: Workbench, study_id: str) -> Result | None:
    """Return the newest finished fit, or None while there is none."""
    record_finished(workbench)
    for fit in fits.of_study(workbench.db, study_id):
        directory = workbench.trainer.runs / fit.id
        # Else its files have been cleared away, or it was about nothing but similarity.
        if (directory / run_directory.BRADLEY_TERRY).exists() and fit.figures.get("bradley_terry"):
            used = fit.figures.get("data", {}).get("n_comparisons", 0)
            newer = fits.n_standing(workbench.db, study_id) - used
            return Result(fit, _read(directory), max(newer, 0), directory)
    return None


@lru_cache(maxsize=4)
def _read(directory: Path) -> Files:
    """Files of a finished fit never change."""
    plain = run_directory.read_model(directory, run_directory.BRADLEY_TERRY)
    general = None
    if (directory / run_directory.GENERAL_PREFERENCE).exists():
        general = run_directory.read_model(directory, run_directory.GENERAL_PREFERENCE)
    if not isinstance(plain, BradleyTerry) or isinstance(general, BradleyTerry):
        raise TypeError(f"The models in {directory} have changed places.")
    clustered = run_directory.read_arrays(directory / run_directory.CLUSTERED)
    groups = run_directory.read_arrays(directory / run_directory.GROUPS)
    aspects = run_directory.read_arrays(directory / run_directory.ASPECTS)
    members = run_directory.read_arrays(directory / run_directory.ENSEMBLE)
    return Files(
        bradley_terry=plain,
        general_preference=general,
        interval=None if clustered is None else (clustered["low"], clustered["high"]),
        groups=None if groups is None else group_from_arrays(groups),
        aspects=None if aspects is None else group_from_arrays(aspects),
        ensemble=None if members is None else ensemble_from_arrays(members),
        calibrators={
            name: run_directory.read_calibrator(directory, name)
            for name in (BRADLEY_TERRY, GENERAL_PREFERENCE)
        },
    )


def without_each(workbench: Workbench, result: Result) -> dict[str, Any] | None:
    """Strengths without each annotator as `trainer.without` leaves them; None in older fits."""
    return _without_each(workbench.trainer.runs / result.fit.id)


@lru_cache(maxsize=4)
def _without_each(directory: Path) -> dict[str, Any] | None:
    found: dict[str, Any] | None = run_directory.read_json(directory / run_directory.WITHOUT)
    return found


@lru_cache(maxsize=1)
def _held_out(directory: Path) -> HeldOut | None:
    return run_directory.read_held_out(directory)


@lru_cache(maxsize=2)
def _annotators(directory: Path) -> Annotators | None:
    return run_directory.read_annotators(directory)


@dataclass(frozen=True, slots=True)
class SimilarityMap:
    """Items in the plane as people's "which two are closer?" places them.

    Attributes
    ----------
    figures : dict
        `n_answers`, `n_questions`; `accuracy` and `log_loss` on held-out questions, or `why_not`.
    points : ndarray, shape (n_items, 2), or None
    seen : ndarray of bool, shape (n_items,), or None
        Whether anybody was asked about the item.
    """

    fit: Fit
    figures: dict[str, Any]
    items: tuple[str, ...]
    points: Floats | None
    seen: NDArray[np.bool_] | None


def similarity_map(workbench: Workbench, study_id: str) -> SimilarityMap | None:
    """The newest map; None where nobody was asked about similarity, or nothing was fitted yet."""
    for fit in fits.of_study(workbench.db, study_id, about="similarity"):
        figures = fit.figures["similarity"]
        directory = workbench.trainer.runs / fit.id
        arrays = run_directory.read_arrays(directory / run_directory.SIMILARITY_MAP)
        if arrays is None:
            return SimilarityMap(fit, figures, (), None, None)
        items = tuple(arrays["items"].tolist())
        return SimilarityMap(fit, figures, items, arrays["points"], arrays["seen"])
    return None
