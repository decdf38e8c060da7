"""How good the finder of near cards is, on the answers so far."""

import streamlit as st

from core.estimates import Estimate, NotDeterminedError
from core.study import Study
from core.values_card.finder import finder_precision
from storage import card_offers
from ui import session


def show(here: session.Here, study: Study) -> None:
    offers = card_offers.answered(here.db, study.id)
    st.caption(
        "Near cards are found by the words that they share (TF-IDF of the policies), and their "
        "authors say whether they are the same. By how near they seemed, this is how often they "
        "were. Of cards that were not offered nobody said anything: docs/statistics.md, "
        "“Cards offered as near”."
    )
    try:
        found = finder_precision(offers)
    except NotDeterminedError as error:
        st.info(str(error))
        return
    st.dataframe(
        {
            "similarity": [f"{one.low:.1f} to {one.high:.1f}" for one in found],
            "offers": [one.same.n for one in found],
            "called the same": [share(one.same) for one in found],
            "the same or nearly": [share(one.near) for one in found],
        },
        hide_index=True,
    )
    people = len({offer.person for offer in offers})
    st.caption(f"{len(offers):,} answers of {people:,} people; 95 % intervals by person.")


def share(estimate: Estimate) -> str:
    """A share with its interval."""
    low, high = 100 * estimate.low, 100 * estimate.high
    return f"{100 * estimate.value:.0f} % ({low:.0f} to {high:.0f})"
