"""Estimate the value graph of one snapshot of votes."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from core.errors import DiscernError
from core.value_graph.asking import regrouped
from core.value_graph.cycles import CycleReport, report_cycles
from core.value_graph.drift import exposure_effect, retest_consistency
from core.value_graph.graph import ValueGraph, build_graph
from core.value_graph.groups import GroupGraphs, build_group_graphs
from core.value_graph.mge_json import to_mge_graph, write_mge
from core.value_graph.mge_rule import MgeEdge, count_edges, keep_edges, mge_page_rank
from core.value_graph.mge_votes import to_mge
from core.value_graph.rankings import Rankings, rank_side_by_side
from core.value_graph.scoring import score_votes
from core.value_graph.votes import Answer, EdgeVote, Reading, Story, VoteTable, tabulate_votes
from trainer.run_directory import PROGRESS, REPORT, Progress, finite, write_json
from trainer.value_columns import Parts, columns
from trainer.value_files import CARDS, MGE, VOTES, read_request, write_graph
from trainer.versions import versions

STEPS = (
    "graph", "rankings", "cycles", "groups", "people", "held-out votes", "held-out yeses",
    "files",
)  # fmt: skip
#: Folds of cross-validation, by up to how many votes: beyond them they would take too long.
FOLDS = {3_000: 10, 10_000: 5}
FEW_FOLDS = 3
#: Disagreements, bridges and cycles listed.
MAX_LISTED = 100

T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """A snapshot as it was read.

    Attributes
    ----------
    cards : list of dict
        Those that stand for others or themselves alone.
    n_gone : int
        Votes on cards that were withdrawn, or that now count as the same.
    """

    cards: list[Json]
    votes: list[EdgeVote]
    cohorts: dict[str, str]
    n_gone: int

    @property
    def ids(self) -> list[str]:
        return [card["id"] for card in self.cards]


class Steps:
    """Says on the log and in a file how far an estimate is, and times its steps."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.seconds: dict[str, float] = {}

    def run(self, name: str, work: Callable[[], T]) -> T:
        print(f"{datetime.now(UTC):%H:%M:%S} {name}", flush=True)  # noqa: T201 - this is the log
        progress = Progress(name, STEPS.index(name), len(STEPS))
        write_json(self.directory / PROGRESS, asdict(progress))
        start = time.perf_counter()
        result = work()
        self.seconds[name] = round(time.perf_counter() - start, 3)
        return result


def estimate(directory: Path) -> None:
    """Read the snapshot, estimate everything, and leave the report as the last thing.

    Raises
    ------
    core.fitting.edge_votes.NoVotesError
        If no vote says anything.
    """
    request, steps = read_request(directory), Steps(directory)
    material = read_material(directory)
    graph = steps.run("graph", lambda: build_graph(material.ids, material.votes))
    rankings = steps.run("rankings", lambda: rank_side_by_side(graph.table, graph.posterior))
    cycles = steps.run("cycles", lambda: report_cycles(graph.posterior))
    groups, no_groups = steps.run("groups", lambda: _group_graphs(material))
    counted = count_edges(to_mge(vote) for vote in material.votes)
    report: Json = {
        "data": _data(material, graph),
        "disagreements": _disagreements(rankings),
        "cycles": _cycles(cycles, graph),
        "groups": _groups(groups) if groups else {"failure": no_groups},
        **steps.run("people", lambda: _people(material, graph, request.seed)),
        "scores": steps.run("held-out votes", lambda: _scores(graph.table, request.seed)),
    }
    if any(vote.answer is Answer.NOT_WISER for vote in material.votes):
        # Judgements of MGE: what was published of them is about yes or not yes.
        of_yes = tabulate_votes(material.ids, material.votes, Reading.YES)
        report["scores_of_yes"] = steps.run("held-out yeses", lambda: _scores(of_yes, request.seed))
    steps.run("files", lambda: _write(directory, Parts(graph, rankings, cycles, groups), counted))
    counted = _with_contexts(counted, request.contexts)
    (directory / MGE).write_text(_mge(material, graph, counted), encoding="utf-8")
    report |= {
        "finished_at": datetime.now(UTC).isoformat(),
        "versions": versions(),
        "seconds": steps.seconds,
        "seed": request.seed,
    }
    write_json(directory / REPORT, finite(report))


def read_material(directory: Path) -> Material:
    """The votes, said of the cards that stand for those voted on."""
    import pyarrow.parquet as pq

    everything = json.loads((directory / CARDS).read_text(encoding="utf-8"))
    stands_for = {card["id"]: card["stands_for"] for card in everything}
    rows = pq.read_table(directory / VOTES).to_pylist()
    votes, n_gone = regrouped([_vote(row) for row in rows], stands_for)
    cards = [card for card in everything if card["stands_for"] == card["id"]]
    cohorts = {row["person_id"]: row["cohort"] for row in rows if row["cohort"]}
    return Material(sorted(cards, key=lambda card: str(card["id"])), votes, cohorts, n_gone)


def _vote(row: Json) -> EdgeVote:
    first, second, head = row["first_id"], row["second_id"], row["wiser_to"]
    tail = second if head == first else first
    told_to = {"forward": head, "backward": tail}.get(row["story_kind"])
    directions = {None: Story.NONE, first: Story.TO_FIRST, second: Story.TO_SECOND}
    confidence = row["confidence"]
    return EdgeVote(
        person=row["person_id"],
        context=row["context_id"],
        first=first,
        second=second,
        wiser_to=head,
        story=directions[told_to],
        answer=Answer(row["answer"]),
        answered_at=row["voted_at"],
        left=row["left_id"],
        situation=row["situation"],
        confidence=None if confidence is None else (confidence - 1) / 4,
        reason=row["reason"],
        exposed=row["exposed"],
    )


def _data(material: Material, graph: ValueGraph) -> Json:
    posterior, names = graph.posterior, graph.posterior.fixed.names
    low, high = posterior.fixed.interval(graph.settings.level)
    effects = zip(names, posterior.fixed.mean.tolist(), low.tolist(), high.tolist(), strict=True)
    return {
        "n_cards": len(material.cards),
        "n_votes": len(material.votes),
        "n_read": len(graph.table),
        "n_gone": material.n_gone,
        "n_people": len({vote.person for vote in material.votes}),
        "n_edges": len(graph.edges),
        "widths": asdict(posterior.widths),
        "effects": {name: {"value": v, "low": a, "high": b} for name, v, a, b in effects},
        "level": graph.settings.level,
        "top": graph.settings.top,
        "winner": graph.settings.winner,
    }


def _disagreements(rankings: tuple[Rankings, ...]) -> list[Json]:
    listed = [asdict(pair) for part in rankings for pair in part.disagreements[:MAX_LISTED]]
    return listed[:MAX_LISTED]


def _cycles(report: CycleReport, graph: ValueGraph) -> Json:
    names = graph.table.pair_names()
    return {
        "cycles": [
            asdict(cycle) | {"weakest": names[cycle.weakest]}
            for cycle in report.cycles[:MAX_LISTED]
        ],
        "n_cycles": len(report.cycles),
        "is_complete": report.is_complete,
        "gradient": report.gradient and asdict(report.gradient),
        "rotation": report.rotation and asdict(report.rotation),
        "curl": report.curl,
        "harmonic": report.harmonic,
        "ask_next": [names[number] for number in report.ask_next()[:MAX_LISTED]],
    }


def _group_graphs(material: Material) -> tuple[GroupGraphs | None, str]:
    """Graphs of the study's cohorts, or why there are none."""
    try:
        return build_group_graphs(material.ids, material.votes, material.cohorts), ""
    except DiscernError as error:
        return None, str(error)


def _groups(graphs: GroupGraphs) -> Json:
    return {
        "n_people": dict(graphs.n_people),
        "pooled": list(graphs.pooled),
        "spread": graphs.spread,
        "n_differ": sum(edge.differs for edge in graphs.edges),
        "bridges": [asdict(bridge) for bridge in graphs.bridges[:MAX_LISTED]],
    }


def _people(material: Material, graph: ValueGraph, seed: int) -> Json:
    """Whether people stay with what they said, and what seeing others' cards does."""
    rng = np.random.default_rng(seed)
    return {
        "consistency": _or_why(lambda: asdict(retest_consistency(material.votes))),
        "exposure": _or_why(lambda: asdict(exposure_effect(graph.cards, material.votes, rng))),
    }


def _scores(table: VoteTable, seed: int) -> Json:
    n_folds = next((n for most, n in FOLDS.items() if len(table) <= most), FEW_FOLDS)
    n_folds = min(n_folds, max(len(table), 2))
    return _or_why(lambda: asdict(score_votes(table, n_folds=n_folds, seed=seed)))


def _or_why(work: Callable[[], Json]) -> Json:
    try:
        return work()
    except DiscernError as error:
        return {"failure": str(error)}


def _write(directory: Path, parts: Parts, counted: tuple[MgeEdge, ...]) -> None:
    write_graph(directory, columns(parts, counted))


def _with_contexts(counted: tuple[MgeEdge, ...], texts: Mapping[str, str]) -> tuple[MgeEdge, ...]:
    """Contexts by their texts, as MGE names them, and not by the ids that they have here."""

    def said(name: str) -> str:
        text = texts.get(name, name)
        return name if name.lower().endswith(text.lower()) else f"When {text}"

    return tuple(replace(edge, contexts=tuple(map(said, edge.contexts))) for edge in counted)


def _mge(material: Material, graph: ValueGraph, counted: tuple[MgeEdge, ...]) -> str:
    kept = keep_edges(counted)
    values = [
        {name: card[name] for name in ("id", "title", "description", "policies")}
        for card in material.cards
    ]
    written = to_mge_graph(
        values,
        kept,
        everything=counted,
        estimates=graph.edges,
        page_rank=mge_page_rank(kept),
    )
    return write_mge(written)
