"""The page Value graph on a study that people voted in."""

import json
from pathlib import Path

from core.study import Role
from core.value_graph.votes import Answer
from storage import surveys, value_settings
from tests.pages.test_pages import open_page, open_table, person_with
from tests.values_study import CONTEXTS, NOON, answer_some, prefers, values_study
from tests.workbench.test_values import JUDGED, MGE
from trainer.launch import RunStatus
from workbench import value_estimates, value_files
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
    open_table(at, "value graph")
    assert not at.exception
    # A file that is made after the click may be deleted before a slow browser has it.
    assert {button.proto.deferred_file_id for button in at.get("download_button")} == {""}
    table = next(one.value for one in at.dataframe if "P(wisest)" in one.value)
    assert table["value"].iloc[0] == "Value 3"
    assert next(iter(table["votes"])) > 0
    [charts] = [one.proto.alt for one in at.get("plotly_chart") if "value graph" in one.proto.alt]
    assert charts.startswith("Chart: value graph. ")
    assert any("The surest edge: Value 3 is held wiser than" in one.value for one in at.caption)

    def n_edges() -> int:
        return len(next(one.value for one in at.dataframe if "certainty" in one.value))

    before = n_edges()
    at.slider[0].set_value(0.9).run()
    assert not at.exception
    assert n_edges() < before
    next(box for box in at.selectbox if box.label == "Context").set_value("hurry").run()
    assert not at.exception
    assert "People approve of the values" in "".join(one.value for one in at.caption)
    assert data_folder.exists()


def test_an_imported_graph_is_drawn_beside_what_its_judgements_say(data_folder: Path) -> None:
    """Five of seven said yes; without the judgements there is nothing beside it."""
    workbench = open_workbench()
    study = values_study(workbench.db, 2)
    user = person_with(workbench, Role.RESEARCHER)
    graph = json.dumps(MGE).encode()
    value_files.import_mge(workbench.db, study.id, graph, by=None, now=NOON)
    at = open_page(PAGE, user)
    assert not at.exception
    assert "Imported graphs" in [header.value for header in at.header]
    said = [one.value for one in at.caption]
    assert any("1 of 1 directed pairs stay, between 2 values" in one for one in said)
    assert any("Nobody has voted on these values here" in one.value for one in at.info)
    value_files.import_mge(
        workbench.db, study.id, graph, by=None, now=NOON, judgements=json.dumps(JUDGED).encode()
    )
    run = value_estimates.start(workbench, study.id)
    assert value_estimates.trainer_of(workbench).wait(run) is RunStatus.DONE
    at.run()
    assert not at.exception
    assert any("1 have votes here" in one.value for one in at.markdown)
    open_table(at, "imported edges beside the estimate")
    beside = next(table.value for table in at.dataframe if "P(wiser), mended" in table.value)
    assert (beside["wiser"].iloc[0], beside["votes here"].iloc[0]) == ("Autonomy", 8)
    wiser = next(box for box in at.number_input if box.label == "Least “wiser”")
    wiser.set_value(6).run()
    assert not at.exception
    assert data_folder.exists()


def test_what_people_say_of_it_has_intervals_and_nothing_of_few(data_folder: Path) -> None:
    """Three of five call their place fair; from five cards seven of ten choices could be told."""
    workbench = open_workbench()
    study = values_study(workbench.db, 5)
    user = person_with(workbench, Role.RESEARCHER)

    def say(number: int) -> None:
        told = {"said": "yes", "where": "" if number else "It leaves out my work.", "n": 2}
        answers = {
            "clearer": 5 if number < 4 else 2,
            f"fair position c{number}": number < 3,
            f"represents c{number}": told | {"hit_rate": 1.0 if number < 2 else 0.5},
        }
        surveys.answer(workbench.db, study.id, f"p{number}", answers, NOON)

    for number in range(4):
        say(number)
    at = open_page(PAGE, user)
    assert not any("call the position" in one.value for one in at.markdown)
    say(4)
    at.run()
    assert not at.exception
    said = "\n".join(one.value for one in at.markdown)
    assert "60 % (20 to 90) of 5 answers call the position of their value fair" in said
    assert "100 % (57 to 100) of 5 cards represent their authors" in said
    assert "70 % (" in said
    assert "It leaves out my work" in said
    table = next(table.value for table in at.dataframe if "statement" in table.value)
    assert table["agree (4 or 5)"].iloc[0].startswith("80 % (")
    assert data_folder.exists()


def test_on_what_it_depends_is_listed_and_becomes_a_context(data_folder: Path) -> None:
    workbench = open_workbench()
    study = values_study(workbench.db, 2)
    user = person_with(workbench, Role.RESEARCHER)
    answer_some(workbench, study, "ann", 1, lambda _: Answer.DEPENDS)
    at = open_page(PAGE, user)
    assert "When it depends" in [header.value for header in at.header]
    table = next(table.value for table in at.dataframe if "situations" in table.value)
    assert table["situations"].tolist() == ["when it is late"]
    next(box for box in at.selectbox if box.label == "Situation").set_value("when it is late").run()
    field = next(one for one in at.text_input if one.label.startswith("As a context"))
    field.set_value("it is | late").run()
    next(one for one in at.button if one.label == "Ask in this context too").click().run()
    assert not at.exception
    contexts = value_settings.of_study(workbench.db, study.id).contexts
    assert [context.text for context in contexts] == ["somebody is in a hurry", "it is late"]
    assert data_folder.exists()
