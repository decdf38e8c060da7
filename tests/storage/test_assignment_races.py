"""Fifty people at once, for the last places, while leases run out in the middle."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest

from core.judgment import Outcome, SkipReason
from core.study import Asking, Study
from storage import assignment, judgments
from storage.assignment import NothingLeft
from storage.board import Board, board_of
from storage.database import Database
from storage.judgments import Answer
from storage.places_on_disk import ANSWER, LEASE, RETRACTION
from tests.given import NOON, running_study

N_PEOPLE = 50
TAKES = """
SELECT p.set_id, p.annotator_id, count(*) FROM presentations p
LEFT JOIN judgments j USING (presentation_id)
LEFT JOIN retractions r USING (presentation_id)
WHERE p.slot >= 0 AND CASE WHEN j.outcome IS NULL THEN p.lease_until > ?
                           ELSE r.presentation_id IS NULL AND NOT j.late
                                AND j.outcome <> 'skipped' END
GROUP BY ALL
"""


END = NOON + timedelta(hours=9)


def judge(db: Database, study: Study, number: int) -> None:
    """Somebody whose clock jumps past leases: answers, answers late, skips, takes back, or not."""
    lot, person, now = Random(number), f"a{number}", NOON
    for seed in range(10):
        shown = assignment.fill(db, study, person, wanted=2, now=now, seed=100 * number + seed)
        now += timedelta(minutes=lot.choice([0, 1, 20, 40]))
        for one in shown:
            skipped = Answer(one.id, Outcome.SKIPPED, skip_reason=SkipReason.OTHER)
            what = lot.choices([Answer(one.id, Outcome.LEFT), skipped, None], [60, 15, 25])[0]
            if what is not None:
                judgments.add(db, person, what, study, now)
        if lot.random() < 0.2:
            for answered in judgments.recent(db, study.id, person, 1):
                judgments.take_back(db, person, answered, study, now)


def judge_the_rest(db: Database, study: Study, person: str) -> None:
    while shown := assignment.fill(db, study, person, wanted=9, now=END, seed=0):
        for one in shown:
            judgments.add(db, person, Answer(one.id, Outcome.TIE), study, END)


def taken(db: Database) -> Counter[str]:
    """How many places of each pair are taken at the end; nobody has two of one pair."""
    rows = db.read(TAKES, [END])
    assert {n for _, _, n in rows} <= {1}
    return Counter(pair for pair, _, _ in rows)


@pytest.mark.parametrize("overlap", [1, 3])
def test_the_overlap_holds_when_leases_run_out_in_the_middle(db: Database, overlap: int) -> None:
    """Fifteen pairs with one place each, or three; and what is left goes to whoever comes last."""
    study = running_study(db, sizes=(6,), overlap=overlap, asking=Asking(repeat_share=0.1))
    start = threading.Barrier(N_PEOPLE)

    def run(number: int) -> None:
        start.wait()
        judge(db, study, number)

    with ThreadPoolExecutor(N_PEOPLE) as pool:
        list(pool.map(run, range(N_PEOPLE)))
    assert max(taken(db).values()) <= overlap
    for number in range(overlap):
        judge_the_rest(db, study, f"last {number}")
    assert sorted(taken(db).values()) == [overlap] * 15
    assert assignment.nothing_left(db, study, "x", END) is NothingLeft.ALL_JUDGED

    board, other = board_of(db, study.id), Board(db, study.id)
    for one in (board, other):
        one.refresh(study, END)
        assert one.n_taken == 15 * overlap
        assert one.sets_for(None, overlap)[0].counts(set()) == [0] * overlap


def test_everybody_gets_something_while_places_are_open(db: Database) -> None:
    """Fifty people, sixty places, each wants one: nobody is told that there is nothing."""
    study = running_study(db, sizes=(6,), overlap=4)
    start = threading.Barrier(N_PEOPLE)

    def ask(number: int) -> int:
        start.wait()
        person = f"a{number}"
        return len(assignment.fill(db, study, person, wanted=1, now=NOON, seed=number))

    with ThreadPoolExecutor(N_PEOPLE) as pool:
        assert list(pool.map(ask, range(N_PEOPLE))) == [1] * N_PEOPLE
    sides = db.read(
        "SELECT abs(2 * count(*) FILTER (shown[1] = first_id) - count(*)) FROM presentations"
        " GROUP BY set_id"
    )
    assert {difference for (difference,) in sides} <= {0, 1}


@pytest.mark.parametrize("asked", [ANSWER, RETRACTION, LEASE])
def test_what_every_answer_asks_is_looked_up_in_an_index(db: Database, asked: str) -> None:
    """Not by reading all rows: the time of an answer would grow with the study."""
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO presentations SELECT 'p' || n, 's', 1, 'a', 'i' || n, NULL, NULL, NULL, 0,"
            " 0, 'judge', 'random', NULL, now(), now() FROM range(5000) r(n)"
        )
    )
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO judgments (presentation_id, outcome, judged_at)"
            " SELECT presentation_id, 'first', now() FROM presentations"
        )
    )
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO retractions SELECT presentation_id, now() FROM presentations"
        )
    )
    [(_, plan)] = db.read(f"EXPLAIN ANALYZE {asked}", ["p7"])
    assert "Type: Index Scan" in plan
