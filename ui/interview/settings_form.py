"""What a study asks about values, edited by one researcher while others may do the same."""

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from core.errors import DiscernError
from core.study import LANGUAGES, Study
from core.value_study import LONGEST_CALL, ModelChoice, ModelKind, StoryText, ValueSettings
from storage import canonical, value_settings, values_cards
from storage.value_settings import SavedValueSettings
from ui import session
from ui.interview import card_view, settings_text
from ui.sentences import plain, said

MODELS = {
    ModelKind.OFF: "None: the guided interview",
    ModelKind.ENDPOINT: "An OpenAI-compatible endpoint",
    ModelKind.LOCAL: "A transformers model in a folder of the server",
}


def show(here: session.Here, study: Study) -> None:
    """Show the form. What was typed stays until it is saved or dropped, whoever else saves."""
    newest = value_settings.newest(here.db, study.id)
    edited = session.kept(_editing(study), newest)
    key = f"values {session.kept(_round(study), 0)} of {study.id}: "
    st.caption(
        "People come from a case and a story of their own to values cards; then they compare them. "
        "Without a case the study asks nothing about values. Interviews that have begun keep the "
        "cases that they began with."
    )
    _show_cases(edited.settings, key)
    _show_model(here, edited.settings.model, key)
    try:
        mine = _typed(edited.settings, key)
    except DiscernError as error:
        st.error(plain(str(error)))
        mine = None
    _show_saving(here, study, newest, mine, edited)
    st.divider()
    _show_stories(here, study, newest)


def _show_saving(
    here: session.Here,
    study: Study,
    newest: SavedValueSettings,
    mine: ValueSettings | None,
    edited: SavedValueSettings,
) -> None:
    if edited.version != newest.version and mine == replace(edited.settings, stories=()):
        _begin_anew(study, newest)
        st.rerun()
    row = st.container(horizontal=True)
    if edited.version != newest.version:
        st.warning(
            f"Somebody saved version {newest.version} while you were editing version "
            f"{edited.version}. Your text is still above."
        )
        row.button(
            f"Take version {newest.version}, drop mine",
            key=f"drop values {study.id}",
            on_click=_begin_anew,
            args=(study, newest),
        )
    row.button(
        f"Save as version {newest.version + 1}",
        type="primary",
        key=f"save values {study.id}",
        disabled=mine is None,
        on_click=said(lambda: _save(here, study, mine or edited.settings, newest.version)),
    )


def _save(here: session.Here, study: Study, mine: ValueSettings, version: int) -> None:
    known = {"", *(context.id for context in mine.contexts)}
    stories = tuple(  # they have a form of their own
        story
        for story in value_settings.of_study(here.db, study.id).stories
        if story.context_id in known
    )
    saved = value_settings.save(
        here.db,
        study.id,
        replace(mine, stories=stories),
        version=version,
        by=here.person.id,
        now=datetime.now(UTC),
    )
    _begin_anew(study, value_settings.newest(here.db, study.id))
    st.toast(f"Saved as version {saved}." if saved != version else "Nothing has changed.")


def _show_cases(settings: ValueSettings, key: str) -> None:
    st.text_area(
        "Cases",
        settings_text.cases_to_text(settings.cases),
        height=220,
        key=key + "cases",
        help="Situations to start from. Each begins with a line “# Title”; its text follows.",
    )
    st.text_area(
        "Contexts",
        settings_text.contexts_to_text(settings.contexts, settings.cases),
        height=120,
        key=key + "contexts",
        help="When one value may be wiser than another, such as “when somebody is in distress”: "
        "one on each line. Titles of cases may follow behind bars: “… | Title | Title”.",
    )
    st.text_area(
        "Vignettes to test cards on",
        settings_text.vignettes_to_text(settings.vignettes, settings.cases),
        height=160,
        key=key + "vignettes",
        help="For people who judge no pairs in this study. “# Title of the case”, one way to "
        "answer it, a line “---”, the other way.",
    )
    st.multiselect(
        "Languages in which people may write",
        list(LANGUAGES),
        [code for code in settings.languages if code in LANGUAGES],
        format_func=LANGUAGES.__getitem__,
        key=key + "languages",
        help="Advice that looks at words knows English; the rest is given in every language.",
    )
    st.toggle("Also ask for a tree of goals, with weights", settings.ask_goals, key=key + "goals")


def _show_model(here: session.Here, model: ModelChoice, key: str) -> None:
    kinds = list(MODELS)
    kind = st.selectbox(
        "Language model that proposes wordings",
        kinds,
        kinds.index(model.kind),
        format_func=MODELS.__getitem__,
        key=key + "kind",
        help="It only proposes. What people write about their lives is sent to it.",
    )
    if kind is ModelKind.ENDPOINT:
        left, right = st.columns(2)
        url = model.url or here.workbench.settings.model_url
        left.text_input(
            "Address",
            url,
            key=key + "url",
            placeholder="http://localhost:8000/v1",
            help="Up to and without /chat/completions. A key, where one is needed, is set on the "
            "server as DISCERN_MODEL_KEY, with its address as DISCERN_MODEL_URL.",
        )
        right.text_input("Name of the model", model.name, key=key + "name")
    if kind is ModelKind.LOCAL:
        st.text_input(
            "Folder on the server",
            model.folder,
            key=key + "folder",
            help="As `save_pretrained` writes it. It runs in a process of its own.",
        )
    if kind is not ModelKind.OFF:
        st.number_input(
            "Seconds to wait for it",
            1.0,
            LONGEST_CALL,
            float(model.seconds),
            1.0,
            key=key + "seconds",
            help="Nobody sits before an empty page meanwhile: the usual question is there.",
        )


def _typed(before: ValueSettings, key: str) -> ValueSettings:
    def typed(name: str) -> str:
        return str(session.typed(key + name))

    cases = settings_text.cases_from_text(typed("cases"), before.cases)
    contexts = settings_text.contexts_from_text(typed("contexts"), cases, before.contexts)
    return ValueSettings(
        cases=cases,
        contexts=contexts,
        vignettes=settings_text.vignettes_from_text(typed("vignettes"), cases),
        languages=tuple(session.typed(key + "languages")),
        ask_goals=bool(session.typed(key + "goals")),
        model=ModelChoice(
            session.typed(key + "kind"),
            str(session.typed_or(key + "url", before.model.url)),
            str(session.typed_or(key + "name", before.model.name)),
            str(session.typed_or(key + "folder", before.model.folder)),
            float(session.typed_or(key + "seconds", before.model.seconds)),
        ),
    )


def _show_stories(here: session.Here, study: Study, newest: SavedValueSettings) -> None:
    """Stories lead from one card to another, so that there must be cards first."""
    st.subheader("Stories", anchor=False)
    st.caption(
        "Optional. A story in the first person, told beside the question which of two values is "
        "wiser: in one direction, in the other, or not at all, by chance."
    )
    groups = canonical.groups(here.db, study.id).groups
    titles = {one.card_id: one.card.title for one in values_cards.of_study(here.db, study.id)}
    names = [group.representative for group in groups]
    if len(names) > 1:
        _show_new_story(
            here, study, newest, card_view.distinct({name: titles[name] for name in names})
        )
    for number, story in enumerate(newest.settings.stories):
        with st.container(border=True):
            st.markdown(
                f"{plain(titles.get(story.from_id, story.from_id))} → "
                f"{plain(titles.get(story.to_id, story.to_id))}"
            )
            st.text(story.text)
            rest = tuple(one for one in newest.settings.stories if one != story)
            st.button(
                "Remove",
                key=f"story {number} of {study.id} {newest.version}",
                on_click=said(lambda rest=rest: _save_stories(here, study, newest, rest)),  # type: ignore[misc]
            )


def _show_new_story(
    here: session.Here, study: Study, newest: SavedValueSettings, titles: dict[str, str]
) -> None:
    key = f"new story of {study.id} {newest.version} "
    contexts = {"": "In every context"} | {c.id: c.text for c in newest.settings.contexts}
    left, right, where = st.columns(3)
    left.selectbox("From", list(titles), format_func=titles.__getitem__, key=key + "from")
    right.selectbox("To", list(titles), 1, format_func=titles.__getitem__, key=key + "to")
    where.selectbox(
        "Context", list(contexts), format_func=contexts.__getitem__, key=key + "context"
    )
    st.text_area("Story", key=key + "text", max_chars=20_000)

    def add() -> None:
        from_id, to_id, text, context = (
            str(session.typed(key + name)) for name in ("from", "to", "text", "context")
        )
        story = StoryText(from_id, to_id, text, context)
        _save_stories(here, study, newest, (*newest.settings.stories, story))

    st.button("Add the story", key=key + "add", on_click=said(add))


def _save_stories(
    here: session.Here,
    study: Study,
    newest: SavedValueSettings,
    stories: tuple[StoryText, ...],
) -> None:
    value_settings.save(
        here.db,
        study.id,
        replace(newest.settings, stories=stories),
        version=newest.version,
        by=here.person.id,
        now=datetime.now(UTC),
    )
    if session.kept(_editing(study), newest).version == newest.version:
        session.keep(_editing(study), value_settings.newest(here.db, study.id))


def _begin_anew(study: Study, settings: SavedValueSettings) -> None:
    """Fill the form with what is saved; its fields have new names, so that nothing typed stays."""
    session.keep(_editing(study), settings)
    session.keep(_round(study), session.kept(_round(study), 0) + 1)


def _round(study: Study) -> str:
    return f"round of value settings of {study.id}"


def _editing(study: Study) -> str:
    return f"edited value settings of {study.id}"
