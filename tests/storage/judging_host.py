"""Processes that judge until they are killed: python -m tests.storage.judging_host DATABASE STUDY.

For each line that it reads it starts one, by a fork: importing takes longer than judging. A process
says its number, what it found on disk, and each judgment after the store said that it is saved.
"""

import os
import secrets
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from core.judgment import Outcome
from storage import assignment, judgments, studies
from storage.database import Database
from storage.judgments import Answer

N_ANNOTATORS = 4


def say(*words: str) -> None:
    """One write for each line: lines of several threads do not mix, and none waits in a buffer."""
    os.write(1, (" ".join(words) + "\n").encode())


def judge(path: Path, study_id: str) -> None:
    """What the app does, without its screen, by four people at once."""
    say("process", str(os.getpid()))
    db = Database(path)
    for (presentation_id,) in db.read("SELECT presentation_id FROM judgments"):
        say("found", presentation_id)
    say("ready")
    study = studies.get(db, study_id)

    def answer(annotator: str) -> None:
        while True:
            now, seed = datetime.now(UTC), secrets.randbits(63)
            for shown in assignment.fill(db, study, annotator, wanted=6, now=now, seed=seed):
                judgments.add(db, annotator, Answer(shown.id, Outcome.LEFT, 900), study, now)
                say("saved", shown.id)

    people = [threading.Thread(target=answer, args=[f"a{i}"]) for i in range(N_ANNOTATORS)]
    for person in people:
        person.start()
    for person in people:
        person.join()


def main(path: Path, study_id: str) -> None:
    while sys.stdin.readline():
        process = os.fork()
        if process == 0:
            judge(path, study_id)
        os.waitpid(process, 0)
        say("ended")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
