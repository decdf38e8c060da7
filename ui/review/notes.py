"""Part of the page Review: notes that annotators wrote about what they were shown."""

from datetime import UTC, datetime

import streamlit as st

from core.study import Study
from storage import flags
from storage.flags import Flag
from ui import chart_with_data, session
from ui.figures import count
from ui.sentences import plain, said


def show_notes(here: session.Here, study: Study) -> None:
    """Open notes to settle, one after another; below them what became of the others."""
    found = flags.of_study(here.db, study.id)
    waiting = [flag for flag in found if flag.resolution is None]
    if not waiting:
        st.success("No note of an annotator is waiting.")
    else:
        st.markdown(f"**{count(len(waiting), 'note is', 'notes are')} waiting.**")
        by_id = {flag.id: flag for flag in waiting}
        chosen = by_id[st.selectbox("Note", list(by_id), format_func=lambda f: _named(by_id[f]))]
        _show(here, chosen)
    settled = [flag for flag in found if flag.resolution is not None]
    if settled:
        with st.expander(count(len(settled), "settled note", "settled notes")):
            chart_with_data.table(
                {
                    "who": [flag.person for flag in settled],
                    "wrote": [flag.note for flag in settled],
                    "what became of it": [flag.resolution or "" for flag in settled],
                    "items": [" / ".join(flag.items) for flag in settled],
                },
                name="settled notes",
            )


def _named(flag: Flag) -> str:
    return f"{flag.flagged_at:%Y-%m-%d %H:%M} · {flag.person} · {flag.note[:60]}"


def _show(here: session.Here, flag: Flag) -> None:
    with st.container(border=True):
        st.markdown(f"{plain(flag.person)} wrote about {plain(' / '.join(flag.items))}:")
        st.text(flag.note)
    key = f"what became of {flag.id}"
    st.text_area("What became of it", key=key, max_chars=flags.MAX_NOTE)
    st.button("Settle the note", on_click=said(lambda: _settle(here, flag, key)))


def _settle(here: session.Here, flag: Flag, key: str) -> None:
    note = str(session.typed(key)).strip()
    if not note:
        raise flags.FlagRefusedError("Say in a sentence what became of it; the field is empty.")
    flags.resolve(here.db, flag.id, note, by=here.person.id, now=datetime.now(UTC))
