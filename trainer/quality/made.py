"""What a fit has made, for its probabilities to be judged."""

from dataclasses import dataclass
from pathlib import Path

from core.bradley_terry import BradleyTerry
from core.fitting.penalty import ModelChoice
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
    plain, general
        The models, fitted to everything.
    choice : ModelChoice
        How the general one was chosen.
    directory : Path
        Of the run.
    device : str
        For torch.
    """

    held_out: HeldOut | None
    plain: BradleyTerry
    general: GeneralPreference
    choice: ModelChoice
    fitting: Fitting
    directory: Path
    seed: int
    device: str

    def model(self, name: str) -> Model:
        """One of `MODELS`."""
        return self.plain if name == "bradley_terry" else self.general
