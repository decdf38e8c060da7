"""A values card on the screen. What people wrote stands for itself, in its own direction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import streamlit as st

from core.values_card.card import ValuesCard
from core.values_card.lint import Advice
from ui.interview import wording
from ui.sentences import plain

_STYLE = Path(__file__).with_name("interview.css")


def show_style() -> None:
    """How cards look; once a page."""
    st.html(_STYLE)


def distinct(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts, by id, with a number behind those that are there more than once.

    Streamlit tells the options of a list apart by what they are called.
    """
    found: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for name, text in texts.items():
        seen[text] += 1
        found[name] = text if seen[text] == 1 else f"{text} ({seen[text]})"
    return found


def card_html(card: ValuesCard, level: int = 3) -> str:
    """The card as HTML in which nothing of it is markup; its title is a heading of this level."""
    policies = "".join(f'<li dir="auto">{escape(policy)}</li>' for policy in card.policies)
    return (
        f'<div class="values-card"><h{level} dir="auto">{escape(card.title)}</h{level}>'
        f'<p dir="auto">{escape(card.description)}</p><ul>{policies}</ul></div>'
    )


def words_html(text: str) -> str:
    """What somebody wrote, as HTML in which nothing of it is markup."""
    return f'<p class="own-words" dir="auto">{escape(text)}</p>'


def show(card: ValuesCard, *, heading: str = "", level: int = 3) -> None:
    with st.container(border=True):
        if heading:
            note(heading)
        st.html(card_html(card, level))


def note(text: str, *, icon: str = "") -> None:
    """A quiet line that can still be read: captions are too pale for that."""
    st.markdown(f"{icon} :small[{plain(text)}]".strip())


def show_words(text: str) -> None:
    st.html(words_html(text))


def show_advice(remarks: Sequence[Advice]) -> None:
    """Advice as advice: a quiet line each, which stops nobody."""
    for remark in remarks:
        note(wording.advice(remark), icon=":material/lightbulb:")
