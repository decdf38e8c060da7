"""What a language model does in an interview: it proposes, and the person decides."""

from dataclasses import dataclass

from core.interview.calls import ModelCall
from core.interview.turns import Proposed


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed at a step, and what it took.

    Attributes
    ----------
    turn : Proposed or None
        To be appended to the interview's turns; None where the guided question is all there is.
    calls : tuple of ModelCall
        To be stored, whatever came of them.
    """

    turn: Proposed | None = None
    calls: tuple[ModelCall, ...] = ()
