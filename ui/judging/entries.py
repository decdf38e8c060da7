"""What the browser gets of each presentation: the form of its question, and safe HTML.

Nothing here says why something is shown: a repeat or a question with a known answer looks like any
other, also to whoever reads what their browser was sent. Training says that it is training.
"""

from functools import lru_cache
from typing import Any

from core.judgment import Presentation, Purpose
from core.study import StudySettings
from storage import studies
from storage.database import Database
from storage.shown_texts import ShownTexts, texts_of
from ui.judging.content import html_of
from workbench import catalogue


@lru_cache(maxsize=1024)  # what was shown never changes
def entry_of(db: Database, shown: Presentation, language: str = "en") -> dict[str, Any]:  # noqa: ARG001
    """Describe one presentation; its form is that of the settings under which it was shown.

    `language` is that of the interface, in which the roles of a chat are said: `say` finds it
    itself, but what is remembered here must be told apart by it.
    """
    settings = settings_of(db, shown.study_id, shown.settings_version)
    return {
        "id": shown.id,
        **described(settings, texts_of(db, shown)),
        "again": Purpose.AGAIN in {shown.policy, shown.purpose},
        "training": shown.purpose == Purpose.TRAINING,
    }


def described(settings: StudySettings, texts: ShownTexts) -> dict[str, Any]:
    """A question about these texts, as it is put to people."""
    return {
        "question": settings.question,
        "language": settings.language,
        "direction": catalogue.direction(settings.language),
        "form": _form(settings, len(texts.items)),
        "prompt": html_of(texts.prompt.content, texts.prompt.kind) if texts.prompt.content else "",
        "items": [html_of(item.content, item.kind) for item in texts.items],
    }


@lru_cache(maxsize=256)  # a version never changes
def settings_of(db: Database, study_id: str, version: int) -> StudySettings:
    """The settings of one version."""
    return studies.settings_of(db, study_id, version)


def _form(settings: StudySettings, n_items: int) -> dict[str, Any]:
    form = settings.form
    return {
        "kind": form.kind.value,
        "compared": form.compared.value,
        "grades": form.largest_grade,
        "aspects": list(form.aspects),
        "aspects_first": form.aspects_first,
        "chips": list(form.chips),
        "sentence": form.sentence,
        "picks": min(form.picks, max(1, n_items - 1)),
        "outcomes": [outcome.value for outcome in settings.allowed],
    }
