"""What an export says about values that follows from turns and events, and no SQL can say."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.goals.weights import weights
from core.interview.calls import receptions
from core.interview.machine import advance
from core.interview.state import State
from storage import canonical, goals, interviews
from storage.database import Reads
from storage.export_kinds import Content
from storage.interviews import card_id_of

Rows = Iterator[dict[str, Any]]

#: Whether a study asks about values, or has anything that was said of them.
ASKS_ABOUT_VALUES = """
    SELECT EXISTS (SELECT 1 FROM value_settings WHERE study_id = $study)
        OR EXISTS (SELECT 1 FROM values_cards WHERE study_id = $study)
"""


def derived(db: Reads, study_id: str, content: Content) -> list[dict[str, Any]] | None:
    """The rows that `storage.value_export_columns` wants as `$derived`; None: it wants none."""
    rows = _DERIVED.get(content)
    return None if rows is None else list(rows(db, study_id))


def _cards_of_turns(db: Reads, study_id: str) -> Rows:
    for interview in interviews.of_study(db, study_id):
        before = State()
        for number, turn in enumerate(interview.turns):
            after = advance(before, turn)
            value = before.current if after.current is None else after.current
            if value is not None:
                card = card_id_of(interview.id, value)
                yield {"interview_id": interview.id, "number": number, "card_id": card}
            before = after


def _acceptances(db: Reads, study_id: str) -> Rows:
    for interview in interviews.of_study(db, study_id):
        for made in receptions(interview.turns):
            yield {"call_id": made.call_id, "acceptance": made.acceptance.value}


def _canonical_links(db: Reads, study_id: str) -> Rows:
    for group in canonical.groups(db, study_id).groups:
        for card in group.members:
            yield {"card_id": card, "stands_for": group.representative}


def _what_counts(db: Reads, study_id: str) -> Rows:
    history = canonical.history(db, study_id)
    undone = canonical.undone(history)
    for recorded in history:
        if recorded.number not in undone:
            yield {"number": recorded.number}


def _goals(db: Reads, study_id: str) -> Rows:
    for person, tree in goals.of_study(db, study_id).items():
        weighed = weights(tree)
        for row, goal in enumerate(tree.walk()):
            yield {
                "annotator_id": person,
                "goal_id": goal.id,
                "parent_id": goal.parent,
                "place": tree.below(goal.parent).index(goal),
                "depth": len(tree.path(goal.id)) - 1,
                "text": goal.text,
                "worst": goal.worst,
                "best": goal.best,
                "points": tree.points.get(goal.parent, {}).get(goal.id),
                "weight": weighed[goal.id].local,
                "overall": weighed[goal.id].overall,
                "row": row,
            }


_DERIVED: Mapping[Content, Callable[[Reads, str], Rows]] = {
    Content.INTERVIEW_TURNS: _cards_of_turns,
    Content.MODEL_CALLS: _acceptances,
    Content.VALUES_CARDS: _canonical_links,
    Content.CANONICAL_HISTORY: _what_counts,
    Content.GOALS: _goals,
}
