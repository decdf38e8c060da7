"""All cards of a study, for researchers."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.study import Study
from core.value_study import ValueSettings
from core.values_card.lint import Advice, lint
from storage import canonical, value_settings, values_cards
from storage.values_cards import StoredCard
from ui import session
from ui.interview import card_view


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of a study, and what they are called in lists.

    Attributes
    ----------
    names : mapping of card id to str
        Titles, told apart.
    people : mapping of person id to str
        P1, P2, … in the order of their first cards: whose card it is plays no part here.
    """

    stored: Mapping[str, StoredCard]
    names: Mapping[str, str]
    people: Mapping[str, str]

    def person(self, card_id: str) -> str:
        person_id = self.stored[card_id].person_id
        return self.people.get(person_id, "") if person_id else ""


def of_study(here: session.Here, study: Study) -> Cards:
    """The cards; stops the page where there are none."""
    stored = values_cards.of_study(here.db, study.id)
    if not stored:
        st.info(
            "There is no card yet. On the page Studies, under Values, say which cases people start "
            "from; they make their cards on the page Interview."
        )
        st.stop()
    everybody = dict.fromkeys(one.person_id for one in stored if one.person_id)
    return Cards(
        {one.card_id: one for one in stored},
        card_view.distinct({one.card_id: one.card.title for one in stored}),
        {person: f"P{number}" for number, person in enumerate(everybody, 1)},
    )


def show(here: session.Here, study: Study, cards: Cards) -> None:
    """One line a card, and the card that is chosen in full."""
    settings = value_settings.of_study(here.db, study.id)
    groups = canonical.groups(here.db, study.id)
    st.caption(
        f"{len(cards.stored):,} cards of {len(cards.people):,} people in {len(groups.groups):,} "
        "groups. Advice is what the lint says of a card; it stops nobody."
    )
    rows = [
        _row(stored, cards, settings, len(groups.of(stored.card_id).members))
        for stored in cards.stored.values()
    ]
    st.dataframe(rows, hide_index=True)
    chosen = st.selectbox(
        "Read a card", list(cards.names), format_func=cards.names.__getitem__, key="card to read"
    )
    card_view.show(cards.stored[chosen].card, level=2)
    card_view.show_advice(_advice(cards.stored[chosen], settings))
    for _, card, saved_at in reversed(values_cards.revisions(here.db, chosen)[:-1]):
        card_view.show(card, heading=f"As it was, from {saved_at:%Y-%m-%d %H:%M} UTC", level=2)


def _row(
    stored: StoredCard, cards: Cards, settings: ValueSettings, n_alike: int
) -> dict[str, object]:
    """Short columns first: the texts are wide."""
    case = settings.case(stored.case_id)
    return {
        "title": stored.card.title,
        "person": cards.person(stored.card_id),
        "case": case.title if case else "",
        "cards in its group": n_alike,
        "revision": stored.revision + 1,
        "advice": len(_advice(stored, settings)),
        "moment": stored.card.description,
        "policies": " · ".join(stored.card.policies),
    }


def _advice(stored: StoredCard, settings: ValueSettings) -> tuple[Advice, ...]:
    case = settings.case(stored.case_id)
    language = settings.languages[0] if len(settings.languages) == 1 else ""
    return tuple(lint(stored.card, language=language, case=case.text if case else ""))
