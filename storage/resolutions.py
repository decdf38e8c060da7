"""What came of looking again at sets of items, and answers of those who looked without being told.

A resolution stands beside the judgments and changes none of them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.adjudication import (
    AdjudicationError,
    Disagreement,
    Resolution,
    Verdict,
    may_give_second_opinion,
)
from core.judgment import BESIDE, ChoiceSet, ItemOutcome, Presentation, Purpose
from core.study import Study
from storage import presentations
from storage.database import Cursor, Database
from storage.places_on_disk import lease_until
from storage.presentations import set_id

#: By which rule a second opinion is asked: somebody took it from the queue.
POLICY = "adjudication"


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What somebody said of a set of items, with the reasons that stand beside it."""

    by: str
    outcome: ItemOutcome
    reason: str
    at: datetime


def of_study(db: Database, study_id: str) -> tuple[Resolution, ...]:
    """The newest resolution of every set that has one, oldest first; `by` is a name."""
    rows = db.read(
        """
        SELECT r.set_id, coalesce(p.name, r.resolved_by, ''), r.resolved_at, r.verdict, r.outcome,
               r.kind, r.reason
        FROM (
            SELECT * FROM resolutions WHERE study_id = ?
            QUALIFY row_number() OVER (PARTITION BY set_id ORDER BY revision DESC) = 1
        ) r LEFT JOIN people p ON p.person_id = r.resolved_by
        ORDER BY r.resolved_at, r.set_id
        """,
        [study_id],
    )
    return tuple(
        Resolution(
            key,
            by,
            at,
            Verdict[verdict.upper()],
            None if outcome is None else ItemOutcome(outcome),
            Disagreement[kind.upper()],
            reason,
        )
        for key, by, at, verdict, outcome, kind, reason in rows
    )


def add(db: Database, study_id: str, resolution: Resolution) -> None:
    """Store a resolution as the newest of its set; `unit` is `presentations.set_id` of its items.

    Raises
    ------
    AdjudicationError
        If nobody was ever shown these items in this study.
    """

    def insert(cursor: Cursor) -> None:
        known = [study_id, resolution.unit]
        asked = "SELECT 1 FROM presentations WHERE study_id = ? AND set_id = ? LIMIT 1"
        if not cursor.execute(asked, known).fetchall():
            raise AdjudicationError(
                "Nobody was asked about these items in this study. Take a case of the queue."
            )
        cursor.execute(
            """
            INSERT INTO resolutions
            SELECT $study, $key, coalesce(max(revision) + 1, 0), $verdict, $outcome, $kind, $reason,
                   $now, $by
            FROM resolutions WHERE study_id = $study AND set_id = $key
            """,
            {
                "study": study_id,
                "key": resolution.unit,
                "verdict": resolution.verdict.name.lower(),
                "outcome": None if resolution.outcome is None else resolution.outcome.value,
                "kind": resolution.kind.name.lower(),
                "reason": resolution.reason.strip(),
                "now": resolution.at,
                "by": resolution.by,
            },
        )

    db.write(insert)


def ask(
    db: Database,
    study: Study,
    items: ChoiceSet,
    person_id: str,
    *,
    now: datetime,
    rng: np.random.Generator,
) -> Presentation:
    """Show a set to somebody who has not judged it, sides by lot; again the same while it is open.

    Raises
    ------
    AdjudicationError
        If this person has judged these items, and so is not blind to them.
    """

    def insert(cursor: Cursor) -> Presentation:
        if not may_give_second_opinion(person_id, _judged_by(cursor, study.id, items)):
            raise AdjudicationError(
                "You have judged these items yourself, so that your opinion would not be a second "
                "one. Ask another admin, or resolve the case from what is there."
            )
        waiting = _open(cursor, study.id, items, person_id)
        if waiting is not None:
            return waiting
        [(attempt,)] = cursor.execute(
            "SELECT coalesce(max(attempt) + 1, 0) FROM presentations"
            " WHERE study_id = ? AND set_id = ? AND slot = ?",
            [study.id, set_id(items), BESIDE],
        ).fetchall()
        order = tuple(items[place] for place in rng.permutation(len(items)))
        shown = Presentation(
            id=secrets.token_hex(8),
            study_id=study.id,
            settings_version=study.version,
            annotator_id=person_id,
            items=items,
            shown=order,
            slot=BESIDE,
            attempt=attempt,
            purpose=Purpose.OPINION,
            policy=POLICY,
            probability=None,
            created_at=now,
        )
        presentations.add(cursor, [(shown, lease_until(study, now))])
        return shown

    return db.write(insert)


def opinions(db: Database, study_id: str, items: ChoiceSet) -> list[GivenAnswer]:
    """Second opinions about a set, oldest first."""
    return _said(db, study_id, items, beside=True)


def given(db: Database, study_id: str, items: ChoiceSet) -> list[GivenAnswer]:
    """What people said of a set within the overlap, oldest first."""
    return _said(db, study_id, items, beside=False)


def _said(db: Database, study_id: str, items: ChoiceSet, *, beside: bool) -> list[GivenAnswer]:
    chosen = "s.slot = -1 AND s.purpose = 'opinion'" if beside else "s.slot >= 0"
    rows = db.read(
        f"""
        SELECT coalesce(p.name, i.external_id, s.annotator_id), s.outcome,
               concat_ws(' · ', nullif(array_to_string(s.chips, ', '), ''), s.reason), s.judged_at
        FROM standing_answers s
        LEFT JOIN people p ON p.person_id = s.annotator_id
        LEFT JOIN imported_annotators i ON i.annotator_id = s.annotator_id
        WHERE s.study_id = ? AND s.set_id = ? AND {chosen}
        ORDER BY s.judged_at, s.presentation_id
        """,  # noqa: S608 - one of the two above
        [study_id, set_id(items)],
    )
    return [
        GivenAnswer(by, ItemOutcome(outcome), reason or "", at) for by, outcome, reason, at in rows
    ]


def has_judged(db: Database, study_id: str, items: ChoiceSet, person_id: str) -> bool:
    """Whether this person has answered about the set, within the overlap or beside it."""
    with db.cursor() as cursor:
        return person_id in _judged_by(cursor, study_id, items)


def _judged_by(cursor: Cursor, study_id: str, items: ChoiceSet) -> Sequence[str]:
    rows = cursor.execute(
        "SELECT annotator_id FROM presentations JOIN judgments USING (presentation_id)"
        " WHERE study_id = ? AND set_id = ?",
        [study_id, set_id(items)],
    ).fetchall()
    return [person for (person,) in rows]


def _open(cursor: Cursor, study_id: str, items: ChoiceSet, person_id: str) -> Presentation | None:
    rows = cursor.execute(
        f"""
        SELECT {presentations.COLUMNS} FROM presentations p LEFT JOIN judgments j
        USING (presentation_id)
        WHERE p.study_id = ? AND p.set_id = ? AND p.annotator_id = ? AND p.purpose = 'opinion'
              AND j.presentation_id IS NULL
        """,  # noqa: S608 - own columns
        [study_id, set_id(items), person_id],
    ).fetchall()
    return presentations.from_row(rows[0]) if rows else None
