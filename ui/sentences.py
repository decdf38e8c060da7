"""Say what went wrong in a callback, and show names as they were written."""

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from core.errors import DiscernError
from core.reports import OlderFitError

P = ParamSpec("P")
MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!~$:<>|^=&])")


def said(action: Callable[[], object]) -> Callable[[], None]:
    """Return a callback that does it and, where that was refused, shows the sentence."""

    def act() -> None:
        try:
            action()
        except DiscernError as error:
            st.toast(str(error), icon=":material/error:", duration="long")

    return act


def if_known(draw: Callable[P, None]) -> Callable[P, None]:
    """Make it draw a part of a page, or the sentence that the fit is too old for that part."""

    @wraps(draw)
    def drawn(*given: P.args, **named: P.kwargs) -> None:
        try:
            draw(*given, **named)
        except OlderFitError as error:
            st.info(str(error))

    return drawn


def plain(text: str) -> str:
    """Text of people for places where Streamlit reads Markdown: every mark stands for itself."""
    return MARKS.sub(r"\\\1", " ".join(text.split()))
