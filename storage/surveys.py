"""What people answer about the study itself. A later answer to a question takes its place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import DiscernError
from storage.database import Cursor, Database

#: Of an answer, written as JSON.
MAX_ANSWER = 20_000


class SurveyAnswerError(DiscernError):
    """An answer that cannot be kept."""


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """One person's newest answer to one question."""

    person_id: str
    question: str
    answer: Any
    answered_at: datetime


def answer(
    db: Database,
    study_id: str,
    person_id: str,
    answers: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep answers, by question; one that is the same as before is no new row.

    Raises
    ------
    SurveyAnswerError
        If an answer is too long.
    """
    written = {name: json.dumps(value, sort_keys=True) for name, value in answers.items()}
    for name, text in written.items():
        if len(text) > MAX_ANSWER:
            raise SurveyAnswerError(
                f"The answer to {name[:40]!r} has {len(text):,} characters; it may have "
                f"{MAX_ANSWER:,}. Say it in fewer words."
            )

    def put(cursor: Cursor) -> None:
        known = {
            question: (revision, text)
            for question, revision, text in cursor.execute(
                "SELECT question, max(revision), arg_max(answer, revision) FROM survey_answers"
                " WHERE study_id = ? AND person_id = ? GROUP BY question",
                [study_id, person_id],
            ).fetchall()
        }
        for name, text in written.items():
            revision, before = known.get(name, (-1, None))
            if before != text:
                cursor.execute(
                    "INSERT INTO survey_answers VALUES (?, ?, ?, ?, ?, ?)",
                    [study_id, person_id, name, revision + 1, text, now],
                )

    db.write(put)


def of_person(db: Database, study_id: str, person_id: str) -> dict[str, Any]:
    """The newest answers of one person, by question."""
    return {
        found.question: found.answer
        for found in of_study(db, study_id)
        if found.person_id == person_id
    }


def of_study(db: Database, study_id: str) -> list[SurveyAnswer]:
    """The newest answer of every person to every question."""
    rows = db.read(
        """
        SELECT person_id, question, answer, answered_at FROM survey_answers WHERE study_id = ?
        QUALIFY row_number() OVER (PARTITION BY person_id, question ORDER BY revision DESC) = 1
        ORDER BY question, person_id
        """,
        [study_id],
    )
    return [SurveyAnswer(who, question, json.loads(text), at) for who, question, text, at in rows]
