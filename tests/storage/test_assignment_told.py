"""What policies are told, and what happens when answers are imported while people judge."""

from collections import Counter
from collections.abc import Callable, Sequence

from core.answer_form import ListSaid
from core.judgment import ChoiceSet, ItemOutcome, Outcome
from core.study import Study
from storage import judgments
from storage.board import Board, board_of
from storage.database import Cursor, Database
from tests.given import NOON, answer, next_pair, running_study
from tests.storage.test_assignment_rules import LATER, NO_REPEATS, got


def imported(db: Database, study: Study, slots: Sequence[int]) -> None:
    def put(cursor: Cursor) -> None:
        for slot in slots:
            key = f"import-{slot}"
            cursor.execute(
                "INSERT INTO presentations VALUES (?, ?, 1, ?, ?, 'q0-000', 'q0-001', NULL, ?, 0,"
                " 'import', 'import', NULL, ?, NULL)",
                [key, study.id, key, "q0-000\x1fq0-001", slot, NOON],
            )
            cursor.execute(
                "INSERT INTO judgments (presentation_id, outcome, judged_at) VALUES (?, 'tie', ?)",
                [key, NOON],
            )

    db.write(put)


class Recorder:
    """A policy without an opinion that notes what it is told."""

    policy = "recorder"

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()

    def propose(self, is_open: Callable[[ChoiceSet], bool]) -> Sequence[tuple[ChoiceSet, float]]:
        self.told["asked"] += is_open(("no", "such"))
        return ()

    def shown(self, items: ChoiceSet) -> None:
        self.told[f"shown {len(items)}"] += 1

    def answered(self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None) -> None:
        self.told[f"answered {outcome} {len(items)} {said}"] += 1

    def taken_back(self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None) -> None:
        self.told[f"taken back {outcome} {len(items)} {said}"] += 1

    def released(self, items: ChoiceSet) -> None:
        self.told[f"released {len(items)}"] += 1

    def exposed(self, items: ChoiceSet, times: int) -> None:
        self.told[f"exposed {len(items)}"] += times


def test_answers_imported_while_people_judge_take_places_and_are_told_once(db: Database) -> None:
    """Two imported answers, one place left of three; a policy hears of each thing once."""
    study = running_study(db, sizes=(2,), overlap=3, asking=NO_REPEATS)
    shown = got(db, study, "ann")
    recorder = Recorder()
    board_of(db, study.id).follow(recorder, (), None)
    imported(db, study, (1, 2))
    for _ in range(3):
        assert next_pair(db, study, "ben") is None
    answer(db, study, shown, Outcome.TIE)
    assert judgments.progress(db, study.id, "ann") == judgments.Progress(own=1, total=3)
    board_of(db, study.id).refresh(study, LATER)
    assert recorder.told == {"shown 2": 1, "exposed 2": 2, "answered tie 2 None": 1}


def test_a_policy_hears_of_no_answer_that_came_too_late(db: Database) -> None:
    study = running_study(db, sizes=(2,), overlap=1, asking=NO_REPEATS)
    recorder = Recorder()
    board_of(db, study.id).follow(recorder, (), None)
    lapsed = got(db, study, "ann")
    got(db, study, "ben", LATER)
    answer(db, study, lapsed, Outcome.TIE, LATER)
    board_of(db, study.id).refresh(study, LATER)
    assert recorder.told == {"shown 2": 2, "released 2": 1, "asked": 0}


def test_a_policy_hears_of_answers_that_are_taken_back(db: Database) -> None:
    """At once; and one that begins later hears what changed after the answers that it knows.

    Ann's answer was given before the fit and taken back after it. Ben's was taken back before it.
    """
    study = running_study(db, sizes=(3,), overlap=3, asking=NO_REPEATS)
    recorder = Recorder()
    board_of(db, study.id).follow(recorder, (), None)
    shown = {name: got(db, study, name) for name in ("ann", "ben", "cem")}
    for name, one in shown.items():
        answer(db, study, one, Outcome.TIE)
        if name == "ben":
            judgments.take_back(db, name, one.id, study, NOON)
    judgments.take_back(db, "ann", shown["ann"].id, study, LATER)
    board_of(db, study.id).read()
    told = {"answered tie 2 None": 3, "taken back tie 2 None": 2, "shown 2": 5}
    assert recorder.told == told | {"asked": 0}
    board = Board(db, study.id)
    board.read()
    late = Recorder()
    board.follow(late, (), NOON)
    assert late.told == {"exposed 2": 2, "taken back tie 2 None": 1, "shown 2": 2}
