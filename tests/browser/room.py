"""A running server in local mode with studies of every kind, and what it has on disk."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from core.study import Study
from storage import people
from storage.database import Cursor, Database
from tests.browser.screen import open_page
from tests.browser.server import Server
from tests.given import running_study

PAIR = (
    "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('[data-part=pair]'))"
)
PAINTED = f"{PAIR}.some(p => p && !p.hidden && p.dataset.presentation === p.dataset.painted)"
GONE = f"(answered) => {PAIR}.some(p => p && (p.hidden || p.dataset.presentation !== answered))"
ANSWERS = """
SELECT p.presentation_id, p.items, p.shown, p.purpose, p.outcome, p.margin, p.aspects, p.chips,
       p.reason, p.said, p.skip_reason, p.duration_ms
FROM (SELECT *, string_split(set_id, chr(31)) AS items FROM standing_answers) p
WHERE p.study_id = ? ORDER BY p.judged_at
"""
_NAMES = (
    *("id", "items", "shown", "purpose", "outcome", "margin", "aspects", "chips", "reason"),
    *("said", "skipped", "ms"),
)


@dataclass(frozen=True, slots=True)
class Room:
    """The server, and the ids of its studies by name."""

    server: Server
    studies: dict[str, str]

    def open(self, page: Page, name: str) -> None:
        open_page(page, f"{self.server.address}/?study={self.studies[name]}")

    def read(self, sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
        """Read from a copy of the file: the server has it, and nobody else may open it."""
        with tempfile.TemporaryDirectory() as folder:
            for path in self.server.data.glob("discern.duckdb*"):
                shutil.copy(path, folder)
            db = Database(Path(folder) / "discern.duckdb")
            rows = db.read(sql, parameters)
            db.close()
        return rows

    def answers(self, name: str) -> list[dict[str, Any]]:
        """The standing answers to a study, oldest first."""
        rows = self.read(ANSWERS, [self.studies[name]])
        return [dict(zip(_NAMES, row, strict=True)) for row in rows]


def study_of_texts(db: Database, texts: Sequence[str], **given: Any) -> Study:
    """A running study whose items, under one prompt, are these texts."""
    study = running_study(db, sizes=(2,), **given)

    def put(cursor: Cursor) -> None:
        row = [study.id, "q9", "Which says it better?"]
        cursor.execute("INSERT INTO prompts (study_id, prompt_id, text) VALUES (?, ?, ?)", row)
        for number, text in enumerate(texts):
            row = [study.id, f"q9-{number:03}", "q9", text]
            cursor.execute(
                "INSERT INTO items (study_id, item_id, prompt_id, text) VALUES (?, ?, ?, ?)", row
            )
        for first in range(len(texts)):
            for second in range(first + 1, len(texts)):
                ids = [study.id, f"q9-{first:03}", f"q9-{second:03}"]
                cursor.execute(
                    "INSERT INTO pairs (study_id, first_id, second_id) VALUES (?, ?, ?)", ids
                )

    db.write(put)
    return study


def _study(db: Database, name: str, given: dict[str, Any]) -> Study:
    make = study_of_texts if "texts" in given else running_study
    return make(db, name=name, **given)


@contextmanager
def room(
    data: Path,
    studies: dict[str, dict[str, Any]],
    prepare: Callable[[Database, dict[str, str]], None] | None = None,
) -> Iterator[Room]:
    """Start a server with a running study for each of these settings (and texts)."""
    db = Database(data / "discern.duckdb")
    people.ensure_local(db)
    ids = {name: _study(db, name, given).id for name, given in studies.items()}
    if prepare is not None:
        prepare(db, ids)
    db.close()
    server = Server(data)
    server.start()
    try:
        yield Room(server, ids)
    finally:
        server.stop()
    server.check_log()


def shown(page: Page) -> str:
    """The presentation on the screen, once it was painted and takes answers."""
    page.wait_for_function(PAINTED)
    return page.locator("[data-part=pair]").get_attribute("data-presentation") or ""


def gone(page: Page, presentation: str) -> None:
    """Wait until another one, or none, is on the screen."""
    page.wait_for_function(GONE, arg=presentation)


def all_saved(page: Page) -> None:
    expect(page.locator("[data-part=saved]")).to_have_text("All answers saved")


def press(page: Page, key: str) -> str:
    """Answer what is on the screen; return its presentation."""
    presentation = shown(page)
    page.keyboard.press(key)
    gone(page, presentation)
    return presentation
