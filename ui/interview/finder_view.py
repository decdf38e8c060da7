"""How good the finder of near cards is, on the answers so far."""

from collections.abc import Sequence

import streamlit as st

from core.estimates import Estimate, NotDeterminedError
from core.study import Study
from core.values_card.finder import Offer, finder_precision
from storage import card_offers
from ui import chart_with_data, session
from ui.figures import count, source
from ui.sentences import plain


def show(here: session.Here, study: Study) -> None:
    """By every finder that was used: how often what it offered was the same."""
    answered = card_offers.answered(here.db, study.id)
    st.caption(
        "Near cards are found by the words that they share (TF-IDF of the policies), or by the "
        "study's encoder, and their authors say whether they are the same. By how near they "
        "seemed, this is how often they were. Of cards that were not offered nobody said anything. "
        + source("Cards offered as near")
    )
    if not answered:
        answered = {card_offers.TFIDF: []}
    for finder, offers in answered.items():
        _show_finder(finder, offers)


def _show_finder(finder: str, offers: Sequence[Offer]) -> None:
    by_words = finder == card_offers.TFIDF
    st.header("By words" if by_words else f"By the encoder {plain(finder)}", anchor=False)
    try:
        found = finder_precision(offers)
    except NotDeterminedError as error:
        st.info(str(error))
        return
    chart_with_data.table(
        {
            "similarity": [f"{one.low:.1f} to {one.high:.1f}" for one in found],
            "offers": [one.same.n for one in found],
            "called the same": [share(one.same) for one in found],
            "the same or nearly": [share(one.near) for one in found],
        },
        name=f"near cards by {finder}",
    )
    people = len({offer.person for offer in offers})
    st.caption(
        f"{count(len(offers), 'answer', 'answers')} of {count(people, 'person', 'people')}; 95 % "
        "intervals by person. Where few are "
        "called the same even at the top, the finder does not tell what people mean by it: merge "
        "cards by hand, or give the study an encoder."
    )


def share(estimate: Estimate) -> str:
    """A share with its interval."""
    low, high = 100 * estimate.low, 100 * estimate.high
    return f"{100 * estimate.value:.0f} % ({low:.0f} to {high:.0f})"
