"""A tree of goals is a function of its turns; weights add up; trees are laid side by side."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.goals import GoalTree, InvalidGoalError, Weight, grow, weights
from core.goals.alignment import Alike, alike, side_by_side
from core.goals.tree import MAX_DEPTH, MAX_GOALS, advance_goals, lint_goals
from core.goals.turns import (
    GoalAdded,
    GoalMoved,
    GoalRemoved,
    GoalReworded,
    GoalTurn,
    RangeGiven,
    SwingsGiven,
    goal_turn_from_json,
    goal_turn_to_json,
)
from core.values_card import Rule

HOME: tuple[GoalTurn, ...] = (
    GoalAdded("light", None, "Rooms with light in the morning"),
    GoalAdded("near", None, "Friends within a walk of the door"),
    GoalAdded("east", "light", "Windows that look to the east"),
    GoalAdded("trees", "light", "Trees that stand back from the house"),
    RangeGiven("near", "An hour by train", "Round the corner"),
    SwingsGiven(None, (("light", 60.0), ("near", 100.0))),
    SwingsGiven("light", (("east", 100.0), ("trees", 25.0))),
)


def test_a_tree_follows_from_its_turns() -> None:
    tree = grow(HOME)
    assert [goal.id for goal in tree.walk()] == ["light", "east", "trees", "near"]
    assert [goal.id for goal in tree.path("trees")] == ["light", "trees"]
    assert tree.goal("near").best == "Round the corner"


def test_weights_by_hand() -> None:
    """60 and 100 points: 0.375 and 0.625; 100 and 25: 0.8 and 0.2, of 0.375: 0.3 and 0.075."""
    found = weights(grow(HOME))
    assert found["near"] == Weight(pytest.approx(0.625), pytest.approx(0.625))  # type: ignore[arg-type]
    assert [found[name].local for name in ("light", "east", "trees")] == [0.375, 0.8, 0.2]
    assert [found[name].overall for name in ("east", "trees")] == pytest.approx([0.3, 0.075])


def test_what_was_not_compared_has_no_weight() -> None:
    found = weights(grow(HOME[:5]))
    assert found["near"] == Weight(None, None)
    upper = weights(grow(HOME[:6]))
    assert upper["east"] == Weight(None, None)
    lower = weights(grow([*HOME[:5], HOME[6]]))
    assert (lower["east"].local, lower["east"].overall) == (0.8, None)
    assert weights(grow(HOME[:1]))["light"] == Weight(1.0, 1.0)


@pytest.mark.parametrize(
    "turn",
    [
        GoalAdded("new", None, "Something else that counts"),
        GoalRemoved("near"),
        GoalMoved("near", "light", 0),
    ],
)
def test_points_do_not_outlive_the_sisters_they_compared(turn: GoalTurn) -> None:
    assert None not in grow([*HOME, turn]).points


def test_a_new_order_or_wording_keeps_the_points() -> None:
    tree = grow([*HOME, GoalMoved("near", None, 0), GoalReworded("near", "Friends close by")])
    assert [goal.id for goal in tree.below(None)] == ["near", "light"]
    assert tree.points == grow(HOME).points


def test_what_is_removed_takes_along_what_is_below() -> None:
    tree = grow([*HOME, GoalRemoved("light")])
    assert [goal.id for goal in tree.goals] == ["near"]
    assert tree.points == {}


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        (GoalAdded("light", None, "Again"), "already"),
        (GoalAdded("x", "gone", "Again"), "no goal 'gone'"),
        (GoalRemoved("gone"), "no goal 'gone'"),
        (GoalMoved("light", "trees", 0), "below itself"),
        (GoalMoved("light", "light", 0), "below itself"),
        (GoalMoved("east", None, 3), "2 sisters"),
        (GoalMoved("east", None, -1), "2 sisters"),
        (SwingsGiven(None, (("light", 100.0),)), "to each"),
        (SwingsGiven("near", (("light", 100.0),)), "to each"),
    ],
)
def test_a_turn_that_does_not_fit_is_refused(turn: GoalTurn, message: str) -> None:
    with pytest.raises(InvalidGoalError, match=message):
        grow([*HOME, turn])


def test_a_tree_has_bounds() -> None:
    deep = [GoalAdded("0", None, "x")]
    deep += [GoalAdded(str(n), str(n - 1), "x") for n in range(1, MAX_DEPTH)]
    with pytest.raises(InvalidGoalError, match="deep"):
        grow([*deep, GoalAdded("y", str(MAX_DEPTH - 1), "x")])
    with pytest.raises(InvalidGoalError, match="deep"):
        grow([*deep, GoalAdded("a", None, "x"), GoalAdded("b", "a", "x"), GoalMoved("a", "4", 0)])
    with pytest.raises(InvalidGoalError, match="200 goals"):
        grow([GoalAdded(str(number), None, "x") for number in range(MAX_GOALS + 1)])


@pytest.mark.parametrize("turn", HOME)
def test_turns_are_read_as_they_were_written(turn: GoalTurn) -> None:
    assert goal_turn_from_json(goal_turn_to_json(turn)) == turn


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "[]",
        "[" * 10_000,
        '{"kind": "Goal"}',
        '{"kind": "GoalRemoved", "id": 7}',
        '{"kind": "GoalRemoved", "id": "a", "by": "admin"}',
        '{"kind": "GoalAdded", "id": "a", "parent": 7, "text": "x"}',
        '{"kind": "GoalAdded", "id": "a", "parent": null, "text": "\\u0000"}',
        '{"kind": "GoalMoved", "id": "a", "parent": null, "place": true}',
        '{"kind": "SwingsGiven", "parent": null, "points": []}',
        '{"kind": "SwingsGiven", "parent": null, "points": [["a", 99]]}',
        '{"kind": "SwingsGiven", "parent": null, "points": [["a", 100], ["a", 100]]}',
        '{"kind": "SwingsGiven", "parent": null, "points": [["a", 100], ["b", -1]]}',
        '{"kind": "SwingsGiven", "parent": null, "points": [["a", 100], ["b", NaN]]}',
        '{"kind": "SwingsGiven", "parent": null, "points": [["a", true]]}',
        '{"kind": "SwingsGiven", "parent": null, "points": [[["a"], 100]]}',
        '{"kind": "SwingsGiven", "parent": null, "points": {"a": 100}}',
        " " * 200_001,
    ],
)
def test_a_malformed_turn_gets_a_sentence(sent: str) -> None:
    with pytest.raises(InvalidGoalError):
        goal_turn_from_json(sent)


def test_goals_get_the_advice_of_cards_where_it_fits() -> None:
    tree = grow(
        [
            GoalAdded("a", None, "Honesty"),  # it has something below it that shows it
            GoalAdded("b", "a", "Replies that name what is not known"),
            GoalAdded("c", "a", "Clarity"),
            GoalAdded("d", None, "Avoiding quarrels between neighbours"),
            GoalAdded("e", None, "Replies that name what is not yet known"),
        ]
    )
    assert [(name, advice.rule) for name, advice in lint_goals(tree)] == [
        ("c", Rule.NOT_CHECKABLE),
        ("c", Rule.TOO_ABSTRACT),
        ("d", Rule.NEGATIVE),
        ("e", Rule.DUPLICATE),
    ]


def test_trees_of_several_people_stand_side_by_side() -> None:
    other = grow(
        [
            GoalAdded("1", None, "friends, within a walk of the door!"),
            GoalAdded("2", None, "A garden"),
            GoalAdded("3", "2", "Windows to the east"),
            SwingsGiven(None, (("1", 100.0), ("2", 100.0))),
        ]
    )
    trees = {"ann": grow(HOME), "bea": other}
    rows = side_by_side(trees)
    assert [(row.text, sorted(row.cells)) for row in rows] == [
        ("Friends within a walk of the door", ["ann", "bea"]),
        ("Rooms with light in the morning", ["ann"]),
        ("Windows that look to the east", ["ann"]),
        ("Trees that stand back from the house", ["ann"]),
        ("A garden", ["bea"]),
        ("Windows to the east", ["bea"]),
    ]
    [cell] = rows[0].cells["bea"]
    assert (cell.goal_id, cell.weight.overall) == ("1", 0.5)
    joined = side_by_side(trees, [frozenset({("ann", "east"), ("bea", "3")})])
    assert len(joined) == 5
    assert joined[0].cells["bea"][0].path == ("A garden", "Windows to the east")
    with pytest.raises(InvalidGoalError, match="'9'"):
        side_by_side(trees, [frozenset({("ann", "east"), ("bea", "9")})])


def test_near_goals_of_different_people_are_named_for_somebody_to_confirm() -> None:
    trees = {
        "ann": grow(HOME),
        "bea": grow([GoalAdded("3", None, "Windows to the east"), GoalAdded("4", None, "A dog")]),
    }
    [found] = alike(trees)
    assert (found.one, found.other) == (("ann", "east"), ("bea", "3"))
    assert isinstance(found, Alike)
    assert 0.3 <= found.similarity < 1


TURNS: st.SearchStrategy[GoalTurn] = st.one_of(
    st.builds(
        GoalAdded, st.sampled_from("abcd"), st.none() | st.sampled_from("abcd"), st.just("words")
    ),
    st.builds(
        GoalMoved, st.sampled_from("abcd"), st.none() | st.sampled_from("abcd"), st.integers(0, 2)
    ),
    st.builds(GoalRemoved, st.sampled_from("abcd")),
    st.builds(
        lambda parent, points: SwingsGiven(parent, tuple({**points, max(points): 100.0}.items())),
        st.none() | st.sampled_from("abcd"),
        st.dictionaries(st.sampled_from("abcd"), st.floats(0, 100), min_size=1),
    ),
)


@given(st.lists(TURNS, max_size=25))
def test_weights_add_up_whatever_was_done(turns: list[GoalTurn]) -> None:
    tree = GoalTree()
    for turn in turns:
        try:
            tree = advance_goals(tree, turn)
        except InvalidGoalError:
            continue
        assert goal_turn_from_json(goal_turn_to_json(turn)) == turn
    found = weights(tree)
    assert set(found) == {goal.id for goal in tree.goals}  # nothing hangs loose
    for parent in [None, *found]:
        local = [found[goal.id].local for goal in tree.below(parent)]
        assert not local or None in local or sum(x or 0 for x in local) == pytest.approx(1)
    leaves = [found[goal.id].overall for goal in tree.goals if not tree.below(goal.id)]
    if leaves and None not in leaves:
        assert sum(x or 0 for x in leaves) == pytest.approx(1)


def test_json_of_a_turn_is_plain() -> None:
    assert json.loads(goal_turn_to_json(HOME[5]))["points"] == [["light", 60.0], ["near", 100.0]]
