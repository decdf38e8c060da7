"""Interviews: turns that are added and never changed, and the calls of models made for them."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from core.errors import DiscernError
from core.interview.calls import CallOutcome, ModelCall
from core.interview.machine import advance, replay
from core.interview.state import State
from core.interview.stored import turn_from_json, turn_to_json
from core.interview.turns import Confirmed, Proposed, StepKey, Turn
from storage import values_cards
from storage.database import Cursor, Database, Reads
from storage.values_cards import StoredCard


class TurnTakenError(DiscernError):
    """The interview went on elsewhere since this page was drawn."""

    def __init__(self) -> None:
        super().__init__(
            "The interview went on in another window. Nothing is lost: what you wrote here is kept "
            "below. Go on from where the interview stands now."
        )


@dataclass(frozen=True, slots=True)
class Interview:
    """One person's interview in one study, as far as it has come.

    Attributes
    ----------
    n_answers : int
        How many of the turns are the person's. It names the place at which a page was drawn: what
        an assistant proposes meanwhile does not change it.
    """

    id: str
    study_id: str
    person_id: str
    turns: tuple[Turn, ...]

    @property
    def state(self) -> State:
        return replay(self.turns)

    @property
    def n_answers(self) -> int:
        return count_answers(self.turns)


def count_answers(turns: Iterable[Turn]) -> int:
    return sum(not isinstance(turn, Proposed) for turn in turns)


def card_id_of(interview_id: str, value: int) -> str:
    """The id of the card that comes of a value of an interview."""
    return f"{interview_id}-{value}"


def ensure(db: Database, study_id: str, person_id: str, now: datetime) -> Interview:
    """The interview of a person in a study; an empty one from the first time on."""
    fresh = secrets.token_hex(8)
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO interviews VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [fresh, study_id, person_id, now],
        )
    )
    interview = of_person(db, study_id, person_id)
    assert interview is not None  # noqa: S101 - it was made above
    return interview


def of_person(db: Database, study_id: str, person_id: str) -> Interview | None:
    rows = db.read(
        "SELECT interview_id FROM interviews WHERE study_id = ? AND person_id = ?",
        [study_id, person_id],
    )
    return get(db, rows[0][0]) if rows else None


def get(db: Database, interview_id: str) -> Interview:
    with db.cursor() as cursor:
        return _read(cursor, interview_id)


def of_study(db: Reads, study_id: str) -> list[Interview]:
    """All interviews that have begun, oldest first."""
    rows = db.read(
        """
        SELECT i.interview_id, i.person_id, list(t.turn ORDER BY t.number)
        FROM interviews i JOIN interview_turns t USING (interview_id)
        WHERE i.study_id = ? GROUP BY ALL ORDER BY min(t.stored_at), i.interview_id
        """,
        [study_id],
    )
    return [
        Interview(name, study_id, person, tuple(map(turn_from_json, turns)))
        for name, person, turns in rows
    ]


def append(
    db: Database, interview_id: str, turns: Iterable[Turn], *, n_answers: int, now: datetime
) -> Interview:
    """Add a person's turns, and with a confirmation the card that comes of it.

    Parameters
    ----------
    n_answers : int
        Turns of the person that the page knew of.

    Raises
    ------
    TurnTakenError
        If there are others by now: nothing was stored.
    InvalidTurnError
        If a turn does not fit where the interview stands: nothing was stored.
    """
    added = tuple(turns)

    def change(cursor: Cursor) -> Interview:
        before = _read(cursor, interview_id)
        if before.n_answers != n_answers:
            raise TurnTakenError
        state = before.state
        for number, turn in enumerate(added, len(before.turns)):
            after = advance(state, turn)
            _insert(cursor, interview_id, number, turn, now)
            if isinstance(turn, Confirmed):
                _put_card(cursor, before, state, after, now)
            state = after
        return _read(cursor, interview_id)

    return db.write(change)


def append_proposal(
    db: Database,
    interview_id: str,
    proposed: Proposed | None,
    calls: Iterable[ModelCall],
    *,
    n_answers: int,
    now: datetime,
) -> bool:
    """Keep the calls of a model, and what it proposed if the person has not gone on meanwhile.

    Returns
    -------
    bool
        Whether the proposal was kept.
    """
    made = [(call.id, call_to_json(call), call.started_at) for call in calls]

    def change(cursor: Cursor) -> bool:
        for call_id, content, called_at in made:
            cursor.execute(
                "INSERT INTO model_calls VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [call_id, interview_id, content, called_at],
            )
        before = _read(cursor, interview_id)
        if proposed is None or before.n_answers != n_answers:
            return False
        advance(before.state, proposed)
        _insert(cursor, interview_id, len(before.turns), proposed, now)
        return True

    return db.write(change)


def calls_of_study(db: Database, study_id: str) -> list[ModelCall]:
    """Every call of a model for interviews of a study, oldest first."""
    rows = db.read(
        """
        SELECT c.content FROM model_calls c JOIN interviews i USING (interview_id)
        WHERE i.study_id = ? ORDER BY c.called_at, c.call_id
        """,
        [study_id],
    )
    return [call_from_json(content) for (content,) in rows]


def call_to_json(call: ModelCall) -> str:
    return json.dumps(asdict(call) | {"started_at": call.started_at.isoformat()})


def call_from_json(text: str) -> ModelCall:
    fields = json.loads(text)
    typed = {
        "step": StepKey(fields["step"]),
        "outcome": CallOutcome(fields["outcome"]),
        "started_at": datetime.fromisoformat(fields["started_at"]),
    }
    return ModelCall(**fields | typed)


def _put_card(
    cursor: Cursor, interview: Interview, before: State, after: State, now: datetime
) -> None:
    value = before.current
    assert value is not None  # noqa: S101 - a value that is not spoken of cannot be confirmed
    draft = after.values[value]
    assert draft.card is not None  # noqa: S101 - it was confirmed just now
    stored = StoredCard(
        card_id_of(interview.id, value), interview.person_id, draft.case_id, draft.card, now
    )
    values_cards.put(cursor, interview.study_id, stored, interview.id)


def _insert(cursor: Cursor, interview_id: str, number: int, turn: Turn, now: datetime) -> None:
    cursor.execute(
        "INSERT INTO interview_turns (interview_id, number, turn, stored_at) VALUES (?, ?, ?, ?)",
        [interview_id, number, turn_to_json(turn), now],
    )


def _read(cursor: Cursor, interview_id: str) -> Interview:
    [(study_id, person_id)] = cursor.execute(
        "SELECT study_id, person_id FROM interviews WHERE interview_id = ?", [interview_id]
    ).fetchall()
    rows = cursor.execute(
        "SELECT turn FROM interview_turns WHERE interview_id = ? ORDER BY number", [interview_id]
    ).fetchall()
    return Interview(
        interview_id, study_id, person_id, tuple(turn_from_json(turn) for (turn,) in rows)
    )
