"""One judged pair, and many judged pairs in the form that a model reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


class Outcome(StrEnum):
    """What the annotator said about the pair as it stood on the screen."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    INCOMPARABLE = "incomparable"
    SKIPPED = "skipped"


class ItemOutcome(StrEnum):
    """The same answer said of the items, whichever side they stood on."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    INCOMPARABLE = "incomparable"
    SKIPPED = "skipped"


class SkipReason(StrEnum):
    """Why somebody did not answer."""

    UNCLEAR = "unclear"
    TOO_HARD = "too_hard"
    OFFENSIVE = "offensive"
    LANGUAGE = "language"
    BROKEN = "broken"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Two items, unordered: `first` is the one whose id sorts first."""

    first: str
    second: str

    def __post_init__(self) -> None:
        if not self.first < self.second:
            raise ValueError(
                f"A pair needs two different ids in order, got {self.first!r}, {self.second!r}."
            )

    @classmethod
    def of(cls, one: str, other: str) -> "Pair":
        return cls(min(one, other), max(one, other))


@dataclass(frozen=True, slots=True)
class Presentation:
    """One pair shown to one annotator once, and why.

    Attributes
    ----------
    left : str or None
        The item on the left; None where a file did not say.
    slot, attempt : int
        Which of the pair's places this takes; an attempt that lapsed gives way to the next.
    purpose, policy : str
        Why this pair, and by which rule it was chosen.
    probability : float or None
        With which the rule chose this pair; None where nobody chose at random.
    """

    id: str
    study_id: str
    settings_version: int
    annotator_id: str
    pair: Pair
    left: str | None
    slot: int
    attempt: int
    purpose: str
    policy: str
    probability: float | None
    created_at: datetime

    @property
    def right(self) -> str | None:
        if self.left is None:
            return None
        return self.pair.second if self.left == self.pair.first else self.pair.first


@dataclass(frozen=True, slots=True)
class Judgment:
    """One answer to one presentation. Never changed; taken back by a retraction.

    Attributes
    ----------
    duration_ms : int or None
        From the moment the pair was painted to the answer, measured by the browser.
    """

    presentation_id: str
    outcome: ItemOutcome
    judged_at: datetime
    duration_ms: int | None = None
    skip_reason: SkipReason | None = None
    reason: str | None = None


def in_item_space(outcome: Outcome, presentation: Presentation) -> ItemOutcome:
    """Say an answer of the screen of the items: the one place where sides become items."""
    if outcome not in {Outcome.LEFT, Outcome.RIGHT}:
        return ItemOutcome(outcome.value)
    if presentation.left is None:
        raise ValueError(f"Presentation {presentation.id} does not say which item stood left.")
    first_is_left = presentation.left == presentation.pair.first
    return ItemOutcome.FIRST if first_is_left == (outcome is Outcome.LEFT) else ItemOutcome.SECOND


#: The outcomes that compare two items, as +1, 0, -1. "Both bad", "cannot be ranked" and skipped
#: pairs say nothing about which item is better and are never turned into a half.
COMPARING = {ItemOutcome.FIRST: 1, ItemOutcome.TIE: 0, ItemOutcome.SECOND: -1}


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Judged pairs with names replaced by indices, one row a judgment.

    Attributes
    ----------
    items : tuple of str
        Item ids; the position of an item is its index.
    prompts : ndarray of int64, shape (n_items,)
        Number of the prompt that each item answers; items of different prompts are never compared.
    first, second : ndarray of int64, shape (n_comparisons,)
        Indices of the two items, `first < second`.
    outcome : ndarray of int64, shape (n_comparisons,)
        +1 where the first item was preferred, 0 for a tie, -1 where the second was.
    annotator : ndarray of int64, shape (n_comparisons,)
        Number of the person who answered.
    """

    items: tuple[str, ...]
    prompts: Indices
    first: Indices
    second: Indices
    outcome: Indices
    annotator: Indices

    def __len__(self) -> int:
        return len(self.outcome)

    def where(self, chosen: NDArray[np.bool_]) -> "Comparisons":
        """The comparisons for which `chosen` (n_comparisons,) is true; the items stay."""
        return Comparisons(
            self.items,
            self.prompts,
            self.first[chosen],
            self.second[chosen],
            self.outcome[chosen],
            self.annotator[chosen],
        )

    def counts(self) -> "PairCounts":
        """Add up the judgments of each pair: all that the models of this product need."""
        n = len(self.items)
        keys, place = np.unique(self.first * n + self.second, return_inverse=True)

        def count(value: int) -> Floats:
            return np.bincount(place, self.outcome == value, len(keys)).astype(np.float64)

        return PairCounts(n, keys // n, keys % n, count(1), count(0), count(-1))


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts:
    """Judgments added up by pair; the arrays have shape (n_pairs,).

    Attributes
    ----------
    first, second : ndarray of int64
        Item indices, each pair once, `first < second`.
    first_better, tied, second_better : ndarray of float64
        Numbers of judgments of each kind.
    """

    n_items: int
    first: Indices
    second: Indices
    first_better: Floats
    tied: Floats
    second_better: Floats

    @property
    def total(self) -> Floats:
        return self.first_better + self.tied + self.second_better


def index_judgments(
    items: Sequence[str],
    prompts: Sequence[str],
    rows: Sequence[tuple[str, str, ItemOutcome, str]],
) -> Comparisons:
    """Index rows of (one item, other item, outcome, annotator); other outcomes are left out.

    Parameters
    ----------
    items, prompts : sequence of str, both of length n_items
        Item ids and the prompt that each answers.
    rows : sequence of tuples
        The outcome is said of the two items in the order given; they may stand in any order.

    Raises
    ------
    KeyError
        If a row names an item that is not in `items`.
    """
    index = {item: i for i, item in enumerate(items)}
    prompt_index = {name: i for i, name in enumerate(dict.fromkeys(prompts))}
    people = {name: i for i, name in enumerate(dict.fromkeys(row[3] for row in rows))}
    comparing = [
        (index[one], index[other], COMPARING[outcome], people[annotator])
        for one, other, outcome, annotator in rows
        if outcome in COMPARING
    ]
    table = np.array(comparing, dtype=np.int64).reshape(-1, 4)
    ordered = table[:, 0] < table[:, 1]
    return Comparisons(
        items=tuple(items),
        prompts=np.array([prompt_index[p] for p in prompts], dtype=np.int64),
        first=np.minimum(table[:, 0], table[:, 1]),
        second=np.maximum(table[:, 0], table[:, 1]),
        outcome=np.where(ordered, table[:, 2], -table[:, 2]),
        annotator=table[:, 3],
    )
