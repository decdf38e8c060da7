"""The parts of the page Export."""

from collections.abc import Mapping

import streamlit as st

from core.judgment import ItemOutcome
from storage.export_columns import COLUMNS, Content
from storage.exports import PreferenceCounts
from ui.figures import count

MEANINGS = {
    Content.JUDGMENTS: "One row for each pair shown to somebody, with the answer if there is one, "
    "said of the items and of the sides of the screen. Annotators have random ids. Filter on "
    "`stands` for the rows that models and agreement use.",
    Content.ITEMS: "Every item with the text of its prompt.",
    Content.PREFERENCES: "Prompt, chosen and rejected text, one row for each judgment that prefers "
    "an item and stands. TRL's trainers read it as it is; it has no other column since some other "
    "loaders refuse those that they do not know.",
}
WORDS = {
    ItemOutcome.TIE: ("tie", "ties"),
    ItemOutcome.BOTH_BAD: ("pair of which both are bad", "pairs of which both are bad"),
    ItemOutcome.INCOMPARABLE: ("pair that cannot be ranked", "pairs that cannot be ranked"),
    ItemOutcome.SKIPPED: ("skipped pair", "skipped pairs"),
}


def show_file(title: str, meaning: str, files: Mapping[str, str]) -> None:
    """A heading, what it is, and a link for each form that it comes in."""
    st.subheader(title, anchor=False)
    st.markdown(meaning)
    with st.container(horizontal=True):
        for name, address in files.items():
            st.link_button(name, address, icon=":material/download:")


def show_left_out(counts: PreferenceCounts) -> None:
    """How many judgments become a row of preferences, how many do not and why."""
    left_out = [count(n, *WORDS[ItemOutcome(what)]) for what, n in counts.left_out.items()]
    st.caption(
        f"{count(counts.pairs, 'row', 'rows')} now. Left out: {', '.join(left_out) or 'nothing'}. "
        "A tie prefers neither text, and the others do not say which is better; all of them are "
        "in the file of judgments."
    )


def show_columns(content: Content) -> None:
    with st.expander(f"Columns of {content}"):
        st.table({"meaning": {column.name: column.meaning for column in COLUMNS[content]}})
