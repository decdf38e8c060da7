"""The page Value graph on a study that people voted in."""

from pathlib import Path

from core.study import Role
from tests.pages.test_pages import open_page, person_with
from tests.values_study import CONTEXTS, answer_some, prefers, values_study
from trainer.launch import RunStatus
from workbench import value_estimates
from workbench.opening import open_workbench

PAGE = Path(__file__).resolve().parents[2] / "pages/graph.py"


def test_the_graph_of_a_study_is_shown_with_how_sure_it_is(data_folder: Path) -> None:
    workbench = open_workbench()
    study = values_study(workbench.db, 5, contexts=CONTEXTS)
    user = person_with(workbench, Role.RESEARCHER)
    at = open_page(PAGE, user)
    assert not at.exception
    assert "there are 0 votes" in at.info[0].value
    assert at.button[0].disabled
    order = ["c3", "c1", "c0", "c2", "c4"]
    for number in range(8):
        answer_some(workbench, study, f"q{number}", 7, prefers(order), seed=100 * number)
    assert value_estimates.is_due(workbench, study.id)
    at = open_page(PAGE, user)
    at.button[0].click().run()
    [run] = value_estimates.estimates_of(workbench, study.id)
    trainer = value_estimates.trainer_of(workbench)
    assert trainer.wait(run.directory) is RunStatus.DONE, (run.directory / "log.txt").read_text()
    assert not value_estimates.is_due(workbench, study.id)
    at.run()
    assert not at.exception
    headers = [header.value for header in at.header]
    assert {"Graph", "Orders side by side", "Cycles", "Groups", "A slate of values"} <= set(headers)
    verdict = [one.value for one in (*at.success, *at.info)]
    assert any("Value 3" in said and "with probability" in said for said in verdict)
    table = at.dataframe[0].value
    assert table["value"].iloc[0] == "Value 3"
    assert next(iter(table["votes"])) > 0
    before = len(at.dataframe[1].value)
    at.slider[0].set_value(0.99).run()
    assert not at.exception
    assert len(at.dataframe[1].value) < before
    next(box for box in at.selectbox if box.label == "Context").set_value("hurry").run()
    assert not at.exception
    assert data_folder.exists()
