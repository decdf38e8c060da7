"""Weights of goals from swings."""

from dataclasses import dataclass

from core.goals.tree import GoalTree


@dataclass(frozen=True, slots=True)
class Weight:
    """What a goal weighs.

    Attributes
    ----------
    local : float or None
        Among its sisters, in [0, 1], adding up to 1; None where swings were not compared.
    overall : float or None
        In the whole tree; None where swings were not compared here or higher up.
    """

    local: float | None
    overall: float | None


def weights(tree: GoalTree) -> dict[str, Weight]:
    r"""Normalise swing weights, among sisters and down the tree [1]_.

    Imagine all sisters at their worst. The swing to its best that one would make first has
    :math:`s = 100` points, every other one as many as it is worth beside that. Then

    .. math:: w_i = s_i \Big/ \sum_{j \in \text{sisters}(i)} s_j, \qquad
              W_i = w_i \, W_{\text{parent}(i)}, \quad W_{\text{root}} = 1,

    so that the overall weights of the goals with nothing below them add up to 1 where all swings
    were compared. A goal without sisters has all of the weight of what is above it. Weights hold
    for the ranges from worst to best that were compared, and not for goals as such.

    Returns
    -------
    dict of goal ids to Weight

    References
    ----------
    .. [1] von Winterfeldt and Edwards, "Decision Analysis and Behavioral Research", Cambridge
       University Press 1986, chapter 8 (swing weights; hierarchical weighting).
    """
    found: dict[str, Weight] = {}
    for goal in tree.walk():
        local = _local(tree, goal.parent).get(goal.id)
        above = 1.0 if goal.parent is None else found[goal.parent].overall
        overall = None if local is None or above is None else local * above
        found[goal.id] = Weight(local, overall)
    return found


def _local(tree: GoalTree, parent: str | None) -> dict[str, float]:
    sisters = tree.below(parent)
    if len(sisters) == 1:
        return {sisters[0].id: 1.0}
    points = tree.points.get(parent, {})
    total = sum(points.values())
    return {name: given / total for name, given in points.items()}
