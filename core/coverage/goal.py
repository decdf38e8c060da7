"""A study's target: how far it is, and what it would take."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from core.coverage.pairs import PairCoverage
from core.judgment import Floats


@dataclass(frozen=True, slots=True)
class CoverageGoal:
    """What a study wants before it stops; None: nothing is wanted of that kind.

    Attributes
    ----------
    judgments_per_pair, share_of_pairs : int, float, or None both
        So large a share of the possible pairs is to have so many judgments.
    half_width : float or None
        Half the width of the interval of the middle one of all differences, nats, at most.
    n_people : int or None
    """

    judgments_per_pair: int | None = None
    share_of_pairs: float | None = None
    half_width: float | None = None
    n_people: int | None = None


@dataclass(frozen=True, slots=True)
class GoalLine:
    """One target.

    Attributes
    ----------
    takes : int or None
        Judgments, or people, that are missing at least; None: the data do not say.
    assumes : str
        What that number rests on.
    """

    what: str
    reached: float
    wanted: float
    is_met: bool
    takes: int | None
    assumes: str


def how_far(
    goal: CoverageGoal, coverage: PairCoverage, *, half_width: float | None = None
) -> tuple[GoalLine, ...]:
    r"""Say of every target how far a study is and what it would take.

    Pairs: the judgments missing to the pairs that are nearest to having enough. Widths: intervals
    shrink with the root of the number of judgments, so that N judgments with half-width h become
    :math:`N (h / h^*)^2` for :math:`h^*`, judged as those so far.

    Parameters
    ----------
    half_width : float or None
        The median of `core.coverage.design.Differences`; None or nan: no fit yet.
    """
    lines = []
    if goal.judgments_per_pair is not None and goal.share_of_pairs is not None:
        lines.append(_pairs(coverage, goal.judgments_per_pair, goal.share_of_pairs))
    if goal.half_width is not None:
        lines.append(_widths(coverage.n_asked, goal.half_width, half_width))
    if goal.n_people is not None:
        n = len(coverage.annotators)
        lines.append(
            GoalLine(
                "people who judged", n, goal.n_people, n >= goal.n_people,
                max(0, goal.n_people - n), "each of them judges at least once",
            )
        )  # fmt: skip
    return tuple(lines)


def _pairs(coverage: PairCoverage, enough: int, share: float) -> GoalLine:
    possible = coverage.n_pairs_possible
    wanted = ceil(share * possible - 1e-9)
    have: Floats = np.zeros(possible)
    have[: len(coverage.asked_per_pair)] = np.sort(coverage.asked_per_pair)[::-1]
    missing = int(np.maximum(enough - have[:wanted], 0).sum())
    reached = float((have >= enough).mean()) if possible else 0.0
    return GoalLine(
        f"share of pairs with {enough} judgments", reached, share, missing == 0, missing,
        "the pairs nearest to having enough are asked first",
    )  # fmt: skip


def _widths(n_judgments: int, wanted: float, half_width: float | None) -> GoalLine:
    what = "half-width of the middle difference, nats"
    if half_width is None or not np.isfinite(half_width):
        return GoalLine(
            what, np.nan, wanted, is_met=False, takes=None, assumes="no fit has a width yet"
        )
    takes = max(0, ceil(n_judgments * ((half_width / wanted) ** 2 - 1)))
    return GoalLine(
        what, half_width, wanted, half_width <= wanted, takes,
        "judgments are spread over pairs as so far",
    )  # fmt: skip
