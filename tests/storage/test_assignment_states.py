"""The whole assignment in any order: what it promises holds after every step."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.answer_form import AnswerForm, Form, ListSaid
from core.asking import enough
from core.judgment import BESIDE, ChoiceSet, ItemOutcome, Outcome, Presentation, Purpose, SkipReason
from core.study import Asking, State, Study
from storage import assignment, gold, judgments, studies
from storage.board import Board, board_of
from storage.database import Database
from storage.gold import Gold
from storage.judgments import Answer
from storage.places import PLACES_OF_COHORT
from tests.given import INSERT_ITEM, NOON, running_study

PEOPLE = ("ann", "ben", "cat")
ASKING = (
    Asking(repeat_share=0),
    Asking(repeat_share=0.4, gold_share=0.3),
    Asking(repeat_share=0.2, person_quota=4, study_quota=9),
    Asking(repeat_share=0.2, by_cohort=True, cohort_quota=5),
    Asking(repeat_share=0.2, gold_share=0.2, training=2, training_share=0.5),
)
#: How a set of three is answered, and how many items the prompts have.
SAID = {Form.RANKING: {"order": [[0], [1], [2]]}, Form.TRIPLET: {"closest": [0, 1]}}
SIZES = {Form.PAIR: (3, 2), Form.RANKING: (5,), Form.TRIPLET: (4, 4)}
FORMS = (AnswerForm(), AnswerForm(Form.RANKING, list_size=3), AnswerForm(Form.TRIPLET))


def join(db: Database, study: Study, person: str, cohort: str) -> None:
    """Let somebody into the study, in a cohort; the empty one is none."""
    insert = "INSERT INTO people VALUES (?, ?, now()) ON CONFLICT DO NOTHING"
    db.write(lambda cursor: cursor.execute(insert, [person, person]))
    studies.set_member(db, study.id, person, member=True, by=None, cohort=cohort)


class Ledger:
    """A policy without an opinion that keeps what it is told: what waits, and what was answered."""

    policy = "ledger"

    def __init__(self) -> None:
        self.waiting, self.standing = Counter[ChoiceSet](), Counter[ChoiceSet]()
        self.known = Counter[ChoiceSet]()

    def propose(self, _is_open: Callable[[ChoiceSet], bool]) -> Sequence[tuple[ChoiceSet, float]]:
        return ()

    def shown(self, items: ChoiceSet) -> None:
        self.waiting[items] += 1

    def answered(self, items: ChoiceSet, _outcome: ItemOutcome, _said: ListSaid | None) -> None:
        self.waiting[items] -= 1
        self.standing[items] += 1

    def taken_back(self, items: ChoiceSet, _outcome: ItemOutcome, _said: ListSaid | None) -> None:
        self.standing[items] -= 1

    def released(self, items: ChoiceSet) -> None:
        self.waiting[items] -= 1

    def exposed(self, items: ChoiceSet, times: int) -> None:
        self.known[items] += times


class AssignmentMachine(RuleBasedStateMachine):
    """One study, three people, a clock."""

    @initialize(
        asking=st.sampled_from(ASKING), form=st.sampled_from(FORMS), overlap=st.integers(1, 3)
    )
    def begin(self, asking: Asking, form: AnswerForm, overlap: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.db = Database(Path(self.folder.name) / "x.duckdb")
        self.now = NOON
        self.study: Study = running_study(
            self.db,
            sizes=SIZES[form.kind],
            overlap=overlap,
            asking=asking,
            form=form,
            random_share=0.5,
        )
        for number, person in enumerate(PEOPLE[:2]):
            join(self.db, self.study, person, ("", "one")[number])
        self.seeds = 0
        self.before: dict[tuple[ChoiceSet, int | None], int] = {}
        self.read: tuple[int, list[dict[str, Any]]] = (-1, [])
        self.ledger = Ledger()
        self._know()
        self._board().follow(self.ledger, (), None)

    def _know(self) -> None:
        """The first set has a known answer, the second is the training."""
        board = self._board()
        outcome = ItemOutcome.FIRST if self._is_pair() else ItemOutcome.ANSWERED
        for number in range(2):
            known = Gold(board.space[number], outcome, "", number > 0, "import")
            self.db.write(
                lambda c, known=known: gold.put(c, self.study.id, known, by=None, now=NOON)  # type: ignore[misc]
            )

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            self.folder.cleanup()

    def _is_pair(self) -> bool:
        return self.study.settings.form.kind is Form.PAIR

    def _board(self) -> Board:
        board = board_of(self.db, self.study.id)
        with board.lock:
            board.refresh(self.study, self.now)
        return board

    # What people and researchers do

    @rule(person=st.sampled_from(PEOPLE), wanted=st.integers(1, 4))
    def show(self, person: str, wanted: int) -> None:
        if self.study.state is not State.RUNNING:
            self.pause_or_go_on()
        board, before = self._board(), self._sides()
        had = set(self._open(person))
        reach = self._can_get(board, person)
        self.seeds += 1
        waiting = assignment.fill(
            self.db, self.study, person, wanted=wanted, now=self.now, seed=self.seeds
        )
        assert len(waiting) <= max(wanted, len(had))
        if reach and not had:
            assert waiting, "stuck"
        if not waiting:
            assignment.nothing_left(self.db, self.study, person, self.now)
        for shown in waiting:
            if shown.id not in had and shown.purpose == Purpose.JUDGE and len(shown.items) == 2:
                self._check_side(shown, before[shown.items])

    def _check_side(self, shown: Presentation, sides: tuple[int, int]) -> None:
        """It stands the way in which its pair stood less often."""
        left, right = sides
        if left != right:
            assert (shown.left == shown.items[0]) == (left < right)

    def _can_get(self, board: Board, person: str) -> bool:
        given = assignment.given(board, self.study, person)
        if enough(self.study.settings.asking, given):
            return False
        own, cohort = set(board.person(person).own), board.cohort_of(person, self.study)
        counts = self._taken(cohort)
        space = [board.space[number] for number in range(len(board.space))]
        overlap = self.study.settings.overlap
        return any(items not in own and counts[items] < overlap for items in space)

    @rule(
        person=st.sampled_from(PEOPLE),
        which=st.integers(0, 3),
        outcome=st.sampled_from([Outcome.LEFT, Outcome.RIGHT, Outcome.TIE]),
    )
    def answer(self, person: str, which: int, outcome: Outcome) -> None:
        """Also what lapsed meanwhile: the page of a person does not know."""
        shown = self._unanswered(person)
        if not shown:
            return
        one = shown[which % len(shown)]
        said = SAID.get(self.study.settings.form.kind)
        given = Answer(one.id, outcome if said is None else Outcome.ANSWERED, said=said)
        judgments.add(self.db, person, given, self.study, self.now)

    @rule(person=st.sampled_from(PEOPLE), n=st.integers(1, 3))
    def judge(self, person: str, n: int) -> None:
        for _ in range(n):
            self.show(person, 1)
            self.answer(person, 0, Outcome.LEFT)

    @rule(people=st.permutations(PEOPLE), then=st.sampled_from(["answer", "undo", "skip"]))
    def answer_after_the_lease(self, people: list[str], then: str) -> None:
        self.show(people[0], 2)
        self.wait(31)
        for person in people[1:]:
            self.show(person, 2)
            if then == "skip":
                self.skip(person)
        self.answer(people[0], 0, Outcome.RIGHT)
        if then == "undo":
            self.undo(people[0], 0)

    @rule(person=st.sampled_from(PEOPLE))
    def skip(self, person: str) -> None:
        for one in self._unanswered(person)[:1]:
            skipped = Answer(one.id, Outcome.SKIPPED, skip_reason=SkipReason.OTHER)
            judgments.add(self.db, person, skipped, self.study, self.now)

    @rule(person=st.sampled_from(PEOPLE), which=st.integers(0, 2))
    def undo(self, person: str, which: int) -> None:
        recent = judgments.recent(self.db, self.study.id, person, 3)
        if recent:
            taken_back = recent[which % len(recent)]
            judgments.take_back(self.db, person, taken_back, self.study, self.now)

    @rule(minutes=st.sampled_from([1, 20, 31]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def pause_or_go_on(self) -> None:
        running = self.study.state is State.RUNNING
        state = State.PAUSED if running else State.RUNNING
        studies.set_state(self.db, self.study.id, state, by=None)
        self.study = studies.get(self.db, self.study.id)

    @rule(person=st.sampled_from(PEOPLE), cohort=st.sampled_from(["", "one", "two", None]))
    def join_or_leave(self, person: str, cohort: str | None) -> None:
        if cohort is not None:
            join(self.db, self.study, person, cohort)
        elif person != "cat":
            studies.set_member(self.db, self.study.id, person, member=False, by=None)

    @rule(overlap=st.integers(1, 3), whose=st.sampled_from(["all", "cohort"]))
    def change_settings(self, overlap: int, whose: str) -> None:
        asking = replace(self.study.settings.asking, by_cohort=whose == "cohort")
        wanted = replace(self.study.settings, overlap=overlap, asking=asking)
        self.study = studies.save_settings(
            self.db, self.study.id, wanted, by=None, version=self.study.version
        )
        self.before.clear()  # the places of the new settings are counted anew

    @precondition(lambda self: self.seeds < 40)
    @rule()
    def import_an_item(self) -> None:
        self.seeds += 40
        row = [self.study.id, "q1-900", "q1", "more"]
        self.db.write(lambda cursor: cursor.execute(INSERT_ITEM, row))

    # What is on disk, counted without the board

    def _rows(self) -> list[dict[str, Any]]:
        if self.read[0] != self.db.n_commits:
            self.read = self.db.n_commits, self._read_rows()
        return self.read[1]

    def _read_rows(self) -> list[dict[str, Any]]:
        rows = self.db.read(
            """
            SELECT p.presentation_id, p.annotator_id, string_split(p.set_id, chr(31)), p.slot,
                   p.shown, p.purpose, p.policy, p.probability, p.settings_version, p.lease_until,
                   j.outcome, j.late, j.judged_at, r.retracted_at,
                   r.presentation_id IS NOT NULL
            FROM presentations p LEFT JOIN judgments j USING (presentation_id)
            LEFT JOIN retractions r USING (presentation_id) WHERE p.study_id = ? ORDER BY p.rowid
            """,
            [self.study.id],
        )
        names = (
            "id person items slot shown purpose policy probability version until outcome late"
            " judged_at retracted_at retracted"
        )
        return [
            dict(zip(names.split(), row, strict=True)) | {"items": tuple(row[2])} for row in rows
        ]

    def _takes(self, row: dict[str, Any]) -> bool:
        if row["slot"] == BESIDE or row["retracted"] or row["late"]:
            return False
        until: datetime = row["until"]
        return until > self.now if row["outcome"] is None else row["outcome"] != "skipped"

    def _taken(self, cohort: int | None) -> Counter[ChoiceSet]:
        return Counter(
            row["items"]
            for row in self._rows()
            if self._takes(row) and cohort in {None, row["slot"] // PLACES_OF_COHORT}
        )

    def _sides(self) -> dict[ChoiceSet, tuple[int, int]]:
        sides: defaultdict[ChoiceSet, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for row in self._rows():
            if self._takes(row) and row["shown"] is not None:
                left, right = sides[row["items"]]
                first = row["shown"][0] == row["items"][0]
                sides[row["items"]] = (left + first, right + (not first))
        return sides

    def _open(self, person: str) -> list[str]:
        return [p.id for p in assignment.open_for(self.db, self.study, person, self.now)]

    def _unanswered(self, person: str) -> list[Presentation]:
        shown = board_of(self.db, self.study.id).person(person).had
        return [s.presentation for s in shown if s.outcome is None][-4:]

    # What holds after every step

    @invariant()
    def no_place_is_taken_twice(self) -> None:
        """More than the overlap stand only where it was lowered, then never more than before."""
        if not hasattr(self, "study"):
            return
        by_cohort = self.study.settings.asking.by_cohort
        for cohort in (0, 1, 2) if by_cohort else (None,):
            counts = self._taken(cohort)
            for items, n in counts.items():
                most = max(self.study.settings.overlap, self.before.get((items, cohort), n))
                assert n <= most, (items, cohort, n)
            self.before |= {
                (items, cohort): counts[items]
                for items in {*counts, *(i for i, c in self.before if c == cohort)}
            }

    @invariant()
    def nobody_has_the_same_twice(self) -> None:
        if hasattr(self, "study"):
            held = Counter(
                (row["person"], row["items"]) for row in self._rows() if self._takes(row)
            )
            assert set(held.values()) <= {1}

    @invariant()
    def a_policy_was_told_what_there_is(self) -> None:
        """Both what followed all along, and what begins to follow now."""
        if not hasattr(self, "study"):
            return
        self._board()
        late = Ledger()
        other = Board(self.db, self.study.id)
        other.refresh(self.study, self.now)
        other.follow(late, (), None)
        every = [row for row in self._rows() if row["slot"] != BESIDE and not row["late"]]
        rows = [row for row in every if row["purpose"] != Purpose.IMPORT]
        waiting = Counter(
            row["items"] for row in rows if row["outcome"] is None and row["until"] > self.now
        )
        standing = Counter(
            row["items"] for row in rows if row["outcome"] is not None and not row["retracted"]
        )
        known = Counter(row["items"] for row in every if row["purpose"] == Purpose.IMPORT)
        for ledger in (self.ledger, late):
            assert ledger.known == known
            assert +ledger.waiting == waiting
            assert +ledger.standing == standing
            assert min([*ledger.waiting.values(), *ledger.standing.values()], default=0) >= 0

    @invariant()
    def what_was_shown_says_why(self) -> None:
        if not hasattr(self, "study"):
            return
        for row in self._rows():
            if row["purpose"] == Purpose.IMPORT:
                continue
            assert row["purpose"] in set(Purpose)
            assert row["policy"]
            assert 1 <= row["version"] <= self.study.version
            if row["policy"] == Purpose.AGAIN:
                assert row["probability"] is None
            else:
                assert 0 < row["probability"] <= 1
            assert sorted(row["shown"]) == list(row["items"])

    @invariant()
    def the_board_is_what_a_new_one_would_be(self) -> None:
        if not hasattr(self, "study"):
            return
        board, other = self._board(), Board(self.db, self.study.id)
        other.refresh(self.study, self.now)
        overlap = self.study.settings.overlap
        assert (board.n_taken, board.n_judged) == (other.n_taken, other.n_judged)
        assert +board.n_taken_by == +other.n_taken_by
        for person in PEOPLE:
            mine, fresh = board.person(person), other.person(person)
            assert mine.own == fresh.own
            assert mine.sides == fresh.sides
            assert mine.n_judged == fresh.n_judged
            assert [p.id for p in mine.open_now()] == [p.id for p in fresh.open_now()]
            cohort = board.cohort_of(person, self.study)
            assert cohort == other.cohort_of(person, self.study)
            one, two = board.sets_for(cohort, overlap)[0], other.sets_for(cohort, overlap)[0]
            taken = self._taken(cohort)
            for number in range(len(board.space)):
                items = board.space[number]
                assert one.taken(items) == two.taken(items) == taken[items]
                assert board.sides_of(items) == other.sides_of(items)
            assert one.counts(set()) == two.counts(set())


AssignmentMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=20)
TestAssignment = AssignmentMachine.TestCase
