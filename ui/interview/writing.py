"""A field to write an answer in. What is written is kept on the server while it is written."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from core.interview.steps import Step
from core.interview.turns import StepKey
from core.values_card.lint import Advice, lint_moment, lint_policy, lint_title
from ui import session
from ui.interview import card_view
from ui.interview.seat import Seat, keep_writing, read_draft
from ui.interview.wording import HEAD_NOUNS
from ui.messages import say, say_deferred

_VIEW = st.components.v2.component(
    "interview_writing", js=Path(__file__).with_name("writing.js").read_text(encoding="utf-8")
)
#: The longest answers, and how high their fields are.
LONGEST = {
    StepKey.STORY: (20_000, 220),
    StepKey.NOTICED: (9_000, 160),
    StepKey.MORE: (9_000, 160),
    StepKey.PHRASE: (400, 100),
    StepKey.MOMENT: (600, 100),
    StepKey.TITLE: (100, 0),
}


def mount(place: str) -> None:
    """Keep what is written while it is written, and lead the cursor to each new question."""
    _VIEW(key="writing", data=[{"place": place}])


def show(seat: Seat, step: Step, label: str) -> None:
    """Draw the field of a step, begun from the draft or from what was answered before."""
    key, (longest, height) = seat.field, LONGEST[step.place.step]
    session.kept(key, _first(seat, step))

    def keep() -> None:
        keep_writing(seat, str(session.typed(key)), begun_from(seat))

    with st.container(key="answers"):
        if height:
            st.text_area(
                label,
                key=key,
                height=height,
                max_chars=longest,
                label_visibility="collapsed",
                on_change=keep,
            )
        else:
            st.text_input(
                label, key=key, max_chars=longest, label_visibility="collapsed", on_change=keep
            )
    if step.place.step is StepKey.PHRASE:
        _show_nouns(seat, keep)
    card_view.show_advice(advice(seat, step, str(session.typed(key))))


def begun_from(seat: Seat) -> int | None:
    """The number of the proposal that the text was begun from, if it was."""
    number = session.kept(f"begun {seat.field}", None)
    return None if number is None else int(number)


def begin_from(seat: Seat, number: int, text: str) -> None:
    """Put a proposal into the field, in a callback, to be changed there."""
    session.keep(seat.field, text)
    session.keep(f"begun {seat.field}", number)
    keep_writing(seat, text, number)


def advice(seat: Seat, step: Step, text: str) -> Sequence[Advice]:
    """What could be said better, of what was written so far."""
    if not text.strip():
        return ()
    language = seat.state.language
    case = seat.state.case.text if seat.state.case else ""
    if step.place.step is StepKey.PHRASE:
        return lint_policy(text, language=language, case=case)
    if step.place.step is StepKey.MOMENT:
        return lint_moment(text, language=language)
    if step.place.step is StepKey.TITLE:
        titles = [card.title for card in seat.state.cards]
        own = seat.state.draft.card if seat.state.draft else None
        return lint_title(text, titles=[t for t in titles if own is None or t != own.title])
    return ()


def _first(seat: Seat, step: Step) -> str:
    draft = read_draft(seat, seat.subject())
    number = draft.get("draft")
    if isinstance(number, int) and step.proposal and number < len(step.proposal.drafts):
        session.kept(f"begun {seat.field}", number)
    return str(draft.get("text") or "\n".join(step.filled))


def _show_nouns(seat: Seat, keep: Callable[[], None]) -> None:
    """Words to begin with: one click, and the text begins with it."""
    nouns = [say_deferred(noun) for noun in HEAD_NOUNS]
    key = f"noun {seat.field}"

    def put() -> None:
        chosen = session.typed(key)
        if chosen is not None:
            words = str(session.typed(seat.field)).split(" ", 1)
            rest = " ".join(words[1:] if words[0] in nouns else words)
            session.keep(seat.field, f"{chosen} {rest}".rstrip() + ("" if rest.strip() else " "))
            session.keep(key, None)
            keep()

    st.pills(say("Words to begin with"), nouns, key=key, on_change=put)
