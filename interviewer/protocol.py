"""What an interviewer does: it proposes, and the person decides."""

from dataclasses import dataclass
from typing import Protocol

from core.interview.calls import ModelCall
from core.interview.state import State
from core.interview.turns import Proposed


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an interviewer proposes at a step, and what it took.

    Attributes
    ----------
    turn : Proposed or None
        To be appended to the interview's turns; None where the guided question is all there is.
    calls : tuple of ModelCall
        To be stored, whatever came of them.
    """

    turn: Proposed | None = None
    calls: tuple[ModelCall, ...] = ()


class Interviewer(Protocol):
    """Proposes wording for the step at which an interview stands. It never fails: it is silent."""

    def propose(self, state: State) -> Proposal: ...
