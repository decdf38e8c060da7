"""The plain buttons take every form of question: what was chosen is on disk, in item space."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.answer_form import AnswerForm, Form
from core.judgment import ItemOutcome
from core.study import Asking, Role, Study
from storage import gold, studies
from storage.database import Database
from storage.gold import Gold
from tests.given import running_study
from tests.pages.test_pages import ROOT, open_page, person_with
from workbench.opening import open_workbench

ONCE = Asking(repeat_share=0)
Steps = Callable[[AppTest], None]


def opened(db: Database, study: Study) -> AppTest:
    user = person_with(open_workbench(), Role.ANNOTATOR)
    studies.set_member(db, study.id, user["person"], member=True, by=None)
    at = open_page(ROOT / "pages/compare.py", user)
    return at.sidebar.toggle[0].set_value(True).run()


def click(at: AppTest, label: str) -> None:
    [button] = [button for button in at.button if button.label == label]
    button.click().run()
    assert not at.exception


def radio(at: AppTest, label: str, value: Any) -> None:
    [field] = [field for field in at.radio if field.label == label]
    field.set_value(value)


def choose(index: int, aspects: dict[str, str], *, chips: list[str], sentence: str) -> Steps:
    def steps(at: AppTest) -> None:
        radio(at, "Overall", index)
        for name, side in aspects.items():
            radio(at, name, side)
        if chips:
            at.pills[0].set_value(chips)
        if sentence:
            at.text_input[0].set_value(sentence)
        click(at, "Submit")

    return steps


def rank(at: AppTest) -> None:
    for position, place in ((2, 1), (0, 1), (3, 2)):
        [field] = [f for f in at.selectbox if f.label == f"Place of Item {position + 1}"]
        field.set_value(place)
    click(at, "Submit")


def best_worst(at: AppTest) -> None:
    radio(at, "Best", 1)
    radio(at, "Worst", 3)
    click(at, "Submit")


def best_few(at: AppTest) -> None:
    at.pills[0].set_value([0, 3])
    click(at, "Submit")


#: The form, what is done, and what must be on disk: sides and positions as on the screen.
CASES: dict[str, tuple[AnswerForm, Steps, dict[str, Any]]] = {
    "graded": (
        AnswerForm(grades=4),
        lambda at: click(at, "Right is slightly better"),
        {"outcome": "right", "margin": 2},
    ),
    "aspects and reasons": (
        AnswerForm(grades=7, aspects=("Kind",), chips=("Rude", "Long"), sentence=True),
        choose(1, {"Kind": "right"}, chips=["Long"], sentence="Because"),
        {"outcome": "left", "margin": 2, "aspects": {"Kind": "right"}, "chips": ["Long"]}
        | {"reason": "Because"},
    ),
    "ranking": (AnswerForm(Form.RANKING), rank, {"places": [[0, 2], [3]], "rest": [1]}),
    "best and worst": (
        AnswerForm(Form.BEST_WORST),
        best_worst,
        {"places": [[1]], "rest": [0, 2], "worst": 3},
    ),
    "best few": (AnswerForm(Form.BEST_FEW), best_few, {"places": [[0, 3]], "rest": [1, 2]}),
    "thumbs": (AnswerForm(Form.THUMBS), lambda at: click(at, "Bad"), {"outcome": "down"}),
    "triplet": (
        AnswerForm(Form.TRIPLET),
        lambda at: click(at, "Item 1 and Item 3 are closer"),
        {"places": [[0, 2]], "rest": [1]},
    ),
}


def in_item_space(said: Any, shown: list[str]) -> Any:
    """What was said by side or position, said of the items."""
    if said in ("left", "right"):
        return "first" if (shown[0] == min(shown)) == (said == "left") else "second"
    if isinstance(said, dict):
        return {name: in_item_space(part, shown) for name, part in said.items()}
    if isinstance(said, list) and all(isinstance(part, int) for part in said):
        return sorted(shown[position] for position in said)
    return [in_item_space(part, shown) for part in said] if isinstance(said, list) else said


@pytest.mark.parametrize("name", CASES)
def test_a_form_is_answered_with_plain_buttons(name: str, data_folder: Path) -> None:
    form, steps, said = CASES[name]
    db = open_workbench().db
    study = running_study(db, form=form, asking=ONCE)
    at = opened(db, study)
    steps(at)
    assert at.caption[-1].value.startswith("1 judged by you")
    [(shown, outcome, margin, aspects, chips, reason, listed)] = db.read(
        "SELECT shown, outcome, margin, aspects, chips, reason, said FROM standing_answers"
    )
    stored = {"outcome": outcome, "margin": margin, "chips": chips, "reason": reason}
    stored |= {"aspects": aspects and json.loads(aspects)}
    if listed is not None:
        worst = said.get("worst")
        said = {**said, "worst": worst and [worst]} if worst else said
        stored |= json.loads(listed)
        stored |= {"worst": [stored["worst"]]} if "worst" in stored else {}
    wanted = {
        part: value if part in {"margin", "chips", "reason"} else in_item_space(value, shown)
        for part, value in said.items()
    }
    assert {part: stored[part] for part in wanted} == wanted
    assert data_folder.exists()


def test_what_is_not_whole_is_not_sent(data_folder: Path) -> None:
    db = open_workbench().db
    at = opened(db, running_study(db, form=AnswerForm(Form.BEST_FEW), asking=ONCE))
    at.pills[0].set_value([0, 1, 2])
    click(at, "Submit")
    assert [error.value for error in at.error] == ["Choose an answer first."]
    assert db.read("SELECT count(*) FROM judgments") == [(0,)]
    assert data_folder.exists()


def test_a_reason_for_skipping_a_list_and_a_note_about_it(data_folder: Path) -> None:
    db = open_workbench().db
    at = opened(db, running_study(db, form=AnswerForm(Form.RANKING), asking=ONCE))
    at.text_area[0].set_value("A table is broken").run()
    click(at, "Send")
    click(at, "Does not display")
    assert db.read("SELECT note FROM flags") == [("A table is broken",)]
    assert db.read("SELECT outcome, skip_reason FROM judgments") == [("skipped", "broken")]
    assert data_folder.exists()


def test_training_is_told_before_the_next_question(data_folder: Path) -> None:
    db = open_workbench().db
    study = running_study(db, asking=Asking(training=1))
    known = Gold(("q0-000", "q0-001"), ItemOutcome.TIE, "Both say *nothing*.", True, "import")  # noqa: FBT003
    db.write(lambda cursor: gold.put(cursor, study.id, known, by=None, now=datetime.now(UTC)))
    at = opened(db, study)
    assert any("Training" in caption.value for caption in at.caption)
    click(at, "Left is better")
    assert [info.value for info in at.info] == ["Not what was expected: Tie."]
    assert not at.title  # the question waits
    click(at, "Continue")
    assert not at.info
    assert data_folder.exists()


def test_guidelines_open_until_read_and_again_when_they_change(data_folder: Path) -> None:
    db = open_workbench().db
    study = running_study(db, guidelines="Prefer short answers.")
    at = opened(db, study)
    assert at.expander[0].label == "Guidelines, version 1: not read yet"
    click(at, "I have read the guidelines")
    assert at.expander[0].label == "Guidelines, version 1"
    settings = study.settings
    from dataclasses import replace

    newer = replace(settings, guidelines="Prefer <b>long</b> answers.")
    studies.save_settings(db, study.id, newer, by=None, version=1)
    at.run()
    assert at.expander[0].label.endswith("version 2: changed since you last read them")
    marked = "".join(element.proto.body for element in at.get("html"))
    assert "<del>short</del>" in marked
    assert "<b>" not in marked
    newer = replace(newer, question="Which is longer?")
    studies.save_settings(db, study.id, newer, by=None, version=2)
    click(at, "I have read the guidelines")
    assert at.expander[0].label == "Guidelines, version 3"
    assert data_folder.exists()
