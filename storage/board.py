"""Who has which place of which choice set: folded from the log that the append-only tables are.

A board reads of each table only the rows that are new since it last looked. What is settled it
keeps in sums; what is open, and what the people had who come, one by one. It is a memory of what
is on disk and may be thrown away at any time; that no place is given twice is promised by the
unique key of `presentations`, and by what `storage.assignment` looks at when it writes.
"""

import threading
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from core.designs import ListedSets, SetSpace
from core.judgment import BESIDE, ChoiceSet, ItemOutcome, Presentation
from core.open_sets import OpenSets
from core.study import Study
from storage import asked_space, gold, presentations
from storage.board_log import LOG, BoardLog
from storage.database import Cursor, Database
from storage.followers import Follower, News, retell, tell
from storage.histories import MAX_HELD, Histories, Person
from storage.leases import Leases
from storage.long_lived import keep_for_good, nothing_collected
from storage.places import BEYOND, PLACES_OF_COHORT, Places, Shown, from_log, read_said
from storage.presentations import items_of
from storage.study_rows import cohorts_of

#: Tables whose growth changes what can be asked.
_ASKED = ("items", "pairs", "targets", "memberships", "gold")
#: Nothing is ever deleted or changed, so that a table has changed if its number of rows has, and
#: the rows from that number on are those that are new.
_COUNTS = " UNION ALL ".join(
    f"SELECT '{table}', count(*) FROM {table}"  # noqa: S608 - own names
    for table in (*LOG, *_ASKED)
)


class Board:
    """One study's places. Use it with its lock held, after `refresh`, or `read` for what was done.

    Parameters
    ----------
    max_held : int
        So many presentations of people who came are kept, and those of whoever came last.

    Attributes
    ----------
    n_judged : int
        Answers within the overlap that stand, imported ones too; skipping is none.
    n_taken : int
        Places of the overlap that people of this workbench take.
    n_taken_by : Counter of str
        The same by person.
    """

    def __init__(self, db: Database, study_id: str, max_held: int = MAX_HELD) -> None:
        self._db, self._study_id = weakref.proxy(db), study_id
        self.lock = threading.Lock()
        self.follower: Follower | None = None
        self.origin: tuple[object, ...] | None = None
        self._n_commits = -1
        self._log = BoardLog(study_id)
        self._n_asked = dict.fromkeys(_ASKED, 0)
        self._leases = Leases()
        self._histories = Histories(self._db, self._log, self._leases, max_held)
        self._places: defaultdict[ChoiceSet, Places] = defaultdict(Places)
        self.n_judged = self.n_taken = 0
        self.n_taken_by = Counter[str]()
        self._open_sets: dict[int | None, OpenSets] = {}
        self._targeted: dict[int | None, OpenSets] = {}
        self._sizes: tuple[int, int] | None = None
        self._asked_as: tuple[Any, ...] | None = None
        self._stale = set(_ASKED)
        self._known: tuple[gold.Gold, ...] = ()
        self._targets: ListedSets | None = None
        self._cohort_numbers: dict[str, int] = {}
        self.space: SetSpace = ListedSets(())
        self.gold: tuple[gold.Gold, ...] = ()
        self.cohorts: dict[str, str] = {}

    # Reading what is new

    def refresh(self, study: Study, now: datetime) -> None:
        """Read what is new on disk, and give back the places whose lease has run out."""
        self.read()
        self._read_asked(study)
        for shown in self._leases.run_out(now):
            self._change(shown, lapsed=True)
            self._tell(shown, News.RELEASED)

    def read(self) -> None:
        """Read what was shown, answered and taken back since the last time."""
        n_commits = self._db.n_commits
        if n_commits == self._n_commits:
            return
        with self._db.cursor() as cursor:
            cursor.begin()
            n_asked = dict(cursor.execute(_COUNTS).fetchall())
            n_read = {table: n_asked.pop(table) for table in LOG}
            if self._n_commits < 0:
                self._read_imported(cursor)
                self._log.n_read = n_read
                self._read_all(cursor)
            else:
                self._read_rest(cursor, n_read)
                self._log.n_read = n_read
            cursor.rollback()
        self._stale |= {table for table, n in n_asked.items() if n != self._n_asked[table]}
        self._n_asked, self._n_commits = n_asked, n_commits

    def _read_imported(self, cursor: Cursor) -> None:
        for key, slots, n_counting in self._log.imported(cursor):
            items = items_of(key)
            places = self._places[items]
            for slot in slots:
                if slot < BEYOND:
                    places.imported |= 1 << slot
            places.n_imported += n_counting
            self.n_judged += n_counting
            self._take(items, 0, n_counting)
            if self.follower is not None:
                self.follower.exposed(items, n_counting)

    def _read_all(self, cursor: Cursor) -> None:
        """Read the log from its beginning, where there may be very much of it."""
        with nothing_collected():
            for key, slots, n_first, n_other, n_beside in self._log.sets(cursor):
                places = self._places[items_of(key)]
                places.answered = sum(1 << slot for slot in slots or ())
                places.sides, places.n_beside = [n_first, n_other], n_beside
                self.n_judged += len(slots or ())
            self.n_taken_by.update(dict(self._log.n_taken(cursor)))
            self.n_taken = self.n_taken_by.total()
            for row in self._log.unsettled(cursor):
                self._put(from_log(row))
            for places in self._places.values():
                places.forget_settled()
        keep_for_good(len(self._places))

    def _read_rest(self, cursor: Cursor, fresh: dict[str, int]) -> None:
        n_shown, n_judged, n_retracted = (n - self._log.n_read[table] for table, n in fresh.items())
        others = self._read_shown(cursor, n_shown) if n_shown else set()
        for name, *row in self._log.judged(cursor) if n_judged else ():
            shown = self._find(cursor, name, others, answered=False)
            if shown is not None:
                self._answer(shown, row)
        for name, retracted_at in self._log.retracted(cursor) if n_retracted else ():
            shown = self._find(cursor, name, others, answered=True)
            if shown is not None:
                self._change(shown, retracted_at=retracted_at)
                self._tell(shown, News.TAKEN_BACK)

    def _read_shown(self, cursor: Cursor, n_rows: int) -> set[str]:
        """Read what is new of this study; return which ones are of another, or imported."""
        rows = self._log.shown(cursor)
        for row in rows:
            if known := self._leases.get(row[0]):
                known.on_disk = True
            else:
                self.add(presentations.from_row(row[:-1]), row[-1])
        if len(rows) == n_rows:
            return set()
        self._read_imported(cursor)
        return self._log.others(cursor)

    def _find(
        self, cursor: Cursor, presentation_id: str, others: set[str], *, answered: bool
    ) -> Shown | None:
        """What this study has shown to somebody; what is not in memory is not open."""
        if presentation_id in others:
            return None
        if shown := self._leases.get(presentation_id):
            return shown
        found = self._log.one(cursor, presentation_id)
        if found is None:
            return None
        shown = Shown(*found, lapsed=not answered)
        if answered:
            for name, value in _became(self._log.answer(cursor, presentation_id)).items():
                setattr(shown, name, value)
        self._leases.put(shown)
        return shown

    def _answer(self, shown: Shown, row: Sequence[Any]) -> None:
        self._change(shown, **_became(row))
        if person := self._histories.known(shown.presentation.annotator_id):
            person.answered.append(shown)
        if shown.lapsed:  # it was told as released
            self._tell(shown, News.SHOWN)
        self._tell(shown, News.ANSWERED)

    def _read_asked(self, study: Study) -> None:
        """Read again what can be asked, as far as it has changed."""
        form, overlap = study.settings.form, study.settings.overlap
        asked_as = (form.kind, form.n_shown, form.n_least, overlap)
        if asked_as == self._asked_as and not self._stale:
            return
        same_form = self._asked_as is not None and asked_as[:-1] == self._asked_as[:-1]
        with self._db.cursor() as cursor:
            cursor.begin()
            sizes = asked_space.sizes(cursor, self._study_id)
            same_space = same_form and sizes == self._sizes
            if not same_space:
                self.space, self._sizes = asked_space.space(cursor, study), sizes
            if not same_space or "targets" in self._stale:
                self._targets = asked_space.targeted(cursor, self._study_id, self.space)
            if "gold" in self._stale:
                self._known = gold.read(cursor, self._study_id)
            if "memberships" in self._stale:
                self.cohorts = cohorts_of(cursor, self._study_id)
                self._cohort_numbers = asked_space.cohort_numbers(cursor, self._study_id)
            cursor.rollback()
        fitting = range(form.n_least, form.n_shown + 1)
        self.gold = tuple(one for one in self._known if len(one.items) in fitting)
        if not same_space or asked_as != self._asked_as or "targets" in self._stale:
            self._open_sets.clear()
            self._targeted.clear()
        self._asked_as = asked_as
        self._stale.clear()

    @property
    def n_read(self) -> int:
        """Rows of `presentations`, of all studies, that were on disk when it last looked."""
        return self._log.n_read["presentations"]

    # A policy that follows

    def follow(
        self, follower: Follower | None, origin: tuple[object, ...], since: datetime | None
    ) -> None:
        """Let a policy follow from now on; tell it what came after the moment that it knows."""
        self.follower, self.origin = follower, origin
        if follower is None:
            return
        for items, places in self._places.items():
            if places.n_imported:
                follower.exposed(items, places.n_imported)
        being_written = {shown.presentation.id: shown for shown in self.waiting()}
        with self._db.cursor() as cursor:
            for key, times in () if since is None else self._log.exposed(cursor, since):
                follower.exposed(items_of(key), times)
            for row in self._log.changed(cursor, since):
                being_written.pop(row[0], None)
                retell(follower, self._leases.recall(row), since)
        for shown in being_written.values():
            retell(follower, shown, since)

    def _tell(self, shown: Shown, what: News) -> None:
        if self.follower is not None:
            tell(self.follower, shown, what)

    # What is known

    def person(self, annotator_id: str) -> Person:
        """What somebody had."""
        return self._histories.of(annotator_id)

    def waiting(self) -> Iterator[Shown]:
        """What is open, of everybody, also what is being written."""
        return self._leases.waiting()

    def add(
        self, presentation: Presentation, lease_until: datetime, *, on_disk: bool = True
    ) -> Shown:
        """Take a place, also one that is about to be written."""
        shown = Shown(presentation, lease_until, on_disk=on_disk)
        self._put(shown)
        self._tell(shown, News.SHOWN)
        return shown

    def _put(self, shown: Shown) -> None:
        presentation = shown.presentation
        self._leases.put(shown)
        if person := self._histories.known(presentation.annotator_id):
            person.had.append(shown)
        self._places[presentation.items].put(shown)
        self._count(shown, 1)

    def drop(self, shown: Shown) -> None:
        """Give back what could not be written."""
        presentation = shown.presentation
        if not self._leases.remove(shown):
            return
        self._count(shown, -1)
        self._places[presentation.items].remove(shown)
        if person := self._histories.known(presentation.annotator_id):
            person.had.remove(shown)
        self._tell(shown, News.RELEASED)

    def free_place(
        self, items: ChoiceSet, cohort: int | None
    ) -> tuple[int, int, Shown | None] | None:
        """A free slot of the set, the attempt that comes next there, and the one before it."""
        free = self._places[items].free(cohort)
        if free is None:
            return None
        slot, before = free
        return slot, 0 if before is None else before.presentation.attempt + 1, before

    def next_beside(self, items: ChoiceSet) -> int:
        """The attempt that comes next beside the overlap."""
        return self._places[items].n_beside

    def sides_of(self, items: ChoiceSet) -> tuple[int, int]:
        left, right = self._places[items].sides
        return left, right

    def cohort_of(self, annotator_id: str, study: Study) -> int | None:
        """Whose places this person takes: those of their cohort, or None for those of all."""
        if not study.settings.asking.by_cohort:
            return None
        return self._cohort_numbers.get(self.cohorts.get(annotator_id, ""), 0)

    def sets_for(self, cohort: int | None, overlap: int) -> tuple[OpenSets, OpenSets | None]:
        """The open sets of a cohort, or of all, and those of them with a target."""
        if cohort not in self._open_sets:
            every = self._open_sets[cohort] = OpenSets(self.space, overlap)
            aimed = None if self._targets is None else OpenSets(self._targets, overlap)
            if aimed is not None:
                self._targeted[cohort] = aimed
            for items, places in self._places.items():
                n_taken = places.n_taken(cohort)
                for sets in (every, aimed):
                    if sets is not None and n_taken:
                        sets.change(items, n_taken)
        return self._open_sets[cohort], self._targeted.get(cohort)

    def _change(self, shown: Shown, **became: Any) -> None:
        self._count(shown, -1)
        for name, value in became.items():
            setattr(shown, name, value)
        self._count(shown, 1)

    def _count(self, shown: Shown, by: int) -> None:
        """Count what was shown into places, sides and the person's own sets, or out of them."""
        presentation = shown.presentation
        if person := self._histories.known(presentation.annotator_id):
            person.count(shown, by)
        if presentation.slot == BESIDE or not shown.takes_place:
            return
        self.n_taken += by
        self.n_taken_by[presentation.annotator_id] += by
        self.n_judged += by * shown.counts
        self._take(presentation.items, presentation.slot // PLACES_OF_COHORT, by)
        self._places[presentation.items].count(shown, by)

    def _take(self, items: ChoiceSet, cohort: int, by: int) -> None:
        for whose in (None, cohort):
            for sets in (self._open_sets.get(whose), self._targeted.get(whose)):
                if sets is not None and by:
                    sets.change(items, by)


def _became(row: Sequence[Any]) -> dict[str, Any]:
    outcome, judged_at, late, said = row
    return {
        "outcome": ItemOutcome(outcome),
        "judged_at": judged_at,
        "late": late,
        "said": read_said(said),
    }


_boards: "weakref.WeakKeyDictionary[Database, dict[str, Board]]" = weakref.WeakKeyDictionary()
_boards_lock = threading.Lock()


def board_of(db: Database, study_id: str) -> Board:
    """The board of a study in this process."""
    with _boards_lock:
        boards = _boards.setdefault(db, {})
        if study_id not in boards:
            boards[study_id] = Board(db, study_id)
        return boards[study_id]
