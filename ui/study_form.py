"""The settings of a study, edited by one researcher while others may do the same."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.errors import DiscernError
from core.judgment import Outcome
from core.study import LANGUAGES, REQUIRED_OUTCOMES, Study, StudySettings
from storage import studies
from storage.studies import SavedSettings
from ui import markdown, session, settings_inputs
from ui.sentences import plain, said

#: The answers beside left and right, which every study has.
FURTHER = {
    Outcome.TIE: "Tie",
    Outcome.BOTH_BAD: "Both bad",
    Outcome.INCOMPARABLE: "Cannot be ranked",
    Outcome.SKIPPED: "Skip, with a reason",
}
WORDS = {
    "name": "Name",
    "question": "Question",
    "guidelines": "Guidelines",
    "outcomes": "Answers",
    "overlap": "Judgments for each pair",
    "random_share": "Share drawn at random",
    "lease_minutes": "Minutes to answer",
    "language": "Language of the items",
    "fit_every": "New judgments for a fit",
}
LONG = 80


def show(here: session.Here, study: Study) -> None:
    """Show the form. What was typed stays until it is saved or dropped, whoever else saves."""
    edited = session.kept(_editing(study), study.version)
    before = _in_order(studies.settings_of(here.db, study.id, edited))
    newest = studies.history(here.db, study.id)[0]
    st.caption(
        f"Version {newest.version}, saved {newest.saved_at:%Y-%m-%d %H:%M} UTC by "
        f"{plain(newest.saved_by or 'the workbench')}. Changes apply to the pairs handed out from "
        "now on; judgments keep naming the version that they were given under."
    )
    key = f"version {edited} of {study.id}: "
    _show_inputs(before, key)
    try:
        mine = _typed(before, key)
    except DiscernError as error:
        st.error(str(error))
        mine = None
    if edited == study.version:
        st.button(
            f"Save as version {study.version + 1}",
            type="primary",
            key=f"save {study.id}",
            on_click=said(lambda: _save(here, study, before, key)),
        )
    elif mine == before:
        session.keep(_editing(study), study.version)
        st.rerun()
    else:
        _show_conflict(here, study, newest, key)


def changes(old: StudySettings, new: StudySettings) -> dict[str, tuple[str, str]]:
    """What differs, in words: the label of each setting with how it was and how it is."""
    labels = WORDS | {one.name: one.label for one in settings_inputs.INPUTS}
    values = {name: [settings_inputs.value_of(s, name) for s in (old, new)] for name in labels}
    return {
        label: (_said(values[name][0]), _said(values[name][1]))
        for name, label in labels.items()
        if values[name][0] != values[name][1]
    }


def show_changes(old: StudySettings, new: StudySettings) -> None:
    for label, (was, now) in changes(old, new).items():
        st.markdown(f"- **{label}**: ~~{plain(was) or 'nothing'}~~ → {plain(now) or 'nothing'}")


def _show_inputs(before: StudySettings, key: str) -> None:
    st.text_input(WORDS["name"], before.name, max_chars=200, key=key + "name")
    st.text_input(WORDS["question"], before.question, max_chars=500, key=key + "question")
    left, right = st.columns(2)
    guidelines = left.text_area(
        "Guidelines, in Markdown",
        before.guidelines,
        height=260,
        max_chars=100_000,
        key=key + "guidelines",
        help="Annotators can open them beside every pair.",
    )
    right.caption("Preview")
    with right.container(height=260, border=True):
        st.html(f"<style>{markdown.stylesheet()}</style>{markdown.to_html(guidelines)}")
    st.multiselect(
        "Answers allowed beside left and right",
        list(FURTHER),
        [outcome for outcome in FURTHER if outcome in before.outcomes],
        format_func=FURTHER.__getitem__,
        key=key + "outcomes",
    )
    _show_numbers(before, key)
    settings_inputs.show(before, key)


def _show_numbers(before: StudySettings, key: str) -> None:
    first, second, third = st.columns(3)
    first.number_input(
        WORDS["overlap"],
        1,
        1000,
        before.overlap,
        key=key + "overlap",
        help="How many people judge each pair. With 2 or more, agreement can be measured.",
    )
    second.number_input(
        WORDS["random_share"],
        0.0,
        1.0,
        before.random_share,
        0.05,
        key=key + "random_share",
        help="0.1 means one pair in ten. Calibration and agreement are measured on these pairs.",
    )
    third.number_input(
        WORDS["fit_every"],
        1,
        1_000_000,
        before.fit_every,
        key=key + "fit_every",
        help="A fit starts by itself when so many judgments are new.",
    )
    first.number_input(
        WORDS["lease_minutes"],
        1,
        10_080,
        before.lease_minutes,
        key=key + "lease_minutes",
        help="How long a pair waits for its answer before somebody else may get it.",
    )
    second.selectbox(
        WORDS["language"],
        list(LANGUAGES),
        list(LANGUAGES).index(before.language),
        format_func=LANGUAGES.__getitem__,
        key=key + "language",
    )


def _show_conflict(here: session.Here, study: Study, newest: SavedSettings, key: str) -> None:
    edited = session.kept(_editing(study), study.version)
    before = _in_order(studies.settings_of(here.db, study.id, edited))
    who = plain(newest.saved_by or "Somebody")
    st.warning(
        f"{who} saved version {newest.version} while you were editing version {edited}. "
        "Your text is still above. They changed:"
    )
    show_changes(studies.settings_of(here.db, study.id, edited), newest.settings)
    row = st.container(horizontal=True)
    row.button(
        f"Save mine as version {newest.version + 1}",
        type="primary",
        key=f"save {study.id}",
        on_click=said(lambda: _save(here, study, before, key)),
    )
    row.button(
        f"Take version {newest.version}, drop mine",
        key=f"drop {study.id}",
        on_click=lambda: session.keep(_editing(study), newest.version),
    )


def _save(here: session.Here, study: Study, before: StudySettings, key: str) -> None:
    """Save what was typed on top of the version that the page showed."""
    saved = studies.save_settings(
        here.db, study.id, _typed(before, key), by=here.person.id, version=study.version
    )
    session.keep(_editing(study), saved.version)
    changed = saved.version != study.version
    st.toast(f"Saved as version {saved.version}." if changed else "Nothing has changed.")


def _typed(before: StudySettings, key: str) -> StudySettings:
    values: dict[str, Any] = {name: session.typed(key + name) for name in WORDS}
    values["outcomes"] = (*REQUIRED_OUTCOMES, *values["outcomes"])
    return _in_order(settings_inputs.typed_over(replace(before, **values), key))


def _in_order(settings: StudySettings) -> StudySettings:
    """The same settings with the answers in their usual order."""
    return replace(settings, outcomes=tuple(o for o in Outcome if o in settings.outcomes))


def _editing(study: Study) -> str:
    return f"edited version of {study.id}"


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part).replace("_", " ") for part in value)
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return text if len(text) <= LONG else f"{text[:LONG]}… ({len(text):,} characters)"
