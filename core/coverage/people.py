"""People coverage: who has answered, against the population that a study should speak for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.estimates import Estimate, NotDeterminedError, clustered_share
from core.judgment import Floats, Indices
from core.weights import Margin, RakingError, Weights, rake


@dataclass(frozen=True, slots=True)
class GroupCoverage:
    """One group of people against its share of the population.

    Attributes
    ----------
    group : int
    target : float
        Share of the population.
    share : Estimate or None
        Share of the people who answered, Wilson's interval; None: too few people to show, or it
        would tell how many are in such a group.
    missing : int or None
        People of the group to invite until it has its share of `wanted` people; None as above.
    """

    group: int
    target: float
    share: Estimate | None
    missing: int | None

    @property
    def is_missing(self) -> bool:
        """Whether the group is surely below its share; of hidden ones nothing is said."""
        return self.share is not None and self.share.high < self.target


@dataclass(frozen=True, slots=True)
class MarginCoverage:
    """All groups of one margin."""

    name: str
    groups: tuple[GroupCoverage, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PeopleCoverage:
    """How well people stand for a population.

    Attributes
    ----------
    n_people : int
    margins : tuple of MarginCoverage
    weights : Weights or None
        That meet all targets at once; None where none can, and `why_no_weights` says why.
    """

    n_people: int
    margins: tuple[MarginCoverage, ...]
    weights: Weights | None
    why_no_weights: str | None


def people_coverage(
    margins: Sequence[Margin], *, smallest: int, wanted: int, level: float = 0.95
) -> PeopleCoverage:
    """Hold the people of a study against its target population.

    Parameters
    ----------
    margins : sequence of Margin
        One entry a person who answered, in each of them.
    smallest : int
        Groups of fewer people are not shown. Where only one is too small, the next smallest is
        hidden too, as the rest would tell its size.
    wanted : int
        How many people the study wants in all.
    """
    weights, why = None, None
    try:
        weights = rake(margins)
    except (NotDeterminedError, RakingError) as error:
        why = str(error)
    return PeopleCoverage(
        len(margins[0].group),
        tuple(_covered(margin, smallest, wanted, level) for margin in margins),
        weights,
        why,
    )


def hidden_groups(counts: Indices, smallest: int) -> Indices:
    """Groups whose size must not be shown, ascending."""
    hidden = set(np.flatnonzero(counts < smallest).tolist())
    if len(hidden) == 1 and len(counts) > 1:
        others = [group for group in range(len(counts)) if group not in hidden]
        hidden.add(min(others, key=lambda group: int(counts[group])))
    return np.array(sorted(hidden), dtype=np.int64)


def _covered(margin: Margin, smallest: int, wanted: int, level: float) -> MarginCoverage:
    counts = np.bincount(margin.group, minlength=len(margin.target))
    hidden = set(hidden_groups(counts, smallest).tolist())
    return MarginCoverage(
        margin.name,
        tuple(
            _group(margin, group, None if group in hidden else int(counts[group]), wanted, level)
            for group in range(len(counts))
        ),
    )


def _group(margin: Margin, group: int, n: int | None, wanted: int, level: float) -> GroupCoverage:
    target = float(margin.target[group])
    if n is None:
        return GroupCoverage(group, target, None, None)
    inside: Floats = (margin.group == group).astype(np.float64)
    share = clustered_share(inside, np.arange(len(inside)), level=level)
    missing = max(0, int(np.ceil(target * wanted - 1e-9)) - n)
    return GroupCoverage(group, target, share, missing)
