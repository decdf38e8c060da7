"""Answers: add, take back, count. Rows are never changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from core.answer_form import check_details, read_list
from core.errors import DiscernError
from core.judgment import Judgment, Outcome, Presentation, SkipReason, in_item_space
from core.study import Study, StudySettings
from storage import places_on_disk, presentations
from storage.board import board_of
from storage.database import Cursor, Database
from storage.places import Shown
from storage.study_rows import settings_shown

#: Characters that are kept of a written reason.
MAX_REASON = 4000


class AnswerRefusedError(DiscernError):
    """An answer that cannot be taken; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came from the screen about one presentation.

    Attributes
    ----------
    margin : int or None
        How much better, from 1 to the largest grade of the study.
    aspects : mapping from str to Outcome
        Left, right or tie.
    said : object
        What was said of several items, by their position on the screen; see `read_list`.
    """

    presentation_id: str
    outcome: Outcome
    duration_ms: int | None = None
    skip_reason: SkipReason | None = None
    margin: int | None = None
    aspects: Mapping[str, Outcome] = field(default_factory=dict)
    chips: tuple[str, ...] = ()
    reason: str = ""
    said: object = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What one person has done in a study, and what the study has in all."""

    own: int
    total: int


def add(db: Database, annotator_id: str, answer: Answer, study: Study, now: datetime) -> None:
    """Store an answer; what comes a second time changes nothing.

    Raises
    ------
    AnswerRefusedError
        If nothing of that id was shown to this person, or the study does not allow the answer.
    """

    def insert(cursor: Cursor) -> None:
        shown = _shown_to(cursor, study, annotator_id, answer.presentation_id)
        settings = settings_shown(cursor, study, shown)
        judgment = _judgment(answer, shown, settings, now)
        if cursor.execute(places_on_disk.ANSWER, [shown.id]).fetchall():
            return
        _insert(cursor, judgment, late=places_on_disk.is_late(cursor, study, shown, now))

    db.write(insert)


def _judgment(
    answer: Answer, shown: Presentation, settings: StudySettings, now: datetime
) -> Judgment:
    """The answer in item space, if the settings under which it was shown take it."""
    if answer.outcome not in settings.allowed:
        raise AnswerRefusedError(f"This study does not take the answer {answer.outcome.value!r}.")
    check_details(settings.form, answer.outcome, answer.margin, answer.aspects, answer.chips)
    if (answer.skip_reason is not None) != (answer.outcome is Outcome.SKIPPED):
        raise AnswerRefusedError(
            "A reason for skipping goes with a skipped pair, and only with it."
        )
    listed = answer.outcome is Outcome.ANSWERED
    said = read_list(settings.form, shown, answer.said).as_json() if listed else None
    return Judgment(
        presentation_id=shown.id,
        outcome=in_item_space(answer.outcome, shown),
        judged_at=now,
        duration_ms=answer.duration_ms,
        skip_reason=answer.skip_reason,
        reason=answer.reason.strip()[:MAX_REASON] or None,
        margin=answer.margin,
        aspects={name: in_item_space(said, shown) for name, said in answer.aspects.items()},
        chips=answer.chips,
        said=said,
    )


def take_back(
    db: Database, annotator_id: str, presentation_id: str, study: Study, now: datetime
) -> None:
    """Take an own answer back and give the same pair once more; a second time changes nothing.

    Raises
    ------
    AnswerRefusedError
        If this person has given no such answer.
    """

    def retract(cursor: Cursor) -> None:
        shown = _shown_to(cursor, study, annotator_id, presentation_id)
        answered = cursor.execute(
            "SELECT late FROM judgments WHERE presentation_id = ?", [presentation_id]
        ).fetchall()
        if not answered:
            raise AnswerRefusedError("There is no answer to take back here. Reload the page.")
        if cursor.execute(places_on_disk.RETRACTION, [presentation_id]).fetchall():
            return
        cursor.execute("INSERT INTO retractions VALUES (?, ?)", [presentation_id, now])
        if not answered[0][0]:
            places_on_disk.show_again(cursor, study, shown, now)

    db.write(retract)


def recent(db: Database, study_id: str, annotator_id: str, limit: int) -> list[str]:
    """Presentations whose answer this person can still take back, newest first."""
    board = board_of(db, study_id)
    with board.lock:
        board.read()
        answered = reversed(board.person(annotator_id).answered)
        return [s.presentation.id for s in islice(filter(_can_be_taken_back, answered), limit)]


def _can_be_taken_back(shown: Shown) -> bool:
    return shown.can_be_taken_back


def progress(db: Database, study_id: str, annotator_id: str) -> Progress:
    """Count standing answers, skipped pairs not included."""
    board = board_of(db, study_id)
    with board.lock:
        board.read()
        return Progress(board.person(annotator_id).n_judged, board.n_judged)


def _insert(cursor: Cursor, judgment: Judgment, *, late: bool) -> None:
    cursor.execute(
        "INSERT INTO judgments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            judgment.presentation_id,
            judgment.outcome.value,
            judgment.skip_reason,
            judgment.reason,
            judgment.duration_ms,
            judgment.judged_at,
            late,
            judgment.margin,
            json.dumps(judgment.aspects) if judgment.aspects else None,
            list(judgment.chips) or None,
            None if judgment.said is None else json.dumps(judgment.said),
        ],
    )


def _shown_to(
    cursor: Cursor, study: Study, annotator_id: str, presentation_id: str
) -> Presentation:
    shown = presentations.get(cursor, presentation_id)
    if shown is None or (shown.annotator_id, shown.study_id) != (annotator_id, study.id):
        raise AnswerRefusedError(
            f"Pair {presentation_id[:40]!r} was not shown to you here. Reload the page."
        )
    return shown
