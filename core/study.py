"""A study: one question put to people, and its settings."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from core.answer_form import AnswerForm, Form
from core.errors import DiscernError
from core.judgment import PAIR_OUTCOMES, Outcome

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
REQUIRED_OUTCOMES = frozenset({Outcome.LEFT, Outcome.RIGHT})


class InvalidSettingsError(DiscernError):
    """A study was given settings that it cannot work with."""


def check(what: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InvalidSettingsError(f"{what} is {value:,}; it must be {least:,} to {most:,}.")


def _check_among(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidSettingsError(f"{what} is {value[:40]!r}; it must be {' or '.join(known)}.")


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


class Policy(StrEnum):
    """By which rule the next items are chosen; a share of them is always drawn at random."""

    RANDOM_BALANCED = "random_balanced"
    COVERAGE_FIRST = "coverage_first"
    EXPECTED_INFORMATION = "expected_information"
    RANKING = "ranking"
    TOP_K = "top_k"
    OPTIMISTIC = "optimistic"
    MODEL_DISAGREEMENT = "model_disagreement"
    FEATURE_DISTANCE = "feature_distance"


#: Policies that look at no answer and prefer no pair, and what came from elsewhere: what they have
#: chosen stands for all pairs.
EVEN = frozenset({"random", "coverage_first", "random_balanced", "again", "import"})


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked next, of whom, and how much of it.

    Attributes
    ----------
    top_k : int
        How many of the best are to be settled (policy top_k).
    repeat_share : float
        Share of presentations that repeat an own earlier pair with the sides swapped, in [0, 0.5].
    gold_share : float
        Share of presentations whose answer is known, in [0, 0.5]; none while there is no gold.
    by_cohort : bool
        Whether each cohort judges every pair `overlap` times, instead of all people together.
    person_quota, cohort_quota, study_quota : int
        Judgments at most of one person, of one cohort, of all; 0 for as many as there are.
    training : int
        Questions with known answers and feedback before the first real one; 0 for none.
    training_share : float
        Share of them that must be right to go on, in [0, 1]; who falls short starts again.
    break_minutes : int
        After so many minutes without a pause a break is suggested; 0 for never.
    goal_width : float
        It is enough when no 95 % interval of a strength is wider, log-odds; 0 for no such goal.
    goal_top : int
        It is enough when so many best of every prompt are settled with 95 %; 0 for no such goal.
    """

    policy: Policy = Policy.COVERAGE_FIRST
    top_k: int = 3
    repeat_share: float = 0.05
    gold_share: float = 0.0
    by_cohort: bool = False
    person_quota: int = 0
    cohort_quota: int = 0
    study_quota: int = 0
    training: int = 0
    training_share: float = 0.6
    break_minutes: int = 45
    goal_width: float = 0.0
    goal_top: int = 0

    def __post_init__(self) -> None:
        check("The number of the best", self.top_k, 1, 1000)
        check("The share of repeats", self.repeat_share, 0, 0.5)
        check("The share of gold", self.gold_share, 0, 0.5)
        check("The quota of a person", self.person_quota, 0, 100_000_000)
        check("The quota of a cohort", self.cohort_quota, 0, 100_000_000)
        check("The quota of the study", self.study_quota, 0, 100_000_000)
        check("The length of the training", self.training, 0, 100)
        check("The share of right answers", self.training_share, 0, 1)
        check("The minutes until a break", self.break_minutes, 0, 600)
        check("The width that is the goal", self.goal_width, 0, 100)
        check("The number of the best to settle", self.goal_top, 0, 1000)


@dataclass(frozen=True, slots=True)
class Fitting:
    """What a fit of the study takes into account.

    Attributes
    ----------
    tie_model : str
        `davidson` or `rao_kupper`.
    side_effect, length_effect : bool
        Whether the advantage of the left side, and of a longer text, is estimated and taken out.
    by_group : bool
        Whether strengths of cohorts are estimated beside those of all.
    smallest_group : int
        Groups of fewer people are not shown.
    n_members : int
        Fits of an ensemble, by bootstrap; 0 for none.
    guarded_share : float
        Share of the pairs, in [0, 0.5], that no figure of a model is made from; 0 for none. They
        are asked about through a guard that counts.
    encoder : str
        For texts: empty for TF-IDF, else the path or hub name of a transformers encoder.
    encoder_training : str
        `frozen`, `full` or `lora`.
    """

    tie_model: Literal["davidson", "rao_kupper"] = "davidson"
    side_effect: bool = False
    length_effect: bool = False
    by_group: bool = False
    smallest_group: int = 5
    n_members: int = 0
    guarded_share: float = 0.0
    encoder: str = ""
    encoder_training: Literal["frozen", "full", "lora"] = "frozen"

    def __post_init__(self) -> None:
        _check_among("The tie model", self.tie_model, TIE_MODELS)
        _check_among("The training of the encoder", self.encoder_training, ENCODER_TRAININGS)
        check("The smallest group", self.smallest_group, 2, 1000)
        check("The size of the ensemble", self.n_members, 0, 50)
        check("The share of pairs set aside", self.guarded_share, 0, 0.5)
        check("The encoder's name's length", len(self.encoder), 0, 500)


TIE_MODELS = ("davidson", "rao_kupper")
ENCODER_TRAININGS = ("frozen", "full", "lora")


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
    form, asking, fitting
        How it is asked, what is asked next, and what a fit takes into account.

    Raises
    ------
    InvalidSettingsError
        If a value is out of its range.
    """

    name: str
    question: str
    guidelines: str = ""
    outcomes: tuple[Outcome, ...] = PAIR_OUTCOMES
    overlap: int = 2
    random_share: float = 0.1
    lease_minutes: int = 30
    language: str = "en"
    fit_every: int = 20
    form: AnswerForm = field(default_factory=AnswerForm)
    asking: Asking = field(default_factory=Asking)
    fitting: Fitting = field(default_factory=Fitting)

    def __post_init__(self) -> None:
        check("The name's length", len(self.name.strip()), 1, 200)
        check("The question's length", len(self.question.strip()), 1, 500)
        check("The guidelines' length", len(self.guidelines), 0, 100_000)
        check("The overlap", self.overlap, 1, 1000)
        check("The random share", self.random_share, 0, 1)
        check("The lease in minutes", self.lease_minutes, 1, 10_080)
        check("The number of new judgments for a fit", self.fit_every, 1, 1_000_000)
        if not REQUIRED_OUTCOMES <= set(self.outcomes) <= set(PAIR_OUTCOMES):
            raise InvalidSettingsError(
                "Left and right must be among the answers, and nothing but answers about a pair."
            )
        if self.language not in LANGUAGES:
            raise InvalidSettingsError(
                f"The language is {self.language!r}; it must be one of {', '.join(LANGUAGES)}."
            )

    @property
    def allowed(self) -> tuple[Outcome, ...]:
        """The answers that the form takes, in the order of the screen."""
        if self.form.kind is Form.PAIR:
            return self.outcomes
        own = (Outcome.UP, Outcome.DOWN) if self.form.kind is Form.THUMBS else (Outcome.ANSWERED,)
        return (*own, *(o for o in self.outcomes if o in {Outcome.INCOMPARABLE, Outcome.SKIPPED}))


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
class Prompt:
    """What items answer; `kind` as of an `Item`."""

    id: str
    text: str
    kind: str = "markdown"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is compared.

    Attributes
    ----------
    kind : str
        `markdown`, or `chat`: then the text is a JSON list of messages with role and content.
    """

    id: str
    prompt_id: str
    text: str
    kind: str = "markdown"
