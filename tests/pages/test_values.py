"""The page Values: voting, correcting, choosing what to consider, and where one's own stands."""

from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from core.study import Role, Study
from core.value_graph.votes import Answer
from storage import edge_votes, studies, surveys, wisdom
from storage.edge_votes import Question
from tests.pages.test_pages import open_page, person_with
from tests.values_study import NOON, answer_some, prefers, put_card, values_study
from trainer.launch import RunStatus
from workbench import value_estimates
from workbench.opening import Workbench, open_workbench

PAGE = Path(__file__).resolve().parents[2] / "pages/values.py"
VOTES, PICKS, STANDING = "Which is wiser?", "What to consider", "Where mine stands"


def member(workbench: Workbench, study: Study) -> dict[str, Any]:
    user = person_with(workbench, Role.ANNOTATOR)
    studies.set_member(workbench.db, study.id, user["person"], member=True, by=None)
    return user


def part(at: AppTest, name: str) -> AppTest:
    at.radio[0].set_value(name).run()
    assert not at.exception
    return at


def radio(at: AppTest, label: str) -> Any:
    return next(one for one in at.radio if one.label.startswith(label))


def button(at: AppTest, label: str) -> Any:
    return next(one for one in at.button if one.label == label)


def both(_: Question) -> Answer:
    return Answer.BOTH_NEEDED


def said(at: AppTest) -> str:
    return "\n".join(str(one.value) for one in [*at.markdown, *at.info, *at.caption, *at.header])


def test_a_vote_is_stored_once_as_it_was_asked(data_folder: Path) -> None:
    workbench = open_workbench()
    study = values_study(workbench.db, 4)
    user = member(workbench, study)
    at = part(open_page(PAGE, user), VOTES)
    [(question_id, context, probability)] = workbench.db.read(
        "SELECT question_id, context_id, probability FROM edge_questions"
    )
    assert (context, "somebody is in a hurry" in said(at)) == ("hurry", True)
    assert 0 < probability <= 1
    assert button(at, "Save and go on").disabled
    at.run()  # looking again asks nothing new
    assert workbench.db.read("SELECT count(*) FROM edge_questions") == [(1,)]
    answer = radio(at, "Which is wiser here?")
    assert answer.options[:2] == ["A is wiser", "B is wiser"]
    answer.set_value(Answer.DEPENDS).run()
    button(at, "Save and go on").click().run()
    assert workbench.db.read("SELECT count(*) FROM edge_votes") == [(0,)]  # which situation?
    at.text_input[0].set_value("when it is late").run()
    radio(at, "How sure are you?").set_value(4).run()
    at.text_area[0].set_value("it | *depends*").run()
    button(at, "Save and go on").click().run()
    assert not at.exception
    [row] = workbench.db.read("SELECT question_id, answer, situation, confidence, reason"
                              " FROM edge_votes")  # fmt: skip
    assert row == (question_id, "depends", "when it is late", 4, "it | *depends*")
    assert workbench.db.read("SELECT count(*) FROM edge_questions") == [(2,)]
    assert data_folder.exists()


def test_an_answer_given_wrongly_is_replaced(data_folder: Path) -> None:
    workbench = open_workbench()
    study = values_study(workbench.db, 4)
    user = member(workbench, study)
    answer_some(workbench, study, user["person"], 2, both)
    at = part(open_page(PAGE, user), VOTES)
    next(one for one in at.button if one.label == "Ask again").click().run()
    radio(at, "Which is wiser here?").set_value(Answer.SAME_VALUE).run()
    button(at, "Save and go on").click().run()
    answers = [given.answer for _, given in edge_votes.own(workbench.db, study.id, user["person"])]
    assert answers == ["same_value", "both_needed"]
    assert workbench.db.read("SELECT count(*) FROM edge_votes") == [(3,)]
    assert data_folder.exists()


def test_all_that_was_shown_for_picking_is_kept(data_folder: Path) -> None:
    workbench = open_workbench()
    study = values_study(workbench.db, 4)
    user = member(workbench, study)
    put_card(workbench.db, study, "mine", user["person"], 9)
    at = part(open_page(PAGE, user), PICKS)
    boxes = {one.label: one for one in at.checkbox}
    assert set(boxes) == {f"Consider “Value {number}”" for number in range(4)}  # not one's own
    boxes["Consider “Value 2”"].check().run()
    button(at, "Save my choice").click().run()
    assert "no case left" in said(at)
    found = {one.card: (one.n_shown, one.n_picked) for one in wisdom.considered(
        workbench.db, study.id)}  # fmt: skip
    assert found == {"c0": (1, 0), "c1": (1, 0), "c2": (1, 1), "c3": (1, 0)}
    assert edge_votes.was_exposed(workbench.db, study.id, user["person"])
    assert data_folder.exists()


def test_where_a_value_stands_is_said_after_own_votes_and_without_names(
    data_folder: Path,
) -> None:
    workbench = open_workbench()
    study = values_study(workbench.db, 3)
    user = member(workbench, study)
    put_card(workbench.db, study, "mine", user["person"], 9)
    order = ["c0", "c1", "mine", "c2"]
    for number in range(6):
        answer_some(workbench, study, f"voter {number}", 6, prefers(order), seed=10 * number)
    at = part(open_page(PAGE, user), STANDING)
    assert "First say yourself which is wiser, at least 3 times" in said(at)
    assert "because voter" not in said(at)
    answer_some(workbench, study, user["person"], 3, prefers(order))
    trainer = value_estimates.trainer_of(workbench)
    assert trainer.wait(value_estimates.start(workbench, study.id)) is RunStatus.DONE
    at.run()
    assert "Of 4 values it stands somewhere from place" in said(at)
    assert "6 of 6 others who were asked about it called another value wiser" in said(at)
    assert "voter 3" not in said(at).replace("because voter 3", "")
    radio(at, "Is its position fair").set_value(False)
    at.run()
    radio(at, "I see more clearly now").set_value(5).run()
    button(at, "Save my answers").click().run()
    assert not at.exception
    answers = surveys.of_person(workbench.db, study.id, user["person"])
    assert answers == {"fair position mine": False, "clearer": 5}
    assert surveys.of_study(workbench.db, study.id)[0].answered_at > NOON
    assert data_folder.exists()
