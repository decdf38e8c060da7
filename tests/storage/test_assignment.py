import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.judgment import Outcome, Pair, Presentation, SkipReason
from core.study import State, Study
from storage import assignment, judgments, studies
from storage.assignment import NothingLeft
from storage.database import Database
from storage.judgments import Answer, AnswerRefusedError
from tests.given import NOON, answer, next_pair, running_study

LATER = NOON + timedelta(minutes=31)


def skip(db: Database, study: Study, shown: Presentation) -> None:
    skipped = Answer(shown.id, Outcome.SKIPPED, skip_reason=SkipReason.UNCLEAR)
    judgments.add(db, shown.annotator_id, skipped, study, NOON)


def standing(db: Database) -> Counter[tuple[str, str]]:
    rows = db.read("SELECT first_id, second_id FROM standing_judgments WHERE outcome <> 'skipped'")
    return Counter(rows)


def test_a_reload_shows_the_same_presentation_again(db: Database) -> None:
    study = running_study(db)
    first = next_pair(db, study, "ann", seed=1)
    assert next_pair(db, study, "ann", seed=2) == first
    assert db.read("SELECT count(*) FROM presentations") == [(1,)]


def test_what_was_shown_is_stored_with_reason_and_probability(db: Database) -> None:
    """Four items are six pairs; nothing judged yet, so each has probability 1/6."""
    study = running_study(db)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    assert (shown.purpose, shown.settings_version) == ("judge", study.version)
    assert shown.policy in {"coverage_first", "random"}
    assert shown.probability == pytest.approx(1 / 6)
    assert shown.left in {shown.pair.first, shown.pair.second}


def test_each_annotator_sees_each_pair_once(db: Database) -> None:
    study = running_study(db, sizes=(4, 2))
    seen: list[Pair] = []
    while shown := next_pair(db, study, "ann", seed=len(seen)):
        seen.append(shown.pair)
        answer(db, study, shown, Outcome.LEFT)
    assert len(seen) == len(set(seen)) == 7
    assert assignment.nothing_left(db, study, "ann", NOON) is NothingLeft.ALL_SEEN


def test_the_overlap_is_never_exceeded_by_racing_annotators(db: Database) -> None:
    """Fifty threads want the six pairs of four items: with two places each, twelve answers."""
    study = running_study(db, overlap=2)
    start = threading.Barrier(50)

    def judge_all(number: int) -> None:
        start.wait()
        for seed in range(7):
            shown = next_pair(db, study, f"a{number}", seed=seed)
            if shown is not None:
                answer(db, study, shown, Outcome.TIE)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(judge_all, range(50)))
    counts = standing(db)
    assert len(counts) == 6
    assert set(counts.values()) == {2}
    assert assignment.nothing_left(db, study, "latecomer", NOON) is NothingLeft.ALL_JUDGED


def test_sides_of_a_pair_differ_by_one_at_most_and_of_an_annotator_too(db: Database) -> None:
    study = running_study(db, sizes=(6,), overlap=5)
    for person in "abcde":
        while shown := next_pair(db, study, person, seed=ord(person)):
            answer(db, study, shown, Outcome.LEFT)
    lefts = db.read(
        "SELECT abs(2 * count(*) FILTER (shown[1] = first_id) - count(*)) FROM presentations"
        " GROUP BY first_id, second_id"
    )
    assert len(lefts) == 15
    assert {difference for (difference,) in lefts} == {1}
    first_person = db.read(
        "SELECT abs(2 * count(*) FILTER (shown[1] = first_id) - count(*)) FROM presentations"
        " WHERE annotator_id = 'a'"
    )
    assert first_person == [(1,)]


def test_a_lapsed_lease_gives_the_pair_to_somebody_else(db: Database) -> None:
    study = running_study(db, sizes=(2,), overlap=1)
    lost = next_pair(db, study, "ann")
    assert lost is not None
    assert next_pair(db, study, "ben") is None
    assert assignment.nothing_left(db, study, "ben", NOON) is NothingLeft.WITH_OTHERS
    again = next_pair(db, study, "ben", now=LATER)
    assert again is not None
    assert (again.pair, again.slot, again.attempt) == (lost.pair, 0, 1)
    answer(db, study, again, Outcome.LEFT, LATER)
    answer(db, study, lost, Outcome.LEFT, LATER)
    assert standing(db) == {(lost.pair.first, lost.pair.second): 1}
    assert db.read("SELECT count(*) FILTER (late), count(*) FROM judgments") == [(1, 2)]


def test_an_answer_after_the_lease_counts_if_nobody_else_got_the_pair(db: Database) -> None:
    study = running_study(db, sizes=(2,), overlap=1)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    answer(db, study, shown, Outcome.LEFT, LATER)
    assert sum(standing(db).values()) == 1
    assert next_pair(db, study, "ben", now=LATER) is None


def test_a_skipped_pair_is_free_at_once_for_others_only(db: Database) -> None:
    study = running_study(db, sizes=(2,), overlap=1)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    skip(db, study, shown)
    assert next_pair(db, study, "ann") is None
    assert next_pair(db, study, "ben") is not None


def test_what_is_taken_back_comes_again_first_on_the_same_sides(db: Database) -> None:
    study = running_study(db)
    first = next_pair(db, study, "ann")
    assert first is not None
    answer(db, study, first, Outcome.LEFT)
    assignment.fill(db, study, "ann", wanted=3, now=NOON, seed=0)
    judgments.take_back(db, "ann", first.id, study, NOON)
    again = assignment.open_for(db, study, "ann", NOON)[0]
    assert (again.pair, again.left, again.purpose) == (first.pair, first.left, "again")
    assert sum(standing(db).values()) == 0
    answer(db, study, again, Outcome.RIGHT)
    assert sum(standing(db).values()) == 1


def test_taking_back_twice_is_taking_back_once(db: Database) -> None:
    study = running_study(db)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    answer(db, study, shown, Outcome.LEFT)
    for _ in range(2):
        judgments.take_back(db, "ann", shown.id, study, NOON)
    assert db.read("SELECT count(*) FROM retractions") == [(1,)]
    assert len(assignment.open_for(db, study, "ann", NOON)) == 1


def test_taking_back_a_skip_pushes_nobody_out(db: Database) -> None:
    """The only place has gone to somebody else meanwhile: their answer counts."""
    study = running_study(db, sizes=(2,), overlap=1)
    skipped = next_pair(db, study, "ann")
    assert skipped is not None
    skip(db, study, skipped)
    other = next_pair(db, study, "ben")
    assert other is not None
    judgments.take_back(db, "ann", skipped.id, study, NOON)
    assert assignment.open_for(db, study, "ann", NOON) == []
    answer(db, study, other, Outcome.LEFT)
    assert sum(standing(db).values()) == 1


def test_an_answer_that_comes_twice_counts_once_and_the_first_one_holds(db: Database) -> None:
    study = running_study(db)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    for outcome in (Outcome.TIE, Outcome.LEFT):
        answer(db, study, shown, outcome)
    assert db.read("SELECT outcome FROM judgments") == [("tie",)]


def test_answers_to_what_was_not_shown_are_refused(db: Database) -> None:
    study = running_study(db)
    other_study = running_study(db)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    for annotator, asked_in, presentation in [
        ("ben", study, shown.id),
        ("ann", other_study, shown.id),
        ("ann", study, "' OR 1=1 --"),
    ]:
        with pytest.raises(AnswerRefusedError, match="was not shown to you"):
            judgments.add(db, annotator, Answer(presentation, Outcome.LEFT), asked_in, NOON)
    assert db.read("SELECT count(*) FROM judgments") == [(0,)]


def test_answers_that_the_study_does_not_take_are_refused(db: Database) -> None:
    study = running_study(db, outcomes=(Outcome.LEFT, Outcome.RIGHT))
    shown = next_pair(db, study, "ann")
    assert shown is not None
    with pytest.raises(AnswerRefusedError, match="does not take the answer 'tie'"):
        answer(db, study, shown, Outcome.TIE)
    with pytest.raises(AnswerRefusedError, match="A reason for skipping"):
        judgments.add(
            db, "ann", Answer(shown.id, Outcome.LEFT, skip_reason=SkipReason.OTHER), study, NOON
        )


def test_ready_pairs_are_the_only_ones_asked(db: Database) -> None:
    study = running_study(db)
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO pairs VALUES (?, 'q0-000', 'q0-003')", [study.id]
        )
    )
    shown = next_pair(db, study, "ann")
    assert shown is not None
    assert shown.pair == Pair("q0-000", "q0-003")
    answer(db, study, shown, Outcome.LEFT)
    assert next_pair(db, study, "ann") is None


def test_an_overlap_that_is_raised_opens_new_places(db: Database) -> None:
    study = running_study(db, sizes=(2,), overlap=1)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    answer(db, study, shown, Outcome.LEFT)
    assert next_pair(db, study, "ben") is None
    settings = running_study(db, overlap=2).settings
    study = studies.save_settings(db, study.id, settings, by=None, version=study.version)
    second = next_pair(db, study, "ben")
    assert second is not None
    assert (second.slot, second.settings_version) == (1, 2)


def test_progress_counts_what_stands(db: Database) -> None:
    study = running_study(db)
    for person, outcome in [("ann", Outcome.LEFT), ("ann", Outcome.BOTH_BAD), ("ben", Outcome.TIE)]:
        shown = next_pair(db, study, person)
        assert shown is not None
        answer(db, study, shown, outcome)
    assert judgments.progress(db, study.id, "ann") == judgments.Progress(own=2, total=3)
    judgments.take_back(db, "ann", judgments.recent(db, study.id, "ann", 1)[0], study, NOON)
    assert judgments.progress(db, study.id, "ann") == judgments.Progress(own=1, total=2)


def test_a_study_without_items_says_so(db: Database) -> None:
    study = running_study(db, sizes=(2,))
    empty = studies.create(db, study.settings, by=None)
    assert empty.state is State.DRAFT
    assert next_pair(db, empty, "ann") is None
    assert assignment.nothing_left(db, empty, "ann", NOON) is NothingLeft.EMPTY
