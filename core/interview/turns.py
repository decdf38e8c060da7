"""What is stored of an interview: one frozen turn after the other, never changed."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import DiscernError
from core.values_card.card import MAX_DESCRIPTION, MAX_POLICIES, MAX_POLICY, MAX_TITLE
from core.written import InvalidTextError, written

MAX_CASES = 50
MAX_CASE = 5_000
MAX_STORY = 20_000
MAX_QUESTION = 500
MAX_DRAFTS = 5
MAX_ID = 200
MAX_THINGS = MAX_POLICIES


class InvalidTurnError(DiscernError):
    """A turn is malformed, or does not fit where the interview stands. Nothing was changed."""


class StepKey(StrEnum):
    """Where an interview can stand."""

    BEGIN = "begin"
    CASE = "case"
    STORY = "story"
    NOTICED = "noticed"
    DROP_TEST = "drop_test"
    MORE = "more"
    PHRASE = "phrase"
    REVIEW = "review"
    MOMENT = "moment"
    TITLE = "title"
    CONFIRM = "confirm"
    ANOTHER = "another"
    PAUSED = "paused"
    DONE = "done"


class Keeps(StrEnum):
    """Would one still attend to it if what it leads to came about in another way?"""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Place:
    """A step, and of the things noticed the one that it is about."""

    step: StepKey
    thing: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.step, StepKey):
            raise InvalidTurnError(f"There is no step {self.step!r:.50}. Go on from where you are.")
        if (self.step in {StepKey.DROP_TEST, StepKey.PHRASE}) != (self.thing is not None):
            raise InvalidTurnError(f"The step {self.step} is named with the wrong thing noticed.")
        if self.thing is not None:
            _number("The thing noticed", self.thing, MAX_THINGS)


@dataclass(frozen=True, slots=True)
class Case:
    """A situation that the interview may start from."""

    id: str
    text: str

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a case", MAX_ID)
        _write(self, "text", "A case", MAX_CASE)


@dataclass(frozen=True, slots=True)
class Began:
    """The cases that were offered, kept with the interview so that it needs no settings."""

    cases: tuple[Case, ...]
    language: str = "en"

    def __post_init__(self) -> None:
        _write(self, "language", "The language", 10)
        _list("The cases", self.cases, 1, MAX_CASES)
        if not all(isinstance(case, Case) for case in self.cases):
            raise InvalidTurnError("A case has a name and a text. Look at the study's cases.")
        if len({case.id for case in self.cases}) < len(self.cases):
            raise InvalidTurnError("Two cases have the same name. Give each its own.")


@dataclass(frozen=True, slots=True)
class CaseChosen:
    case_id: str

    def __post_init__(self) -> None:
        _write(self, "case_id", "The name of a case", MAX_ID)


@dataclass(frozen=True, slots=True)
class StoryTold:
    text: str

    def __post_init__(self) -> None:
        _write(self, "text", "The story", MAX_STORY)


@dataclass(frozen=True, slots=True)
class Noticed:
    """All that one attended to, in place of what was said before."""

    things: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "things", _things(self.things, least=1))


@dataclass(frozen=True, slots=True)
class NoticedMore:
    """What one attended to besides; nothing, to go on with what there is."""

    things: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "things", _things(self.things, least=0))


@dataclass(frozen=True, slots=True)
class DropTested:
    thing: int
    keeps: Keeps

    def __post_init__(self) -> None:
        _number("The thing noticed", self.thing, MAX_THINGS)
        if not isinstance(self.keeps, Keeps):
            raise InvalidTurnError(
                f"The answer is {self.keeps!r:.50}; it must be one of {', '.join(Keeps)}."
            )


@dataclass(frozen=True, slots=True)
class Phrased:
    """A policy. `draft` is the proposal that it was written from, if it was one."""

    thing: int
    text: str
    draft: int | None = None

    def __post_init__(self) -> None:
        _number("The thing noticed", self.thing, MAX_THINGS)
        _write(self, "text", "A policy", MAX_POLICY)
        _draft(self.draft)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The policies were read over; those to be phrased anew are named by the thing noticed."""

    change: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _list("The policies to change", self.change, 0, MAX_THINGS)
        for thing in self.change:
            _number("A policy to change", thing, MAX_THINGS)
        if len(set(self.change)) < len(self.change):
            raise InvalidTurnError("A policy to change is named twice. Name it once.")


@dataclass(frozen=True, slots=True)
class MomentWritten:
    text: str
    draft: int | None = None

    def __post_init__(self) -> None:
        _write(self, "text", "The moment", MAX_DESCRIPTION)
        _draft(self.draft)


@dataclass(frozen=True, slots=True)
class TitleWritten:
    text: str
    draft: int | None = None

    def __post_init__(self) -> None:
        _write(self, "text", "The title", MAX_TITLE)
        _draft(self.draft)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The card says what the person means."""


@dataclass(frozen=True, slots=True)
class AnotherAsked:
    """Whether the person wants to speak of a further value."""

    wanted: bool

    def __post_init__(self) -> None:
        if not isinstance(self.wanted, bool):
            raise InvalidTurnError(f"The answer is {self.wanted!r:.50}; it must be yes or no.")


@dataclass(frozen=True, slots=True)
class WentBack:
    """An earlier answer is to be given anew; it stays until then, and so does what follows."""

    place: Place

    def __post_init__(self) -> None:
        if not isinstance(self.place, Place):
            raise InvalidTurnError("Say which step to go back to.")


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The value that has no card yet is given up."""


@dataclass(frozen=True, slots=True)
class Revised:
    """A confirmed card is taken up again. It stays as it is until the next is confirmed."""

    value: int

    def __post_init__(self) -> None:
        _number("The card", self.value, MAX_THINGS)


@dataclass(frozen=True, slots=True)
class Stopped:
    """The person has had enough for now."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The person goes on where they stopped."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the interviewer proposed at a step. It changes no answer.

    Attributes
    ----------
    question : str
        In place of the guided one; empty to keep that.
    drafts : tuple of str
        Wordings to begin from.
    call_id : str
        Of the stored call of the model that the drafts came from; empty where there is none.
    note : str
        Key of a sentence for the person, such as that the model could not be reached; or empty.
    """

    place: Place
    question: str = ""
    drafts: tuple[str, ...] = ()
    call_id: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.place, Place):
            raise InvalidTurnError("A proposal says which step it is for.")
        _write(self, "question", "A question", MAX_QUESTION, empty=True)
        _write(self, "call_id", "The name of a call", MAX_ID, empty=True)
        _write(self, "note", "The key of a note", MAX_ID, empty=True)
        _list("The drafts", self.drafts, 0, MAX_DRAFTS)
        drafts = tuple(_text("A draft", text, MAX_DESCRIPTION) for text in self.drafts)
        object.__setattr__(self, "drafts", drafts)


Turn = (
    Began
    | CaseChosen
    | StoryTold
    | Noticed
    | NoticedMore
    | DropTested
    | Phrased
    | Reviewed
    | MomentWritten
    | TitleWritten
    | Confirmed
    | AnotherAsked
    | WentBack
    | Abandoned
    | Revised
    | Stopped
    | Resumed
    | Proposed
)


def _text(what: str, text: object, longest: int, *, empty: bool = False) -> str:
    try:
        return written(what, text, longest, empty=empty)
    except InvalidTextError as error:
        raise InvalidTurnError(str(error)) from error


def _write(turn: object, field: str, what: str, longest: int, *, empty: bool = False) -> None:
    """Keep a field of a frozen turn as it is kept."""
    kept = _text(what, getattr(turn, field), longest, empty=empty)
    object.__setattr__(turn, field, kept)


def _number(what: str, number: object, end: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < end:
        raise InvalidTurnError(
            f"{what} is {number!r:.50}; it must be a number from 0 to {end - 1}."
        )


def _draft(draft: object) -> None:
    if draft is not None:
        _number("The draft", draft, MAX_DRAFTS)


def _list(what: str, values: object, least: int, most: int) -> None:
    if not isinstance(values, tuple):
        raise InvalidTurnError(f"{what} are {type(values).__name__} and not a list.")
    if not least <= len(values) <= most:
        raise InvalidTurnError(f"{what} are {len(values):,}; there must be {least} to {most}.")


def _things(things: object, *, least: int) -> tuple[str, ...]:
    _list("The things noticed", things, least, MAX_THINGS)
    assert isinstance(things, tuple)  # noqa: S101 - `_list` has seen to it
    kept = tuple(_text("A thing noticed", text, MAX_POLICY) for text in things)
    if len({text.casefold() for text in kept}) < len(kept):
        raise InvalidTurnError("The same thing is named twice. Name it once.")
    return kept
