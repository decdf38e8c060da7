"""The page Studies, run by Streamlit's own test runner on a real store."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.answer_form import AnswerForm, Form, ListSaid
from core.judgment import ItemOutcome, Outcome
from core.study import Asking, Fitting, Policy, Role, State, Study, StudySettings
from storage import gold, judgments, people, studies, targets
from storage.gold import Gold
from storage.judgments import Answer
from storage.people import Person
from tests.given import NOON, next_pair, running_study
from workbench.opening import Workbench, open_workbench
from workbench.settings import Settings

PAGE = Path(__file__).parents[2] / "pages" / "studies.py"
PASSWORD = "plum tree under snow"
SETTINGS = StudySettings("Clarity", "Which answer is clearer?", guidelines="Read *both*.")


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    return open_workbench(Settings(data_folder.resolve(), local=False))


def add(workbench: Workbench, name: str, role: Role) -> Person:
    return people.add(workbench.db, name, role, by=None, password=PASSWORD)


def page_of(workbench: Workbench, person: Person) -> AppTest:
    """The page as a browser session of this person."""
    sign_in_id = people.sign_in(workbench.db, person.id, now=datetime.now(UTC))
    at = AppTest.from_file(str(PAGE), default_timeout=30)
    at.user = {"person": person.id, "sign_in": sign_in_id}
    return at.run()


def press(at: AppTest, label: str) -> AppTest:
    (button,) = [button for button in at.button if button.label == label]
    button.click().run()
    assert not at.exception
    return at


def fill(workbench: Workbench, study: Study) -> None:
    workbench.db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO prompts (study_id, prompt_id, text)"
            " VALUES ($s, 'p', 'Why is the *sky* blue?')",
            {"s": study.id},
        ).execute(
            "INSERT INTO items (study_id, item_id, prompt_id, text)"
            " VALUES ($s, 'a', 'p', 'Because **light**.'), ($s, 'b', 'p', 'x<y')",
            {"s": study.id},
        )
    )


def toasts(at: AppTest) -> str:
    return " ".join(toast.value for toast in at.toast)


def shown(at: AppTest) -> str:
    """All text on the page."""
    parts = [*at.title, *at.header, *at.subheader, *at.markdown, *at.caption, *at.info, *at.warning]
    html = [element.proto.body for element in at.get("html")]
    return "\n".join([*(str(part.value) for part in parts), *html])


def test_only_researchers_and_admins_see_the_page(workbench: Workbench) -> None:
    studies.create(workbench.db, SETTINGS, by=None)
    for role, allowed in {
        Role.ANNOTATOR: False,
        Role.RESEARCHER: True,
        Role.ADMIN: True,
    }.items():
        at = page_of(workbench, add(workbench, f"the {role}", role))
        assert ("Clarity" in shown(at)) is allowed
        assert bool(at.error) is not allowed
    at = AppTest.from_file(str(PAGE)).run()
    assert "Sign in" in shown(at)
    assert "Clarity" not in shown(at)
    at.user = {"person": "local", "sign_in": "local"}
    assert "Clarity" not in shown(at.run())


def test_a_deactivated_researcher_loses_the_open_page(workbench: Workbench) -> None:
    noor = add(workbench, "Noor", Role.RESEARCHER)
    studies.create(workbench.db, SETTINGS, by=None)
    at = page_of(workbench, noor)
    people.give_role(workbench.db, noor.id, Role.NONE, by=None)
    at.run()
    assert "Clarity" not in shown(at)
    assert not at.text_input


def test_a_name_and_a_question_make_a_draft(workbench: Workbench) -> None:
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    assert "There is no study yet" in shown(at)
    press(at, "Create")
    assert "name's length is 0" in toasts(at)
    assert studies.all_studies(workbench.db) == []
    at.text_input(key="name of the new study").input(" Clarity ")
    at.text_input(key="question of the new study").input("Which is clearer?")
    press(at, "Create")
    (study,) = studies.all_studies(workbench.db)
    assert study.settings == StudySettings("Clarity", "Which is clearer?")
    assert study.state is State.DRAFT
    assert studies.history(workbench.db, study.id)[0].saved_by == "Noor"
    assert at.text_input(key="name of the new study").value == ""


def test_saving_makes_a_new_version_and_pressing_again_does_not(workbench: Workbench) -> None:
    noor = add(workbench, "Noor", Role.RESEARCHER)
    study = studies.create(workbench.db, SETTINGS, by=None)
    at = page_of(workbench, noor)
    key = f"version 1 of {study.id}: "
    at.text_input(key=key + "question").input("Which is kinder?")
    at.number_input(key=key + "overlap").set_value(4)
    at.multiselect(key=key + "outcomes").set_value([Outcome.TIE])
    at.selectbox(key=key + "language").set_value("de")
    press(at, "Save as version 2")
    saved = studies.get(workbench.db, study.id)
    assert saved.version == 2
    assert saved.settings == StudySettings(
        "Clarity",
        "Which is kinder?",
        "Read *both*.",
        (Outcome.LEFT, Outcome.RIGHT, Outcome.TIE),
        overlap=4,
        language="de",
    )
    assert "Saved as version 2" in toasts(at)
    press(at, "Save as version 3")
    assert "Nothing has changed" in toasts(at)
    assert studies.get(workbench.db, study.id).version == 2
    assert "~~Which answer is clearer?~~ → Which is kinder?" in shown(at)


def test_settings_that_cannot_work_are_not_saved_and_say_why(workbench: Workbench) -> None:
    study = studies.create(workbench.db, SETTINGS, by=None)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    at.text_input(key=f"version 1 of {study.id}: name").input("  ")
    press(at, "Save as version 2")
    assert "name's length is 0" in toasts(at)
    assert "name's length is 0" in at.error[0].value
    assert studies.get(workbench.db, study.id).version == 1


def test_two_researchers_at_once_lose_nothing(workbench: Workbench) -> None:
    study = studies.create(workbench.db, SETTINGS, by=None)
    noor, wren = (add(workbench, name, Role.RESEARCHER) for name in ("Noor", "Wren"))
    first, second = page_of(workbench, noor), page_of(workbench, wren)
    key = f"version 1 of {study.id}: "
    first.text_input(key=key + "question").input("The question of Noor?").run()
    second.text_input(key=key + "question").input("The question of Wren?").run()
    press(second, "Save as version 2")
    press(first, "Save as version 2")  # it was on Noor's screen still
    assert "saved version 2 while you were editing version 1" in toasts(first)
    assert first.text_input(key=key + "question").value == "The question of Noor?"
    assert "Wren saved version 2 while you were editing version 1" in first.warning[0].value
    assert "~~Which answer is clearer?~~ → The question of Wren?" in shown(first)
    assert studies.get(workbench.db, study.id).settings.question == "The question of Wren?"
    press(first, "Save mine as version 3")
    assert [saved.settings.question for saved in studies.history(workbench.db, study.id)] == [
        "The question of Noor?",
        "The question of Wren?",
        "Which answer is clearer?",
    ]
    assert not first.warning
    # Wren typed nothing since, so the newest version simply appears.
    second.run()
    assert not second.warning
    newest = second.text_input(key=f"version 3 of {study.id}: question").value
    assert newest == "The question of Noor?"


def test_dropping_ones_own_text_shows_what_the_other_saved(workbench: Workbench) -> None:
    study = studies.create(workbench.db, SETTINGS, by=None)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    at.text_input(key=f"version 1 of {study.id}: name").input("Mine").run()
    other = StudySettings("Theirs", "Which?")
    studies.save_settings(workbench.db, study.id, other, by=None, version=1)
    at.run()
    press(at, "Take version 2, drop mine")
    assert at.text_input(key=f"version 2 of {study.id}: name").value == "Theirs"
    assert not at.warning


def test_starting_needs_pairs_then_the_buttons_follow_the_state(workbench: Workbench) -> None:
    study = studies.create(workbench.db, SETTINGS, by=None)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    press(at, "Start")
    assert "nothing to ask yet" in toasts(at)
    fill(workbench, study)
    for label, state in (
        ("Start", State.RUNNING),
        ("Pause", State.PAUSED),
        ("Go on", State.RUNNING),
        ("Archive", State.ARCHIVED),
        ("Bring back, paused", State.PAUSED),
    ):
        press(at.run(), label)
        assert studies.get(workbench.db, study.id).state is state
    labels = {button.label for button in at.button}
    assert {"Go on", "Archive"} <= labels
    assert not {"Start", "Pause", "Bring back, paused"} & labels


def test_the_demonstration_goes_in_one_click(workbench: Workbench) -> None:
    studies.create(workbench.db, SETTINGS, by=None, demonstration=True)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    press(at, "Remove the demonstration")
    assert studies.all_studies(workbench.db) == []
    assert "There is no study yet" in shown(at)


def test_another_study_goes_only_after_its_name_was_typed(workbench: Workbench) -> None:
    study = studies.create(workbench.db, SETTINGS, by=None)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    assert "Remove the demonstration" not in {button.label for button in at.button}
    for typed in ("", "clarity"):
        at.text_input(key=f"typed name of {study.id}").input(typed)
        press(at, "Remove for good")
        assert "Nothing was removed. The name of this study is 'Clarity'" in toasts(at)
        assert len(studies.all_studies(workbench.db)) == 1
    at.text_input(key=f"typed name of {study.id}").input("Clarity ")
    press(at, "Remove for good")
    assert studies.all_studies(workbench.db) == []


def test_a_duplicate_is_chosen_at_once(workbench: Workbench) -> None:
    study = studies.create(workbench.db, SETTINGS, by=None)
    fill(workbench, study)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    press(at, "Duplicate")
    assert at.header[0].value == r"Clarity \(copy\)"
    copy, original = studies.all_studies(workbench.db)
    assert original == study
    assert studies.n_possible_pairs(workbench.db, copy.id) == 1
    press(at, "Clarity")
    assert at.header[0].value == "Clarity"


def test_people_are_let_in_and_taken_out(workbench: Workbench) -> None:
    study = studies.create(workbench.db, SETTINGS, by=None)
    noor, wren = (add(workbench, name, Role.ANNOTATOR) for name in ("Noor", "Wren"))
    gone = add(workbench, "Ghost", Role.NONE)
    at = page_of(workbench, add(workbench, "Ursula", Role.RESEARCHER))
    choice = at.multiselect(key=f"Add for {study.id}")
    assert not any(gone.name in option for option in choice.options)
    choice.set_value([noor.id, wren.id])
    press(at, "Add")
    assert studies.members(workbench.db, study.id) == [noor, wren]
    at.multiselect(key=f"Take out for {study.id}").set_value([wren.id])
    press(at, "Take out")
    assert studies.members(workbench.db, study.id) == [noor]
    assert "**1 in this study**: Noor (annotator)" in shown(at)


@pytest.mark.parametrize(
    ("form", "told", "labels"),
    [
        (AnswerForm(Form.RANKING), "in an order, best first", {"Cannot be ranked", "Skip"}),
        (AnswerForm(Form.BEST_WORST), "the best and the worst", {"Cannot be ranked", "Skip"}),
        (AnswerForm(Form.THUMBS, chips=("Rude",)), "Reasons to tick: Rude", {"Good", "Bad"}),
        (AnswerForm(grades=4, aspects=("Kind",)), "Kind", {"Left is barely better", "Both bad"}),
    ],
)
def test_a_sample_is_of_the_form_of_the_study(
    workbench: Workbench, form: AnswerForm, told: str, labels: set[str]
) -> None:
    settings = StudySettings("Clarity", "Clearer?", form=form)
    study = studies.create(workbench.db, settings, by=None)
    fill(workbench, study)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    assert not at.exception
    assert any(told in one.value for one in at.markdown)
    assert labels <= {button.label for button in at.button if button.disabled}


def test_the_sample_pair_shows_what_annotators_will_see(workbench: Workbench) -> None:
    settings = StudySettings("Clarity", "Clearer?", outcomes=(Outcome.LEFT, Outcome.RIGHT))
    study = studies.create(workbench.db, settings, by=None)
    fill(workbench, study)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    text = shown(at)
    assert "Why is the <em>sky</em> blue?" in text
    assert "<strong>light</strong>" in text
    assert "x&lt;y" in text
    labels = [button.label for button in at.button if button.disabled]
    assert {"Left is better", "Right is better"} <= set(labels)
    assert "Tie" not in labels


def test_names_are_shown_as_written(workbench: Workbench) -> None:
    name = "![x](http://tracker.example/x.png) <b>*star*"
    studies.create(workbench.db, StudySettings(name, "Q?"), by=None)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    assert at.header[0].value.startswith(r"\!\[x\]\(http\://tracker\.example")
    assert "![x](" not in "".join(button.label for button in at.button)


def test_how_it_is_asked_and_fitted_is_a_setting_like_any_other(workbench: Workbench) -> None:
    """Inputs that play no part are not there; what is typed is saved and shown as a change."""
    study = studies.create(workbench.db, SETTINGS, by=None)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    key = f"version 1 of {study.id}: "
    assert not [box for box in at.number_input if box.key == key + "form.list_size"]
    at.selectbox(key=key + "form.kind").set_value(Form.BEST_FEW).run()
    at.number_input(key=key + "form.list_size").set_value(5)
    at.text_area(key=key + "form.chips").input(" clear \n\n short ")
    at.selectbox(key=key + "asking.policy").set_value(Policy.EXPECTED_INFORMATION)
    at.number_input(key=key + "asking.person_quota").set_value(30)
    at.toggle(key=key + "fitting.side_effect").set_value(True)
    press(at, "Save as version 2")
    saved = studies.get(workbench.db, study.id).settings
    assert saved.form == AnswerForm(Form.BEST_FEW, list_size=5, chips=("clear", "short"))
    assert (saved.asking.policy, saved.asking.person_quota) == (Policy.EXPECTED_INFORMATION, 30)
    assert saved.fitting == Fitting(side_effect=True)
    assert "**Quota of a person, 0 for none**: ~~0~~ → 30" in shown(at)


def test_more_picks_than_items_are_refused_with_a_sentence(workbench: Workbench) -> None:
    study = studies.create(workbench.db, SETTINGS, by=None)
    at = page_of(workbench, add(workbench, "Noor", Role.RESEARCHER))
    key = f"version 1 of {study.id}: "
    at.selectbox(key=key + "form.kind").set_value(Form.BEST_FEW).run()
    at.number_input(key=key + "form.picks").set_value(6).run()
    assert "6 of 4 are to be picked" in at.error[0].value
    press(at, "Save as version 2")
    assert studies.get(workbench.db, study.id).version == 1


def test_known_questions_say_how_they_were_answered(workbench: Workbench) -> None:
    """Ann orders one of three pairs the other way, Ben none: 5 of 6."""
    asking, form = Asking(repeat_share=0, training=1), AnswerForm(Form.RANKING, list_size=3)
    study = running_study(workbench.db, sizes=(3,), asking=asking, form=form)
    items = tuple(f"q0-00{number}" for number in range(3))
    order = ListSaid(tuple((item,) for item in items))
    known = Gold(items, ItemOutcome.ANSWERED, "", training=True, source="import", said=order)
    workbench.db.write(lambda c: gold.put(c, study.id, known, by=None, now=NOON))
    noor = add(workbench, "Noor", Role.RESEARCHER)
    assert "Nobody has answered one of them yet." in [
        c.value for c in page_of(workbench, noor).caption
    ]
    for person, told in (("ann", (1, 0, 2)), ("ben", (0, 1, 2))):
        shown = next_pair(workbench.db, study, person)
        assert shown is not None
        assert shown.shown is not None
        said = {"order": [[shown.shown.index(items[number])] for number in told]}
        given = Answer(shown.id, Outcome.ANSWERED, said=said)
        judgments.add(workbench.db, person, given, study, NOON)
    at = page_of(workbench, noor)
    assert any("Answered as known: **83% (" in one.value for one in at.markdown)
    table = next(d.value for d in at.dataframe if "answered as known" in d.value)
    assert table["answer"].tolist() == ["q0-000 > q0-001 > q0-002"]
    assert table["answered as known"].str.endswith("2 answers").all()


def test_cohorts_targets_and_known_answers_are_set_and_taken_back(workbench: Workbench) -> None:
    noor = add(workbench, "Noor", Role.RESEARCHER)
    ann = add(workbench, "Ann", Role.ANNOTATOR)
    study = studies.create(workbench.db, SETTINGS, by=None)
    fill(workbench, study)
    studies.set_member(workbench.db, study.id, ann.id, member=True, by=None)
    known = Gold(("a", "b"), ItemOutcome.FIRST, "It says why.", training=False, source="import")
    now = datetime.now(UTC)
    workbench.db.write(lambda cursor: gold.put(cursor, study.id, known, by=None, now=now))
    at = page_of(workbench, noor)
    at.multiselect(key=f"people of a cohort of {study.id}").set_value([ann.id])
    at.text_input(key=f"cohort of {study.id}").input("nurses")
    press(at, "Put into the cohort")
    assert studies.cohorts(workbench.db, study.id) == {ann.id: "nurses"}
    at.multiselect(key=f"targets of {study.id}").set_value(["b"])
    press(at, "Save the items")
    assert targets.of_study(workbench.db, study.id) == ["b"]
    at.multiselect(key=f"targets of {study.id}").set_value([])
    press(at, "Save the items")
    assert targets.of_study(workbench.db, study.id) == []
    assert gold.of_study(workbench.db, study.id) == (known,)
    at.selectbox(key=f"gold to take back of {study.id}").set_value(0)
    press(at, "Take it back")
    assert gold.of_study(workbench.db, study.id) == ()
