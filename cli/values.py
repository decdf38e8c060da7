"""Estimate value graphs, and read and write them as JSON of Moral Graph Elicitation."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.opening import opened
from core.errors import DiscernError
from trainer.launch import RunStatus

app = typer.Typer(no_args_is_help=True, help="Value graphs: estimate, read, write.")

LOOK_EVERY_S = 0.2
Study = Annotated[str, typer.Option("--study", help="Name or id of the study.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


class NoGraphError(DiscernError):
    """There is nothing to write."""


@app.command("import")
def import_graph(
    file: File,
    *,
    study: Study,
    judgements: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="MGE's table of judgements (JSON or CSV): votes."
        ),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only judgements from before this day, UTC."),
    ] = None,
) -> None:
    """Read a graph in MGE's format, or its table of values, into a study: all of it or nothing."""
    from cli.studies import find_study
    from workbench.value_files import import_mge

    with opened() as workbench:
        found = find_study(workbench.db, study)
        done = import_mge(
            workbench.db,
            found.id,
            file.read_bytes(),
            by=None,
            now=datetime.now(UTC),
            judgements=judgements.read_bytes() if judgements else None,
            before=before.replace(tzinfo=UTC) if before else None,
        )
    print(done.in_words())


@app.command()
def estimate(study: Study) -> None:
    """Estimate the value graph of a study, and say who is held the wisest."""
    from cli.studies import find_study
    from workbench import value_estimates

    with opened() as workbench:
        found = find_study(workbench.db, study)
        trainer = value_estimates.trainer_of(workbench)
        directory = value_estimates.start(workbench, found.id)
        while trainer.status(directory) is RunStatus.RUNNING:
            time.sleep(LOOK_EVERY_S)
        [run] = [
            one
            for one in value_estimates.estimates_of(workbench, found.id)
            if one.directory == directory
        ]
    if run.status is not RunStatus.DONE:
        raise NoGraphError(f"The estimate is {run.status}: {run.failure}. See {directory}.")
    print(f"Estimated from {run.request.n_votes:,} votes in {directory}")


@app.command()
def export(study: Study, to: Annotated[Path, typer.Option(help="Folder to write into.")]) -> None:
    """Write the newest graph in MGE's format, what was imported, and all rows as Parquet.

    The rows are those that `export` writes of the whole study, one file each.
    """
    from cli.studies import find_study
    from storage import mge_graphs
    from storage.exports import VALUES_BUNDLE, write_file
    from workbench import value_estimates

    with opened() as workbench:
        found = find_study(workbench.db, study)
        to.mkdir(parents=True, exist_ok=True)
        written = [write_file(workbench.db, found.id, *one, to).path for one in VALUES_BUNDLE]
        for graph in mge_graphs.of_study(workbench.db, found.id):
            path = to / f"imported-{graph.graph_id}.json"
            path.write_text(graph.document, encoding="utf-8")
            written.append(path)
        newest = value_estimates.newest(workbench, found.id)
        if newest is not None:
            path = to / "graph.json"
            path.write_bytes(newest.mge.read_bytes())
            written.append(path)
    for path in written:
        print(path)
