"""The value graph: cards and votes in, edges with intervals and ranks out. Computed, not stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.estimates import Estimate
from core.fitting.edge_votes import fit_edge_votes
from core.judgment import Floats, Indices
from core.value_graph.estimate import EdgePosterior
from core.value_graph.ranks import ComponentRanks, rank_values
from core.value_graph.votes import EdgeVote, Reading, VoteTable, tabulate_votes


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """How votes are read and what is called sure.

    Attributes
    ----------
    favoured : float
        Probability from which one end of an edge is called the wiser one.
    winner : float
        Probability of being the wisest from which there is a winner.
    top : int
        How many values P(among the top) is about.
    level : float
        Of all intervals.
    seed : int
        Of the draws.
    """

    reading: Reading = Reading.DIRECTION
    favoured: float = 0.95
    winner: float = 0.9
    top: int = 3
    level: float = 0.9
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """What is known of two values, all contexts together.

    Attributes
    ----------
    log_odds : Estimate
        That the first is called wiser by somebody without a liking for yes or no, nats; `n` votes.
    first_wiser : float
        P(log-odds above 0).
    yes_to_first, yes_to_second : Estimate
        Share of the population that would say yes to "the first is wiser", or the second, with
        people's tendencies as they are and no story.
    n_people : int
    both_ways : bool
        Whether it was asked in both directions. If not, what makes people say yes to this pair
        cannot be told from what makes the value wiser.
    wiser : str or None
        The wiser card, where that is sure enough.
    contexts : mapping of str to Estimate
        Log-odds in each context, shrunk to those of all; `n` votes there. Empty where no pair
        was asked in several.
    """

    first: str
    second: str
    log_odds: Estimate
    first_wiser: float
    yes_to_first: Estimate
    yes_to_second: Estimate
    n_people: int
    both_ways: bool
    wiser: str | None
    contexts: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True, eq=False)
class ValueGraph:
    """Cards, edges and ranks.

    Attributes
    ----------
    cards : tuple of str
    edges : tuple of Edge
        In the order of `posterior.first`, `posterior.second`.
    parts : tuple of ComponentRanks
        Ranks in each connected part; the largest first.
    table : VoteTable
    posterior : EdgePosterior
    n_unread : int
        Votes that the reading leaves out.
    """

    cards: tuple[str, ...]
    edges: tuple[Edge, ...]
    parts: tuple[ComponentRanks, ...]
    table: VoteTable
    posterior: EdgePosterior
    n_unread: int
    settings: GraphSettings


def build_graph(
    cards: Sequence[str], votes: Sequence[EdgeVote], settings: GraphSettings | None = None
) -> ValueGraph:
    """Estimate the graph by the hierarchical model of `core.fitting.edge_votes`.

    Parameters
    ----------
    cards : sequence of str
        Ids of all cards, also of those without votes.

    Raises
    ------
    core.value_graph.votes.UnusableVoteError
        If a vote names a card that is not among the cards.
    core.fitting.edge_votes.NoVotesError
        If no vote says anything.
    """
    settings = settings or GraphSettings()
    table = tabulate_votes(cards, votes, settings.reading)
    rng = np.random.default_rng(settings.seed)
    posterior = fit_edge_votes(table, rng)
    return ValueGraph(
        cards=tuple(cards),
        edges=_edges(table, posterior, settings),
        parts=rank_values(
            posterior, rng, top=settings.top, winner=settings.winner, level=settings.level
        ),
        table=table,
        posterior=posterior,
        n_unread=len(votes) - len(table),
        settings=settings,
    )


def _edges(table: VoteTable, posterior: EdgePosterior, settings: GraphSettings) -> tuple[Edge, ...]:
    n_votes = np.bincount(table.pair, minlength=table.n_pairs)
    log_odds = _estimates(posterior.mean, posterior.interval(settings.level), n_votes)
    to_first, to_second = (
        _of_draws(posterior.yes_rate_draws(to_first=first), settings.level, n_votes)
        for first in (True, False)
    )
    sure = posterior.first_wiser()
    people = _n_different(table.pair, table.person, table.n_pairs)
    ways = _n_different(table.pair, table.sign.astype(np.int64), table.n_pairs)
    contexts = _contexts(table, posterior, settings.level)
    edges = []
    for number, (first, second) in enumerate(table.pair_names()):
        chance = float(sure[number])
        wiser = first if chance >= settings.favoured else None
        edges.append(
            Edge(
                first=first,
                second=second,
                log_odds=log_odds[number],
                first_wiser=chance,
                yes_to_first=to_first[number],
                yes_to_second=to_second[number],
                n_people=int(people[number]),
                both_ways=bool(ways[number] > 1),
                wiser=second if 1 - chance >= settings.favoured else wiser,
                contexts=contexts[number],
            )
        )
    return tuple(edges)


def _contexts(
    table: VoteTable, posterior: EdgePosterior, level: float
) -> list[dict[str, Estimate]]:
    found: list[dict[str, Estimate]] = [{} for _ in range(table.n_pairs)]
    deviations = posterior.deviations.get("context")
    if deviations is None:
        return found
    width = len(table.contexts)
    asked = np.bincount(table.pair * width + table.context, minlength=table.n_pairs * width)
    pair, label = deviations.cells.pair, deviations.cells.label
    figures = _estimates(
        deviations.total_mean, deviations.total_interval(level), asked[pair * width + label]
    )
    for number, context, figure in zip(pair.tolist(), label.tolist(), figures, strict=True):
        found[number][table.contexts[context]] = figure
    return found


def _of_draws(draws: Floats, level: float, n: Indices) -> list[Estimate]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return _estimates(draws.mean(axis=0), (low, high), n)


def _estimates(value: Floats, ends: tuple[Floats, Floats], n: Indices) -> list[Estimate]:
    columns = (value.tolist(), ends[0].tolist(), ends[1].tolist(), n.tolist())
    return [Estimate(*row) for row in zip(*columns, strict=True)]


def _n_different(pair: Indices, label: Indices, n_pairs: int) -> Indices:
    """Different labels that the votes of each pair have, shape (n_pairs,)."""
    cells = np.unique(np.stack([pair, label]), axis=1)
    return np.bincount(cells[0], minlength=n_pairs)
