"""A policy at work: what it proposes of open sets, and what it makes of what it is told."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.stats import chisquare

from core.acquisition import Aids, Beliefs, PolicyChooser, score_sets
from core.acquisition.chooser import MAX_SETS
from core.answer_form import ListSaid
from core.designs import AllPairs, design
from core.judgment import ChoiceSet, ItemOutcome
from core.open_sets import OpenSets, choose
from core.study import Policy

ITEMS = [f"i{number:03}" for number in range(340)]
POLICIES = [Policy.EXPECTED_INFORMATION, Policy.RANKING, Policy.RANDOM_BALANCED]


def beliefs_of(n_items: int) -> Beliefs:
    """After three answers an item."""
    beliefs = Beliefs.prior(ITEMS[:n_items], np.zeros(n_items, dtype=np.int64))
    rng = np.random.default_rng(0)
    for _ in range(3 * n_items):
        first, second = rng.choice(n_items, 2, replace=False).tolist()
        beliefs.answer(first, second, int(rng.choice([1, -1])))
    return beliefs


class Remembered:
    """A chooser's proposal for one state, so that it is not scored 10,000 times."""

    def __init__(self, chooser: PolicyChooser) -> None:
        self.policy, self._chooser = chooser.policy, chooser
        self._proposed: Sequence[tuple[ChoiceSet, float]] = ()

    def propose(self, is_open: Callable[[ChoiceSet], bool]) -> Sequence[tuple[ChoiceSet, float]]:
        self._proposed = self._proposed or self._chooser.propose(is_open)
        return self._proposed


@pytest.mark.parametrize("policy", POLICIES)
def test_the_probability_logged_for_very_many_sets_is_the_one_used(policy: Policy) -> None:
    """9,605 sets of four, of which 4,096 are scored, 40 are full and 3 were had: 10,000 draws.

    The same state always gives the same proposal. At most one in a thousand honest choosers fails.
    """
    space = design([ITEMS], 4, 2)
    assert len(space) > 2 * MAX_SETS
    chooser = PolicyChooser(policy, beliefs_of(len(ITEMS)), space, Aids())
    open_sets, own = OpenSets(space, 1), set(space.sets[7:10])
    for items, _ in chooser.propose(lambda _: True)[:40]:
        open_sets.change(items, 1)
    proposed = chooser.propose(lambda items: open_sets.is_open(items) and items not in own)
    assert proposed == chooser.propose(lambda items: open_sets.is_open(items) and items not in own)
    best, share, n_draws = dict(proposed), 0.3, 10_000
    drawn, rng, remembered = Counter[ChoiceSet](), np.random.default_rng(1), Remembered(chooser)
    n_open = open_sets.counts(own)[0]
    for _ in range(n_draws):
        chosen = choose(open_sets, own, share, rng, chooser=remembered)
        assert chosen is not None
        wanted = share / n_open + (1 - share) * best.get(chosen.items, 0)
        assert chosen.probability == pytest.approx(wanted)
        drawn[chosen.items] += 1
    counts = [drawn[items] for items in best]
    expected = [share / n_open + (1 - share) * p for p in best.values()]
    counts, expected = [*counts, n_draws - sum(counts)], [*expected, 1 - sum(expected)]
    assert chisquare(counts, [n_draws * p for p in expected]).pvalue > 0.001


@pytest.mark.parametrize("policy", [Policy.EXPECTED_INFORMATION, Policy.RANKING])
def test_the_sets_that_are_scored_hold_nearly_the_best(policy: Policy) -> None:
    """The best of those that are scored is the best of all 9,605, to a tenth of the score."""
    space, beliefs = design([ITEMS], 4, 2), beliefs_of(len(ITEMS))
    chooser = PolicyChooser(policy, beliefs, space, Aids())
    [(proposed, _), *_] = chooser.propose(lambda _: True)
    table = np.array([[beliefs.index(item) for item in items] for items in space.sets])
    scores = score_sets(policy, beliefs, table, Aids())
    assert scores[space.sets.index(proposed)] > 0.9 * scores.max()


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (ItemOutcome.FIRST, None),
        (ItemOutcome.INCOMPARABLE, None),
        (ItemOutcome.SKIPPED, None),
        (ItemOutcome.ANSWERED, ListSaid((("i002",), ("i000",)), ("i001", "i003"))),
    ],
)
def test_what_is_shown_answered_and_taken_back_leaves_no_trace(
    outcome: ItemOutcome, said: ListSaid | None
) -> None:
    """An order takes back each pair that it tells of; what compares nothing has moved nothing."""
    items: ChoiceSet = tuple(ITEMS[:4]) if said else tuple(ITEMS[:2])
    beliefs = beliefs_of(8)
    mean, variance = beliefs.mean.copy(), beliefs.variance
    chooser = PolicyChooser(Policy.EXPECTED_INFORMATION, beliefs, AllPairs([ITEMS[:8]]), Aids())
    chooser.shown(items)
    chooser.answered(items, outcome, said)
    assert (np.abs(beliefs.mean - mean).max() > 0.01) == (outcome in {"first", "answered"})
    chooser.taken_back(items, outcome, said)
    # Of an order, later pairs were read in the light of earlier ones.
    assert beliefs.mean == pytest.approx(mean, abs=0.02 if said else 1e-9)
    assert beliefs.variance == pytest.approx(variance, rel=0.01 if said else 1e-9)
    assert not beliefs.pending


def test_an_order_that_the_fit_knows_waits_for_the_next_fit() -> None:
    beliefs = beliefs_of(8)
    beliefs.answered.clear()
    mean = beliefs.mean.copy()
    chooser = PolicyChooser(Policy.RANKING, beliefs, AllPairs([ITEMS[:8]]), Aids())
    said = ListSaid((("i002",), ("i000",)), ("i001",))
    chooser.taken_back(("i000", "i001", "i002"), ItemOutcome.ANSWERED, said)
    assert np.array_equal(beliefs.mean, mean)
    chooser.taken_back(("i000", "i001"), ItemOutcome.FIRST, None)
    assert beliefs.mean[0] < mean[0]
