"""Second opinions are blind, resolutions stand beside judgments, groups apart from them."""

from dataclasses import replace

import numpy as np
import pytest

from core.adjudication import AdjudicationError, Disagreement, Resolution, Verdict
from core.coverage import CoverageGoal
from core.judgment import ItemOutcome, Outcome
from core.study import Asking, Study
from core.weights import TargetError
from storage import answers, assignment, judgments, people_groups, resolutions
from storage.database import Database
from storage.judgments import Answer
from storage.people_groups import COHORT, GroupsRefusedError, Target
from storage.presentations import set_id
from tests.given import NOON, answer, next_pair, running_study
from tests.trainer.test_parts import join


def judged(db: Database) -> tuple[Study, tuple[str, ...]]:
    """One pair, which ann and ben have judged differently."""
    study, items = running_study(db, sizes=(2,)), ("q0-000", "q0-001")
    for person, left in (("ann", True), ("ben", False)):
        shown = next_pair(db, study, person)
        assert shown is not None
        first_is_left = shown.left == items[0]
        answer(db, study, shown, Outcome.LEFT if first_is_left == left else Outcome.RIGHT)
    return study, items


def resolved(items: tuple[str, ...], outcome: ItemOutcome | None) -> Resolution:
    verdict = Verdict.STANDS_DIVIDED if outcome is None else Verdict.DECIDED
    return Resolution(set_id(items), "ursula", NOON, verdict, outcome, Disagreement.VALUES, "So.")


def test_a_second_opinion_stands_beside_the_overlap_and_only_who_is_blind_gives_one(
    db: Database,
) -> None:
    study, items = judged(db)
    rng = np.random.default_rng(0)
    with pytest.raises(AdjudicationError, match="judged these items yourself"):
        resolutions.ask(db, study, items, "ann", now=NOON, rng=rng)
    shown = resolutions.ask(db, study, items, "ursula", now=NOON, rng=rng)
    assert resolutions.ask(db, study, items, "ursula", now=NOON, rng=rng) == shown
    judgments.add(db, "ursula", Answer(shown.id, Outcome.LEFT), study, NOON)
    assert len(answers.of_study(db, study.id)) == 2
    assert len(answers.of_study(db, study.id, beside=True)) == 3
    [opinion] = resolutions.opinions(db, study.id, items)
    expected = ItemOutcome.FIRST if shown.left == items[0] else ItemOutcome.SECOND
    assert opinion.outcome is expected
    assert len(resolutions.given(db, study.id, items)) == 2
    with pytest.raises(AdjudicationError, match="judged these items yourself"):
        resolutions.ask(db, study, items, "ursula", now=NOON, rng=rng)


def test_a_second_opinion_and_a_repeat_of_the_same_pair_both_get_their_place(db: Database) -> None:
    """Both stand beside the overlap, one given out on disk and one on the board."""
    study = running_study(db, sizes=(2, 20), asking=Asking(repeat_share=0.5))
    rng = np.random.default_rng(1)
    for seed in range(40):
        waiting = assignment.fill(db, study, "ann", wanted=1, now=NOON, seed=seed)
        if not waiting:
            break
        resolutions.ask(db, study, waiting[0].items, "ursula", now=NOON, rng=rng)
        answer(db, study, waiting[0], Outcome.LEFT)
    found = answers.of_study(db, study.id, beside=True)
    assert len(found) == 40
    assert (found.slot == -1).sum() >= 5


def test_the_newest_resolution_counts_and_the_judgments_stay_as_they_are(db: Database) -> None:
    study, items = judged(db)
    before = answers.of_study(db, study.id)
    resolutions.add(db, study.id, resolved(items, ItemOutcome.FIRST))
    resolutions.add(db, study.id, resolved(items, None))
    assert resolutions.of_study(db, study.id) == (resolved(items, None),)
    after = answers.of_study(db, study.id)
    assert sorted(after.outcome.tolist()) == sorted(before.outcome.tolist()) == [0, 1]
    with pytest.raises(AdjudicationError, match="Nobody was asked"):
        resolutions.add(db, study.id, replace(resolved(items, None), unit="no such pair"))


def test_the_arrays_say_sides_times_and_cohorts(db: Database) -> None:
    study = running_study(db, sizes=(2,), overlap=1)
    join(db, study, "ann", "north")
    shown = next_pair(db, study, "ann")
    assert shown is not None
    answer(db, study, shown, Outcome.RIGHT)
    found = answers.of_study(db, study.id)
    assert found.first_left.tolist() == [int(shown.left == shown.items[0])]
    # Right was chosen: the first item if and only if it did not stand left.
    assert found.outcome.tolist() == found.first_left.tolist()
    assert found.seconds.tolist() == [1.0]
    # 1 January 2026 was a Thursday; its week began on 29 December 2025, day 20,451.
    assert (found.day.tolist(), found.week.tolist()) == ([20454], [20451])
    assert (found.cohorts, found.cohort.tolist()) == (("north",), [0])
    assert answers.words_of_items(db, study.id).tolist() == [2, 2]


def test_groups_and_targets_become_margins(db: Database) -> None:
    study = running_study(db, sizes=(2,))
    for person, cohort in (("ann", "north"), ("ben", "north"), ("cid", "south"), ("dot", "")):
        join(db, study, person, cohort)
    target = Target(COHORT, {"south": 0.75, "north": 0.25}, "to speak for both")
    people_groups.put_target(db, study.id, target, by=None, now=NOON)
    assert people_groups.targets(db, study.id) == (target,)
    [margin] = people_groups.margins_of(db, study.id, ["ann", "ben", "cid", "dot"])
    assert (margin.names, margin.purpose) == (("south", "north"), "to speak for both")
    assert margin.margin.group.tolist() == [1, 1, 0]  # dot is in no cohort
    people_groups.put_target(db, study.id, Target("age", {"old": 1.0}), by=None, now=NOON)
    ages = {"ann": "old", "ben": "young", "cid": "old"}
    assert people_groups.put_groups(db, study.id, "age", ages, by=None, now=NOON) == 3
    assert people_groups.put_groups(db, study.id, "age", ages, by=None, now=NOON) == 0
    age, _ = people_groups.margins_of(db, study.id, ["ann", "ben", "cid"])
    assert age.margin.target.tolist() == [1.0, 0.0]  # nobody young is in the population
    people_groups.remove_target(db, study.id, "age", by=None, now=NOON)
    assert people_groups.targets(db, study.id) == (target,)


def test_what_cannot_be_a_target_or_a_group_is_refused(db: Database) -> None:
    study = running_study(db, sizes=(2,))
    with pytest.raises(TargetError, match="sum to 1"):
        Target("age", {"old": 0.5, "young": 0.4})
    with pytest.raises(GroupsRefusedError, match="page Studies"):
        people_groups.put_groups(db, study.id, COHORT, {}, by=None, now=NOON)
    with pytest.raises(GroupsRefusedError, match="never were in the study"):
        people_groups.put_groups(db, study.id, "age", {"zoe": "old"}, by=None, now=NOON)


def test_the_newest_goal_counts(db: Database) -> None:
    study = running_study(db, sizes=(2,))
    assert people_groups.goal(db, study.id) is None
    for n in (10, 20):
        people_groups.put_goal(db, study.id, CoverageGoal(n_people=n), by=None, now=NOON)
    assert people_groups.goal(db, study.id) == CoverageGoal(n_people=20)
