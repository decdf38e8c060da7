"""What became of what was shown, and how the places of each set are taken."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.answer_form import ListSaid
from core.judgment import BESIDE, ItemOutcome, Presentation
from storage import presentations

#: So many places each cohort has of its own, where every cohort judges: at least the largest
#: overlap, so that raising the overlap never gives the places of one cohort to the next.
PLACES_OF_COHORT = 1000
_ALL_OF_COHORT = (1 << PLACES_OF_COHORT) - 1
#: Where imported judgments go for which those of no cohort have no place left.
BEYOND = 1_000_000
_OUTCOMES = {outcome.value: outcome for outcome in ItemOutcome}


@dataclass(slots=True, eq=False, weakref_slot=True)
class Shown:
    """Something that was shown, and what became of it.

    Attributes
    ----------
    on_disk : bool
        False while it is being written.
    before : Shown or None
        Which attempt it follows in its place.
    """

    presentation: Presentation
    lease_until: datetime
    outcome: ItemOutcome | None = None
    judged_at: datetime | None = None
    said: ListSaid | None = None
    late: bool = False
    retracted_at: datetime | None = None
    lapsed: bool = False
    on_disk: bool = True
    before: "Shown | None" = None

    @property
    def retracted(self) -> bool:
        return self.retracted_at is not None

    @property
    def open(self) -> bool:
        return self.outcome is None and not self.lapsed

    @property
    def stands(self) -> bool:
        """Whether the person has it: open, or answered and not taken back."""
        return not self.retracted if self.outcome is not None else not self.lapsed

    @property
    def takes_place(self) -> bool:
        """Whether it keeps others from its place; a skipped one does not."""
        return self.stands and not self.late and self.outcome is not ItemOutcome.SKIPPED

    @property
    def counts(self) -> bool:
        """Whether it is an answer that stands, skipping not being one."""
        return self.outcome is not None and self.takes_place

    @property
    def can_be_taken_back(self) -> bool:
        return self.outcome is not None and not (self.retracted or self.late)


@dataclass(slots=True)
class Places:
    """The places of one set.

    Attributes
    ----------
    newest : dict from int to Shown
        The newest attempt in each slot, but where an answer keeps it.
    answered : int
        Slots that answers of people keep, one bit each.
    imported, n_imported : int
        Slots that imports take, one bit each; how many of their answers count.
    n_beside : int
        The attempt that comes next beside the overlap.
    sides : list of int
        How often the first item stood left and how often right, of those that take a place.
    """

    newest: dict[int, Shown] = field(default_factory=dict)
    answered: int = 0
    imported: int = 0
    n_imported: int = 0
    n_beside: int = 0
    sides: list[int] = field(default_factory=lambda: [0, 0])

    def put(self, shown: Shown) -> None:
        """Let it be the newest of its place; on disk, an attempt has one number once."""
        presentation = shown.presentation
        if presentation.slot == BESIDE:
            self.n_beside = max(self.n_beside, presentation.attempt + 1)
            return
        newest = self.newest.get(presentation.slot)
        if newest is not None and newest.presentation.attempt == presentation.attempt:
            newest = newest.before  # that one could not be written
        if newest is None or newest.presentation.attempt < presentation.attempt:
            shown.before = newest
            self.newest[presentation.slot] = shown

    def remove(self, shown: Shown) -> None:
        """Forget what could not be written."""
        slot = shown.presentation.slot
        if self.newest.get(slot) is shown:
            del self.newest[slot]
            if shown.before is not None:
                self.newest[slot] = shown.before

    def forget_settled(self) -> None:
        """Forget attempts before an answer that keeps its place: it was the newest there."""
        for slot in [slot for slot in self.newest if self.answered >> slot & 1]:
            del self.newest[slot]

    def count(self, shown: Shown, by: int) -> None:
        """Count in (1) or out (-1) what takes a place of the overlap."""
        presentation = shown.presentation
        if presentation.shown is not None:
            self.sides[side(presentation)] += by
        if shown.outcome is None:
            return
        if by > 0:
            self.answered |= 1 << presentation.slot
            if self.newest.get(presentation.slot) is shown:
                del self.newest[presentation.slot]
        else:
            self.answered &= ~(1 << presentation.slot)
            self.put(shown)

    def n_taken(self, cohort: int | None) -> int:
        """How many places are taken, of all or of one cohort; imported people are in none."""
        taken = self.answered
        for slot, shown in self.newest.items():
            taken |= shown.takes_place << slot
        if cohort is not None:
            taken = taken >> cohort * PLACES_OF_COHORT & _ALL_OF_COHORT
        return taken.bit_count() + (0 if cohort else self.n_imported)

    def free(self, cohort: int | None) -> tuple[int, Shown | None] | None:
        """The first free slot, and what was in it before."""
        first, kept = (cohort or 0) * PLACES_OF_COHORT, self.answered | self.imported
        for slot in range(first, first + PLACES_OF_COHORT):
            newest = self.newest.get(slot)
            if not kept >> slot & 1 and (newest is None or not newest.takes_place):
                return slot, newest
        return None


def side(presentation: Presentation) -> int:
    """0 where the first item stood left (or first), 1 where another did."""
    return int(presentation.shown is not None and presentation.shown[0] != presentation.items[0])


def from_log(row: tuple[Any, ...]) -> Shown:
    """Something that was shown a while ago, with what became of it: a row of `BoardLog`."""
    *shown, created_at, lease_until, outcome, judged_at, late, said, retracted_at, _ = row
    return Shown(
        presentations.from_row((*shown, _moment(created_at))),
        _moment(lease_until),
        None if outcome is None else _OUTCOMES[outcome],
        None if judged_at is None else _moment(judged_at),
        read_said(said),
        bool(late),
        None if retracted_at is None else _moment(retracted_at),
    )


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)  # exact until the year 2242


def read_said(stored: str | None) -> ListSaid | None:
    return None if stored is None else ListSaid.from_json(json.loads(stored))
