"""What people leave open, what the model does not know, and what to do about either."""

from core.uncertainty.ceiling import Ceiling, ceiling_from_agreement, ceiling_from_repeats
from core.uncertainty.conformal import (
    AcceptedLabels,
    ConformalRule,
    accept_labels,
    achieved,
    calibrate_sets,
    judge_sets,
)
from core.uncertainty.guarded import GuardedHoldOut, Look
from core.uncertainty.interval_coverage import IntervalCoverage, interval_coverage
from core.uncertainty.multiplicity import Multiplicity, multiplicity, near_optimal
from core.uncertainty.second_order import (
    UncertaintySplit,
    difference,
    repeated_noise,
    split_uncertainty,
)
from core.uncertainty.verdicts import Verdict, Verdicts, false_discovery_rates, judge_pairs

__all__ = [
    "AcceptedLabels",
    "Ceiling",
    "ConformalRule",
    "GuardedHoldOut",
    "IntervalCoverage",
    "Look",
    "Multiplicity",
    "UncertaintySplit",
    "Verdict",
    "Verdicts",
    "accept_labels",
    "achieved",
    "calibrate_sets",
    "ceiling_from_agreement",
    "ceiling_from_repeats",
    "difference",
    "false_discovery_rates",
    "interval_coverage",
    "judge_pairs",
    "judge_sets",
    "multiplicity",
    "near_optimal",
    "repeated_noise",
    "split_uncertainty",
]
