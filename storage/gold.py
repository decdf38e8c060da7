"""Questions whose answer is known: gold among the real ones, and the training before them."""

from dataclasses import dataclass, replace
from datetime import datetime

from core.judgment import ChoiceSet, ItemOutcome
from storage.database import Cursor, Database
from storage.presentations import set_id


@dataclass(frozen=True, slots=True)
class Gold:
    """A question with its answer.

    Attributes
    ----------
    outcome : ItemOutcome
        Said of the items, sorted.
    feedback : str
        What a person in training reads after the answer, Markdown.
    training : bool
        Whether it belongs to the training; else it stands among the real questions.
    """

    items: ChoiceSet
    outcome: ItemOutcome
    feedback: str
    training: bool
    source: str

    def is_right(self, outcome: ItemOutcome | None) -> bool:
        return outcome is self.outcome


def of_study(db: Database, study_id: str) -> tuple[Gold, ...]:
    """What is known now, training first, in the order of the items."""
    with db.cursor() as cursor:
        return read(cursor, study_id)


def read(cursor: Cursor, study_id: str) -> tuple[Gold, ...]:
    """The same on a cursor; a question without an answer is none whose answer is known."""
    rows = cursor.execute(
        """
        SELECT items, outcome, feedback, training, source FROM (
            SELECT * FROM gold WHERE study_id = ?
            QUALIFY row_number() OVER (PARTITION BY set_id ORDER BY revision DESC) = 1
        )
        WHERE source <> 'removed' AND outcome IS NOT NULL ORDER BY training DESC, set_id
        """,
        [study_id],
    ).fetchall()
    return tuple(
        Gold(tuple(items), ItemOutcome(outcome), feedback, training, source)
        for items, outcome, feedback, training, source in rows
    )


def put(cursor: Cursor, study_id: str, known: Gold, *, by: str | None, now: datetime) -> None:
    """Say what the answer is, or, with the source `removed`, that it is not known any more."""
    cursor.execute(
        """
        INSERT INTO gold
        SELECT $study, $key, coalesce(max(revision) + 1, 0), $items, $outcome, $feedback, $training,
               $source, $now, $by
        FROM gold WHERE study_id = $study AND set_id = $key
        """,
        {
            "study": study_id,
            "key": set_id(known.items),
            "items": list(known.items),
            "outcome": known.outcome.value,
            "feedback": known.feedback,
            "training": known.training,
            "source": known.source,
            "now": now,
            "by": by,
        },
    )


def take_back(db: Database, study_id: str, known: Gold, *, by: str | None, now: datetime) -> None:
    """Its answer is not known any more: it is asked neither as gold nor in training."""
    removed = replace(known, source="removed")
    db.write(lambda cursor: put(cursor, study_id, removed, by=by, now=now))
