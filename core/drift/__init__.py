"""What changes over time, and how far two fits are from each other."""

from core.drift.change_points import ChangePoint, change_points
from core.drift.fit_distance import (
    DifferentItemsError,
    FitDistance,
    Moves,
    fit_distance,
    moved_items,
    strengths_distance,
)

__all__ = [
    "ChangePoint",
    "DifferentItemsError",
    "FitDistance",
    "Moves",
    "change_points",
    "fit_distance",
    "moved_items",
    "strengths_distance",
]
