"""The planner on the page Coverage."""

from pathlib import Path

import numpy as np

from core.study import Asking, Role
from tests.given import running_study
from tests.pages.test_pages import open_page, person_with
from tests.trainer.test_parts import judge
from workbench.opening import open_workbench

PAGE = Path(__file__).resolve().parents[2] / "pages/coverage.py"


def test_the_page_says_how_far_the_goal_is_and_what_it_takes(data_folder: Path) -> None:
    workbench = open_workbench()
    user = person_with(workbench, Role.RESEARCHER)
    study = running_study(workbench.db, sizes=(4,), asking=Asking(goal_width=2.5, goal_top=1))
    judge(workbench.db, study, "ann", np.random.default_rng(1), 6)
    at = open_page(PAGE, user)
    assert not at.exception
    # Against the mean of four: 2 z 1.5 sqrt(3/4) = 5.09 before anything is fitted.
    assert [m.value for m in at.metric if m.label == "Widest 95 % interval"] == ["5.09"]
    [button] = [b for b in at.button if b.label == "Work out how many more"]
    button.click().run()
    assert not at.exception
    assert any("more judgments (80 % range" in text.value for text in at.markdown)
    assert data_folder.exists()


def test_without_a_goal_the_page_says_where_to_set_one(data_folder: Path) -> None:
    workbench = open_workbench()
    user = person_with(workbench, Role.RESEARCHER)
    running_study(workbench.db)
    at = open_page(PAGE, user)
    assert any("This study has no goal" in info.value for info in at.info)
    assert data_folder.exists()
