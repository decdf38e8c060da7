"""A workbench with accounts in which an annotator is signed in, in any language and theme."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from api.identity import COOKIE, serializer
from core.judgment import Outcome
from core.study import Role
from storage import people, studies
from storage.database import Database
from tests.browser.server import Server
from tests.given import answer, next_pair, running_study
from workbench.settings import Settings

NAME, PASSWORD = "Noor", "plum tree under snow"
TIMEOUT_MS = 15_000


@dataclass(frozen=True, slots=True)
class Desk:
    """A running server, and what an annotator needs to be at work there."""

    server: Server
    cookie: str
    study: str
    nothing_left: str

    def address(self, path: str) -> str:
        """An address here; `{study}` and `{nothing_left}` stand for the ids of the two studies."""
        filled = path.format(study=self.study, nothing_left=self.nothing_left)
        return f"{self.server.address}{filled}"


@contextmanager
def desk(data: Path) -> Iterator[Desk]:
    """Start a server with an admin, an annotator, a study with pairs, and one with none left."""
    settings = Settings(data, local=False)
    db = Database(settings.database)
    people.set_up(db, "Ursula", PASSWORD)
    person = people.add(db, NAME, Role.ANNOTATOR, by=None, password=PASSWORD)
    study, done = (running_study(db, sizes=sizes) for sizes in ((4, 4), (2,)))
    for one in (study, done):
        studies.set_member(db, one.id, person.id, member=True, by=None)
    shown = next_pair(db, done, person.id)
    assert shown is not None
    answer(db, done, shown, Outcome.LEFT)
    sign_in = people.sign_in(db, person.id, now=datetime.now(UTC))
    db.close()
    server = Server(data, mode="accounts")
    server.start()
    try:
        cookie = serializer(settings, "sign-in").dumps([person.id, sign_in])
        yield Desk(server, cookie, study.id, done.id)
    finally:
        server.stop()
    server.check_log()


@contextmanager
def tab(
    chromium: Browser,
    at: Desk,
    *,
    language: str = "en",
    theme: Literal["light", "dark"] = "light",
    width: int = 1280,
    signed_in: bool = True,
) -> Iterator[Page]:
    """Open a browser that asks for that language; it fails if a script of a page crashed."""
    problems: list[str] = []
    context = chromium.new_context(
        locale=language, color_scheme=theme, viewport={"width": width, "height": 800}
    )
    context.set_default_timeout(TIMEOUT_MS)
    if signed_in:
        cookie = {"name": COOKIE, "value": at.cookie, "url": at.server.address}
        context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(f"A script crashed: {error}"))
    yield page
    context.close()
    assert not problems
