"""What is believed of the strengths while people judge: moved by every answer, at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from core.acquisition.block_columns import (
    add_product,
    block_of,
    column_of,
    items_of,
    part_along,
    quadratic_form,
)
from core.acquisition.predictive import Predictive, predictive
from core.blocks import BlockMatrix, Layout
from core.bradley_terry import BradleyTerry
from core.errors import DiscernError
from core.judgment import Floats, Indices

#: Entries of the covariance that are kept, 34 MB; prompts get theirs from the smallest on.
MAX_ENTRIES = 2_050**2
#: Of the precision of a difference, how much one answer that is taken back takes along at most.
_MOST_TAKEN = 0.9

K = TypeVar("K")
#: Precision and shift of a normal in the difference of two items, for each component they lie in.
Sites = tuple[tuple[float, float], ...]


class NoPriorError(DiscernError):
    """Strengths that the data leave open have no spread to choose pairs by."""

    def __init__(self) -> None:
        super().__init__(
            "This fit has no prior, so that strengths which comparisons do not connect could be "
            "anything. Fit with a finite prior scale to choose pairs by it."
        )


@dataclass(frozen=True, slots=True)
class Concern:
    """What uncertainty about strengths is bad for; see `core.acquisition.concerns`.

    Attributes
    ----------
    top : int or None
        Who belongs to the best so many of a prompt; None: the ranks of all.
    """

    top: int | None = None


@dataclass(slots=True, eq=False)
class Beliefs:
    r"""Normal beliefs about strengths that answers move one by one, without a new fit.

    .. math:: \theta \sim N(m, C)

    An answer to the pair (i, j) has, with d = e_i - e_j, s = dᵀm, v = dᵀCd and Davidson's model,
    a predictive distribution whose log has slope u and information J in s (see `predictive`).
    Beliefs then move as in assumed density filtering [1]_:

    .. math:: C' = C - J\, C d d^T C, \qquad m' = m + u\, C d

    J is the same for all answers. So *showing* a pair already shrinks C to where its answer will
    leave it, and fifty people who choose at once do not choose the same pair; the answer, when it
    comes, moves only m. Together they have multiplied the density by a normal in s, its site, with
    precision :math:`\lambda = J / (1 - J v)` and shift :math:`\eta`. What is never answered, and
    what is taken back, is divided out again:

    .. math:: C' = C + \frac{\lambda}{1 - \lambda v} C d d^T C, \qquad
              m' = m + \frac{\lambda s - \eta}{1 - \lambda v} C d

    which is exact, but for what later answers have made of it.

    The state is changed in place, and is not for two threads at once. It drifts from the posterior
    slowly; begin again from every new fit.

    C is full within a prompt, as far as `MAX_ENTRIES` reaches. Items of larger prompts are taken
    as independent (the mean field of TrueSkill): memory and time are then linear in the items,
    and a variance is believed that leaves out what items share.

    Attributes
    ----------
    items : tuple of str
    prompts : ndarray of int64, shape (n_items,)
    mean : ndarray, shape (n_items,)
        m, nats.
    covariance : BlockMatrix, width 1
        C, nats squared.
    tie_log_weight : float
        Log of Davidson's tie weight; minus infinity where ties cannot happen.
    exposure : ndarray of int64, shape (n_items,)
        How often each item was shown, as far as these beliefs know.
    stakes : dict of Concern to BlockMatrix
        C L² C for each concern that was put in, kept up to date with C.
    attended : dict of Concern to int
        After how many answers that was.
    pending : dict of (int, int) to list of sites
        Those of each shown and unanswered presentation of a pair.
    answered : dict of (int, int, int) to list of sites
        Those of each answer, by pair and outcome.
    asked : Counter of (int, int)
        How often each pair was shown, as far as these beliefs know.
    n_answers : int
        How often answers, given or taken back, have moved the means.

    References
    ----------
    .. [1] Minka, "A family of algorithms for approximate Bayesian inference", MIT 2001; for one
       answer at a time the same as Herbrich, Minka and Graepel, "TrueSkill", NIPS 2006, but with
       the covariances kept.
    """

    items: tuple[str, ...]
    prompts: Indices
    mean: Floats
    covariance: BlockMatrix
    tie_log_weight: float
    exposure: Indices
    stakes: dict[Concern, BlockMatrix] = field(default_factory=dict)
    attended: dict[Concern, int] = field(default_factory=dict)
    pending: dict[tuple[int, int], list[Sites]] = field(default_factory=dict)
    answered: dict[tuple[int, int, int], list[Sites]] = field(default_factory=dict)
    asked: Counter[tuple[int, int]] = field(default_factory=Counter)
    n_answers: int = 0
    _index: dict[str, int] = field(default_factory=dict, repr=False)

    @classmethod
    def prior(
        cls,
        items: Sequence[str],
        prompts: Indices,
        *,
        scale: float = 1.5,
        tie_log_weight: float = -np.inf,
        full: bool = True,
    ) -> "Beliefs":
        """Beliefs before any answer: strengths are independent with standard deviation `scale`.

        Without `full`, items of one prompt are taken as independent also after answers.
        """
        layout = _layout(prompts, full=full)
        here = np.arange(len(items))
        values = np.zeros(layout.n_values)
        values[layout.places(here, here)] = scale**2
        matrix = BlockMatrix(layout, values)
        nobody = np.zeros(len(items), dtype=np.int64)
        return cls(tuple(items), prompts, np.zeros(len(items)), matrix, tie_log_weight, nobody)

    @classmethod
    def of(
        cls,
        fit: BradleyTerry,
        items: Sequence[str] | None = None,
        prompts: Indices | None = None,
    ) -> "Beliefs":
        """Beliefs at a finished fit; the levels of its components are what the prior says.

        A fit so large that it holds no full covariance gives variances only.

        Parameters
        ----------
        items, prompts : sequence of str and ndarray of int64, both of length n_items, or None
            All items of the study and their prompts; those that the fit does not know are
            believed as before any answer. None: those of the fit.

        Raises
        ------
        NoPriorError
            If the fit has no prior.
        """
        if not np.isfinite(fit.prior_scale):
            raise NoPriorError
        items = fit.items if items is None else tuple(items)
        prompts = fit.prompts if prompts is None else prompts
        beliefs = cls.prior(
            items,
            prompts,
            scale=fit.prior_scale,
            tie_log_weight=fit.tie_log_weight,
            full=fit.covariance.layout.fits,
        )
        place = {name: number for number, name in enumerate(fit.items)}
        fitted = np.array([place.get(name, -1) for name in items], dtype=np.int64)
        known = fitted >= 0
        beliefs.mean[known] = fit.strengths[fitted[known]]
        for members, blocks in beliefs.covariance.layout.stacks(beliefs.covariance.values):
            if members.shape[1] == 1:
                alone = known[members[:, 0]]
                blocks[alone, 0, 0] = _fitted_variances(fit)[fitted[members[alone, 0]]]
                continue
            for block, inside in zip(blocks, members, strict=True):
                rows = np.flatnonzero(known[inside])
                block[np.ix_(rows, rows)] = _fitted_covariance(fit, fitted[inside[rows]])
        return beliefs

    def index(self, item: str) -> int:
        """The place of an item.

        Raises
        ------
        KeyError
            If these beliefs do not know it: it came after the fit.
        """
        if not self._index:
            self._index.update((name, i) for i, name in enumerate(self.items))
        return self._index[item]

    @property
    def variance(self) -> Floats:
        """The diagonal of C."""
        return self.covariance.variances()[0]

    def differences(self, first: Indices, second: Indices) -> tuple[Floats, Floats]:
        """Mean and variance of strength of `first` minus that of `second`; shape (n,)."""
        gap = self.mean[first] - self.mean[second]
        return gap, quadratic_form(self.covariance, first, second)

    def stake(self, concern: Concern, first: Indices, second: Indices) -> Floats:
        """dᵀ C L² C d of each pair; shape (n,)."""
        return quadratic_form(self.stakes[concern], first, second)

    def predict(self, first: Indices, second: Indices) -> Predictive:
        return predictive(*self.differences(first, second), self.tie_log_weight)

    def expect(self, first: int, second: int) -> None:
        """A pair is shown: believe as if answered, but not yet what."""
        first, second = _ordered(first, second)
        pair = np.array([first]), np.array([second])
        information = float(self.predict(*pair).information[0])
        sites = []
        for component in self._components(first, second):
            own = self._variance_in(component, first, second)
            precision = information / (1 - information * own)
            sites.append((precision, precision * self._gap_in(component, first, second)))
            self._shrink(component, first, second, information)
        self.pending.setdefault((first, second), []).append(tuple(sites))
        self.asked[first, second] += 1
        self.exposure[[first, second]] += 1

    def answer(self, first: int, second: int, outcome: int) -> None:
        """Move by an answer: +1 the first is better, 0 a tie, -1 the second is better.

        If the pair was not shown before, it is as if it had been.
        """
        outcome = outcome if first < second else -outcome
        first, second = _ordered(first, second)
        if not self.pending.get((first, second)):
            self.expect(first, second)
        sites = _pop(self.pending, (first, second))
        components = self._components(first, second)
        now = [self._variance_in(component, first, second) for component in components]
        # How much larger the column C d was before this presentation shrank it.
        growth = [1 / (1 - lent * own) for (lent, _), own in zip(sites, now, strict=True)]
        before = sum(own * larger for own, larger in zip(now, growth, strict=True))
        gap = np.array([self.mean[first] - self.mean[second]])
        slope = float(predictive(gap, np.array([before]), self.tie_log_weight).slope(outcome)[0])
        moved = []
        for component, (precision, shift), larger in zip(components, sites, growth, strict=True):
            column = column_of(self.covariance, component, first, second)
            self.mean[items_of(self.covariance.layout, component)] += slope * larger * column
            moved.append((precision, shift + slope * larger))
        self.answered.setdefault((first, second, outcome), []).append(tuple(moved))
        self.n_answers += 1

    def release(self, first: int, second: int) -> None:
        """A pair that was shown will not be answered: know again as little as before."""
        first, second = _ordered(first, second)
        self._divide_out(first, second, _pop(self.pending, (first, second)))

    def has_heard(self, first: int, second: int, outcome: int) -> bool:
        """Whether such an answer was given, and not taken back, since these beliefs began."""
        outcome = outcome if first < second else -outcome
        return (*_ordered(first, second), outcome) in self.answered

    def take_back(self, first: int, second: int, outcome: int) -> None:
        """An answer does not stand any more: believe as if the pair had not been shown.

        An answer that came before the fit at which these beliefs began has the site that Laplace's
        approximation gives it, at the means of now.
        """
        outcome = outcome if first < second else -outcome
        first, second = _ordered(first, second)
        if self.has_heard(first, second, outcome):
            sites = _pop(self.answered, (first, second, outcome))
        else:
            gap = np.array([self.mean[first] - self.mean[second]])
            told = predictive(gap, np.zeros(1), self.tie_log_weight)
            precision, slope = float(told.information[0]), float(told.slope(outcome)[0])
            sites = tuple(
                (precision, precision * self._gap_in(component, first, second) + slope)
                for component in self._components(first, second)
            )
        self._divide_out(first, second, sites)
        self.n_answers += 1

    def _divide_out(self, first: int, second: int, sites: Sites) -> None:
        components = self._components(first, second)
        for component, (precision, shift) in zip(components, sites, strict=True):
            own = self._variance_in(component, first, second)
            gap = self._gap_in(component, first, second)
            taken = min(precision, _MOST_TAKEN / own)
            growth = 1 / (1 - taken * own)
            # Where less precision is taken than there was, the move stays that of the answer.
            move = (precision * gap - shift) * growth
            column = column_of(self.covariance, component, first, second)
            self.mean[items_of(self.covariance.layout, component)] += move * column
            self._shrink(component, first, second, -taken * growth)
        self.asked[first, second] -= 1
        self.exposure[[first, second]] -= 1

    def _components(self, first: int, second: int) -> list[int]:
        layout = self.covariance.layout
        return sorted({int(layout.component[first]), int(layout.component[second])})

    def _variance_in(self, component: int, first: int, second: int) -> float:
        """Variance of the part of the difference that lies in a component."""
        column = column_of(self.covariance, component, first, second)
        return part_along(self.covariance.layout, component, first, second, column)

    def _gap_in(self, component: int, first: int, second: int) -> float:
        """Mean of the part of the difference that lies in a component."""
        own = self.mean[items_of(self.covariance.layout, component)]
        return part_along(self.covariance.layout, component, first, second, own)

    def _shrink(self, component: int, first: int, second: int, amount: float) -> None:
        r"""Take :math:`J\, C d d^T C` from C, and from each stake what follows.

        With c = C d, M = C L² C and a = M d:
        :math:`M' = M - J (a c^T + c a^T) + J^2 (d^T a) c c^T`.
        """
        column = column_of(self.covariance, component, first, second)
        for matrix in self.stakes.values():
            other = column_of(matrix, component, first, second)
            along = part_along(matrix.layout, component, first, second, other)
            half = amount * other - (amount**2 * along / 2) * column
            add_product(block_of(matrix, component), -half, column)
            add_product(block_of(matrix, component), -column, half)
        add_product(block_of(self.covariance, component), -amount * column, column)


def _ordered(first: int, second: int) -> tuple[int, int]:
    return min(first, second), max(first, second)


def _pop(kept: dict[K, list[Sites]], key: K) -> Sites:
    """Take the newest that is kept there, and forget the key with the last."""
    sites = kept[key].pop()
    if not kept[key]:
        del kept[key]
    return sites


def _fitted_variances(fit: BradleyTerry) -> Floats:
    """Variances of strengths, the levels of components with what the prior leaves."""
    layout = fit.covariance.layout
    variances: Floats = fit.covariance.variances()[0] + fit.prior_scale**2 / layout.items_beside
    return variances


def _fitted_covariance(fit: BradleyTerry, items: Indices) -> Floats:
    """The same for all pairs of some items."""
    layout = fit.covariance.layout
    one, other = np.repeat(items, len(items)), np.tile(items, len(items))
    beside = layout.component[one] == layout.component[other]
    level = fit.prior_scale**2 / layout.items_beside[one]
    inside = fit.covariance.between(one, other)[:, 0, 0] + level
    covariance: Floats = np.where(beside, inside, 0.0)
    return covariance.reshape(len(items), -1)


def _layout(prompts: Indices, *, full: bool = True) -> Layout:
    """One block a prompt, from the smallest on while there is room; else one an item."""
    sizes = np.bincount(prompts)
    by_size = np.argsort(sizes, kind="stable")
    room = np.cumsum(sizes[by_size] ** 2) <= MAX_ENTRIES
    small = np.zeros(len(sizes), dtype=np.bool_)
    small[by_size] = room & full
    labels = np.where(small[prompts], prompts, len(sizes) + np.arange(len(prompts)))
    return Layout.of(np.unique(labels, return_inverse=True)[1].astype(np.int64), 1)
