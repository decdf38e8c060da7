"""A person's tree of goals: a function of its turns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from core.goals.turns import (
    GoalAdded,
    GoalMoved,
    GoalRemoved,
    GoalReworded,
    GoalTurn,
    InvalidGoalError,
    RangeGiven,
    SwingsGiven,
)
from core.values_card.lint import Advice, Rule, lint_wording, repeats

MAX_GOALS = 200
MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that matters to a person.

    Attributes
    ----------
    worst, best : str
        What a swing goes from and to; empty where that was not said.
    """

    id: str
    parent: str | None
    text: str
    worst: str = ""
    best: str = ""


@dataclass(frozen=True, slots=True)
class GoalTree:
    """What matters to a person, and below it what would show it.

    Attributes
    ----------
    goals : tuple of Goal
        Sisters stand in the order that the person gave them.
    points : mapping of (goal id or None) to {goal id: points}
        Swings among the goals below a goal, or among the uppermost. Points that were given before
        a sister came or went do not count any more and are not here.
    """

    goals: tuple[Goal, ...] = ()
    points: Mapping[str | None, Mapping[str, float]] = field(default_factory=dict)

    def goal(self, name: str) -> Goal:
        found = next((goal for goal in self.goals if goal.id == name), None)
        if found is None:
            raise InvalidGoalError(f"There is no goal {name!r:.80}. It may have been removed.")
        return found

    def below(self, parent: str | None) -> tuple[Goal, ...]:
        """The goals right below a goal, in the person's order; the uppermost below None."""
        return tuple(goal for goal in self.goals if goal.parent == parent)

    def path(self, name: str) -> tuple[Goal, ...]:
        """A goal and those above it, the uppermost first."""
        goal = self.goal(name)
        above = () if goal.parent is None else self.path(goal.parent)
        return (*above, goal)

    def walk(self, parent: str | None = None) -> Iterator[Goal]:
        """All goals, each followed by those below it."""
        for goal in self.below(parent):
            yield goal
            yield from self.walk(goal.id)


def grow(turns: Iterable[GoalTurn]) -> GoalTree:
    """The tree that turns lead to.

    Raises
    ------
    InvalidGoalError
        If a turn does not fit the tree as it stands then.
    """
    return reduce(advance_goals, turns, GoalTree())


def advance_goals(tree: GoalTree, turn: GoalTurn) -> GoalTree:
    """The tree after one turn more; see `grow`."""
    change = _CHANGES.get(type(turn))
    if change is None:
        raise InvalidGoalError(f"{type(turn).__name__} is no turn about goals.")
    return _without_stale_points(change(tree, turn))


def lint_goals(tree: GoalTree, *, language: str = "en") -> tuple[tuple[str, Advice], ...]:
    """Advice on each goal, by the rules for values cards that fit: (goal id, advice).

    That something is too short or too vague to look for is said only of what has nothing below it:
    what shows a goal is what makes it checkable.
    """
    found = []
    goals = tuple(tree.walk())
    for number, goal in enumerate(goals):
        shown = bool(tree.below(goal.id))
        found += [
            (goal.id, advice)
            for advice in lint_wording(goal.text, language=language)
            if not (shown and advice.rule in {Rule.NOT_CHECKABLE, Rule.TOO_ABSTRACT})
        ]
        for other in goals[:number]:
            if repeats(goal.text, other.text):
                found.append((goal.id, Advice(Rule.DUPLICATE, other.text)))
    return tuple(found)


def _add(tree: GoalTree, turn: GoalAdded) -> GoalTree:
    if any(goal.id == turn.id for goal in tree.goals):
        raise InvalidGoalError(f"There is a goal {turn.id!r:.80} already. It was added twice.")
    if len(tree.goals) >= MAX_GOALS:
        raise InvalidGoalError(f"A tree has {MAX_GOALS} goals at most. Join some of them.")
    if turn.parent is not None and len(tree.path(turn.parent)) >= MAX_DEPTH:
        raise InvalidGoalError(f"A tree is {MAX_DEPTH} goals deep at most. Put it higher up.")
    return replace(tree, goals=(*tree.goals, Goal(turn.id, turn.parent, turn.text)))


def _reword(tree: GoalTree, turn: GoalReworded) -> GoalTree:
    return _changed(tree, replace(tree.goal(turn.id), text=turn.text))


def _give_range(tree: GoalTree, turn: RangeGiven) -> GoalTree:
    return _changed(tree, replace(tree.goal(turn.id), worst=turn.worst, best=turn.best))


def _move(tree: GoalTree, turn: GoalMoved) -> GoalTree:
    goal = tree.goal(turn.id)
    if turn.parent is not None and goal in tree.path(turn.parent):
        raise InvalidGoalError("A goal cannot be put below itself. Put it elsewhere.")
    moved = replace(goal, parent=turn.parent)
    rest = replace(tree, goals=tuple(other for other in tree.goals if other.id != turn.id))
    sisters = rest.below(turn.parent)
    if not 0 <= turn.place <= len(sisters):
        raise InvalidGoalError(f"There are {len(sisters)} sisters, so that place is not there.")
    order = (*sisters[: turn.place], moved, *sisters[turn.place :])
    others = tuple(other for other in rest.goals if other not in sisters)
    placed = replace(tree, goals=(*others, *order))
    if any(len(placed.path(other.id)) > MAX_DEPTH for other in placed.goals):
        raise InvalidGoalError(f"A tree is {MAX_DEPTH} goals deep at most. Put it higher up.")
    return placed


def _remove(tree: GoalTree, turn: GoalRemoved) -> GoalTree:
    gone = {tree.goal(turn.id).id, *(goal.id for goal in tree.walk(turn.id))}
    return replace(tree, goals=tuple(goal for goal in tree.goals if goal.id not in gone))


def _give_swings(tree: GoalTree, turn: SwingsGiven) -> GoalTree:
    sisters = {goal.id for goal in tree.below(turn.parent)}
    if sisters != {name for name, _ in turn.points}:
        raise InvalidGoalError("Swings are compared among all sisters. Give points to each.")
    return replace(tree, points={**tree.points, turn.parent: dict(turn.points)})


def _changed(tree: GoalTree, goal: Goal) -> GoalTree:
    return replace(
        tree, goals=tuple(goal if other.id == goal.id else other for other in tree.goals)
    )


def _without_stale_points(tree: GoalTree) -> GoalTree:
    kept = {
        parent: points
        for parent, points in tree.points.items()
        if {goal.id for goal in tree.below(parent)} == set(points)
    }
    return tree if kept == tree.points else replace(tree, points=kept)


_CHANGES: Mapping[type, Callable[[GoalTree, Any], GoalTree]] = {
    GoalAdded: _add,
    GoalReworded: _reword,
    GoalMoved: _move,
    GoalRemoved: _remove,
    RangeGiven: _give_range,
    SwingsGiven: _give_swings,
}
