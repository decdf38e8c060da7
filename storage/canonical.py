"""Cards that stand for several people's: what people and researchers said, and what follows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.judgment import Pair
from core.values_card.canonical import (
    CanonicalCard,
    CanonicalCards,
    Compared,
    InvalidEventError,
    Merged,
    Represented,
    Sameness,
    Split,
    Undone,
    canonical_cards,
)
from storage import values_cards
from storage.database import Cursor, Database, Moment, Reads

#: What a researcher does.
Decision = Merged | Split | Represented | Undone
_KINDS: dict[str, type] = {kind.__name__: kind for kind in (Merged, Split, Represented, Undone)}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a researcher did, and when; `Undone.event` names its number."""

    number: int
    event: Decision
    made_at: datetime


def groups(db: Reads, study_id: str) -> CanonicalCards:
    """All cards of a study in groups, each with the card that speaks for it.

    A card that was withdrawn still joins those that were called the same as it, and is in no group
    itself; where it spoke for its group, the first of the others by name does.
    """
    decisions = [recorded.event for recorded in history(db, study_id)]
    found = _fold(db, study_id, decisions)
    left = {stored.card_id for stored in values_cards.of_study(db, study_id)}
    shown = [_without(group, left) for group in found.groups]
    return replace(found, groups=tuple(group for group in shown if group is not None))


def history(db: Reads, study_id: str) -> list[Recorded]:
    """What researchers did, oldest first."""
    rows = db.read(
        "SELECT number, event, made_at FROM canonical_events WHERE study_id = ? ORDER BY number",
        [study_id],
    )
    return [Recorded(number, _from_json(event), made_at) for number, event, made_at in rows]


def undone(events: Sequence[Recorded]) -> set[int]:
    """The numbers of what does not count any more; what is itself undone undoes nothing."""
    found: set[int] = set()
    for recorded in reversed(events):
        if isinstance(recorded.event, Undone) and recorded.number not in found:
            found.add(recorded.event.event)
    return found


def record(db: Database, study_id: str, event: Decision, *, now: datetime) -> int:
    """Keep what a researcher does; return its number.

    Raises
    ------
    InvalidEventError
        If it names a card or an event that is not there.
    """
    decisions = [recorded.event for recorded in history(db, study_id)]
    _fold(db, study_id, [*decisions, event])  # refuses what cannot be

    def change(cursor: Cursor) -> int:
        number = len(history(Moment(cursor), study_id))
        if isinstance(event, Undone) and not 0 <= event.event < number:
            raise InvalidEventError(f"There is no event {event.event} to undo. Reload the page.")
        cursor.execute(
            "INSERT INTO canonical_events (study_id, number, event, made_at, made_by)"
            " VALUES (?, ?, ?, ?, ?)",
            [study_id, number, _to_json(event), now, event.by],
        )
        return number

    return db.write(change)


def said(db: Reads, study_id: str) -> list[Compared]:
    """What people said of others' cards beside their own, each person's newest answer."""
    rows = db.read(
        """
        SELECT o.person_id, o.card_id, o.other_id, arg_max(a.sameness, a.revision)
        FROM card_offers o JOIN card_answers a USING (card_id, other_id)
        WHERE o.study_id = ?
        GROUP BY ALL ORDER BY max(a.answered_at), o.card_id, o.other_id
        """,
        [study_id],
    )
    return [
        Compared(person, Pair.of(card, other), Sameness(sameness))
        for person, card, other, sameness in rows
    ]


def _fold(db: Reads, study_id: str, decisions: Sequence[Decision]) -> CanonicalCards:
    """Decisions come first, so that `Undone` names them by their numbers."""
    everything = values_cards.of_study(db, study_id, with_withdrawn=True)
    cards = [stored.card_id for stored in everything]
    return canonical_cards(cards, [*decisions, *said(db, study_id)])


def _without(group: CanonicalCard, left: set[str]) -> CanonicalCard | None:
    members = tuple(card for card in group.members if card in left)
    if not members:
        return None
    return CanonicalCard(
        group.representative if group.representative in left else members[0], members
    )


def _to_json(event: Decision) -> str:
    fields: dict[str, Any] = {"kind": type(event).__name__, "by": event.by}
    if isinstance(event, Merged):
        fields |= {"pair": [event.pair.first, event.pair.second], "reason": event.reason}
    elif isinstance(event, Split):
        sides = {"cards": sorted(event.cards), "others": sorted(event.others)}
        fields |= sides | {"reason": event.reason}
    elif isinstance(event, Represented):
        fields |= {"card": event.card}
    else:
        fields |= {"event": event.event}
    return json.dumps(fields, ensure_ascii=False)


def _from_json(text: str) -> Decision:
    fields = json.loads(text)
    kind = _KINDS[fields.pop("kind")]
    if "pair" in fields:
        fields["pair"] = Pair.of(*fields["pair"])
    sides = {side: frozenset(fields[side]) for side in ("cards", "others") if side in fields}
    event: Decision = kind(**fields | sides)
    return event
