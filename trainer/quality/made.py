"""What a fit has made, for its probabilities to be judged."""

from dataclasses import dataclass
from pathlib import Path

from core.bradley_terry import BradleyTerry
from core.models import GeneralPreference
from core.scores import HeldOut
from core.study import Fitting

MODELS = ("bradley_terry", "general_preference")
Model = BradleyTerry | GeneralPreference


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a fit has made.

    Attributes
    ----------
    held_out : HeldOut or None
        Row by row the comparisons that models are judged on; None where there were too few to
        hold any out.
    models : dict
        By the names in `MODELS`, fitted to everything.
    directory : Path
        Of the run.
    device : str
        For torch.
    """

    held_out: HeldOut | None
    models: dict[str, Model]
    fitting: Fitting
    directory: Path
    seed: int
    device: str
