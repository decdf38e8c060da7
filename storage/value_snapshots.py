"""A frozen, hashed copy of a study's edge votes and cards: what a value graph is made from."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from storage import canonical, values_cards
from storage.database import Cursor, Database
from storage.edge_votes import STANDING

VOTES, CARDS = "votes.parquet", "cards.json"
_COHORTS = """
    SELECT person_id, arg_max(cohort, revision) AS cohort
    FROM memberships WHERE study_id = $study GROUP BY person_id
"""
_VOTES = f"""
    SELECT s.*, coalesce(cohort, '') AS cohort
    FROM ({STANDING}) s LEFT JOIN ({_COHORTS}) USING (person_id)
"""  # noqa: S608 - the queries above


@dataclass(frozen=True, slots=True)
class ValueSnapshot:
    """What a snapshot holds.

    Attributes
    ----------
    hash : str
        SHA-256 (hex) of its rows: the same votes and cards give the same hash.
    """

    hash: str
    n_votes: int
    n_cards: int


def write_snapshot(db: Database, study_id: str, directory: Path) -> ValueSnapshot:
    """Write the standing votes as Parquet, and the cards with what each stands for as JSON."""
    stored = {card.card_id: card for card in values_cards.of_study(db, study_id)}
    cards = [
        {
            "id": member,
            "stands_for": group.representative,
            "title": stored[member].card.title,
            "description": stored[member].card.description,
            "policies": list(stored[member].card.policies),
            "case": stored[member].case_id,
        }
        for group in canonical.groups(db, study_id).groups
        for member in group.members
    ]
    written = json.dumps(cards, ensure_ascii=False, sort_keys=True)
    (directory / CARDS).write_text(written, encoding="utf-8")
    with db.cursor() as cursor:
        cursor.begin()
        _copy(cursor, f"{_VOTES} ORDER BY voted_at, question_id", study_id, directory / VOTES)
        digest, n_votes = _digest(cursor, study_id)
        cursor.rollback()
    whole = hashlib.sha256(f"{digest}/{written}".encode()).hexdigest()
    return ValueSnapshot(whole, n_votes, len(cards))


def _copy(cursor: Cursor, query: str, study_id: str, path: Path) -> None:
    cursor.execute(
        f"COPY ({query}) TO $path (FORMAT parquet)", {"study": study_id, "path": str(path)}
    )


def _digest(cursor: Cursor, study_id: str) -> tuple[str, int]:
    rows = cursor.execute(
        f"""
        SELECT sha256(coalesce(string_agg(digest, '' ORDER BY digest), '')), count(*)
        FROM (SELECT sha256(to_json(v)) AS digest FROM ({_VOTES}) v)
        """,  # noqa: S608 - the query above
        {"study": study_id},
    ).fetchall()
    return rows[0]
