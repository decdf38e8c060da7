"""Proposals come beside the page, once a step, and never in the way of the person."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.interview.calls import CallOutcome
from core.interview.turns import Proposed, Turn
from core.value_study import ModelChoice, ModelKind
from storage import drafts, interviews
from storage.interviews import Interview
from tests.core.interviews import CARD, WHOLE
from tests.given import NOON
from tests.interviewer.model_server import Answer, model_server, says, sends
from workbench import interviewing
from workbench.opening import Workbench, open_workbench
from workbench.settings import InvalidEnvironmentError, Settings, from_environment

QUESTION = says({"question": "When she rang at night, what were you listening for?"})
DRAFTS = says({"drafts": [CARD.policies[0]]})


def held(answer: Answer, until: threading.Event) -> Answer:
    def answered(handler: object) -> None:
        assert until.wait(timeout=20)
        answer(handler)  # type: ignore[arg-type]

    return answered


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    settings = Settings(data_folder.resolve(), False, "http://keyed.example/v1", "the key")  # noqa: FBT003
    return open_workbench(settings)


def begun(workbench: Workbench, n_turns: int) -> Interview:
    interview = interviews.ensure(workbench.db, "s", "noor", NOON)
    return interviews.append(workbench.db, interview.id, WHOLE[:n_turns], n_answers=0, now=NOON)


def at(url: str, seconds: float = 10.0) -> ModelChoice:
    return ModelChoice(ModelKind.ENDPOINT, url, "small", seconds=seconds)


def wait(interview: Interview) -> None:
    end = time.monotonic() + 20
    while interviewing.is_asking(interview.id):
        assert time.monotonic() < end
        time.sleep(0.01)


def proposed(workbench: Workbench, interview: Interview) -> list[Turn]:
    turns = interviews.get(workbench.db, interview.id).turns
    return [turn for turn in turns if isinstance(turn, Proposed)]


def test_a_proposal_becomes_a_turn_and_is_asked_for_once(workbench: Workbench) -> None:
    interview = begun(workbench, 8)
    with model_server(DRAFTS) as server:
        assert interviewing.ask(workbench, at(server.url), interview)
        wait(interview)
        [turn] = proposed(workbench, interview)
        assert isinstance(turn, Proposed)
        assert turn.drafts == (CARD.policies[0],)
        later = interviews.get(workbench.db, interview.id)
        assert not interviewing.ask(workbench, at(server.url), later)
        assert len(server.requests) == 1
        assert server.headers[0]["authorization"] == "Bearer none"
    [call] = interviews.calls_of_study(workbench.db, "s")
    assert (call.id, call.outcome) == (turn.call_id, CallOutcome.PROPOSED)


def test_nobody_waits_and_whoever_goes_on_is_not_called_back(workbench: Workbench) -> None:
    interview = begun(workbench, 8)
    answers = threading.Event()
    with model_server(held(DRAFTS, answers)) as server:
        assert interviewing.ask(workbench, at(server.url), interview)
        after = interviews.append(workbench.db, interview.id, [WHOLE[8]], n_answers=8, now=NOON)
        assert interviewing.ask(workbench, at(server.url), after)  # the first one still runs
        answers.set()
        wait(interview)
    assert proposed(workbench, interview) == []
    assert len(interviews.calls_of_study(workbench.db, "s")) == 1


def test_a_question_does_not_change_while_somebody_answers_it(workbench: Workbench) -> None:
    interview = begun(workbench, 3)
    subject = interviewing.draft_subject(interview, interview.state.place)
    drafts.save(workbench.db, "noor", subject, {"text": "her pau"}, datetime.now(UTC))
    with model_server(QUESTION) as server:
        interviewing.ask(workbench, at(server.url), interview)
        wait(interview)
    assert proposed(workbench, interview) == []
    assert len(interviews.calls_of_study(workbench.db, "s")) == 1


@pytest.mark.parametrize("answer", [sends(b"", status=500), says("<script>")])
def test_where_a_model_is_of_no_use_a_note_says_so(workbench: Workbench, answer: Answer) -> None:
    interview = begun(workbench, 3)
    with model_server(answer) as server:
        interviewing.ask(workbench, at(server.url), interview)
        wait(interview)
    [turn] = proposed(workbench, interview)
    assert isinstance(turn, Proposed)
    assert turn.note.startswith("interview.note.")
    assert turn.question == ""


@pytest.mark.parametrize(
    "model",
    [
        ModelChoice(ModelKind.LOCAL, folder="/there/is/no/model"),
        ModelChoice(ModelKind.ENDPOINT, "not an address", "small"),
    ],
)
def test_a_model_that_cannot_be_asked_is_a_note(workbench: Workbench, model: ModelChoice) -> None:
    interview = begun(workbench, 3)
    interviewing.ask(workbench, model, interview)
    wait(interview)
    [turn] = proposed(workbench, interview)
    assert isinstance(turn, Proposed)
    assert turn.note == "interview.note.no_answer"


def test_no_model_is_asked_where_there_is_none_or_nothing_to_propose(workbench: Workbench) -> None:
    interview = begun(workbench, 3)
    assert not interviewing.ask(workbench, ModelChoice(), interview)
    for n_turns in (0, 1, 2, 4, 15):
        state = replace(interview, turns=WHOLE[:n_turns])
        assert not interviewing.ask(workbench, at("http://127.0.0.1:9/v1"), state)


def test_the_key_goes_to_its_own_address_only(workbench: Workbench) -> None:
    interview = begun(workbench, 3)
    with model_server(QUESTION) as server:
        keyed = replace(workbench, settings=replace(workbench.settings, model_url=server.url))
        interviewing.ask(keyed, at(server.url + "/"), interview)
        wait(interview)
        assert server.headers[0]["authorization"] == "Bearer the key"
    assert "the key" not in repr(keyed)


def test_a_key_without_its_address_is_refused() -> None:
    with pytest.raises(InvalidEnvironmentError, match="without DISCERN_MODEL_URL"):
        from_environment({"DISCERN_MODEL_KEY": "k"})
    settings = from_environment({"DISCERN_MODEL_KEY": " k ", "DISCERN_MODEL_URL": "http://m/v1/"})
    assert (settings.model_url, settings.model_key) == ("http://m/v1", "k")
