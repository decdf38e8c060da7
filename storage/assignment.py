"""Give pairs to people: read what is taken, let core choose, take the place."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from core.acquisition import (
    AGAIN,
    Choice,
    PairSpace,
    PairsWithinPrompts,
    Places,
    ReadyPairs,
    SideCounts,
    choose_left,
    choose_pair,
)
from core.judgment import Pair, Presentation
from core.study import Study
from storage import presentations
from storage.database import Cursor, Database

# A place is taken by a judgment that stands, or by a lease that has not run out.
_PRESENTATIONS = """
SELECT p.first_id, p.second_id, p.slot, p.attempt, p.annotator_id = $annotator,
       CASE WHEN j.presentation_id IS NULL THEN coalesce(p.lease_until > $now, false)
            ELSE r.presentation_id IS NULL AND NOT j.late AND j.outcome <> 'skipped' END,
       CASE WHEN j.presentation_id IS NULL THEN coalesce(p.lease_until > $now, false)
            ELSE r.presentation_id IS NULL END,
       j.presentation_id IS NULL, p.shown[1] = p.first_id
FROM presentations p
LEFT JOIN judgments j USING (presentation_id)
LEFT JOIN retractions r USING (presentation_id)
WHERE p.study_id = $study AND p.slot >= 0 AND p.first_id IS NOT NULL
"""


class NothingLeft(StrEnum):
    """Why a person gets no pair."""

    EMPTY = "empty"
    ALL_SEEN = "all_seen"
    ALL_JUDGED = "all_judged"
    WITH_OTHERS = "with_others"


@dataclass(slots=True)
class _Board:
    """Who has which place of which pair, as far as one person's next pair depends on it."""

    study: Study
    annotator_id: str
    slots: dict[Pair, dict[int, tuple[int, bool]]]
    taken: Counter[Pair]
    own: set[Pair]
    waiting: set[Pair]
    sides: dict[Pair, Counter[bool]]
    own_sides: Counter[bool]

    @property
    def places(self) -> Places:
        return Places(self.taken, self.own, self.study.settings.overlap)

    def free_place(self, pair: Pair, preferred: int = 0) -> tuple[int, int] | None:
        """A free slot of the pair, the preferred one if it is, and the attempt that comes next."""
        slots = self.slots.get(pair, {})
        for slot in (preferred, *range(self.study.settings.overlap)):
            attempt, taken = slots.get(slot, (-1, False))
            if not taken:
                return slot, attempt + 1
        return None

    def give(self, cursor: Cursor, presentation: Presentation, now: datetime) -> None:
        """Store the presentation and remember that its place is taken."""
        lease = timedelta(minutes=self.study.settings.lease_minutes)
        presentations.add(cursor, presentation, now + lease)
        pair, first_left = presentation.pair, presentation.left == presentation.pair.first
        self.slots.setdefault(pair, {})[presentation.slot] = (presentation.attempt, True)
        self.taken[pair] += 1
        self.own.add(pair)
        self.sides.setdefault(pair, Counter())[first_left] += 1
        self.own_sides[first_left] += 1

    def present(
        self, choice: Choice, place: tuple[int, int], left: str | None, now: datetime
    ) -> Presentation:
        return Presentation(
            id=secrets.token_hex(8),
            study_id=self.study.id,
            settings_version=self.study.version,
            annotator_id=self.annotator_id,
            items=(choice.pair.first, choice.pair.second),
            shown=None if left is None else (left, choice.pair.other(left)),
            slot=place[0],
            attempt=place[1],
            purpose=AGAIN if choice.policy == AGAIN else "judge",
            policy=choice.policy,
            probability=choice.probability,
            created_at=now,
        )


def fill(
    db: Database, study: Study, annotator_id: str, *, wanted: int, now: datetime, seed: int
) -> list[Presentation]:
    """Return `wanted` open presentations of this person, giving out new ones as needed.

    Fewer come back when nothing more is left for them. `seed` decides the lot.
    """
    waiting = presentations.open_for(db, study.id, annotator_id, now)
    space = pair_space(db, study.id)
    if len(waiting) >= wanted or len(space) == 0:
        return waiting

    def give(cursor: Cursor) -> None:
        rng = np.random.default_rng(seed)
        board = _read_board(cursor, study, annotator_id, now)
        for _ in range(wanted - len(waiting)):
            choice = choose_pair(space, board.places, study.settings.random_share, rng)
            place = board.free_place(choice.pair) if choice else None
            if choice is None or place is None:
                return
            left = choose_left(
                choice.pair,
                _side_counts(board.sides.get(choice.pair, Counter())),
                _side_counts(board.own_sides),
                rng,
            )
            board.give(cursor, board.present(choice, place, left, now), now)

    db.write(give)
    return presentations.open_for(db, study.id, annotator_id, now)


def show_again(cursor: Cursor, study: Study, taken_back: Presentation, now: datetime) -> None:
    """Give the pair of an answer taken back to the same person, on the same sides.

    If somebody else has got the last place meanwhile (the answer was "skip"), nobody is pushed out.
    """
    board = _read_board(cursor, study, taken_back.annotator_id, now)
    place = board.free_place(taken_back.pair, taken_back.slot)
    if place is not None:
        choice = Choice(taken_back.pair, AGAIN, None)
        board.give(cursor, board.present(choice, place, taken_back.left, now), now)


def nothing_left(db: Database, study: Study, annotator_id: str, now: datetime) -> NothingLeft:
    """Say why `fill` came back empty."""
    space = pair_space(db, study.id)
    if len(space) == 0:
        return NothingLeft.EMPTY
    with db.cursor() as cursor:
        board = _read_board(cursor, study, annotator_id, now)
    if len(board.own) >= len(space):
        return NothingLeft.ALL_SEEN
    if board.waiting - board.own:
        return NothingLeft.WITH_OTHERS
    return NothingLeft.ALL_JUDGED


def pair_space(db: Database, study_id: str) -> PairSpace:
    """The pairs that the study can ask: the ready ones if it has any, else all within prompts."""
    ready = db.read(
        "SELECT first_id, second_id FROM pairs WHERE study_id = ? ORDER BY ALL", [study_id]
    )
    if ready:
        return ReadyPairs([Pair(first, second) for first, second in ready])
    groups: Sequence[tuple[list[str]]] = db.read(
        "SELECT list(item_id ORDER BY item_id) FROM items WHERE study_id = ?"
        " GROUP BY prompt_id ORDER BY prompt_id",
        [study_id],
    )
    return PairsWithinPrompts.of([group for (group,) in groups])


def _read_board(cursor: Cursor, study: Study, annotator_id: str, now: datetime) -> _Board:
    board = _Board(study, annotator_id, {}, Counter(), set(), set(), {}, Counter())
    rows = cursor.execute(
        _PRESENTATIONS, {"study": study.id, "annotator": annotator_id, "now": now}
    ).fetchall()
    for first, second, slot, attempt, mine, taken, stands, unanswered, first_left in rows:
        pair = Pair(first, second)
        slots = board.slots.setdefault(pair, {})
        slots[slot] = max(slots.get(slot, (-1, False)), (attempt, taken))
        if not stands:
            continue
        if first_left is not None:
            board.sides.setdefault(pair, Counter())[first_left] += 1
        if mine:
            board.own.add(pair)
            board.own_sides[bool(first_left)] += 1
        if unanswered:
            board.waiting.add(pair)
    for pair, slots in board.slots.items():
        board.taken[pair] = sum(taken for _, taken in slots.values())
    return board


def _side_counts(counts: Counter[bool]) -> SideCounts:
    return SideCounts(left=counts[True], right=counts[False])
