"""The files of one estimate of a value graph; beside them those of every run of the trainer.

request.json    what to estimate, from which snapshot
votes.parquet   the snapshot: every vote that counts
cards.json      the cards, and the one that stands for each
graph.npz       cards, edges and cells as columns: `core.value_graph.report.GraphReport`
mge.json        the same graph in the format of Moral Graph Elicitation
report.json     the other figures; its presence means that the estimate is done
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from core.value_graph.report import GraphReport, report_arrays, report_from_arrays
from trainer.run_directory import REQUEST, read_arrays, read_json, write_arrays, write_json

VALUES = "values"
VOTES, CARDS, GRAPH, MGE = "votes.parquet", "cards.json", "graph.npz", "mge.json"


@dataclass(frozen=True, slots=True)
class ValueRequest:
    """What to estimate, and what it is made from.

    Attributes
    ----------
    kind : str
        Tells such a request from one for a fit.
    n_votes : int
        Of the snapshot.
    contexts : mapping of str to str
        What each context says, by its id.
    """

    estimate_id: str
    study_id: str
    snapshot_hash: str
    n_votes: int
    requested_at: str
    seed: int = 0
    contexts: Mapping[str, str] = field(default_factory=dict)
    kind: str = VALUES


_FIELDS = frozenset(one.name for one in fields(ValueRequest))


def asked_for(directory: Path) -> bool:
    """Whether a run directory asks for a value graph."""
    content = read_json(directory / REQUEST)
    return content is not None and content.get("kind") == VALUES


def read_request(directory: Path) -> ValueRequest:
    """The request, also one of an earlier version that said more."""
    said = json.loads((directory / REQUEST).read_text())
    return ValueRequest(**{name: value for name, value in said.items() if name in _FIELDS})


def write_request(directory: Path, request: ValueRequest) -> None:
    write_json(directory / REQUEST, asdict(request))


def write_graph(directory: Path, report: GraphReport) -> None:
    write_arrays(directory / GRAPH, report_arrays(report))


def read_graph(directory: Path) -> GraphReport | None:
    """The columns, or None where there are none: nobody had said anything."""
    arrays = read_arrays(directory / GRAPH)
    return None if arrays is None else report_from_arrays(arrays)
