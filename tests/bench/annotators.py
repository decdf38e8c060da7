"""Simulated annotators of the compare page, and a study for them that does not run out."""

import random
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path

from api.identity import COOKIE, serializer
from core.study import Item, Role, State, StudySettings
from storage import demonstration, people, studies
from storage.database import Cursor, Database
from tests.bench.load import Data, Player
from tests.given import INSERT_ITEM
from workbench.settings import Settings

SETTINGS = StudySettings("Load", "Which answer is better?", overlap=5, fit_every=10**6)
PASSWORD = "nobody signs in with this one"


def prepare(data: Path, n_annotators: int, *, n_copies: int = 20) -> list[str]:
    """Make a running study from copies of the demonstration; return a cookie for each annotator."""
    settings = Settings(data, local=False)
    db = Database(settings.database)
    study = studies.create(db, SETTINGS, by=None)
    db.write(lambda cursor: _fill(cursor, study.id, n_copies))
    studies.set_state(db, study.id, State.RUNNING, by=None)
    cookies = []
    for number in range(n_annotators):
        person, cookie = signed_in(settings, db, f"Annotator {number}", Role.ANNOTATOR)
        studies.set_member(db, study.id, person, member=True, by=None)
        cookies.append(cookie)
    db.close()
    return cookies


def signed_in(settings: Settings, db: Database, name: str, role: Role) -> tuple[str, str]:
    """The id of a new person, and the cookie that says who they are."""
    person = people.add(db, name, role, by=None, password=PASSWORD)
    sign_in = people.sign_in(db, person.id, now=datetime.now(UTC))
    return person.id, f"{COOKIE}={serializer(settings, 'sign-in').dumps([person.id, sign_in])}"


def _fill(cursor: Cursor, study_id: str, n_copies: int) -> None:
    texts = demonstration.prompts_and_items()
    for copy in range(n_copies):
        for prompt_id, text, items in texts:
            prompt = f"{prompt_id} {copy}"
            cursor.execute(
                "INSERT INTO prompts (study_id, prompt_id, text) VALUES (?, ?, ?)",
                [study_id, prompt, text],
            )
            for item in items:
                _insert(cursor, study_id, Item(f"{item.id} {copy}", prompt, item.text))


def _insert(cursor: Cursor, study_id: str, item: Item) -> None:
    row = [study_id, item.id, item.prompt_id, item.text]
    cursor.execute(INSERT_ITEM, row)


def _answer(data: Data, rng: random.Random) -> Data | None:
    """Left or right for the first pair in the queue, as the pair view sends it."""
    if not data["queue"]:
        return None
    event = {
        "event": str(uuid.UUID(int=rng.getrandbits(128))),
        "kind": "answer",
        "presentation": data["queue"][0]["id"],
        "outcome": rng.choice(["left", "right"]),
        "skip_reason": None,
        "duration_ms": 1000,
    }
    return {"pending": {"sent": 0, "events": [event]}}


def _taken(data: Data, state: Data) -> bool:
    """The store named the event; an empty sentence means that it has it."""
    [event] = state["pending"]["events"]
    return bool(data["results"].get(event["event"]) == "")


#: The view that takes answers; the one beside it only brings its source.
VIEW = re.compile(r"judging(?!_source)")
PAIR_VIEW = Player(VIEW, _answer, _taken)
