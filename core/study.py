"""A study: one question put to people, and its settings."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.errors import DiscernError
from core.judgment import Outcome

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
REQUIRED_OUTCOMES = frozenset({Outcome.LEFT, Outcome.RIGHT})
MAX_OVERLAP = 1000


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
    """What annotators are asked, and how. Versioned: every judgment names the version it was given under.

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
        for problem, wrong in {
            "A study needs a name of 1 to 200 characters.": not 1 <= len(self.name.strip()) <= 200,
            "A study needs a question of 1 to 500 characters.": not 1
            <= len(self.question.strip())
            <= 500,
            "Left and right must be among the answers.": not set(self.outcomes)
            >= REQUIRED_OUTCOMES,
            f"Overlap is {self.overlap}; it must be 1 to {MAX_OVERLAP}.": not 1
            <= self.overlap
            <= MAX_OVERLAP,
            f"Random share is {self.random_share}; it must be 0 to 1.": not 0
            <= self.random_share
            <= 1,
            f"Lease is {self.lease_minutes} minutes; it must be 1 to 10080 (a week).": not (
                1 <= self.lease_minutes <= 10080
            ),
            f"Language {self.language!r} is not one of {', '.join(LANGUAGES)}.": self.language
            not in LANGUAGES,
            f"Fits every {self.fit_every} judgments; it must be 1 to 1,000,000.": not 1
            <= self.fit_every
            <= 10**6,
        }.items():
            if wrong:
                raise InvalidSettingsError(problem)


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
