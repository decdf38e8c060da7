"""The same questions with Streamlit's own buttons and fields, for assistive software.

Everything goes through `events.take`, as from the fast view: one event for one answer.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.answer_form import LIST_FORMS, Compared, Form
from core.judgment import Outcome, Presentation, SkipReason
from core.study import Study, StudySettings
from storage.flags import MAX_NOTE
from ui import messages, session
from ui.judging import plain_fields, report
from ui.judging.entries import entry_of, settings_of
from ui.judging.events import take
from ui.judging.plain_fields import Part, Reader
from ui.judging.words import outcome_name, reason_name
from ui.messages import say

_RESULTS, _FEEDBACK = "plain", "plain feedback"


@dataclass(frozen=True, slots=True)
class _Question:
    """What is answered, by whom, and under which settings."""

    here: session.Here
    study: Study
    shown: Presentation
    settings: StudySettings


def show(
    here: session.Here,
    study: Study,
    waiting: list[Presentation],
    undoable: list[str],
    nothing: Callable[[], str],
) -> None:
    """Show the first of what is waiting; `nothing` says why nothing is."""
    feedback = session.kept(_FEEDBACK, None)
    if feedback is not None:
        _show_feedback(feedback)
    elif waiting:
        shown = waiting[0]
        settings = settings_of(here.db, shown.study_id, shown.settings_version)
        _show_question(_Question(here, study, shown, settings))
    else:
        st.info(nothing())
    if st.toggle(say("My report"), key="plain report", value=not waiting):
        for line in report.lines(here.db, study.id, here.person.id):
            st.text(f"{line['label']}: {line['value']}")
    _show_undo(here, study, undoable)
    for problem in filter(None, session.event_results(_RESULTS).values()):
        st.error(problem)


def _show_undo(here: session.Here, study: Study, undoable: list[str]) -> None:
    def undo() -> None:
        _take(here, study, {"kind": "undo", "presentation": undoable[0]})

    st.button(say("Undo"), key="undo", shortcut="u", on_click=undo, disabled=not undoable)


def _show_question(question: _Question) -> None:
    entry = entry_of(question.here.db, question.shown, messages.language())
    with st.container(key="asked"):
        st.title(entry["question"], anchor=False)
    if entry["training"]:
        st.caption(say("Training: you are told afterwards whether your answer was right."))
    show_texts(entry)
    form = question.settings.form
    if form.kind in LIST_FORMS or form.aspects or form.chips or form.sentence:
        _show_fields(question)
    else:
        _show_buttons(question)
    with st.container(horizontal=True):
        if form.kind in LIST_FORMS and Outcome.INCOMPARABLE in question.settings.allowed:
            _button(question, outcome_name(Outcome.INCOMPARABLE), {"outcome": "incomparable"}, "x")
        _show_skip(question)
        _show_flag(question)


def show_texts(entry: dict[str, Any]) -> None:
    """The prompt and the items of a question, see `entries.described`."""
    opening = f'<div lang="{entry["language"]}" dir="{entry["direction"]}">'
    if entry["prompt"]:
        prompts = entry["form"]["compared"] == Compared.PROMPTS
        st.caption(say("Answer") if prompts else say("Prompt"))
        st.html(f"{opening}{entry['prompt']}</div>")
    items = entry["items"]
    columns = st.columns(min(len(items), 2), border=True)
    for number, item in enumerate(items):
        column = columns[number % len(columns)]
        if entry["form"]["kind"] not in {Form.PAIR, Form.THUMBS}:
            column.caption(plain_fields.item_name(number))
        column.html(f"{opening}{item}</div>")


def _show_buttons(question: _Question) -> None:
    with st.container(horizontal=True):
        for label, part, shortcut in plain_fields.choices_of(question.settings):
            _button(question, label, part, shortcut)


def _button(question: _Question, label: str, part: Part, shortcut: str | None = None) -> None:
    def send() -> None:
        _answer(question, part)

    key = f"{label} {question.shown.id}"
    st.button(label, key=key, shortcut=shortcut, on_click=send)


def _show_fields(question: _Question) -> None:
    key, form = question.shown.id, question.settings.form
    with st.form(f"answer {key}", border=False):
        readers: list[Reader] = []
        if form.aspects_first:
            readers.append(plain_fields.aspect_fields(form, key))
        chosen = plain_fields.answer_field(question.settings, len(question.shown.items), key)
        if not form.aspects_first:
            readers.append(plain_fields.aspect_fields(form, key))
        readers.append(plain_fields.reason_fields(form, key))

        def send() -> None:
            part = chosen()
            if not part:
                session.remember_results(_RESULTS, {"": say("Choose an answer first.")})
                return
            for read in readers:
                part = part | read()
            _answer(question, part)

        st.form_submit_button(say("Submit"), key=f"submit {key}", on_click=send)


def _show_skip(question: _Question) -> None:
    if Outcome.SKIPPED not in question.settings.allowed:
        return
    with st.popover(f"{outcome_name(Outcome.SKIPPED)} …"):
        for reason in SkipReason:
            part = {"outcome": Outcome.SKIPPED.value, "skip_reason": reason.value}
            _button(question, reason_name(reason), part)


def _show_flag(question: _Question) -> None:
    key = f"note {question.shown.id}"
    with st.popover(say("Report a problem")):
        st.text_area(say("What is wrong here? An admin will read it."), key=key, max_chars=MAX_NOTE)

        def send() -> None:
            event = {"kind": "flag", "presentation": question.shown.id, "note": session.typed(key)}
            _take(question.here, question.study, event)

        st.button(say("Send"), key=f"send {key}", on_click=send)


def _show_feedback(feedback: dict[str, Any]) -> None:
    verdict = say("Right.")
    if not feedback["right"]:
        verdict = say("Not what was expected: {expected}.", expected=feedback["expected"])
    st.info(verdict)
    if feedback["html"]:
        st.html(feedback["html"])
    st.button(say("Continue"), key="continue", on_click=lambda: session.keep(_FEEDBACK, None))


def _answer(question: _Question, part: Part) -> None:
    event = {"kind": "answer", "presentation": question.shown.id, **part}
    _take(question.here, question.study, event)


def _take(here: session.Here, study: Study, event: dict[str, Any]) -> None:
    taken = take(here, study, {"events": [{"event": secrets.token_hex(16), **event}]})
    session.remember_results(_RESULTS, taken.results)
    session.keep(_FEEDBACK, next(iter(taken.feedback.values()), None))
