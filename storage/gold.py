"""Questions whose answer is known: gold among the real ones, and the training before them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.answer_form import Form, ListSaid
from core.judgment import ChoiceSet, ItemOutcome, Purpose
from core.known_answers import Said, score
from storage.database import Cursor, Database
from storage.places import read_said
from storage.presentations import items_of, set_id


@dataclass(frozen=True, slots=True)
class Gold:
    """A question with its answer.

    Attributes
    ----------
    outcome : ItemOutcome
        Said of the items, sorted; `answered` where several items are put in order.
    feedback : str
        What a person in training reads after the answer, Markdown.
    training : bool
        Whether it belongs to the training; else it stands among the real questions.
    said : ListSaid or None
        The order, where there is one.
    """

    items: ChoiceSet
    outcome: ItemOutcome
    feedback: str
    training: bool
    source: str
    said: ListSaid | None = None

    def score(self, given: Said, form: Form) -> float:
        """How far an answer is right, from 0 to 1; see `core.known_answers.score`."""
        return score(Said(self.outcome, self.said), given, form)


def of_study(db: Database, study_id: str) -> tuple[Gold, ...]:
    """What is known now, training first, in the order of the items."""
    with db.cursor() as cursor:
        return read(cursor, study_id)


def read(cursor: Cursor, study_id: str) -> tuple[Gold, ...]:
    """The same on a cursor; a question without an answer is none whose answer is known."""
    rows = cursor.execute(
        """
        SELECT items, outcome, feedback, training, source, said FROM (
            SELECT * FROM gold WHERE study_id = ?
            QUALIFY row_number() OVER (PARTITION BY set_id ORDER BY revision DESC) = 1
        )
        WHERE source <> 'removed' AND outcome IS NOT NULL ORDER BY training DESC, set_id
        """,
        [study_id],
    ).fetchall()
    return tuple(
        Gold(tuple(items), ItemOutcome(outcome), feedback, training, source, read_said(said))
        for items, outcome, feedback, training, source, said in rows
    )


def answers(
    db: Database, study_id: str, purposes: Sequence[Purpose] = (Purpose.GOLD, Purpose.TRAINING)
) -> dict[ChoiceSet, list[tuple[str, Said]]]:
    """Who answered what to questions that were asked as gold or in training; by their items."""
    rows = db.read(
        "SELECT set_id, annotator_id, outcome, said FROM standing_answers"
        " WHERE study_id = ? AND list_contains(?, purpose) AND outcome <> ?"
        " ORDER BY judged_at, presentation_id",
        [study_id, [purpose.value for purpose in purposes], ItemOutcome.SKIPPED.value],
    )
    found: dict[ChoiceSet, list[tuple[str, Said]]] = {}
    for key, annotator, outcome, said in rows:
        given = Said(ItemOutcome(outcome), read_said(said))
        found.setdefault(items_of(key), []).append((annotator, given))
    return found


def put(cursor: Cursor, study_id: str, known: Gold, *, by: str | None, now: datetime) -> None:
    """Say what the answer is, or, with the source `removed`, that it is not known any more."""
    cursor.execute(
        """
        INSERT INTO gold (
            study_id, set_id, revision, items, outcome, feedback, training, source, set_at, set_by,
            said
        )
        SELECT $study, $key, coalesce(max(revision) + 1, 0), $items, $outcome, $feedback, $training,
               $source, $now, $by, $said
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
            "said": None if known.said is None else json.dumps(known.said.as_json()),
        },
    )


def take_back(db: Database, study_id: str, known: Gold, *, by: str | None, now: datetime) -> None:
    """Its answer is not known any more: it is asked neither as gold nor in training."""
    removed = replace(known, source="removed")
    db.write(lambda cursor: put(cursor, study_id, removed, by=by, now=now))
