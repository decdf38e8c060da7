"""What the browser sends: answers, answers taken back, drafts, notes, preferences.

Strangers can send anything. Whatever cannot be read gets a sentence and changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.errors import DiscernError
from core.judgment import Outcome, SkipReason
from core.study import Study
from storage import drafts, flags, judgments, preferences
from storage.flags import Note
from storage.judgments import Answer, AnswerRefusedError
from ui import session
from ui.judging import feedback, keys
from ui.messages import say

MAX_EVENTS = 1000
Event = Mapping[str, Any]


@dataclass(slots=True)
class Taken:
    """What became of events.

    Attributes
    ----------
    results : dict from str to str
        A sentence for each event, empty if it is on disk.
    feedback : dict
        What to show after an answer in training, by its event.
    report : bool
        Whether somebody wants to see their own report.
    preferences : bool
        Whether somebody has changed how they want the page.
    """

    results: dict[str, str] = field(default_factory=dict)
    feedback: dict[str, dict[str, Any]] = field(default_factory=dict)
    report: bool = False
    preferences: bool = False


def take(here: session.Here, study: Study, pending: Any) -> Taken:
    """Store what the browser sent, in its order."""
    taken = Taken()
    for event in _events(pending)[:MAX_EVENTS]:
        name = str(event.get("event"))
        try:
            _take_one(here, study, event, taken)
            taken.results[name] = ""
        except DiscernError as error:
            taken.results[name] = str(error)
    return taken


def _events(pending: Any) -> list[Event]:
    events = pending.get("events") if isinstance(pending, dict) else None
    listed = events if isinstance(events, list) else []
    return [event for event in listed if isinstance(event, dict)]


def _take_one(here: session.Here, study: Study, event: Event, taken: Taken) -> None:
    try:
        act = _ACTIONS[event["kind"]]
        act(here, study, event, taken)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise AnswerRefusedError(
            say(
                "This could not be read ({what}). Reload the page and answer again.",
                what=str(error)[:100],
            )
        ) from error


def _answer(here: session.Here, study: Study, event: Event, taken: Taken) -> None:
    answer = _read_answer(event)
    judgments.add(here.db, here.person.id, answer, study, datetime.now(UTC))
    said = feedback.after(here.db, study, answer)
    if said is not None:
        taken.feedback[str(event["event"])] = said


def _read_answer(event: Event) -> Answer:
    reason, duration = event.get("skip_reason"), event.get("duration_ms")
    margin = event.get("margin")
    return Answer(
        str(event["presentation"]),
        Outcome(event["outcome"]),
        duration_ms=None if duration is None else max(0, int(duration)),
        skip_reason=SkipReason(reason) if reason else None,
        margin=None if margin is None else int(margin),
        aspects={
            str(name): Outcome(said) for name, said in dict(event.get("aspects") or {}).items()
        },
        chips=tuple(str(chip) for chip in event.get("chips") or ()),
        reason=str(event.get("reason") or ""),
        said=event.get("said"),
    )


def _undo(here: session.Here, study: Study, event: Event, _: Taken) -> None:
    presentation, now = str(event["presentation"]), datetime.now(UTC)
    judgments.take_back(here.db, here.person.id, presentation, study, now)


def _draft(here: session.Here, _study: Study, event: Event, _: Taken) -> None:
    subject, now = draft_subject(str(event["presentation"])), datetime.now(UTC)
    drafts.save(here.db, here.person.id, subject, dict(event["content"]), now)


def _flag(here: session.Here, _study: Study, event: Event, _: Taken) -> None:
    note = Note(str(event["event"]), str(event["presentation"]), str(event["note"]))
    flags.add(here.db, here.person.id, note, datetime.now(UTC))


def _preferences(here: session.Here, _study: Study, event: Event, taken: Taken) -> None:
    changes = keys.checked(dict(event["content"]))
    preferences.change(here.db, here.person.id, changes, datetime.now(UTC))
    taken.preferences = True


def _report(_here: session.Here, _study: Study, _event: Event, taken: Taken) -> None:
    taken.report = True


_ACTIONS: dict[str, Callable[[session.Here, Study, Event, Taken], None]] = {
    "answer": _answer,
    "undo": _undo,
    "draft": _draft,
    "flag": _flag,
    "preferences": _preferences,
    "report": _report,
}


def draft_subject(presentation_id: str) -> str:
    """The name under which the draft of an answer is kept."""
    return f"presentation {presentation_id}"
