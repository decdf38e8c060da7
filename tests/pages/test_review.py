"""The page Review: blind opinions, conclusions, gold, notes."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.judgment import Outcome
from core.study import Role
from storage import answers, flags, gold, resolutions
from storage.flags import Note
from tests.given import NOON, answer, next_pair, running_study
from tests.pages.test_pages import open_page, person_with
from workbench.opening import open_workbench

PAGE = Path(__file__).resolve().parents[2] / "pages/review.py"
ITEMS = ("q0-000", "q0-001")


def opened(overlap: int, firsts: int) -> tuple[AppTest, str]:
    """One pair, of which so many people said that the first item is better."""
    workbench = open_workbench()
    user = person_with(workbench, Role.ADMIN)
    study = running_study(workbench.db, sizes=(2,), overlap=overlap)
    for number in range(overlap):
        shown = next_pair(workbench.db, study, f"zoe-{number}")
        assert shown is not None
        if number == 0:
            note = Note("n1", shown.id, "The left one is *cut off*.")
            flags.add(workbench.db, shown.annotator_id, note, NOON)
        first_is_left = shown.left == shown.items[0]
        said = Outcome.LEFT if first_is_left == (number < firsts) else Outcome.RIGHT
        answer(workbench.db, study, shown, said)
    return open_page(PAGE, user), study.id


def press(at: AppTest, label: str) -> None:
    [button] = [button for button in at.button if button.label == label]
    button.click().run()
    assert not at.exception


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.table, at.dataframe, at.info, at.success, at.text)
    return " ".join(str(element.value) for kind in kinds for element in kind)


def test_others_answers_are_shown_only_after_ones_own(data_folder: Path) -> None:
    at, study = opened(4, 2)
    assert not at.exception
    assert "zoe-1" not in texts(at)
    press(at, "Give a second opinion")
    assert "zoe-1" not in texts(at)
    press(at, "Right is better")
    assert "zoe-1" in texts(at)
    workbench = open_workbench()
    [opinion] = resolutions.opinions(workbench.db, study, ITEMS)
    assert opinion.by == "the admin"
    assert len(answers.of_study(workbench.db, study)) == 4
    press(at, "Save the conclusion")
    assert resolutions.of_study(workbench.db, study) == ()  # nothing was chosen
    for label, word in (("Verdict", "People differ"), ("What kind", "People want")):
        [radio] = [radio for radio in at.radio if radio.label.startswith(label)]
        radio.set_value(next(o for o in radio.options if o.startswith(word)))
    at.run()
    press(at, "Save the conclusion")
    assert resolutions.of_study(workbench.db, study) == ()  # it needs a reason
    [reason] = [area for area in at.text_area if area.label == "Reason"]
    reason.set_value("The first one answers the question.").run()
    press(at, "Save the conclusion")
    [conclusion] = resolutions.of_study(workbench.db, study)
    assert conclusion.by == "the admin"
    assert "0 pairs could be looked at again" in texts(at)
    assert "1 resolved pair" in texts(at)
    assert data_folder.exists()


def test_a_unanimous_pair_can_become_gold_and_does_not_by_itself(data_folder: Path) -> None:
    at, study = opened(4, 4)
    [sure] = [frame.value for frame in at.dataframe if "better" in frame.value]
    # Four of four: 1 - 0.05^(1/4) = 0.527.
    assert sure["doubt"].tolist() == ["53%"]
    assert sure["better"][0].startswith("q0-000")
    assert gold.of_study(open_workbench().db, study) == ()
    assert data_folder.exists()


def test_a_divided_pair_cannot_become_gold(data_folder: Path) -> None:
    at, _ = opened(3, 2)
    assert any("There is no such pair" in info.value for info in at.info)
    assert data_folder.exists()


def test_a_note_is_settled_with_what_became_of_it(data_folder: Path) -> None:
    at, study = opened(2, 2)
    assert "1 note is waiting" in texts(at)
    press(at, "Settle the note")
    db = open_workbench().db
    assert flags.of_study(db, study)[0].resolution is None
    [became] = [area for area in at.text_area if area.label == "What became of it"]
    became.set_value("The text was whole; the window was small.").run()
    press(at, "Settle the note")
    assert flags.of_study(db, study)[0].resolution == "The text was whole; the window was small."
    assert "No note of an annotator is waiting" in texts(at)
    assert data_folder.exists()
