"""Values cards that people have confirmed. A change is a new revision; the newest counts."""

from dataclasses import dataclass
from datetime import datetime

from core.errors import NotFoundError
from core.values_card.card import ValuesCard
from storage.database import Cursor, Database, Reads


@dataclass(frozen=True, slots=True)
class StoredCard:
    """One card in its newest revision.

    Attributes
    ----------
    person_id : str or None
        Whose card it is; None where it came from a file that does not say.
    saved_at : datetime
        When this revision was confirmed.
    """

    card_id: str
    person_id: str | None
    case_id: str | None
    card: ValuesCard
    saved_at: datetime
    revision: int = 0
    withdrawn: bool = False


def of_study(
    db: Reads, study_id: str, *, with_withdrawn: bool = False, person_id: str | None = None
) -> list[StoredCard]:
    """The cards of a study in their newest revisions, oldest first; of one person, if named."""
    rows = db.read(
        """
        SELECT card_id, person_id, case_id, title, description, policies, saved_at, revision,
               withdrawn
        FROM values_cards
        WHERE study_id = $study AND ($person IS NULL OR person_id = $person)
        QUALIFY row_number() OVER (PARTITION BY card_id ORDER BY revision DESC) = 1
        ORDER BY min(saved_at) OVER (PARTITION BY card_id), card_id
        """,
        {"study": study_id, "person": person_id},
    )
    cards = [
        StoredCard(card_id, person, case_id, ValuesCard(title, moment, tuple(policies)), *further)
        for card_id, person, case_id, title, moment, policies, *further in rows
    ]
    return [card for card in cards if with_withdrawn or not card.withdrawn]


def revisions(db: Database, card_id: str) -> list[tuple[int, ValuesCard, datetime]]:
    """All that a card has been, oldest first."""
    rows = db.read(
        "SELECT revision, title, description, policies, saved_at FROM values_cards"
        " WHERE card_id = ? AND NOT withdrawn ORDER BY revision",
        [card_id],
    )
    return [
        (revision, ValuesCard(title, moment, tuple(policies)), saved_at)
        for revision, title, moment, policies, saved_at in rows
    ]


def withdraw(db: Database, card_id: str, person_id: str, now: datetime) -> None:
    """Take one's own card out. It stays on record, and is shown to nobody any more.

    Raises
    ------
    NotFoundError
        If the person has no such card.
    """

    def change(cursor: Cursor) -> None:
        rows = cursor.execute(
            "SELECT withdrawn FROM values_cards WHERE card_id = ? AND person_id = ?"
            " ORDER BY revision DESC LIMIT 1",
            [card_id, person_id],
        ).fetchall()
        if not rows:
            raise NotFoundError("card", card_id)
        if not rows[0][0]:
            cursor.execute(
                """
                INSERT INTO values_cards
                SELECT * REPLACE (revision + 1 AS revision, true AS withdrawn, $now AS saved_at)
                FROM values_cards WHERE card_id = $card ORDER BY revision DESC LIMIT 1
                """,
                {"card": card_id, "now": now},
            )

    db.write(change)


def put(cursor: Cursor, study_id: str, stored: StoredCard, interview_id: str | None) -> None:
    """Keep the next revision of a card; the same card again is nothing."""
    rows = cursor.execute(
        "SELECT revision, title, description, policies, withdrawn FROM values_cards"
        " WHERE card_id = ? ORDER BY revision DESC LIMIT 1",
        [stored.card_id],
    ).fetchall()
    card, revision = stored.card, 0
    content = (card.title, card.description, list(card.policies), stored.withdrawn)
    if rows:
        revision = rows[0][0] + 1
        if tuple(rows[0][1:]) == content:
            return
    cursor.execute(
        """
        INSERT INTO values_cards (card_id, revision, study_id, person_id, interview_id, case_id,
                                  title, description, policies, withdrawn, saved_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            stored.card_id,
            revision,
            study_id,
            stored.person_id,
            interview_id,
            stored.case_id,
            *content,
            stored.saved_at,
        ],
    )
