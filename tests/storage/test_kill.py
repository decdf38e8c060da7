"""What is said to be saved survives `kill -9`."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from storage.database import Database
from tests.given import running_study

N_KILLS = 200
ROOT = Path(__file__).resolve().parents[2]


def until(lines: Iterator[str], word: str) -> list[tuple[str, str]]:
    """Read lines as (kind, what) up to the one of that kind."""
    read = []
    for line in lines:
        kind, _, what = line.strip().partition(" ")
        read.append((kind, what))
        if kind == word:
            break
    return read


def kill_one(host: "subprocess.Popen[str]", n_judgments: int) -> tuple[set[str], set[str]]:
    """Start a process, kill it after so many judgments; return what it found and what it saved."""
    assert host.stdin is not None
    assert host.stdout is not None
    host.stdin.write("one more\n")
    host.stdin.flush()
    said = until(host.stdout, "ready")
    process = int(said[0][1])
    found = {what for kind, what in said if kind == "found"}
    saved = {until(host.stdout, "saved")[-1][1] for _ in range(n_judgments)}
    os.kill(process, signal.SIGKILL)
    rest = until(host.stdout, "ended")  # what it had said before the kill
    return found, saved | {what for kind, what in rest if kind == "saved"}


def test_no_saved_judgment_is_lost_by_killing_the_process(tmp_path: Path) -> None:
    """Two hundred times in a row the process is killed while four people answer.

    Who says "saved" too early loses something by most kills. If only one kill in 67 did, 200 of
    them would show it with a probability of 95 %.
    """
    path = tmp_path / "test.duckdb"
    db = Database(path)
    study = running_study(db, sizes=(100,), overlap=1)
    db.close()
    lot = random.Random(0)
    saved: set[str] = set()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.judging_host", str(path), study.id],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as host:  # fmt: skip
        for _ in range(N_KILLS):
            found, more = kill_one(host, lot.randint(1, 15))
            assert saved <= found, f"lost: {saved - found}"
            saved |= more
        assert host.stdin is not None
        host.stdin.close()
    db = Database(path)
    on_disk = {i for (i,) in db.read("SELECT presentation_id FROM judgments")}
    db.close()
    assert saved <= on_disk
    assert len(saved) > N_KILLS
