"""Before and after recalibration, side by side, on the same judgments."""

from dataclasses import dataclass

from core.calibration import (
    Rule,
    brier_score,
    expected_calibration_error,
    log_score,
    smooth_calibration,
)
from core.calibration.decomposition import losses
from core.estimates import Estimate, clustered_mean
from core.judgment import Floats, Indices
from core.recalibration.calibrators import Calibrator


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to recalibrate, as it did on judgments of other pairs than it was fitted to.

    Attributes
    ----------
    log_loss : Estimate
        Nats a judgment.
    against_none : Estimate
        The same minus that of the model as it is, judgment by judgment; below zero it helps.
    """

    name: str
    log_loss: Estimate
    against_none: Estimate


@dataclass(frozen=True, slots=True)
class CalibrationChoice:
    """The calibrator that a fit uses from now on, and what it was chosen from.

    Attributes
    ----------
    calibrator : Calibrator
        Fitted to all calibration judgments.
    candidates : tuple of Candidate
        From the simplest; "none" is the first. A way that these judgments cannot determine is
        missing.
    n, n_clusters : int
        Judgments and pairs that it was fitted to.
    """

    calibrator: Calibrator
    candidates: tuple[Candidate, ...]
    n: int
    n_clusters: int


@dataclass(frozen=True, slots=True)
class BeforeAndAfter:
    """One figure of both forecasts, and of their difference where it has one.

    Attributes
    ----------
    difference : Estimate or None
        After minus before, judgment by judgment; below zero it got better.
    """

    name: str
    before: Estimate
    after: Estimate
    difference: Estimate | None


def compare(
    before: Floats, after: Floats, outcome_first: Floats, cluster: Indices
) -> tuple[BeforeAndAfter, ...]:
    """Put the figures of two forecasts of the same judgments beside each other.

    Parameters
    ----------
    before, after : ndarray, shape (n,)
        P(first is preferred), given that one of the two is; `after` cross-fitted, so that no
        judgment was recalibrated with a map that it had a part in.
    outcome_first, cluster : ndarray, shape (n,)
        As in `core.calibration.reliability_curve`.
    """
    scores = [
        BeforeAndAfter(
            name,
            score(before, outcome_first, cluster),
            score(after, outcome_first, cluster),
            clustered_mean(
                losses(after, outcome_first, rule) - losses(before, outcome_first, rule), cluster
            ),
        )
        for name, score, rule in (
            ("log loss", log_score, Rule.LOG),
            ("Brier score", brier_score, Rule.BRIER),
        )
    ]
    return (
        *scores,
        BeforeAndAfter(
            "calibration error",
            expected_calibration_error(before, outcome_first, cluster),
            expected_calibration_error(after, outcome_first, cluster),
            None,
        ),
        BeforeAndAfter(
            "smooth calibration error",
            smooth_calibration(before, outcome_first, cluster).error.estimate,
            smooth_calibration(after, outcome_first, cluster).error.estimate,
            None,
        ),
    )
