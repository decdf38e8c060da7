"""The value graph as the pages read it: columns, one row a card, an edge or a cell. No fitting."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from core.estimates import Estimate
from core.judgment import Floats, Indices
from core.value_graph.mge_rule import MgeCounts, MgeEdge, MgeThresholds


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """An estimate for each row, with both ends and the votes it rests on; shape (n,)."""

    value: Floats
    low: Floats
    high: Floats
    n: Indices

    def row(self, number: int) -> Estimate:
        ends = float(self.low[number]), float(self.high[number])
        return Estimate(float(self.value[number]), *ends, int(self.n[number]))


@dataclass(frozen=True, slots=True, eq=False)
class CardColumns:
    """Cards in the order of `GraphReport.cards`; shape (n_cards,) where nothing else is said.

    Attributes
    ----------
    part : ndarray of int64
        Number of the connected part, the largest is 0; -1 where nobody voted on the card.
    standing : ndarray
        What the value is worth, nats: posterior mean.
    best, among_top : ndarray
        P(the wisest of its part), P(among the top ones of it).
    rank_low, rank_high : ndarray of int64
        Ends of the interval of its rank; 0 in no part.
    place : ndarray, shape (n_cards, 2)
        Where it is drawn.
    scores : ndarray, shape (n_methods, n_cards)
        By `GraphReport.methods`; NaN where a method says nothing.
    """

    part: Indices
    standing: Floats
    best: Floats
    among_top: Floats
    rank_low: Indices
    rank_high: Indices
    place: Floats
    scores: Floats


@dataclass(frozen=True, slots=True, eq=False)
class EdgeColumns:
    """Edges; shape (n_edges,). See `core.value_graph.graph.Edge`.

    Attributes
    ----------
    first, second : ndarray of int64
        Indices of the cards.
    information : ndarray
        Of one more answer, nats: `core.value_graph.choice.expected_information`.
    """

    first: Indices
    second: Indices
    log_odds: Interval
    first_wiser: Floats
    yes_to_first: Interval
    yes_to_second: Interval
    n_people: Indices
    both_ways: Indices
    information: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CellColumns:
    """Edges in a context, or in a group: log-odds that the first is wiser; shape (n_cells,).

    Attributes
    ----------
    differs : ndarray of int64
        1 where the cell deviates from the others for sure.
    """

    edge: Indices
    label: Indices
    log_odds: Interval
    differs: Indices


@dataclass(frozen=True, slots=True, eq=False)
class CountColumns:
    """MGE's counts of directed pairs; shape (n_pairs,).

    Attributes
    ----------
    counts : ndarray of int64, shape (n_pairs, 5)
        In the order of `core.value_graph.mge_rule.MgeCounts`.
    """

    source: Indices
    wiser: Indices
    counts: Indices


@dataclass(frozen=True, slots=True, eq=False)
class GraphReport:
    """What one estimate found.

    Attributes
    ----------
    cards, methods, contexts, groups : tuple of str
        Names by index.
    winners : tuple of int
        Of each connected part: the card that is the wisest for sure enough, else -1.
    """

    cards: tuple[str, ...]
    methods: tuple[str, ...]
    contexts: tuple[str, ...]
    groups: tuple[str, ...]
    winners: tuple[int, ...]
    of_cards: CardColumns
    edges: EdgeColumns
    by_context: CellColumns
    by_group: CellColumns
    counts: CountColumns

    def certainty(self) -> Floats:
        """P(the likelier direction of each edge is the true one), from one half to 1."""
        return np.asarray(np.maximum(self.edges.first_wiser, 1 - self.edges.first_wiser))

    def edges_of(self, card: int) -> Indices:
        """Numbers of the edges that a card is on."""
        return np.flatnonzero((self.edges.first == card) | (self.edges.second == card))

    def counted(self, thresholds: MgeThresholds | None = None) -> tuple[MgeEdge, ...]:
        """All directed pairs as MGE's rule counts them, contexts left out."""
        with_impressions = (thresholds or MgeThresholds()).entropy_with_impressions
        rows = zip(
            self.counts.source.tolist(),
            self.counts.wiser.tolist(),
            self.counts.counts.tolist(),
            strict=True,
        )
        found = []
        for source, wiser, row in rows:
            counts = MgeCounts(*row)
            entropy = counts.entropy(with_impressions=with_impressions)
            ends = self.cards[source], self.cards[wiser]
            found.append(MgeEdge(*ends, (), counts, counts.likelihood(), entropy))
        return tuple(found)


_NAMES = ("cards", "methods", "contexts", "groups")
_PARTS: dict[str, type] = {
    "of_cards": CardColumns,
    "edges": EdgeColumns,
    "by_context": CellColumns,
    "by_group": CellColumns,
    "counts": CountColumns,
}
_INTERVALS = {"log_odds", "yes_to_first", "yes_to_second"}


def report_arrays(report: GraphReport) -> dict[str, Any]:
    """All of it as arrays by name, for a file without pickles."""
    found: dict[str, Any] = {
        name: np.array(getattr(report, name), dtype=np.str_) for name in _NAMES
    }
    found["winners"] = np.array(report.winners, dtype=np.int64)
    for part in _PARTS:
        found |= _flat(part, getattr(report, part))
    return found


def report_from_arrays(arrays: Mapping[str, Any]) -> GraphReport:
    """The inverse of `report_arrays`."""
    found: dict[str, Any] = {part: _read(part, kind, arrays) for part, kind in _PARTS.items()}
    found |= {name: tuple(arrays[name].tolist()) for name in (*_NAMES, "winners")}
    return GraphReport(**found)


def _flat(prefix: str, columns: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(columns):
        value = getattr(columns, field.name)
        name = f"{prefix}.{field.name}"
        found |= _flat(name, value) if isinstance(value, Interval) else {name: value}
    return found


def _read(prefix: str, kind: type, arrays: Mapping[str, Any]) -> Any:
    found = {}
    for field in fields(kind):
        name = f"{prefix}.{field.name}"
        nested = kind is not Interval and field.name in _INTERVALS
        found[field.name] = _read(name, Interval, arrays) if nested else arrays[name]
    return kind(**found)
