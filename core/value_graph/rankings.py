"""Several ways to put values in order, side by side, and where they disagree."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.errors import NotConvergedError
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.general_preference import fit_general_preference
from core.judgment import Comparisons, Floats, Indices
from core.models import logistic
from core.value_graph.estimate import EdgePosterior
from core.value_graph.mge_rule import page_rank
from core.value_graph.ranks import connected_cards, potential_draws
from core.value_graph.votes import VoteTable

#: Scores that differ by less do not order two values.
SAME = 1e-9
#: Planes and penalty of the small general preference model.
N_PLANES, PENALTY_SHARE = 1, 0.4


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two values that some rankings put in one order and some in the other."""

    first: str
    second: str
    first_wiser: tuple[str, ...]
    second_wiser: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """Scores of the values of one connected part of a graph, by each method; higher is wiser.

    Attributes
    ----------
    cards : tuple of str
    scores : mapping of str to ndarrays, shape (n_cards,)
        "hierarchical": posterior mean of what a value is worth; "hodge": HodgeRank potential of
        the posterior mean edges, nats; "page_rank"; "schulze": the number of values that a value
        beats by the strongest path; "bradley_terry": strengths from the votes alone, nats;
        "general_preference": mean probability of being called wiser than another of the values.
    disagreements : tuple of Disagreement
        The pairs with the most even split first.
    """

    cards: tuple[str, ...]
    scores: Mapping[str, Floats]
    disagreements: tuple[Disagreement, ...]

    def order(self, method: str) -> tuple[str, ...]:
        """The cards from the wisest down; those with the same score by their ids."""
        scores = self.scores[method]
        return tuple(
            self.cards[i]
            for i in sorted(range(len(self.cards)), key=lambda i: (-scores[i], self.cards[i]))
        )


def rank_side_by_side(
    table: VoteTable, posterior: EdgePosterior, *, general: bool = True
) -> tuple[Rankings, ...]:
    """Rank the values of each connected part of the graph by every method.

    Parameters
    ----------
    general : bool
        Also fit the general preference model, which takes longest.
    """
    comparisons = as_comparisons(table)
    chances = _favoured(posterior)
    found = []
    for cards in connected_cards(posterior):
        inside = chances[np.ix_(cards, cards)]
        # A link as strong as the edge is sure, in its likelier direction only.
        links = np.maximum(inside.T - 0.5, 0.0)
        scores: dict[str, Floats] = {
            "hierarchical": posterior.score_mean[cards],
            "hodge": potential_draws(posterior, cards, posterior.mean[None, :])[0],
            "page_rank": page_rank(links),
            "schulze": schulze(inside - 0.5),
        }
        scores |= _models(comparisons, cards, general=general)
        names = tuple(posterior.cards[card] for card in cards)
        found.append(Rankings(names, scores, disagreements(names, scores)))
    return tuple(found)


def as_comparisons(table: VoteTable) -> Comparisons:
    """Votes as judged pairs, sides forgotten: wiser is better, no direction is a tie."""
    towards_first = table.sign * (2 * table.yes - 1)
    return Comparisons(
        items=table.cards,
        prompts=np.zeros(len(table.cards), dtype=np.int64),
        first=table.first[table.pair],
        second=table.second[table.pair],
        outcome=np.sign(towards_first).astype(np.int64),
        annotator=table.person,
    )


def schulze(margins: Floats) -> Floats:
    r"""How many others each value beats by Schulze's rule [1]_; shape (n,).

    The strength of a path is that of its weakest step, :math:`p_{ij}` the strongest path from i
    to j over majorities, and i beats j where :math:`p_{ij} > p_{ji}`. This is an order whatever
    circles the majorities have.

    Parameters
    ----------
    margins : ndarray, shape (n, n)
        Above 0 where the row's value is preferred, 0 where nothing is known.

    References
    ----------
    .. [1] Schulze, "A new monotonic, clone-independent, reversal symmetric, and
       Condorcet-consistent single-winner election method", Social Choice and Welfare 36, 2011.
    """
    paths = np.maximum(margins, 0.0)
    np.fill_diagonal(paths, 0.0)
    for through in range(len(paths)):
        paths = np.maximum(paths, np.minimum(paths[:, [through]], paths[[through], :]))
    beaten: Floats = (paths > paths.T).sum(axis=1).astype(np.float64)
    return beaten


def disagreements(cards: tuple[str, ...], scores: Mapping[str, Floats]) -> tuple[Disagreement, ...]:
    """The pairs that the methods order differently."""
    found = []
    for i, j in combinations(range(len(cards)), 2):
        gaps = {name: float(values[i] - values[j]) for name, values in scores.items()}
        first = tuple(name for name, gap in gaps.items() if gap > SAME)
        second = tuple(name for name, gap in gaps.items() if gap < -SAME)
        if first and second:
            found.append(Disagreement(cards[i], cards[j], first, second))
    return tuple(sorted(found, key=lambda d: -min(len(d.first_wiser), len(d.second_wiser))))


def _favoured(posterior: EdgePosterior) -> Floats:
    """P(the row's card is wiser than the column's), one half where there is no edge."""
    n = len(posterior.cards)
    chances = np.full((n, n), 0.5)
    sure = posterior.first_wiser()
    chances[posterior.first, posterior.second] = sure
    chances[posterior.second, posterior.first] = 1 - sure
    return chances


def _models(comparisons: Comparisons, cards: Indices, *, general: bool) -> dict[str, Floats]:
    inside = comparisons.where(np.isin(comparisons.first, cards))
    bradley_terry = fit_bradley_terry(inside)
    scores = {"bradley_terry": bradley_terry.strengths[cards]}
    if not general:
        return scores
    try:
        model = fit_general_preference(
            inside,
            n_planes=N_PLANES,
            penalty_share=PENALTY_SHARE,
            start=bradley_terry,
            intervals=False,
        )
    except NotConvergedError:  # then there is no such ranking, and none is made up
        return scores
    one, other = np.meshgrid(cards, cards, indexing="ij")
    chances = logistic(model.log_odds(one.ravel(), other.ravel())).reshape(one.shape)
    others = max(len(cards) - 1, 1)
    return scores | {"general_preference": (chances.sum(axis=1) - 0.5) / others}
