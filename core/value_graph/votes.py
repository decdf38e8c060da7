"""One vote on which of two values is wiser, and many votes in the form that a model reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from core.errors import DiscernError
from core.judgment import Floats, Indices


class UnusableVoteError(DiscernError):
    """A vote contradicts itself, or names what is not there."""


class Answer(StrEnum):
    """What somebody said of two values, whichever way they were shown.

    `NOT_WISER` comes only from elsewhere: MGE's "No" says that the value shown as wiser is not,
    and leaves open whether the other is, whether both are needed or whether they are the same.
    """

    FIRST_WISER = "first_wiser"
    SECOND_WISER = "second_wiser"
    BOTH_NEEDED = "both_needed"
    SAME_VALUE = "same_value"
    DEPENDS = "depends"
    NOT_SURE = "not_sure"
    NOT_WISER = "not_wiser"


class Story(StrEnum):
    """In which direction somebody's story was told beside the two values, if one was."""

    TO_FIRST = "to_first"
    TO_SECOND = "to_second"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class EdgeVote:
    """One person's answer about two values in one context.

    Attributes
    ----------
    context : str
        Part of the key: the same two values in another context are another question.
    first, second : str
        Ids of the cards; `first` sorts before `second`, so that a pair has one name.
    wiser_to : str
        The card that stood as the wiser one: the head of the arrow.
    story : Story
    answer : Answer
    left : str or None
        The card that stood on the left; None where nobody noted it.
    situation : str or None
        On what it depends, where the answer is that it depends; where it calls a card wiser, a
        situation in which it is the other way round.
    confidence : float or None
        From 0 to 1. Kept beside the answer, and no weight in any estimate: how far people's own
        confidence tells right from wrong has to be seen in the data first.
    exposed : bool or None
        Whether the person had seen cards of other people by then; None where nobody noted it.

    Raises
    ------
    UnusableVoteError
        If the two are not different and in order, or a card is named that is neither.
    """

    person: str
    context: str
    first: str
    second: str
    wiser_to: str
    story: Story
    answer: Answer
    answered_at: datetime
    left: str | None = None
    situation: str | None = None
    confidence: float | None = None
    reason: str | None = None
    exposed: bool | None = None

    def __post_init__(self) -> None:
        if not self.first < self.second:
            raise UnusableVoteError(
                "A vote needs two different cards in the order of their ids, got "
                f"{self.first!r} and {self.second!r}. Put the id that sorts first in front."
            )
        for what, card in (("wiser-to", self.wiser_to), ("left", self.left or self.first)):
            if card not in {self.first, self.second}:
                raise UnusableVoteError(
                    f"The {what} card {card!r} is neither {self.first!r} nor {self.second!r}. "
                    "Name one of the two."
                )
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise UnusableVoteError(
                f"A confidence lies between 0 and 1, got {self.confidence}. Rescale it."
            )

    @property
    def pair(self) -> tuple[str, str]:
        return self.first, self.second

    @property
    def less_wise(self) -> str:
        """The card that stood as the less wise one: the tail of the arrow."""
        return self.first if self.wiser_to == self.second else self.second

    @property
    def wiser(self) -> str | None:
        """The card that was called wiser; None where neither was."""
        if self.answer is Answer.FIRST_WISER:
            return self.first
        return self.second if self.answer is Answer.SECOND_WISER else None


class Reading(StrEnum):
    """What counts as a yes, and what is left out; see `VoteTable`."""

    DIRECTION = "direction"
    YES = "yes"


#: Share of a yes that an answer is under `Reading.DIRECTION`, where it names no wiser card. Half a
#: yes and half a no say "no direction": they draw the pair to even and are as much evidence as any
#: other answer. "Not sure" says nothing of the cards and is missing.
NO_DIRECTION = {
    Answer.BOTH_NEEDED: 0.5,
    Answer.SAME_VALUE: 0.5,
    Answer.DEPENDS: 0.5,
    Answer.NOT_WISER: 0.0,
}


def yes_share(vote: EdgeVote, reading: Reading) -> float | None:
    """How much of a yes to "wiser in the direction shown" an answer is; None: left out."""
    if vote.wiser is not None:
        return float(vote.wiser == vote.wiser_to)
    return 0.0 if reading is Reading.YES else NO_DIRECTION.get(vote.answer)


@dataclass(frozen=True, slots=True, eq=False)
class VoteTable:
    r"""Votes with names replaced by indices, one row a vote that says something.

    How an answer enters, as the share y of a yes to "wiser in the direction shown":

    ================================  =====================  ================
    answer                            `Reading.DIRECTION`    `Reading.YES`
    ================================  =====================  ================
    the card shown as wiser           1                      1
    the other card                    0                      0
    both needed, same, depends        one half               0
    not wiser (MGE's "No")            0                      0
    not sure                          left out               0
    ================================  =====================  ================

    One half is the quasi-likelihood of no direction: half a yes and half a no, as a tie in
    Bradley-Terry; its slope vanishes where the pair is even. "Depends" is no direction *in this
    context*; the situation named is a context to ask in. `Reading.YES` is MGE's own reading, in
    which whatever is not a yes is a no.

    A person who answered the same two cards in the same context k times counts once: each answer
    has the weight 1 / k. Retests measure people (`core.value_graph.drift`), not values.

    Attributes
    ----------
    cards, people, contexts : tuple of str
        The position of a name is its index.
    first, second : ndarray of int64, shape (n_pairs,)
        The cards of each pair that has a vote.
    pair, context, person : ndarray of int64, shape (n,)
    sign : ndarray, shape (n,)
        +1 where the first card of the pair stood as the wiser one, -1 where the second did.
    side : ndarray, shape (n,)
        +1 where the card shown as wiser stood on the left, -1 right, 0 not known.
    story : ndarray, shape (n,)
        +1 where a story was told in the direction shown, -1 in the other, 0 where none was told.
    yes, weight : ndarray, shape (n,)
    """

    cards: tuple[str, ...]
    people: tuple[str, ...]
    contexts: tuple[str, ...]
    first: Indices
    second: Indices
    pair: Indices
    context: Indices
    person: Indices
    sign: Floats
    side: Floats
    story: Floats
    yes: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.yes)

    @property
    def n_pairs(self) -> int:
        return len(self.first)

    def where(self, chosen: Indices) -> "VoteTable":
        """The votes of the rows given; cards, pairs, people and contexts stay."""
        rows = ("pair", "context", "person", "sign", "side", "story", "yes", "weight")
        kept = {name: getattr(self, name)[chosen] for name in rows}
        stays = {name: getattr(self, name) for name in self.__slots__ if name not in rows}
        return VoteTable(**stays, **kept)

    def pair_names(self) -> tuple[tuple[str, str], ...]:
        ends = zip(self.first.tolist(), self.second.tolist(), strict=True)
        return tuple((self.cards[i], self.cards[j]) for i, j in ends)


def tabulate_votes(
    cards: Sequence[str], votes: Sequence[EdgeVote], reading: Reading = Reading.DIRECTION
) -> VoteTable:
    """Index votes; those that the reading leaves out have no row.

    Parameters
    ----------
    cards : sequence of str
        Ids of all cards of the graph, also of those that nobody voted on.

    Raises
    ------
    UnusableVoteError
        If a card is listed twice, or a vote names one that is not listed.
    """
    place = {card: number for number, card in enumerate(cards)}
    if len(place) < len(cards):
        raise UnusableVoteError(
            f"{len(cards):,} cards have only {len(place):,} different ids. List each card once."
        )
    shares = [(vote, yes_share(vote, reading)) for vote in votes]
    kept = [(vote, share) for vote, share in shares if share is not None]
    for vote, _ in kept:
        if missing := {vote.first, vote.second} - place.keys():
            raise UnusableVoteError(
                f"A vote names the card {min(missing)!r}, which is not among the {len(cards)} "
                "cards given. Give all cards that were voted on."
            )
    people = tuple(sorted({vote.person for vote, _ in kept}))
    contexts = tuple(sorted({vote.context for vote, _ in kept}))
    number = {name: i for i, name in enumerate(people)}
    in_context = {name: i for i, name in enumerate(contexts)}
    keys = np.array(
        [place[vote.first] * len(cards) + place[vote.second] for vote, _ in kept], dtype=np.int64
    )
    pairs, pair = np.unique(keys, return_inverse=True)
    context = _indices(in_context[vote.context] for vote, _ in kept)
    person = _indices(number[vote.person] for vote, _ in kept)
    return VoteTable(
        cards=tuple(cards),
        people=people,
        contexts=contexts,
        first=pairs // max(len(cards), 1),
        second=pairs % max(len(cards), 1),
        pair=pair.astype(np.int64),
        context=context,
        person=person,
        sign=np.array([1.0 if vote.wiser_to == vote.first else -1.0 for vote, _ in kept]),
        side=np.array([_side(vote) for vote, _ in kept]),
        story=np.array([_story(vote) for vote, _ in kept]),
        yes=np.array([share for _, share in kept], dtype=np.float64),
        weight=_once(np.stack([person, pair, context], axis=1)),
    )


def _indices(numbers: Iterable[int]) -> Indices:
    return np.array(list(numbers), dtype=np.int64)


def _side(vote: EdgeVote) -> float:
    if vote.left is None:
        return 0.0
    return 1.0 if vote.left == vote.wiser_to else -1.0


def _story(vote: EdgeVote) -> float:
    if vote.story is Story.NONE:
        return 0.0
    told_to = vote.first if vote.story is Story.TO_FIRST else vote.second
    return 1.0 if told_to == vote.wiser_to else -1.0


def _once(keys: Indices) -> Floats:
    """One over the number of rows that share a key; shape (n,)."""
    if len(keys) == 0:
        return np.empty(0)
    _, place, count = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    weights: Floats = 1.0 / count[place.ravel()]
    return weights
