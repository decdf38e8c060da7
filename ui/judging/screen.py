"""The screen on which people judge: a view that paints at once, and plain buttons beside it."""

import secrets
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core.answer_form import LIST_FORMS
from core.judgment import Presentation, Purpose
from core.study import State, Study
from storage import assignment, drafts, judgments, preferences, studies
from ui import messages, session
from ui.judging import component, keys, plain_buttons, report, words
from ui.judging.entries import entry_of
from ui.judging.events import Taken, draft_subject, take
from ui.messages import say, say_number

#: Presentations kept ready in the browser, and how few may be left before more are fetched.
QUEUE, LOW = 6, 3
UNDOABLE = 20
_PREFERENCES = "preferences"


def show(here: session.Here, study: Study, *, plain: bool) -> None:
    """Show this person's next question and take the answer; `plain` uses Streamlit's own buttons.

    A fragment within the page: an answer draws nothing else anew.
    """
    _show(here, study, plain=plain)
    if not plain:
        component.bring_source()


@st.fragment
def _show(here: session.Here, study: Study, *, plain: bool) -> None:
    study = studies.get(here.db, study.id)
    waiting = _waiting(here, study)
    key = f"judging-{study.id}"
    if plain:
        undoable = judgments.recent(here.db, study.id, here.person.id, 1)
        plain_buttons.show(here, study, waiting[:1], undoable[:1], lambda: _nothing(here, study))
        st.caption(f"{_progress(here, study)} · {say('All answers saved')}")
        return
    component.mount(
        key,
        _data(here, study, waiting, session.kept(_taken_key(key), Taken())),
        lambda pending: _take(here, study, key, pending),
    )


def _take(here: session.Here, study: Study, key: str, pending: Any) -> None:
    taken = take(here, study, pending)
    session.keep(_taken_key(key), taken)
    if taken.preferences:
        session.keep(_PREFERENCES, preferences.of_person(here.db, here.person.id))


def _taken_key(key: str) -> str:
    return f"results of {key}"


def _waiting(here: session.Here, study: Study) -> list[Presentation]:
    """What is open for this person, topped up when little is left and the study runs.

    First what they took back, the last first, whatever it was shown for.
    """
    now = datetime.now(UTC)
    waiting = assignment.open_for(here.db, study, here.person.id, now)
    if len(waiting) < LOW and study.state is State.RUNNING:
        seed = secrets.randbits(63)
        waiting = assignment.fill(here.db, study, here.person.id, wanted=QUEUE, now=now, seed=seed)
    again = [shown for shown in waiting if shown.policy == Purpose.AGAIN]
    return [*reversed(again), *(shown for shown in waiting if shown not in again)]


def _data(
    here: session.Here, study: Study, waiting: list[Presentation], taken: Taken
) -> dict[str, Any]:
    undoable = judgments.recent(here.db, study.id, here.person.id, UNDOABLE)
    wanted = _own_preferences(here)
    minutes = study.settings.asking.break_minutes
    return {
        "sid": session.nonce(),
        "person": here.person.id,
        "study": study.id,
        "interface": {"language": messages.language(), "direction": messages.direction()},
        "queue": [entry_of(here.db, shown, messages.language()) for shown in waiting],
        "results": taken.results,
        "feedback": taken.feedback,
        "undoable": undoable[::-1],
        "drafts": _drafts(here, study, waiting),
        "nothing": _nothing(here, study) if not waiting else "",
        "progress": _progress(here, study),
        "report": _report(here, study) if taken.report or not waiting else None,
        "keys": keys.set_by(wanted),
        "single_keys": wanted.get("single_keys", True),
        "scrolling": wanted.get("scrolling", "apart"),
        "rest": {"minutes": minutes, "sentence": _rest(minutes)},
        "words": words.words(),
    }


def _report(here: session.Here, study: Study) -> list[report.Line]:
    return report.lines(here.db, study.id, here.person.id)


def _own_preferences(here: session.Here) -> dict[str, Any]:
    stored = session.kept(_PREFERENCES, None)
    if stored is None:
        stored = preferences.of_person(here.db, here.person.id)
        session.keep(_PREFERENCES, stored)
    return dict(stored)


def _drafts(here: session.Here, study: Study, waiting: list[Presentation]) -> dict[str, Any]:
    """Drafts by presentation, where the form has anything to write or to put in order."""
    form = study.settings.form
    if form.kind not in LIST_FORMS and not (form.aspects or form.chips or form.sentence):
        return {}
    subjects = {draft_subject(shown.id): shown.id for shown in waiting}
    found = drafts.newest(here.db, here.person.id, list(subjects))
    return {subjects[subject]: content for subject, content in found.items()}


def _progress(here: session.Here, study: Study) -> str:
    """Only the own answers: beside a count of all, what takes no place in it would stand out."""
    own = judgments.progress(here.db, study.id, here.person.id).own
    return say_number("{n} judged by you", "{n} judged by you", own)


def _rest(minutes: int) -> str:
    return say_number(
        "You have been judging for {n} minute. A short break does good; your answers are saved.",
        "You have been judging for {n} minutes. A short break does good; your answers are saved.",
        minutes,
    )


def _nothing(here: session.Here, study: Study) -> str:
    if study.state is not State.RUNNING:
        return words.not_running(study.state)
    why = assignment.nothing_left(here.db, study, here.person.id, datetime.now(UTC))
    return words.nothing_left(why, study.settings.lease_minutes)
