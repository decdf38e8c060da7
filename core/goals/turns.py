"""What is stored of a person's tree of goals: one frozen turn after the other."""

import json
from dataclasses import asdict, dataclass
from typing import get_args

from core.errors import DiscernError
from core.written import InvalidTextError, written

MAX_ID = 200
MAX_GOAL = 300
MOST_POINTS = 100.0
#: Of a turn as text; the points of a tree of 200 goals are well below.
MAX_CHARACTERS = 200_000


class InvalidGoalError(DiscernError):
    """A turn is malformed, or does not fit the tree as it stands. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class GoalAdded:
    """Something that matters, or below it what would show it.

    Attributes
    ----------
    parent : str or None
        The goal that it would show; None where it matters by itself.
    """

    id: str
    parent: str | None
    text: str

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a goal", MAX_ID)
        _name(self.parent)
        _write(self, "text", "A goal", MAX_GOAL)


@dataclass(frozen=True, slots=True)
class GoalReworded:
    id: str
    text: str

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a goal", MAX_ID)
        _write(self, "text", "A goal", MAX_GOAL)


@dataclass(frozen=True, slots=True)
class GoalMoved:
    """A goal, with all below it, is put elsewhere; `place` counts among its new sisters."""

    id: str
    parent: str | None
    place: int

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a goal", MAX_ID)
        _name(self.parent)
        if isinstance(self.place, bool) or not isinstance(self.place, int):
            raise InvalidGoalError(f"The place is {self.place!r:.50}; it must be a number.")


@dataclass(frozen=True, slots=True)
class GoalRemoved:
    """A goal is taken away with all below it."""

    id: str

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a goal", MAX_ID)


@dataclass(frozen=True, slots=True)
class RangeGiven:
    """How bad and how good it could be: what a swing goes from and to."""

    id: str
    worst: str
    best: str

    def __post_init__(self) -> None:
        _write(self, "id", "The name of a goal", MAX_ID)
        _write(self, "worst", "The worst case", MAX_GOAL)
        _write(self, "best", "The best case", MAX_GOAL)


@dataclass(frozen=True, slots=True)
class SwingsGiven:
    """What each swing from worst to best among sisters is worth.

    Attributes
    ----------
    points : tuple of (goal id, points)
        For every sister; 100 for the swing that one would make first, 0 for one that is worth
        nothing.
    """

    parent: str | None
    points: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        _name(self.parent)
        if not _are_swings(self.points):
            raise InvalidGoalError(f"A swing has a goal, and 0 to {MOST_POINTS:.0f} points.")
        given = [points for _, points in self.points]
        if not given or max(given) != MOST_POINTS:
            raise InvalidGoalError(
                f"The swing that you would make first has {MOST_POINTS:.0f} points; here the most "
                f"is {max(given, default=0.0):g}. Compare the others with that one."
            )
        if len(dict(self.points)) < len(given):
            raise InvalidGoalError("A goal has points twice. Give them once.")


GoalTurn = GoalAdded | GoalReworded | GoalMoved | GoalRemoved | RangeGiven | SwingsGiven
_KINDS: dict[str, type] = {turn.__name__: turn for turn in get_args(GoalTurn)}


def goal_turn_to_json(turn: GoalTurn) -> str:
    """Say a turn as JSON, with its kind."""
    return json.dumps({"kind": type(turn).__name__, **asdict(turn)}, ensure_ascii=False)


def goal_turn_from_json(text: str) -> GoalTurn:
    """Read a turn that was stored, or that a browser has sent.

    Raises
    ------
    InvalidGoalError
        If it is not JSON, not of a known kind, or says too much, too little or nonsense.
    """
    try:
        fields = json.loads(text) if len(text) <= MAX_CHARACTERS else None
    except (ValueError, RecursionError) as error:
        raise InvalidGoalError("The turn is not JSON. Reload the page and try again.") from error
    if not isinstance(fields, dict):
        raise InvalidGoalError("The turn is no object, or too long. Reload the page.")
    kind = fields.pop("kind", None)
    turn = _KINDS.get(kind) if isinstance(kind, str) else None
    if turn is None:
        raise InvalidGoalError(f"There is no kind of turn {kind!r:.50}. Reload the page.")
    if isinstance(fields.get("points"), list):
        fields["points"] = tuple(
            tuple(swing) if isinstance(swing, list) else swing for swing in fields["points"]
        )
    try:
        made: GoalTurn = turn(**fields)
    except TypeError as error:  # too many fields, or too few
        raise InvalidGoalError(f"{kind} has other fields. Reload the page.") from error
    return made


def _are_swings(points: object) -> bool:
    return isinstance(points, tuple) and all(map(_is_swing, points))


def _is_swing(swing: object) -> bool:
    if not isinstance(swing, tuple) or len(swing) != len(("goal", "points")):
        return False
    name, points = swing
    number = isinstance(points, int | float) and not isinstance(points, bool)
    return isinstance(name, str) and number and 0 <= points <= MOST_POINTS


def _name(name: object) -> None:
    if name is not None and not (isinstance(name, str) and 0 < len(name) <= MAX_ID):
        raise InvalidGoalError(f"The goal above is {name!r:.50}, which is no name of a goal.")


def _write(turn: object, field: str, what: str, longest: int) -> None:
    try:
        object.__setattr__(turn, field, written(what, getattr(turn, field), longest))
    except InvalidTextError as error:
        raise InvalidGoalError(str(error)) from error
