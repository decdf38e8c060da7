"""What is believed of the strengths while people judge: moved by every answer, at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.acquisition.predictive import Predictive, predictive
from core.blocks import BlockMatrix, Layout
from core.bradley_terry import BradleyTerry
from core.errors import DiscernError
from core.judgment import Floats, Indices

#: Entries of the covariance that are kept, 34 MB; prompts get theirs from the smallest on.
MAX_ENTRIES = 2_050**2
#: Rows of a block that are changed in one go, so that they stay in the processor's cache.
_ROWS = 64


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
    comes, moves only m. A pair that is never answered is released: C goes back exactly.

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
    pending : dict of (int, int) to list of tuple of float
        What each shown and unanswered presentation of a pair has lent: precision, for each
        component that its items lie in.
    asked : Counter of (int, int)
        How often each pair was shown, as far as these beliefs know.
    n_answers : int
        How many answers have moved the means.

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
    pending: dict[tuple[int, int], list[tuple[float, ...]]] = field(default_factory=dict)
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
        return gap, _quadratic(self.covariance, first, second)

    def stake(self, concern: Concern, first: Indices, second: Indices) -> Floats:
        """dᵀ C L² C d of each pair; shape (n,)."""
        return _quadratic(self.stakes[concern], first, second)

    def predict(self, first: Indices, second: Indices) -> Predictive:
        return predictive(*self.differences(first, second), self.tie_log_weight)

    def expect(self, first: int, second: int) -> None:
        """A pair is shown: believe as if answered, but not yet what."""
        pair = np.array([first]), np.array([second])
        information = float(self.predict(*pair).information[0])
        lents = []
        for component in self._components(first, second):
            own = self._variance_in(component, first, second)
            lents.append(information / (1 - information * own))
            self._shrink(component, first, second, information)
        self.pending.setdefault(_key(first, second), []).append(tuple(lents))
        self.asked[_key(first, second)] += 1
        self.exposure[[first, second]] += 1

    def answer(self, first: int, second: int, outcome: int) -> None:
        """Move by an answer: +1 the first is better, 0 a tie, -1 the second is better.

        If the pair was not shown before, it is as if it had been.
        """
        if not self.pending.get(_key(first, second)):
            self.expect(first, second)
        lents = self._take(first, second)
        components = self._components(first, second)
        now = [self._variance_in(component, first, second) for component in components]
        # How much larger the column C d was before this presentation shrank it.
        growth = [1 / (1 - lent * own) for lent, own in zip(lents, now, strict=True)]
        before = sum(own * larger for own, larger in zip(now, growth, strict=True))
        gap = np.array([self.mean[first] - self.mean[second]])
        slope = float(predictive(gap, np.array([before]), self.tie_log_weight).slope(outcome)[0])
        for component, larger in zip(components, growth, strict=True):
            column = _column(self.covariance, component, first, second)
            self.mean[_items_of(self.covariance.layout, component)] += slope * larger * column
        self.n_answers += 1

    def release(self, first: int, second: int) -> None:
        """A pair that was shown will not be answered: know again as little as before."""
        components = self._components(first, second)
        for component, lent in zip(components, self._take(first, second), strict=True):
            own = self._variance_in(component, first, second)
            self._shrink(component, first, second, -lent / (1 - lent * own))
        self.asked[_key(first, second)] -= 1
        self.exposure[[first, second]] -= 1

    def _take(self, first: int, second: int) -> tuple[float, ...]:
        """Forget one presentation that waits, and return the precisions that it lent."""
        lents = self.pending[_key(first, second)]
        lent = lents.pop()
        if not lents:
            del self.pending[_key(first, second)]
        return lent

    def _components(self, first: int, second: int) -> list[int]:
        layout = self.covariance.layout
        return sorted({int(layout.component[first]), int(layout.component[second])})

    def _variance_in(self, component: int, first: int, second: int) -> float:
        """Variance of the part of the difference that lies in a component."""
        column = _column(self.covariance, component, first, second)
        return _along(self.covariance.layout, component, first, second, column)

    def _shrink(self, component: int, first: int, second: int, amount: float) -> None:
        r"""Take :math:`J\, C d d^T C` from C, and from each stake what follows.

        With c = C d, M = C L² C and a = M d:
        :math:`M' = M - J (a c^T + c a^T) + J^2 (d^T a) c c^T`.
        """
        column = _column(self.covariance, component, first, second)
        for matrix in self.stakes.values():
            other = _column(matrix, component, first, second)
            along = _along(matrix.layout, component, first, second, other)
            half = amount * other - (amount**2 * along / 2) * column
            _add(_block(matrix, component), -half, column)
            _add(_block(matrix, component), -column, half)
        _add(_block(self.covariance, component), -amount * column, column)


def _key(first: int, second: int) -> tuple[int, int]:
    return min(first, second), max(first, second)


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


def _block(matrix: BlockMatrix, component: int) -> Floats:
    """A view of the block of a component."""
    layout = matrix.layout
    size, start = int(layout.sizes[component]), int(layout.starts[component])
    return matrix.values[start : start + size**2].reshape(size, size)


def _items_of(layout: Layout, component: int) -> Indices:
    end = int(layout.sizes[: component + 1].sum())
    return layout.order[end - int(layout.sizes[component]) : end]


def _column(matrix: BlockMatrix, component: int, first: int, second: int) -> Floats:
    """The matrix times e_first - e_second, for the items of a component."""
    layout, block = matrix.layout, _block(matrix, component)
    if layout.component[first] == layout.component[second]:
        column: Floats = block[layout.slot[first]] - block[layout.slot[second]]
        return column
    if layout.component[first] == component:
        own: Floats = block[layout.slot[first]].copy()
        return own
    other: Floats = -block[layout.slot[second]]
    return other


def _along(layout: Layout, component: int, first: int, second: int, column: Floats) -> float:
    """e_first - e_second times a column of a component."""
    along = 0.0
    for item, sign in ((first, 1.0), (second, -1.0)):
        if layout.component[item] == component:
            along += sign * float(column[layout.slot[item]])
    return along


def _add(block: Floats, left: Floats, right: Floats) -> None:
    """Add left rightᵀ, a few rows at a time."""
    for begin in range(0, len(block), _ROWS):
        rows = slice(begin, begin + _ROWS)
        block[rows] += left[rows, None] * right


def _quadratic(matrix: BlockMatrix, first: Indices, second: Indices) -> Floats:
    """dᵀ M d of each pair, not below zero."""
    layout, values = matrix.layout, matrix.values
    diagonal = matrix.variances()[0]
    quadratic: Floats = diagonal[first] + diagonal[second]
    beside = layout.component[first] == layout.component[second]
    if beside.all():
        quadratic -= 2 * values[layout.places(first, second)]
    elif beside.any():
        quadratic[beside] -= 2 * values[layout.places(first[beside], second[beside])]
    return np.maximum(quadratic, 0.0)
