"""Who is wisest, and how sure that is: ranks of values from joint draws of the posterior."""

from dataclasses import dataclass

import numpy as np

from core.comparison_graph import components
from core.judgment import Floats, Indices
from core.ranks import Ranks, rank_items
from core.value_graph.estimate import EdgePosterior

#: Below this probability of being the wisest nobody is called so.
WINNER = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class ComponentRanks:
    """Ranks of the values that votes connect; across such groups nothing says who is wiser.

    Attributes
    ----------
    cards : ndarray of int64, shape (k,)
        Indices of the cards.
    ranks : core.ranks.Ranks
        `best` is P(wisest), `among_top` P(among the top), `low` and `high` the interval.
    winner : int or None
        Index of the card that is the wisest with at least the probability asked for; None: no
        winner yet.
    """

    cards: Indices
    ranks: Ranks
    winner: int | None


def rank_values(
    posterior: EdgePosterior,
    rng: np.random.Generator,
    *,
    top: int = 3,
    winner: float = WINNER,
    level: float = 0.9,
) -> tuple[ComponentRanks, ...]:
    """Rank the values of each connected part of the graph, the largest part first.

    By draws of their standing against all others of the part, see `standing_draws`. Cards that
    nobody voted on are in no part.

    Parameters
    ----------
    winner : float
        Probability from which the wisest is called the winner.
    level : float
        Of the intervals of ranks.

    Raises
    ------
    core.ranks.TooFewDrawsError
        If the posterior holds too few draws.
    """
    parts = []
    for cards in connected_cards(posterior):
        ranks = rank_items(standing_draws(posterior, cards, rng), top=top, level=level)
        likeliest = int(ranks.best.argmax())
        sure = bool(ranks.best[likeliest] >= winner)
        parts.append(ComponentRanks(cards, ranks, int(cards[likeliest]) if sure else None))
    return tuple(parts)


def standing_draws(posterior: EdgePosterior, cards: Indices, rng: np.random.Generator) -> Floats:
    r"""Mean log-odds of each value against all others, shape (n_draws, k).

    .. math:: \bar\theta_i = \frac1k \sum_{j \ne i} \theta_{ij}

    With the draws of :math:`\theta_{ij}` where the two were asked about, and else with
    :math:`s_i - s_j + \epsilon_{ij}`, where :math:`\epsilon` is drawn anew with the width of the
    edges: what nobody was asked is not known, only foretold. (The sum of a value's unasked
    :math:`\epsilon` is drawn independently of the others', which leaves out correlations of
    -1 / k.)
    """
    k, place = len(cards), np.full(len(posterior.cards), -1)
    place[cards] = np.arange(k)
    edges = np.flatnonzero((place[posterior.first] >= 0) & (place[posterior.second] >= 0))
    first, second = posterior.first[edges], posterior.second[edges]
    scores = posterior.score_draws
    own = posterior.draws[:, edges] - (scores[:, first] - scores[:, second])
    incidence = np.zeros((len(edges), k))
    incidence[np.arange(len(edges)), place[first]] = 1
    incidence[np.arange(len(edges)), place[second]] = -1
    unasked = k - 1 - np.abs(incidence).sum(axis=0)
    scores = scores[:, cards]
    standing = scores - scores.mean(axis=1, keepdims=True) + own @ incidence / k
    noise = rng.standard_normal(standing.shape) * posterior.widths.edge * np.sqrt(unasked) / k
    drawn: Floats = standing + noise
    return drawn


def connected_cards(posterior: EdgePosterior) -> list[Indices]:
    """The cards of each connected part with at least one edge, the largest part first."""
    label = components(len(posterior.cards), posterior.first, posterior.second)
    sizes = np.bincount(label)
    order = np.argsort(-sizes, kind="stable")
    return [np.flatnonzero(label == number) for number in order if sizes[number] > 1]


def potential_draws(posterior: EdgePosterior, cards: Indices, draws: Floats) -> Floats:
    """HodgeRank potentials of draws of the edges, shape (n_draws, len(cards)).

    Weighted least squares of the log-odds of the edges between `cards`, the weights being the
    posterior precisions; each row sums to 0.
    """
    place = np.full(len(posterior.cards), -1)
    place[cards] = np.arange(len(cards))
    edges = np.flatnonzero((place[posterior.first] >= 0) & (place[posterior.second] >= 0))
    slopes = np.zeros((len(edges), len(cards)))
    slopes[np.arange(len(edges)), place[posterior.first[edges]]] = 1
    slopes[np.arange(len(edges)), place[posterior.second[edges]]] = -1
    weights = posterior.sd[edges] ** -2
    laplacian = slopes.T @ (weights[:, None] * slopes)
    divergence = slopes.T @ (weights[:, None] * draws[:, edges].T)
    # Adding a constant matrix sets the level, which the slopes leave open.
    potentials = np.linalg.solve(laplacian + 1 / len(cards), divergence).T
    return np.asarray(potentials, dtype=np.float64)
