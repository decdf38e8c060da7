"""The parts of the page Export."""

from collections.abc import Mapping

import streamlit as st

from core.judgment import ItemOutcome
from core.study import Study
from storage import fits
from storage.export_columns import COLUMNS
from storage.export_kinds import Content
from storage.exports import PreferenceCounts
from ui import session
from ui.figures import count, source
from workbench import model_files

MEANINGS = {
    Content.JUDGMENTS: "One row for each pair shown to somebody, with the answer if there is one, "
    "said of the items and of the sides of the screen. Annotators have random ids. Filter on "
    "`stands` for the rows that models and agreement use.",
    Content.ANSWERS: "The same of all that was asked in other ways: rankings, best and worst, the "
    "best few, thumbs, and which two of three are closer.",
    Content.ITEMS: "Every item with its prompt, as text or as a chat.",
    Content.GOLD: "Questions whose answer is known, as they are now.",
    Content.PREFERENCES: "Prompt, chosen and rejected text, one row for each judgment that prefers "
    "an item and stands. TRL's trainers read it as it is; it has no other column since some other "
    "loaders refuse those that they do not know. In a study with chats all three are lists of "
    "messages with role and content: a text prompt is a message of the user, a text item one of "
    "the assistant, and of items that begin with the user's words what both share is the prompt.",
    Content.MARGINS: "The same for reward models, of the judgments with a grade: `margin` says how "
    "much better, from 1.0. TRL's reward trainer subtracts it from the difference of rewards; "
    "scale it as you see fit.",
    Content.INTERVIEW_TURNS: "Every turn of every interview as it was given: the interview can be "
    "gone through again from them.",
    Content.MODEL_CALLS: "Every call of a language model, and what the person made of its "
    "proposals. What was sent follows from the turns and the version of the prompts.",
    Content.VALUES_CARDS: "Every revision of every card, and the card that speaks for its group.",
    Content.CARD_OFFERS: "Cards of others that people were shown beside their own, and whether "
    "they called them the same.",
    Content.CANONICAL_HISTORY: "What researchers put together, split and undid, with reasons.",
    Content.CARD_TAGS: "What people said of cards and the values of vocabularies.",
    Content.EDGE_VOTES: "One row for each question about two cards that was put to somebody: how "
    "it was put, why, and the answer if there is one. Filter on `stands` for the rows that the "
    "value graph is made from.",
    Content.WISDOM_PICKS: "Cards shown together in a case, and those that people want considered.",
    Content.GOALS: "Trees of goals as they are now, with swing weights.",
    Content.GOAL_TURNS: "Every turn of every tree of goals.",
    Content.VALUE_SURVEY: "The exit survey, whether cards and positions are right, choices in "
    "vignettes, and objections.",
    Content.MGE_GRAPHS: "Graphs in the format of Moral Graph Elicitation, as they were imported.",
}
TITLES = {
    Content.ANSWERS: "Answers of other forms",
    Content.GOLD: "Known answers",
    Content.MARGINS: "Preferences with margin",
    Content.INTERVIEW_TURNS: "Interviews",
    Content.MODEL_CALLS: "Calls of the language model",
    Content.VALUES_CARDS: "Values cards",
    Content.CARD_OFFERS: "Offers of cards",
    Content.CANONICAL_HISTORY: "History of groups of cards",
    Content.CARD_TAGS: "Tags",
    Content.EDGE_VOTES: "Votes on which value is wiser",
    Content.WISDOM_PICKS: "Values to consider",
    Content.GOAL_TURNS: "Turns of goals",
    Content.VALUE_SURVEY: "Survey about values",
    Content.MGE_GRAPHS: "Imported graphs",
}
WORDS = {
    ItemOutcome.TIE: ("tie", "ties"),
    ItemOutcome.BOTH_BAD: ("pair of which both are bad", "pairs of which both are bad"),
    ItemOutcome.INCOMPARABLE: ("pair that cannot be ranked", "pairs that cannot be ranked"),
    ItemOutcome.SKIPPED: ("skipped pair", "skipped pairs"),
}


def title(content: Content) -> str:
    """What a file is called on the page."""
    return TITLES.get(content, content.capitalize())


def show_heading(content: Content) -> None:
    """Say where the files about values begin."""
    if content is Content.INTERVIEW_TURNS:
        st.header("About values", anchor=False)
        st.caption(
            "People have random ids. What groups they belong to stands in none of the files."
        )


def show_file(name: str, meaning: str, files: Mapping[str, str]) -> None:
    """A heading, what it is, and a link for each form that it comes in."""
    st.subheader(name, anchor=False)
    st.markdown(meaning)
    with st.container(horizontal=True):
        for file, address in files.items():
            st.link_button(file, address, icon=":material/download:")


def show_left_out(counts: PreferenceCounts) -> None:
    """How many judgments become a row of preferences, how many do not and why."""
    left_out = [count(n, *WORDS[ItemOutcome(what)]) for what, n in counts.left_out.items()]
    st.caption(
        f"{count(counts.pairs, 'row', 'rows')} now. Left out: {', '.join(left_out) or 'nothing'}. "
        "A tie prefers neither text, and the others do not say which is better; all of them are "
        "in the file of judgments."
    )


def show_graded(counts: PreferenceCounts) -> None:
    """Say how many rows have a grade."""
    st.caption(f"{count(counts.graded, 'row', 'rows')} now; the others have no grade.")


def show_columns(content: Content) -> None:
    with st.expander(f"Columns of {title(content).lower()}"):
        st.table({"meaning": {column.name: column.meaning for column in COLUMNS[content]}})


def show_model_files(here: session.Here, study: Study, addresses: Mapping[str, str]) -> None:
    """What the newest fit says of every pair, if there is one.

    Parameters
    ----------
    addresses : mapping of str to str
        Where each file of `workbench.model_files` is sent from.
    """
    st.header("What the newest fit says", anchor=False)
    if next(fits.of_study(here.db, study.id), None) is None:
        st.info("There is no finished fit yet: predictions and labels come with the first one.")
        return
    show_file(
        "Predictions",
        "Every pair that the study asks about, judged or not, as the general model foretells it, "
        "which is Bradley-Terry wherever nothing predicts better. Probabilities go through the "
        "recalibration that the fit chose; what they were before stands beside them. Of more than "
        f"{model_files.MOST_PAIRS:,} pairs so many are drawn evenly.",
        {name: addresses[name] for name in model_files.PREDICTIONS},
    )
    with st.expander("Columns of predictions"):
        st.table({"meaning": {column.name: column.meaning for column in model_files.COLUMNS}})
    show_file(
        "Labels that the model may give",
        "Prompt, chosen and rejected text as above, of pairs that nobody judged, as the model "
        "labels them: of the labels in a file at most the share in its name is wrong, on average "
        "over studies. Wrong means that one person drawn at random would say otherwise, and it "
        "holds for pairs drawn like those judged. The page Calibration shows what was reached on "
        "held-out pairs: look there first, and keep these labels apart from people's.",
        {name: addresses[name] for name in model_files.LABELS},
    )
    st.caption(source("Labels that a model may give", "Recalibration"))
