"""A study: one question put to people, and its settings."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.errors import DiscernError
from core.judgment import Outcome

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
REQUIRED_OUTCOMES = frozenset({Outcome.LEFT, Outcome.RIGHT})


class InvalidSettingsError(DiscernError):
    """A study was given settings that it cannot work with."""


class State(StrEnum):
    """Where a study stands. Only a running one hands out pairs."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    ARCHIVED = "archived"
    REMOVED = "removed"


class Role(StrEnum):
    """What a person may do; each role may also do what the ones before it may."""

    NONE = "none"
    ANNOTATOR = "annotator"
    RESEARCHER = "researcher"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class StudySettings:
    """What annotators are asked, and how. Versioned: each judgment names the version it was under.

    Attributes
    ----------
    guidelines : str
        Markdown.
    outcomes : tuple of Outcome
        The answers allowed; left and right always are.
    overlap : int
        How many people judge each pair.
    random_share : float
        Share of presentations whose pair is drawn uniformly, in [0, 1]; calibration needs some.
    lease_minutes : int
        How long a pair waits for its answer before it goes to somebody else.
    language : str
        Code of the language of the items, for hyphenation, screen readers and direction.
    fit_every : int
        A fit starts by itself when so many judgments are new.

    Raises
    ------
    InvalidSettingsError
        If a value is out of its range.
    """

    name: str
    question: str
    guidelines: str = ""
    outcomes: tuple[Outcome, ...] = tuple(Outcome)
    overlap: int = 2
    random_share: float = 0.1
    lease_minutes: int = 30
    language: str = "en"
    fit_every: int = 20

    def __post_init__(self) -> None:
        self._check("The name's length", len(self.name.strip()), 1, 200)
        self._check("The question's length", len(self.question.strip()), 1, 500)
        self._check("The guidelines' length", len(self.guidelines), 0, 100_000)
        self._check("The overlap", self.overlap, 1, 1000)
        self._check("The random share", self.random_share, 0, 1)
        self._check("The lease in minutes", self.lease_minutes, 1, 10_080)
        self._check("The number of new judgments for a fit", self.fit_every, 1, 1_000_000)
        if not set(self.outcomes) >= REQUIRED_OUTCOMES:
            raise InvalidSettingsError("Left and right must be among the answers.")
        if self.language not in LANGUAGES:
            raise InvalidSettingsError(
                f"The language is {self.language!r}; it must be one of {', '.join(LANGUAGES)}."
            )

    @staticmethod
    def _check(what: str, value: float, least: float, most: float) -> None:
        if not least <= value <= most:
            raise InvalidSettingsError(f"{what} is {value:,}; it must be {least:,} to {most:,}.")


@dataclass(frozen=True, slots=True)
class Study:
    """A study as it stands now."""

    id: str
    version: int
    settings: StudySettings
    state: State
    demonstration: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is compared; `text` is Markdown."""

    id: str
    prompt_id: str
    text: str
