"""Maps from a model's log-odds to calibrated ones, all odd: swapping the items mirrors them."""

from core.recalibration.calibrators import (
    BetaCalibrator,
    Calibrator,
    IdentityCalibrator,
    IsotonicCalibrator,
    ScaleCalibrator,
    VennAbersCalibrator,
    calibrator_from_arrays,
    calibrator_to_arrays,
    log_odds_of,
)
from core.recalibration.comparison import CalibrationChoice, Candidate, compare
from core.recalibration.recalibrated import Recalibrated

__all__ = [
    "BetaCalibrator",
    "CalibrationChoice",
    "Calibrator",
    "Candidate",
    "IdentityCalibrator",
    "IsotonicCalibrator",
    "Recalibrated",
    "ScaleCalibrator",
    "VennAbersCalibrator",
    "calibrator_from_arrays",
    "calibrator_to_arrays",
    "compare",
    "log_odds_of",
]
