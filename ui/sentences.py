"""Say what went wrong in a callback, and show names as they were written."""

import re
from collections.abc import Callable

import streamlit as st

from core.errors import DiscernError

MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!~$:<>|^=&])")


def said(action: Callable[[], object]) -> Callable[[], None]:
    """Return a callback that does it and, where that was refused, shows the sentence."""

    def act() -> None:
        try:
            action()
        except DiscernError as error:
            st.toast(str(error), icon=":material/error:", duration="long")

    return act


def plain(text: str) -> str:
    """Text of people for places where Streamlit reads Markdown: every mark stands for itself."""
    return MARKS.sub(r"\\\1", " ".join(text.split()))
