"""Moral Graph Elicitation's own rule for edges and ranks, as it is, to compare with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.judgment import Floats
from core.value_graph.mge_votes import MgeVote, Relationship


@dataclass(frozen=True, slots=True)
class MgeThresholds:
    """What an edge needs to be in the graph.

    Attributes
    ----------
    min_wiser : int
    min_likelihood : float
    max_entropy : float
        Bits.
    entropy_with_impressions : bool
        MGE takes the impressions for one more outcome beside those that they count, which about
        doubles the mass: 3 yes and 1 unsure have 1.41 bits instead of 0.81. False mends it.
    """

    min_wiser: int = 2
    min_likelihood: float = 0.33
    max_entropy: float = 1.69
    entropy_with_impressions: bool = True


@dataclass(frozen=True, slots=True)
class MgeCounts:
    """Answers about a directed pair; `less_wise` are yeses to the opposite direction."""

    wiser: int = 0
    not_wiser: int = 0
    less_wise: int = 0
    unsure: int = 0
    impressions: int = 0

    def likelihood(self) -> float | None:
        """(wiser - less wise) / all; None where nobody answered in a way that counts."""
        total = self.wiser + self.not_wiser + self.unsure + self.less_wise
        return (self.wiser - self.less_wise) / total if total else None

    def entropy(self, *, with_impressions: bool = True) -> float:
        """Shannon entropy of the counts, bits."""
        counts = [self.wiser, self.not_wiser, self.less_wise, self.unsure]
        if with_impressions:
            counts.append(self.impressions)
        shares = np.array([count for count in counts if count], dtype=np.float64)
        shares /= shares.sum() or 1.0
        return float(-(shares * np.log2(shares)).sum()) + 0.0


@dataclass(frozen=True, slots=True)
class MgeEdge:
    """A directed pair with its counts and what MGE's rule says of it.

    Attributes
    ----------
    contexts : tuple of str
        In which somebody was asked in this direction, in the order of the votes.
    """

    source: str
    wiser: str
    contexts: tuple[str, ...]
    counts: MgeCounts
    likelihood: float | None
    entropy: float


def count_edges(
    votes: Iterable[MgeVote], thresholds: MgeThresholds | None = None
) -> tuple[MgeEdge, ...]:
    """Count all directed pairs, in the order in which the votes first name them.

    A judgement of A → B counts for that pair as wiser, not wiser or unsure; for B → A it is an
    impression, and with a yes also "less wise". A "no" to A → B is no evidence for B → A. Contexts
    are pooled. A person's later judgement of the same directed pair replaces the earlier one, whose
    context stays, as in MGE's data.
    """
    thresholds = thresholds or MgeThresholds()
    latest: dict[tuple[str, str, str], Relationship] = {}
    contexts: dict[tuple[str, str], dict[str, None]] = {}
    for vote in votes:
        key = (vote.person, vote.source, vote.wiser)
        listed = contexts.setdefault((vote.source, vote.wiser), {})
        contexts.setdefault((vote.wiser, vote.source), {})
        if key not in latest:
            listed[vote.context] = None
        latest[key] = vote.relationship
    tallies = {pair: dict.fromkeys(MgeCounts.__slots__, 0) for pair in contexts}
    for (_, source, wiser), relationship in latest.items():
        there, back = tallies[source, wiser], tallies[wiser, source]
        there["impressions"] += 1
        back["impressions"] += 1
        there[_FIELD[relationship]] += 1
        back["less_wise"] += relationship is Relationship.UPGRADE
    edges = []
    for (source, wiser), tally in tallies.items():
        counts = MgeCounts(**tally)
        entropy = counts.entropy(with_impressions=thresholds.entropy_with_impressions)
        listed_contexts = tuple(contexts[source, wiser])
        edges.append(MgeEdge(source, wiser, listed_contexts, counts, counts.likelihood(), entropy))
    return tuple(edges)


def keep_edges(
    edges: Sequence[MgeEdge], thresholds: MgeThresholds | None = None
) -> tuple[MgeEdge, ...]:
    """The edges that MGE publishes."""
    thresholds = thresholds or MgeThresholds()
    return tuple(
        edge
        for edge in edges
        if edge.counts.wiser >= thresholds.min_wiser
        and edge.likelihood is not None
        and edge.likelihood >= thresholds.min_likelihood
        and edge.entropy <= thresholds.max_entropy
    )


_FIELD = {
    Relationship.UPGRADE: "wiser",
    Relationship.NO_UPGRADE: "not_wiser",
    Relationship.NOT_SURE: "unsure",
}


def mge_page_rank(
    edges: Sequence[MgeEdge], *, damping: float = 0.85, n_iterations: int = 100
) -> dict[str, float]:
    """MGE's PageRank: the mass of values without a way out is lost, so that ranks sum to less.

    Edges weigh as their likelihood, a share of all that leave the same value.
    """
    names, weights = _weights(edges)
    return dict(zip(names, _iterate(weights, damping, n_iterations, mended=False), strict=True))


def mge_wisdom(edges: Sequence[MgeEdge]) -> dict[str, float]:
    """MGE's "wisdom": the likelihoods of the edges into a value, added up."""
    names, weights = _weights(edges)
    return dict(zip(names, weights.sum(axis=0).tolist(), strict=True))


def page_rank(weights: Floats, *, damping: float = 0.85, n_iterations: int = 1000) -> Floats:
    r"""PageRank with the mass of nodes that lead nowhere spread over all; sums to one [1]_.

    .. math:: x = \frac{1 - d}{n} + d \Bigl(P^T x + \frac1n \sum_{i: \text{no way out}} x_i\Bigr)

    Parameters
    ----------
    weights : ndarray, shape (n, n)
        From the row's node to the column's, at least 0.

    References
    ----------
    .. [1] Langville and Meyer, "Deeper inside PageRank", Internet Mathematics 1(3), 2004.
    """
    return np.asarray(_iterate(weights, damping, n_iterations, mended=True))


def _iterate(weights: Floats, damping: float, n_iterations: int, *, mended: bool) -> list[float]:
    n = len(weights)
    if n == 0:
        return []
    out = weights.sum(axis=1)
    steps = weights / np.where(out > 0, out, 1.0)[:, None]
    ranks = np.full(n, 1 / n)
    for _ in range(n_iterations):
        lost = ranks[out <= 0].sum() / n if mended else 0.0
        after = (1 - damping) / n + damping * (steps.T @ ranks + lost)
        done = mended and np.abs(after - ranks).max() < 1e-15  # noqa: PLR2004 - rounding
        ranks = after
        if done:
            break
    found: list[float] = ranks.tolist()
    return found


def _weights(edges: Sequence[MgeEdge]) -> tuple[list[str], Floats]:
    names = list(dict.fromkeys(name for edge in edges for name in (edge.source, edge.wiser)))
    place = {name: number for number, name in enumerate(names)}
    weights = np.zeros((len(names), len(names)))
    for edge in edges:
        weights[place[edge.source], place[edge.wiser]] = max(edge.likelihood or 0.0, 0.0)
    return names, weights
