"""How good the finder of near cards is, on the answers so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.estimates import Estimate, NotDeterminedError, clustered_share
from core.values_card.canonical import Sameness

#: Ends of the ranges of similarity that are looked at, each by itself.
SIMILARITY_EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Offer:
    """Another's card that was offered to a person, and what they said of it."""

    person: str
    similarity: float
    answer: Sameness


@dataclass(frozen=True, slots=True)
class Precision:
    """What people said of the cards offered to them within a range of similarity.

    Attributes
    ----------
    low, high : float
        Similarities from `low` up to below `high`; the last range includes its end.
    same, near : Estimate
        Share called the same; share called the same or nearly so. `n` counts offers.
    """

    low: float
    high: float
    same: Estimate
    near: Estimate


def finder_precision(
    offers: Sequence[Offer],
    *,
    edges: Sequence[float] = SIMILARITY_EDGES,
    level: float = 0.95,
) -> tuple[Precision, ...]:
    """Precision of the cards offered, by similarity.

    Precision and not recall: of the cards that were not offered nobody said anything. The intervals
    are Wilson's for clusters, as one person answers about several cards
    (`core.estimates.clustered_share`).

    Parameters
    ----------
    offers : sequence of Offer
        Answered ones; those of a person are not independent.
    edges : sequence of float
        Increasing. A similarity outside of them is in no range.

    Returns
    -------
    tuple of Precision
        The ranges with at least one offer, from low to high.

    Raises
    ------
    NotDeterminedError
        If nobody answered yet.
    """
    if not offers:
        raise NotDeterminedError(
            "How good the finder is cannot be told: nobody has said yet whether a card offered is "
            "the same as their own."
        )
    if any(low >= high for low, high in pairwise(edges)):
        raise ValueError(f"The edges must increase, got {list(edges)}.")
    similarity = np.array([offer.similarity for offer in offers])
    person = np.unique([offer.person for offer in offers], return_inverse=True)[1]
    same = np.array([offer.answer is Sameness.SAME for offer in offers], dtype=np.float64)
    near = np.array([offer.answer is not Sameness.DIFFERENT for offer in offers], dtype=np.float64)
    found = []
    for low, high in pairwise(edges):
        last = high == edges[-1]
        inside = (similarity >= low) & ((similarity <= high) if last else (similarity < high))
        if inside.any():
            shares = (clustered_share(x[inside], person[inside], level=level) for x in (same, near))
            found.append(Precision(low, high, *shares))
    return tuple(found)
