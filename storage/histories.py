"""What people had, read from disk when they come: most of those who judged will not come again."""

from dataclasses import dataclass, field
from heapq import nlargest
from operator import itemgetter

from core.judgment import BESIDE, ChoiceSet, Presentation, Purpose
from storage.board_log import BoardLog
from storage.database import Database
from storage.leases import Leases
from storage.places import Shown, side

#: Presentations that a board keeps of those who came; whoever has not come for longest gives way.
MAX_HELD = 100_000
#: Whoever has one of so many newest leases was in the middle of judging when the app ended: they
#: are read together, as reading fifty takes hardly longer than reading one.
N_IN_THE_MIDDLE = 200


@dataclass(slots=True)
class Person:
    """What one person had.

    Attributes
    ----------
    had, answered : list of Shown
        In the order in which it was shown, and in which it was answered, also what was taken back.
    waiting : dict from str to Shown
        What is open, by the id of the presentation.
    own : dict from ChoiceSet to int
        How often they have each set: open or answered, within the overlap and beside it.
    sides : list of int
        How often the first item of a pair stood left and how often right.
    n_judged : int
        Answers that stand, also those beside the overlap.
    """

    had: list[Shown] = field(default_factory=list)
    answered: list[Shown] = field(default_factory=list)
    waiting: dict[str, Shown] = field(default_factory=dict)
    own: dict[ChoiceSet, int] = field(default_factory=dict)
    sides: list[int] = field(default_factory=lambda: [0, 0])
    n_judged: int = 0

    def add(self, shown: Shown) -> None:
        self.had.append(shown)
        self.count(shown, 1)

    def count(self, shown: Shown, by: int) -> None:
        """Count what was shown in (1) or out (-1), as it stands."""
        presentation = shown.presentation
        if shown.open and by > 0:
            self.waiting[presentation.id] = shown
        elif shown.open:
            self.waiting.pop(presentation.id, None)
        if shown.stands:
            number = self.own.get(presentation.items, 0) + by
            self.own[presentation.items] = number
            if not number:
                del self.own[presentation.items]
        self.n_judged += by * shown.counts
        if shown.takes_place and presentation.slot != BESIDE and presentation.shown is not None:
            self.sides[side(presentation)] += by

    def open_now(self) -> list[Presentation]:
        """What they have not answered yet: what they took back first, then by age."""
        waiting = [shown.presentation for shown in self.waiting.values() if shown.on_disk]
        return sorted(waiting, key=lambda p: (p.purpose != Purpose.AGAIN, p.created_at))


class Histories:
    """The people of one board. Use it with the lock of the board held."""

    def __init__(self, db: Database, log: BoardLog, leases: Leases, max_held: int) -> None:
        self._db, self._log, self._leases, self._max_held = db, log, leases, max_held
        self._people: dict[str, Person] = {}

    def known(self, annotator_id: str) -> Person | None:
        """What somebody had, if that was read."""
        return self._people.get(annotator_id)

    def of(self, annotator_id: str) -> Person:
        """What somebody had."""
        if annotator_id not in self._people:
            self._forget()
            self._people |= self._read({annotator_id} | self._in_the_middle())
        person = self._people.pop(annotator_id)
        self._people[annotator_id] = person  # the last who came is the last here
        return person

    def _forget(self) -> None:
        n_held = sum(len(person.had) for person in self._people.values())
        while n_held > self._max_held:
            n_held -= len(self._people.pop(next(iter(self._people))).had)

    def _in_the_middle(self) -> set[str]:
        if self._people:
            return set()
        newest = nlargest(
            N_IN_THE_MIDDLE, self._leases.waiting(), key=lambda shown: shown.lease_until
        )
        return {shown.presentation.annotator_id for shown in newest}

    def _read(self, names: set[str]) -> dict[str, Person]:
        people, answered = {name: Person() for name in names}, []
        being_written = {shown.presentation.id: shown for shown in self._leases.waiting()}
        with self._db.cursor() as cursor:
            for row in self._log.of_people(cursor, names):
                shown = self._leases.recall(row)
                being_written.pop(shown.presentation.id, None)
                people[shown.presentation.annotator_id].add(shown)
                if shown.outcome is not None:
                    answered.append((row[-1], shown))
        for shown in being_written.values():
            if shown.presentation.annotator_id in people:
                people[shown.presentation.annotator_id].add(shown)
        for _, shown in sorted(answered, key=itemgetter(0)):
            people[shown.presentation.annotator_id].answered.append(shown)
        return people
