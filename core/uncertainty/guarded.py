"""A hold-out that may be looked at again and again: it counts, and answers no more than it must."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.judgment import Floats, Indices

#: How often the hold-out of a study may disagree before it is spent.
BUDGET = 20
#: With fewer pairs its threshold and its noise drown what it could say.
FEWEST_PAIRS = 100
#: 97.5 % of a standard normal plus Laplace noise of scale 1 lie below this.
REACH = 3.4951


class SpentHoldOutError(DiscernError):
    """The hold-out has told all that it can without being learned by heart."""

    def __init__(self, n_looks: int) -> None:
        super().__init__(
            f"The guarded hold-out is spent after {n_looks} looks: its figures would no longer be "
            "those of new judgments. Collect new judgments for a fresh one."
        )


@dataclass(frozen=True, slots=True)
class Look:
    """One answer.

    Attributes
    ----------
    value : float
        What may be shown.
    from_hold_out : bool
        Whether the hold-out disagreed and was read, with noise; otherwise the training figure
        was close enough and is repeated.
    """

    value: float
    from_hold_out: bool


@dataclass(frozen=True, slots=True)
class GuardedHoldOut:
    r"""Thresholdout [1]_: a hold-out that answers many adaptive questions.

    A question is a figure on the training part (cross-validated) and the same figure on the
    hold-out, both means over independent units of values of a range `scale`. If they differ by
    less than a noisy threshold, the training figure is the answer, and the hold-out has told
    nothing but that. Otherwise the answer is the hold-out's with Laplace noise, and one of its
    `budget` is spent. With :math:`\hat T = T + \gamma`:

    .. math::
        |h - t| > \hat T + \eta \Rightarrow h + \xi; \quad \text{else } t, \qquad
        \gamma \sim L(2\sigma),\ \eta \sim L(4\sigma),\ \xi \sim L(\sigma)

    So wide is the noise that the hold-out is read in more than a fifth of the looks where both
    figures are the same: being read is no sign that something is wrong.

    Attributes
    ----------
    threshold, noise : float
        T and :math:`\sigma`, in units of the figure.
    budget : int
        How often it may still disagree.
    n_looks, n_disagreed : int
        How often it was looked at, and how often it disagreed: shown beside every figure.
    shift : float or None
        :math:`\gamma / \sigma`, kept from one disagreement to the next, whatever the size of the
        hold-out becomes; None before the first look.

    References
    ----------
    .. [1] Dwork, Feldman, Hardt, Pitassi, Reingold and Roth, "The reusable holdout: preserving
       validity in adaptive data analysis", Science 349, 2015, and "Generalization in adaptive
       data analysis and holdout reuse", NIPS 2015, figure 1.
    """

    threshold: float
    noise: float
    budget: int
    n_looks: int = 0
    n_disagreed: int = 0
    shift: float | None = None

    @classmethod
    def of(cls, n: int, *, scale: float = 1.0, budget: int = BUDGET) -> "GuardedHoldOut":
        """A hold-out of n units: the threshold is four standard errors, the noise one."""
        error = scale / (2 * float(np.sqrt(n)))
        return cls(threshold=4 * error, noise=error, budget=budget)

    @property
    def spent(self) -> bool:
        return self.budget < 1

    @property
    def reach(self) -> float:
        """An answer from the hold-out is within this of the truth with 95 %: chance and noise."""
        return REACH * self.noise

    def look(
        self, training: float, hold_out: float, rng: np.random.Generator
    ) -> tuple[Look, "GuardedHoldOut"]:
        """Answer one question, and say what is left; the state itself does not change.

        Raises
        ------
        SpentHoldOutError
            If the budget is spent.
        """
        if self.spent:
            raise SpentHoldOutError(self.n_looks)
        shift = float(rng.laplace(0, 2)) if self.shift is None else self.shift
        jitter = float(rng.laplace(0, 4))
        counted = replace(self, n_looks=self.n_looks + 1, shift=shift)
        if abs(hold_out - training) <= self.threshold + self.noise * (shift + jitter):
            return Look(training, from_hold_out=False), counted
        shown = hold_out + float(rng.laplace(0, self.noise))
        return Look(shown, from_hold_out=True), replace(
            counted, budget=self.budget - 1, n_disagreed=self.n_disagreed + 1, shift=None
        )


def set_aside(
    study: str, first: Sequence[str], second: Sequence[str], share: float
) -> NDArray[np.bool_]:
    """Which pairs belong to the hold-out of a study: the same ones in every fit; shape (n,).

    By a hash of the pair, so that nothing has to be stored, all judgments of a pair are on one
    side, and a larger share keeps the pairs of a smaller one.

    Parameters
    ----------
    study : str
        Its id: every study has pairs of its own.
    first, second : sequence of str
        Ids of the two items, in any order.
    share : float
        Of the pairs, in [0, 1].
    """
    if share <= 0:
        return np.zeros(len(first), dtype=np.bool_)
    limit = share * 2**64
    aside: dict[tuple[str, str], bool] = {}
    for pair in zip(first, second, strict=True):
        if pair not in aside:
            named = "\x1f".join((study, *sorted(pair))).encode()
            number = int.from_bytes(blake2b(named, digest_size=8).digest(), "big")
            aside[pair] = number < limit
    return np.array([aside[pair] for pair in zip(first, second, strict=True)], dtype=np.bool_)


def pair_means(values: Floats, pair: Indices) -> Floats:
    """Mean of each pair; shape (n_pairs,).

    Pairs are the independent units of the hold-out: judgments of one pair hang together.
    """
    _, number, size = np.unique(pair, return_inverse=True, return_counts=True)
    means: Floats = np.bincount(number, values) / size
    return means
