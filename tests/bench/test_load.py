from pathlib import Path

import pytest

from storage.database import Database
from tests.bench import load
from tests.bench.annotators import PAIR_VIEW, prepare
from tests.browser.server import Server


def test_what_simulated_annotators_answer_is_in_the_database(tmp_path: Path) -> None:
    cookies = prepare(tmp_path / "data", n_annotators=2, n_copies=1)
    server = Server(tmp_path / "data", mode="accounts")
    server.start()
    try:
        sessions = load.run(server.address, load.Plan(PAIR_VIEW, cookies, n_answers=4))
    finally:
        server.stop()
    server.check_log()
    assert [session.errors for session in sessions] == [[], []]
    assert [len(session.answer_ms) for session in sessions] == [4, 4]
    db = Database(tmp_path / "data" / "discern.duckdb")
    counts = db.read(
        """
        SELECT annotator_id, count(*) FROM standing_judgments
        WHERE outcome IN ('first', 'second') GROUP BY annotator_id
        """
    )
    db.close()
    assert [n for _, n in counts] == [4, 4]


def test_only_this_machine_is_put_under_load() -> None:
    with pytest.raises(ValueError, match="Only this machine"):
        load.run("http://workbench.example:8501", load.Plan(PAIR_VIEW, [""], 1))
