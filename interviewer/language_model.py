"""The interviewer that asks a language model. It only proposes, and is silent where it cannot."""

import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from core.interview.calls import CallOutcome, ModelCall
from core.interview.state import State
from core.interview.turns import Proposed
from interviewer.endpoint import USUAL_WAIT, Endpoint, Reply, ask
from interviewer.prompting import VERSION, Prompt, prompt_for
from interviewer.proposal import Proposal
from interviewer.replies import UnfitReplyError, read_reply

N_TRIES = 2
#: Less is no time for a second try, in seconds.
LEAST_SECONDS = 0.5
#: Nobody sits before a screen for a longer pause than this, in seconds.
LONGEST_PAUSE = 3.0
#: After these the endpoint is left alone for a while, so that nobody waits at every step.
_ABSENT = {CallOutcome.TIMED_OUT, CallOutcome.UNREACHABLE}
#: After these the same prompt is worth a second try.
_WORTH_A_TRY = {CallOutcome.INVALID, CallOutcome.FAILED, CallOutcome.RATE_LIMITED}


@dataclass(slots=True)
class LanguageModelInterviewer:
    """Proposes what a model behind an endpoint says, if it passes the checks.

    One may serve all people of the app: all it remembers is until when to leave the endpoint alone.
    """

    endpoint: Endpoint
    _quiet_until: float = field(default=0.0, init=False)

    def propose(self, state: State) -> Proposal:
        """Ask the model for the step at which an interview stands, twice at most.

        Where nothing of use comes in time, the proposal is a note, and the guided question stands.
        """
        prompt = prompt_for(state)
        if prompt is None:
            return Proposal()
        calls: list[ModelCall] = []
        end = time.monotonic() + self.endpoint.seconds
        while len(calls) < N_TRIES and self._may_ask(end):
            proposed, call = self._try(state, prompt, end, calls[-1].problem if calls else "")
            calls.append(call)
            if proposed is not None:
                return Proposal(proposed, tuple(calls))
            if call.outcome not in _WORTH_A_TRY:
                break
        unfit = bool(calls) and calls[-1].outcome is CallOutcome.INVALID
        note = "interview.note.unfit" if unfit else "interview.note.no_answer"
        call_id = calls[-1].id if calls else ""
        return Proposal(Proposed(state.place, note=note, call_id=call_id), tuple(calls))

    def _may_ask(self, end: float) -> bool:
        """Whether the endpoint has not asked for a pause that outlasts this proposal's time."""
        now = time.monotonic()
        pause = max(self._quiet_until - now, 0.0)
        if pause > LONGEST_PAUSE or end - now - pause < LEAST_SECONDS:
            return False
        time.sleep(pause)
        return True

    def _try(
        self, state: State, prompt: Prompt, end: float, problem: str
    ) -> tuple[Proposed | None, ModelCall]:
        started_at, start = datetime.now(UTC), time.monotonic()
        reply = ask(self.endpoint, _messages(prompt, problem), end - start)
        call = ModelCall(
            id=uuid.uuid4().hex,
            step=state.place.step,
            model=self.endpoint.model,
            prompt_version=VERSION,
            prompt_hash=prompt.hash,
            started_at=started_at,
            seconds=time.monotonic() - start,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            outcome=reply.outcome,
            reply_hash=reply.reply_hash,
            problem=reply.problem,
        )
        self._leave_alone(reply)
        if reply.content is None:
            return None, call
        try:
            return read_reply(reply.content, state, call.id), call
        except UnfitReplyError as error:
            return None, replace(call, outcome=CallOutcome.INVALID, problem=str(error))

    def _leave_alone(self, reply: Reply) -> None:
        wait = USUAL_WAIT if reply.outcome in _ABSENT else reply.retry_after
        self._quiet_until = max(self._quiet_until, time.monotonic() + wait)


def _messages(prompt: Prompt, problem: str) -> list[dict[str, str]]:
    """Our instructions in one message, the person's words as data in another."""
    again = f"\nYour last reply could not be used: {problem}." if problem else ""
    return [
        {"role": "system", "content": prompt.instructions + again},
        {"role": "user", "content": prompt.data},
    ]
