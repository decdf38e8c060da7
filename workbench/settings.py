"""What differs between installations: read from the environment, once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import DiscernError

KNOWN = {"DISCERN_DATA", "DISCERN_MODE", "DISCERN_MODEL_KEY", "DISCERN_MODEL_URL"}
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
    model_url, model_key : str
        Address of a language model and the key that it needs. The key is sent to this address
        only, whatever address a study names.
    """

    data: Path
    local: bool
    model_url: str = ""
    model_key: str = field(default="", repr=False)

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
    """Read the variables of ours: all may be missing.

    `DISCERN_DATA` is a folder, by default `data`; `DISCERN_MODE` is accounts or local;
    `DISCERN_MODEL_KEY` is sent to the language model at `DISCERN_MODEL_URL`, such as
    https://models.example/v1.
    """
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
    url, key = (environment.get(f"DISCERN_MODEL_{name}", "").strip() for name in ("URL", "KEY"))
    if key and not url:
        raise InvalidEnvironmentError(
            "DISCERN_MODEL_KEY is set without DISCERN_MODEL_URL. Set that as well: the key is sent "
            "to this address only."
        )
    data = Path(environment.get("DISCERN_DATA") or "data").resolve()
    return Settings(data, mode == "local", url.rstrip("/"), key)
