"""What somebody in training reads after an answer: whether it was right, and why."""

from typing import Any

from core.judgment import ItemOutcome, Outcome, Presentation, Purpose, in_item_space
from core.study import Study
from storage import gold, presentations
from storage.database import Database
from storage.judgments import Answer
from ui.judging.content import html_of
from ui.judging.words import outcome_name


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
    return {
        "right": known[0].is_right(in_item_space(answer.outcome, shown)),
        "expected": outcome_name(_on_screen(known[0].outcome, shown)),
        "html": html_of(known[0].feedback, "markdown") if known[0].feedback else "",
    }


def _on_screen(outcome: ItemOutcome, shown: Presentation) -> Outcome:
    """An answer said of the items as this person would have said it."""
    if outcome not in {ItemOutcome.FIRST, ItemOutcome.SECOND}:
        return Outcome(outcome.value)
    first_is_left = shown.left == shown.items[0]
    return Outcome.LEFT if first_is_left == (outcome is ItemOutcome.FIRST) else Outcome.RIGHT
