"""The page Calibration on a fit of a study with repeats."""

from pathlib import Path

import numpy as np

from core.study import Asking, Fitting, Role
from tests.given import running_study
from tests.pages.test_pages import open_page, person_with
from tests.trainer.test_parts import join, judge
from trainer.launch import RunStatus
from workbench import training
from workbench.opening import open_workbench

ROOT = Path(__file__).resolve().parents[2]


def test_every_part_is_drawn_from_the_fit(data_folder: Path) -> None:
    workbench = open_workbench()
    settings = {"asking": Asking(repeat_share=0.3), "fitting": Fitting(n_members=3)}
    study = running_study(workbench.db, sizes=(10,), overlap=12, **settings)
    rng = np.random.default_rng(1)
    for number in range(12):
        join(workbench.db, study, f"a{number}", "")
        judge(workbench.db, study, f"a{number}", rng, 60)
    assert workbench.trainer.wait(training.start_fit(workbench, study.id)) is RunStatus.DONE
    at = open_page(ROOT / "pages/calibration.py", person_with(workbench, Role.RESEARCHER))
    assert not at.exception
    assert [header.value for header in at.header] == [
        "How the score comes about",
        "Recalibration",
        "Noise or ignorance?",
        "What about each pair?",
        "How far could any model get?",
        "Fits to judgments drawn anew",
        "When may the model answer?",
    ]
    assert data_folder.exists()
