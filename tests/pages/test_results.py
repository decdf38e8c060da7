"""The page Results on fits of every kind that a study can ask for."""

import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.answer_form import AnswerForm, Form
from core.recalibration import ScaleCalibrator
from core.study import Fitting, Role
from tests.given import running_study
from tests.pages.test_pages import open_page, open_table, person_with
from tests.trainer.test_parts import join, judge
from trainer.launch import RunStatus
from trainer.run_directory import write_calibrator
from workbench import training
from workbench.opening import open_workbench

ROOT = Path(__file__).resolve().parents[2]


def fitted_page(form: AnswerForm, fitting: Fitting) -> AppTest:
    """The page after a fit of twelve people's answers about four items."""
    workbench = open_workbench()
    study = running_study(workbench.db, sizes=(4,), overlap=12, form=form, fitting=fitting)
    rng = np.random.default_rng(1)
    for number in range(12):
        join(workbench.db, study, f"a{number}", "one" if number < 6 else "two")
        judge(workbench.db, study, f"a{number}", rng, 6)
    directory = training.start_fit(workbench, study.id)
    assert workbench.trainer.wait(directory) is RunStatus.DONE
    at = open_page(ROOT / "pages/results.py", person_with(workbench, Role.RESEARCHER))
    assert not at.exception
    assert not at.error
    return at


def test_a_pair_is_said_as_the_fit_recalibrates_it_and_as_it_was_fitted(data_folder: Path) -> None:
    """A calibrator that halves log-odds: odds of 9 to 1 become 3 to 1; both are on the page."""
    workbench = open_workbench()
    study = running_study(workbench.db, sizes=(4,), overlap=6)
    rng = np.random.default_rng(2)
    for number in range(6):
        judge(workbench.db, study, f"a{number}", rng, 6)
    directory = training.start_fit(workbench, study.id)
    assert workbench.trainer.wait(directory) is RunStatus.DONE
    write_calibrator(directory, "bradley_terry", ScaleCalibrator(0.5, 0.1))
    at = open_page(ROOT / "pages/results.py", person_with(workbench, Role.RESEARCHER))
    assert not at.exception
    [said] = [element.value for element in at.caption if "Recalibrated by" in element.value]
    fitted = re.fullmatch(r"Recalibrated by temperature; as fitted (\d+)% \(\d+% to \d+%\)", said)
    assert fitted is not None
    share = int(fitted[1]) / 100
    [used, general] = [int(metric.value.rstrip("%")) / 100 for metric in at.metric[:2]]
    assert share > 0.6
    assert used / (1 - used) == pytest.approx((share / (1 - share)) ** 0.5, rel=0.05)
    assert general > used
    assert data_folder.exists()


def test_effects_cohorts_and_the_ensemble_are_shown(data_folder: Path) -> None:
    at = fitted_page(AnswerForm(grades=4), Fitting(side_effect=True, by_group=True, n_members=3))
    headers = {header.value for header in at.header}
    assert {"What else moves the answers", "Do cohorts differ?", "With caution"} <= headers
    assert any("allow for the tastes of 12 people" in caption.value for caption in at.caption)
    ranks = open_table(at, "strengths").dataframe[0].value
    assert (ranks["low"] < ranks["strength"]).all()
    assert (ranks["best rank"] <= ranks["worst rank"]).all()
    assert ranks["P(first)"].sum() == pytest.approx(1)
    assert data_folder.exists()


@pytest.mark.parametrize("kind", [Form.RANKING, Form.THUMBS])
def test_strengths_from_other_forms_are_shown_without_a_general_model(
    data_folder: Path, kind: Form
) -> None:
    at = fitted_page(AnswerForm(kind), Fitting())
    headers = {header.value for header in at.header}
    assert {"Strengths", "Made from", "Who would win?"} <= headers
    assert data_folder.exists()
