"""Which cards people want considered in a case: everything shown, and what was picked of it."""

import secrets
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.errors import DiscernError
from storage.database import Cursor, Database

#: Cards of one draw.
N_SHOWN = 6


class PickRefusedError(DiscernError):
    """A pick that cannot be taken; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Cards that one person was shown together, in the order of the screen."""

    id: str
    case_id: str
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Considered:
    """How often a card was shown in a case, and how often it was picked there."""

    card: str
    case_id: str
    n_shown: int
    n_picked: int


def open_draw(db: Database, study_id: str, person_id: str) -> Draw | None:
    """What this person was shown and has not answered."""
    with db.cursor() as cursor:
        return _open(cursor, study_id, person_id)


def cases_had(db: Database, study_id: str, person_id: str) -> set[str]:
    """Cases in which this person was shown cards."""
    rows = db.read(
        "SELECT DISTINCT case_id FROM wisdom_draws WHERE study_id = ? AND person_id = ?",
        [study_id, person_id],
    )
    return {case for (case,) in rows}


def draw(
    db: Database,
    study_id: str,
    person_id: str,
    case_id: str,
    cards: Sequence[str],
    *,
    own: Set[str],
    now: datetime,
    seed: int,
) -> Draw | None:
    """Show the cards of others that were shown least in this case, ties and order by lot.

    Stored before it is shown; what is open already comes back as it is. None where nobody else has
    a card, or this person had the case.
    """
    others = sorted(set(cards) - own)
    if not others:
        return None
    name = secrets.token_hex(8)

    def put(cursor: Cursor) -> Draw | None:
        waiting = _open(cursor, study_id, person_id)
        if waiting is not None:
            return waiting
        had = cursor.execute(
            "SELECT 1 FROM wisdom_draws WHERE study_id = ? AND person_id = ? AND case_id = ?",
            [study_id, person_id, case_id],
        ).fetchall()
        if had:
            return None
        impressions = _impressions(cursor, study_id, case_id)
        made = Draw(name, case_id, _least_shown(others, impressions, seed))
        cursor.execute(
            "INSERT INTO wisdom_draws VALUES (?, ?, ?, ?, ?, ?)",
            [name, study_id, person_id, case_id, list(made.shown), now],
        )
        return made

    return db.write(put)


def pick(
    db: Database,
    study_id: str,
    person_id: str,
    draw_id: str,
    picked: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Store what was picked, which may be nothing; a second time changes nothing.

    Raises
    ------
    PickRefusedError
        If that was not shown to this person.
    """

    def insert(cursor: Cursor) -> None:
        rows = cursor.execute(
            "SELECT shown FROM wisdom_draws WHERE draw_id = ? AND study_id = ? AND person_id = ?",
            [draw_id, study_id, person_id],
        ).fetchall()
        if not rows or not set(picked) <= set(rows[0][0]):
            raise PickRefusedError(
                "These cards were not shown to you together. Reload the page and choose again."
            )
        cursor.execute(
            "INSERT INTO wisdom_picks VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [draw_id, sorted(set(picked)), now],
        )

    db.write(insert)


def considered(db: Database, study_id: str) -> list[Considered]:
    """Impressions and picks of every card in every case, of draws that were answered."""
    rows = db.read(
        """
        SELECT card, case_id, count(*), count(*) FILTER (list_contains(picked, card))
        FROM (SELECT unnest(shown) AS card, case_id, picked
              FROM wisdom_draws JOIN wisdom_picks USING (draw_id) WHERE study_id = ?)
        GROUP BY card, case_id ORDER BY case_id, card
        """,
        [study_id],
    )
    return [Considered(*row) for row in rows]


def _open(cursor: Cursor, study_id: str, person_id: str) -> Draw | None:
    rows = cursor.execute(
        """
        SELECT draw_id, case_id, shown FROM wisdom_draws d
        WHERE study_id = ? AND person_id = ?
          AND NOT EXISTS (SELECT 1 FROM wisdom_picks p WHERE p.draw_id = d.draw_id)
        ORDER BY shown_at, draw_id LIMIT 1
        """,
        [study_id, person_id],
    ).fetchall()
    return Draw(rows[0][0], rows[0][1], tuple(rows[0][2])) if rows else None


def _impressions(cursor: Cursor, study_id: str, case_id: str) -> dict[str, int]:
    rows = cursor.execute(
        "SELECT card, count(*) FROM (SELECT unnest(shown) AS card FROM wisdom_draws"
        " WHERE study_id = ? AND case_id = ?) GROUP BY card",
        [study_id, case_id],
    ).fetchall()
    return dict(rows)


def _least_shown(
    cards: Sequence[str], impressions: Mapping[str, int], seed: int
) -> tuple[str, ...]:
    rng = np.random.default_rng(seed)
    lots = dict(zip(cards, rng.permutation(len(cards)).tolist(), strict=True))
    chosen = sorted(cards, key=lambda card: (impressions.get(card, 0), lots[card]))[:N_SHOWN]
    return tuple(chosen[number] for number in rng.permutation(len(chosen)))
