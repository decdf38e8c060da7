"""One judged pair, and many judged pairs in the form that a model reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


class Outcome(StrEnum):
    """What the annotator said about the items as they stood on the screen.

    The first six are said of pairs. One item alone gets thumbs `up` or `down`. Of several items the
    outcome is `answered`, and what was said stands beside it.
    """

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    INCOMPARABLE = "incomparable"
    SKIPPED = "skipped"
    ANSWERED = "answered"
    UP = "up"
    DOWN = "down"


class ItemOutcome(StrEnum):
    """The same answer said of the items, whichever side they stood on."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    INCOMPARABLE = "incomparable"
    SKIPPED = "skipped"
    ANSWERED = "answered"
    UP = "up"
    DOWN = "down"


#: What can be said of a pair.
PAIR_OUTCOMES = (
    Outcome.LEFT,
    Outcome.RIGHT,
    Outcome.TIE,
    Outcome.BOTH_BAD,
    Outcome.INCOMPARABLE,
    Outcome.SKIPPED,
)


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

    def other(self, item: str) -> str:
        return self.second if item == self.first else self.first


#: Different item ids, sorted: what one question shows, in no order. A pair is one of two.
ChoiceSet = tuple[str, ...]


class Purpose(StrEnum):
    """Why something was shown.

    `judge`, `again` (shown once more after the answer was taken back) and `import` take a place of
    the overlap. The others stand beside it and reach neither the models nor the agreement between
    people: `repeat` asks an own earlier question once more, `gold` one whose answer is known,
    `training` one with feedback, `opinion` one that is to be settled.
    """

    JUDGE = "judge"
    AGAIN = "again"
    IMPORT = "import"
    REPEAT = "repeat"
    GOLD = "gold"
    TRAINING = "training"
    OPINION = "opinion"


#: The slot of what takes no place of the overlap.
BESIDE = -1


@dataclass(frozen=True, slots=True)
class Presentation:
    """Items shown to one annotator once, and why.

    Attributes
    ----------
    items : ChoiceSet
        What was shown, sorted.
    shown : tuple of str or None
        The same in the order of the screen, a pair from left to right; None where a file did not
        say.
    slot, attempt : int
        Which of the places of these items this takes, `BESIDE` for none; an attempt that lapsed
        gives way to the next.
    purpose, policy : str
        Why these items, and by which rule they were chosen.
    probability : float or None
        With which the rule chose them; None where nobody chose at random.
    """

    id: str
    study_id: str
    settings_version: int
    annotator_id: str
    items: ChoiceSet
    shown: tuple[str, ...] | None
    slot: int
    attempt: int
    purpose: str
    policy: str
    probability: float | None
    created_at: datetime

    @property
    def pair(self) -> Pair:
        """The two items; an error if there are more, or one."""
        first, second = self.items
        return Pair(first, second)

    @property
    def left(self) -> str | None:
        return None if self.shown is None else self.shown[0]

    @property
    def right(self) -> str | None:
        return None if self.shown is None else self.shown[1]


@dataclass(frozen=True, slots=True)
class Judgment:
    """One answer to one presentation. Never changed; taken back by a retraction.

    Attributes
    ----------
    margin : int or None
        How much better, from 1, on the study's grades.
    aspects : mapping from str to ItemOutcome
        First, second or tie by aspect.
    chips : tuple of str
        Reasons that were ticked.
    reason : str or None
        What was written.
    said : mapping or None
        What was said of several items, in item space (see `core.answer_form.ListSaid`).
    duration_ms : int or None
        From the moment the items were painted to the answer, measured by the browser.
    """

    presentation_id: str
    outcome: ItemOutcome
    judged_at: datetime
    duration_ms: int | None = None
    skip_reason: SkipReason | None = None
    reason: str | None = None
    margin: int | None = None
    aspects: Mapping[str, ItemOutcome] = field(default_factory=dict)
    chips: tuple[str, ...] = ()
    said: Mapping[str, Any] | None = None


def in_item_space(outcome: Outcome, presentation: Presentation) -> ItemOutcome:
    """Say an answer of the screen of the items: the one place where sides become items."""
    if outcome not in {Outcome.LEFT, Outcome.RIGHT}:
        return ItemOutcome(outcome.value)
    if presentation.left is None:
        raise ValueError(f"Presentation {presentation.id} does not say which item stood left.")
    first_is_left = presentation.left == presentation.items[0]
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

    def outcomes_once(self, items: tuple[str, ...], prompts: Indices) -> Comparisons:
        """Every outcome that a pair ever had, once: all that being determined depends on.

        Parameters
        ----------
        items, prompts
            As in `Comparisons`, both of length `n_items`.
        """
        kinds = [(self.first_better, 1), (self.tied, 0), (self.second_better, -1)]
        first = np.concatenate([self.first[number > 0] for number, _ in kinds])
        second = np.concatenate([self.second[number > 0] for number, _ in kinds])
        outcome = np.concatenate([np.full(np.count_nonzero(number), k) for number, k in kinds])
        return Comparisons(items, prompts, first, second, outcome, np.zeros_like(first))
