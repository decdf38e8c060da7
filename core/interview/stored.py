"""Turns as text, as they are stored and as a browser sends them."""

import json
from dataclasses import asdict
from typing import Any, get_args

from core.interview.turns import Case, InvalidTurnError, Keeps, Place, StepKey, Turn

#: Of a turn as text; the largest that can be, 50 cases of 5,000 characters, is well below.
MAX_CHARACTERS = 1_000_000
KINDS: dict[str, type] = {turn.__name__: turn for turn in get_args(Turn)}


def kind_of(turn: Turn) -> str:
    """The name under which a turn is stored."""
    return type(turn).__name__


def turn_to_json(turn: Turn) -> str:
    """Say a turn as JSON, with its kind."""
    return json.dumps({"kind": kind_of(turn), **asdict(turn)}, ensure_ascii=False)


def turn_from_json(text: str) -> Turn:
    """Read a turn that was stored, or that a browser has sent.

    Raises
    ------
    InvalidTurnError
        If it is not JSON, not of a known kind, or says too much, too little or nonsense.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidTurnError(
            f"The turn has {len(text):,} characters; it may have {MAX_CHARACTERS:,}. Write less."
        )
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidTurnError("The turn is not JSON. Reload the page and try again.") from error
    if not isinstance(fields, dict):
        raise InvalidTurnError("The turn is JSON, but not an object. Reload the page, try again.")
    kind = fields.pop("kind", None)
    turn = KINDS.get(kind) if isinstance(kind, str) else None
    if turn is None:
        raise InvalidTurnError(
            f"There is no kind of turn {kind!r:.50}. Reload the page, try again."
        )
    try:
        made: Turn = turn(**{name: _value(name, value) for name, value in fields.items()})
    except TypeError as error:  # too many fields, or too few
        raise InvalidTurnError(
            f"{turn.__name__} has other fields than {', '.join(fields)[:200] or 'none'}."
        ) from error
    return made


def _value(name: str, value: Any) -> Any:
    """Give a value the type of its field; the turn refuses what stays of another type."""
    if name == "place":
        return _made(Place, _with_step(value))
    if name == "keeps" and value in list(Keeps):
        return Keeps(value)
    if name == "cases" and isinstance(value, list):
        return tuple(_made(Case, case) for case in value)
    return tuple(value) if isinstance(value, list) else value


def _with_step(place: Any) -> Any:
    if isinstance(place, dict) and place.get("step") in list(StepKey):
        return place | {"step": StepKey(place["step"])}
    return place


def _made(kind: type, fields: Any) -> Any:
    if not isinstance(fields, dict):
        raise InvalidTurnError(f"{kind.__name__} is not an object. Reload the page and try again.")
    return kind(**fields)
