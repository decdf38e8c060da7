"""Others' cards beside one's own: the same, nearly, or different? Nothing is ever replaced."""

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from core.values_card.canonical import Sameness
from core.values_card.card import ValuesCard
from storage import canonical, card_offers, values_cards
from storage.card_offers import Offered
from storage.values_cards import StoredCard
from ui import session
from ui.interview import card_view
from ui.interview.seat import Seat
from ui.messages import say, say_number
from ui.sentences import said
from workbench import near_cards

#: How many of the nearest cards are offered beside each of one's own.
N_OFFERED = 3


def show(seat: Seat, own: list[StoredCard]) -> bool:
    """Draw the next offer that was not answered; return whether there is one."""
    mine = {stored.card_id: stored for stored in own}
    found = _found(seat, mine)
    if found is None:
        _wait(seat, sorted(mine))
        return True
    others = _others(seat)
    later = session.kept(f"later {seat.interview.id}", ())
    waiting = [
        one
        for one in found
        if one.answer is None
        and one.card_id in mine
        and one.other_id in others
        and (one.card_id, one.other_id) not in later
    ]
    if not waiting:
        return False
    _show_offer(seat, waiting, mine[waiting[0].card_id], others[waiting[0].other_id])
    return True


def _show_offer(seat: Seat, waiting: list[Offered], own: StoredCard, other: StoredCard) -> None:
    offered = waiting[0]
    st.header(say("Does somebody else's card say the same as yours?"), anchor=False)
    card_view.note(
        say_number(
            "{n} card to compare. Yours stays as it is, whatever you answer.",
            "{n} cards to compare. Yours stays as it is, whatever you answer.",
            len(waiting),
        )
    )
    left, right = st.columns(2)
    with left:
        card_view.show(own.card, heading=say("Your card"))
    with right:
        card_view.show(other.card, heading=say("Somebody else's card"))
    with st.container(horizontal=True):
        for sameness, label in (
            (Sameness.SAME, say("The same")),
            (Sameness.NEARLY, say("Nearly the same")),
            (Sameness.DIFFERENT, say("Different")),
        ):
            st.button(
                label,
                key=f"{sameness} {offered.card_id} {offered.other_id}",
                on_click=said(lambda said_of=sameness: _answer(seat, offered, said_of)),  # type: ignore[misc]
            )
        st.button(
            say("Not now"),
            key=f"later {offered.card_id} {offered.other_id}",
            on_click=_put_off,
            args=(seat, offered),
        )


def prepare(seat: Seat) -> None:
    """Let the study's encoder read all cards while the person is at something else."""
    stored = values_cards.of_study(seat.here.db, seat.study.id)
    near_cards.prepare(seat.here.workbench, seat.study, [one.card for one in stored])


def _found(seat: Seat, mine: Mapping[str, StoredCard]) -> list[Offered] | None:
    """What was offered to this person, after offering what is near to cards without any offer.

    None while an encoder still reads the cards.
    """
    db, study_id, person = seat.here.db, seat.study.id, seat.here.person.id
    found = card_offers.of_person(db, study_id, person)
    without = set(mine) - {offered.card_id for offered in found}
    candidates = _candidates(seat, mine) if without else {}
    for card_id in sorted(without):
        near = near_cards.near(
            seat.here.workbench, seat.study, mine[card_id].card, candidates, n=N_OFFERED
        )
        if near is None:
            return None
        card_offers.offer(
            db, study_id, person, card_id, near.neighbours, now=datetime.now(UTC),
            finder=near.finder,
        )  # fmt: skip
    return card_offers.of_person(db, study_id, person) if without else found


@st.fragment(run_every=1.0)
def _wait(seat: Seat, mine: list[str]) -> None:
    """Say that near cards are looked for, and draw the page anew when they are known."""
    own = values_cards.of_study(seat.here.db, seat.study.id, person_id=seat.here.person.id)
    if _found(seat, {one.card_id: one for one in own if one.card_id in mine}) is not None:
        st.rerun()
    card_view.note(say("We are looking for cards that are near to yours. It takes a moment."))


def _candidates(seat: Seat, mine: Mapping[str, StoredCard]) -> dict[str, ValuesCard]:
    """The cards that speak for the groups in which none of one's own is."""
    groups = canonical.groups(seat.here.db, seat.study.id).groups
    others = _others(seat)
    return {
        group.representative: others[group.representative].card
        for group in groups
        if not set(group.members) & set(mine) and group.representative in others
    }


def _others(seat: Seat) -> dict[str, StoredCard]:
    stored = values_cards.of_study(seat.here.db, seat.study.id)
    return {one.card_id: one for one in stored if one.person_id != seat.here.person.id}


def _answer(seat: Seat, offered: Offered, sameness: Sameness) -> None:
    card_offers.answer(
        seat.here.db,
        seat.here.person.id,
        offered.card_id,
        offered.other_id,
        sameness,
        now=datetime.now(UTC),
    )


def _put_off(seat: Seat, offered: Offered) -> None:
    name = f"later {seat.interview.id}"
    session.keep(name, (*session.kept(name, ()), (offered.card_id, offered.other_id)))
