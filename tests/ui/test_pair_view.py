"""What the browser sends is read with care: strangers can send anything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.study import Role, Study
from storage import assignment
from storage.people import Person
from tests.given import running_study
from ui import pair_view
from ui.session import Here
from workbench.opening import open_workbench

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["events", "event", "kind", "presentation", "outcome", "duration_ms"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@pytest.fixture
def here(data_folder: Path) -> Iterator[tuple[Here, Study]]:
    workbench = open_workbench()
    study = running_study(workbench.db)
    yield Here(workbench, Person("ann", "ann", Role.ANNOTATOR)), study
    assert data_folder.exists()


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


def n_judgments(here: Here) -> int:
    [(count,)] = here.db.read("SELECT count(*) FROM judgments")
    return int(count)


def test_an_answer_is_taken_and_named(here: tuple[Here, Study]) -> None:
    me, study = here
    [shown] = assignment.fill(me.db, study, "ann", wanted=1, now=datetime.now(UTC), seed=0)
    for _ in range(2):  # sent again after a lost connection
        assert pair_view.take(me, study, {"events": [event(shown.id)]}) == {"e1": ""}
    assert n_judgments(me) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "everything"},
        {"outcome": None},
        {"duration_ms": "soon"},
        {"duration_ms": float("inf")},
        {"skip_reason": "because"},
        {"skip_reason": "other"},
        {"outcome": "skipped"},
        {"presentation": "x" * 1000},
        {"presentation": None},
        {"kind": "undo"},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_a_wrong_answer_gets_a_sentence_and_is_not_stored(
    here: tuple[Here, Study], changes: dict[str, Any]
) -> None:
    me, study = here
    [shown] = assignment.fill(me.db, study, "ann", wanted=1, now=datetime.now(UTC), seed=0)
    results = pair_view.take(me, study, {"events": [event(shown.id, **changes)]})
    assert list(results) == ["e1"]
    assert results["e1"].endswith(".")
    assert len(results["e1"]) < 300
    assert n_judgments(me) == 0


@given(pending=JSON)
def test_anything_at_all_may_be_sent(here: tuple[Here, Study], pending: Any) -> None:
    me, study = here
    pair_view.take(me, study, pending)
    assert n_judgments(me) == 0


def test_a_wrong_event_does_not_keep_the_next_one_from_being_taken(
    here: tuple[Here, Study],
) -> None:
    me, study = here
    [shown] = assignment.fill(me.db, study, "ann", wanted=1, now=datetime.now(UTC), seed=0)
    wrong, right = event("nobody's"), event(shown.id, event="e2")
    results = pair_view.take(me, study, {"events": [wrong, right]})
    assert results["e1"]
    assert results["e2"] == ""
    assert n_judgments(me) == 1
