"""What differs between installations: read from the environment, once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import DiscernError

KNOWN = {"DISCERN_DATA", "DISCERN_MODE"}
MODES = ("accounts", "local")


class InvalidEnvironmentError(DiscernError):
    """An environment variable of ours is unknown or malformed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the data live and who may come in.

    Attributes
    ----------
    data : Path
        Folder of the database, the run directories and the cookie secret.
    local : bool
        One person, all roles, no signing in, loopback only. Only `DISCERN_MODE=local` switches it
        on, which `make run` sets; nothing that is missing ever does.
    """

    data: Path
    local: bool

    @property
    def database(self) -> Path:
        return self.data / "discern.duckdb"

    @property
    def runs(self) -> Path:
        return self.data / "runs"

    @property
    def secret(self) -> Path:
        return self.data / "cookie-secret"


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read `DISCERN_DATA` (a folder, default `data`) and `DISCERN_MODE` (accounts or local)."""
    unknown = {name for name in environment if name.startswith("DISCERN_")} - KNOWN
    if unknown:
        raise InvalidEnvironmentError(
            f"Unknown environment variable {', '.join(sorted(unknown))}; "
            f"known are {', '.join(sorted(KNOWN))}."
        )
    mode = environment.get("DISCERN_MODE", "accounts")
    if mode not in MODES:
        raise InvalidEnvironmentError(
            f"DISCERN_MODE is {mode!r}; it must be one of {', '.join(MODES)}."
        )
    return Settings(Path(environment.get("DISCERN_DATA") or "data").resolve(), mode == "local")
