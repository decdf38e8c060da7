"""What the newest finished fit of a study says."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.annotator_models import AnnotatorModel
from core.models import BradleyTerry, GeneralPreference
from core.scores import HeldOut
from storage import fits
from storage.fits import Fit
from trainer import run_directory
from workbench.opening import Workbench
from workbench.training import record_finished

Annotators = tuple[AnnotatorModel, tuple[str, ...]]
Files = tuple[BradleyTerry, GeneralPreference, HeldOut | None, Annotators | None]


@dataclass(frozen=True, slots=True)
class Result:
    """A finished fit with its models.

    Attributes
    ----------
    annotators : tuple or None
        How annotators differ, and their ids by number.
    n_newer : int
        Judgments given since.
    """

    fit: Fit
    bradley_terry: BradleyTerry
    general_preference: GeneralPreference
    held_out: HeldOut | None
    annotators: Annotators | None
    n_newer: int


def latest(workbench: Workbench, study_id: str) -> Result | None:
    """Return the newest finished fit, or None while there is none."""
    record_finished(workbench)
    for fit in fits.of_study(workbench.db, study_id):
        directory = workbench.trainer.runs / fit.id
        if (directory / run_directory.REPORT).exists():  # else its files have been cleared away
            newer = fits.n_standing(workbench.db, study_id) - fit.figures["data"]["n_comparisons"]
            return Result(fit, *_read(directory), n_newer=max(newer, 0))
    return None


@lru_cache(maxsize=4)
def _read(directory: Path) -> Files:
    """Files of a finished fit never change."""
    plain = run_directory.read_model(directory, run_directory.BRADLEY_TERRY)
    general = run_directory.read_model(directory, run_directory.GENERAL_PREFERENCE)
    if not isinstance(plain, BradleyTerry) or not isinstance(general, GeneralPreference):
        raise TypeError(f"The models in {directory} have changed places.")
    held_out = run_directory.read_held_out(directory)
    return plain, general, held_out, run_directory.read_annotators(directory)
