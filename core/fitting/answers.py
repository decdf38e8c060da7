"""How each kind of answer becomes a part of the joint likelihood."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core.fitting.joint_slopes import Part
from core.fitting.plackett_luce import Menus, Picks, Races, tie_alternatives
from core.fitting.thumbs import Thumbs
from core.judgment import Floats, PairCounts
from core.rankings import AllAnswers, BestAndWorst, BestFew, BestOf, Ranking

#: Items, those chosen first, and how many were chosen.
Choice = tuple[list[int], int]
#: How the worst of several is understood, see `fit_strengths`.
WorstChoice = Literal["last", "reversed"]


@dataclass(frozen=True, slots=True)
class Further:
    """Where the parameters beside the strengths stand.

    Attributes
    ----------
    pair_tie : int or None
        Of the log tie weight of pairs; None where no pair was tied.
    tie_sizes : tuple of int
        Sizes of the ties that occur in rankings; their log weights follow.
    threshold : int or None
        Of the threshold of thumbs; the shifts of `annotators` follow.
    """

    pair_tie: int | None
    tie_sizes: tuple[int, ...]
    threshold: int | None
    annotators: tuple[str, ...]

    @property
    def first_ranking_tie(self) -> int:
        return 0 if self.pair_tie is None else 1

    @property
    def n(self) -> int:
        n_ties = self.first_ranking_tie + len(self.tie_sizes)
        return n_ties + (self.threshold is not None) + len(self.annotators)

    @classmethod
    def of(cls, answers: AllAnswers, *, with_shifts: bool) -> "Further":
        with_ties = answers.pairs is not None and bool((answers.pairs.outcome == 0).any())
        rankings = (answer for answer in answers.lists if isinstance(answer, Ranking))
        sizes = sorted({size for ranking in rankings for size in ranking.tie_sizes})
        people = tuple(dict.fromkeys(thumb.annotator for thumb in answers.thumbs))
        return cls(
            pair_tie=0 if with_ties else None,
            tie_sizes=tuple(sizes),
            threshold=with_ties + len(sizes) if answers.thumbs else None,
            # The shift of the only person there is cannot be told from the threshold.
            annotators=people if with_shifts and len(people) > 1 else (),
        )


@dataclass(frozen=True, slots=True)
class _Lists:
    """Lists sorted by what becomes of them; all start with the items that were chosen."""

    races: list[Choice] = field(default_factory=list)
    tied: list[Choice] = field(default_factory=list)
    worst: list[Choice] = field(default_factory=list)
    picks: list[Choice] = field(default_factory=list)


def read_answers(
    answers: AllAnswers, further: Further, worst_choice: WorstChoice = "last"
) -> list[Part]:
    """Turn answers into the parts of one likelihood, answers of one shape together.

    Raises
    ------
    TooManyTiesError
        If ties occur in rankings of too many items.
    """
    parts: list[Part] = []
    if answers.pairs is not None and len(answers.pairs):
        parts.append(_pairs(answers.pairs.counts(), further))
    lists = _sort(answers, worst_choice, with_ties=bool(further.tie_sizes))
    parts += [_races(races) for races in _by_size(lists.races)]
    parts += [_tied(choices, further) for choices in _by_size(lists.tied)]
    parts += [_worst(worst, further.n) for worst in _by_size(lists.worst)]
    parts += _picks(lists.picks)
    if further.threshold is not None:
        parts.append(_thumbs(answers, further.threshold, further.annotators))
    return parts


def _sort(answers: AllAnswers, worst_choice: WorstChoice, *, with_ties: bool) -> _Lists:
    index, lists = answers.index, _Lists()
    for answer in answers.lists:
        shown = [index[item] for level in answer.levels for item in level]
        match answer:
            case BestOf():
                lists.races.append((shown, 1))
            case BestFew():
                lists.picks.append((shown, len(answer.picked)))
            case BestAndWorst():
                _sort_worst(lists, answer, shown, worst_choice)
            case Ranking() if with_ties:
                lists.tied.extend(_stages(answer, shown))
            case Ranking():
                lists.races.append((shown, min(len(answer.places), len(shown) - 1)))
    return lists


def _sort_worst(
    lists: _Lists, answer: BestAndWorst, shown: list[int], worst_choice: WorstChoice
) -> None:
    if worst_choice == "last":
        # After the best has been taken away, all in between come before the worst.
        lists.races.append((shown, 1))
        lists.picks.append((shown[1:], len(shown) - 2))
        return
    # The one chosen first has all others against it, the other those that are left.
    first = 1 if answer.worst_first else 0
    lists.races.append((shown[: len(shown) - first], 1))
    lists.worst.append((shown[1 - first :][::-1], 1))


def _stages(ranking: Ranking, shown: list[int]) -> Iterator[Choice]:
    for place in ranking.places:
        if len(shown) > 1:
            yield shown, len(place)
        shown = shown[len(place) :]


def _by_size(choices: list[Choice]) -> list[list[Choice]]:
    """Choices from equally many items together; one from a single item says nothing."""
    sizes: dict[int, list[Choice]] = defaultdict(list)
    for items, n_chosen in choices:
        if len(items) > 1:
            sizes[len(items)].append((items, n_chosen))
    return [sizes[size] for size in sorted(sizes)]


def _pairs(counts: PairCounts, further: Further) -> Menus:
    """Davidson's model where some pair was tied, and Bradley-Terry's where none was."""
    columns, weights = [counts.first_better, counts.second_better], [[1.0, 0.0], [0.0, 1.0]]
    ties = np.zeros((2, further.n))
    if further.pair_tie is not None:
        columns.append(counts.tied)
        weights.append([0.5, 0.5])
        ties = np.zeros((3, further.n))
        ties[2, further.pair_tie] = 1.0
    items = np.stack([counts.first, counts.second], axis=1)
    return Menus(items, np.stack(columns, axis=1), np.array(weights), ties)


def _races(races: list[Choice]) -> Races:
    return Races(np.array([order for order, _ in races]), np.array([depth for _, depth in races]))


def _tied(choices: list[Choice], further: Further) -> Menus:
    n_items = len(choices[0][0])
    alternatives = tie_alternatives(n_items, further.tie_sizes)
    place = {chosen: number for number, chosen in enumerate(alternatives)}
    weights = np.zeros((len(alternatives), n_items))
    ties = np.zeros((len(alternatives), further.n))
    for number, chosen in enumerate(alternatives):
        weights[number, list(chosen)] = 1 / len(chosen)
        if len(chosen) > 1:
            size = further.tie_sizes.index(len(chosen))
            ties[number, further.first_ranking_tie + size] = 1.0
    counts = np.zeros((len(choices), len(alternatives)))
    chosen_now = [place[tuple(range(n_chosen))] for _, n_chosen in choices]
    counts[np.arange(len(choices)), chosen_now] = 1.0
    return Menus(np.array([items for items, _ in choices]), counts, weights, ties)


def _worst(worst: list[Choice], n_further: int) -> Menus:
    items = np.array([items for items, _ in worst])
    n_items = items.shape[1]
    counts = np.zeros(items.shape)
    counts[:, 0] = 1.0
    return Menus(items, counts, -np.eye(n_items), np.zeros((n_items, n_further)))


def _picks(picks: list[Choice]) -> Iterator[Picks]:
    for same in _by_size(picks):
        depths = [n_picked for _, n_picked in same]
        for k in sorted(set(depths)):
            table = np.array([items for items, n_picked in same if n_picked == k])
            yield Picks(table[:, :k], table[:, k:])


def _thumbs(answers: AllAnswers, threshold: int, annotators: tuple[str, ...]) -> Thumbs:
    index = answers.index
    person = {name: i for i, name in enumerate(annotators)}
    rows = [(index[t.item], person.get(t.annotator, 0), t.up) for t in answers.thumbs]
    table = np.array(rows, dtype=np.int64)
    n_people = max(1, len(person))
    keys, place = np.unique(table[:, 0] * n_people + table[:, 1], return_inverse=True)

    def count(up: int) -> Floats:
        return np.bincount(place, table[:, 2] == up, len(keys)).astype(np.float64)

    shift = threshold + 1 + keys % n_people if person else None
    return Thumbs(keys // n_people, count(1), count(0), threshold, shift)
