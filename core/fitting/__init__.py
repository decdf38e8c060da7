"""How preference models are fitted. The only rooms of core with torch and scipy.optimize."""

from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.general_preference import fit_general_preference
from core.fitting.joint_strengths import fit_strengths
from core.fitting.penalty import (
    PENALTY_SHARES,
    PLANES,
    ModelChoice,
    choose_general_preference,
)

__all__ = [
    "PENALTY_SHARES",
    "PLANES",
    "ModelChoice",
    "choose_general_preference",
    "fit_bradley_terry",
    "fit_general_preference",
    "fit_strengths",
]
