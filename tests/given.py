"""What tests start from: a study that runs, people who answer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.judgment import Outcome, Presentation
from core.study import State, Study, StudySettings
from storage import assignment, judgments, studies
from storage.database import Cursor, Database
from storage.judgments import Answer

INSERT_ITEM = "INSERT INTO items (study_id, item_id, prompt_id, text) VALUES (?, ?, ?, ?)"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def running_study(db: Database, *, sizes: tuple[int, ...] = (4,), **settings: Any) -> Study:
    """A running study with one prompt for each size, and so many items under it."""
    wanted = replace(StudySettings("Fruit", "Which is better?"), **settings)
    study = studies.create(db, wanted, by=None)

    def put(cursor: Cursor) -> None:
        for number, size in enumerate(sizes):
            prompt = f"q{number}"
            cursor.execute(
                "INSERT INTO prompts (study_id, prompt_id, text) VALUES (?, ?, 'Why?')",
                [study.id, prompt],
            )
            for item in range(size):
                row = [study.id, f"{prompt}-{item:03}", prompt, f"Answer **{item}**"]
                cursor.execute(INSERT_ITEM, row)

    db.write(put)
    studies.set_state(db, study.id, State.RUNNING, by=None)
    return studies.get(db, study.id)


def next_pair(
    db: Database, study: Study, annotator: str, now: datetime = NOON, seed: int = 0
) -> Presentation | None:
    waiting = assignment.fill(db, study, annotator, wanted=1, now=now, seed=seed)
    return waiting[0] if waiting else None


def shown_to(
    db: Database, study: Study, annotator: str, most: int, seed: int = 0
) -> Iterator[Presentation]:
    """At most so many, six of them on their way at a time as on the page; answer each."""
    while most > 0:
        waiting = assignment.fill(db, study, annotator, wanted=min(6, most), now=NOON, seed=seed)
        if not waiting:
            return
        yield from waiting
        most, seed = most - len(waiting), seed + len(waiting)


def answer(
    db: Database, study: Study, shown: Presentation, outcome: Outcome, now: datetime = NOON
) -> None:
    given = Answer(shown.id, outcome, duration_ms=1000)
    judgments.add(db, shown.annotator_id, given, study, now)
