"""A board read anew, one that lived through it all, and one that forgets people are the same."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from core.answer_form import AnswerForm
from core.judgment import BESIDE, ChoiceSet, Outcome, Purpose
from core.open_sets import ChosenSet, choose
from core.study import Asking
from storage import judgments
from storage.board import Board
from storage.database import Cursor, Database
from storage.histories import Person
from storage.places import Shown
from tests.given import NOON, answer, next_pair, running_study
from tests.storage.test_assignment_rules import LATER
from tests.storage.test_assignment_states import (
    ASKING,
    FORMS,
    PEOPLE,
    AssignmentMachine,
    Ledger,
)


def what_became(shown: Shown) -> tuple[Any, ...]:
    return (
        shown.presentation,
        shown.lease_until,
        shown.outcome,
        shown.judged_at,
        shown.said,
        shown.late,
        shown.retracted_at,
        shown.open,
        shown.on_disk,
    )


def all_of(person: Person) -> dict[str, Any]:
    return {
        "had": [what_became(shown) for shown in person.had],
        "answered": [shown.presentation.id for shown in person.answered],
        "waiting": sorted(person.waiting),
        "own": person.own,
        "sides": person.sides,
        "n_judged": person.n_judged,
    }


def waiting_ids(board: Board) -> list[str]:
    return sorted(shown.presentation.id for shown in board.waiting())


def counted(numbers: Counter[ChoiceSet]) -> dict[ChoiceSet, int]:
    """Also what is less than nothing: an answer taken back that the fit knew."""
    return {items: n for items, n in numbers.items() if n}


class BoardMachine(AssignmentMachine):
    """The same with imports, another study beside it, and starts of the app.

    `small` only looks on: it reads every step by itself and keeps nobody's history but the last.
    """

    @initialize(
        asking=st.sampled_from(ASKING), form=st.sampled_from(FORMS), overlap=st.integers(1, 3)
    )
    def begin(self, asking: Asking, form: AnswerForm, overlap: int) -> None:
        super().begin(asking, form, overlap)
        self.other = running_study(self.db, sizes=(4,), overlap=3)
        self.small = Board(self.db, self.study.id, max_held=0)
        self.n_imported = 0

    @rule()
    def start_the_app(self) -> None:
        self.db.close()
        self.db = Database(Path(self.folder.name) / "x.duckdb")
        self.ledger = Ledger()
        self._board().follow(self.ledger, (), None)
        self.small = Board(self.db, self.study.id, max_held=0)

    @rule(person=st.sampled_from(PEOPLE), undone=st.booleans())
    def judge_elsewhere(self, person: str, undone: bool) -> None:  # noqa: FBT001 - drawn
        shown = next_pair(self.db, self.other, person, self.now)
        if shown is not None:
            answer(self.db, self.other, shown, Outcome.LEFT, self.now)
            if undone:
                judgments.take_back(self.db, person, shown.id, self.other, self.now)

    @rule(which=st.integers(0, 9))
    def import_an_answer(self, which: int) -> None:
        """Where a place is open: more would be imported too, but nothing is promised of that."""
        board = self._board()
        items = board.space[which % len(board.space)]
        cohort = 0 if self.study.settings.asking.by_cohort else None
        if self._taken(cohort)[items] >= self.study.settings.overlap:
            return
        self.n_imported += 1
        key, pair = f"import-{self.n_imported}", items if self._is_pair() else (None, None)
        slots = [row["slot"] for row in self._rows() if row["items"] == items]
        slot = max((slot for slot in slots if slot < 1000), default=BESIDE) + 1
        outcome = "tie" if self._is_pair() else "answered"
        row = [key, self.study.id, key, "\x1f".join(items), *pair, slot, self.now]

        def put(cursor: Cursor) -> None:
            cursor.execute(
                "INSERT INTO presentations VALUES"
                " (?, ?, 1, ?, ?, ?, ?, NULL, ?, 0, 'import', 'import', NULL, ?, NULL)",
                row,
            )
            cursor.execute(
                "INSERT INTO judgments (presentation_id, outcome, judged_at) VALUES (?, ?, ?)",
                [key, outcome, self.now],
            )

        self.db.write(put)

    @invariant()
    def all_boards_are_the_same(self) -> None:
        if not hasattr(self, "small"):
            return
        lived, fresh = self._board(), Board(self.db, self.study.id)
        for board in (self.small, fresh):
            board.refresh(self.study, self.now)
        for board in (self.small, lived):
            assert (board.n_taken, board.n_judged) == (fresh.n_taken, fresh.n_judged)
            assert +board.n_taken_by == +fresh.n_taken_by
            assert waiting_ids(board) == waiting_ids(fresh)
            for person in PEOPLE:
                assert all_of(board.person(person)) == all_of(fresh.person(person))
        self._same_next_question(fresh)
        self._same_places(lived, fresh)
        self._told_the_rest(fresh)

    def _same_places(self, lived: Board, fresh: Board) -> None:
        cohorts = {lived.cohort_of(person, self.study) for person in PEOPLE}
        for number in range(len(lived.space)):
            items = lived.space[number]
            assert lived.sides_of(items) == fresh.sides_of(items)
            assert lived.next_beside(items) == fresh.next_beside(items)
            for cohort in cohorts:
                places = [board.free_place(items, cohort) for board in (lived, fresh)]
                one, other = (p and (*p[:2], p[2] and what_became(p[2])) for p in places)
                assert one == other

    def _same_next_question(self, fresh: Board) -> None:
        """But for imports: their sets come first on a new board, so that a lot takes other ones."""
        if self.n_imported:
            return
        overlap = self.study.settings.overlap + 1
        changed = replace(self.study, settings=replace(self.study.settings, overlap=overlap))
        for study in (changed, self.study):  # so that it puts its sets in order anew
            self.small.refresh(study, self.now)
        for person in PEOPLE:
            assert self._next(self.small, person) == self._next(fresh, person)

    def _next(self, board: Board, person: str) -> ChosenSet | None:
        wanted = self.study.settings
        own = {items for items in board.person(person).own if items in board.space}
        every, targeted = board.sets_for(board.cohort_of(person, self.study), wanted.overlap)
        rng = np.random.default_rng(self.seeds)
        return choose(every, own, wanted.random_share, rng, targeted=targeted)

    def _told_the_rest(self, fresh: Board) -> None:
        """A policy that knows a fit is told in sums what the fit knows, and else as it was."""
        since, ledger = self.now - timedelta(minutes=20), Ledger()
        fresh.follow(ledger, (), since)
        known, standing = Counter[ChoiceSet](), Counter[ChoiceSet]()
        for row in self._rows():
            items, gone_at = row["items"], row["retracted_at"]
            if row["purpose"] == Purpose.IMPORT:
                known[items] += 1
            elif row["outcome"] is None or row["slot"] == BESIDE or row["late"]:
                continue
            elif row["judged_at"] > since:
                standing[items] += gone_at is None
            elif gone_at is None or gone_at > since:
                known[items] += 1
                standing[items] -= gone_at is not None
        assert ledger.known == known
        assert counted(ledger.standing) == counted(standing)
        assert +ledger.waiting == +self.ledger.waiting


BoardMachine.TestCase.settings = settings(max_examples=8, stateful_step_count=20)
TestBoards = BoardMachine.TestCase


def test_who_was_in_the_middle_of_it_is_read_with_the_first_who_comes(db: Database) -> None:
    """And whoever comes later by themselves; all have what they had."""
    study = running_study(db, sizes=(4,), overlap=3)
    shown = {name: next_pair(db, study, name) for name in ("ann", "ben")}
    done = next_pair(db, study, "cem")
    assert done is not None
    answer(db, study, done, Outcome.TIE)
    board = Board(db, study.id)
    board.refresh(study, NOON)
    expected = {name: [one.id] for name, one in [*shown.items(), ("cem", done)] if one is not None}
    found = {name: [s.presentation.id for s in board.person(name).had] for name in expected}
    assert found == expected
    assert board.person("dan").had == []


def test_what_happens_to_what_is_not_in_memory_is_looked_up(db: Database) -> None:
    """A late answer to what lapsed long ago, one of another study, and an answer taken back."""
    study, other = (running_study(db, sizes=(2,), overlap=1) for _ in range(2))
    lapsed, elsewhere = next_pair(db, study, "ann"), next_pair(db, other, "ann", LATER)
    given = next_pair(db, study, "ben", LATER)
    assert lapsed is not None
    assert elsewhere is not None
    assert given is not None
    answer(db, study, given, Outcome.TIE, LATER)
    board = Board(db, study.id)
    board.refresh(study, LATER)
    answer(db, study, lapsed, Outcome.TIE, LATER)
    answer(db, other, elsewhere, Outcome.TIE, LATER)
    board.refresh(study, LATER)
    assert (board.n_taken, board.n_judged, sum(board.sides_of(given.items))) == (1, 1, 1)
    assert board.person("ann").n_judged == 0
    judgments.take_back(db, "ben", given.id, study, LATER)
    board.refresh(study, LATER)
    assert (board.n_taken, board.n_judged, sum(board.sides_of(given.items))) == (1, 0, 1)
    assert [shown.retracted for shown in board.person("ben").had] == [True, False]
