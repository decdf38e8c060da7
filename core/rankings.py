"""Answers about more than a pair, or about one item: what was said, checked when it is made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from core.comparison_graph import components, strong_components
from core.errors import DiscernError
from core.judgment import Comparisons, Indices

#: Items from best to worst; those of one level were not told apart.
Levels = tuple[tuple[str, ...], ...]


class UnusableAnswerError(DiscernError):
    """An answer contradicts itself, or names what is not there."""


def _check_items(form: str, levels: Levels) -> None:
    """Refuse an answer with an item twice, or with fewer than two."""
    shown = [item for level in levels for item in level]
    if len(shown) <= 1:
        raise UnusableAnswerError(
            f"A {form} needs at least two items, got {len(shown)}. Show more items, or leave the "
            "answer out."
        )
    if len(set(shown)) < len(shown):
        twice = next(item for item in shown if shown.count(item) > 1)
        raise UnusableAnswerError(
            f"A {form} names the item {twice!r} more than once. Each item that was shown must be "
            "named exactly once."
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """Items in order, all of them or the best few; some may share a place.

    Attributes
    ----------
    places : tuple of tuples of str
        Best first; items that share a place were said to be equally good.
    rest : tuple of str
        Items that were shown and left below all others, in no order. Items that were not shown
        are named nowhere.

    Raises
    ------
    UnusableAnswerError
        If an item is named twice, there are fewer than two, or a place is empty.
    """

    annotator: str
    places: Levels
    rest: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_items("ranking", self.levels)
        if not self.places or not all(self.places):
            raise UnusableAnswerError(
                "A ranking has an empty place. Every place, and so the first, needs an item."
            )

    @classmethod
    def of(cls, annotator: str, order: Sequence[str], rest: Sequence[str] = ()) -> "Ranking":
        """A ranking without ties, best first."""
        return cls(annotator, tuple((item,) for item in order), tuple(rest))

    @property
    def levels(self) -> Levels:
        return (*self.places, self.rest) if self.rest else self.places

    @property
    def tie_sizes(self) -> tuple[int, ...]:
        """Of the places that several items share, how many do."""
        return tuple(len(place) for place in self.places if len(place) > 1)


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best of the items shown.

    Raises
    ------
    UnusableAnswerError
        If an item is named twice or there is no other.
    """

    annotator: str
    best: str
    others: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_items("best of several", self.levels)

    @property
    def levels(self) -> Levels:
        return ((self.best,), self.others)


@dataclass(frozen=True, slots=True)
class BestAndWorst:
    """The best and the worst of the items shown; `others` are those in between.

    Attributes
    ----------
    worst_first : bool
        Whether the worst was chosen first, from all items, and the best among those left. Only
        a model that takes the two for choices one after the other asks.

    Raises
    ------
    UnusableAnswerError
        If an item is named twice.
    """

    annotator: str
    best: str
    worst: str
    others: tuple[str, ...]
    worst_first: bool = False

    def __post_init__(self) -> None:
        _check_items("best and worst of several", self.levels)

    @property
    def levels(self) -> Levels:
        middle = (self.others,) if self.others else ()
        return ((self.best,), *middle, (self.worst,))


@dataclass(frozen=True, slots=True)
class BestFew:
    """The best few of the items shown, as many as the question asked for, in no order.

    Raises
    ------
    UnusableAnswerError
        If an item is named twice, or none or all were picked.
    """

    annotator: str
    picked: tuple[str, ...]
    others: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_items("pick of the best few", (self.picked, self.others))
        if not self.picked or not self.others:
            raise UnusableAnswerError(
                f"{len(self.picked)} items were picked and {len(self.others)} left. To say which "
                "are better, at least one must be picked and one left."
            )

    @property
    def levels(self) -> Levels:
        return (self.picked, self.others)


@dataclass(frozen=True, slots=True)
class Thumb:
    """Thumbs up or down for one item, by itself."""

    annotator: str
    item: str
    up: bool


ListAnswer = Ranking | BestOf | BestAndWorst | BestFew
Answer = ListAnswer | Thumb


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """How many answers of each kind there are; pairs without a decision or tie are left out."""

    pairs: int
    rankings: int
    best: int
    best_and_worst: int
    best_few: int
    thumbs: int

    @property
    def total(self) -> int:
        lists = self.rankings + self.best + self.best_and_worst + self.best_few
        return self.pairs + lists + self.thumbs


@dataclass(frozen=True, slots=True, eq=False)
class AllAnswers:
    """All that people said about the items of a study, whatever they were asked.

    Attributes
    ----------
    items : tuple of str
        Item ids; the position of an item is its index.
    prompts : ndarray of int64, shape (n_items,)
        Number of the prompt that each item answers.
    pairs : Comparisons or None
        Of the same items.
    lists : tuple of Ranking, BestOf, BestAndWorst, BestFew
        Each about items of one prompt.
    thumbs : tuple of Thumb
    """

    items: tuple[str, ...]
    prompts: Indices
    pairs: Comparisons | None
    lists: tuple[ListAnswer, ...]
    thumbs: tuple[Thumb, ...]

    @classmethod
    def of(
        cls,
        items: Sequence[str],
        prompts: Sequence[str],
        answers: Sequence[Answer],
        pairs: Comparisons | None = None,
    ) -> "AllAnswers":
        """Collect answers of any kind.

        Parameters
        ----------
        items, prompts : sequence of str, both of length n_items
            Item ids and the prompt that each answers.

        Raises
        ------
        UnusableAnswerError
            If an item is listed twice, an answer names one that is not in `items` or compares items
            of different prompts, or the pairs are about other items.
        """
        if len(set(items)) < len(items):
            raise UnusableAnswerError(
                f"{len(items):,} items have only {len(set(items)):,} different ids. List each item "
                "once."
            )
        number = {name: i for i, name in enumerate(dict.fromkeys(prompts))}
        collected = cls(
            items=tuple(items),
            prompts=np.array([number[name] for name in prompts], dtype=np.int64),
            pairs=pairs,
            lists=tuple(answer for answer in answers if not isinstance(answer, Thumb)),
            thumbs=tuple(answer for answer in answers if isinstance(answer, Thumb)),
        )
        collected._check(dict(zip(items, prompts, strict=True)))
        return collected

    def _check(self, prompt_of: Mapping[str, str]) -> None:
        if self.pairs is not None and self.pairs.items != self.items:
            raise UnusableAnswerError(
                f"The pairs are about {len(self.pairs.items):,} items and the other answers about "
                f"{len(self.items):,}, or in another order. Index both by the same items."
            )
        for answer in self.lists:
            _check_known([item for level in answer.levels for item in level], prompt_of)
        for thumb in self.thumbs:
            _check_known([thumb.item], prompt_of)

    @property
    def index(self) -> dict[str, int]:
        return {item: i for i, item in enumerate(self.items)}

    @property
    def n(self) -> AnswerCounts:
        def count(form: type[ListAnswer]) -> int:
            return sum(isinstance(answer, form) for answer in self.lists)

        return AnswerCounts(
            pairs=0 if self.pairs is None else len(self.pairs),
            rankings=count(Ranking),
            best=count(BestOf),
            best_and_worst=count(BestAndWorst),
            best_few=count(BestFew),
            thumbs=len(self.thumbs),
        )


@dataclass(frozen=True, slots=True, eq=False)
class AnswerGraph:
    """What the answers of all kinds connect, the threshold of the thumbs being one more node.

    Attributes
    ----------
    component : ndarray of int64, shape (n_items,)
        Strengths are comparable within a component only.
    component_sizes : tuple of int
        Numbers of items of the components that some answer is about, largest first.
    n_held_by_prior : int
        Components in which some group always wins against the rest, or the threshold lies above
        or below all: there the prior alone keeps some difference finite [1]_.
    never_judged : tuple of str
        Ids of items that no answer is about.
    with_threshold : int or None
        The component whose items are judged against the threshold, directly or through others;
        None without thumbs.

    References
    ----------
    .. [1] Ford, "Solution of a ranking problem from binary comparisons", American Mathematical
       Monthly 64(8), 1957; for rankings Hunter, "MM algorithms for generalized Bradley-Terry
       models", Annals of Statistics 32(1), 2004, Assumption 1.
    """

    component: Indices
    component_sizes: tuple[int, ...]
    n_held_by_prior: int
    never_judged: tuple[str, ...]
    with_threshold: int | None

    def on_threshold(self, item: Indices) -> bool:
        """Whether all these items stand in a known relation to the threshold."""
        known = self.with_threshold is not None
        return known and bool((self.component[item] == self.with_threshold).all())


def graph_of(answers: AllAnswers) -> AnswerGraph:
    """Say what the answers connect."""
    n_items, index = len(answers.items), answers.index
    better, worse = _edges(answers, index)
    nodes = components(n_items + 1, better, worse)
    strong = strong_components(n_items + 1, better, worse)
    judged = np.zeros(n_items + 1, dtype=bool)
    judged[better] = judged[worse] = True
    parts = np.bincount(nodes[np.unique(strong, return_index=True)[1]])
    judged_components = np.unique(nodes[judged])
    sizes = np.bincount(nodes[:-1], minlength=len(parts))
    component = np.unique(nodes[:-1], return_inverse=True)[1].astype(np.int64)
    return AnswerGraph(
        component=component,
        component_sizes=tuple(sorted(sizes[judged_components].tolist(), reverse=True)),
        n_held_by_prior=int((parts[judged_components] > 1).sum()),
        never_judged=tuple(np.array(answers.items, dtype=object)[~judged[:-1]].tolist()),
        with_threshold=int(component[index[answers.thumbs[0].item]]) if answers.thumbs else None,
    )


def _edges(answers: AllAnswers, index: Mapping[str, int]) -> tuple[Indices, Indices]:
    """Who was put above whom, enough edges to connect what is connected; ties go both ways."""
    threshold = len(answers.items)
    edges: list[tuple[int, int]] = []
    for answer in answers.lists:
        edges += [(index[one], index[other]) for one, other in _above(answer)]
    for thumb in answers.thumbs:
        item = index[thumb.item]
        edges.append((item, threshold) if thumb.up else (threshold, item))
    table = np.array(edges, dtype=np.int64).reshape(-1, 2)
    better, worse = [table[:, 0]], [table[:, 1]]
    if answers.pairs is not None:
        pairs = answers.pairs
        won, lost = pairs.outcome >= 0, pairs.outcome <= 0
        better += [pairs.first[won], pairs.second[lost]]
        worse += [pairs.second[won], pairs.first[lost]]
    return np.concatenate(better), np.concatenate(worse)


def _above(answer: ListAnswer) -> Iterator[tuple[str, str]]:
    for upper, lower in pairwise(answer.levels):
        yield from product(upper, lower)
    if isinstance(answer, Ranking):
        for place in answer.places:
            if len(place) > 1:
                yield from zip(place, (*place[1:], place[0]), strict=True)


def _check_known(asked: Sequence[str], prompt_of: Mapping[str, str]) -> None:
    unknown = [item for item in asked if item not in prompt_of]
    if unknown:
        raise UnusableAnswerError(
            f"An answer names the item {unknown[0]!r}, which the study does not have. Import the "
            "item first, or leave the answer out."
        )
    if len({prompt_of[item] for item in asked}) > 1:
        raise UnusableAnswerError(
            f"An answer puts {asked[0]!r} and others in order, but they answer different prompts. "
            "Only items of one prompt can be compared."
        )
