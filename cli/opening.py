"""The workbench of this environment, for one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import DiscernError

if TYPE_CHECKING:
    from workbench.opening import Workbench


class NoDataError(DiscernError):
    """A command needs data where none are."""

    def __init__(self, database: object) -> None:
        super().__init__(
            f"There is no database {database}. Set DISCERN_DATA to your data folder, or create a "
            "study first: python -m cli import items FILE --study NAME --create"
        )


@contextmanager
def opened(*, create: bool = False) -> Iterator["Workbench"]:
    """Open the workbench, and let go of its database whatever happens."""
    from workbench.opening import close_workbench, open_workbench
    from workbench.settings import from_environment

    settings = from_environment()
    if not create and not settings.database.exists():
        raise NoDataError(settings.database)
    workbench = open_workbench(settings)
    try:
        yield workbench
    finally:
        close_workbench(workbench)
