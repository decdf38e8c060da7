"""Where people said that it depends: on what, and contexts made of it."""

from datetime import UTC, datetime

import streamlit as st

from core.study import Study
from core.value_study import MAX_CONTEXT
from ui import chart_with_data, session
from ui.figures import count, source
from ui.interview import settings_text
from ui.sentences import said
from workbench import situations
from workbench.situations import Depends
from workbench.values import Material


def show(here: session.Here, study: Study, known: Material) -> None:
    """The situations that people wrote, by edge and context; nothing where nobody wrote any."""
    found = situations.of_study(here.db, study.id, known)
    if not found:
        return
    st.header("When it depends", anchor=False)
    n, turned = sum(one.n_depends for one in found), sum(one.n_turned for one in found)
    st.markdown(
        f"{count(n, 'vote says', 'votes say')} that it depends on the situation which value is "
        f"wiser, and {count(turned, 'vote for one value says', 'votes for one value say')} when it "
        "would be the other way round (that is asked of edges that close a circle), on "
        f"{count(len(found), 'edge', 'edges')}. What people wrote, in their words and "
        "without names; a situation that comes up often is worth a context of its own, in which "
        "the edge is then asked anew. Counts, without intervals. " + source("When it depends")
    )
    chart_with_data.table(
        {
            "one": [known.title(one.about.first) for one in found],
            "other": [known.title(one.about.second) for one in found],
            "context": [known.context(one.about.context) or one.about.context for one in found],
            "it depends": [one.n_depends for one in found],
            "or turned": [one.n_turned for one in found],
            "votes": [one.n_votes for one in found],
            "situations": [" · ".join(one.situations) for one in found],
        },
        name="situations",
    )
    _show_making(here, study, known, found)


def _show_making(here: session.Here, study: Study, known: Material, found: list[Depends]) -> None:
    texts = {text: one for one in found for text in one.situations if text}
    with st.expander("Make a context of a situation"):
        chosen = st.selectbox(
            "Situation", list(texts), index=None, placeholder="As somebody wrote it",
            key=f"situation of {study.id}",
        )  # fmt: skip
        key = f"context from {chosen} of {study.id}"
        st.text_input(
            "As a context (it is asked as: when …)", chosen or "", key=key, max_chars=MAX_CONTEXT,
            disabled=chosen is None,
        )  # fmt: skip
        st.button(
            "Ask in this context too",
            disabled=chosen is None,
            key=f"make {key}",
            on_click=said(lambda: _make(here, study, known, texts[str(chosen)], key)),
        )


def _make(here: session.Here, study: Study, known: Material, depends: Depends, key: str) -> None:
    text = settings_text.context_line(str(session.typed(key)))
    cases = next(
        (one.case_ids for one in known.settings.contexts if one.id == depends.about.context), ()
    )
    situations.add_context(
        here.db,
        study.id,
        text,
        cases,
        context_id=settings_text.fresh_id(text),
        by=here.person.id,
        now=datetime.now(UTC),
    )
    st.toast("The context is added: questions in it come from now on.")
