"""Goals and criteria: what matters to a person, and what would show it, in their own words."""

from core.goals.tree import Goal, GoalTree, grow
from core.goals.turns import InvalidGoalError
from core.goals.weights import Weight, weights

__all__ = ["Goal", "GoalTree", "InvalidGoalError", "Weight", "grow", "weights"]
