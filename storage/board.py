"""Who has which place of which choice set: folded from the log that the append-only tables are.

A board reads of each table only the rows that are new since it last looked. It is a memory of what
is on disk and may be thrown away at any time; that no place is given twice is promised by the
unique key of `presentations`.
"""

import heapq
import json
import threading
import weakref
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from core.answer_form import Form, ListSaid
from core.designs import AllPairs, ListedSets, SetSpace, design
from core.judgment import BESIDE, ChoiceSet, ItemOutcome, Presentation, Purpose
from core.open_sets import Chooser, OpenSets
from core.study import Study
from storage import gold, presentations
from storage.database import Cursor, Database
from storage.presentations import items_of
from storage.study_rows import cohorts_of

#: Tables whose growth changes what can be asked: the space is read again.
_SPACE_TABLES = ("items", "pairs", "targets", "memberships", "gold")
_TABLES = ("presentations", "judgments", "retractions", *_SPACE_TABLES)
#: Nothing is ever deleted, so that a table has changed if its number of rows has.
_COUNTS = """
SELECT (SELECT count(*) FROM presentations), (SELECT count(*) FROM judgments),
       (SELECT count(*) FROM retractions), (SELECT count(*) FROM items),
       (SELECT count(*) FROM pairs), (SELECT count(*) FROM targets),
       (SELECT count(*) FROM memberships), (SELECT count(*) FROM gold)
"""
#: Imported places are counted only: their people do not sign in.
_IMPORTED = """
SELECT p.set_id, max(p.slot) + 1,
       list(p.slot) FILTER (j.outcome = 'skipped' OR j.late OR r.presentation_id IS NOT NULL)
FROM presentations p
JOIN judgments j USING (presentation_id)
LEFT JOIN retractions r USING (presentation_id)
WHERE p.study_id = ? AND p.purpose = 'import' GROUP BY p.set_id
"""


@dataclass(slots=True)
class Shown:
    """Something that was shown, and what became of it."""

    presentation: Presentation
    lease_until: datetime
    outcome: ItemOutcome | None = None
    judged_at: datetime | None = None
    said: ListSaid | None = None
    late: bool = False
    retracted: bool = False
    lapsed: bool = False

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
        return self.outcome is not None and self.stands and not self.late and self.takes_place


@dataclass(slots=True)
class Person:
    """What one person had."""

    had: list[Shown] = field(default_factory=list)
    own: dict[ChoiceSet, int] = field(default_factory=dict)
    sides: list[int] = field(default_factory=lambda: [0, 0])
    n_taken: int = 0


@dataclass(slots=True)
class _Places:
    """The slots of one set: the newest attempt of each, and whether it is taken."""

    slots: dict[int, tuple[int, bool]] = field(default_factory=dict)
    n_imported: int = 0
    sides: list[int] = field(default_factory=lambda: [0, 0])


class Follower(Chooser, Protocol):
    """A policy that is told what is shown and answered within the overlap."""

    def shown(self, items: ChoiceSet) -> None: ...

    def answered(self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None) -> None: ...

    def released(self, items: ChoiceSet) -> None:
        """It was shown and will not be answered."""
        ...

    def exposed(self, items: ChoiceSet, times: int) -> None:
        """It was shown before; what came of it is known already."""
        ...


class Board:
    """One study's places. Use it with its lock held, after `refresh`."""

    def __init__(self, db: Database, study_id: str) -> None:
        self._db, self._study_id = weakref.proxy(db), study_id
        self.lock = threading.Lock()
        self.follower: Follower | None = None
        self.origin: tuple[object, ...] | None = None
        self._forget()

    def _forget(self) -> None:
        self._counts = dict.fromkeys(_TABLES, -1)
        self._seen = {"presentations": -1, "judgments": -1, "retractions": -1}
        self._shown: dict[str, Shown] = {}
        self._places: defaultdict[ChoiceSet, _Places] = defaultdict(_Places)
        self._leases: list[tuple[datetime, str]] = []
        self.people: defaultdict[str, Person] = defaultdict(Person)
        self.open_sets: dict[int, OpenSets] = {}
        self.targeted: dict[int, OpenSets] = {}
        self._asked_as: tuple[Any, ...] | None = None
        self.space: SetSpace = ListedSets(())
        self._targets: ListedSets | None = None
        self.gold: tuple[gold.Gold, ...] = ()
        self.cohorts: dict[str, str] = {}
        self._cohort_numbers: dict[str, int] = {}

    # Reading what is new

    def refresh(self, study: Study, now: datetime) -> None:
        """Read what is new on disk, and give back the places whose lease has run out."""
        with self._db.cursor() as cursor:
            cursor.begin()
            [counts] = cursor.execute(_COUNTS).fetchall()
            fresh = dict(zip(_TABLES, counts, strict=True))
            changed = {table for table in _TABLES if fresh[table] != self._counts[table]}
            if "presentations" in changed and self._imported_more(cursor):
                self._forget()
                changed = set(_TABLES)
            self._read_space(cursor, study, changed)
            if "presentations" in changed:
                self._read_presentations(cursor)
            if "judgments" in changed:
                self._read_judgments(cursor)
            if "retractions" in changed:
                self._read_retractions(cursor)
            self._counts = fresh
            cursor.rollback()
        while self._leases and self._leases[0][0] <= now:
            _, presentation_id = heapq.heappop(self._leases)
            shown = self._shown.get(presentation_id)
            if shown is not None and shown.open:
                self._change(shown, lapsed=True)
                self._tell(shown, "released")

    def _imported_more(self, cursor: Cursor) -> bool:
        """Whether rows were imported since the board was begun."""
        rows = cursor.execute(
            "SELECT 1 FROM presentations WHERE rowid > ? AND study_id = ? AND purpose = 'import'"
            " LIMIT 1",
            [self._seen["presentations"], self._study_id],
        ).fetchall()
        return bool(rows) and self._counts["presentations"] >= 0

    def _read_space(self, cursor: Cursor, study: Study, changed: set[str]) -> None:
        settings = study.settings
        form = settings.form
        asked_as = (form.kind, form.n_shown, form.n_least, settings.overlap)
        if asked_as == self._asked_as and not changed & set(_SPACE_TABLES):
            return
        self._asked_as = asked_as
        self.space = space(cursor, study)
        self.gold = gold.read(cursor, self._study_id)
        self._targets = _targeted(cursor, self._study_id, self.space)
        self.cohorts, self._cohort_numbers = _cohorts(cursor, self._study_id)
        self.open_sets.clear()
        self.targeted.clear()

    def _read_presentations(self, cursor: Cursor) -> None:
        if self._seen["presentations"] < 0:
            for set_id, n_slots, free in cursor.execute(_IMPORTED, [self._study_id]).fetchall():
                places = self._places[items_of(set_id)]
                places.n_imported = n_slots
                places.slots.update(dict.fromkeys(free or (), (0, False)))
        rows = cursor.execute(
            f"SELECT {presentations.COLUMNS}, p.lease_until, p.rowid FROM presentations p"  # noqa: S608
            " WHERE p.rowid > ? AND p.study_id = ? AND p.purpose <> 'import' ORDER BY p.rowid",
            [self._seen["presentations"], self._study_id],
        ).fetchall()
        for *row, lease_until, number in rows:
            self._seen["presentations"] = number
            shown = presentations.from_row(tuple(row))
            if shown.id not in self._shown:
                self.add(shown, lease_until)

    def _read_judgments(self, cursor: Cursor) -> None:
        rows = cursor.execute(
            "SELECT presentation_id, outcome, judged_at, late, said, rowid FROM judgments"
            " WHERE rowid > ? ORDER BY rowid"
            if self._seen["judgments"] >= 0
            else "SELECT j.presentation_id, j.outcome, j.judged_at, j.late, j.said, j.rowid"
            " FROM judgments j JOIN presentations p USING (presentation_id)"
            " WHERE j.rowid > ? AND p.purpose <> 'import' ORDER BY j.rowid",
            [self._seen["judgments"]],
        ).fetchall()
        for presentation_id, outcome, judged_at, late, said, number in rows:
            self._seen["judgments"] = number
            if shown := self._shown.get(presentation_id):
                self._change(
                    shown,
                    outcome=ItemOutcome(outcome),
                    judged_at=judged_at,
                    late=bool(late),
                    said=None if said is None else ListSaid.from_json(json.loads(said)),
                )
                self._tell(shown, "answered")

    def _read_retractions(self, cursor: Cursor) -> None:
        rows = cursor.execute(
            "SELECT presentation_id, rowid FROM retractions WHERE rowid > ? ORDER BY rowid",
            [self._seen["retractions"]],
        ).fetchall()
        for presentation_id, number in rows:
            self._seen["retractions"] = number
            if shown := self._shown.get(presentation_id):
                self._change(shown, retracted=True)

    # What is known

    def follow(
        self, follower: Follower | None, origin: tuple[object, ...], since: datetime | None
    ) -> None:
        """Let a policy follow from now on; tell it what came after the moment that it knows."""
        self.follower, self.origin = None, origin
        if follower is None:
            return
        for items, places in self._places.items():
            if places.n_imported:
                follower.exposed(items, places.n_imported)
        for shown in self._shown.values():
            if shown.presentation.slot == BESIDE or not shown.stands:
                continue
            if shown.judged_at is not None and since is not None and shown.judged_at <= since:
                follower.exposed(shown.presentation.items, 1)
                continue
            follower.shown(shown.presentation.items)
            if shown.outcome is not None:
                follower.answered(shown.presentation.items, shown.outcome, shown.said)
        self.follower = follower

    def _tell(self, shown: Shown, what: str) -> None:
        if self.follower is None or shown.presentation.slot == BESIDE:
            return
        items = shown.presentation.items
        if what == "answered" and shown.outcome is not None:
            self.follower.answered(items, shown.outcome, shown.said)
        elif what == "shown":
            self.follower.shown(items)
        elif what == "released":
            self.follower.released(items)

    def add(self, presentation: Presentation, lease_until: datetime) -> None:
        """Take a place, also one that is about to be written."""
        shown = Shown(presentation, lease_until)
        self._shown[presentation.id] = shown
        heapq.heappush(self._leases, (lease_until, presentation.id))
        self.people[presentation.annotator_id].had.append(shown)
        self._count(shown, 1)
        self._tell(shown, "shown")

    def drop(self, presentation: Presentation) -> None:
        """Give back what could not be written."""
        shown = self._shown.pop(presentation.id, None)
        if shown is None:
            return
        self._count(shown, -1)
        self.people[presentation.annotator_id].had.remove(shown)
        self._tell(shown, "released")

    def open_of(self, annotator_id: str) -> list[Presentation]:
        """What this person has not answered yet: what they took back first, then by age."""
        waiting = [shown.presentation for shown in self.people[annotator_id].had if shown.open]
        return sorted(waiting, key=lambda p: (p.purpose != Purpose.AGAIN, p.created_at))

    def free_place(self, items: ChoiceSet, first_slot: int, overlap: int) -> tuple[int, int] | None:
        """A free slot of the set, and the attempt that comes next there."""
        places = self._places[items]
        for slot in range(first_slot, first_slot + overlap):
            known = (0, True) if slot < places.n_imported else (-1, False)
            attempt, taken = places.slots.get(slot, known)
            if not taken:
                return slot, attempt + 1
        return None

    def next_beside(self, items: ChoiceSet) -> int:
        """The attempt that comes next beside the overlap."""
        return self._places[items].slots.get(BESIDE, (-1, False))[0] + 1

    def sides_of(self, items: ChoiceSet) -> tuple[int, int]:
        left, right = self._places[items].sides
        return left, right

    def first_slot(self, annotator_id: str, study: Study) -> int:
        """Where the places of this person's cohort begin."""
        if not study.settings.asking.by_cohort:
            return 0
        number = self._cohort_numbers.get(self.cohorts.get(annotator_id, ""), 0)
        return number * study.settings.overlap

    def sets_for(self, first_slot: int, overlap: int) -> tuple[OpenSets, OpenSets | None]:
        """The open sets of those whose places begin there, and those of them with a target."""
        if first_slot not in self.open_sets:
            every = self.open_sets[first_slot] = OpenSets(self.space, overlap)
            aimed = OpenSets(self._targets, overlap) if self._targets is not None else None
            if aimed is not None:
                self.targeted[first_slot] = aimed
            for items, places in self._places.items():
                n_taken = _n_taken(places, first_slot, overlap)
                for sets in (every, aimed):
                    if sets is not None:
                        sets.change(items, n_taken)
        return self.open_sets[first_slot], self.targeted.get(first_slot)

    def _change(self, shown: Shown, **became: Any) -> None:
        self._count(shown, -1)
        for name, value in became.items():
            setattr(shown, name, value)
        self._count(shown, 1)

    def _count(self, shown: Shown, by: int) -> None:
        """Count what was shown into places, sides and the person's own sets, or out of them."""
        presentation = shown.presentation
        items, slot = presentation.items, presentation.slot
        places, person = self._places[items], self.people[presentation.annotator_id]
        newest = places.slots.get(slot, (-1, False))
        if presentation.attempt >= newest[0]:
            places.slots[slot] = (presentation.attempt, shown.takes_place and by > 0)
        if slot != BESIDE and shown.takes_place:
            self._take(items, slot, by)
            person.n_taken += by
        if shown.stands and slot != BESIDE:
            person.own[items] = person.own.get(items, 0) + by
            if not person.own[items]:
                del person.own[items]
        if shown.stands and presentation.shown is not None and slot != BESIDE:
            side = presentation.shown[0] != items[0]
            places.sides[side] += by
            person.sides[side] += by

    def _take(self, items: ChoiceSet, slot: int, by: int) -> None:
        for first_slot, sets in self.open_sets.items():
            if first_slot <= slot < first_slot + sets.overlap:
                sets.change(items, by)
                if first_slot in self.targeted:
                    self.targeted[first_slot].change(items, by)


def _n_taken(places: _Places, first_slot: int, overlap: int) -> int:
    slots = range(first_slot, first_slot + overlap)
    return sum(places.slots.get(slot, (0, slot < places.n_imported))[1] for slot in slots)


_boards: "weakref.WeakKeyDictionary[Database, dict[str, Board]]" = weakref.WeakKeyDictionary()
_boards_lock = threading.Lock()


def board_of(db: Database, study_id: str) -> Board:
    """The board of a study in this process."""
    with _boards_lock:
        boards = _boards.setdefault(db, {})
        if study_id not in boards:
            boards[study_id] = Board(db, study_id)
        return boards[study_id]


def space(cursor: Cursor, study: Study) -> SetSpace:
    """What the study can ask: its ready pairs if it has any, else sets of items within prompts."""
    form = study.settings.form
    if form.kind is Form.PAIR:
        ready = cursor.execute(
            "SELECT first_id, second_id FROM pairs WHERE study_id = ? ORDER BY ALL", [study.id]
        ).fetchall()
        if ready:
            return ListedSets(ready)
    groups = [
        group
        for (group,) in cursor.execute(
            "SELECT list(item_id ORDER BY item_id) FROM items WHERE study_id = ?"
            " GROUP BY prompt_id ORDER BY prompt_id",
            [study.id],
        ).fetchall()
    ]
    return (
        AllPairs(groups) if form.kind is Form.PAIR else design(groups, form.n_shown, form.n_least)
    )


def _targeted(cursor: Cursor, study_id: str, within: SetSpace) -> ListedSets | None:
    """The sets with an item that is a target; None where there is no target."""
    rows = cursor.execute(
        "SELECT t.item_id, list(DISTINCT i.item_id) FROM ("
        "  SELECT item_id FROM targets WHERE study_id = $study GROUP BY item_id"
        "  HAVING arg_max(targeted, revision)"
        ") t JOIN items o ON o.study_id = $study AND o.item_id = t.item_id"
        " JOIN items i ON i.study_id = $study AND i.prompt_id = o.prompt_id"
        " GROUP BY t.item_id",
        {"study": study_id},
    ).fetchall()
    if not rows:
        return None
    if isinstance(within, AllPairs):
        pairs = {
            (min(item, other), max(item, other)): None
            for item, others in rows
            for other in others
            if other != item
        }
        return ListedSets(tuple(sorted(pairs)))
    targets = {item for item, _ in rows}
    sets = (within[number] for number in range(len(within)))
    return ListedSets(tuple(items for items in sets if targets.intersection(items)))


def _cohorts(cursor: Cursor, study_id: str) -> tuple[dict[str, str], dict[str, int]]:
    """The cohort of each person, and the number of each cohort in the order of their coming."""
    ever = cursor.execute(
        "SELECT coalesce(cohort, '') FROM memberships WHERE study_id = ?"
        " GROUP BY 1 ORDER BY min(changed_at), 1",
        [study_id],
    ).fetchall()
    return cohorts_of(cursor, study_id), {cohort: number for number, (cohort,) in enumerate(ever)}
