"""Run a command in a process of its own, as a person does."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str


def environment(data: Path, mode: str = "accounts") -> dict[str, str]:
    return os.environ | {"DISCERN_DATA": str(data), "DISCERN_MODE": mode}


def run(data: Path, *arguments: str | Path) -> Done:
    """What came of `python -m cli`; a traceback is never an answer."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *map(str, arguments)],
        env=environment(data), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)
