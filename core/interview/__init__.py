"""The guided interview: from a case and a story to values cards, in a person's own words."""

from core.interview.machine import advance, replay
from core.interview.state import Draft, State
from core.interview.steps import Step, step_at
from core.interview.turns import Case, InvalidTurnError, Turn

__all__ = [
    "Case",
    "Draft",
    "InvalidTurnError",
    "State",
    "Step",
    "Turn",
    "advance",
    "replay",
    "step_at",
]
