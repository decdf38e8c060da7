"""Weights that make the people of a study count as the population they should stand for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import DiscernError
from core.estimates import NotDeterminedError
from core.judgment import Floats, Indices

#: Raking stops when no weighted share is further from its target than this.
TOLERANCE = 1e-10
N_ROUNDS = 1_000


class TargetError(DiscernError):
    """Shares of a target population that are no shares."""


class RakingError(DiscernError):
    """Margins that no weights of these people can meet together."""


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """One way in which a population divides into groups, such as by age.

    Attributes
    ----------
    group : ndarray of int64, shape (n_people,)
        The group of each person, 0 to n_groups - 1.
    target : ndarray, shape (n_groups,)
        Share of each group in the population; sums to one.
    """

    name: str
    group: Indices
    target: Floats

    def __post_init__(self) -> None:
        off = abs(float(self.target.sum()) - 1) > 1e-6  # noqa: PLR2004, shares are typed by hand
        if off or (self.target < 0).any():
            raise TargetError(
                f"The shares of {self.name} must be at least 0 and sum to 1, got "
                f"{self.target.tolist()}. Correct the target population of the study."
            )
        if len(self.group) and not 0 <= self.group.min() <= self.group.max() < len(self.target):
            raise TargetError(
                f"Groups of {self.name} are numbered 0 to {len(self.target) - 1}, got up to "
                f"{self.group.max()}. Give every group a share, 0 where it is outside."
            )


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """One weight a person, with mean 1.

    Attributes
    ----------
    values : ndarray, shape (n_people,)
    """

    values: Floats

    @property
    def n_effective(self) -> float:
        r"""How many equally weighted people say as much: :math:`(\sum w)^2 / \sum w^2` [1]_.

        References
        ----------
        .. [1] Kish, "Survey sampling", Wiley 1965.
        """
        return float(self.values.sum() ** 2 / (self.values**2).sum())

    @property
    def design_effect(self) -> float:
        """By how much variances grow because people count differently: n over `n_effective`."""
        return len(self.values) / self.n_effective


def rake(margins: Sequence[Margin]) -> Weights:
    """Weight people so that several margins have their target shares at once.

    Iterative proportional fitting [1]_: each margin in turn is met exactly, until all are. Of all
    weights that meet them it finds those nearest to 1 in the Kullback-Leibler sense. With one
    margin it is post-stratification: everybody of group g weighs :math:`W_g / (n_g / n)`.

    Raises
    ------
    NotDeterminedError
        If nobody is there, or nobody of a group that has a share.
    RakingError
        If the margins cannot be met together by these people.

    References
    ----------
    .. [1] Deming and Stephan, "On a least squares adjustment of a sampled frequency table when the
       expected marginal totals are known", Annals of Mathematical Statistics 11(4), 1940; Ireland
       and Kullback, "Contingency tables with given marginals", Biometrika 55(1), 1968.
    """
    for margin in margins:
        _check_present(margin, np.bincount(margin.group, minlength=len(margin.target)))
    weights = np.ones(len(margins[0].group))
    for _ in range(N_ROUNDS):
        furthest = 0.0
        for margin in margins:
            share = np.bincount(margin.group, weights, len(margin.target)) / len(weights)
            furthest = max(furthest, float(np.abs(share - margin.target).max()))
            ratio = np.divide(margin.target, share, out=np.zeros_like(share), where=share > 0)
            weights = weights * ratio[margin.group]
        if furthest <= TOLERANCE:
            return Weights(weights)
        if weights.sum() == 0:
            break
    raise RakingError(
        f"No weights of these {len(weights):,} people meet the targets of "
        f"{', '.join(margin.name for margin in margins)} together: some combination of groups is "
        "missing. Invite people of it, or join groups."
    )


def _check_present(margin: Margin, counts: Indices) -> None:
    if len(margin.group) == 0:
        raise NotDeterminedError("Nobody has answered yet, so that there is nobody to weight.")
    absent = np.flatnonzero((counts == 0) & (margin.target > 0))
    if len(absent):
        raise NotDeterminedError(
            f"Nobody of {len(absent)} group(s) of {margin.name} has answered that the target "
            "population has. No weight can speak for them: invite some, or join groups."
        )
