"""Cards against a vocabulary of values that others have named: relevance and valence."""

import math
from datetime import UTC, datetime

import streamlit as st

from core.study import Study
from core.vocabularies import Tag, Tagging, Valence, Vocabulary, tag_cards
from storage import card_tags
from ui import session
from ui.figures import source
from ui.interview import card_view
from ui.interview.cards_list import Cards
from ui.sentences import plain, said
from workbench import vocabularies

VALENCES = {
    Valence.SUPPORTS: "supports it",
    Valence.OPPOSES: "opposes it",
    Valence.EITHER: "either, it depends",
}


def show(here: session.Here, study: Study, cards: Cards) -> None:
    known = {vocabulary.id: vocabulary for vocabulary in vocabularies.available(here.workbench)}
    name = st.selectbox(
        "Vocabulary", list(known), format_func=lambda one: known[one].title, key="vocabulary"
    )
    vocabulary = known[name]
    st.caption(f"Version {vocabulary.version}. {plain(vocabulary.source)}")
    _show_tagging(here, study, cards, vocabulary)
    found = tag_cards(card_tags.of_study(here.db, study.id), vocabulary)
    _show_table([one for one in found if one.card in cards.names], cards, vocabulary)
    _show_addition(here)


def _show_tagging(here: session.Here, study: Study, cards: Cards, vocabulary: Vocabulary) -> None:
    titles = {value.id: value.title for value in vocabulary.values}
    left, right = st.columns(2)
    with left:
        card_id = st.selectbox(
            "Card", list(cards.names), format_func=cards.names.__getitem__, key="card to tag"
        )
        card_view.show(cards.stored[card_id].card, level=2)
    with right:
        value = st.selectbox("Value", list(titles), format_func=titles.__getitem__, key="value")
        st.markdown(plain(vocabulary.value(value).description))
        st.slider(
            "How much it has to do with the card, from nothing to all",
            0.0,
            1.0,
            0.5,
            0.05,
            key="relevance",
        )
        st.radio("The card …", list(Valence), format_func=VALENCES.__getitem__, key="valence")

        def tag() -> None:
            made = Tag(
                card_id,
                vocabulary.id,
                vocabulary.version,
                value,
                session.typed("relevance"),
                session.typed("valence"),
                here.person.id,
            )
            card_tags.add(here.db, study.id, made, now=datetime.now(UTC))

        st.button("Tag", type="primary", key="tag", on_click=said(tag))


def _show_table(found: list[Tagging], cards: Cards, vocabulary: Vocabulary) -> None:
    if not found:
        st.info("No card was tagged against this version yet.")
        return
    st.dataframe(
        {
            "card": [cards.names[one.card] for one in found],
            "value": [vocabulary.value(one.value).title for one in found],
            "relevance": [_relevance(one) for one in found],
            "people": [one.relevance.n for one in found],
            **{
                label: [one.valences[valence] for one in found]
                for valence, label in VALENCES.items()
            },
        },
        hide_index=True,
    )
    st.caption(
        "Mean relevance with its 95 % interval over people, and how many call the card for or "
        "against the value. " + source("Tags of a vocabulary")
    )


def _relevance(tagging: Tagging) -> str:
    mean = tagging.relevance
    if math.isinf(mean.low):
        return f"{mean.value:.2f} (one person: no interval)"
    return f"{mean.value:.2f} ({max(mean.low, 0):.2f} to {min(mean.high, 1):.2f})"


def _show_addition(here: session.Here) -> None:
    with st.expander("Add a vocabulary"):
        st.caption(
            "A TOML file with id, version, title and source, and for each value an id, a title and "
            "a description."
        )
        file = st.file_uploader("File", type=["toml"], key="vocabulary file")

        def add() -> None:
            if file is not None:
                added = vocabularies.add(here.workbench, file.getvalue())
                st.toast(f"Added: {plain(added.title)}, version {added.version}.")

        st.button("Add it", key="add vocabulary", disabled=file is None, on_click=said(add))
