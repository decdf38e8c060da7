import time
from pathlib import Path

import pytest

from core.errors import NoComparisonsError
from core.judgment import Outcome
from core.study import State, Study
from storage import fits, studies
from tests.given import NOON, answer, next_pair, running_study
from trainer.launch import RunStatus
from workbench import results, training
from workbench.opening import Workbench, open_workbench
from workbench.settings import InvalidEnvironmentError, from_environment
from workbench.training import Background, FitRunningError


def judge(workbench: Workbench, study: Study, person: str, count: int) -> None:
    """Prefer the item whose id sorts first, `count` times."""
    for seed in range(count):
        shown = next_pair(workbench.db, study, person, seed=seed)
        assert shown is not None
        first_is_left = shown.left == shown.pair.first
        answer(workbench.db, study, shown, Outcome.LEFT if first_is_left else Outcome.RIGHT)


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    opened = open_workbench()
    assert opened.settings.data == data_folder.resolve()
    return opened


def test_a_fit_becomes_a_result_once(workbench: Workbench) -> None:
    """From judgments to strengths in the order of the truth, recorded in the store one time."""
    study = running_study(workbench.db, sizes=(5,), overlap=2)
    for person in ("ann", "ben"):
        judge(workbench, study, person, 10)
    assert results.latest(workbench, study.id) is None
    directory = training.start_fit(workbench, study.id)
    assert workbench.trainer.wait(directory) is RunStatus.DONE
    assert training.record_finished(workbench) == 1
    assert training.record_finished(workbench) == 0
    result = results.latest(workbench, study.id)
    assert result is not None
    assert list(result.bradley_terry.strengths) == sorted(result.bradley_terry.strengths)[::-1]
    assert (result.fit.n_judgments, result.n_newer) == (20, 0)
    assert len(result.fit.snapshot_hash) == 64
    assert result.fit.figures["data"]["n_annotators"] == 2
    assert result.fit.figures["cycles"]["observed"]["n_cyclic"] == 0


def test_one_fit_of_a_study_at_a_time(workbench: Workbench) -> None:
    study = running_study(workbench.db)
    judge(workbench, study, "ann", 3)
    directory = training.start_fit(workbench, study.id)
    with pytest.raises(FitRunningError):
        training.start_fit(workbench, study.id)
    workbench.trainer.stop(directory)
    [run] = training.runs_of(workbench, study.id)
    assert run.status is RunStatus.INTERRUPTED
    training.remove(run)
    assert training.runs_of(workbench, study.id) == []


def test_nothing_judged_is_nothing_to_fit(workbench: Workbench) -> None:
    study = running_study(workbench.db)
    with pytest.raises(NoComparisonsError):
        training.start_fit(workbench, study.id)
    assert training.runs_of(workbench, study.id) == []


def test_a_fit_starts_by_itself_when_enough_is_new(workbench: Workbench) -> None:
    """At three new judgments, not at two; and not again until three more are there."""
    study = running_study(workbench.db, sizes=(5,), fit_every=3)
    judge(workbench, study, "ann", 2)
    training.start_due_fits(workbench)
    assert training.runs_of(workbench, study.id) == []
    judge(workbench, study, "ann", 1)
    training.start_due_fits(workbench)
    [run] = training.runs_of(workbench, study.id)
    assert run.request.n_comparisons == 3
    workbench.trainer.stop(run.directory)
    training.start_due_fits(workbench)
    assert len(training.runs_of(workbench, study.id)) == 1
    judge(workbench, study, "ann", 3)
    studies.set_state(workbench.db, study.id, State.PAUSED, by=None)
    training.start_due_fits(workbench)
    assert len(training.runs_of(workbench, study.id)) == 1
    studies.set_state(workbench.db, study.id, State.RUNNING, by=None)
    training.start_due_fits(workbench)
    assert len(training.runs_of(workbench, study.id)) == 2


def test_the_background_starts_and_records_fits(workbench: Workbench) -> None:
    study = running_study(workbench.db, fit_every=2)
    judge(workbench, study, "ann", 2)
    background = Background(workbench)
    background.start()
    waited_until = time.monotonic() + 60
    while not fits.known(workbench.db) and time.monotonic() < waited_until:
        time.sleep(0.2)
    background.stop()
    [fit] = fits.of_study(workbench.db, study.id)
    assert fit.n_judgments == 2
    assert fit.requested_at > NOON


def test_an_unknown_setting_is_an_error_and_never_local_mode() -> None:
    assert not from_environment({}).local
    assert from_environment({"DISCERN_MODE": "local"}).local
    for wrong in ({"DISCERN_MODE": "Local"}, {"DISCERN_LOCAL": "1"}, {"DISCERN_MODE": ""}):
        with pytest.raises(InvalidEnvironmentError):
            from_environment(wrong)
