"""After the cards: others' cards beside one's own, a test of the cards, goals."""

from datetime import UTC, datetime

import streamlit as st

from core.interview.turns import AnotherAsked, Revised
from storage import values_cards
from storage.interviews import card_id_of
from storage.values_cards import StoredCard
from ui.interview import card_view, goals_view, offers, representation
from ui.interview.seat import Seat, give
from ui.messages import say
from ui.sentences import said


def show(seat: Seat) -> None:
    """Draw the next thing to do, and the cards; others' cards come only here."""
    own = values_cards.of_study(seat.here.db, seat.study.id, person_id=seat.here.person.id)
    titles = [say("Next"), say("Your cards")]
    if seat.settings.ask_goals:
        titles.append(say("Your goals"))
    parts = st.tabs(titles)
    with parts[0]:
        _show_next(seat, own)
    with parts[1]:
        _show_cards(seat, own)
    if seat.settings.ask_goals:
        with parts[2]:
            goals_view.show(seat)


def _show_next(seat: Seat, own: list[StoredCard]) -> None:
    if offers.show(seat, own) or representation.show(seat, own):
        return
    st.header(say("Your cards are kept. You can come back and change them."), anchor=False)
    if seat.settings.ask_goals:
        st.markdown(say("You can also say what your goals are, under “Your goals”."))
    _show_more(seat, "next")


def _show_cards(seat: Seat, own: list[StoredCard]) -> None:
    st.header(say("Your cards"), anchor=False)
    if not own:
        st.markdown(say("You have no card yet."))
    places = {card_id_of(seat.interview.id, n): n for n in range(len(seat.state.values))}
    for stored in own:
        card_view.show(stored.card)
        with st.container(horizontal=True):
            if stored.card_id in places:
                st.button(
                    say("Change this card"),
                    key=f"revise {stored.card_id} {seat.field}",
                    on_click=give,
                    args=(seat, Revised(places[stored.card_id])),
                )
            with st.popover(say("Take this card back")):
                st.markdown(say("It is shown to nobody any more, and counts for nothing."))
                st.button(
                    say("Take it back"),
                    key=f"withdraw {stored.card_id}",
                    on_click=said(lambda card=stored.card_id: _withdraw(seat, card)),  # type: ignore[misc]
                )
    _show_more(seat, "cards")


def _show_more(seat: Seat, where: str) -> None:
    st.button(
        say("Speak of one more value"),
        key=f"one more {where} {seat.field}",
        on_click=give,
        args=(seat, AnotherAsked(wanted=True)),
    )


def _withdraw(seat: Seat, card_id: str) -> None:
    values_cards.withdraw(seat.here.db, card_id, seat.here.person.id, datetime.now(UTC))
