"""Back up, and find out what is wrong with an installation."""

import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import DiscernError
from storage import studies
from storage.backups import write_backup
from storage.database import Database
from trainer.run_directory import REPORT
from workbench.opening import Workbench
from workbench.settings import Settings, from_environment

TORCH = (
    "import torch; print(torch.__version__, 'with', 'CUDA' if torch.cuda.is_available() else 'CPU')"
)
TORCH_S = 120


class BackupThereError(DiscernError):
    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} is not empty. Choose a folder that is not there yet.")


def backup(workbench: Workbench, directory: Path) -> None:
    """Copy the database and the finished fits; not the cookie secret, which stays here."""
    if directory.exists() and any(directory.iterdir()):
        raise BackupThereError(directory)
    directory.mkdir(parents=True, exist_ok=True)
    copied = Settings(directory, workbench.settings.local)
    write_backup(workbench.db, copied.database)
    done = [d for d in workbench.trainer.directories() if (d / REPORT).exists()]
    for run in done:
        shutil.copytree(run, copied.runs / run.name)
    print(f"Backed up the database and {len(done)} fits. To use it: DISCERN_DATA={directory}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `advice` is what to do if it is wrong."""

    what: str
    found: str
    advice: str = ""


def examine() -> bool:
    """Print what was found; return whether all is well."""
    settings = from_environment()
    checks: list[Callable[[Settings], Finding]] = [_python, _data, _database, _secret, _torch]
    findings = [check(settings) for check in checks]
    for finding in findings:
        print(f"{'wrong' if finding.advice else 'ok':6}{finding.what}: {finding.found}")
        if finding.advice:
            print(f"      {finding.advice}")
    return not any(finding.advice for finding in findings)


def _python(_: Settings) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", found, "" if sys.version_info >= (3, 11) else "Use Python 3.11.")


def _data(settings: Settings) -> Finding:
    if not settings.data.exists():
        return Finding("data folder", f"{settings.data} will be made at the first start")
    free = shutil.disk_usage(settings.data).free / 2**30
    advice = "" if free > 1 else "Less than 1 GiB is free; make room before judgments are lost."
    return Finding("data folder", f"{settings.data}, {free:.0f} GiB free", advice)


def _database(settings: Settings) -> Finding:
    if not settings.database.exists():
        return Finding("database", "will be made at the first start")
    try:
        db = Database(settings.database)
    except DiscernError as error:
        return Finding("database", "cannot be opened", str(error))
    held = studies.counts(db)
    n_judgments = sum(of_study.judgments for of_study in held.values())
    db.close()
    return Finding(
        "database", f"{len(held):,} studies, {n_judgments:,} judgments; schema up to date"
    )


def _secret(settings: Settings) -> Finding:
    if not settings.secret.exists():
        return Finding("cookie secret", "will be made at the first start")
    mode = stat.S_IMODE(settings.secret.stat().st_mode)
    advice = f"Others can read it. Run: chmod 600 {settings.secret}" if mode & 0o077 else ""
    return Finding("cookie secret", f"mode {mode:o}", advice)


def _torch(_: Settings) -> Finding:
    """In a process of its own, as the trainer has it."""
    done = subprocess.run(
        [sys.executable, "-c", TORCH], capture_output=True, text=True, timeout=TORCH_S, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Finding("trainer", last, "Install again: pip install -r requirements.txt")
    return Finding("trainer", f"torch {done.stdout.strip()}")
