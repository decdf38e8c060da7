"""A value graph as the columns that the pages read."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import numpy as np

from core.estimates import Estimate
from core.judgment import Indices
from core.value_graph.choice import RankingQuestion, expected_information
from core.value_graph.cycles import CycleReport
from core.value_graph.graph import ValueGraph
from core.value_graph.groups import GroupGraphs
from core.value_graph.layout import positions
from core.value_graph.mge_rule import MgeEdge
from core.value_graph.rankings import Rankings
from core.value_graph.report import (
    CardColumns,
    CellColumns,
    CountColumns,
    EdgeColumns,
    GraphReport,
    Interval,
)

SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What an estimate found; groups only where there are enough people in them."""

    graph: ValueGraph
    rankings: tuple[Rankings, ...]
    cycles: CycleReport
    groups: GroupGraphs | None


def columns(parts: Parts, counted: tuple[MgeEdge, ...]) -> GraphReport:
    """Everything that has a row for each card, edge, cell or directed pair."""
    graph, groups = parts.graph, parts.groups
    place = {card: number for number, card in enumerate(graph.cards)}
    methods = tuple(dict.fromkeys(name for part in parts.rankings for name in part.scores))
    names = tuple(groups.n_people) if groups else ()
    return GraphReport(
        cards=graph.cards,
        methods=methods,
        contexts=graph.table.contexts,
        groups=names,
        winners=tuple(-1 if part.winner is None else part.winner for part in graph.parts),
        of_cards=_of_cards(graph, parts.rankings, methods, place),
        edges=_edges(graph, parts.cycles),
        by_context=_by_context(graph),
        by_group=_by_group(groups, names, graph),
        counts=_counts(counted, place),
    )


def _of_cards(
    graph: ValueGraph,
    rankings: tuple[Rankings, ...],
    methods: tuple[str, ...],
    place: dict[str, int],
) -> CardColumns:
    n, posterior = len(graph.cards), graph.posterior
    part = np.full(n, -1, dtype=np.int64)
    best, among = np.zeros(n), np.zeros(n)
    low, high = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for number, found in enumerate(graph.parts):
        part[found.cards] = number
        best[found.cards], among[found.cards] = found.ranks.best, found.ranks.among_top
        low[found.cards], high[found.cards] = found.ranks.low, found.ranks.high
    scores = np.full((len(methods), n), np.nan)
    for ranking in rankings:
        cards = [place[card] for card in ranking.cards]
        for method, values in ranking.scores.items():
            scores[methods.index(method), cards] = values
    return CardColumns(
        part=part,
        standing=posterior.score_mean,
        best=best,
        among_top=among,
        rank_low=low,
        rank_high=high,
        place=positions(posterior.first, posterior.second, posterior.score_mean),
        scores=scores,
    )


def _edges(graph: ValueGraph, cycles: CycleReport) -> EdgeColumns:
    posterior = graph.posterior
    about = RankingQuestion.WISEST
    information = expected_information(posterior, np.random.default_rng(SEED), about)
    # What would break a cycle is asked before what only narrows an interval.
    information[list(cycles.ask_next())] += information.max(initial=0.0)
    return EdgeColumns(
        first=posterior.first,
        second=posterior.second,
        log_odds=interval(edge.log_odds for edge in graph.edges),
        first_wiser=np.array([edge.first_wiser for edge in graph.edges]),
        yes_to_first=interval(edge.yes_to_first for edge in graph.edges),
        yes_to_second=interval(edge.yes_to_second for edge in graph.edges),
        n_people=np.array([edge.n_people for edge in graph.edges], dtype=np.int64),
        both_ways=np.array([edge.both_ways for edge in graph.edges], dtype=np.int64),
        information=information,
    )


def _by_context(graph: ValueGraph) -> CellColumns:
    place = {name: number for number, name in enumerate(graph.table.contexts)}
    cells = [
        (number, place[context], figure)
        for number, edge in enumerate(graph.edges)
        for context, figure in edge.contexts.items()
    ]
    deviations = graph.posterior.deviations.get("context")
    differs = np.zeros(len(cells), dtype=np.int64)
    if deviations is not None:
        low, high = deviations.interval(graph.settings.level)
        differs = ((low > 0) | (high < 0)).astype(np.int64)
    return _cells(cells, differs)


def _by_group(groups: GroupGraphs | None, names: tuple[str, ...], graph: ValueGraph) -> CellColumns:
    number = {pair: place for place, pair in enumerate(graph.table.pair_names())}
    edges = groups.edges if groups else ()
    cells = [
        (number[edge.first, edge.second], names.index(edge.group), edge.log_odds) for edge in edges
    ]
    return _cells(cells, np.array([edge.differs for edge in edges], dtype=np.int64))


def _cells(cells: list[tuple[int, int, Estimate]], differs: Indices) -> CellColumns:
    return CellColumns(
        edge=np.array([edge for edge, _, _ in cells], dtype=np.int64),
        label=np.array([label for _, label, _ in cells], dtype=np.int64),
        log_odds=interval(figure for _, _, figure in cells),
        differs=differs,
    )


def _counts(counted: tuple[MgeEdge, ...], place: dict[str, int]) -> CountColumns:
    rows = [astuple(edge.counts) for edge in counted]
    return CountColumns(
        source=np.array([place[edge.source] for edge in counted], dtype=np.int64),
        wiser=np.array([place[edge.wiser] for edge in counted], dtype=np.int64),
        counts=np.array(rows, dtype=np.int64).reshape(-1, 5),
    )


def interval(estimates: Iterable[Estimate]) -> Interval:
    """Estimates as columns."""
    rows = list(estimates)
    return Interval(
        value=np.array([row.value for row in rows]),
        low=np.array([row.low for row in rows]),
        high=np.array([row.high for row in rows]),
        n=np.array([row.n for row in rows], dtype=np.int64),
    )
