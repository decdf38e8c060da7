"""Figures are those of one snapshot: the newest of few answers, of many a little older."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.judgment import Outcome
from core.study import Study
from storage import people
from tests.bench import large_study
from tests.given import answer, next_pair, running_study
from workbench import dashboards
from workbench.opening import Workbench, close_workbench, open_workbench
from workbench.settings import Settings


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    workbench = open_workbench(Settings(tmp_path / "data", local=True))
    people.ensure_local(workbench.db)
    yield workbench
    close_workbench(workbench)


def judge_once(workbench: Workbench, study: Study) -> None:
    shown = next_pair(workbench.db, study, people.LOCAL)
    assert shown is not None
    answer(workbench.db, study, shown, Outcome.LEFT)


def test_of_few_answers_the_newest_are_looked_at(workbench: Workbench) -> None:
    """Three rows are kept for three twenty-thousandths of a second."""
    study = running_study(workbench.db)
    for n in range(3):
        judge_once(workbench, study)
        time.sleep(0.001)
        assert len(dashboards.answers_of(workbench, study.id)) == n + 1


def test_many_are_worked_out_once_a_while_and_say_when(workbench: Workbench) -> None:
    """Of 60,000 answers for three seconds."""
    study = large_study.fill(workbench.db, 60_000)
    began = time.monotonic()
    before = dashboards.answers_of(workbench, study.id)
    judge_once(workbench, study)
    held = dashboards.answers_of(workbench, study.id)
    if time.monotonic() - began < 2:  # else the machine is too slow to see it
        assert held is before
    time.sleep(3)
    after = dashboards.answers_of(workbench, study.id)
    assert len(after) == len(before) + 1
    assert after.as_of > before.as_of
