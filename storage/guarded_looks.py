"""Looks at the guarded hold-outs of studies: counted for everybody, never taken back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Cursor, Database


@dataclass(frozen=True, slots=True)
class TakenLook:
    """What a study's hold-out has answered to one question.

    Attributes
    ----------
    number : int
        Of the look among those of the study, from 1.
    training, answer : float
        The figure that the pages show, and what the guard has said.
    n_pairs : int
        Of the hold-out at that time.
    shift : float or None
        See `core.uncertainty.GuardedHoldOut`; never shown.
    looked_by : str or None
        The name of who asked, as it was read; their id, as it is written.
    """

    number: int
    fit_id: str
    model: str
    training: float
    answer: float
    from_hold_out: bool
    n_pairs: int
    shift: float | None
    looked_at: datetime
    looked_by: str | None


def of_study(db: Database, study_id: str) -> list[TakenLook]:
    """All looks, in the order in which they were taken."""
    with db.cursor() as cursor:
        return _read(cursor, study_id)


def take(
    db: Database,
    study_id: str,
    fit_id: str,
    model: str,
    answer: Callable[[Sequence[TakenLook]], TakenLook],
) -> TakenLook:
    """Take a look; where this fit was asked about this model before, return what was said then.

    Parameters
    ----------
    answer : callable
        Answers, given all looks before, as the one after them. It must have no chance of its own:
        it may be called twice for one look.
    """

    def change(cursor: Cursor) -> TakenLook:
        before = _read(cursor, study_id)
        for look in before:
            if (look.fit_id, look.model) == (fit_id, model):
                return look
        taken = answer(before)
        cursor.execute(
            "INSERT INTO guarded_looks (study_id, number, fit_id, model, training, answer,"
            " from_hold_out, n_pairs, shift, looked_at, looked_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                study_id,
                taken.number,
                taken.fit_id,
                taken.model,
                taken.training,
                taken.answer,
                taken.from_hold_out,
                taken.n_pairs,
                taken.shift,
                taken.looked_at,
                taken.looked_by,
            ],
        )
        return taken

    return db.write(change)


def _read(cursor: Cursor, study_id: str) -> list[TakenLook]:
    rows = cursor.execute(
        "SELECT number, fit_id, model, training, answer, from_hold_out, n_pairs, shift, looked_at,"
        " coalesce(p.name, looked_by) FROM guarded_looks"
        " LEFT JOIN people p ON p.person_id = looked_by WHERE study_id = ? ORDER BY number",
        [study_id],
    ).fetchall()
    return [TakenLook(*row) for row in rows]
