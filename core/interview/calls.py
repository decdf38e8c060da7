"""What is kept of every call of a language model, and of what became of its proposals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.interview.machine import advance
from core.interview.state import State
from core.interview.turns import (
    MomentWritten,
    Phrased,
    Place,
    Proposed,
    StepKey,
    TitleWritten,
    Turn,
)


class CallOutcome(StrEnum):
    """What came of a call."""

    PROPOSED = "proposed"
    INVALID = "invalid"
    TIMED_OUT = "timed_out"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of a language model.

    Attributes
    ----------
    id : str
        `Proposed.call_id` names it.
    prompt_version, prompt_hash : str
        Which released prompts, and the SHA-256 of the instructions that were sent.
    seconds : float
        From sending to the end of the reply, or to giving up.
    tokens_in, tokens_out : int or None
        As the endpoint counted them; None where it did not say.
    outcome : CallOutcome
        REFUSED: the model or the endpoint would not answer this. FAILED: the endpoint answered
        with an error of its own.
    reply_hash : str or None
        SHA-256 of the reply as it came; None where none came.
    problem : str
        Why the reply is of no use; empty where it is.
    """

    id: str
    step: StepKey
    model: str
    prompt_version: str
    prompt_hash: str
    started_at: datetime
    seconds: float
    tokens_in: int | None
    tokens_out: int | None
    outcome: CallOutcome
    reply_hash: str | None
    problem: str = ""


class Acceptance(StrEnum):
    """What a person made of the drafts that were proposed to them."""

    ACCEPTED = "accepted"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reception:
    """What a person made of one call's drafts."""

    call_id: str
    place: Place
    acceptance: Acceptance


def receptions(turns: Iterable[Turn]) -> tuple[Reception, ...]:
    """What a person made of each proposal with drafts, by the first answer given after it.

    Accepted is a draft taken word for word, changed one that was begun from, refused where the
    person wrote without any. Proposals that were not answered yet are left out.
    """
    state, waiting, made = State(), dict[tuple[int | None, Place], Proposed](), list[Reception]()
    for turn in turns:
        here = (state.current, state.place)
        if isinstance(turn, Proposed) and turn.drafts:
            waiting[here] = turn
        elif isinstance(turn, Phrased | MomentWritten | TitleWritten) and here in waiting:
            proposal = waiting.pop(here)
            made.append(Reception(proposal.call_id, proposal.place, _acceptance(proposal, turn)))
        state = advance(state, turn)
    return tuple(made)


def _acceptance(proposal: Proposed, turn: Phrased | MomentWritten | TitleWritten) -> Acceptance:
    if turn.draft is None:
        return Acceptance.REFUSED
    same = turn.text == proposal.drafts[turn.draft]
    return Acceptance.ACCEPTED if same else Acceptance.CHANGED
