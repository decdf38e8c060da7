"""Value coverage: which cards were held against each other in which context, and which not."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.judgment import Indices


@dataclass(frozen=True, slots=True, eq=False)
class ValueCoverage:
    """Contexts by cards by votes; arrays over contexts have shape (n_contexts,).

    Attributes
    ----------
    n_cards : ndarray of int64
        Cards that somebody holds in the context.
    edges_possible, edges_asked : ndarray of int64
        Pairs of these cards, and those about which somebody voted.
    n_votes, n_voters : ndarray of int64
        Votes, and different people who gave them.
    edge_context, edge_one, edge_other, edge_votes : ndarray of int64, shape (n_asked,)
        Edges that were asked, and their votes.
    unasked_context, unasked_one, unasked_other : ndarray of int64, shape (n_unasked,)
        Edges that nobody was asked, those first whose cards have the fewest votes in the context.
    """

    n_cards: Indices
    edges_possible: Indices
    edges_asked: Indices
    n_votes: Indices
    n_voters: Indices
    edge_context: Indices
    edge_one: Indices
    edge_other: Indices
    edge_votes: Indices
    unasked_context: Indices
    unasked_one: Indices
    unasked_other: Indices

    @property
    def share(self) -> float | None:
        """Share of the possible edges that were asked; None where no context has two cards."""
        possible = int(self.edges_possible.sum())
        return int(self.edges_asked.sum()) / possible if possible else None


def value_coverage(
    n_contexts: int,
    held: tuple[Indices, Indices],
    votes: tuple[Indices, Indices, Indices, Indices],
) -> ValueCoverage:
    """Count votes between the cards of every context. Counts: without interval.

    Parameters
    ----------
    held : tuple of two ndarrays of int64
        Context and canonical card, for each card that is held in a context; repeats are allowed.
    votes : tuple of four ndarrays of int64
        Context, one card, other card in any order, and the person, for each vote. Cards that are
        voted on in a context belong to it.
    """
    context, one, other, person = votes
    low, high = np.minimum(one, other), np.maximum(one, other)
    n_cards = 1 + max((int(part.max()) for part in (held[1], high) if len(part)), default=0)
    cards = np.unique(
        np.concatenate(
            [held[0] * n_cards + held[1], context * n_cards + low, context * n_cards + high]
        )
    )
    edges, often = np.unique((context * n_cards + low) * n_cards + high, return_counts=True)
    voters = np.unique(context * (int(person.max(initial=0)) + 1) + person)
    voters = voters // (int(person.max(initial=0)) + 1)
    in_context = np.bincount(cards // n_cards, minlength=n_contexts).astype(np.int64)
    asked = np.bincount(edges // n_cards**2, minlength=n_contexts).astype(np.int64)
    unasked = _unasked(cards, edges, often, n_cards)
    return ValueCoverage(
        n_cards=in_context,
        edges_possible=in_context * (in_context - 1) // 2,
        edges_asked=asked,
        n_votes=np.bincount(context, minlength=n_contexts).astype(np.int64),
        n_voters=np.bincount(voters, minlength=n_contexts).astype(np.int64),
        edge_context=edges // n_cards**2,
        edge_one=edges // n_cards % n_cards,
        edge_other=edges % n_cards,
        edge_votes=often.astype(np.int64),
        unasked_context=unasked // n_cards**2,
        unasked_one=unasked // n_cards % n_cards,
        unasked_other=unasked % n_cards,
    )


def _unasked(cards: Indices, edges: Indices, often: Indices, n_cards: int) -> Indices:
    """Keys of edges without a vote, fewest votes on their cards first."""
    context = cards // n_cards
    bounds = np.append(np.flatnonzero(np.diff(context, prepend=-1)), len(cards))
    possible = [np.empty((0, 2), dtype=np.int64)]
    for begin, end in pairwise(bounds.tolist()):
        one, other = np.triu_indices(end - begin, 1)
        possible.append(np.stack([cards[begin + one], cards[begin + other]], axis=1))
    pairs = np.concatenate(possible)
    keys = pairs[:, 0] * n_cards + pairs[:, 1] % n_cards
    ends = np.concatenate([edges // n_cards, edges // n_cards**2 * n_cards + edges % n_cards])
    votes_of = np.bincount(np.searchsorted(cards, ends), np.tile(often, 2), len(cards))
    votes = votes_of[np.searchsorted(cards, pairs)]
    left = ~np.isin(keys, edges)
    order = np.lexsort([keys[left], votes[left].max(axis=1), votes[left].sum(axis=1)])
    unasked: Indices = keys[left][order]
    return unasked
