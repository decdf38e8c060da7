"""One person's own standing answers in a study."""

import json

from core.answer_form import ListSaid
from core.judgment import ItemOutcome, Purpose
from core.own_report import OwnAnswer
from storage.database import Database
from storage.presentations import items_of


def of_person(db: Database, study_id: str, annotator_id: str) -> list[OwnAnswer]:
    """All of them, oldest first, skipped ones too; those in training do not count."""
    rows = db.read(
        "SELECT set_id, outcome, said, duration_ms, purpose FROM standing_answers"
        " WHERE study_id = ? AND annotator_id = ? AND purpose <> ?"
        " ORDER BY judged_at, presentation_id",
        [study_id, annotator_id, Purpose.TRAINING.value],
    )
    return [
        OwnAnswer(
            items_of(key),
            ItemOutcome(outcome),
            None if said is None else ListSaid.from_json(json.loads(said)),
            duration_ms,
            repeat=purpose == Purpose.REPEAT,
        )
        for key, outcome, said, duration_ms, purpose in rows
    ]
