"""One rule of the assignment after another, where it would go wrong by itself."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from threading import Event
from typing import Any

import numpy as np
import pytest

from core.answer_form import AnswerForm, Form, ListSaid
from core.judgment import ChoiceSet, ItemOutcome, Outcome, Presentation, SkipReason
from core.study import Asking, Study
from storage import assignment, gold, judgments, studies
from storage.assignment import NothingLeft
from storage.database import Cursor, Database
from storage.gold import Gold
from storage.judgments import Answer
from tests.given import INSERT_ITEM, NOON, answer, next_pair, running_study
from ui.judging.entries import entry_of

LATER, MUCH_LATER = NOON + timedelta(minutes=31), NOON + timedelta(minutes=90)
NO_REPEATS = Asking(repeat_share=0)


def skip(db: Database, study: Study, shown: Presentation) -> None:
    given = Answer(shown.id, Outcome.SKIPPED, skip_reason=SkipReason.UNCLEAR)
    judgments.add(db, shown.annotator_id, given, study, NOON)


def got(db: Database, study: Study, person: str, now: datetime = NOON, seed: int = 0) -> Any:
    """What they get next; an error if it is nothing."""
    shown = next_pair(db, study, person, now, seed)
    assert shown is not None
    return shown


def changed(db: Database, study: Study, **settings: Any) -> Study:
    wanted = replace(study.settings, **settings)
    return studies.save_settings(db, study.id, wanted, by=None, version=study.version)


def join(db: Database, study: Study, person: str, cohort: str) -> None:
    insert = "INSERT INTO people VALUES (?, ?, now()) ON CONFLICT DO NOTHING"
    db.write(lambda cursor: cursor.execute(insert, [person, person]))
    studies.set_member(db, study.id, person, member=True, by=None, cohort=cohort)


def know(db: Database, study: Study, *known: Gold) -> None:
    for one in known:
        db.write(lambda c, one=one: gold.put(c, study.id, one, by=None, now=NOON))  # type: ignore[misc]


def n_standing(db: Database) -> int:
    rows = db.read("SELECT count(*) FROM standing_judgments WHERE outcome <> 'skipped'")
    return int(rows[0][0])


@contextmanager
def writer_busy(db: Database) -> Iterator[Callable[[int], None]]:
    """Nothing is written meanwhile; the function waits until so many changes stand in line."""
    begun, go_on = Event(), Event()

    def wait(_: Cursor) -> None:
        begun.set()
        go_on.wait(10)

    def until(n: int) -> None:
        while db._writes.qsize() < n:
            time.sleep(0.001)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(db.write, wait)
        begun.wait(10)
        try:
            yield until
        finally:
            go_on.set()


def test_an_answer_on_its_way_keeps_the_place_that_a_board_has_seen_lapse(db: Database) -> None:
    """The answer stands in line before the new lease: the new lease is not given."""
    study = running_study(db, sizes=(2,), overlap=1)
    lapsed = got(db, study, "ann")
    with ThreadPoolExecutor(2) as pool:
        with writer_busy(db) as until:
            late = pool.submit(answer, db, study, lapsed, Outcome.LEFT, LATER)
            until(1)
            other = pool.submit(next_pair, db, study, "ben", LATER)
            until(2)
        late.result()
        assert other.result() is None
    assert n_standing(db) == 1
    assert assignment.nothing_left(db, study, "ben", LATER) is NothingLeft.ALL_JUDGED


def test_what_is_being_written_is_not_shown_in_another_tab(db: Database) -> None:
    study = running_study(db, sizes=(3,), overlap=1)
    with ThreadPoolExecutor(1) as pool:
        with writer_busy(db) as until:
            first = pool.submit(assignment.fill, db, study, "ann", wanted=2, now=NOON, seed=0)
            until(1)
            assert assignment.open_for(db, study, "ann", NOON) == []
        written = first.result()
        assert len(written) == 2
        assert assignment.open_for(db, study, "ann", NOON) == written


def test_a_lowered_overlap_counts_every_place_that_is_taken(db: Database) -> None:
    """The answer in the second of two places counts when there is one place left."""
    study = running_study(db, sizes=(2,), overlap=2)
    first, second = got(db, study, "ann"), got(db, study, "ben")
    assert (first.slot, second.slot) == (0, 1)
    answer(db, study, second, Outcome.LEFT)
    study = changed(db, study, overlap=1)
    assert next_pair(db, study, "cat", MUCH_LATER) is None
    answer(db, study, first, Outcome.LEFT, MUCH_LATER)  # Ann's lease had run out
    assert n_standing(db) == 1


def test_what_is_taken_back_keeps_its_place_under_a_lowered_overlap(db: Database) -> None:
    """A skipped one has none to keep."""
    study = running_study(db, sizes=(2,), overlap=3)
    shown = [got(db, study, person) for person in ("ann", "ben", "cat")]
    skip(db, study, shown[0])
    for one in shown[1:]:
        answer(db, study, one, Outcome.LEFT)
    study = changed(db, study, overlap=1)
    for one in shown[:2]:
        judgments.take_back(db, one.annotator_id, one.id, study, NOON)
    assert assignment.open_for(db, study, "ann", NOON) == []
    [again] = assignment.open_for(db, study, "ben", NOON)
    assert (again.slot, again.attempt) == (1, 1)


def test_of_two_answers_of_a_person_to_the_same_one_counts(db: Database) -> None:
    """Ann's place lapsed; she got another one while her first page was still open."""
    study = running_study(db, sizes=(2,), overlap=3)
    other = got(db, study, "ben")
    lapsed = got(db, study, "ann")
    skip(db, study, other)
    again = got(db, study, "ann", LATER)
    assert (lapsed.slot, again.slot) == (1, 0)
    answer(db, study, lapsed, Outcome.LEFT, LATER)
    answer(db, study, again, Outcome.RIGHT, LATER)
    rows = db.read(
        "SELECT late FROM judgments JOIN presentations USING (presentation_id)"
        " WHERE annotator_id = 'ann' ORDER BY created_at"
    )
    assert rows == [(True,), (False,)]


def test_each_cohort_has_places_of_its_own_also_when_the_overlap_rises(db: Database) -> None:
    by_cohort = replace(NO_REPEATS, by_cohort=True)
    study = running_study(db, sizes=(2,), overlap=1, asking=by_cohort)
    for person, cohort in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")]:
        join(db, study, person, cohort)
    for person in ("a1", "b1", "x1"):  # x is in no cohort: neither place is theirs
        answer(db, study, got(db, study, person), Outcome.LEFT)
    for person in ("a2", "b2", "x2"):
        assert next_pair(db, study, person) is None
        assert assignment.nothing_left(db, study, person, NOON) is NothingLeft.ALL_JUDGED
    study = changed(db, study, overlap=2)
    for person in ("a2", "b2", "x2"):
        answer(db, study, got(db, study, person), Outcome.LEFT)
    assert [next_pair(db, study, person) for person in ("a3", "b3", "x3")] == [None] * 3
    assert n_standing(db) == 6


def test_where_cohorts_are_given_up_all_their_answers_count(db: Database) -> None:
    study = running_study(db, sizes=(2,), overlap=1, asking=replace(NO_REPEATS, by_cohort=True))
    join(db, study, "a1", "a")
    answer(db, study, got(db, study, "a1"), Outcome.LEFT)
    study = changed(db, study, asking=NO_REPEATS)
    assert next_pair(db, study, "x") is None


def test_quotas_count_what_is_open_or_answered_and_no_skips(db: Database) -> None:
    asking = replace(NO_REPEATS, person_quota=2, study_quota=3)
    study = running_study(db, sizes=(4,), overlap=3, asking=asking)
    skip(db, study, got(db, study, "ann"))
    assert len(assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)) == 2
    assert assignment.nothing_left(db, study, "ann", NOON) is NothingLeft.OWN_QUOTA
    assert len(assignment.fill(db, study, "ben", wanted=6, now=NOON, seed=0)) == 1
    assert next_pair(db, study, "cat") is None
    assert assignment.nothing_left(db, study, "cat", NOON) is NothingLeft.STUDY_QUOTA
    assert next_pair(db, study, "cat", LATER) is not None  # Ann and Ben did not answer


def test_the_quota_of_a_cohort_is_shared(db: Database) -> None:
    study = running_study(db, overlap=3, asking=replace(NO_REPEATS, cohort_quota=2))
    for person, cohort in [("a1", "a"), ("a2", "a"), ("b1", "b")]:
        join(db, study, person, cohort)
    assert len(assignment.fill(db, study, "a1", wanted=6, now=NOON, seed=0)) == 2
    assert next_pair(db, study, "a2") is None
    assert assignment.nothing_left(db, study, "a2", NOON) is NothingLeft.COHORT_QUOTA
    assert len(assignment.fill(db, study, "b1", wanted=6, now=NOON, seed=0)) == 2


def test_repeats_have_their_share_and_the_sides_swapped(db: Database) -> None:
    """400 new pairs of one person: 5 % of what is asked after the first ones, 21 +- 4.5."""
    study = running_study(db, sizes=(29,), overlap=1)
    by_items: dict[ChoiceSet, list[Presentation]] = {}
    for seed in range(400):
        shown = got(db, study, "ann", seed=seed)
        by_items.setdefault(shown.items, []).append(shown)
        answer(db, study, shown, Outcome.LEFT)
    repeated = [shown for shown in by_items.values() if len(shown) > 1]
    assert len(repeated) == pytest.approx(20, abs=4 * 4.4)
    for first, second in repeated:
        assert (first.purpose, second.purpose, second.slot) == ("judge", "repeat", -1)
        assert (second.left, second.right) == (first.right, first.left)
    assert n_standing(db) == 400 - len(repeated)


def test_a_repeat_swaps_the_sides_of_what_was_answered(db: Database) -> None:
    """Not those of an earlier one that lapsed and stood the other way."""
    asking = Asking(repeat_share=0.5)
    study = running_study(db, sizes=(4,), overlap=2, asking=asking)
    lapsed = {p.items: p for p in assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)}
    for shown in assignment.fill(db, study, "ben", wanted=6, now=LATER, seed=1):
        answer(db, study, shown, Outcome.TIE, LATER)
    answered: dict[ChoiceSet, Presentation] = {}
    repeats: list[Presentation] = []
    while later := next_pair(db, study, "ann", LATER, len(answered) + len(repeats)):
        shown = later
        if shown.purpose == "repeat":
            repeats.append(shown)
        else:
            answered[shown.items] = shown
        answer(db, study, shown, Outcome.LEFT, LATER)
    assert any(lapsed[items].left != shown.left for items, shown in answered.items())
    for shown in repeats:
        assert shown.left == answered[shown.items].right


def test_where_nothing_new_is_left_nothing_is_repeated(db: Database) -> None:
    study = running_study(db, sizes=(5,), overlap=1, asking=Asking(repeat_share=0.5))
    seeds = count()
    while shown := next_pair(db, study, "ann", seed=next(seeds)):
        answer(db, study, shown, Outcome.LEFT)
    assert [next_pair(db, study, "ann", seed=seed) for seed in range(50)] == [None] * 50
    assert assignment.nothing_left(db, study, "ann", NOON) is NothingLeft.ALL_SEEN


def test_gold_looks_like_any_other_question_and_comes_once(db: Database) -> None:
    """What a browser gets of it has the same fields with the same values, but for the texts."""
    study = running_study(db, sizes=(7,), overlap=1, asking=Asking(repeat_share=0, gold_share=0.5))
    known = [("q0-000", "q0-001"), ("q0-002", "q0-003"), ("q0-000", "q0-004")]
    know(db, study, *(Gold(k, ItemOutcome.FIRST, "because", False, "import") for k in known))  # noqa: FBT003
    seen: list[Presentation] = []
    while shown := next_pair(db, study, "ann", seed=len(seen)):
        seen.append(shown)
        answer(db, study, shown, Outcome.LEFT)
    as_gold = [shown for shown in seen if shown.purpose == "gold"]
    assert Counter(shown.items for shown in seen).most_common(1)[0][1] == 1
    assert 1 <= len(as_gold) <= 3
    assert len(seen) == 21
    assert {shown.slot for shown in as_gold} == {-1}
    sent = [entry_of(db, shown) for shown in seen]
    told = [{k: v for k, v in entry.items() if k not in {"id", "items"}} for entry in sent]
    assert all(entry == told[0] for entry in told)
    assert {(len(entry["id"]), len(entry["items"])) for entry in sent} == {(16, 2)}


def test_known_answers_that_do_not_fit_are_not_asked(db: Database) -> None:
    """A known pair in a study of rankings; an answer that was taken out; one without an outcome."""
    form = AnswerForm(Form.RANKING, list_size=3)
    study = running_study(db, sizes=(6,), form=form, asking=Asking(repeat_share=0, gold_share=0.5))
    know(db, study, Gold(("q0-000",), ItemOutcome.UP, "", False, "import"))  # noqa: FBT003
    removed = Gold(("q0-000", "q0-001"), ItemOutcome.ANSWERED, "", False, "import")  # noqa: FBT003
    know(db, study, removed)
    gold.take_back(db, study.id, removed, by=None, now=NOON)
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO gold SELECT study_id, set_id, revision + 9, items, NULL, '', false,"
            " 'import', set_at, NULL, NULL FROM gold WHERE revision = 1"
        )
    )
    assert [known.items for known in gold.of_study(db, study.id)] == [("q0-000",)]
    waiting = assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)
    assert {(shown.purpose, len(shown.items)) for shown in waiting} == {("judge", 3)}


def trained(db: Database, share: float = 1.0) -> Study:
    """Two training questions, which must all be right."""
    asking = Asking(repeat_share=0, training=2, training_share=share)
    study = running_study(db, overlap=3, asking=asking)
    sets = [("q0-000", "q0-001"), ("q0-000", "q0-002"), ("q0-000", "q0-003")]
    know(db, study, *(Gold(one, ItemOutcome.TIE, "", True, "import") for one in sets))  # noqa: FBT003
    return study


def test_training_comes_first_and_again_until_a_round_is_right(db: Database) -> None:
    study = trained(db)
    for outcomes in [(Outcome.TIE, Outcome.LEFT), (Outcome.TIE, Outcome.TIE)]:
        waiting = assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)
        assert [(p.purpose, p.slot, p.probability) for p in waiting] == [("training", -1, 1.0)] * 2
        for shown, outcome in zip(waiting, outcomes, strict=True):
            answer(db, study, shown, outcome)
    waiting = assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)
    assert {shown.purpose for shown in waiting} == {"judge"}
    assert n_standing(db) == 0
    learned = {("q0-000", "q0-001"), ("q0-000", "q0-002"), ("q0-000", "q0-003")}
    assert not learned & {shown.items for shown in waiting}  # they were told what is right


@pytest.mark.parametrize(("picked", "purpose"), [([0, 1], "judge"), ([0, 2], "training")])
def test_training_with_orders_counts_how_far_they_are_right(
    db: Database, picked: list[int], purpose: str
) -> None:
    """The best two of four: one of them right scores a half, and 0.6 is asked for."""
    asking = Asking(repeat_share=0, training=1, training_share=0.6)
    form = AnswerForm(Form.BEST_FEW, list_size=4, picks=2)
    study = running_study(db, sizes=(4,), overlap=3, asking=asking, form=form)
    items = tuple(f"q0-00{number}" for number in range(4))
    said = ListSaid((items[:2],), items[2:])
    know(db, study, Gold(items, ItemOutcome.ANSWERED, "", True, "import", said))  # noqa: FBT003
    db.write(lambda c: c.execute(INSERT_ITEM, [study.id, "q0-900", "q0", "one more"]))
    shown = got(db, study, "ann")
    assert shown.shown is not None
    places = [shown.shown.index(items[number]) for number in picked]
    given = Answer(shown.id, Outcome.ANSWERED, said={"picked": places})
    judgments.add(db, "ann", given, study, NOON)
    assert got(db, study, "ann").purpose == purpose


def test_an_answer_in_training_taken_back_adds_no_question(db: Database) -> None:
    study = trained(db)
    first, second = assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)
    for shown in (first, second):
        answer(db, study, shown, Outcome.LEFT)
    judgments.take_back(db, "ann", second.id, study, NOON)
    waiting = assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)
    assert [(p.items, p.purpose, p.policy) for p in waiting] == [
        (second.items, "training", "again")
    ]


def test_training_that_lapsed_is_given_again(db: Database) -> None:
    study = trained(db)
    assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)
    waiting = assignment.fill(db, study, "ann", wanted=6, now=LATER, seed=0)
    assert [shown.purpose for shown in waiting] == ["training"] * 2


def test_items_imported_while_people_judge_are_asked(db: Database) -> None:
    study = running_study(db, sizes=(2,), overlap=1, asking=NO_REPEATS)
    answer(db, study, got(db, study, "ann"), Outcome.LEFT)
    assert next_pair(db, study, "ann") is None
    db.write(lambda c: c.execute(INSERT_ITEM, [study.id, "q0-900", "q0", "one more"]))
    waiting = assignment.fill(db, study, "ann", wanted=6, now=NOON, seed=0)
    assert sorted(p.items for p in waiting) == [("q0-000", "q0-900"), ("q0-001", "q0-900")]


def test_the_last_pairs_of_a_study_do_not_starve(db: Database) -> None:
    """Ten people in turn, some of whom leave or skip: every pair gets its three answers."""
    study = running_study(db, sizes=(6,), overlap=3)
    rng, now = np.random.default_rng(0), NOON
    for turn in range(400):
        person = f"a{turn % 10}"
        now += timedelta(minutes=1)
        for shown in assignment.fill(db, study, person, wanted=3, now=now, seed=turn)[:2]:
            lot = rng.random()
            if lot < 0.1:
                skip(db, study, shown)
            elif lot < 0.8:
                answer(db, study, shown, Outcome.LEFT, now)
    counts = db.read(
        "SELECT count(*) FROM standing_judgments WHERE outcome <> 'skipped'"
        " GROUP BY first_id, second_id"
    )
    assert counts == [(3,)] * 15
