"""What a study asks about values: cases, contexts, stories, in which languages, and with what."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import DiscernError
from core.interview.turns import MAX_CASE, MAX_CASES, MAX_STORY
from core.written import InvalidTextError, written

MAX_ID = 100
MAX_TITLE = 200
MAX_CONTEXT = 500
MAX_CONTEXTS = 100
MAX_STORIES = 2_000
MAX_VIGNETTES = 100
MAX_OPTION = 2_000
MAX_ADDRESS = 500
LONGEST_CALL = 60.0
#: Two letters, and perhaps a region.
LONGEST_LANGUAGE = 10


class InvalidValueSettingsError(DiscernError):
    """A study cannot ask about values with these settings. Nothing was saved."""


@dataclass(frozen=True, slots=True)
class Case:
    """A situation that an interview may start from."""

    id: str
    title: str
    text: str

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a case", MAX_ID)
        _write(self, "title", "The title of a case", MAX_TITLE)
        _write(self, "text", "A case", MAX_CASE)


@dataclass(frozen=True, slots=True)
class Context:
    """When one value may be wiser than another, such as "when somebody is in distress".

    Attributes
    ----------
    case_ids : tuple of str
        The cases that it belongs to; empty for all.
    """

    id: str
    text: str
    case_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a context", MAX_ID)
        _write(self, "text", "A context", MAX_CONTEXT)
        _texts(self, "case_ids", "The cases of a context")


@dataclass(frozen=True, slots=True)
class StoryText:
    """Somebody's way from one value to another, told beside the question about the two.

    Attributes
    ----------
    from_id, to_id : str
        Card ids; the story leads from the first to the second.
    context_id : str
        Empty where it fits every context.
    """

    from_id: str
    to_id: str
    text: str
    context_id: str = ""

    def __post_init__(self) -> None:
        _write(self, "from_id", "The card that a story begins with", MAX_ID)
        _write(self, "to_id", "The card that a story leads to", MAX_ID)
        _write(self, "text", "A story", MAX_STORY)
        _write(self, "context_id", "The context of a story", MAX_ID, empty=True)
        if self.from_id == self.to_id:
            raise InvalidValueSettingsError("A story leads from one card to another one.")


@dataclass(frozen=True, slots=True)
class Vignette:
    """Two ways of answering a case, of which a person chooses one: what a card is tested on."""

    id: str
    case_id: str
    first: str
    second: str

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a vignette", MAX_ID)
        _write(self, "case_id", "The case of a vignette", MAX_ID)
        _write(self, "first", "The first way of a vignette", MAX_OPTION)
        _write(self, "second", "The second way of a vignette", MAX_OPTION)
        if self.first == self.second:
            raise InvalidValueSettingsError("The two ways of a vignette are the same. Change one.")


class ModelKind(StrEnum):
    """Where proposals come from."""

    OFF = "off"
    ENDPOINT = "endpoint"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which language model proposes, if one does. Its key is no setting of a study.

    Attributes
    ----------
    url : str
        Of an OpenAI-compatible endpoint, up to and without `/chat/completions`.
    name : str
        As the endpoint knows the model.
    folder : str
        On the server, of a local transformers model.
    seconds : float
        Within which a proposal must be there.
    """

    kind: ModelKind = ModelKind.OFF
    url: str = ""
    name: str = ""
    folder: str = ""
    seconds: float = 20.0

    def __post_init__(self) -> None:
        if not isinstance(self.kind, ModelKind):
            raise InvalidValueSettingsError(
                f"The language model is {self.kind!r:.50}; it must be one of "
                f"{', '.join(ModelKind)}."
            )
        of_endpoint, of_folder = self.kind is ModelKind.ENDPOINT, self.kind is ModelKind.LOCAL
        _write(self, "url", "The address of the model", MAX_ADDRESS, empty=not of_endpoint)
        _write(self, "name", "The name of the model", MAX_TITLE, empty=not of_endpoint)
        _write(self, "folder", "The folder of the model", MAX_ADDRESS, empty=not of_folder)
        if type(self.seconds) not in {int, float} or not 1 <= self.seconds <= LONGEST_CALL:
            raise InvalidValueSettingsError(
                f"A model may take {self.seconds!r:.20} seconds; choose 1 to {LONGEST_CALL:.0f}."
            )


@dataclass(frozen=True, slots=True)
class ValueSettings:
    """All that a study asks about values. Without a case it asks nothing.

    Attributes
    ----------
    languages : tuple of str
        In which people may write.
    ask_goals : bool
        Whether people are asked for a tree of goals after their cards.
    """

    cases: tuple[Case, ...] = ()
    contexts: tuple[Context, ...] = ()
    stories: tuple[StoryText, ...] = ()
    vignettes: tuple[Vignette, ...] = ()
    languages: tuple[str, ...] = ("en",)
    ask_goals: bool = False
    model: ModelChoice = field(default_factory=ModelChoice)

    def __post_init__(self) -> None:
        _distinct("cases", [case.id for case in self.cases], MAX_CASES)
        _distinct("contexts", [context.id for context in self.contexts], MAX_CONTEXTS)
        _distinct("vignettes", [vignette.id for vignette in self.vignettes], MAX_VIGNETTES)
        told = [(story.from_id, story.to_id, story.context_id) for story in self.stories]
        _distinct("stories", told, MAX_STORIES)
        _texts(self, "languages", "The languages", longest=LONGEST_LANGUAGE)
        if not self.languages:
            raise InvalidValueSettingsError("Choose at least one language in which people write.")
        self._check_names()

    def _check_names(self) -> None:
        """Whatever is named is there."""
        cases = {case.id for case in self.cases}
        named = {name for context in self.contexts for name in context.case_ids}
        named |= {vignette.case_id for vignette in self.vignettes}
        if named - cases:
            raise InvalidValueSettingsError(
                f"There is no case {min(named - cases)!r:.80}. Name one of the study's cases."
            )
        contexts = {"", *(context.id for context in self.contexts)}
        unknown = {story.context_id for story in self.stories} - contexts
        if unknown:
            raise InvalidValueSettingsError(
                f"There is no context {min(unknown)!r:.80}. Name one of the study's contexts."
            )

    def case(self, name: str | None) -> Case | None:
        return next((case for case in self.cases if case.id == name), None)


def settings_to_json(settings: ValueSettings) -> str:
    """Say settings as JSON."""
    return json.dumps(asdict(settings), ensure_ascii=False)


def settings_from_json(text: str) -> ValueSettings:
    """Read settings as `settings_to_json` says them.

    Raises
    ------
    InvalidValueSettingsError
        If they are not JSON, or say too much, too little or nonsense.
    """
    try:
        fields = json.loads(text)
        return ValueSettings(**{name: _read(name, value) for name, value in fields.items()})
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidValueSettingsError(
            f"The settings cannot be read: {str(error)[:200]}. Save them anew."
        ) from error


_PARTS: dict[str, type] = {
    "cases": Case,
    "contexts": Context,
    "stories": StoryText,
    "vignettes": Vignette,
}


def _read(name: str, value: Any) -> Any:
    if name in _PARTS:
        return tuple(_PARTS[name](**_with_tuples(fields)) for fields in value)
    if name == "model":
        return ModelChoice(**value | {"kind": ModelKind(value.get("kind", ModelKind.OFF))})
    return tuple(value) if isinstance(value, list) else value


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {n: tuple(value) if isinstance(value, list) else value for n, value in fields.items()}


def _distinct(what: str, names: Sequence[object], most: int) -> None:
    if len(names) > most:
        raise InvalidValueSettingsError(f"There are {len(names):,} {what}; {most:,} are the most.")
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise InvalidValueSettingsError(f"Two {what} have the name {twice[0]!r:.80}. Change one.")


def _texts(part: object, field_name: str, what: str, longest: int = MAX_ID) -> None:
    values = getattr(part, field_name)
    if not isinstance(values, tuple) or len(set(values)) < len(values):
        raise InvalidValueSettingsError(f"{what} are a list of different names.")
    kept = tuple(_written(what, value, longest) for value in values)
    object.__setattr__(part, field_name, kept)


def _write(part: object, field_name: str, what: str, longest: int, *, empty: bool = False) -> None:
    kept = _written(what, getattr(part, field_name), longest, empty=empty)
    object.__setattr__(part, field_name, kept)


def _written(what: str, text: object, longest: int, *, empty: bool = False) -> str:
    try:
        return written(what, text, longest, empty=empty)
    except InvalidTextError as error:
        raise InvalidValueSettingsError(str(error)) from error
