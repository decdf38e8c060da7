"""Proposals of language models for interviews, asked for beside the page: nobody waits for them."""

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from core.errors import DiscernError
from core.interview.calls import CallOutcome
from core.interview.turns import Place, Proposed
from core.value_study import ModelChoice, ModelKind
from interviewer import Endpoint, LanguageModelInterviewer, Proposal
from interviewer.local_process import LocalModelError, LocalModelProcess
from interviewer.prompting import ASKING, DRAFTING
from storage import drafts, interviews
from storage.interviews import Interview
from workbench.opening import Workbench

log = logging.getLogger("discern.interviewing")

#: Proposals that are made at once, in this process.
MAX_AT_ONCE = 16
#: A local model that could not be started is left alone for so long, in seconds.
PAUSE = 60.0


@dataclass(slots=True)
class _LocalModel:
    """A model in a folder, started when it is first needed."""

    process: LocalModelProcess
    endpoint: Endpoint | None = None
    failed_at: float = float("-inf")
    starting: threading.Lock = field(default_factory=threading.Lock)

    def ready(self) -> Endpoint:
        with self.starting:
            if self.endpoint is None:
                if time.monotonic() - self.failed_at < PAUSE:
                    raise LocalModelError(f"The model in {self.process.folder} did not start.")
                try:
                    self.endpoint = self.process.start()
                except LocalModelError:
                    self.failed_at = time.monotonic()
                    raise
            return self.endpoint

    def forget(self) -> None:
        """It ended: the next proposal starts it anew."""
        with self.starting:
            self.process.stop()
            self.endpoint = None


@dataclass(slots=True)
class _Desk:
    """What this process knows of its models and of the proposals that are being made."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    running: set[str] = field(default_factory=set)
    #: The number of answers at which a proposal was asked for last, by interview.
    asked: dict[str, int] = field(default_factory=dict)
    by_endpoint: dict[Endpoint, LanguageModelInterviewer] = field(default_factory=dict)
    local: dict[Path, _LocalModel] = field(default_factory=dict)


_desk = _Desk()


def draft_subject(interview: Interview, place: Place) -> str:
    """Under which name `storage.drafts` keeps what somebody is writing at a place."""
    thing = "" if place.thing is None else f" {place.thing}"
    return f"interview {interview.id} {interview.state.current} {place.step}{thing}"


def ask(workbench: Workbench, model: ModelChoice, interview: Interview) -> bool:
    """Ask the study's model for a proposal where the interview stands, once; do not wait for it.

    What it proposes becomes a turn, if the person has not gone on by then.

    Returns
    -------
    bool
        Whether a proposal may still come.
    """
    state = interview.state
    place = state.place
    if model.kind is ModelKind.OFF or place.step not in ASKING | DRAFTING or state.draft is None:
        return False
    if state.draft.proposal(place) is not None:
        return False
    with _desk.lock:
        if interview.id in _desk.running:
            return True
        if _desk.asked.get(interview.id) == interview.n_answers:
            return False
        if len(_desk.running) >= MAX_AT_ONCE:
            return False
        _desk.asked[interview.id] = interview.n_answers
        _desk.running.add(interview.id)
    threading.Thread(
        target=_propose, args=(workbench, model, interview), name="proposal", daemon=True
    ).start()
    return True


def is_asking(interview_id: str) -> bool:
    """Whether a proposal for an interview is being made."""
    with _desk.lock:
        return interview_id in _desk.running


def _propose(workbench: Workbench, model: ModelChoice, interview: Interview) -> None:
    try:
        proposal = _proposal(workbench, model, interview)
        turn = proposal.turn
        if turn is not None and turn.question and _is_writing(workbench, interview):
            turn = None  # another question would come in the midst of an answer
        interviews.append_proposal(
            workbench.db,
            interview.id,
            turn,
            proposal.calls,
            n_answers=interview.n_answers,
            now=datetime.now(UTC),
        )
    except DiscernError as error:
        log.warning("%s", error)
    finally:
        with _desk.lock:
            _desk.running.discard(interview.id)


def _proposal(workbench: Workbench, model: ModelChoice, interview: Interview) -> Proposal:
    state = interview.state
    try:
        endpoint = _endpoint(workbench, model)
    except DiscernError as error:  # no address, no model: the guided question stands
        log.warning("%s", error)
        return Proposal(Proposed(state.place, note="interview.note.no_answer"))
    with _desk.lock:
        asked = _desk.by_endpoint.setdefault(endpoint, LanguageModelInterviewer(endpoint))
    proposal = asked.propose(state)
    gone = any(call.outcome is CallOutcome.UNREACHABLE for call in proposal.calls)
    if model.kind is ModelKind.LOCAL and gone:
        _local(workbench, model).forget()
    return proposal


def _endpoint(workbench: Workbench, model: ModelChoice) -> Endpoint:
    if model.kind is ModelKind.LOCAL:
        return replace(_local(workbench, model).ready(), seconds=model.seconds)
    url = model.url.rstrip("/")
    settings = workbench.settings
    key = settings.model_key if url == settings.model_url else ""
    return Endpoint(url, model.name, key, model.seconds)


def _local(workbench: Workbench, model: ModelChoice) -> _LocalModel:
    folder = Path(model.folder)
    log_file = workbench.settings.data / "local-model.log"
    with _desk.lock:
        return _desk.local.setdefault(folder, _LocalModel(LocalModelProcess(folder, log_file)))


def _is_writing(workbench: Workbench, interview: Interview) -> bool:
    subject = draft_subject(interview, interview.state.place)
    return bool(drafts.newest(workbench.db, interview.person_id, [subject]))
