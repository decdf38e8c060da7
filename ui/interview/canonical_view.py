"""Cards that count as one: groups by what their authors say, and what researchers decide."""

from datetime import UTC, datetime

import streamlit as st

from core.judgment import Pair
from core.study import Study
from core.values_card.canonical import (
    CanonicalCard,
    CanonicalCards,
    Merged,
    Represented,
    Split,
    Undone,
)
from storage import canonical
from storage.canonical import Decision
from ui import session
from ui.figures import source
from ui.interview import card_view
from ui.interview.cards_list import Cards
from ui.sentences import plain, said

#: Groups drawn in full at once.
AT_ONCE = 20


def show(here: session.Here, study: Study, cards: Cards) -> None:
    found = canonical.groups(here.db, study.id)
    st.caption(
        "Cards come together where more people called them the same than not, and never across a "
        "“different”. Nobody's card is replaced: a group has one card that speaks for it. What you "
        "decide is kept with its reason, and can be undone. " + source("Canonical cards")
    )
    _show_conflicts(found, cards)
    several = [group for group in found.groups if len(group.members) > 1]
    st.header(f"Groups of several cards: {len(several):,}", anchor=False)
    for group in several[:AT_ONCE]:
        _show_group(here, study, group, cards)
    if len(several) > AT_ONCE:
        st.caption(f"{len(several) - AT_ONCE:,} more.")
    _show_merging(here, study, cards)
    _show_history(here, study, cards)


def _show_group(here: session.Here, study: Study, group: CanonicalCard, cards: Cards) -> None:
    names = {card: cards.names[card] for card in group.members}
    title = plain(cards.names[group.representative])
    with st.expander(f"{title} · {len(group.members)} cards"):
        for card in group.members:
            speaks = " · speaks for the group" * (card == group.representative)
            card_view.show(cards.stored[card].card, heading=f"{cards.person(card)}{speaks}")
        key = f"{study.id} {' '.join(group.members)} "
        left, right = st.columns(2)
        left.selectbox(
            "The card that speaks for them",
            list(names),
            list(names).index(group.representative),
            format_func=names.__getitem__,
            key=key + "speaks",
        )
        left.button(
            "Let it speak for them",
            key=key + "represent",
            on_click=said(lambda: _represent(here, study, key)),
        )
        right.multiselect(
            "Cards to keep apart from the others",
            list(names),
            format_func=names.__getitem__,
            key=key + "apart",
        )
        right.text_input("Why?", key=key + "why", max_chars=500)
        right.button(
            "Keep them apart",
            key=key + "split",
            on_click=said(lambda: _split(here, study, group, key)),
        )


def _show_merging(here: session.Here, study: Study, cards: Cards) -> None:
    st.header("Put two cards together", anchor=False)
    key = f"merge in {study.id} "
    one, other = st.columns(2)
    for column, name in ((one, "one"), (other, "other")):
        column.selectbox(
            f"{name.capitalize()} card",
            list(cards.names),
            None,
            format_func=cards.names.__getitem__,
            key=key + name,
        )
    st.text_input("Why?", key=key + "why", max_chars=500)
    st.button(
        "Put them and their groups together",
        key=key + "go",
        on_click=said(lambda: _merge(here, study, key)),
    )


def _show_conflicts(found: CanonicalCards, cards: Cards) -> None:
    """Where answers contradict each other; one that names a withdrawn card is shown to nobody."""
    for conflict in found.conflicts:
        named = (
            conflict.pair.first,
            conflict.pair.second,
            conflict.because.first,
            conflict.because.second,
        )
        if not set(named) <= set(cards.names):
            continue
        one, other, first, second = (plain(cards.names[card]) for card in named)
        if conflict.overruled:
            st.warning(
                f"A researcher put **{one}** and **{other}** together, although **{first}** and "
                f"**{second}** were called different."
            )
        else:
            st.warning(
                f"**{one}** and **{other}** are the same to most who were asked, but stay apart: "
                f"**{first}** and **{second}** would come together, which are kept apart."
            )


def _show_history(here: session.Here, study: Study, cards: Cards) -> None:
    history = canonical.history(here.db, study.id)
    if not history:
        return
    st.header("What researchers decided", anchor=False)
    undone = canonical.undone(history)
    for recorded in reversed(history):
        text, action = st.columns([5, 1], vertical_alignment="center")
        mark = " · undone" if recorded.number in undone else ""
        text.markdown(
            f"{recorded.number + 1}. {_told(recorded.event, cards)}{mark}  \n"
            f":small[{recorded.made_at:%Y-%m-%d %H:%M} UTC]"
        )
        if recorded.number not in undone:
            action.button(
                "Undo",
                key=f"undo {recorded.number} in {study.id}",
                on_click=said(
                    lambda number=recorded.number: _record(  # type: ignore[misc]
                        here, study, Undone(number, here.person.id)
                    )
                ),
            )


def _told(event: Decision, cards: Cards) -> str:
    def name(card: str) -> str:
        return f"**{plain(cards.names.get(card, 'a card that was taken back'))}**"

    if isinstance(event, Merged):
        told = f"{name(event.pair.first)} and {name(event.pair.second)} put together"
    elif isinstance(event, Split):
        kept = ", ".join(name(card) for card in sorted(event.cards))
        others = ", ".join(name(card) for card in sorted(event.others))
        told = f"{kept} kept apart from {others}"
    elif isinstance(event, Represented):
        return f"{name(event.card)} speaks for its group"
    else:
        return f"{event.event + 1} undone"
    return f"{told}: {plain(event.reason)}" if event.reason else told


def _represent(here: session.Here, study: Study, key: str) -> None:
    _record(here, study, Represented(session.typed(key + "speaks"), here.person.id))


def _split(here: session.Here, study: Study, group: CanonicalCard, key: str) -> None:
    apart = frozenset(session.typed(key + "apart"))
    others = frozenset(group.members) - apart
    _record(here, study, Split(apart, others, here.person.id, session.typed(key + "why").strip()))


def _merge(here: session.Here, study: Study, key: str) -> None:
    one, other = session.typed(key + "one"), session.typed(key + "other")
    if one is None or other is None or one == other:
        st.toast("Choose two different cards.")
        return
    why = session.typed(key + "why").strip()
    _record(here, study, Merged(Pair.of(one, other), here.person.id, why))
    for name in ("one", "other"):
        session.keep(key + name, None)
    session.keep(key + "why", "")


def _record(here: session.Here, study: Study, event: Decision) -> None:
    canonical.record(here.db, study.id, event, now=datetime.now(UTC))
