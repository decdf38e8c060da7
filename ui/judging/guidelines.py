"""The guidelines of a study: their version, and what changed since somebody last read them."""

import difflib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

import streamlit as st

from core.study import Study
from storage import guideline_reads
from ui import session
from ui.judging.content import html_of
from ui.judging.entries import settings_of
from ui.messages import say
from ui.sentences import said

_MAX_HEIGHT = 360
_WORDS, _LINES = re.compile(r"\s+|\w+|[^\w\s]"), re.compile(r".*\n|.+")
#: Longer texts take too long to compare word by word; they are compared line by line.
_MAX_COMPARED = 4000
_CHANGES = "<style>.changes { white-space: pre-wrap; overflow-wrap: anywhere; }</style>"


@st.fragment
def show(here: session.Here, study: Study) -> None:
    """Show the guidelines, open until this person says that they have read them."""
    text = study.settings.guidelines
    if not text.strip():
        return
    read = guideline_reads.newest(here.db, study.id, here.person.id)
    before = None if read is None else settings_of(here.db, study.id, read).guidelines
    unread = before != text
    with st.expander(_title(study, before, text), expanded=unread):
        with st.container(height=_MAX_HEIGHT if len(text) > _MAX_HEIGHT else "content"):
            if unread and before is not None and _marks_changes():
                st.html(_CHANGES + changes(before, text))
            else:
                st.html(html_of(text, "markdown"))
        if unread:
            st.button(
                say("I have read the guidelines"),
                key=f"guidelines {study.id} {study.version}",
                on_click=said(
                    lambda: guideline_reads.add(
                        here.db, study.id, here.person.id, study.version, datetime.now(UTC)
                    )
                ),
            )


def _title(study: Study, before: str | None, text: str) -> str:
    if before is None:
        return say("Guidelines, version {version}: not read yet", version=study.version)
    if before != text:
        return say(
            "Guidelines, version {version}: changed since you last read them", version=study.version
        )
    return say("Guidelines, version {version}", version=study.version)


def _marks_changes() -> bool:
    return bool(st.toggle(say("Mark what changed"), value=True, key="guideline changes"))


def changes(before: str, after: str) -> str:
    """The newer text as HTML, with what went and what came marked, word by word."""
    pieces = _LINES if max(len(before), len(after)) > _MAX_COMPARED else _WORDS
    marked = _marked(pieces.findall(before), pieces.findall(after))
    return f'<div class="changes" dir="auto">{"".join(marked)}</div>'


def _marked(old: list[str], new: list[str]) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        went, came = escape("".join(old[a:b])), escape("".join(new[c:d]))
        if kind == "equal":
            yield came
            continue
        if went:
            yield f"<del>{went}</del>"
        if came:
            yield f"<ins>{came}</ins>"
