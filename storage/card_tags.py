"""What people say about cards and the values of a vocabulary; each one's newest tag counts."""

import json
from dataclasses import asdict
from datetime import datetime

from core.vocabularies.tagging import Tag, Valence
from storage.database import Cursor, Database


def add(db: Database, study_id: str, tag: Tag, *, now: datetime) -> None:
    """Keep a tag; an earlier one of the same person on the same card and value stays on record."""
    content = json.dumps(asdict(tag), ensure_ascii=False)

    def insert(cursor: Cursor) -> None:
        cursor.execute(
            """
            INSERT INTO card_tags
            SELECT $study, $card, $vocabulary, $value, coalesce(max(revision) + 1, 0), $tag, $now,
                   $by
            FROM card_tags WHERE study_id = $study AND card_id = $card
            AND vocabulary = $vocabulary AND concept = $value
            """,
            {
                "study": study_id,
                "card": tag.card,
                "vocabulary": tag.vocabulary,
                "value": tag.value,
                "tag": content,
                "now": now,
                "by": tag.by,
            },
        )

    db.write(insert)


def of_study(db: Database, study_id: str) -> list[Tag]:
    """Every tag of a study, in order of time."""
    rows = db.read(
        "SELECT tag FROM card_tags WHERE study_id = ?"
        " ORDER BY tagged_at, card_id, vocabulary, concept, revision",
        [study_id],
    )
    return [_read(tag) for (tag,) in rows]


def _read(text: str) -> Tag:
    fields = json.loads(text)
    return Tag(**fields | {"valence": Valence(fields["valence"])})
