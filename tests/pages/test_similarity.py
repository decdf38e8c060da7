"""The learned map on the page Coverage."""

from pathlib import Path

import numpy as np

from core.answer_form import AnswerForm, Form
from core.judgment import Outcome
from core.study import Role
from storage import assignment, judgments
from storage.judgments import Answer
from tests.given import NOON, running_study
from tests.pages.test_pages import open_page, person_with
from trainer.launch import RunStatus
from workbench import results, training
from workbench.opening import open_workbench

PAGE = Path(__file__).resolve().parents[2] / "pages/coverage.py"


def test_triplets_become_a_map_on_the_page(data_folder: Path) -> None:
    """Eight items on a circle: whoever sees three of them calls the two nearest closer."""
    workbench = open_workbench()
    user = person_with(workbench, Role.RESEARCHER)
    study = running_study(workbench.db, sizes=(8,), overlap=8, form=AnswerForm(Form.TRIPLET))
    angle = np.arange(8) * 2 * np.pi / 8 + np.linspace(0, 0.2, 8)
    place = np.column_stack([np.cos(angle), np.sin(angle)])
    for number in range(8):
        waiting = assignment.fill(
            workbench.db, study, f"a{number}", wanted=40, now=NOON, seed=number
        )
        for shown in waiting:
            where = place[[int(item[-3:]) for item in shown.shown or ()]]
            apart = [np.linalg.norm(where[i] - where[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
            closest = [(0, 1), (0, 2), (1, 2)][int(np.argmin(apart))]
            said = Answer(shown.id, Outcome.ANSWERED, said={"closest": list(closest)})
            judgments.add(workbench.db, f"a{number}", said, study, NOON)
    directory = training.start_fit(workbench, study.id)
    assert workbench.trainer.wait(directory) is RunStatus.DONE
    training.record_finished(workbench)
    assert results.latest(workbench, study.id) is None
    found = results.similarity_map(workbench, study.id)
    assert found is not None
    assert found.figures["n_answers"] >= 8
    at = open_page(PAGE, user)
    assert not at.exception
    headers = [header.value for header in at.header]
    assert "Map of what people call close" in headers
    assert data_folder.exists()
