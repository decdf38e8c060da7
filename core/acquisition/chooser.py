"""A policy at work: it proposes the sets that it scores highest, and follows what comes of them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np

from core.acquisition.beliefs import Beliefs
from core.acquisition.open_pairs import ListedPairs, PromptPairs
from core.acquisition.policies import Aids, item_pull, score_pairs, score_sets
from core.answer_form import ListSaid, implied_pairs
from core.designs import AllPairs, SetSpace
from core.judgment import COMPARING, ChoiceSet, Floats, Indices, ItemOutcome, Pair
from core.study import Policy

PAIR = 2
#: So many of the best are looked at one by one; as many equals mean that the policy cannot tell.
N_LOOKED_AT = 1024
#: Of the scores so many are put in order before the rest is.
N_SORTED_FIRST = 64
#: Sets of a list form that are scored for one choice: those of the most promising items.
MAX_SETS = 4096
#: Scores that differ by less are equal.
SAME = 1e-12


class PolicyChooser:
    """Proposes open sets by one policy, without chance, so that the logged probability is exact.

    It is told what is shown, answered, released and taken back; see `core.open_sets.Chooser`.
    """

    def __init__(self, policy: Policy, beliefs: Beliefs, space: SetSpace, aids: Aids) -> None:
        self.policy = policy.value
        self._policy, self._beliefs, self._aids = policy, beliefs, aids
        self._known = set(beliefs.items)
        self._pairs: ListedPairs | PromptPairs | None = None
        self._sets = np.empty((0, PAIR), dtype=np.int64)
        if isinstance(space, AllPairs):
            self._pairs = PromptPairs(beliefs.prompts)
            return
        self._sets = _largest_sets(space, beliefs)
        if self._sets.shape[1] == PAIR:
            self._pairs = ListedPairs(self._sets[:, 0], self._sets[:, 1])

    def propose(self, is_open: Callable[[ChoiceSet], bool]) -> Sequence[tuple[ChoiceSet, float]]:
        """The open sets with the highest score, each equally; none where too many are equal."""
        sets, scores = self._scored()
        if not len(scores):
            return ()
        best: list[ChoiceSet] = []
        highest = -np.inf
        for number in _from_the_highest(scores):
            if best and scores[number] < highest - SAME:
                break
            items = self._items(sets[number])
            if is_open(items):
                best.append(items)
                highest = max(highest, float(scores[number]))
            if len(best) > N_LOOKED_AT:
                return ()
        return [(items, 1 / len(best)) for items in best]

    def shown(self, items: ChoiceSet) -> None:
        for one, other in self._numbers(items):
            self._beliefs.expect(one, other)

    def answered(self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None) -> None:
        for one, other, answer in self._told(items, outcome, said):
            if answer is None:
                self._release(one, other)
            else:
                self._beliefs.answer(one, other, answer)

    def taken_back(self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None) -> None:
        """An answer does not stand any more, whether it came before or after the fit.

        Of an order that the fit knows, its pairs are not divided out one by one: they are not
        independent. The next fit leaves it out.
        """
        for one, other, answer in self._told(items, outcome, said):
            if answer is None:
                continue
            if said is None or self._beliefs.has_heard(one, other, answer):
                self._beliefs.take_back(one, other, answer)

    def exposed(self, items: ChoiceSet, times: int) -> None:
        for one, other in self._numbers(items):
            self._beliefs.exposure[[one, other]] += times
            self._beliefs.asked[min(one, other), max(one, other)] += times

    def released(self, items: ChoiceSet) -> None:
        for one, other in self._numbers(items):
            self._release(one, other)

    def _scored(self) -> tuple[Indices, Floats]:
        """Rows of item numbers, and the score of each."""
        beliefs, aids = self._beliefs, self._aids
        if self._pairs is not None:
            first, second = self._pairs.shortlist(self._pull)
            scores = score_pairs(self._policy, beliefs, first, second, aids)
            return np.column_stack([first, second]), scores
        sets = self._sets
        if len(sets) > MAX_SETS:
            promise = self._pull()[sets].sum(axis=1)
            sets = sets[np.sort(np.argpartition(-promise, MAX_SETS)[:MAX_SETS])]
        return sets, score_sets(self._policy, beliefs, sets, aids)

    def _pull(self) -> Floats:
        return item_pull(self._policy, self._beliefs, self._aids)

    def _items(self, row: Indices) -> ChoiceSet:
        return tuple(sorted(self._beliefs.items[number] for number in row))

    def _told(
        self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None
    ) -> Iterator[tuple[int, int, int | None]]:
        """What an answer says of each pair of known items; None where it does not compare them."""
        told = {} if said is None else dict(implied_pairs(said))
        for one, other in combinations(items, 2):
            if not self._known.issuperset((one, other)):
                continue
            answer = outcome if said is None else told.get(Pair.of(one, other))
            compared = None if answer is None else COMPARING.get(answer)
            yield self._beliefs.index(one), self._beliefs.index(other), compared

    def _release(self, one: int, other: int) -> None:
        if self._beliefs.pending.get((min(one, other), max(one, other))):
            self._beliefs.release(one, other)

    def _numbers(self, items: ChoiceSet) -> list[tuple[int, int]]:
        known = [self._beliefs.index(item) for item in items if item in self._known]
        return list(combinations(known, 2))


def _largest_sets(space: SetSpace, beliefs: Beliefs) -> Indices:
    """The sets of the usual size by numbers of items; those with unknown items are left out.

    Scores order sets of one size, and smaller prompts make smaller sets.
    """
    known = set(beliefs.items)
    sets = [space[number] for number in range(len(space))]
    whole = [items for items in sets if known.issuperset(items)]
    size = max((len(items) for items in whole), default=PAIR)
    rows = [[beliefs.index(item) for item in items] for items in whole if len(items) == size]
    return np.sort(np.array(rows, dtype=np.int64).reshape(-1, size), axis=1)


def _from_the_highest(scores: Floats) -> Iterator[int]:
    """Places of the scores from the highest on; most choices end within the first few."""
    n = min(N_SORTED_FIRST, len(scores))
    first = np.argpartition(-scores, n - 1)[:n]
    yield from first[np.argsort(-scores[first], kind="stable")].tolist()
    if n < len(scores):
        rest = np.setdiff1d(np.arange(len(scores)), first)
        yield from rest[np.argsort(-scores[rest], kind="stable")].tolist()
