"""Agreement inside each group of answers: of an aspect, a prompt, a week, a group of people."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from core.agreement.coefficients import Coefficient, Scale
from core.agreement.measuring import Agreement, coefficient_of, measure_agreement
from core.agreement.ratings import Ratings
from core.judgment import Floats, Indices
from core.ordering import numbered, stable_order

Interval = Literal["by_pair", "by_annotator", "by_both", "by_pair_drawn", "by_annotator_drawn"]


@dataclass(frozen=True, slots=True, eq=False)
class GroupAgreement:
    """One coefficient in each group.

    Attributes
    ----------
    group : ndarray of int64, shape (n_groups,)
        Ascending.
    value : ndarray, shape (n_groups,)
        nan where the group does not determine it.
    found : tuple of Agreement or None, length n_groups
        With intervals; None where there is no value, or intervals were not wanted.
    n_answers, n_units : ndarray of int64, shape (n_groups,)
        About units that two people of the group or more judged.
    """

    group: Indices
    value: Floats
    found: tuple[Agreement | None, ...]
    n_answers: Indices
    n_units: Indices

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
    n_lowest: int | None = None,
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
    n_lowest : int or None
        Intervals take most of the time: those of so many groups with the lowest values; None: all.
    """
    groups, place = numbered(group)
    order = stable_order(place)
    bounds = np.searchsorted(place[order], np.arange(len(groups) + 1))
    inside = [order[begin:end] for begin, end in pairwise(bounds)]
    ratings = [
        Ratings.of(unit[rows], annotator[rows], category[rows], n_categories=n_categories)
        for rows in inside
    ]
    value = np.array([coefficient_of(one, which, scale, values) for one in ratings])
    found: list[Agreement | None] = [None] * len(groups)
    for number in _lowest(value, n_lowest):
        report = measure_agreement(
            ratings[number],
            scale=scale,
            values=values,
            only=[which],
            level=level,
            n_rounds=n_rounds,
        )
        found[number] = report.found.get(which)
    n_answers = np.array([one.n_pairable for one in ratings], dtype=np.int64)
    n_units = np.array([(one.people > 1).sum() for one in ratings], dtype=np.int64)
    return GroupAgreement(groups, value, tuple(found), n_answers, n_units)


def _lowest(value: Floats, n: int | None) -> Collection[int]:
    """Places of the lowest values that are known."""
    known = np.flatnonzero(np.isfinite(value))
    chosen: list[int] = known[np.argsort(value[known], kind="stable")][:n].tolist()
    return chosen
