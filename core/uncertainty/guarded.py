"""A hold-out that may be looked at again and again: it counts, and answers no more than it must."""

from dataclasses import dataclass, replace

import numpy as np

from core.errors import DiscernError


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
    hold-out, both means over judgments of values of a range `scale`. If they differ by less than
    a noisy threshold, the training figure is the answer, and the hold-out has told nothing but
    that. Otherwise the answer is the hold-out's with Laplace noise, and one of its `budget` is
    spent. With :math:`\hat T = T + \gamma`:

    .. math::
        |h - t| > \hat T + \eta \Rightarrow h + \xi; \quad \text{else } t, \qquad
        \gamma \sim L(2\sigma),\ \eta \sim L(4\sigma),\ \xi \sim L(\sigma)

    Attributes
    ----------
    threshold, noise : float
        T and :math:`\sigma`, in units of the figure.
    budget : int
        How often it may still disagree.
    n_looks, n_disagreed : int
        How often it was looked at, and how often it disagreed: shown beside every figure.
    shift : float or None
        :math:`\gamma`, kept from one disagreement to the next; None before the first look.

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
    def of(cls, n: int, *, scale: float = 1.0, budget: int = 20) -> "GuardedHoldOut":
        """A hold-out of n judgments: the threshold is four standard errors, the noise one."""
        error = scale / (2 * float(np.sqrt(n)))
        return cls(threshold=4 * error, noise=error, budget=budget)

    @property
    def spent(self) -> bool:
        return self.budget < 1

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
        shift = float(rng.laplace(0, 2 * self.noise)) if self.shift is None else self.shift
        jitter = float(rng.laplace(0, 4 * self.noise))
        counted = replace(self, n_looks=self.n_looks + 1, shift=shift)
        if abs(hold_out - training) <= self.threshold + shift + jitter:
            return Look(training, from_hold_out=False), counted
        shown = hold_out + float(rng.laplace(0, self.noise))
        return Look(shown, from_hold_out=True), replace(
            counted, budget=self.budget - 1, n_disagreed=self.n_disagreed + 1, shift=None
        )
