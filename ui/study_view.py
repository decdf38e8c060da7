"""Studies on the screen: all of them, and one with its state, people and versions."""

from collections.abc import Callable

import streamlit as st

from core.answer_form import Form
from core.errors import DiscernError
from core.study import Role, State, Study, StudySettings
from storage import asked_space, people, studies
from storage.people import LOCAL, Person
from storage.studies import Counts
from ui import session, study_form
from ui.figures import count
from ui.sentences import plain, said

BADGES = {
    State.DRAFT: ":gray-badge[draft]",
    State.RUNNING: ":green-badge[running]",
    State.PAUSED: ":orange-badge[paused]",
    State.ARCHIVED: ":violet-badge[archived]",
}
#: The button that leads to each state, by the state it is pressed in.
MOVES = {
    (State.DRAFT, State.RUNNING): ("Start", ":material/play_arrow:"),
    (State.RUNNING, State.PAUSED): ("Pause", ":material/pause:"),
    (State.PAUSED, State.RUNNING): ("Go on", ":material/play_arrow:"),
    (State.DRAFT, State.ARCHIVED): ("Archive", ":material/archive:"),
    (State.RUNNING, State.ARCHIVED): ("Archive", ":material/archive:"),
    (State.PAUSED, State.ARCHIVED): ("Archive", ":material/archive:"),
    (State.ARCHIVED, State.PAUSED): ("Bring back, paused", ":material/unarchive:"),
}
NEW_NAME, NEW_QUESTION = "name of the new study", "question of the new study"
NOTHING = Counts(0, 0, 0, 0, 0)


class WrongNameError(DiscernError):
    """What was typed to confirm is not the name of the study."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Nothing was removed. The name of this study is {name!r}; type exactly it."
        )


def show_creation(here: session.Here, *, open_at_first: bool) -> None:
    """A name and a question make a study; everything else has a start that works."""
    with st.expander("New study", icon=":material/add:", expanded=open_at_first):
        st.text_input("Name", key=NEW_NAME, max_chars=200)
        st.text_input(
            "Question put to annotators",
            key=NEW_QUESTION,
            max_chars=500,
            placeholder="Which answer helps more?",
        )
        st.button("Create", type="primary", on_click=said(lambda: _create(here)))


def show_all(here: session.Here, listed: list[Study]) -> None:
    """One line a study; its name chooses it."""
    counts = studies.counts(here.db)
    current = [study for study in listed if study.state is not State.ARCHIVED]
    archived = [study for study in listed if study.state is State.ARCHIVED]
    for study in current:
        _show_line(study, counts.get(study.id, NOTHING))
    if archived:
        with st.expander(f"Archived ({len(archived)})"):
            for study in archived:
                _show_line(study, counts.get(study.id, NOTHING))


def show_state(here: session.Here, study: Study) -> None:
    """Where the study stands and what can be done with it as a whole."""
    counts = studies.counts(here.db).get(study.id, NOTHING)
    with here.db.cursor() as cursor:
        n_questions = asked_space.n_questions(cursor, study)
    what = "pairs" if study.settings.form.kind is Form.PAIR else "questions"
    wanted = n_questions * study.settings.overlap
    st.header(plain(study.settings.name), anchor=False)
    st.markdown(
        f"{_badges(study)} version {study.version} · "
        f"{count(counts.prompts, 'prompt', 'prompts')} · "
        f"{count(counts.items, 'item', 'items')} · {n_questions:,} {what}, each judged by "
        f"{study.settings.overlap:,}: {wanted:,} judgments wanted, {counts.judgments:,} given"
    )
    row = st.container(horizontal=True)
    for (start, end), (label, icon) in MOVES.items():
        if start is study.state:
            row.button(label, icon=icon, key=f"{end} {study.id}", on_click=_move(here, study, end))
    row.button(
        "Duplicate",
        icon=":material/content_copy:",
        key=f"duplicate {study.id}",
        help="The same settings, items and people as a new draft, without the judgments.",
        on_click=said(lambda: _duplicate(here, study)),
    )
    if study.demonstration:
        row.button(
            "Remove the demonstration",
            icon=":material/delete:",
            key=f"remove {study.id}",
            on_click=_move(here, study, State.REMOVED),
        )
        return
    with row.popover("Remove …", icon=":material/delete:"):
        _show_removal(here, study)


def show_people(here: session.Here, study: Study) -> None:
    """Who is in the study. Researchers and admins see every study without being in it."""
    inside = studies.members(here.db, study.id)
    theirs = {person.id for person in inside}
    outside = [
        person
        for person in people.all_people(here.db)
        if person.id not in theirs and person.id != LOCAL and person.role is not Role.NONE
    ]
    if here.workbench.settings.local:
        st.info(
            "In local mode the one person judges in every study. To let others in, start the "
            "workbench with accounts: `make serve`."
        )
    names = ", ".join(f"{plain(person.name)} ({person.role.value})" for person in inside)
    st.markdown(f"**{len(inside)} in this study**: {names}" if inside else "Nobody is in it yet.")
    _show_choice(here, study, outside, member=True)
    _show_choice(here, study, inside, member=False)


def show_versions(here: session.Here, study: Study) -> None:
    """Every version of the settings with what changed in it."""
    history = studies.history(here.db, study.id)
    for saved, before in zip(history, [*history[1:], None], strict=True):
        st.markdown(
            f"**Version {saved.version}**, saved {saved.saved_at:%Y-%m-%d %H:%M} UTC by "
            f"{plain(saved.saved_by or 'the workbench')}"
        )
        if before is not None:
            study_form.show_changes(before.settings, saved.settings)


def choose(study_id: str) -> None:
    """Look at this study from now on; the address of the page says so too."""
    st.query_params["study"] = study_id


def _show_line(study: Study, counts: Counts) -> None:
    name, state, held = st.columns([5, 2, 5], vertical_alignment="center")
    name.button(
        plain(study.settings.name),
        key=f"choose {study.id}",
        type="tertiary",
        on_click=choose,
        args=[study.id],
    )
    state.markdown(_badges(study))
    held.caption(
        f"{count(counts.items, 'item', 'items')} · "
        f"{count(counts.judgments, 'judgment', 'judgments')} · "
        f"{count(counts.members, 'person', 'people')} · created {study.created_at:%Y-%m-%d}"
    )


def _badges(study: Study) -> str:
    return BADGES[study.state] + " :blue-badge[demonstration]" * study.demonstration


def _show_removal(here: session.Here, study: Study) -> None:
    st.markdown(
        "It disappears from every page, for everybody, and cannot be brought back here. The "
        "judgments stay in the database file. Archiving hides it from annotators only."
    )
    key = f"typed name of {study.id}"
    st.text_input("Type the name of the study to remove it", key=key)
    st.button(
        "Remove for good",
        key=f"remove {study.id}",
        on_click=said(lambda: _remove(here, study, session.typed(key))),
    )


def _show_choice(here: session.Here, study: Study, choice: list[Person], *, member: bool) -> None:
    """Choose some people, and let them in or take them out."""
    verb = "Add" if member else "Take out"
    key = f"{verb} for {study.id}"
    names = {person.id: f"{person.name} ({person.role.value})" for person in choice}
    st.multiselect(
        f"{verb} people",
        list(names),
        format_func=lambda person_id: names.get(person_id, ""),
        key=key,
        disabled=not choice,
        placeholder="Choose people" if choice else "Nobody left",
    )
    st.button(
        verb,
        key=f"button {key}",
        disabled=not choice,
        on_click=said(lambda: _set_members(here, study, key, member=member)),
    )


def _set_members(here: session.Here, study: Study, key: str, *, member: bool) -> None:
    for person_id in session.typed(key):
        studies.set_member(here.db, study.id, person_id, member, by=here.person.id)
    session.keep(key, [])


def _create(here: session.Here) -> None:
    settings = StudySettings(session.typed(NEW_NAME).strip(), session.typed(NEW_QUESTION).strip())
    choose(studies.create(here.db, settings, by=here.person.id).id)
    session.keep(NEW_NAME, "")
    session.keep(NEW_QUESTION, "")
    st.toast("Created as a draft. Import items next, then start it.")


def _move(here: session.Here, study: Study, state: State) -> Callable[[], None]:
    return said(lambda: studies.set_state(here.db, study.id, state, by=here.person.id))


def _duplicate(here: session.Here, study: Study) -> None:
    copy = studies.duplicate(here.db, study.id, by=here.person.id)
    choose(copy.id)
    st.toast(f"Duplicated as {copy.settings.name}.")


def _remove(here: session.Here, study: Study, typed: str) -> None:
    if typed.strip() != study.settings.name.strip():
        raise WrongNameError(study.settings.name)
    studies.set_state(here.db, study.id, State.REMOVED, by=here.person.id)
