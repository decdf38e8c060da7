"""Who has which place of which choice set: folded from the log that the append-only tables are.

A board reads of each table only the rows that are new since it last looked. It is a memory of what
is on disk and may be thrown away at any time; that no place is given twice is promised by the
unique key of `presentations`, and by what `storage.assignment` looks at when it writes.
"""

import heapq
import threading
import weakref
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from operator import itemgetter
from typing import Any

from core.designs import ListedSets, SetSpace
from core.judgment import BESIDE, ChoiceSet, ItemOutcome, Presentation
from core.open_sets import OpenSets
from core.study import Study
from storage import asked_space, gold, presentations
from storage.database import Cursor, Database
from storage.followers import Follower, News, retell, tell
from storage.long_lived import keep_for_good, nothing_collected
from storage.places import (
    BEYOND,
    PLACES_OF_COHORT,
    Person,
    Places,
    Shown,
    from_log,
    read_said,
    side,
)
from storage.presentations import items_of
from storage.study_rows import cohorts_of

_LOG = ("presentations", "judgments", "retractions")
#: Tables whose growth changes what can be asked.
_ASKED = ("items", "pairs", "targets", "memberships", "gold")
_CHUNK = 10_000
#: Nothing is ever deleted or changed, so that a table has changed if its number of rows has, and
#: the rows from that number on are those that are new.
_COUNTS = " UNION ALL ".join(
    f"SELECT '{table}', count(*) FROM {table}"  # noqa: S608 - own names
    for table in (*_LOG, *_ASKED)
)
#: Imported places are counted only: their people do not sign in.
_IMPORTED = """
SELECT p.set_id, list(p.slot),
       count(*) FILTER (j.outcome <> 'skipped' AND NOT j.late AND r.presentation_id IS NULL)
FROM presentations p
JOIN judgments j USING (presentation_id)
LEFT JOIN retractions r USING (presentation_id)
WHERE p.rowid >= ? AND p.study_id = ? AND p.purpose = 'import' GROUP BY p.set_id
"""
_SHOWN = f"""
SELECT {presentations.COLUMNS}, p.lease_until FROM presentations p
WHERE p.rowid >= ? AND p.study_id = ? AND p.purpose <> 'import' ORDER BY p.rowid
"""  # noqa: S608 - own names
#: The log from its beginning: what was shown with what became of it. Times are microseconds since
#: 1970, as DuckDB takes longer over moments than over all the rest.
_FIRST = f"""
SELECT * EXCLUDE (place) REPLACE (
    epoch_us(created_at) AS created_at, epoch_us(lease_until) AS lease_until,
    epoch_us(judged_at) AS judged_at, epoch_us(retracted_at) AS retracted_at
)
FROM (
    SELECT {presentations.COLUMNS}, p.lease_until, j.outcome, j.judged_at, j.late, j.said,
           r.retracted_at, j.rowid AS answer, p.rowid AS place
    FROM presentations p
    LEFT JOIN judgments j USING (presentation_id)
    LEFT JOIN retractions r USING (presentation_id)
    WHERE p.study_id = ? AND p.purpose <> 'import'
) ORDER BY place
"""  # noqa: S608 - own names
_JUDGED = """
SELECT presentation_id, outcome, judged_at, late, said FROM judgments WHERE rowid >= ?
ORDER BY rowid
"""
_RETRACTED = "SELECT presentation_id, retracted_at FROM retractions WHERE rowid >= ? ORDER BY rowid"


class Board:
    """One study's places. Use it with its lock held, after `refresh`, or `read` for what was done.

    Attributes
    ----------
    n_judged : int
        Answers within the overlap that stand, imported ones too; skipping is none.
    n_taken : int
        Places of the overlap that people of this workbench take.
    """

    def __init__(self, db: Database, study_id: str) -> None:
        self._db, self._study_id = weakref.proxy(db), study_id
        self.lock = threading.Lock()
        self.follower: Follower | None = None
        self.origin: tuple[object, ...] | None = None
        self._n_commits = -1
        self._counts = dict.fromkeys((*_LOG, *_ASKED), 0)
        self._shown: dict[str, Shown] = {}
        self._places: defaultdict[ChoiceSet, Places] = defaultdict(Places)
        self._leases: list[tuple[datetime, int, Shown]] = []
        self._lease_numbers = count()
        self.people: defaultdict[str, Person] = defaultdict(Person)
        self.n_judged = self.n_taken = 0
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
        self._release(now)

    def _release(self, now: datetime) -> None:
        """Let leases lapse that have run out, but for what is still being written."""
        being_written = []
        while self._leases and self._leases[0][0] <= now:
            lease = heapq.heappop(self._leases)
            shown = lease[2]
            if not shown.open or self._shown.get(shown.presentation.id) is not shown:
                continue
            if shown.on_disk:
                self._change(shown, lapsed=True)
                self._tell(shown, News.RELEASED)
            else:
                being_written.append(lease)
        for lease in being_written:
            heapq.heappush(self._leases, lease)

    def read(self) -> None:
        """Read what was shown, answered and taken back since the last time."""
        n_commits = self._db.n_commits
        if n_commits == self._n_commits:
            return
        with self._db.cursor() as cursor:
            cursor.begin()
            fresh: dict[str, int] = dict(cursor.execute(_COUNTS).fetchall())
            changed = {table for table, n in fresh.items() if n != self._counts[table]}
            if self._n_commits < 0:
                self._read_imported(cursor)
                self._read_all(cursor)
            else:
                self._read_rest(cursor, fresh)
            cursor.rollback()
        self._counts = fresh
        self._stale |= changed & set(_ASKED)
        self._n_commits = n_commits

    def _read_imported(self, cursor: Cursor) -> None:
        rows = cursor.execute(_IMPORTED, [self._counts["presentations"], self._study_id])
        for key, slots, n_counting in rows.fetchall():
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
        cursor.execute(_FIRST, [self._study_id])
        answered: list[tuple[int, Shown]] = []
        with nothing_collected():
            while rows := cursor.fetchmany(_CHUNK):
                for row in rows:
                    shown = from_log(row[:-1])
                    self._put(shown)
                    if shown.outcome is not None:
                        answered.append((row[-1], shown))
        answered.sort(key=itemgetter(0))
        for _, shown in answered:
            self.people[shown.presentation.annotator_id].answered.append(shown)
        keep_for_good(len(self._shown))

    def _read_rest(self, cursor: Cursor, fresh: dict[str, int]) -> None:
        n_shown, n_judged, n_retracted = (fresh[table] - self._counts[table] for table in _LOG)
        if n_shown:
            self._read_shown(cursor, n_shown)
        if n_judged:
            rows = cursor.execute(_JUDGED, [self._counts["judgments"]]).fetchall()
            for shown, row in self._known_of(rows):
                self._answer(shown, row)
        if n_retracted:
            rows = cursor.execute(_RETRACTED, [self._counts["retractions"]]).fetchall()
            for shown, (retracted_at,) in self._known_of(rows):
                self._change(shown, retracted_at=retracted_at)
                self._tell(shown, News.TAKEN_BACK)

    def _read_shown(self, cursor: Cursor, n_rows: int) -> None:
        since = [self._counts["presentations"], self._study_id]
        rows = cursor.execute(_SHOWN, since).fetchall()
        if len(rows) < n_rows:  # the others are of another study, or imported
            self._read_imported(cursor)
        for row in rows:
            if known := self._shown.get(row[0]):
                known.on_disk = True
            else:
                self.add(presentations.from_row(row[:-1]), row[-1])

    def _known_of(self, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Shown, tuple[Any, ...]]]:
        """Those rows that are about something of this study."""
        for row in rows:
            if shown := self._shown.get(row[0]):
                yield shown, row[1:]

    def _answer(self, shown: Shown, row: tuple[Any, ...]) -> None:
        outcome, judged_at, late, said = row
        became = {"outcome": ItemOutcome(outcome), "judged_at": judged_at, "late": late}
        self._change(shown, **became, said=read_said(said))
        self.people[shown.presentation.annotator_id].answered.append(shown)
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
        return self._counts["presentations"]

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
        for shown in self._shown.values():
            retell(follower, shown, since)

    def _tell(self, shown: Shown, what: News) -> None:
        if self.follower is not None:
            tell(self.follower, shown, what)

    # What is known

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
        self._shown[presentation.id] = shown
        self.people[presentation.annotator_id].had.append(shown)
        self._places[presentation.items].put(shown)
        if shown.open:
            heapq.heappush(self._leases, (shown.lease_until, next(self._lease_numbers), shown))
        self._count(shown, 1)

    def drop(self, shown: Shown) -> None:
        """Give back what could not be written."""
        presentation = shown.presentation
        if self._shown.pop(presentation.id, None) is None:
            return
        self._count(shown, -1)
        self._places[presentation.items].remove(shown)
        self.people[presentation.annotator_id].had.remove(shown)
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
        presentation, takes_place = shown.presentation, shown.takes_place
        counts = takes_place and shown.outcome is not None
        self.people[presentation.annotator_id].count(shown, by, takes_place, counts)
        if presentation.slot == BESIDE or not takes_place:
            return
        self.n_taken += by
        self.n_judged += by * counts
        self._take(presentation.items, presentation.slot // PLACES_OF_COHORT, by)
        if presentation.shown is not None:
            self._places[presentation.items].sides[side(presentation)] += by

    def _take(self, items: ChoiceSet, cohort: int, by: int) -> None:
        for whose in (None, cohort):
            for sets in (self._open_sets.get(whose), self._targeted.get(whose)):
                if sets is not None and by:
                    sets.change(items, by)


_boards: "weakref.WeakKeyDictionary[Database, dict[str, Board]]" = weakref.WeakKeyDictionary()
_boards_lock = threading.Lock()


def board_of(db: Database, study_id: str) -> Board:
    """The board of a study in this process."""
    with _boards_lock:
        boards = _boards.setdefault(db, {})
        if study_id not in boards:
            boards[study_id] = Board(db, study_id)
        return boards[study_id]
