"""What the browser sends is read with care: strangers can send anything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer_form import AnswerForm, Form, ListSaid
from core.judgment import ItemOutcome, Purpose
from core.study import Asking, Role, Study
from storage import assignment, drafts, flags, gold, preferences
from storage.gold import Gold
from storage.people import Person
from tests.given import running_study
from ui.judging import report
from ui.judging.entries import entry_of
from ui.judging.events import draft_subject, take
from ui.judging.keys import DEFAULT_KEYS, set_by
from ui.session import Here
from workbench.opening import open_workbench

KINDS = ["answer", "undo", "draft", "flag", "preferences", "report"]
FIELDS = ["events", "event", "kind", "presentation", "outcome", "duration_ms", "content", "note"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)
EVENTS = st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS), "presentation": st.just("nobody's"), "event": st.just("e")},
    optional=dict.fromkeys(
        ("outcome", "margin", "aspects", "chips", "reason", "said", "content", "note"), JSON
    ),
)


@pytest.fixture
def here(data_folder: Path) -> Iterator[tuple[Here, Study]]:
    workbench = open_workbench()
    study = running_study(workbench.db, form=AnswerForm(grades=4, chips=("Rude",), sentence=True))
    yield Here(workbench, Person("ann", "ann", Role.ANNOTATOR)), study
    assert data_folder.exists()


def shown_to(me: Here, study: Study) -> Any:
    return assignment.fill(me.db, study, "ann", wanted=1, now=datetime.now(UTC), seed=0)[0]


def event(shown_id: str, **changes: Any) -> dict[str, Any]:
    whole = {
        "event": "e1",
        "kind": "answer",
        "presentation": shown_id,
        "outcome": "left",
        "skip_reason": None,
        "duration_ms": 900,
    }
    return whole | changes


def results(me: Here, study: Study, *events: dict[str, Any]) -> dict[str, str]:
    return take(me, study, {"sent": 1, "events": list(events)}).results


def n_judgments(here: Here) -> int:
    [(count,)] = here.db.read("SELECT count(*) FROM judgments")
    return int(count)


def test_an_answer_is_taken_and_named(here: tuple[Here, Study]) -> None:
    me, study = here
    shown = shown_to(me, study)
    for _ in range(2):  # sent again after a lost connection
        assert results(me, study, event(shown.id, margin=3, chips=["Rude"])) == {"e1": ""}
    assert me.db.read("SELECT margin, chips FROM judgments") == [(3, ["Rude"])]


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "everything"},
        {"outcome": None},
        {"outcome": "answered"},
        {"outcome": "up"},
        {"duration_ms": "soon"},
        {"duration_ms": float("inf")},
        {"skip_reason": "because"},
        {"skip_reason": "other"},
        {"outcome": "skipped"},
        {"presentation": "x" * 1000},
        {"presentation": None},
        {"kind": "undo"},
        {"kind": "explode"},
        {"kind": "flag"},
        {"kind": "flag", "note": "  "},
        {"kind": "draft"},
        {"kind": "draft", "content": {"reason": "long" * 10_000}},
        {"margin": 5},
        {"margin": "much"},
        {"outcome": "tie", "margin": 1},
        {"chips": ["Something else"]},
        {"chips": 3},
        {"aspects": {"Kind": "left"}},
        {"aspects": ["left"]},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_a_wrong_event_gets_a_sentence_and_is_not_stored(
    here: tuple[Here, Study], changes: dict[str, Any]
) -> None:
    me, study = here
    told = results(me, study, event(shown_to(me, study).id, **changes))
    assert list(told) == ["e1"]
    assert told["e1"].endswith(".")
    assert len(told["e1"]) < 300
    assert n_judgments(me) == 0
    assert flags.of_study(me.db, study.id) == []


@given(pending=JSON | st.fixed_dictionaries({"events": st.lists(EVENTS | JSON, max_size=3)}))
def test_anything_at_all_may_be_sent(here: tuple[Here, Study], pending: Any) -> None:
    me, study = here
    take(me, study, pending)
    assert n_judgments(me) == 0


def test_a_wrong_event_does_not_keep_the_next_one_from_being_taken(
    here: tuple[Here, Study],
) -> None:
    me, study = here
    wrong, right = event("nobody's"), event(shown_to(me, study).id, event="e2")
    told = results(me, study, wrong, right)
    assert told["e1"]
    assert told["e2"] == ""
    assert n_judgments(me) == 1


def test_a_draft_is_kept_for_its_presentation(here: tuple[Here, Study]) -> None:
    me, study = here
    subject = draft_subject("p1")
    for reason in ("Be", "Because"):
        draft = {"event": reason, "kind": "draft", "presentation": "p1"}
        assert results(me, study, {**draft, "content": {"reason": reason}}) == {reason: ""}
    assert drafts.newest(me.db, "ann", [subject]) == {subject: {"reason": "Because"}}
    assert drafts.newest(me.db, "bob", [subject]) == {}


def test_a_note_to_the_admins_is_taken_once(here: tuple[Here, Study]) -> None:
    me, study = here
    shown = shown_to(me, study)
    note = {"event": "n1", "kind": "flag", "presentation": shown.id, "note": " Broken table "}
    for _ in range(2):
        assert results(me, study, note) == {"n1": ""}
    [flag] = flags.of_study(me.db, study.id)
    assert (flag.id, flag.note, flag.items, flag.person) == (
        "n1",
        "Broken table",
        shown.items,
        "ann",
    )


def test_a_note_about_what_others_were_shown_is_refused(here: tuple[Here, Study]) -> None:
    me, study = here
    [other] = assignment.fill(me.db, study, "bob", wanted=1, now=datetime.now(UTC), seed=0)
    note = {"event": "n1", "kind": "flag", "presentation": other.id, "note": "Broken"}
    assert "was not shown to you" in results(me, study, note)["n1"]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"tie": ["b"]}, "two things"),
        ({"tie": ["t", "t"]}, "two things"),
        ({"tie": []}, "cannot be a key"),
        ({"tie": ["Tab"]}, "cannot be a key"),
        ({"tie": ["x" * 40]}, "cannot be a key"),
        ({"tie": [3]}, "cannot be a key"),
        ({"explode": ["q"]}, "no keys of this page"),
        ("q", "no keys of this page"),
    ],
)
def test_keys_that_cannot_work_are_refused(here: tuple[Here, Study], keys: Any, why: str) -> None:
    me, study = here
    wanted = {"event": "k", "kind": "preferences", "content": {"keys": keys}}
    assert why in results(me, study, wanted)["k"]
    assert preferences.of_person(me.db, "ann") == {}


def test_keys_are_kept_and_go_back_to_the_usual_ones(here: tuple[Here, Study]) -> None:
    me, study = here

    def prefer(**content: Any) -> None:
        assert (
            results(me, study, {"event": "k", "kind": "preferences", "content": content})["k"] == ""
        )

    prefer(keys={"tie": ["z"], "skip": ["t"]}, scrolling="together")
    prefer(single_keys=False)
    stored = preferences.of_person(me.db, "ann")
    assert stored == {
        "keys": {"tie": ["z"], "skip": ["t"]},
        "scrolling": "together",
        "single_keys": False,
    }
    assert set_by(stored) == {**DEFAULT_KEYS, "tie": ("z",), "skip": ("t",)}
    prefer(keys={})
    assert set_by(preferences.of_person(me.db, "ann")) == DEFAULT_KEYS


def test_an_entry_does_not_say_why_it_is_shown(here: tuple[Here, Study]) -> None:
    """Questions of every purpose differ in nothing but their id."""
    from dataclasses import replace

    me, study = here
    shown = shown_to(me, study)
    entries = []
    for purpose in (Purpose.JUDGE, Purpose.GOLD, Purpose.REPEAT, Purpose.OPINION):
        same = replace(shown, id=purpose.value, purpose=purpose, policy=purpose, slot=-1)
        entries.append({**entry_of(me.db, same, "en"), "id": ""})
    assert all(entry == entries[0] for entry in entries)
    assert not {"purpose", "policy", "probability", "slot"} & set(entries[0])


def test_training_tells_whether_an_answer_was_right(data_folder: Path) -> None:
    workbench = open_workbench()
    me = Here(workbench, Person("ann", "ann", Role.ANNOTATOR))
    study = running_study(me.db, asking=Asking(training=1))
    items = ("q0-000", "q0-001")
    known = Gold(items, ItemOutcome.FIRST, "The *first* is right.", True, "import")  # noqa: FBT003
    me.db.write(lambda c: gold.put(c, study.id, known, by=None, now=datetime.now(UTC)))
    shown = shown_to(me, study)
    assert shown.purpose == Purpose.TRAINING
    assert entry_of(me.db, shown, "en")["training"]
    assert shown.left is not None
    wrong, expected = ("right", "Left") if shown.left == items[0] else ("left", "Right")
    taken = take(me, study, {"events": [event(shown.id, outcome=wrong)]})
    assert taken.results == {"e1": ""}
    assert not taken.feedback["e1"]["right"]
    assert taken.feedback["e1"]["expected"] == f"{expected} is better"
    assert "<em>first</em>" in taken.feedback["e1"]["html"]
    assert data_folder.exists()


ORDERS: dict[Form, tuple[ListSaid, dict[str, Any], str]] = {
    Form.RANKING: (
        ListSaid((("q0-000",), ("q0-001", "q0-002"))),
        {"order": [[0], [1, 2]]},
        "1. {0} · 2. {1} = {2}",
    ),
    Form.BEST_WORST: (
        ListSaid((("q0-000",),), ("q0-001",), "q0-002"),
        {"best": 0, "worst": 2},
        "Best: {0} · Worst: {2}",
    ),
    Form.BEST_FEW: (ListSaid((("q0-000",),), ("q0-001", "q0-002")), {"picked": [0]}, "{0}"),
    Form.TRIPLET: (
        ListSaid((("q0-000", "q0-001"),), ("q0-002",)),
        {"closest": [0, 1]},
        "{0} and {1} are closer",
    ),
}


@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize("right", [True, False])
def test_training_says_the_known_order_as_it_stands_on_the_screen(
    data_folder: Path, kind: Form, *, right: bool
) -> None:
    me = Here(open_workbench(), Person("ann", "ann", Role.ANNOTATOR))
    form = AnswerForm(kind, list_size=3, picks=1)
    study = running_study(me.db, sizes=(4,), asking=Asking(training=1), form=form)
    known, said, expected = ORDERS[kind]
    items = tuple(f"q0-00{number}" for number in range(3))
    one = Gold(items, ItemOutcome.ANSWERED, "", True, "import", known)  # noqa: FBT003
    me.db.write(lambda c: gold.put(c, study.id, one, by=None, now=datetime.now(UTC)))
    shown = shown_to(me, study)
    assert shown.shown is not None
    place = [shown.shown.index(item) for item in (items if right else items[::-1])]

    def on_screen(part: Any) -> Any:
        return [on_screen(each) for each in part] if isinstance(part, list) else place[part]

    answer = {name: on_screen(part) for name, part in said.items()}
    taken = take(me, study, {"events": [event(shown.id, outcome="answered", said=answer)]})
    names = [f"Item {shown.shown.index(item) + 1}" for item in items]
    if kind is Form.TRIPLET or kind is Form.RANKING:
        several = sorted(names[:2] if kind is Form.TRIPLET else names[1:])
        names = [*several, names[2]] if kind is Form.TRIPLET else [names[0], *several]
    assert taken.feedback["e1"] == {"right": right, "expected": expected.format(*names), "html": ""}
    assert data_folder.exists()


def test_the_own_report_counts_what_one_person_did(here: tuple[Here, Study]) -> None:
    me, study = here
    for number, outcome in enumerate(["left", "tie", "skipped"]):
        reason = "other" if outcome == "skipped" else None
        answer = event(shown_to(me, study).id, outcome=outcome, skip_reason=reason)
        results(me, study, {**answer, "event": str(number), "duration_ms": 1000 + number})
    said = {line["label"]: line["value"] for line in report.lines(me.db, study.id, "ann")}
    assert said["Answers"] == "2"
    assert said["Skipped"] == "1"
    assert said["Same answer when asked again"] == "Nothing was asked twice yet."
    assert said["Median time of an answer"].startswith("1.0 s (2 answers; too few")
    assert report.lines(me.db, study.id, "bob")[0]["value"] == "0"
