"""A values card on the screen, with the letter that names it in the answers."""

import streamlit as st

from core.values_card.card import ValuesCard
from ui.interview.card_view import card_html


def draw(card: ValuesCard, *, letter: str = "") -> None:
    """A card in a box, each text in the direction of its own letters."""
    with st.container(border=True):
        if letter:
            st.header(letter, anchor=False)
        st.html(card_html(card))
