"""Studies in a real database file: versions, states, people and pairs."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer_form import AnswerForm, Form
from core.errors import NotFoundError, SettingsChangedError
from core.judgment import PAIR_OUTCOMES, Outcome, SkipReason
from core.study import Item, Prompt, Role, State, Study, StudySettings
from core.value_study import Case, ValueSettings
from storage import asked_space, judgments, people, studies, value_settings
from storage.database import Cursor, Database
from storage.judgments import Answer
from storage.people import LOCAL, Person
from storage.studies import (
    Counts,
    InvalidMoveError,
    NothingToAskError,
    StudyExistsError,
)
from tests.given import NOON, next_pair, running_study

SETTINGS = StudySettings(
    "Clarity",
    "Which answer is clearer?",
    guidelines="# Read both\n\nA *clear* answer …",
    outcomes=(Outcome.LEFT, Outcome.RIGHT, Outcome.SKIPPED),
    overlap=3,
    random_share=0.25,
    lease_minutes=15,
    language="de",
    fit_every=50,
)


def fill(db: Database, study_id: str, n_items: tuple[int, ...] = (3,)) -> None:
    """Give the study prompts p0, p1, … with so many items each."""

    def change(cursor: Cursor) -> None:
        for prompt, n in enumerate(n_items):
            cursor.execute(
                "INSERT INTO prompts (study_id, prompt_id, text) VALUES (?, ?, ?)",
                [study_id, f"p{prompt}", f"Prompt {prompt}"],
            )
            for item in range(n):
                cursor.execute(
                    "INSERT INTO items (study_id, item_id, prompt_id, text) VALUES (?, ?, ?, ?)",
                    [study_id, f"i{prompt}.{item}", f"p{prompt}", f"Item {prompt}.{item}"],
                )

    db.write(change)


def add_pair(db: Database, study_id: str, first: str, second: str) -> None:
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO pairs VALUES (?, ?, ?)", [study_id, first, second]
        )
    )


def running(db: Database, settings: StudySettings = SETTINGS) -> Study:
    study = studies.create(db, settings, by=None)
    fill(db, study.id)
    studies.set_state(db, study.id, State.RUNNING, by=None)
    return studies.get(db, study.id)


def person(db: Database, name: str, role: Role) -> Person:
    return people.add(db, name, role, by=None, password=None)


def test_a_new_study_is_a_draft_with_all_its_settings(db: Database) -> None:
    study = studies.create(db, SETTINGS, by=None)
    assert (study.version, study.state, study.demonstration) == (1, State.DRAFT, False)
    assert study.settings == SETTINGS
    assert studies.get(db, study.id) == study
    assert studies.create(db, SETTINGS, by=None).id != study.id


@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    outcomes=st.permutations(list(PAIR_OUTCOMES)),
    share=st.floats(0, 1),
)
def test_settings_come_back_as_they_were_saved(
    db: Database, name: str, outcomes: list[Outcome], share: float
) -> None:
    settings = replace(
        SETTINGS,
        name=f"N{name}",
        guidelines=name,
        outcomes=tuple(outcomes),
        random_share=share,
    )
    assert studies.create(db, settings, by=None).settings == settings


def test_studies_are_listed_newest_first_and_removed_ones_are_gone(db: Database) -> None:
    first, second, third = (studies.create(db, SETTINGS, by=None) for _ in range(3))
    studies.set_state(db, second.id, State.REMOVED, by=None)
    assert studies.all_studies(db) == [third, first]
    with pytest.raises(NotFoundError, match="no study"):
        studies.get(db, second.id)
    for ask in (
        lambda: studies.set_state(db, second.id, State.PAUSED, by=None),
        lambda: studies.save_settings(db, second.id, SETTINGS, by=None, version=1),
        lambda: studies.duplicate(db, second.id, by=None),
        lambda: studies.set_member(db, second.id, "somebody", True, by=None),  # noqa: FBT003
        lambda: studies.get(db, "ghost"),
    ):
        with pytest.raises(NotFoundError):
            ask()


def test_a_demonstration_has_a_given_id_and_does_not_come_back(db: Database) -> None:
    assert not studies.was_ever(db, "tour")
    study = studies.create(db, SETTINGS, by=None, demonstration=True, study_id="tour")
    assert (study.id, study.demonstration) == ("tour", True)
    studies.set_state(db, "tour", State.REMOVED, by=None)
    assert studies.was_ever(db, "tour")
    with pytest.raises(StudyExistsError, match="already is, or was, a study 'tour'"):
        studies.create(db, SETTINGS, by=None, study_id="tour")
    assert studies.all_studies(db) == []


def test_every_version_of_the_settings_is_kept_with_who_saved_it(db: Database) -> None:
    noor = person(db, "Noor", Role.RESEARCHER)
    study = studies.create(db, SETTINGS, by=None)
    second = replace(SETTINGS, question="Which answer is kinder?")
    saved = studies.save_settings(db, study.id, second, by=noor.id, version=1)
    assert (saved.version, saved.settings) == (2, second)
    assert studies.get(db, study.id) == saved
    assert studies.settings_of(db, study.id, 1) == SETTINGS
    assert studies.settings_of(db, study.id, 2) == second
    assert [(v.version, v.saved_by) for v in studies.history(db, study.id)] == [
        (2, "Noor"),
        (1, None),
    ]
    with pytest.raises(NotFoundError, match="no version '3'"):
        studies.settings_of(db, study.id, 3)


def test_saving_what_is_there_already_makes_no_version(db: Database) -> None:
    study = studies.create(db, SETTINGS, by=None)
    assert studies.save_settings(db, study.id, SETTINGS, by=None, version=1) == study


def test_the_second_of_two_researchers_is_told_and_nothing_is_overwritten(db: Database) -> None:
    study = studies.create(db, SETTINGS, by=None)
    first, second = (replace(SETTINGS, overlap=n) for n in (5, 7))
    studies.save_settings(db, study.id, first, by=None, version=1)
    with pytest.raises(SettingsChangedError, match="saved version 2 while you were editing ver"):
        studies.save_settings(db, study.id, second, by=None, version=1)
    assert studies.get(db, study.id).settings == first
    assert studies.save_settings(db, study.id, second, by=None, version=2).version == 3
    assert [v.settings for v in studies.history(db, study.id)] == [second, first, SETTINGS]


def test_of_many_who_save_one_version_at_once_exactly_one_does(db: Database) -> None:
    study = studies.create(db, SETTINGS, by=None)
    gate, told, saved = threading.Barrier(8), list[int](), list[int]()

    def save(overlap: int) -> None:
        mine = replace(SETTINGS, overlap=overlap)
        gate.wait()
        try:
            studies.save_settings(db, study.id, mine, by=None, version=1)
        except SettingsChangedError:
            told.append(overlap)
        else:
            saved.append(overlap)

    threads = [threading.Thread(target=save, args=[10 + i]) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(saved), len(told)) == (1, 7)
    assert studies.get(db, study.id).settings.overlap == saved[0]
    assert len(studies.history(db, study.id)) == 2


ALLOWED = {
    (State.DRAFT, State.RUNNING),
    (State.RUNNING, State.PAUSED),
    (State.PAUSED, State.RUNNING),
    (State.DRAFT, State.ARCHIVED),
    (State.RUNNING, State.ARCHIVED),
    (State.PAUSED, State.ARCHIVED),
    (State.ARCHIVED, State.PAUSED),
}
WAYS = {
    State.DRAFT: [],
    State.RUNNING: [State.RUNNING],
    State.PAUSED: [State.RUNNING, State.PAUSED],
    State.ARCHIVED: [State.ARCHIVED],
}


@pytest.mark.parametrize(("start", "wanted"), list(product(WAYS, WAYS)))
def test_a_study_moves_only_along_the_allowed_ways(
    db: Database, start: State, wanted: State
) -> None:
    study = studies.create(db, SETTINGS, by=None)
    fill(db, study.id)
    for step in WAYS[start]:
        studies.set_state(db, study.id, step, by=None)
    if start is wanted or (start, wanted) in ALLOWED:
        studies.set_state(db, study.id, wanted, by=None)
        assert studies.get(db, study.id).state is wanted
    else:
        with pytest.raises(InvalidMoveError, match=r"'Clarity' is .* and cannot become"):
            studies.set_state(db, study.id, wanted, by=None)
        assert studies.get(db, study.id).state is start
    studies.set_state(db, study.id, State.REMOVED, by=None)


def test_pressing_start_twice_is_no_error_and_one_row(db: Database) -> None:
    study = running(db)
    studies.set_state(db, study.id, State.RUNNING, by=None)
    assert db.read("SELECT state FROM study_states ORDER BY revision") == [("draft",), ("running",)]


def test_a_study_without_a_pair_cannot_start(db: Database) -> None:
    study = studies.create(db, SETTINGS, by=None)
    for n_items in ((), (1, 1)):
        fill(db, study.id, n_items)
        with pytest.raises(NothingToAskError, match="nothing to ask yet"):
            studies.set_state(db, study.id, State.RUNNING, by=None)
    assert studies.get(db, study.id).state is State.DRAFT


@pytest.mark.parametrize(
    ("form", "n_items", "n_questions", "sample"),
    [
        (AnswerForm(Form.THUMBS), (1, 1), 2, ["i0.0"]),
        (AnswerForm(Form.TRIPLET), (2, 3), 1, ["i1.0", "i1.1", "i1.2"]),
        (AnswerForm(Form.BEST_FEW, picks=2), (2, 5), 2, ["i1.0", "i1.1", "i1.2", "i1.3"]),
        (AnswerForm(Form.RANKING, list_size=3), (2, 1), 1, ["i0.0", "i0.1"]),
    ],
)
def test_what_a_study_can_ask_depends_on_its_form(
    db: Database, form: AnswerForm, n_items: tuple[int, ...], n_questions: int, sample: list[str]
) -> None:
    """One item is enough for thumbs. Of 5 items in sets of 4: 2 rounds, 10 places, 2 sets.

    Ready pairs are none of these questions.
    """
    study = studies.create(db, replace(SETTINGS, form=form), by=None)
    fill(db, study.id, n_items)
    add_pair(db, study.id, "i0.0", "i1.0")
    with db.cursor() as cursor:
        assert asked_space.n_questions(cursor, study) == n_questions
        assert len(asked_space.space(cursor, study)) == n_questions
    shown = asked_space.sample(db, study)
    assert shown is not None
    assert [item.id for item in shown[1]] == sample
    studies.set_state(db, study.id, State.RUNNING, by=None)


def test_answers_of_every_form_are_counted_and_skipping_is_none(db: Database) -> None:
    study = running_study(db, sizes=(2,), form=AnswerForm(Form.THUMBS))
    for person, outcome in (("ann", Outcome.UP), ("ben", Outcome.SKIPPED)):
        shown = next_pair(db, study, person)
        assert shown is not None
        reason = SkipReason.OTHER if outcome is Outcome.SKIPPED else None
        judgments.add(db, person, Answer(shown.id, outcome, skip_reason=reason), study, NOON)
    assert studies.counts(db)[study.id].judgments == 1


@given(n_items=st.lists(st.integers(0, 6), max_size=4))
def test_without_ready_pairs_all_items_of_a_prompt_are_paired(
    db: Database, n_items: list[int]
) -> None:
    study = studies.create(db, SETTINGS, by=None)
    fill(db, study.id, tuple(n_items))
    n_pairs = sum(comb(n, 2) for n in n_items)
    assert studies.n_possible_pairs(db, study.id) == n_pairs
    assert studies.counts(db)[study.id].pairs == n_pairs
    assert (asked_space.sample(db, study) is None) == (n_pairs == 0)
    assert len(studies.items(db, study.id)) == sum(n_items)


def test_ready_pairs_are_the_only_ones(db: Database) -> None:
    study = studies.create(db, SETTINGS, by=None)
    fill(db, study.id, (4, 2))
    assert studies.n_possible_pairs(db, study.id) == 7
    assert asked_space.sample(db, study) == (
        Prompt("p0", "Prompt 0"),
        [Item("i0.0", "p0", "Item 0.0"), Item("i0.1", "p0", "Item 0.1")],
    )
    add_pair(db, study.id, "i1.0", "i1.1")
    assert studies.n_possible_pairs(db, study.id) == 1
    assert asked_space.sample(db, study) == (
        Prompt("p1", "Prompt 1"),
        [Item("i1.0", "p1", "Item 1.0"), Item("i1.1", "p1", "Item 1.1")],
    )


def test_items_of_one_study_do_not_appear_in_another(db: Database) -> None:
    one, other = (studies.create(db, SETTINGS, by=None) for _ in range(2))
    fill(db, one.id, (3,))
    fill(db, other.id, (2, 2))
    add_pair(db, other.id, "i1.0", "i1.1")
    assert studies.counts(db)[one.id] == Counts(1, 3, 3, 0, 0)
    assert studies.counts(db)[other.id] == Counts(2, 4, 1, 0, 0)
    assert studies.prompts(db, one.id) == {"p0": "Prompt 0"}


def test_a_duplicate_takes_everything_but_the_judgments(db: Database) -> None:
    study = running(db)
    noor, wren = (person(db, name, Role.ANNOTATOR) for name in ("Noor", "Wren"))
    for member in (noor, wren):
        studies.set_member(db, study.id, member.id, True, by=None)  # noqa: FBT003
    studies.set_member(db, study.id, wren.id, False, by=None)  # noqa: FBT003
    add_pair(db, study.id, "i0.0", "i0.2")
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO presentations VALUES ('x', ?, 1, ?, 'i0.0|i0.2', 'i0.0', 'i0.2',"
            " ['i0.0', 'i0.2'], 0, 0, 'judge', 'uniform', 0.5, now(), now())",
            [study.id, noor.id],
        )
    )
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO judgments (presentation_id, outcome, judged_at) VALUES ('x', 'tie', now())"
        )
    )
    copy = studies.duplicate(db, study.id, by=noor.id)
    assert copy.settings == replace(SETTINGS, name="Clarity (copy)")
    assert (copy.version, copy.state, copy.demonstration) == (1, State.DRAFT, False)
    assert studies.counts(db)[study.id] == Counts(1, 3, 1, 1, 1)
    assert studies.counts(db)[copy.id] == Counts(1, 3, 1, 0, 1)
    assert studies.items(db, copy.id) == studies.items(db, study.id)
    assert studies.prompts(db, copy.id) == studies.prompts(db, study.id)
    assert studies.members(db, copy.id) == [noor]


def test_a_long_name_leaves_room_for_the_word_copy(db: Database) -> None:
    study = studies.create(db, replace(SETTINGS, name="n" * 200), by=None)
    name = studies.duplicate(db, study.id, by=None).settings.name
    assert name == "n" * 193 + " (copy)"


def test_people_come_into_a_study_and_out_of_it(db: Database) -> None:
    study, other = running(db), running(db)
    noor, wren = (person(db, name, Role.ANNOTATOR) for name in ("Noor", "Wren"))
    for member, expected in ((True, [noor]), (True, [noor]), (False, []), (True, [noor])):
        studies.set_member(db, study.id, noor.id, member, by=wren.id)
        assert studies.members(db, study.id) == expected
        assert studies.members(db, other.id) == []
    assert db.read("SELECT count(*) FROM memberships") == [(3,)]
    with pytest.raises(NotFoundError, match="no person 'ghost'"):
        studies.set_member(db, study.id, "ghost", True, by=None)  # noqa: FBT003


def test_an_annotator_sees_the_running_and_paused_studies_that_they_are_in(db: Database) -> None:
    noor, wren = (person(db, name, Role.ANNOTATOR) for name in ("Noor", "Wren"))
    draft = studies.create(db, SETTINGS, by=None)
    left, going, paused, archived, removed = (running(db) for _ in range(5))
    for study in (draft, left, going, paused, archived, removed):
        studies.set_member(db, study.id, noor.id, True, by=None)  # noqa: FBT003
    studies.set_member(db, left.id, noor.id, False, by=None)  # noqa: FBT003
    for study, state in (
        (paused, State.PAUSED),
        (archived, State.ARCHIVED),
        (removed, State.REMOVED),
    ):
        studies.set_state(db, study.id, state, by=None)

    def seen(by: Person) -> list[str]:
        return [study.id for study in studies.for_annotator(db, by)]

    assert seen(noor) == [paused.id, going.id]
    assert seen(wren) == []
    people.ensure_local(db)
    everything = [archived.id, paused.id, going.id, left.id, draft.id]
    for by in (person(db, "Ursula", Role.RESEARCHER), people.get(db, LOCAL)):
        assert seen(by) == everything
    people.give_role(db, noor.id, Role.NONE, by=None)
    assert seen(people.get(db, noor.id)) == []


def test_a_study_of_values_alone_can_start(db: Database) -> None:
    study = studies.create(db, SETTINGS, by=None)
    case = Case("c1", "A friend moves away", "What would you do?")
    value_settings.save(
        db, study.id, ValueSettings(cases=(case,)), version=0, by=None, now=datetime.now(UTC)
    )
    studies.set_state(db, study.id, State.RUNNING, by=None)
    assert studies.get(db, study.id).state is State.RUNNING
