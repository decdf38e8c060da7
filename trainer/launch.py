"""Start fits in the background and tell how they stand, from a process that never imports torch."""

import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import psutil

from trainer.run_directory import (
    FAILURE,
    LOG,
    PROCESS,
    PROGRESS,
    REPORT,
    REQUEST,
    Progress,
    read_json,
    write_json,
)

ROOT = Path(__file__).resolve().parents[1]


class RunStatus(StrEnum):
    """Where a fit stands. Always derived from files and processes, never stored."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Trainer:
    """The fits below one folder, and the processes that work on them."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._processes: dict[Path, subprocess.Popen[bytes]] = {}

    def directories(self) -> list[Path]:
        """Run directories with a request in them, oldest first."""
        return sorted(path.parent for path in self.runs.glob(f"*/{REQUEST}"))

    def start(self, directory: Path) -> None:
        """Run `python -m trainer` on a directory that holds a request, the first time or again."""
        for left_over in (FAILURE, PROGRESS):
            (directory / left_over).unlink(missing_ok=True)
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        with (directory / LOG).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "trainer", str(directory)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=environment,
                start_new_session=True,  # Ctrl+C in the app's terminal does not end a fit
            )
        write_json(directory / PROCESS, _identity(process.pid))
        self._processes[directory] = process

    def status(self, directory: Path) -> RunStatus:
        """Tell how a fit stands, also one that another run of the app has started."""
        if (directory / REPORT).exists():
            return RunStatus.DONE
        if self._alive(directory):
            return RunStatus.RUNNING
        if (directory / REPORT).exists():  # it ended between the two looks
            return RunStatus.DONE
        if (directory / FAILURE).exists():
            return RunStatus.FAILED
        return RunStatus.INTERRUPTED if (directory / PROCESS).exists() else RunStatus.WAITING

    def progress(self, directory: Path) -> Progress | None:
        content = read_json(directory / PROGRESS)
        return Progress(**content) if content else None

    def wait(self, directory: Path) -> RunStatus:
        """Block until the fit has ended. For tests and commands; pages ask for the status."""
        self._processes[directory].wait()
        return self.status(directory)

    def stop(self, directory: Path) -> None:
        """End a running fit; it then counts as interrupted and can be started again."""
        known = read_json(directory / PROCESS)
        if known is None or not self._alive(directory):
            return
        psutil.Process(known["pid"]).kill()
        if directory in self._processes:
            self._processes[directory].wait()

    def _alive(self, directory: Path) -> bool:
        process = self._processes.get(directory)
        if process is not None:
            return process.poll() is None
        known = read_json(directory / PROCESS)
        return known is not None and known["started"] > 0 and _identity(known["pid"]) == known


def _identity(pid: int) -> dict[str, float]:
    """A process id is used again; with the time of its start it is unique."""
    try:
        return {"pid": pid, "started": psutil.Process(pid).create_time()}
    except psutil.NoSuchProcess:
        return {"pid": pid, "started": 0.0}
