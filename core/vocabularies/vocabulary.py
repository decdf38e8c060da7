"""A vocabulary of values, read from the text of a TOML file.

id = "my_values"
version = 1
title = "My values"
source = "Who named them, where and when"

[[values]]
id = "quiet"
title = "Quiet"
description = "What one looks for who holds it."
group = "Home"          # may be left out
near = ["rest"]         # ids of values that border on it; may be left out
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import DiscernError
from core.written import InvalidTextError, written

MAX_VALUES = 500
MAX_ID = 100
MAX_TITLE = 200
MAX_DESCRIPTION = 2_000
MAX_CHARACTERS = 2_000_000


class InvalidVocabularyError(DiscernError):
    """A vocabulary's file cannot be read."""


@dataclass(frozen=True, slots=True)
class NamedValue:
    """One value of a vocabulary.

    Attributes
    ----------
    near : tuple of str
        Ids of the values that border on it, where the theory orders them.
    """

    id: str
    title: str
    description: str
    group: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Values that somebody has named.

    Attributes
    ----------
    version : int
        Rises when a value changes its meaning; tags name it.
    source : str
        Who named these values, where and when.
    """

    id: str
    version: int
    title: str
    source: str
    values: tuple[NamedValue, ...]

    def value(self, name: str) -> NamedValue:
        found = next((value for value in self.values if value.id == name), None)
        if found is None:
            raise InvalidVocabularyError(
                f"The vocabulary {self.id} has no value {name!r:.80}. Choose one that is shown."
            )
        return found


def read_vocabulary(text: str) -> Vocabulary:
    """Read a vocabulary from the text of its file.

    Raises
    ------
    InvalidVocabularyError
        If it is not TOML, or a field is missing, unknown, too long or of the wrong kind, or two
        values have one id, or one borders on a value that is not there.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidVocabularyError(
            f"The file has {len(text):,} characters; it may have {MAX_CHARACTERS:,}."
        )
    try:
        fields = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidVocabularyError(f"The file is not TOML: {str(error)[:200]}.") from error
    _check_fields(fields, "A vocabulary", {"id", "version", "title", "source", "values"}, set())
    version = fields["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InvalidVocabularyError(f"The version is {version!r:.50}; it must be 1, 2, ….")
    listed = fields["values"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_VALUES:
        raise InvalidVocabularyError(f"A vocabulary lists 1 to {MAX_VALUES} values.")
    vocabulary = Vocabulary(
        _text(fields, "id", MAX_ID),
        version,
        _text(fields, "title", MAX_TITLE),
        _text(fields, "source", MAX_DESCRIPTION),
        tuple(_value(value) for value in listed),
    )
    _check_names(vocabulary)
    return vocabulary


def _value(fields: Any) -> NamedValue:
    if not isinstance(fields, dict):
        raise InvalidVocabularyError("A value is a table with an id, a title and a description.")
    _check_fields(fields, "A value", {"id", "title", "description"}, {"group", "near"})
    near = fields.get("near", [])
    if not isinstance(near, list) or not all(isinstance(name, str) for name in near):
        raise InvalidVocabularyError("The values that one borders on are a list of ids.")
    return NamedValue(
        _text(fields, "id", MAX_ID),
        _text(fields, "title", MAX_TITLE),
        _text(fields, "description", MAX_DESCRIPTION),
        _text(fields, "group", MAX_TITLE) if "group" in fields else "",
        tuple(near),
    )


def _check_fields(fields: Mapping[str, Any], what: str, needed: set[str], more: set[str]) -> None:
    missing, unknown = needed - set(fields), set(fields) - needed - more
    if missing:
        raise InvalidVocabularyError(f"{what} has no {min(missing)}. Add it to the file.")
    if unknown:
        raise InvalidVocabularyError(f"{what} has the unknown field {min(unknown)!r:.80}.")


def _check_names(vocabulary: Vocabulary) -> None:
    names = [value.id for value in vocabulary.values]
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise InvalidVocabularyError(f"Two values have the id {twice[0]!r:.80}. Change one.")
    for value in vocabulary.values:
        strange = set(value.near) - set(names) | ({value.id} & set(value.near))
        if strange:
            raise InvalidVocabularyError(
                f"The value {value.id} borders on {min(strange)!r:.80}, which is no other value."
            )


def _text(fields: Mapping[str, Any], name: str, longest: int) -> str:
    try:
        return written(f"The {name}", fields[name], longest)
    except InvalidTextError as error:
        raise InvalidVocabularyError(str(error)) from error
