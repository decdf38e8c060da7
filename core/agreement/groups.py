"""Agreement inside each group of answers: of an aspect, a prompt, a week, a group of people."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.agreement.coefficients import Coefficient, Scale
from core.agreement.measuring import Agreement, measure_agreement
from core.agreement.ratings import Ratings
from core.judgment import Floats, Indices

Interval = Literal["by_pair", "by_annotator", "by_both", "by_pair_drawn", "by_annotator_drawn"]


@dataclass(frozen=True, slots=True, eq=False)
class GroupAgreement:
    """One coefficient in each group.

    Attributes
    ----------
    group : ndarray of int64, shape (n_groups,)
        Ascending.
    found : tuple of Agreement or None, length n_groups
        None where the group does not determine it.
    n_answers, n_units : ndarray of int64, shape (n_groups,)
        About units that two people of the group or more judged.
    """

    group: Indices
    found: tuple[Agreement | None, ...]
    n_answers: Indices
    n_units: Indices

    @property
    def value(self) -> Floats:
        """Of each group, nan where it is not determined; shape (n_groups,)."""
        return np.array([np.nan if one is None else one.value for one in self.found])

    def interval(self, of: Interval) -> tuple[Floats, Floats]:
        """Low and high ends, nan where there is none; shape (n_groups,) each."""
        ends = [None if one is None else getattr(one, of) for one in self.found]
        low, high = (
            np.array([np.nan if end is None else getattr(end, name) for end in ends])
            for name in ("low", "high")
        )
        return low, high


def agreement_by_group(
    group: Indices,
    unit: Indices,
    annotator: Indices,
    category: Indices,
    *,
    n_categories: int,
    which: Coefficient = Coefficient.KRIPPENDORFF,
    scale: Scale = Scale.NOMINAL,
    values: Floats | None = None,
    level: float = 0.95,
    n_rounds: int = 0,
) -> GroupAgreement:
    """Measure a coefficient among the answers of each group.

    Only answers of one group are held against each other. Groups of people under the smallest size
    that a study shows have to be taken out before. Parameters are those of `measure_agreement`.

    Parameters
    ----------
    group : ndarray of int64, shape (n,)
        The group of each answer.
    """
    groups, place = np.unique(group, return_inverse=True)
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(len(groups) + 1))
    found: list[Agreement | None] = [None] * len(groups)
    counts = np.zeros((len(groups), 2), dtype=np.int64)
    for number in range(len(groups)):
        inside = order[bounds[number] : bounds[number + 1]]
        ratings = Ratings.of(
            unit[inside], annotator[inside], category[inside], n_categories=n_categories
        )
        counts[number] = ratings.n_pairable, (ratings.people > 1).sum()
        if counts[number, 1]:
            report = measure_agreement(
                ratings, scale=scale, values=values, only=[which], level=level, n_rounds=n_rounds
            )
            found[number] = report.found.get(which)
    return GroupAgreement(groups, tuple(found), *counts.T)
