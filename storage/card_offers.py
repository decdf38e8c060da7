"""Others' cards that were offered beside one's own, and what their authors said of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.errors import NotFoundError
from core.values_card.canonical import Sameness
from core.values_card.finder import Offer
from core.values_card.nearest import Neighbour
from storage.database import Cursor, Database

#: The finder that needs no encoder.
TFIDF = "tfidf"


@dataclass(frozen=True, slots=True)
class Offered:
    """One offer, and the answer that counts; None while there is none."""

    card_id: str
    other_id: str
    similarity: float
    answer: Sameness | None


def offer(
    db: Database,
    study_id: str,
    person_id: str,
    card_id: str,
    neighbours: Iterable[Neighbour],
    *,
    now: datetime,
    finder: str = TFIDF,
) -> None:
    """Keep which cards are about to be shown beside one's own; an offer made before stays.

    Parameters
    ----------
    finder : str
        What found them: their words, or the name of an encoder.
    """
    rows = [
        [study_id, person_id, card_id, near.card_id, near.similarity, now, finder]
        for near in neighbours
    ]

    def insert(cursor: Cursor) -> None:
        for row in rows:
            cursor.execute(
                "INSERT INTO card_offers VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row
            )

    db.write(insert)


def answer(
    db: Database, person_id: str, card_id: str, other_id: str, sameness: Sameness, *, now: datetime
) -> None:
    """Keep what a person said of a card offered to them; the newest answer counts.

    Raises
    ------
    NotFoundError
        If it was not offered to them.
    """

    def change(cursor: Cursor) -> None:
        offered = cursor.execute(
            "SELECT 1 FROM card_offers WHERE card_id = ? AND other_id = ? AND person_id = ?",
            [card_id, other_id, person_id],
        ).fetchall()
        if not offered:
            raise NotFoundError("offer", other_id)
        cursor.execute(
            """
            INSERT INTO card_answers
            SELECT $card, $other, coalesce(max(revision) + 1, 0), $sameness, $now
            FROM card_answers WHERE card_id = $card AND other_id = $other
            """,
            {"card": card_id, "other": other_id, "sameness": sameness.value, "now": now},
        )

    db.write(change)


def of_person(db: Database, study_id: str, person_id: str) -> list[Offered]:
    """All offers to a person, the nearest of each card first."""
    rows = db.read(
        """
        SELECT o.card_id, o.other_id, o.similarity, arg_max(a.sameness, a.revision)
        FROM card_offers o LEFT JOIN card_answers a USING (card_id, other_id)
        WHERE o.study_id = ? AND o.person_id = ?
        GROUP BY o.card_id, o.other_id, o.similarity
        ORDER BY o.card_id, o.similarity DESC, o.other_id
        """,
        [study_id, person_id],
    )
    return [
        Offered(card, other, similarity, None if said is None else Sameness(said))
        for card, other, similarity, said in rows
    ]


def answered(db: Database, study_id: str) -> dict[str, list[Offer]]:
    """Every offer of a study that was answered, by the finder that is judged by them."""
    rows = db.read(
        """
        SELECT o.finder, o.person_id, o.similarity, arg_max(a.sameness, a.revision)
        FROM card_offers o JOIN card_answers a USING (card_id, other_id)
        WHERE o.study_id = ? GROUP BY o.finder, o.person_id, o.card_id, o.other_id, o.similarity
        ORDER BY o.finder, o.person_id, o.card_id, o.other_id
        """,
        [study_id],
    )
    found: dict[str, list[Offer]] = {}
    for finder, person, similarity, said in rows:
        found.setdefault(finder, []).append(Offer(person, similarity, Sameness(said)))
    return found
