"""Every command of the product: python -m cli --help."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import values
from cli.opening import opened
from core.errors import DiscernError
from core.importing import Kind
from core.study import StudySettings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Discern: find out what people prefer, and how sure one can be of it. "
    "The data folder is DISCERN_DATA (default: data).",
)

app.add_typer(values.app, name="values")

#: Left as it is where the given data do not say otherwise.
QUESTION = "Which is better?"

Study = Annotated[str, typer.Option("--study", help="Name or id of the study.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="OURS=THEIRS",
        help="Take a column of the file for one of ours, e.g. item_id=arg_id; repeat as needed.",
    ),
]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
Data = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, readable=True)]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
) -> None:
    """Start the workbench for browsers."""
    from cli import serving

    serving.serve(host, port)


@app.command("import")
def import_file(
    kind: Annotated[Kind, typer.Argument(help="What the rows are.")],
    file: File,
    *,
    study: Study,
    create: Annotated[bool, typer.Option("--create", help="Create the study if need be.")] = False,
    question: Annotated[str, typer.Option(help="What a created study asks.")] = QUESTION,
    column: Columns = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, change nothing.")] = False,
    problems: Annotated[
        Path | None, typer.Option(help="Write the problems found to this CSV file.")
    ] = None,
) -> None:
    """Import a file, all of it or nothing."""
    from cli import importing

    [source] = importing.read_sources({kind: file}, column)
    with opened(create=create) as workbench:
        importing.import_file(
            workbench.db,
            source,
            study,
            question=question if create else None,
            dry=dry_run,
            report=problems,
        )


@app.command()
def export(
    study: Study,
    to: Annotated[Path, typer.Option(help="Folder to write into.")],
    name: Annotated[str, typer.Argument(help="Such as judgments.csv; everything by default.")] = (
        "study.zip"
    ),
) -> None:
    """Write what a study holds, or what its newest fit says, to a file."""
    from cli.studies import find_study
    from workbench.model_files import write_named

    with opened() as workbench:
        found = find_study(workbench.db, study)
        to.mkdir(parents=True, exist_ok=True)
        file = write_named(workbench, found.id, name, to)
    print(f"{file.path}: {file.n_rows:,} rows, sha256 {file.sha256}")


@app.command()
def fit(study: Study) -> None:
    """Fit both models to a study."""
    from cli import fits
    from cli.studies import find_study

    with opened() as workbench:
        fits.fit(workbench, find_study(workbench.db, study))


@app.command()
def report(study: Study) -> None:
    """Print the figures of the newest fit."""
    from cli import fits
    from cli.studies import find_study

    with opened() as workbench:
        fits.report(workbench, find_study(workbench.db, study))


@app.command("study-from-files")
def study_from_files(
    *,
    name: Annotated[str, typer.Option(help="Name of the study to create.")],
    items: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)],
    judgments: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)],
    pairs: Data = None,
    question: Annotated[str, typer.Option(help="What the study asks.")] = QUESTION,
    column: Columns = None,
) -> None:
    """Import, fit and report in one go."""
    from cli import fits, importing

    files = {Kind.ITEMS: items, Kind.PAIRS: pairs, Kind.JUDGMENTS: judgments}
    there = {kind: file for kind, file in files.items() if file is not None}
    sources = importing.read_sources(there, column)
    with opened(create=True) as workbench:
        study = importing.create_study(workbench.db, StudySettings(name, question), sources)
        fits.fit(workbench, study)
        fits.report(workbench, study)


@app.command()
def backup(directory: Annotated[Path, typer.Argument(file_okay=False)]) -> None:
    """Copy database and fits into a new folder."""
    from cli import upkeep

    with opened() as workbench:
        upkeep.backup(workbench, directory)


@app.command()
def doctor() -> None:
    """Check this installation."""
    from cli import upkeep

    if not upkeep.examine():
        raise typer.Exit(1)


def main() -> int:
    """Run a command; what a person can do something about is one sentence, not a traceback."""
    try:
        app(prog_name="python -m cli")
    except DiscernError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
