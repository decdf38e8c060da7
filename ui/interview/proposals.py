"""What an assistant proposes, marked as its own: to be taken, changed, or left."""

from collections.abc import Callable

import streamlit as st

from core.errors import DiscernError
from core.interview.steps import Step
from core.interview.turns import Turn
from ui import session
from ui.interview import card_view, writing
from ui.interview.seat import Seat, give, refuse
from ui.messages import say
from workbench import interviewing


def show(seat: Seat, step: Step, turn_of: Callable[[str, int], Turn]) -> None:
    """Draw the proposed wordings, unless the person has put them away."""
    away = f"put away {seat.field}"
    if step.proposal is None or not step.proposal.drafts or session.kept(away, first=False):
        return
    with st.container(border=True, key="proposals"):
        card_view.note(
            say(
                "Proposed by the assistant, from what you said. It may be wrong: your own words "
                "count."
            )
        )
        for number, text in enumerate(step.proposal.drafts):
            card_view.show_words(text)
            with st.container(horizontal=True):
                st.button(
                    say("Take it as it is"),
                    key=f"take {number} {seat.field}",
                    on_click=_take,
                    args=(seat, turn_of, text, number),
                )
                st.button(
                    say("Change it"),
                    key=f"change {number} {seat.field}",
                    on_click=writing.begin_from,
                    args=(seat, number, text),
                )
        st.button(
            say("None of these"), key=f"none {seat.field}", on_click=session.keep, args=(away, True)
        )


def give_written(seat: Seat, turn: Callable[[], Turn], text: str) -> None:
    """Give what was written; what cannot be a turn is refused with its sentence."""
    try:
        made = turn()
    except DiscernError as error:
        refuse(str(error))
        return
    give(seat, made, text=text)


@st.fragment(run_every=1.0)
def wait(interview_id: str) -> None:
    """Say that a proposal may come, and draw the page anew when it has."""
    if not interviewing.is_asking(interview_id):
        st.rerun()
    card_view.note(say("The assistant is thinking. You need not wait for it."))


def _take(seat: Seat, turn_of: Callable[[str, int], Turn], text: str, number: int) -> None:
    give_written(seat, lambda: turn_of(text, number), text)
