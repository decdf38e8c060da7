"""The page Calibration on a fit of a study with repeats and pairs set aside."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.study import Asking, Fitting, Role
from tests.given import running_study
from tests.pages.test_pages import open_page, person_with
from tests.trainer.test_parts import join, judge
from trainer.launch import RunStatus
from workbench import guarded, results, training
from workbench.opening import open_workbench

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = [
    "How the score comes about",
    "Where can it be trusted?",
    "Recalibration",
    "Noise or ignorance?",
    "What about each pair?",
    "How far could any model get?",
    "Do the intervals hold?",
    "Fits that predict as well",
    "Fits to judgments drawn anew",
    "When may the model answer?",
    "Guarded hold-out",
]


@pytest.fixture
def page(data_folder: Path) -> Iterator[AppTest]:
    """Five prompts of ten items, 225 pairs of which half are set aside, ten people."""
    workbench = open_workbench()
    asking, fitting = Asking(repeat_share=0.2), Fitting(n_members=2, guarded_share=0.5)
    study = running_study(workbench.db, sizes=(10,) * 5, overlap=2, asking=asking, fitting=fitting)
    rng = np.random.default_rng(1)
    for number in range(10):
        join(workbench.db, study, f"a{number}", "")
        judge(workbench.db, study, f"a{number}", rng, 50)
    assert workbench.trainer.wait(training.start_fit(workbench, study.id)) is RunStatus.DONE
    yield open_page(ROOT / "pages/calibration.py", person_with(workbench, Role.RESEARCHER))
    assert data_folder.exists()


def test_every_part_is_drawn_from_the_fit_and_the_guard_counts(page: AppTest) -> None:
    assert not page.exception
    assert [header.value for header in page.header] == SECTIONS
    words = [element.value for element in [*page.caption, *page.markdown]]
    assert sum("docs/statistics.md" in said for said in words) >= len(SECTIONS)
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Looks taken"] == "0"
    [ask] = [button for button in page.button if "Bradley-Terry" in button.label]
    ask.click().run()
    assert not page.exception
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Looks taken"] == "1"
    [answer] = [said.value for said in page.markdown if "look 1: the pages show" in said.value]
    workbench = open_workbench()
    [study] = workbench.db.read("SELECT study_id FROM studies")
    result = results.latest(workbench, study[0])
    assert result is not None
    look = guarded.state(workbench, study[0]).looks[0]
    assert f"{look.answer:.3f}" in answer
    training_figure = result.fit.figures["calibration"]["guarded"]["training"]["bradley_terry"]
    assert look.training == training_figure["value"]
    page.run()
    assert {metric.label: metric.value for metric in page.metric}["Looks taken"] == "1"
    assert not [button for button in page.button if "Bradley-Terry" in button.label]
