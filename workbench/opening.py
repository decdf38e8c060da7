"""One open workbench for each data folder of this process."""

import threading
from dataclasses import dataclass
from pathlib import Path

from storage.database import Database
from trainer.launch import Trainer
from workbench.settings import Settings, from_environment

_opened: dict[Path, "Workbench"] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Workbench:
    """The store and the trainer of one installation."""

    settings: Settings
    db: Database
    trainer: Trainer


def open_workbench(settings: Settings | None = None) -> Workbench:
    """Return the workbench of these settings, or the environment's; the first call opens it.

    Pages, routes and background work of one process share it, since DuckDB lets one process open a
    file once.
    """
    settings = settings or from_environment()
    with _lock:
        if settings.data not in _opened:
            _opened[settings.data] = Workbench(
                settings, Database(settings.database), Trainer(settings.runs)
            )
        return _opened[settings.data]


def close_workbench(workbench: Workbench) -> None:
    """Commit what is queued and let go of the file."""
    with _lock:
        _opened.pop(workbench.settings.data, None)
    workbench.db.close()
