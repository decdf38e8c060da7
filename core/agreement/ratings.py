"""Who gave which answer about which unit: one row an answer, and a table of counts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.estimates import NotDeterminedError
from core.judgment import Floats, Indices, ItemOutcome
from core.ordering import begins, numbered, stable_order

#: Codes of the answers. "Both bad" and "cannot be ranked" are answers here; a skipped pair was
#: not answered and has no code.
CODES = {
    ItemOutcome.FIRST: 0,
    ItemOutcome.SECOND: 1,
    ItemOutcome.TIE: 2,
    ItemOutcome.BOTH_BAD: 3,
    ItemOutcome.INCOMPARABLE: 4,
}


@dataclass(frozen=True, eq=False)
class Ratings:
    """Answers in order of units, one of each person about each unit.

    Attributes
    ----------
    unit, annotator : ndarray of int64, shape (n,)
        Numbered from 0 without gaps; rows ascend by unit, then by annotator.
    category : ndarray of int64, shape (n,)
        0 to `n_categories` - 1, in order where categories have one.
    n_categories : int
        How many answers could be given. Gwet's coefficients depend on it.
    annotators : ndarray of int64, shape (n_annotators,)
        The number that was given for each person.
    units : ndarray of int64, shape (n_units,)
        The number that was given for each unit.
    rows : ndarray of int64, shape (n,)
        The row of what was given that each answer came from.
    """

    unit: Indices
    annotator: Indices
    category: Indices
    n_categories: int
    annotators: Indices
    units: Indices
    rows: Indices

    @classmethod
    def of(
        cls, unit: Indices, annotator: Indices, category: Indices, *, n_categories: int
    ) -> "Ratings":
        """Order answers by unit; of several answers of one person about one unit the last counts.

        What people answer twice says nothing about agreement between people: it is their
        consistency with themselves.

        Parameters
        ----------
        unit, annotator : ndarray of int64, shape (n,)
            Any numbers from 0. Rows are in order of time.
        category : ndarray of int64, shape (n,)
            Of the items, not of the sides.

        Raises
        ------
        ValueError
            If a category is not among the `n_categories`.
        """
        if len(category) and not 0 <= category.min() <= category.max() < n_categories:
            raise ValueError(
                f"Categories are 0 to {n_categories - 1}, got {np.unique(category).tolist()}."
            )
        units, place = numbered(unit)
        annotators, person = numbered(annotator)
        last = _last_of_each(place, person, len(annotators))
        return cls(place[last], person[last], category[last], n_categories, annotators, units, last)

    def __len__(self) -> int:
        return len(self.unit)

    @cached_property
    def counts(self) -> Floats:
        """How many people gave each answer; shape (n_units, n_categories)."""
        shape = (len(self.units), self.n_categories)
        cells = self.unit * self.n_categories + self.category
        return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)

    @cached_property
    def people(self) -> Indices:
        """How many people answered about each unit; shape (n_units,)."""
        return np.bincount(self.unit, minlength=len(self.units)).astype(np.int64)

    @cached_property
    def starts(self) -> Indices:
        """The row at which each unit begins; shape (n_units,)."""
        return np.cumsum(self.people) - self.people

    @cached_property
    def n_pairable(self) -> int:
        """Answers about units with two people or more."""
        return int(self.people[self.people > 1].sum())

    def check_pairable(self) -> None:
        """Refuse answers that nobody else's can be held against.

        Raises
        ------
        NotDeterminedError
            If no unit was judged by two people.
        """
        if not (self.people > 1).any():
            raise NotDeterminedError(
                "Agreement is not determined: no pair has been judged by two people. Raise the "
                "overlap of the study or invite more people."
            )

    def where(self, chosen: NDArray[np.bool_]) -> "Ratings":
        """The answers for which `chosen` (n,) is true, with units and people numbered anew."""
        units, place = numbered(self.unit[chosen])
        annotators, person = numbered(self.annotator[chosen])
        return Ratings(
            place,
            person,
            self.category[chosen],
            self.n_categories,
            self.annotators[annotators],
            self.units[units],
            self.rows[chosen],
        )

    def without_annotator(self, annotator: int) -> "Ratings":
        """The answers of everybody else, `annotator` being the number that was given."""
        return self.where(self.annotators[self.annotator] != annotator)


def _last_of_each(place: Indices, person: Indices, n_people: int) -> Indices:
    """The last row of every unit and person, in order of units and people."""
    who = place * n_people + person
    row = stable_order(who)
    ends = np.append(begins(who[row])[1:], len(who))
    last: Indices = row[ends[: len(who)] - 1]
    return last
