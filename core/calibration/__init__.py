"""Whether of the pairs that a model holds to be 80 % sure, 80 % come out that way."""

from core.calibration.binned_error import debiased_calibration_error, expected_calibration_error
from core.calibration.decomposition import (
    Decomposition,
    Part,
    Rule,
    brier_score,
    decompose,
    log_score,
)
from core.calibration.noisy_length import Distance
from core.calibration.reliability import Bin, ReliabilityCurve, reliability_curve
from core.calibration.resolution import Stratum, by_stratum, margin_strata, sharpness
from core.calibration.smooth import SmoothCalibration, smooth_calibration

__all__ = [
    "Bin",
    "Decomposition",
    "Distance",
    "Part",
    "ReliabilityCurve",
    "Rule",
    "SmoothCalibration",
    "Stratum",
    "brier_score",
    "by_stratum",
    "debiased_calibration_error",
    "decompose",
    "expected_calibration_error",
    "log_score",
    "margin_strata",
    "reliability_curve",
    "sharpness",
    "smooth_calibration",
]
