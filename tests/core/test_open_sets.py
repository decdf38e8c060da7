from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.designs import AllPairs, ListedSets
from core.judgment import ChoiceSet
from core.open_sets import COVERAGE_FIRST, RANDOM, TARGETED, ChosenSet, OpenSets, choose

ITEMS = [f"i{number}" for number in range(6)]
PAIRS = AllPairs([ITEMS])
EVERY = [PAIRS[number] for number in range(len(PAIRS))]
#: A correct draw fails one of these with a probability of one in a thousand; the seeds are fixed.
LEAST_P = 0.001


def taken(overlap: int, places: dict[int, int]) -> OpenSets:
    sets = OpenSets(PAIRS, overlap)
    for number, n in places.items():
        sets.change(EVERY[number], n)
    return sets


def fits(counts: Counter[ChoiceSet], shares: dict[ChoiceSet, float]) -> float:
    """The p-value of these counts under these probabilities; nothing else may have been drawn."""
    assert set(counts) <= {items for items, share in shares.items() if share > 0}
    wanted = [items for items, share in shares.items() if share > 0]
    n, total = sum(counts.values()), sum(shares.values())
    assert total == pytest.approx(1)
    return float(chisquare([counts[i] for i in wanted], [n * shares[i] for i in wanted]).pvalue)


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 14), st.booleans()), max_size=60),
    st.sets(st.integers(0, 14)),
)
def test_counts_are_those_of_a_recount(
    overlap: int, changes: list[tuple[int, bool]], had: set[int]
) -> None:
    sets, places, own = OpenSets(PAIRS, overlap), Counter[int](), {EVERY[n] for n in had}
    for number, take in changes:
        by = 1 if take else -1
        if places[number] + by >= 0:  # more than the overlap may be taken: it can be lowered
            sets.change(EVERY[number], by)
            places[number] += by
    open_now = [n for n in range(15) if places[n] < overlap and n not in had]
    expected = [sum(places[n] == level for n in open_now) for level in range(overlap)]
    assert sets.counts(own) == expected
    assert sets.least(own) == next((level for level, n in enumerate(expected) if n), None)
    assert all(sets.is_open(EVERY[n]) == (places[n] < overlap) for n in range(15))
    rng = np.random.default_rng(0)
    for level, n in enumerate(expected):
        if n:
            drawn = EVERY.index(sets.draw(own, rng, level))
            assert drawn in open_now
            assert places[drawn] == level


def test_what_is_not_asked_is_left_aside() -> None:
    sets = OpenSets(PAIRS, 1)
    sets.change(("a", "b"), 1)
    assert sets.counts(set()) == [15]
    assert not sets.is_open(("a", "b"))


@pytest.mark.parametrize("level", [None, 0, 1])
def test_draws_are_uniform(level: int | None) -> None:
    """Of 15 pairs 2 are full, 3 have one place taken, one was given back; 2 were had before."""
    sets = taken(2, {0: 2, 1: 2, 2: 1, 3: 1, 4: 1, 5: 1})
    sets.change(EVERY[5], -1)
    own = {EVERY[2], EVERY[6]}
    rng = np.random.default_rng(1)
    drawn = Counter(sets.draw(own, rng, level) for _ in range(5000))
    among = [
        items
        for items in EVERY
        if items not in own
        and sets.taken(items) < 2
        and (level is None or sets.taken(items) == level)
    ]
    assert fits(drawn, dict.fromkeys(among, 1 / len(among))) > LEAST_P


def test_the_last_one_of_many_is_found() -> None:
    """One of 19,900 pairs is left: neither a long list nor luck is needed to say which."""
    space = AllPairs([[f"i{number:04}" for number in range(200)]])
    sets = OpenSets(space, 1)
    for number in range(len(space)):
        if number != 777:
            sets.change(space[number], 1)
    assert sets.draw(set(), np.random.default_rng(0)) == space[777]


class Fixed:
    """A policy that proposes these sets, those that are open in their proportion."""

    policy = "fixed"

    def __init__(self, shares: dict[ChoiceSet, float]) -> None:
        self.shares = shares

    def propose(self, is_open: Callable[[ChoiceSet], bool]) -> Sequence[tuple[ChoiceSet, float]]:
        among = {items: share for items, share in self.shares.items() if is_open(items)}
        return [(items, share / sum(among.values())) for items, share in among.items()]


FIXED = Fixed({EVERY[0]: 0.3, EVERY[7]: 0.5, EVERY[8]: 0.2, ("a", "b"): 0.5})
AIMED = ListedSets((EVERY[0], EVERY[9], EVERY[10], EVERY[11], EVERY[13]))


@pytest.mark.parametrize("random_share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("aimed", "chooser"), [(False, None), (True, None), (False, FIXED)])
def test_the_probability_logged_is_the_one_used(
    random_share: float, *, aimed: bool, chooser: Fixed | None
) -> None:
    """Ten thousand draws: each set has one probability, they add up to 1, and the counts fit."""
    places = {0: 2, 1: 1, 9: 1}
    sets, targeted, own = taken(2, places), OpenSets(AIMED, 2), {EVERY[12], EVERY[10]}
    for number, n in places.items():
        targeted.change(EVERY[number], n)
    rng = np.random.default_rng(2)
    logged: dict[ChoiceSet, float] = {}
    drawn, policies = Counter[ChoiceSet](), set()
    for _ in range(10_000):
        chosen = choose(
            sets, own, random_share, rng, targeted=targeted if aimed else None, chooser=chooser
        )
        assert isinstance(chosen, ChosenSet)
        assert logged.setdefault(chosen.items, chosen.probability) == chosen.probability
        assert 0 < chosen.probability <= 1
        drawn[chosen.items] += 1
        policies.add(chosen.policy)
    followed = TARGETED if aimed else "fixed" if chooser else COVERAGE_FIRST
    assert policies == {p for p, s in ((RANDOM, random_share), (followed, 1 - random_share)) if s}
    assert fits(drawn, logged) > LEAST_P


def test_targets_come_before_all_others_and_then_no_more() -> None:
    sets, targeted = OpenSets(PAIRS, 1), OpenSets(AIMED, 1)
    rng, own = np.random.default_rng(3), set[ChoiceSet]()
    asked = []
    while chosen := choose(sets, own, 0.0, rng, targeted=targeted):
        asked.append(chosen)
        own.add(chosen.items)
    assert {c.items for c in asked[:5]} == set(AIMED.sets)
    assert [c.policy for c in asked] == [TARGETED] * 5 + [COVERAGE_FIRST] * 10
    assert [c.probability for c in asked[:5]] == [1 / 5, 1 / 4, 1 / 3, 1 / 2, 1]


def test_a_policy_cannot_propose_what_is_not_asked() -> None:
    """It may have been made before the ready pairs were imported."""
    ready = OpenSets(ListedSets((EVERY[0],)), 1)
    chosen = choose(ready, set(), 0.0, np.random.default_rng(0), chooser=FIXED)
    assert chosen == ChosenSet(EVERY[0], "fixed", 1.0)
    stale = Fixed({EVERY[3]: 1.0})
    chosen = choose(ready, set(), 0.0, np.random.default_rng(0), chooser=stale)
    assert chosen == ChosenSet(EVERY[0], COVERAGE_FIRST, 1.0)


def test_nothing_open_is_nothing_chosen() -> None:
    assert choose(OpenSets(PAIRS, 1), set(EVERY), 0.5, np.random.default_rng(0)) is None
    assert choose(OpenSets(ListedSets(()), 1), set(), 0.5, np.random.default_rng(0)) is None
