"""Distances between cohorts of people whose tastes are known."""

from dataclasses import replace

import numpy as np
import pytest

from core.estimates import NotDeterminedError
from core.judgment import Comparisons
from tests.trainer.test_without import study_data
from trainer.cohort_distance import distances_between_cohorts
from trainer.study_data import StudyData

N_ITEMS, N_PEOPLE, N_JUDGMENTS = 8, 10, 800


def two_cohorts(seed: int, *, taste: float, gap: float) -> StudyData:
    """Ten people in two cohorts; own tastes, and a difference between the cohorts, in nats."""
    rng = np.random.default_rng(seed)
    cohort = np.arange(N_PEOPLE) % 2
    own = rng.normal(size=N_ITEMS) + rng.normal(0, taste, (N_PEOPLE, N_ITEMS))
    own += np.where(cohort[:, None] == 1, gap, -gap) * rng.normal(size=N_ITEMS)
    one = rng.integers(N_ITEMS, size=N_JUDGMENTS)
    other = (one + rng.integers(1, N_ITEMS, size=N_JUDGMENTS)) % N_ITEMS
    first, second = np.minimum(one, other), np.maximum(one, other)
    person = rng.integers(N_PEOPLE, size=N_JUDGMENTS)
    odds = own[person, first] - own[person, second]
    outcome = np.where(rng.random(N_JUDGMENTS) < 1 / (1 + np.exp(-odds)), 1, -1)
    items = tuple(f"i{k}" for k in range(N_ITEMS))
    zeros = np.zeros(N_ITEMS, dtype=np.int64)
    data = study_data(Comparisons(items, zeros, first, second, outcome, person))
    return replace(data, cohort=cohort, cohorts=("north", "south"))


def test_tastes_of_single_people_do_not_pass_for_those_of_cohorts() -> None:
    """Four studies without a difference between cohorts: two at 5 % have probability 1.4 %."""
    found = [
        distances_between_cohorts(two_cohorts(seed, taste=1, gap=0), 1.5, 5, seed)["pairs"][0]
        for seed in range(4)
    ]
    assert sum(row["p_value"] <= 0.05 for row in found) <= 1
    # What chance and tastes make of no distance at all is far from nothing.
    assert np.mean([row["by_chance"] for row in found]) > 0.2
    assert all(
        row["distance"]["estimate"]["low"] < 0.2 for row in found if "estimate" in row["distance"]
    )


def test_cohorts_that_want_different_things_are_told_apart() -> None:
    """Strengths differ by 2 x 0.9 nats: cov 1 - 0.81 over 1 + 0.81, a distance of about 0.67."""
    [row] = distances_between_cohorts(two_cohorts(3, taste=0.3, gap=0.9), 1.5, 5, 0)["pairs"]
    assert row["cohorts"] == ["north", "south"]
    assert row["people"] == [5, 5]
    assert (row["p_value"], row["differ"]) == (pytest.approx(0.005, abs=0.01), True)
    assert row["distance"]["estimate"]["low"] > 0.2
    assert row["distance"]["estimate"]["value"] < row["as_seen"] + 1e-9


def test_small_cohorts_and_items_apart_are_said() -> None:
    data = two_cohorts(0, taste=0, gap=0)
    with pytest.raises(NotDeterminedError, match="there is none"):
        distances_between_cohorts(data, 1.5, 6, 0)
    comparisons = data.comparisons
    north = np.array([0, 2, 4, 6, 8])
    # The north judged the first items only, the south the others.
    of_north = np.isin(comparisons.annotator, north)
    apart = comparisons.where(np.where(of_north, comparisons.second < 4, comparisons.first >= 4))
    [row] = distances_between_cohorts(replace(data, comparisons=apart), 1.5, 5, 0)["pairs"]
    assert "items in common" in row["why_not"]
