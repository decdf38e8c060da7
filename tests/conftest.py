import os
import shutil
import sys

os.environ["OMP_NUM_THREADS"] = "1"  # read when numpy and torch are imported

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from storage.database import Database
from workbench import opening

# The first call of a large library takes seconds, and a database file belongs to a whole test.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("repeatable")


def pytest_collection_finish() -> None:
    """Streamlit reads what every installed package says of itself, once for each `AppTest`.

    That takes longer than most pages, and packages do not change while tests run.
    """
    if "streamlit.testing" in sys.modules:
        from streamlit.components.v2 import manifest_scanner

        found = cache(manifest_scanner.scan_component_manifests)
        pytest.MonkeyPatch().setattr(manifest_scanner, "scan_component_manifests", found)


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """AppTest leaves its page as the main module, and multiprocessing would run that again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database without a row, to be copied: a third of the time of making one."""
    path = tmp_path_factory.mktemp("empty") / "discern.duckdb"
    Database(path).close()
    return path


@pytest.fixture
def db(tmp_path: Path, empty_file: Path) -> Iterator[Database]:
    """An empty database in a file of its own."""
    database = Database(Path(shutil.copy(empty_file, tmp_path)))
    yield database
    database.close()


@pytest.fixture
def data_folder(
    tmp_path: Path, empty_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Where `open_workbench` puts its data; what is opened there is closed after the test."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(empty_file, folder)
    monkeypatch.setenv("DISCERN_DATA", str(folder))
    monkeypatch.setenv("DISCERN_MODE", "accounts")
    yield folder
    workbench = opening._opened.get(folder.resolve())
    if workbench is not None:
        for directory in workbench.trainer.directories():
            workbench.trainer.stop(directory)
        opening.close_workbench(workbench)
