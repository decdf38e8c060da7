"""Groups of people: their graphs, where they differ for sure, and what bridges them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.estimates import Estimate, NotDeterminedError
from core.fitting.edge_votes import fit_edge_votes
from core.judgment import Floats, Indices
from core.value_graph.estimate import Deviations, EdgePosterior, population_rate
from core.value_graph.graph import GraphSettings
from core.value_graph.votes import EdgeVote, VoteTable, tabulate_votes

#: Groups with fewer people are not shown: a figure about few people is a figure about persons.
MINIMUM_SIZE = 10


@dataclass(frozen=True, slots=True)
class GroupEdge:
    """What one group thinks of an edge.

    Attributes
    ----------
    log_odds : Estimate
        That the first is wiser, shrunk to what all think, nats; `n` votes of the group.
    deviation : Estimate or None
        From the mean of the groups that were asked, each counted once. None where no other was.
    differs : bool
        Whether the interval of the deviation excludes 0: only then may it be coloured.
    """

    group: str
    first: str
    second: str
    log_odds: Estimate
    deviation: Estimate | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Bridge:
    """How far all groups agree that one value is wiser than another.

    Attributes
    ----------
    score : Estimate
        Product over groups of the share of the group that calls it wiser, without people's liking
        for yes or no: posterior mean and interval. `n` votes in all groups.
    n_groups : int
        Groups with a vote on the edge; the others count with what all think.
    """

    less_wise: str
    wiser: str
    score: Estimate
    n_groups: int


@dataclass(frozen=True, slots=True, eq=False)
class GroupGraphs:
    """Graphs of the groups that are large enough, and the bridges between them.

    Attributes
    ----------
    n_people : mapping of str to int
        Of the groups shown.
    pooled : tuple of str
        Groups that are too small; their votes count for the pooled edges only.
    edges : tuple of GroupEdge
        For every group and pair with a vote of the group.
    bridges : tuple of Bridge
        The likelier direction of each pair, the strongest first.
    spread : float
        How far groups deviate on an edge: a standard deviation, nats.
    """

    n_people: Mapping[str, int]
    pooled: tuple[str, ...]
    edges: tuple[GroupEdge, ...]
    bridges: tuple[Bridge, ...]
    spread: float
    posterior: EdgePosterior

    def of_group(self, group: str) -> tuple[GroupEdge, ...]:
        return tuple(edge for edge in self.edges if edge.group == group)


def build_group_graphs(
    cards: Sequence[str],
    votes: Sequence[EdgeVote],
    group_of: Mapping[str, str],
    settings: GraphSettings | None = None,
    *,
    minimum_size: int = MINIMUM_SIZE,
) -> GroupGraphs:
    r"""Estimate what groups think, shrunk to what all think.

    A group adds to the log-odds of an edge a deviation :math:`u_{ge} \sim N(0, \sigma_g^2)` and
    to the tendency to say yes a constant; the width is found by the evidence, so that groups are
    as alike as the votes allow. The bridging score is the group-informed consensus of Polis [1]_
    with these shrunken shares in place of smoothed counts,

    .. math:: B_e = E \prod_g E_b\, \sigma(\theta_e + u_{ge} + b).

    Raises
    ------
    NotDeterminedError
        If fewer than two groups have `minimum_size` people who voted.

    References
    ----------
    .. [1] Small, Bjorkegren, Erkkilä, Shaw and Megill, "Polis: Scaling deliberation by mapping
       high dimensional opinion spaces", Recerca 26(2), 2021.
    """
    settings = settings or GraphSettings()
    table = tabulate_votes(cards, votes, settings.reading)
    sizes: dict[str, int] = {}
    for person in table.people:
        if person in group_of:
            sizes[group_of[person]] = sizes.get(group_of[person], 0) + 1
    shown = tuple(sorted(name for name, size in sizes.items() if size >= minimum_size))
    if len(shown) <= 1:
        raise NotDeterminedError(
            f"{len(shown)} groups have at least {minimum_size} people who voted. To compare "
            "groups, two are needed: ask more people, or make groups larger."
        )
    place = {name: number for number, name in enumerate(shown)}
    of_person = np.array([place.get(group_of.get(name, ""), -1) for name in table.people])
    group = of_person[table.person].astype(np.int64)
    posterior = fit_edge_votes(table, np.random.default_rng(settings.seed), group=group)
    deviations = posterior.deviations["group"]
    n_votes = _n_votes(table, group, deviations, len(shown))
    return GroupGraphs(
        n_people={name: sizes[name] for name in shown},
        pooled=tuple(sorted(sizes.keys() - set(shown))),
        edges=_edges(table, shown, deviations, n_votes, settings.level),
        bridges=_bridges(table, posterior, len(shown), n_votes, settings.level),
        spread=posterior.widths.group,
        posterior=posterior,
    )


def _n_votes(table: VoteTable, group: Indices, deviations: Deviations, n_groups: int) -> Indices:
    known = group >= 0
    keys = table.pair[known] * n_groups + group[known]
    counts = np.bincount(keys, minlength=table.n_pairs * n_groups)
    cells: Indices = counts[deviations.cells.pair * n_groups + deviations.cells.label]
    return cells


def _edges(
    table: VoteTable,
    groups: tuple[str, ...],
    deviations: Deviations,
    n_votes: Indices,
    level: float,
) -> tuple[GroupEdge, ...]:
    names = table.pair_names()
    mean, low, high = _contrasts(deviations, level)
    several = np.bincount(deviations.cells.pair, minlength=table.n_pairs) > 1
    total_low, total_high = deviations.total_interval(level)
    edges = []
    for cell, (pair, label) in enumerate(
        zip(deviations.cells.pair.tolist(), deviations.cells.label.tolist(), strict=True)
    ):
        n = int(n_votes[cell])
        ends = float(total_low[cell]), float(total_high[cell])
        apart = Estimate(float(mean[cell]), float(low[cell]), float(high[cell]), n)
        edges.append(
            GroupEdge(
                group=groups[label],
                first=names[pair][0],
                second=names[pair][1],
                log_odds=Estimate(float(deviations.total_mean[cell]), *ends, n),
                deviation=apart if several[pair] else None,
                differs=bool(several[pair] and (apart.low > 0 or apart.high < 0)),
            )
        )
    return tuple(edges)


def _contrasts(deviations: Deviations, level: float) -> tuple[Floats, Floats, Floats]:
    """Mean and interval of each cell's deviation from the mean of all cells of its pair.

    What all groups have in common on an edge says nothing of how they differ, and the model may
    put some of it into the deviations.
    """
    pairs, starts, size = np.unique(deviations.cells.pair, return_index=True, return_counts=True)
    middle = np.add.reduceat(deviations.draws, starts, axis=1) / size
    contrast = deviations.draws - middle[:, np.searchsorted(pairs, deviations.cells.pair)]
    low, high = np.quantile(contrast, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return contrast.mean(axis=0), low, high


def _bridges(
    table: VoteTable,
    posterior: EdgePosterior,
    n_groups: int,
    n_votes: Indices,
    level: float,
) -> tuple[Bridge, ...]:
    deviations, tendency = posterior.deviations["group"], posterior.widths.tendency
    to_first, to_second = (
        _product(sign * posterior.draws, deviations, sign, n_groups, tendency)
        for sign in (1.0, -1.0)
    )
    bridges = []
    for pair, (first, second) in enumerate(table.pair_names()):
        up = posterior.mean[pair] >= 0
        draws = (to_first if up else to_second)[:, pair]
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        cells = deviations.cells.pair == pair
        score = Estimate(float(draws.mean()), float(low), float(high), int(n_votes[cells].sum()))
        less, more = (second, first) if up else (first, second)
        bridges.append(Bridge(less, more, score, int(cells.sum())))
    return tuple(sorted(bridges, key=lambda bridge: -bridge.score.value))


def _product(
    towards: Floats, deviations: Deviations, sign: float, n_groups: int, tendency: float
) -> Floats:
    """Product over groups of the shares that agree, shape (n_draws, n_pairs)."""
    product = np.ones_like(towards)
    for label in range(n_groups):
        own = deviations.cells.label == label
        odds = towards.copy()
        odds[:, deviations.cells.pair[own]] += sign * deviations.draws[:, own]
        product *= population_rate(odds, tendency)
    return product
