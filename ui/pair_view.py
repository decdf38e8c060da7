"""The pair in front of an annotator: a view that paints at once, and plain buttons beside it."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import DiscernError
from core.judgment import Outcome, Presentation, SkipReason
from core.study import State, Study
from storage import assignment, judgments, presentations, studies
from storage.assignment import NothingLeft
from storage.database import Database
from storage.judgments import Answer, AnswerRefusedError
from ui import markdown, session

#: Pairs kept ready in the browser, and how few may be left before more are fetched.
QUEUE, LOW = 6, 3
UNDOABLE = 20
MAX_EVENTS = 1000

WORDS = {
    "saved": "All answers saved",
    "saving": "Saving … ({n} not yet saved; keep this page open)",
    "waiting": "One moment …",
    "progress": "{own} judged by you · {total} in all · {possible} wanted",
}
NOTHING = {
    NothingLeft.EMPTY: "This study has no pairs yet. A researcher adds items on the page Import.",
    NothingLeft.ALL_SEEN: "You have seen every pair of this study. Thank you!",
    NothingLeft.ALL_JUDGED: "Every pair has all the judgments it needs. Thank you!",
    NothingLeft.WITH_OTHERS: "The pairs that are left are with other people right now. "
    "If they do not answer, the pairs come back: look in again in {minutes} minutes.",
}
NOT_RUNNING = {
    State.DRAFT: "This study has not started yet.",
    State.PAUSED: "This study is paused. Your answers are safe; come back later.",
    State.ARCHIVED: "This study has ended. Thank you!",
    State.REMOVED: "This study has been removed.",
}
BUTTONS = {
    Outcome.LEFT: ("Left is better", "1"),
    Outcome.RIGHT: ("Right is better", "2"),
    Outcome.TIE: ("Tie", "t"),
    Outcome.BOTH_BAD: ("Both bad", "b"),
    Outcome.INCOMPARABLE: ("Cannot be ranked", "x"),
}

_HERE = Path(__file__).parent
_VIEW = st.components.v2.component(
    "pair_view",
    html=(_HERE / "pair_view.html").read_text(encoding="utf-8"),
    css=(_HERE / "pair_view.css").read_text(encoding="utf-8") + markdown.stylesheet(),
    js=(_HERE / "pair_view.js").read_text(encoding="utf-8"),
)


@st.fragment
def show(here: session.Here, study: Study, *, plain: bool) -> None:
    """Show this person's next pair and take the answer; `plain` uses Streamlit's own buttons."""
    study = studies.get(here.db, study.id)
    waiting = _waiting(here, study)
    if plain:
        _show_plain(here, study, waiting)
        return
    key = f"pair-view-{study.id}"
    _VIEW(
        key=key,
        # In a list: Streamlit looks through a bare dictionary for data frames, with pandas.
        data=[_data(here, study, waiting, session.event_results(key))],
        on_pending_change=lambda: session.remember_results(
            key, take(here, study, session.component_state(key, "pending"))
        ),
    )


def take(here: session.Here, study: Study, pending: Any) -> dict[str, str]:
    """Store what the browser sent, in its order; return a sentence, or "", for each event taken."""
    results = {}
    for event in _events(pending)[:MAX_EVENTS]:
        try:
            _take_one(here, study, event)
            results[str(event.get("event"))] = ""
        except DiscernError as error:
            results[str(event.get("event"))] = str(error)
    return results


def _events(pending: Any) -> list[dict[str, Any]]:
    events = pending.get("events") if isinstance(pending, dict) else None
    return (
        [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []
    )


def _take_one(here: session.Here, study: Study, event: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    try:
        presentation_id = str(event["presentation"])
        if event["kind"] == "undo":
            judgments.take_back(here.db, here.person.id, presentation_id, study, now)
            return
        reason, duration = event["skip_reason"], event["duration_ms"]
        answer = Answer(
            presentation_id,
            Outcome(event["outcome"]),
            duration_ms=None if duration is None else max(0, int(duration)),
            skip_reason=SkipReason(reason) if reason else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise AnswerRefusedError(
            f"This answer could not be read ({str(error)[:100]}). Reload the page and answer again."
        ) from error
    judgments.add(here.db, here.person.id, answer, study, now)


def _waiting(here: session.Here, study: Study) -> list[Presentation]:
    """What is open for this person, topped up when little is left and the study runs."""
    now = datetime.now(UTC)
    waiting = presentations.open_for(here.db, study.id, here.person.id, now)
    if len(waiting) >= LOW or study.state is not State.RUNNING:
        return waiting
    seed = secrets.randbits(63)
    return assignment.fill(here.db, study, here.person.id, wanted=QUEUE, now=now, seed=seed)


def _data(
    here: session.Here, study: Study, waiting: list[Presentation], results: dict[str, str]
) -> dict[str, Any]:
    undoable = judgments.recent(here.db, study.id, here.person.id, UNDOABLE)
    progress = judgments.progress(here.db, study.id, here.person.id)
    return {
        "sid": session.nonce(),
        "person": here.person.id,
        "study": study.id,
        "language": study.settings.language,
        "outcomes": [outcome.value for outcome in study.settings.outcomes],
        "queue": [_rendered(here.db, shown) for shown in waiting],
        "results": results,
        "undoable": undoable[::-1],
        "nothing": _nothing(here, study) if not waiting else "",
        "progress": {
            "own": progress.own,
            "total": progress.total,
            "possible": studies.n_possible_pairs(here.db, study.id) * study.settings.overlap,
        },
        "words": WORDS,
    }


@lru_cache(maxsize=1024)  # what was shown never changes
def _rendered(db: Database, shown: Presentation) -> dict[str, Any]:
    prompt, left, right = presentations.texts(db, shown)
    return {
        "id": shown.id,
        "prompt": markdown.to_html(prompt) if prompt else "",
        "left": markdown.to_html(left),
        "right": markdown.to_html(right),
        "again": shown.purpose == "again",
    }


def _nothing(here: session.Here, study: Study) -> str:
    if study.state is not State.RUNNING:
        return NOT_RUNNING[study.state]
    why = assignment.nothing_left(here.db, study, here.person.id, datetime.now(UTC))
    return NOTHING[why].format(minutes=study.settings.lease_minutes)


def _show_plain(here: session.Here, study: Study, waiting: list[Presentation]) -> None:
    undoable = judgments.recent(here.db, study.id, here.person.id, 1)
    if waiting:
        _plain_pair(here, study, waiting[0])
    else:
        st.info(_nothing(here, study))
    undo = _plain_action(here, study, {"kind": "undo", "presentation": (undoable or [""])[0]})
    st.button("Undo", key="undo", shortcut="u", on_click=undo, disabled=not undoable)
    for problem in filter(None, session.event_results("plain").values()):
        st.error(problem)
    progress = judgments.progress(here.db, study.id, here.person.id)
    st.caption(f"{progress.own} judged by you, {progress.total} in all. All answers saved.")


def _plain_pair(here: session.Here, study: Study, shown: Presentation) -> None:
    pair = _rendered(here.db, shown)
    said_in = f'<div lang="{study.settings.language}">'
    st.html(f"{said_in}{pair['prompt']}</div>")
    for column, side in zip(st.columns(2, border=True), ("left", "right"), strict=True):
        column.html(f"{said_in}{pair[side]}</div>")
    row = st.container(horizontal=True)
    for outcome, (label, key) in BUTTONS.items():
        if outcome in study.settings.outcomes:
            act = _plain_action(here, study, _answer_event(shown.id, outcome))
            row.button(label, key=f"{outcome.value}-{shown.id}", shortcut=key, on_click=act)
    if Outcome.SKIPPED in study.settings.outcomes:
        with row.popover("Skip …"):
            for reason in SkipReason:
                act = _plain_action(here, study, _answer_event(shown.id, Outcome.SKIPPED, reason))
                label = reason.value.replace("_", " ").capitalize()
                st.button(label, key=f"{reason.value}-{shown.id}", on_click=act)


def _answer_event(
    presentation_id: str, outcome: Outcome, reason: SkipReason | None = None
) -> dict[str, Any]:
    return {
        "kind": "answer",
        "presentation": presentation_id,
        "outcome": outcome.value,
        "skip_reason": reason and reason.value,
        "duration_ms": None,
    }


def _plain_action(here: session.Here, study: Study, event: dict[str, Any]) -> Callable[[], None]:
    def act() -> None:
        results = take(here, study, {"events": [event | {"event": event["presentation"]}]})
        session.remember_results("plain", results)

    return act
