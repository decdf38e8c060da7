from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.designs import AllPairs, design, n_sets, pairs_within


def names(n: int, prefix: str = "i") -> list[str]:
    return [f"{prefix}{number:03}" for number in range(n)]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_all_pairs_are_numbered_each_once(sizes: list[int]) -> None:
    groups = [names(size, f"g{number}-") for number, size in enumerate(sizes)]
    space = AllPairs(groups)
    expected = [pair for group in groups for pair in combinations(group, 2)]
    assert sorted(space[number] for number in range(len(space))) == sorted(expected)
    assert all(pair in space for pair in expected)
    assert ("g0-000", "g1-000") not in space
    assert ("g0-000",) not in space
    with pytest.raises(IndexError):
        space[len(space)]


def test_fifty_million_pairs_are_numbered_without_a_list() -> None:
    space = AllPairs([names(10_000)])
    assert len(space) == comb(10_000, 2)
    assert space[len(space) - 1] == ("i9998", "i9999")
    assert space[comb(9_000, 2)] == ("i000", "i9000")


@settings(max_examples=150)
@given(st.integers(1, 40), st.integers(1, 8))
def test_every_item_is_in_equally_many_different_sets(n_items: int, size: int) -> None:
    sets = design([names(n_items)], size, 1).sets
    assert len(set(sets)) == len(sets) == n_sets([n_items], size, 1)
    assert {len(chosen) for chosen in sets} == {min(size, n_items)}
    assert all(list(chosen) == sorted(set(chosen)) for chosen in sets)
    counts = Counter(item for chosen in sets for item in chosen)
    assert set(counts) == set(names(n_items))
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize(("n_items", "size"), [(20, 3), (40, 4), (60, 5), (30, 8)])
def test_each_two_items_meet_about_once(n_items: int, size: int) -> None:
    """On average once, and more as the rounds are rounded up: 5 for 29 / 7 = 4.1 of 30 by 8.

    Of random sets e^-1 = 37 % of the pairs would never meet; here at most 20 % do not.
    """
    sets = design([names(n_items)], size, 2).sets
    met = Counter(pair for chosen in sets for pair in combinations(chosen, 2))
    n_pairs = comb(n_items, 2)
    assert sum(met.values()) / n_pairs == pytest.approx(1.07, abs=0.13)
    assert 1 - len(met) / n_pairs <= 0.2
    assert max(met.values()) <= 4


def test_small_prompts_give_one_set_or_none() -> None:
    groups = [names(2, "a"), names(3, "b"), names(4, "c")]
    assert design(groups, 4, 3).sets == (tuple(names(3, "b")), tuple(names(4, "c")))
    assert len(design([[], names(1)], 4, 2)) == 0


def test_sets_of_two_are_all_pairs() -> None:
    assert len(design([names(7)], 2, 2)) == 21


def test_the_same_items_give_the_same_sets_whatever_else_is_asked() -> None:
    """What people have answered stays part of the design when more prompts are imported."""
    alone = design([names(12, "a")], 4, 2).sets
    beside = design([names(9, "0"), names(12, "a"), names(5, "z")], 4, 2).sets
    assert set(alone) <= set(beside)
    assert design([names(12, "a")[::-1]], 4, 2).sets == alone


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 500))
def test_pairs_within_prompts_are_all_of_them_or_as_many_as_wanted(
    prompts: list[int], most: int
) -> None:
    answers = np.array(prompts, dtype=np.int64)
    first, second = pairs_within(answers, most, np.random.default_rng(0))
    found = list(zip(first.tolist(), second.tolist(), strict=True))
    expected = {(i, j) for i, j in combinations(range(len(prompts)), 2) if prompts[i] == prompts[j]}
    assert len(found) == len(set(found)) == min(most, len(expected))
    assert set(found) <= expected


def test_pairs_are_drawn_evenly_where_there_are_too_many() -> None:
    """40 of 190 + 45 pairs, 400 times: each about 68 times, standard deviation 7.5."""
    prompts = np.repeat([0, 1], [20, 10])
    rng, times = np.random.default_rng(1), Counter[tuple[int, int]]()
    for _ in range(400):
        first, second = pairs_within(prompts, 40, rng)
        times.update(zip(first.tolist(), second.tolist(), strict=True))
    assert len(times) == 235
    assert all(68 - 5 * 7.5 < n < 68 + 5 * 7.5 for n in times.values())
