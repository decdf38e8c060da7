"""Trees of several people side by side: who named the same goal, where, and how much it weighs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.goals.tree import GoalTree
from core.goals.turns import InvalidGoalError
from core.goals.weights import Weight, weights
from core.values_card.lint import words
from core.values_card.nearest import term_weights

#: A person and one of their goals.
Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A person's goal in a row: where it stands in their tree, and what it weighs there.

    Attributes
    ----------
    path : tuple of str
        The texts from the uppermost goal to this one.
    """

    goal_id: str
    path: tuple[str, ...]
    weight: Weight


@dataclass(frozen=True, slots=True)
class Row:
    """One goal, as several people have it.

    Attributes
    ----------
    text : str
        In the words of the first of the people who have it.
    cells : mapping of person to tuple of Cell
        Of those who have it; more than one where a person named it twice.
    """

    text: str
    cells: Mapping[str, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Alike:
    """Goals of two people whose words are near, to be confirmed as the same by somebody."""

    one: Named
    other: Named
    similarity: float


def side_by_side(
    trees: Mapping[str, GoalTree], same: Collection[frozenset[Named]] = ()
) -> tuple[Row, ...]:
    """Lay trees side by side.

    Goals are in one row where they say the same but for case and punctuation, or where somebody
    said that they are the same. Nothing is joined by similarity: see `alike`.

    Parameters
    ----------
    trees : mapping of person to GoalTree
    same : collection of sets of (person, goal id)
        Goals that count as one.

    Returns
    -------
    tuple of Row
        Those that most people have first; then as they come in the trees.

    Raises
    ------
    InvalidGoalError
        If `same` names a goal that is not there.
    """
    place = _places(trees, same)
    rows: dict[int, list[Named]] = {}
    for named, number in place.items():
        rows.setdefault(number, []).append(named)
    weighed = {person: weights(tree) for person, tree in trees.items()}
    made = [_row(trees, weighed, named) for named in rows.values()]
    return tuple(sorted(made, key=lambda row: -len(row.cells)))


def alike(trees: Mapping[str, GoalTree], *, least: float = 0.3) -> tuple[Alike, ...]:
    """Goals of different people whose words are near, the nearest first; none that are in one row.

    Parameters
    ----------
    least : float
        Cosine of TF-IDF weights from which on a pair is named.
    """
    place = _places(trees, ())
    named = list(place)
    texts = [trees[person].goal(goal).text for person, goal in named]
    weighed = term_weights(texts)
    found = []
    for number, text in enumerate(texts):
        near = weighed.similarities(text)
        for other in range(number):
            apart = (
                named[number][0] != named[other][0] and place[named[number]] != place[named[other]]
            )
            if apart and near[other] >= least:
                found.append(Alike(named[other], named[number], float(near[other])))
    return tuple(sorted(found, key=lambda pair: (-pair.similarity, pair.one, pair.other)))


def _places(trees: Mapping[str, GoalTree], same: Collection[frozenset[Named]]) -> dict[Named, int]:
    """The row of every goal, as a number."""
    place: dict[Named, int] = {}
    first: dict[str, int] = {}
    for person, tree in trees.items():
        for goal in tree.walk():
            key = " ".join(words(goal.text.casefold())) or goal.text
            place[person, goal.id] = first.setdefault(key, len(first))
    for group in same:
        missing = [named for named in group if named not in place]
        if missing:
            raise InvalidGoalError(f"There is no goal {missing[0][1]!r:.80} of this person.")
        numbers = {place[named] for named in group}
        for named, number in place.items():
            if number in numbers:
                place[named] = min(numbers)
    return place


def _row(
    trees: Mapping[str, GoalTree],
    weighed: Mapping[str, Mapping[str, Weight]],
    named: list[Named],
) -> Row:
    cells: dict[str, tuple[Cell, ...]] = {}
    for person, goal in named:
        path = tuple(above.text for above in trees[person].path(goal))
        cell = Cell(goal, path, weighed[person][goal])
        cells[person] = (*cells.get(person, ()), cell)
    person, goal = named[0]
    return Row(trees[person].goal(goal).text, cells)
