"""Times at which strengths changed: Bradley-Terry fits to parts of the time, held together."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.bradley_terry import BradleyTerry
from core.comparison_graph import components
from core.drift.fluctuation import Fluctuation, fluctuation
from core.drift.residuals import N_ROUNDS, Decisions, Residuals, Signs
from core.drift.strength_changes import (
    Crossing,
    Shifts,
    Sides,
    Where,
    crossing,
    shifts,
    where_changed,
    within_people,
)
from core.estimates import Estimate, NotDeterminedError
from core.fitting.bradley_terry import fit_bradley_terry
from core.judgment import Comparisons, Floats, Indices

#: Decided judgments, and sittings, with which a change could be told from chance and mood.
FEWEST_JUDGMENTS, FEWEST_SITTINGS = 100, 10
#: Items that are followed, the most judged first.
MOST_ITEMS = 1_000
#: Steps in time, and numbers that all rounds may take.
MOST_STEPS, FEWEST_STEPS, LEAST_OF_STEP, MOST_NUMBERS = 400, 40, 5, 100_000_000
MIN_STEPS = 8
#: A place goes at most so often to where the fits beside it say.
MOST_MOVES = 4
#: A pause in what one person says that ends a sitting, microseconds.
PAUSE = 3_600_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StrengthChange:
    """A time at which strengths changed.

    Attributes
    ----------
    at, low, high : int
        Microseconds since 1970, and the ends of a 95 % interval.
    p_value : float
        Adjusted: at most 0.05.
    n_before, n_after : int
        Decided judgments between this change and its neighbours.
    items : ndarray of int64, shape (n_followed,)
        Indices of the items in the comparisons.
    before, after : ndarray, shape (n_followed,)
        Strengths, nats.
    shifts : Shifts
    within : Estimate or None
        Share of the change that is of the same people; None where nobody tells of it.
    n_people : int
        Who tell of it.
    """

    at: int
    low: int
    high: int
    p_value: float
    n_before: int
    n_after: int
    items: Indices
    before: Floats
    after: Floats
    shifts: Shifts
    within: Estimate | None
    n_people: int

    @property
    def where(self) -> Where:
        return where_changed(self.within)


@dataclass(frozen=True, slots=True, eq=False)
class StrengthChanges:
    """All changes of strengths, and what would have been found.

    Attributes
    ----------
    changes : tuple of StrengthChange
        In order of time.
    detectable : ndarray, shape (n_items,)
        As `Fluctuation` has it, of all the time; infinite for items that are not followed.
    n, n_people, n_sittings : int
        Decided judgments that were looked at, and whose they are.
    """

    changes: tuple[StrengthChange, ...]
    detectable: Floats
    n: int
    n_people: int
    n_sittings: int


def strength_changes(
    comparisons: Comparisons,
    judged_at: Indices,
    *,
    prior_scale: float,
    level: float = 0.05,
    rng: np.random.Generator,
) -> StrengthChanges:
    r"""Find the times at which strengths changed, and what moved by how much.

    Binary segmentation with `core.drift.fluctuation.fluctuation`, parts at depth d tested at
    :math:`\mathrm{level} / 2^{2d + 1}`, as in `core.drift.change_points`: in at most a share of
    `level` of studies without change one is found. Each place then goes to where the two fits
    beside it say (`crossing`), and both are fitted once more.

    Only decisions count: in Davidson's model the strengths decide them whatever the weight of ties,
    so that people who call more ties than before change nothing.

    Parameters
    ----------
    comparisons : Comparisons
    judged_at : ndarray of int64, shape (n_comparisons,)
        Microseconds since 1970; negative where it is not known, which is left out.
    prior_scale : float
        Of the fits that are tested, nats. Those to the two sides of a change have the largest of
        it and of what the evidence of either side says.
    level : float
        Share of studies without change in which one is found.

    Raises
    ------
    NotDeterminedError
        If there are too few decided judgments at known times, sittings, or judgments of any item.

    References
    ----------
    See `core.drift.fluctuation.fluctuation` and `core.drift.change_points`.
    """
    search = _Search.of(comparisons, judged_at, prior_scale, level, rng)
    found, whole = search.found()
    if not np.isfinite(whole.detectable).any():
        raise NotDeterminedError(
            "No item has been judged often enough on both sides of any time to say whether its "
            "strength changed. Ask about the same items again and again over the whole time."
        )
    detectable = np.full(len(comparisons.items), np.inf)
    detectable[search.items] = whole.detectable
    decisions = search.decisions
    return StrengthChanges(
        tuple(search.described(found)),
        detectable,
        len(decisions),
        len(np.unique(decisions.comparisons.annotator)),
        len(np.unique(decisions.sitting)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What stays the same while changes are looked for."""

    decisions: Decisions
    begins: Indices  # of each step, and the end of the last, microseconds
    items: Indices
    prior_scale: float
    level: float
    rng: np.random.Generator

    @classmethod
    def of(
        cls,
        comparisons: Comparisons,
        judged_at: Indices,
        prior_scale: float,
        level: float,
        rng: np.random.Generator,
    ) -> "_Search":
        usable = (comparisons.outcome != 0) & (judged_at >= 0)
        items, chosen = _followed(comparisons, usable)
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(judged_at[rows], kind="stable")]
        time, part = judged_at[rows], _only(comparisons, items, rows)
        sitting = _sittings(part.annotator, time)
        _check_enough(len(part), len(np.unique(sitting)))
        step = _steps(time, len(items))
        begins = np.append(time[np.unique(step, return_index=True)[1]], time[-1])
        return cls(Decisions(part, sitting, step), begins, items, prior_scale, level, rng)

    @property
    def n_steps(self) -> int:
        return len(self.begins) - 1

    def found(self) -> tuple[list[tuple[int, float]], Fluctuation]:
        """Places and adjusted p-values of changes, and the test of all the time."""
        found: list[tuple[int, float]] = []
        whole = self._test(0, self.n_steps, 0)
        waiting = [(0, self.n_steps, 0, whole)]
        while waiting:
            begin, end, depth, test = waiting.pop()
            adjusted = test.p_value * 2 ** (2 * depth + 1) if test else 1.0
            if test is None or adjusted > self.level:
                continue
            middle = begin + test.place
            found.append((middle, adjusted))
            waiting += [
                (*part, depth + 1, self._test(*part, depth + 1))
                for part in ((begin, middle), (middle, end))
            ]
        if whole is None:
            raise NotDeterminedError(
                f"Nearly all judgments are of the same time: a change needs {MIN_STEPS} different "
                "times. Judge on."
            )
        return sorted(found), whole

    def _test(self, begin: int, end: int, depth: int) -> Fluctuation | None:
        part = self.decisions.between(begin, end)
        if end - begin < MIN_STEPS or len(part) < FEWEST_JUDGMENTS:
            return None
        residuals = Residuals.around(part, part.gap(self._fit(part).strengths))
        return fluctuation(residuals, self.level / 2 ** (2 * depth + 1), self.rng)

    def _fit(
        self, part: Decisions, prior_scale: float | Literal["evidence"] | None = None
    ) -> BradleyTerry:
        scale = self.prior_scale if prior_scale is None else prior_scale
        return fit_bradley_terry(
            part.comparisons, prior_scale=scale, ties=False, approximation="laplace"
        )

    def described(self, found: list[tuple[int, float]]) -> list[StrengthChange]:
        """Say of each change where it is, how sure, and what moved."""
        edges = [0, *(place for place, _ in found), self.n_steps]
        described = []
        for number, (_, p_value) in enumerate(found, start=1):
            begin, place, end = edges[number - 1 : number + 2]
            there = self._settled(self.decisions.between(begin, end), place - begin)
            edges[number] = begin + there.sides.place
            at, low, high = (
                int(self.begins[begin + k])
                for k in (there.sides.place, there.where.low, there.where.high)
            )
            described.append(
                StrengthChange(at, low, high, p_value, items=self.items, **there.said())
            )
        return described

    def _settled(self, part: Decisions, place: int) -> "_There":
        """Move a place to where the two fits beside it say."""
        signs = Signs.draw(part, self.rng)
        common = self._fit(part).strengths
        there = _There.at(self._sides(part, place), common, signs, self.rng)
        for _ in range(MOST_MOVES):
            if there.where.place == there.sides.place:
                break
            there = _There.at(self._sides(part, there.where.place), common, signs, self.rng)
        return there

    def _sides(self, part: Decisions, place: int) -> Sides:
        n_steps = int(part.step.max()) + 1
        parts = part.between(0, place), part.between(place, n_steps)
        # What is alike over all the time may differ widely on either side.
        scale = max(self._fit(side, "evidence").prior_scale for side in parts)
        scale = max(scale, self.prior_scale)
        before, after = (self._fit(side, scale).strengths for side in parts)
        one, other = (components(part.n_items, *side.ends) for side in parts)
        _, group = np.unique(one * part.n_items + other, return_inverse=True)
        return Sides(part, place, before, after, scale, group)


@dataclass(frozen=True, slots=True, eq=False)
class _There:
    """All that is known of one place."""

    sides: Sides
    moved: Shifts
    where: Crossing

    @classmethod
    def at(cls, sides: Sides, common: Floats, signs: Signs, rng: np.random.Generator) -> "_There":
        residuals = sides.residuals()
        moved = shifts(sides, residuals, signs)
        where = crossing(sides, common, moved.direction, residuals=residuals, signs=signs, rng=rng)
        return cls(sides, moved, where)

    def said(self) -> dict[str, Any]:
        sides = self.sides
        within, n_people = within_people(sides, self.moved.direction)
        n_after = int(sides.later.sum())
        before, after = (
            np.where(sides.comparable, sides.centred(side), np.nan)
            for side in (sides.before, sides.after)
        )
        return {
            "n_before": len(sides.decisions) - n_after,
            "n_after": n_after,
            "before": before,
            "after": after,
            "shifts": self.moved,
            "within": within,
            "n_people": n_people,
        }


def _followed(
    comparisons: Comparisons, usable: NDArray[np.bool_]
) -> tuple[Indices, NDArray[np.bool_]]:
    """The most judged items, and the judgments between them."""
    n = np.zeros(len(comparisons.items), dtype=np.int64)
    for end in (comparisons.first, comparisons.second):
        n += np.bincount(end[usable], minlength=len(n))
    items = np.sort(np.argsort(-n, kind="stable")[:MOST_ITEMS])
    items = items[n[items] > 0]
    inside = np.isin(np.arange(len(n)), items)
    return items, usable & inside[comparisons.first] & inside[comparisons.second]


def _only(comparisons: Comparisons, items: Indices, rows: Indices) -> Comparisons:
    """These judgments of these items, in this order."""
    number = np.full(len(comparisons.items), -1)
    number[items] = np.arange(len(items))
    return Comparisons(
        tuple(comparisons.items[item] for item in items.tolist()),
        comparisons.prompts[items],
        number[comparisons.first[rows]],
        number[comparisons.second[rows]],
        comparisons.outcome[rows],
        comparisons.annotator[rows],
    )


def _sittings(person: Indices, time: Indices) -> Indices:
    """Number what each person said without a long pause; in order of time, (n,)."""
    order = np.lexsort((time, person))
    new = np.ones(len(time), dtype=bool)
    new[1:] = (np.diff(person[order]) != 0) | (np.diff(time[order]) > PAUSE)
    sitting = np.empty(len(time), dtype=np.int64)
    sitting[order] = np.cumsum(new) - 1
    return sitting


def _steps(time: Indices, n_items: int) -> Indices:
    """Equally many judgments a step, and one step for those of one moment; (n,), sorted."""
    affordable = MOST_NUMBERS // (n_items * N_ROUNDS[1])
    most = min(MOST_STEPS, max(FEWEST_STEPS, affordable), len(time) // LEAST_OF_STEP)
    first = np.searchsorted(time, time, side="left")
    steps: Indices = np.unique(first * most // len(time), return_inverse=True)[1]
    return steps


def _check_enough(n: int, n_sittings: int) -> None:
    if n < FEWEST_JUDGMENTS:
        raise NotDeterminedError(
            f"Changes of strengths need {FEWEST_JUDGMENTS} decided judgments at known times, there "
            f"are {n}. Judge more pairs."
        )
    if n_sittings < FEWEST_SITTINGS:
        raise NotDeterminedError(
            f"The judgments are of {n_sittings} sittings only, and a change needs "
            f"{FEWEST_SITTINGS}: else it cannot be told from how somebody felt in one of them. "
            "Judge on other days, or ask more people."
        )
