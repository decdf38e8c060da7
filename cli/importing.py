"""Import files: say what a file holds, then import it or say what is wrong."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.studies import find_study, is_taken
from core.errors import DiscernError
from core.importing import COLUMNS, Kind, Problems, problems_csv
from core.study import Study, StudySettings
from storage import imports, studies
from storage.database import Database
from storage.import_files import FileContent, read_file
from storage.imports import DryRun, ImportRefusedError

PROBLEMS_PRINTED = 20


class InvalidColumnOptionError(DiscernError):
    """A --column option is malformed, or fits no file."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read, what its rows are, and which of its columns were told."""

    kind: Kind
    content: FileContent
    told: Mapping[str, str]


def read_sources(files: Mapping[Kind, Path], options: Sequence[str] | None) -> list[Source]:
    """Read files; each takes the OURS=THEIRS options that its kind and its columns know."""
    sources = []
    unused = dict(_parse(option) for option in options or ())
    told = dict(unused)
    for kind, path in files.items():
        with path.open("rb") as file:
            content = read_file(file, path.name)
        ours = {column.name for column in COLUMNS[kind]}
        fitting = {o: t for o, t in told.items() if o in ours and t in content.columns}
        unused = {o: t for o, t in unused.items() if o not in fitting}
        sources.append(Source(kind, content, fitting))
    if unused:
        there = "; ".join(f"{s.content.name} has {', '.join(s.content.columns)}" for s in sources)
        wrong = ", ".join(f"--column {ours}={theirs}" for ours, theirs in unused.items())
        raise InvalidColumnOptionError(f"No file takes {wrong}: {there}.")
    return sources


def _parse(option: str) -> tuple[str, str]:
    ours, _, theirs = option.partition("=")
    known = {column.name for kind in Kind for column in COLUMNS[kind]}
    if ours not in known or not theirs:
        raise InvalidColumnOptionError(
            f"--column {option} is not of the form OURS=THEIRS, such as item_id=arg_id. "
            f"Ours are {', '.join(sorted(known))}."
        )
    return ours, theirs


def import_file(
    db: Database,
    source: Source,
    typed: str,
    *,
    question: str | None,
    dry: bool,
    report: Path | None,
) -> None:
    """Import one file; a study that is not there is created if `question` says what it asks."""
    if question is not None and not is_taken(db, typed):
        settings = StudySettings(typed, question)
        rehearse(settings, [source], report)
        if dry:
            return
        created = studies.create(db, settings, by=None)
        _take(db, created, _look(db, created, source))
        return
    study = find_study(db, typed)
    run = _look(db, study, source)
    _describe(run, report)
    if not dry:
        _take(db, study, run)


def create_study(db: Database, settings: StudySettings, sources: Sequence[Source]) -> Study:
    """Create a study from files, if all of them are as they should be."""
    rehearse(settings, sources, None)
    study = studies.create(db, settings, by=None)
    for source in sources:
        _take(db, study, _look(db, study, source))
    return study


def rehearse(settings: StudySettings, sources: Sequence[Source], report: Path | None) -> None:
    """Import into a database that is thrown away, so that a failure leaves no half of a study."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(Path(folder) / "rehearsal.duckdb")
        try:
            study = studies.create(db, settings, by=None)
            for source in sources:
                run = _look(db, study, source)
                _describe(run, report)
                if source is not sources[-1]:
                    imports.commit(db, run, by=None)
        finally:
            db.close()


def _look(db: Database, study: Study, source: Source) -> DryRun:
    return imports.dry_run(db, study.id, source.kind, source.content, source.told)


def _take(db: Database, study: Study, run: DryRun) -> None:
    start = time.perf_counter()
    receipt = imports.commit(db, run, by=None)
    seconds = time.perf_counter() - start
    print(
        f"Imported {receipt.n_rows:,} rows of {run.kind} into {study.settings.name!r} "
        f"({study.id}) in {seconds:.1f} s."
    )


def _describe(run: DryRun, report: Path | None) -> None:
    """Print what a file holds; raise ImportRefusedError if anything is wrong with it."""
    print(f"{run.file_name}: " + ", ".join(f"{what} {n:,}" for what, n in run.counts.items()))
    print("  taken: " + ", ".join(f"{ours} from {t}" for ours, t in run.columns.taken.items()))
    if run.media:
        print(f"  pictures and sounds with it: {len(run.media):,}")
    if run.columns.not_imported:
        print("  not imported: " + ", ".join(run.columns.not_imported))
    if run.outcomes:
        print("  answers: " + ", ".join(f"{what} {n:,}" for what, n in run.outcomes.items()))
    if run.problems.counts:
        _print_problems(run.problems)
        if report is not None:
            report.write_text(problems_csv(run.problems), newline="")
            print(f"  The first {len(run.problems.shown):,} problems are in {report}.")
        raise ImportRefusedError(run.file_name, run.problems)


def _print_problems(problems: Problems) -> None:
    for rule, n in problems.counts.most_common():
        print(f"  {n:,} × {rule}")
    for problem in problems.shown[:PROBLEMS_PRINTED]:
        place = f"{problem.file}:{problem.line}: {problem.column or '(row)'}"
        print(f"  {place}: {problem.rule} Found: {problem.value!r}")
    left = problems.total() - min(len(problems.shown), PROBLEMS_PRINTED)
    if left:
        print(f"  … and {left:,} more")
