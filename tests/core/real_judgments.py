"""The judgments "convincing arguments", where they lie beside the project."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core.judgment import Comparisons, ItemOutcome
from tests.strategies import index_judgments

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "convincing-arguments"


def read() -> Comparisons:
    """84,445 judgments of 1,052 arguments under 32 topics by 3,815 people."""
    columns = ["topic", "arg1", "arg2", "label", "worker"]
    rows = pq.read_table(FOLDER / "judgments.parquet", columns=columns).to_pylist()
    topics = {f"{row['topic']}|{row[arg]}": row["topic"] for row in rows for arg in columns[1:3]}
    items = sorted(topics)
    judged = [
        (
            f"{row['topic']}|{row['arg1']}",
            f"{row['topic']}|{row['arg2']}",
            ItemOutcome(row["label"]),
            row["worker"],
        )
        for row in rows
    ]
    return index_judgments(items, [topics[item] for item in items], judged)


needed = pytest.mark.skipif(not FOLDER.exists(), reason="needs ../shared/data/convincing-arguments")
