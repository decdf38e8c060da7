"""A values card on the screen."""

import streamlit as st

from core.values_card.card import ValuesCard
from ui.messages import say
from ui.sentences import plain


def draw(card: ValuesCard, *, letter: str = "") -> None:
    """A card in a box; the letter names it in the answers below."""
    with st.container(border=True):
        title = plain(card.title)
        st.header(f"{letter}: {title}" if letter else title, anchor=False)
        st.markdown(plain(card.description))
        st.markdown(say("Somebody who lives by it attends to:"))
        st.markdown("\n".join(f"- {plain(policy)}" for policy in card.policies))
