"""Which of others' values somebody would want considered in a case."""

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from core.study import Study
from storage import wisdom
from ui import session
from ui.messages import say
from ui.sentences import plain, said
from ui.values import card
from workbench import values


def show(here: session.Here, study: Study) -> None:
    """The cards of one case, each with a box to tick; all that is shown is stored as shown."""
    now = datetime.now(UTC)
    drawn = values.next_draw(here.db, study, here.person.id, now)
    if drawn is None:
        st.info(say("There is no case left in which to choose. Thank you."))
        return
    known = values.material(here.db, study.id)
    case = known.settings.case(drawn.case_id)
    if case is not None:
        st.markdown(plain(case.text))
    st.markdown(say("Which of these would you want considered here? As many as you like, or none."))
    shown = [one for one in drawn.shown if one in known.cards]
    columns = st.columns(2)
    for number, one in enumerate(shown):
        with columns[number % len(columns)]:
            card.draw(known.cards[one].card)
            st.checkbox(
                say("Consider “{title}”", title=plain(known.title(one))), key=_key(drawn.id, one)
            )
    st.button(
        say("Save my choice"),
        type="primary",
        key=f"save {drawn.id}",
        on_click=_saving(here, study, drawn.id, shown),
    )


def _key(draw_id: str, one: str) -> str:
    return f"pick {draw_id} {one}"


def _saving(here: session.Here, study: Study, draw_id: str, shown: list[str]) -> Callable[[], None]:
    def save() -> None:
        picked = [one for one in shown if session.typed_or(_key(draw_id, one), otherwise=False)]
        wisdom.pick(here.db, study.id, here.person.id, draw_id, picked, now=datetime.now(UTC))

    return said(save)
