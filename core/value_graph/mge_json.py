"""The graph format of Moral Graph Elicitation: read, write, and read and written again the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from core.errors import DiscernError
from core.value_graph.mge_rule import MgeCounts, MgeEdge

if TYPE_CHECKING:
    from core.value_graph.graph import Edge

Json = dict[str, Any]
Count = Annotated[int, Field(ge=0)]


class UnreadableGraphError(DiscernError):
    """A file is not a graph in MGE's format."""


class _Written(BaseModel):
    """Strangers write it: what is known is checked, what is not is kept."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, strict=True
    )


class Counts(_Written):
    """Answers about a directed pair."""

    marked_wiser: Count
    marked_not_wiser: Count
    marked_less_wise: Count
    marked_unsure: Count
    impressions: Count


class EdgeSummary(_Written):
    """What MGE's rule says of them; entropy in bits."""

    wiser_likelihood: float | None
    entropy: float


class WrittenEdge(_Written):
    """A directed edge to the wiser value."""

    source_value_id: int | str
    wiser_value_id: int | str
    contexts: tuple[str, ...] = Field(strict=False)
    counts: Counts
    summary: EdgeSummary


class WrittenValue(_Written):
    """A values card; the 2023 format has instructions and criteria, later ones policies."""

    id: int | str
    title: str
    instructions_short: str | None = None
    instructions_detailed: str | None = None
    evaluation_criteria: tuple[str, ...] | None = Field(default=None, strict=False)
    description: str | None = None
    policies: tuple[str, ...] | None = Field(default=None, strict=False)
    page_rank: float | None = None
    votes: Count | None = None

    @property
    def attended(self) -> tuple[str, ...]:
        """What to attend to, whichever the format."""
        return self.policies or self.evaluation_criteria or ()


class _WrittenGraph(_Written):
    values: tuple[WrittenValue, ...] = Field(strict=False)
    edges: tuple[WrittenEdge, ...] = Field(strict=False)
    all_edges: tuple[WrittenEdge, ...] | None = Field(default=None, strict=False)


@dataclass(frozen=True, slots=True, eq=False)
class MgeGraph:
    """A graph in MGE's format, as it was read.

    Attributes
    ----------
    edges : tuple of WrittenEdge
        Those that the rule kept.
    all_edges : tuple of WrittenEdge or None
        All directed pairs that were counted; None where the file does not hold them.
    document : dict
        What was read, with all fields that this product does not know, in their order.
    """

    values: tuple[WrittenValue, ...]
    edges: tuple[WrittenEdge, ...]
    all_edges: tuple[WrittenEdge, ...] | None
    document: Json

    def counted(self) -> tuple[MgeEdge, ...]:
        """The edges as `core.value_graph.mge_rule` has them, all if the file holds all."""
        edges = self.edges if self.all_edges is None else self.all_edges
        return tuple(_as_counted(edge) for edge in edges)


def read_mge(text: str) -> MgeGraph:
    """Read a graph; unknown fields are kept.

    Raises
    ------
    UnreadableGraphError
        If the text is not JSON, a field is missing or wrong, an id is there twice or an edge names
        a value that is not.
    """
    try:
        document = json.loads(text)
        graph = _WrittenGraph.model_validate(document)
    except json.JSONDecodeError as error:
        raise UnreadableGraphError(
            f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}. Export "
            "the graph again."
        ) from error
    except RecursionError as error:
        raise UnreadableGraphError("The file is nested too deeply to be a graph.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise UnreadableGraphError(
            f"This is no graph in MGE's format: {place}: {first['msg']}, got "
            f"{str(first['input'])[:80]!r}. Correct it and read it again."
        ) from error
    _check_ids(graph)
    return MgeGraph(graph.values, graph.edges, graph.all_edges, document)


def read_values(text: str) -> tuple[WrittenValue, ...]:
    """Read the values alone: those of a graph, or the table of values as a JSON list of its rows.

    Raises
    ------
    UnreadableGraphError
        As `read_mge`.
    """
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        document = None
    if not isinstance(document, list) or not document:
        return read_mge(text).values
    return read_mge(json.dumps({"values": document, "edges": []})).values


def write_mge(graph: MgeGraph) -> str:
    """The same document again: every field, known or not, in its order, with its value."""
    return json.dumps(graph.document, ensure_ascii=False, indent=2)


def to_mge_graph(
    values: Sequence[Mapping[str, Any]],
    kept: Sequence[MgeEdge],
    *,
    everything: Sequence[MgeEdge] | None = None,
    estimates: "Sequence[Edge]" = (),
    page_rank: Mapping[str, float] | None = None,
) -> MgeGraph:
    """Write a graph of our own, with MGE's counts and, beside them, what we know of each edge.

    Parameters
    ----------
    values : sequence of mappings
        Each with at least "id" and "title", in MGE's names of fields.
    kept, everything : sequences of MgeEdge
        What MGE's rule keeps, and all that it counted.
    estimates : sequence of Edge
        Of `core.value_graph.graph`: each adds to the summary of its edges `pWiser` (that the
        wiser value is the wiser one), `logOdds` and its interval, which MGE's programs pass over.
    """
    known = {(edge.first, edge.second): edge for edge in estimates}
    ranks = page_rank or {}
    written = [
        dict(value) | ({"pageRank": ranks[value["id"]]} if value["id"] in ranks else {})
        for value in values
    ]
    document: Json = {"values": written, "edges": [_as_json(edge, known) for edge in kept]}
    if everything is not None:
        document["allEdges"] = [_as_json(edge, known) for edge in everything]
    return read_mge(json.dumps(document))


def _as_json(edge: MgeEdge, known: "Mapping[tuple[str, str], Edge]") -> Json:
    counts = edge.counts
    summary: Json = {"wiserLikelihood": edge.likelihood, "entropy": edge.entropy}
    backwards = edge.wiser < edge.source
    pair = (edge.wiser, edge.source) if backwards else (edge.source, edge.wiser)
    if pair in known:
        summary |= _known(known[pair], to_first=backwards)
    return {
        "sourceValueId": edge.source,
        "wiserValueId": edge.wiser,
        "contexts": list(edge.contexts),
        "counts": {
            "markedWiser": counts.wiser,
            "markedNotWiser": counts.not_wiser,
            "markedLessWise": counts.less_wise,
            "markedUnsure": counts.unsure,
            "impressions": counts.impressions,
        },
        "summary": summary,
    }


def _known(edge: "Edge", *, to_first: bool) -> Json:
    """The estimate said of the value at the head of the arrow."""
    odds = edge.log_odds
    if to_first:
        values = edge.first_wiser, odds.value, [odds.low, odds.high]
    else:
        values = 1 - edge.first_wiser, -odds.value, [-odds.high, -odds.low]
    return dict(zip(("pWiser", "logOdds", "interval"), values, strict=True))


def _as_counted(edge: WrittenEdge) -> MgeEdge:
    counts = edge.counts
    return MgeEdge(
        source=str(edge.source_value_id),
        wiser=str(edge.wiser_value_id),
        contexts=edge.contexts,
        counts=MgeCounts(
            wiser=counts.marked_wiser,
            not_wiser=counts.marked_not_wiser,
            less_wise=counts.marked_less_wise,
            unsure=counts.marked_unsure,
            impressions=counts.impressions,
        ),
        likelihood=edge.summary.wiser_likelihood,
        entropy=edge.summary.entropy,
    )


def _check_ids(graph: _WrittenGraph) -> None:
    ids = [value.id for value in graph.values]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise UnreadableGraphError(
            f"Two values have the id {twice!r}. Give every value an id of its own."
        )
    for edge in (*graph.edges, *(graph.all_edges or ())):
        for name in (edge.source_value_id, edge.wiser_value_id):
            if name not in set(ids):
                raise UnreadableGraphError(
                    f"An edge names the value {name!r}, which is not among the {len(ids)} values. "
                    "Export the graph with all its values."
                )
