from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import people
from tests.api.door import PASSWORD, Door, open_door


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A workbench that nobody has set up yet."""
    yield from open_door(tmp_path, monkeypatch, "accounts")


@pytest.fixture
def door(empty: Door) -> Door:
    people.set_up(empty.workbench.db, "Ursula", PASSWORD)
    return empty
