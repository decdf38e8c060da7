"""Places of the overlap as they are on disk: looked at by what writes, so that no two get one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.judgment import BESIDE, Outcome, Presentation, Purpose
from core.study import Study
from storage import presentations
from storage.database import Cursor
from storage.places import PLACES_OF_COHORT, Shown
from storage.presentations import set_id

#: What every answer asks. With one condition on its primary key DuckDB looks a row up in the
#: index; with any other beside it, it reads the whole table.
ANSWER = "SELECT outcome, late FROM judgments WHERE presentation_id = ?"
RETRACTION = "SELECT 1 FROM retractions WHERE presentation_id = ?"
LEASE = "SELECT lease_until, rowid FROM presentations WHERE presentation_id = ?"
#: Rows are only added, so that a later attempt stands further down: all before need no reading.
LATER = (
    "SELECT 1 FROM presentations"
    " WHERE rowid > ? AND study_id = ? AND set_id = ? AND slot = ? AND attempt > ? LIMIT 1"
)
NEWER = "SELECT study_id, set_id, slot, attempt FROM presentations WHERE rowid >= ?"


def lease_until(study: Study, now: datetime) -> datetime:
    return now + timedelta(minutes=study.settings.lease_minutes)


def insert(cursor: Cursor, given_out: Sequence[Shown], n_known: int) -> list[Shown]:
    """Store what is shown; return what got no place.

    That is whatever another attempt took, or an answer kept that came after its lease. `n_known`
    rows of presentations were looked at when the places were chosen. `ON CONFLICT` would ask all of
    them and takes five times as long as inserting.
    """
    taken = cursor.execute(NEWER, [n_known]).fetchall()
    free = [
        shown
        for shown in given_out
        if _key(shown.presentation) not in taken
        and (shown.before is None or not _answered(cursor, shown.before.presentation.id))
    ]
    if free:
        presentations.add(cursor, [(shown.presentation, shown.lease_until) for shown in free])
    return [shown for shown in given_out if shown not in free]


def _key(shown: Presentation) -> tuple[str, str, int, int]:
    return shown.study_id, set_id(shown.items), shown.slot, shown.attempt


def _answered(cursor: Cursor, presentation_id: str) -> bool:
    said = cursor.execute(ANSWER, [presentation_id]).fetchall()
    if not said or said[0][0] == Outcome.SKIPPED or said[0][1]:
        return False
    return not cursor.execute(RETRACTION, [presentation_id]).fetchall()


@dataclass(frozen=True, slots=True)
class _Place:
    """A place as it is on disk: its newest attempt, and whether it is taken."""

    attempt: int
    taken: bool


def _places_on_disk(
    cursor: Cursor, study: Study, shown: Presentation, now: datetime
) -> dict[int, _Place]:
    """The places of a set that count together with the one that this takes."""
    rows = cursor.execute(
        """
        SELECT p.slot, max(p.attempt), bool_or(
            CASE WHEN j.presentation_id IS NULL THEN coalesce(p.lease_until > $now, false)
                 ELSE r.presentation_id IS NULL AND NOT j.late AND j.outcome <> 'skipped' END
        )
        FROM presentations p
        LEFT JOIN judgments j USING (presentation_id)
        LEFT JOIN retractions r USING (presentation_id)
        WHERE p.study_id = $study AND p.set_id = $items GROUP BY p.slot
        """,
        {"study": study.id, "items": set_id(shown.items), "now": now},
    ).fetchall()
    together = study.settings.asking.by_cohort
    return {
        slot: _Place(attempt, taken)
        for slot, attempt, taken in rows
        if (slot == BESIDE) == (shown.slot == BESIDE)
        and not (together and slot // PLACES_OF_COHORT != shown.slot // PLACES_OF_COHORT)
    }


def is_late(cursor: Cursor, study: Study, shown: Presentation, now: datetime) -> bool:
    """Whether an answer comes too late to count: its lease has run out, and its place is taken.

    Taken by a later attempt; by others, if the overlap was lowered or more was imported meanwhile;
    or because the same person was shown the same once more.
    """
    if shown.slot == BESIDE:
        return False
    [(until, row)] = cursor.execute(LEASE, [shown.id]).fetchall()
    given_away = cursor.execute(
        LATER, [row, study.id, set_id(shown.items), shown.slot, shown.attempt]
    ).fetchall()
    if given_away or until is None or until > now:
        return bool(given_away)
    places = _places_on_disk(cursor, study, shown, now).values()
    if sum(place.taken for place in places) >= study.settings.overlap:
        return True
    rows = cursor.execute(
        "SELECT 1 FROM presentations WHERE study_id = ? AND set_id = ? AND annotator_id = ?"
        " AND slot >= 0 AND created_at > ? LIMIT 1",
        [study.id, set_id(shown.items), shown.annotator_id, shown.created_at],
    ).fetchall()
    return bool(rows)


def show_again(cursor: Cursor, study: Study, taken_back: Presentation, now: datetime) -> None:
    """Give what an answer was taken back of to the same person, in the same order.

    If somebody else has got the last place meanwhile (the answer was "skip"), nobody is pushed out.
    """
    places = _places_on_disk(cursor, study, taken_back, now)
    own = taken_back.slot
    kept = own == BESIDE or _kept_its_place(cursor, taken_back)
    if not kept and sum(place.taken for place in places.values()) >= study.settings.overlap:
        return
    first = own - own % PLACES_OF_COHORT
    slots = (own,) if kept else (own, *range(first, first + PLACES_OF_COHORT))
    free = next(s for s in slots if kept or s not in places or not places[s].taken)
    attempt = places[free].attempt + 1 if free in places else 0
    again = _again(study, taken_back, free, attempt, now)
    presentations.add(cursor, [(again, lease_until(study, now))])


def _kept_its_place(cursor: Cursor, taken_back: Presentation) -> bool:
    """Whether the answer kept others from its place until it was taken back."""
    rows = cursor.execute(
        "SELECT outcome <> 'skipped' AND NOT late FROM judgments WHERE presentation_id = ?",
        [taken_back.id],
    ).fetchall()
    return bool(rows[0][0])


def _again(
    study: Study, taken_back: Presentation, slot: int, attempt: int, now: datetime
) -> Presentation:
    """Beside the overlap it keeps its purpose: a repeat taken back is still a repeat."""
    return Presentation(
        id=secrets.token_hex(8),
        study_id=study.id,
        settings_version=study.version,
        annotator_id=taken_back.annotator_id,
        items=taken_back.items,
        shown=taken_back.shown,
        slot=slot,
        attempt=attempt,
        purpose=taken_back.purpose if slot == BESIDE else Purpose.AGAIN,
        policy=Purpose.AGAIN,
        probability=None,
        created_at=now,
    )
