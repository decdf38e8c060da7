"""Trees of goals: turns of each person that are added and never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.errors import DiscernError
from core.goals.tree import GoalTree, advance_goals, grow
from core.goals.turns import GoalTurn, goal_turn_from_json, goal_turn_to_json
from storage.database import Cursor, Database, Reads


class GoalsChangedError(DiscernError):
    """The tree was changed elsewhere since this page was drawn."""

    def __init__(self) -> None:
        super().__init__(
            "Your goals were changed in another window. They are shown as they are now: do it "
            "again if you still want it."
        )


@dataclass(frozen=True, slots=True)
class StoredTree:
    """A person's tree, and how many turns led to it."""

    tree: GoalTree
    n_turns: int


def of_person(db: Database, study_id: str, person_id: str) -> StoredTree:
    with db.cursor() as cursor:
        return _read(cursor, study_id, person_id)


def of_study(db: Reads, study_id: str) -> dict[str, GoalTree]:
    """The tree of each person who has named a goal, by person id."""
    rows = db.read(
        """
        SELECT person_id, list(turn ORDER BY number) FROM goal_turns
        WHERE study_id = ? GROUP BY person_id ORDER BY person_id
        """,
        [study_id],
    )
    trees = {person: grow(map(goal_turn_from_json, turns)) for person, turns in rows}
    return {person: tree for person, tree in trees.items() if tree.goals}


def append(
    db: Database,
    study_id: str,
    person_id: str,
    turns: Iterable[GoalTurn],
    *,
    n_turns: int,
    now: datetime,
) -> StoredTree:
    """Add turns to the tree that the page showed, which had `n_turns` of them.

    Raises
    ------
    GoalsChangedError
        If there are others by now: nothing was stored.
    InvalidGoalError
        If a turn does not fit the tree: nothing was stored.
    """
    added = tuple(turns)

    def change(cursor: Cursor) -> StoredTree:
        before = _read(cursor, study_id, person_id)
        if before.n_turns != n_turns:
            raise GoalsChangedError
        tree = before.tree
        for number, turn in enumerate(added, n_turns):
            tree = advance_goals(tree, turn)
            cursor.execute(
                "INSERT INTO goal_turns (study_id, person_id, number, turn, stored_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [study_id, person_id, number, goal_turn_to_json(turn), now],
            )
        return StoredTree(tree, n_turns + len(added))

    return db.write(change)


def _read(cursor: Cursor, study_id: str, person_id: str) -> StoredTree:
    rows = cursor.execute(
        "SELECT turn FROM goal_turns WHERE study_id = ? AND person_id = ? ORDER BY number",
        [study_id, person_id],
    ).fetchall()
    return StoredTree(grow(goal_turn_from_json(turn) for (turn,) in rows), len(rows))
