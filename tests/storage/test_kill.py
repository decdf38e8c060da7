"""What is said to be saved survives `kill -9`."""

import multiprocessing
import os
import random
import secrets
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from core.judgment import Outcome
from storage import assignment, judgments, studies
from storage.database import Database
from storage.judgments import Answer
from tests.given import running_study

N_KILLS = 200
N_ANNOTATORS = 4


def judge_until_killed(path: Path, study_id: str, pipe: Connection) -> None:
    """What the app does, without its screen: report what is on disk, then judge and acknowledge."""
    db = Database(path)
    pipe.send([i for (i,) in db.read("SELECT presentation_id FROM judgments")])
    study = studies.get(db, study_id)
    speaking = threading.Lock()

    def judge(annotator: str) -> None:
        while True:
            now = datetime.now(UTC)
            seed = secrets.randbits(63)
            for shown in assignment.fill(db, study, annotator, wanted=6, now=now, seed=seed):
                judgments.add(db, annotator, Answer(shown.id, Outcome.LEFT, 900), study, now)
                with speaking:
                    pipe.send(shown.id)

    people = [threading.Thread(target=judge, args=[f"a{number}"]) for number in range(N_ANNOTATORS)]
    for person in people:
        person.start()
    for person in people:
        person.join()


def test_no_saved_judgment_is_lost_by_killing_the_process(tmp_path: Path) -> None:
    """Two hundred times in a row the process is killed while four people answer."""
    path = tmp_path / "test.duckdb"
    db = Database(path)
    study = running_study(db, sizes=(400,), overlap=1)
    db.close()
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.storage.test_kill"])
    lot = random.Random(0)
    saved: set[str] = set()
    for _ in range(N_KILLS):
        ours, theirs = processes.Pipe(duplex=False)
        process = processes.Process(target=judge_until_killed, args=[path, study.id, theirs])
        process.start()
        theirs.close()
        on_disk = set(ours.recv())
        assert saved <= on_disk, f"lost: {saved - on_disk}"
        for _ in range(lot.randint(1, 40)):
            saved.add(ours.recv())
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        with suppress(EOFError, OSError):  # read on what was sent before the kill
            while True:
                saved.add(ours.recv())
        ours.close()
    db = Database(path)
    on_disk = {i for (i,) in db.read("SELECT presentation_id FROM judgments")}
    assert saved <= on_disk
    assert len(saved) > N_KILLS
    db.close()
