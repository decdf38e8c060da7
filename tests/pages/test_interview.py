"""The page Interview, run by Streamlit's own test runner on a real store."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.interview.calls import receptions
from core.interview.turns import Began, Proposed, StepKey, StoryTold
from core.study import Role, Study
from core.value_study import Case, ModelChoice, ModelKind, ValueSettings, Vignette
from storage import (
    card_offers,
    goals,
    interviews,
    people,
    studies,
    surveys,
    value_settings,
    values_cards,
)
from storage.people import Person
from storage.values_cards import StoredCard
from tests.core.interviews import CARD, CASES, STORY, WHOLE
from tests.given import NOON, running_study
from tests.interviewer.model_server import model_server, says
from workbench import interviewing
from workbench.opening import Workbench, open_workbench
from workbench.settings import Settings

PAGE = Path(__file__).parents[2] / "pages" / "interview.py"
ASKED = ValueSettings(
    cases=tuple(Case(case.id, f"Title of {case.id}", case.text) for case in CASES)
)
NOTICED = "when she changed her words\nwhat she asked\n\nthat she thanked me\npauses"


class Room:
    """A study that asks about values, and people in it."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.study: Study = running_study(workbench.db, sizes=(2,))
        self.ask(ASKED)

    def ask(self, settings: ValueSettings) -> None:
        version = value_settings.newest(self.workbench.db, self.study.id).version
        value_settings.save(
            self.workbench.db, self.study.id, settings, version=version, by=None, now=NOON
        )

    def person(self, name: str) -> Person:
        person = people.add(
            self.workbench.db, name, Role.ANNOTATOR, by=None, password="plum tree under snow"
        )
        studies.set_member(self.workbench.db, self.study.id, person.id, member=True, by=None)
        return person

    def page(self, person: Person) -> AppTest:
        sign_in_id = people.sign_in(self.workbench.db, person.id, now=datetime.now(UTC))
        at = AppTest.from_file(str(PAGE), default_timeout=30)
        at.user = {"person": person.id, "sign_in": sign_in_id}
        return checked(at.run())

    def interviewed(self, person: Person, n_turns: int = len(WHOLE)) -> None:
        interview = interviews.ensure(self.workbench.db, self.study.id, person.id, NOON)
        turns = [Began(CASES), *WHOLE[1:n_turns]]
        interviews.append(self.workbench.db, interview.id, turns, n_answers=0, now=NOON)

    def others_card(self, card_id: str = "other", card: Any = CARD) -> None:
        stored = StoredCard(card_id, "ursula", "move", card, NOON)
        self.workbench.db.write(
            lambda cursor: values_cards.put(cursor, self.study.id, stored, None)
        )

    def step(self, person: Person) -> StepKey:
        interview = interviews.of_person(self.workbench.db, self.study.id, person.id)
        assert interview is not None
        return interview.state.place.step


@pytest.fixture
def room(data_folder: Path) -> Room:
    return Room(open_workbench(Settings(data_folder.resolve(), local=False)))


def checked(at: AppTest) -> AppTest:
    assert not at.exception
    return at


def press(at: AppTest, label: str) -> AppTest:
    found = [button for button in at.button if button.label == label]
    assert found, (label, [button.label for button in at.button])
    return checked(found[0].click().run())


def write(at: AppTest, text: str) -> AppTest:
    fields = [*at.text_area, *at.text_input]
    assert len(fields) == 1
    return checked(fields[0].input(text).run())


def shown(at: AppTest) -> str:
    """All text on the page."""
    parts = [*at.title, *at.header, *at.subheader, *at.markdown, *at.caption, *at.info, *at.error]
    html = [element.proto.body for element in at.get("html")]
    return "\n".join([*(str(part.value).replace("\\", "") for part in parts), *html])


def test_from_a_case_to_a_card_without_any_model(room: Room) -> None:
    noor = room.person("Noor")
    at = press(room.page(noor), "Begin")
    assert "Which of these situations" in at.header[0].value
    assert "Title of move" in shown(at)
    at = press(at, "Start from this situation")
    at = press(write(at, STORY), "Go on")
    at = press(write(at, NOTICED), "Go on")
    for answer in ("Yes, I still would", "Yes, I still would", "No, I would not", "I am not sure"):
        at = press(at, answer)
    for policy in CARD.policies:
        at = press(write(at, policy), "Go on")
    at = press(at, "Go on")  # nothing to change
    at = press(write(at, CARD.description), "Go on")
    at = press(write(at, CARD.title), "Go on")
    assert values_cards.of_study(room.workbench.db, room.study.id) == []
    at = press(at, "Yes, this is what I mean")
    [stored] = values_cards.of_study(room.workbench.db, room.study.id)
    assert (stored.card, stored.case_id, stored.person_id) == (CARD, "move", noor.id)
    at = press(at, "No, that is all for now")
    assert "Does this card represent you?" in at.header[0].value
    assert "no choice of yours yet" in shown(at)


def test_nothing_is_asked_where_a_study_asks_nothing(room: Room) -> None:
    room.ask(ValueSettings())
    at = room.page(room.person("Noor"))
    assert "asks nothing about values" in at.info[0].value
    assert not at.button


def test_an_empty_answer_and_one_that_cannot_be_are_refused_with_a_sentence(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 3)
    at = press(room.page(noor), "Go on")
    assert "Write something first" in at.error[0].value
    at = press(write(at, "pauses\nPauses"), "Go on")
    assert "named twice" in at.error[0].value
    assert at.text_area[0].value == "pauses\nPauses"
    at = press(write(at, "pauses"), "Go on")
    assert not at.error


def test_what_is_written_outlives_a_reload_and_a_stop(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 2)
    write(room.page(noor), "My friend rang")
    at = room.page(noor)
    assert at.text_area[0].value == "My friend rang"
    at = press(at, "Stop, and go on another day")
    assert room.step(noor) is StepKey.PAUSED
    at = press(room.page(noor), "Go on where I stopped")
    assert at.text_area[0].value == "My friend rang"
    press(at, "Go on")
    assert room.step(noor) is StepKey.NOTICED
    assert room.page(noor).text_area[0].value == ""


def test_of_two_windows_the_second_is_told_and_keeps_its_text(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 2)
    one, two = room.page(noor), room.page(noor)
    press(write(one, STORY), "Go on")
    two = write(two, "Another <b>story</b>")
    assert "in another window" in two.error[0].value
    assert "Another &lt;b&gt;story&lt;/b&gt;" in shown(two)
    assert "What did you pay attention to?" in two.header[0].value
    interview = interviews.of_person(room.workbench.db, room.study.id, noor.id)
    assert interview is not None
    assert interview.turns[2:] == (StoryTold(STORY),)
    again = room.page(noor)
    assert "Another &lt;b&gt;story" in shown(again)
    again = press(again, "I do not need it any more")
    assert "Another" not in shown(again)


def test_back_and_edit_keep_what_follows(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 14)
    at = press(room.page(noor), "Back")
    assert at.text_input[0].value == CARD.title
    at = press(at, "Back")
    assert at.text_area[0].value == CARD.description
    at = press(write(at, "Sitting beside her until she has said all of it."), "Go on")
    at = press(at, "Go on")  # the title as it was
    assert "Does this card say what you mean?" in at.header[0].value
    assert "until she has said all of it" in shown(at)
    edit = [button for button in at.button if button.key and "edit story" in button.key]
    at = checked(edit[0].click().run())
    assert at.text_area[0].value == STORY


def test_a_value_can_be_left_for_another_one(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 3)
    at = press(room.page(noor), "Leave this value")
    at = press(at, "Yes, of something else")
    assert "Which of these situations" in at.header[0].value


def test_advice_is_given_and_stops_nobody(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 8)
    at = write(room.page(noor), "love")
    assert "Nobody could tell whether" in shown(at)
    press(at, "Go on")
    assert room.step(noor) is StepKey.PHRASE


def test_a_word_to_begin_with_comes_first_and_once(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 8)
    at = write(room.page(noor), "when she pauses")
    for noun in ("MOMENTS", "SIGNS"):
        at = checked(at.button_group[0].set_value(noun).run())
    assert at.text_area[0].value == "SIGNS when she pauses"


def test_no_card_of_others_is_shown_before_ones_own_are_done(room: Room) -> None:
    noor = room.person("Noor")
    other = type(CARD)("Somebody's own title", CARD.description, CARD.policies)
    room.others_card(card=other)
    assert "Somebody's own" not in shown(room.page(noor))
    room.interviewed(noor)
    at = room.page(noor)
    assert "Somebody" not in shown(at)
    at = press(at, "Yes, of something else")
    assert "Somebody" not in shown(at)
    assert room.workbench.db.read("SELECT count(*) FROM card_offers") == [(0,)]
    at = press(press(at, "Leave this value"), "No, that is all for now")
    assert "Somebody&#x27;s own title" in shown(at)
    at = press(at, "Nearly the same")
    [offered] = card_offers.of_person(room.workbench.db, room.study.id, noor.id)
    assert (offered.other_id, offered.answer) == ("other", "nearly")
    assert offered.similarity == pytest.approx(1.0)
    assert "Somebody" not in shown(at)


def test_a_card_is_tested_on_vignettes_and_its_failures_are_shown(room: Room) -> None:
    vignettes = (
        Vignette("talk", "move", "Wait for PAUSES before a decision", "List the pay <i>"),
        Vignette("child", "homework", "Count the tasks", "Ask QUESTIONS they start asking"),
    )
    room.ask(ValueSettings(cases=ASKED.cases, vignettes=vignettes))
    noor = room.person("Noor")
    room.interviewed(noor)
    at = press(room.page(noor), "No, that is all for now")
    for vignette, side in (("talk", "first"), ("child", "first")):
        assert "Which of the two" in at.header[0].value
        [button] = [b for b in at.button if b.key and b.key.startswith(f"{side} {vignette}")]
        at = checked(button.click().run())
    assert "1 of 2 of your choices could be told: 50 %" in shown(at)
    assert "Count the tasks" in shown(at)
    at.radio[0].set_value("partly")
    at.text_area[0].input("It says nothing of numbers.")
    at = press(at, "Save")
    answers = surveys.of_person(room.workbench.db, room.study.id, noor.id)
    [record] = [said for name, said in answers.items() if name.startswith("represents")]
    assert (record["said"], record["n"], record["hit_rate"]) == ("partly", 2, 0.5)
    assert record["failed"] == ["child"]
    assert answers["vignette talk"]["chose"] == "first"
    assert "Your cards are kept" in at.header[0].value


def test_a_card_is_changed_and_taken_back_by_its_author(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor)
    at = press(room.page(noor), "No, that is all for now")
    at = press(press(at, "Change this card"), "Change the title")
    at = press(press(write(at, "Hearing people out"), "Go on"), "Yes, this is what I mean")
    [stored] = values_cards.of_study(room.workbench.db, room.study.id)
    assert stored.card.title == "Hearing people out"
    press(at, "Take it back")
    assert values_cards.of_study(room.workbench.db, room.study.id) == []


def test_goals_are_added_put_in_order_and_weighed(room: Room) -> None:
    room.ask(ValueSettings(cases=ASKED.cases, ask_goals=True))
    noor = room.person("Noor")
    room.interviewed(noor)
    at = press(room.page(noor), "No, that is all for now")
    for text in ("Time for people", "Work that is finished"):
        at.text_input[-1].input(text)
        at = press(at, "Add")
    at = press(at, "Save the points")  # 50 and 50: nothing is worth 100
    assert "Give 100 points to the one" in at.error[0].value
    at.slider[0].set_value(100)
    at.slider[1].set_value(25)
    at = press(at, "Save the points")
    assert "80 % of what is above it, 80 % of everything" in shown(at)
    [down] = [b for b in at.button if b.label == "Down" and not b.disabled]
    at = checked(down.click().run())
    tree = goals.of_person(room.workbench.db, room.study.id, noor.id).tree
    assert [goal.text for goal in tree.walk()] == ["Work that is finished", "Time for people"]


HOSTILE = (
    "<script>alert(1)</script> **bold** [x](javascript:alert(1)) $\\frac{1}{0}$ {thing} \u202e"
)


def test_hostile_text_is_text(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 2)
    at = press(write(room.page(noor), HOSTILE), "Go on")
    at = press(write(at, HOSTILE), "Go on")
    assert "&lt;script&gt;" in shown(at)
    assert "<script>" not in shown(at)
    at = press(at, "Yes, I still would")
    at = press(at, "Yes, I still would") if room.step(noor) is StepKey.DROP_TEST else at
    assert "<script>" not in shown(at)
    everything = "\n".join(str(part.value) for part in [*at.markdown, *at.caption, *at.header])
    assert "**bold**" not in everything
    assert "[x](javascript" not in everything


def wait_for_proposal(room: Room, person: Person) -> None:
    interview = interviews.of_person(room.workbench.db, room.study.id, person.id)
    assert interview is not None
    end = time.monotonic() + 20
    while interviewing.is_asking(interview.id):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_proposals_are_marked_taken_changed_and_refused(room: Room) -> None:
    noor = room.person("Noor")
    room.interviewed(noor, 8)
    drafts = [CARD.policies[0], "WORDS that changed while she spoke at night"]
    with model_server(says({"drafts": drafts})) as server:
        model = ModelChoice(ModelKind.ENDPOINT, server.url, "small")
        room.ask(ValueSettings(cases=ASKED.cases, model=model))
        at = room.page(noor)
        assert "You need not wait" in shown(at) or "Proposed by" in shown(at)
        wait_for_proposal(room, noor)
        at = checked(at.run())
        assert "Proposed by the assistant" in shown(at)
        assert at.text_area[0].value == ""
        at = press(at, "Change it")
        assert at.text_area[0].value == drafts[0]
        at = press(write(at, "SHIFTS in what she says that she wants"), "Go on")
        wait_for_proposal(room, noor)
        at = press(checked(at.run()), "None of these")
        assert "Proposed by" not in shown(at)
        at = press(write(at, CARD.policies[1]), "Go on")
        wait_for_proposal(room, noor)
        at = press(checked(at.run()), "Take it as it is")
    interview = interviews.of_person(room.workbench.db, room.study.id, noor.id)
    assert interview is not None
    made = [r.acceptance for r in receptions(interview.turns)]
    assert made == ["changed", "refused", "accepted"]


def test_where_the_model_is_gone_a_note_says_so_and_nothing_else_changes(room: Room) -> None:
    model = ModelChoice(ModelKind.ENDPOINT, "http://127.0.0.1:9/v1", "small", seconds=2)
    room.ask(ValueSettings(cases=ASKED.cases, model=model))
    noor = room.person("Noor")
    room.interviewed(noor, 3)
    at = room.page(noor)
    wait_for_proposal(room, noor)
    at = checked(at.run())
    assert "The assistant did not answer, so here is the usual question." in shown(at)
    assert "What did you pay attention to?" in at.header[0].value
    interview = interviews.of_person(room.workbench.db, room.study.id, noor.id)
    assert interview is not None
    assert isinstance(interview.turns[-1], Proposed)
    press(write(at, "her pauses"), "Go on")
    assert room.step(noor) is StepKey.DROP_TEST


def test_a_question_of_the_model_stands_beside_the_usual_one(room: Room) -> None:
    question = "When she rang at night, what were you listening for?"
    noor = room.person("Noor")
    room.interviewed(noor, 3)
    with model_server(says({"question": question})) as server:
        model = ModelChoice(ModelKind.ENDPOINT, server.url, "small")
        room.ask(ValueSettings(cases=ASKED.cases, model=model))
        at = room.page(noor)
        wait_for_proposal(room, noor)
        at = checked(at.run())
    assert "When she rang at night, what were you listening for?" in at.header[0].value
    assert "Worded by the assistant. The usual question is: Put yourself back" in shown(at)
