"""How long the page Value graph takes at 500 cards and 5,000 edges, and what it sends.

Run: .venv/bin/python -m tests.bench.value_page
"""

import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from core.study import Study
from storage import people
from storage.database import Cursor
from tests.values_study import CONTEXTS, put_card, values_study
from trainer.launch import RunStatus
from ui.values import graph_chart, graph_filter, graph_tables, graph_view
from workbench import value_estimates, values
from workbench.opening import Workbench, close_workbench, open_workbench

N_CARDS, N_EDGES, N_PEOPLE, N_VOTES = 500, 5_000, 1_000, 20_000
PAGE = Path(__file__).resolve().parents[2] / "pages/graph.py"


def fill(workbench: Workbench) -> Study:
    """Votes on edges drawn by lot, of people with tendencies of their own."""
    rng = np.random.default_rng(0)
    study = values_study(workbench.db, 0, contexts=CONTEXTS)
    for number in range(N_CARDS):
        put_card(workbench.db, study, f"c{number:03}", f"p{number}", number)
    one, other = np.triu_indices(N_CARDS, 1)
    chosen = rng.choice(len(one), N_EDGES, replace=False)
    worth, tendency = rng.normal(0, 0.6, N_CARDS), rng.normal(0.9, 0.8, N_PEOPLE)
    now = datetime.now(UTC)
    asked: list[list[Any]] = []
    voted: list[list[Any]] = []
    for number in range(N_VOTES):
        pair, person = chosen[number % N_EDGES], int(rng.integers(N_PEOPLE))
        first, second = f"c{one[pair]:03}", f"c{other[pair]:03}"
        sign = 1 if rng.random() < 0.5 else -1
        odds = tendency[person] + sign * (worth[one[pair]] - worth[other[pair]])
        yes = rng.random() < 1 / (1 + np.exp(-odds))
        head = first if sign > 0 else second
        answer = "first_wiser" if (sign > 0) == yes else "second_wiser"
        left = first if rng.random() < 0.5 else second
        context = CONTEXTS[number % 2].id
        asked.append(
            [f"q{number}", study.id, f"v{person}", context, first, second, head, left, None,
             "none", "judge", "random", 0.01, 0.25, False, now]
        )  # fmt: skip
        voted.append([f"q{number}", answer, None, None, None, 1000, now])

    def put(cursor: Cursor) -> None:
        for table, rows in (("edge_questions", asked), ("edge_votes", voted)):
            places = ", ".join("?" * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - two names above

    workbench.db.write(put)
    return study


def timed(what: str, work: Any) -> Any:
    start = time.perf_counter()
    found = work()
    print(f"{what}: {time.perf_counter() - start:.2f} s")
    return found


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    os.environ |= {"DISCERN_DATA": str(folder), "DISCERN_MODE": "local"}
    workbench = open_workbench()
    people.ensure_local(workbench.db)
    study = timed("filling", lambda: fill(workbench))
    trainer = value_estimates.trainer_of(workbench)
    directory = value_estimates.start(workbench, study.id)
    status = timed("estimate in its process", lambda: trainer.wait(directory))
    assert status is RunStatus.DONE, (directory / "log.txt").read_text()
    found = timed("reading the estimate", lambda: value_estimates.newest(workbench, study.id))
    assert found is not None
    print(found.figures["seconds"])
    known = timed("cards and groups", lambda: values.material(workbench.db, study.id))
    whole = graph_filter.everything(found.graph)
    drawn = graph_filter.thin(whole)
    drawing = timed("drawing", lambda: graph_view.draw(found, known, drawn))
    figure = timed("figure", lambda: graph_chart.graph(drawing))
    text = timed("as JSON", lambda: json.dumps(figure.to_plotly_json(), default=np.ndarray.tolist))
    print(f"{len(drawn.edges):,} of {len(whole.edges):,} edges drawn, {len(text):,} bytes")
    timed("tables", lambda: graph_tables.edges(found, known, whole))
    timed("next question", lambda: values.next_question(
        workbench, study, "new", datetime.now(UTC), seed=1))  # fmt: skip
    timed("next question again", lambda: values.next_question(
        workbench, study, "newer", datetime.now(UTC), seed=1))  # fmt: skip
    for name in ("the page, first time", "the page again"):
        at = AppTest.from_file(PAGE, default_timeout=120)
        at.user = {"person": "local", "sign_in": "local"}
        at.query_params["study"] = study.id
        timed(name, at.run)
        assert not at.exception
    close_workbench(workbench)


if __name__ == "__main__":
    main()
