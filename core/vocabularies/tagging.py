"""Which values of a vocabulary bear on a card, how much, and whether it supports them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.estimates import Estimate, clustered_mean
from core.vocabularies.vocabulary import InvalidVocabularyError, Vocabulary


class Valence(StrEnum):
    """How a card stands to a value."""

    SUPPORTS = "supports"
    OPPOSES = "opposes"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Tag:
    """What one person, or a model, says about one card and one value.

    Attributes
    ----------
    version : int
        Of the vocabulary.
    relevance : float
        From 0 (has nothing to do with it) to 1 (is about it).
    valence : Valence
        EITHER where it depends; at relevance 0 it says nothing.
    by : str
        The person's id, or the model's name.

    Raises
    ------
    InvalidVocabularyError
        If the relevance is not from 0 to 1.
    """

    card: str
    vocabulary: str
    version: int
    value: str
    relevance: float
    valence: Valence
    by: str

    def __post_init__(self) -> None:
        if not 0 <= self.relevance <= 1:
            raise InvalidVocabularyError(
                f"The relevance is {self.relevance}; it must be from 0 to 1."
            )


@dataclass(frozen=True, slots=True)
class Tagging:
    """What all who tagged say about one card and one value.

    Attributes
    ----------
    relevance : Estimate
        Mean over those who tagged; `n` of them. Infinite ends where it was one only.
    valences : mapping of Valence to int
        How many of those who see any relevance say which.
    """

    card: str
    value: str
    relevance: Estimate
    valences: Mapping[Valence, int]


def tag_cards(
    tags: Iterable[Tag], vocabulary: Vocabulary, *, level: float = 0.95
) -> tuple[Tagging, ...]:
    """Sum up tags by card and value, for one vocabulary in one version.

    Of several tags of one person on one card and value the last counts. Tags of other vocabularies
    or versions are left out: their values may mean something else.

    Parameters
    ----------
    tags : iterable of Tag
        In order of time.

    Returns
    -------
    tuple of Tagging
        By card in the order of the tags, the most relevant value first.

    Raises
    ------
    InvalidVocabularyError
        If a tag names a value that the vocabulary does not have.
    """
    last: dict[tuple[str, str], dict[str, Tag]] = {}
    for tag in tags:
        if (tag.vocabulary, tag.version) == (vocabulary.id, vocabulary.version):
            vocabulary.value(tag.value)
            last.setdefault((tag.card, tag.value), {})[tag.by] = tag
    cards = {card: number for number, card in enumerate(dict.fromkeys(card for card, _ in last))}
    made = [
        _sum_up(card, value, list(said.values()), level) for (card, value), said in last.items()
    ]
    return tuple(sorted(made, key=lambda one: (cards[one.card], -one.relevance.value, one.value)))


def _sum_up(card: str, value: str, tags: list[Tag], level: float) -> Tagging:
    relevance = np.array([tag.relevance for tag in tags], dtype=np.float64)
    mean = clustered_mean(relevance, np.arange(len(tags), dtype=np.int64), level=level)
    said = [tag.valence for tag in tags if tag.relevance > 0]
    return Tagging(card, value, mean, {valence: said.count(valence) for valence in Valence})
