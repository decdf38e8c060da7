"""Value graphs from the command line: a file of MGE in, the same file out."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from storage.database import Database
from tests.cli.running import run
from tests.values_study import values_study
from tests.workbench.test_values import JUDGED, MGE


def test_a_graph_goes_in_and_comes_out_letter_by_letter(tmp_path: Path) -> None:
    data = tmp_path / "data"
    db = Database(data / "discern.duckdb")
    values_study(db, 0)
    db.close()
    file = tmp_path / "graph.json"
    file.write_text(json.dumps(MGE, indent=3))
    done = run(data, "values", "import", file, "--study", "Care")
    assert (done.code, done.out) == (0, "2 values imported; the file has 1 edges.\n")
    refused = run(data, "values", "estimate", "--study", "Care")
    assert (refused.code, refused.err) == (1, "Nobody has voted yet. Ask some people first.\n")
    rows = tmp_path / "edge.json"
    rows.write_text(json.dumps(JUDGED))
    done = run(
        data, "values", "import", file, "--study", "Care",
        "--judgements", rows, "--before", "2023-10-18",
    )  # fmt: skip
    told = "2 values imported; the file has 1 edges. 8 judgements became votes.\n"
    assert (done.code, done.out) == (0, told)
    assert run(data, "values", "export", "--study", "Care", "--to", tmp_path / "out").code == 0
    [back] = (tmp_path / "out").glob("imported-*.json")
    assert back.read_text() == file.read_text()
    votes = pq.read_table(tmp_path / "out" / "edge_votes.parquet").to_pylist()
    assert len(votes) == 8
    assert {vote["policy"] for vote in votes} == {"import"}
