"""What somebody in training reads after an answer: whether it was right, and why."""

from typing import Any

from core.answer_form import Form, read_list
from core.judgment import ItemOutcome, Outcome, Presentation, Purpose, in_item_space
from core.known_answers import Said
from core.study import Study
from storage import gold, presentations
from storage.database import Database
from storage.gold import Gold
from storage.judgments import Answer
from ui.judging.content import html_of
from ui.judging.entries import settings_of
from ui.judging.plain_fields import item_name
from ui.judging.words import outcome_name
from ui.messages import say


def after(db: Database, study: Study, answer: Answer) -> dict[str, Any] | None:
    """Return the feedback on an answer of the training; None if it was none, or was skipped."""
    if not study.settings.asking.training or answer.outcome is Outcome.SKIPPED:
        return None
    with db.cursor() as cursor:
        shown = presentations.get(cursor, answer.presentation_id)
        if shown is None or shown.purpose != Purpose.TRAINING:
            return None
        known = [one for one in gold.read(cursor, study.id) if one.items == shown.items]
    if not known:
        return None
    form, right = settings_of(db, study.id, shown.settings_version).form, known[0]
    order = None if answer.said is None else read_list(form, shown, answer.said)
    given = Said(in_item_space(answer.outcome, shown), order)
    return {
        "right": right.score(given, form.kind) == 1,
        "expected": _expected(right, form.kind, shown),
        "html": html_of(right.feedback, "markdown") if right.feedback else "",
    }


def _expected(known: Gold, form: Form, shown: Presentation) -> str:
    """The known answer as this person would have given it."""
    if known.said is None:
        return outcome_name(_on_screen(known.outcome, shown), form)
    places = [
        [item_name(position) for position in sorted(map(_order(shown).index, place))]
        for place in (*known.said.places, *([(known.said.worst,)] if known.said.worst else []))
    ]
    if form is Form.RANKING:
        numbered = (f"{number}. {' = '.join(names)}" for number, names in enumerate(places, 1))
        return " · ".join(numbered)
    if form is Form.BEST_WORST:
        return f"{say('Best')}: {places[0][0]} · {say('Worst')}: {places[-1][0]}"
    if form is Form.TRIPLET:
        return say("{one} and {other} are closer", one=places[0][0], other=places[0][1])
    return ", ".join(places[0])


def _order(shown: Presentation) -> tuple[str, ...]:
    return shown.shown or shown.items


def _on_screen(outcome: ItemOutcome, shown: Presentation) -> Outcome:
    """An answer said of the items as this person would have said it."""
    if outcome not in {ItemOutcome.FIRST, ItemOutcome.SECOND}:
        return Outcome(outcome.value)
    first_is_left = shown.left == shown.items[0]
    return Outcome.LEFT if first_is_left == (outcome is ItemOutcome.FIRST) else Outcome.RIGHT
