"""Several fits to redrawn judgments: how far they agree, and how to be careful with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.judgment import Floats, Indices
from core.models import davidson, logistic, skew_part
from core.predictions import decided_share

#: An interval needs a spread, and a spread needs so many fits.
MIN_MEMBERS = 2


class DifferentGroupsError(DiscernError):
    """An ensemble was asked about two items that no chain of comparisons connects."""

    def __init__(self) -> None:
        super().__init__(
            "No chain of comparisons connects these two items, so redrawn judgments say nothing "
            "about their difference. Judge pairs that connect them."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    r"""Members are fits of one model to judgments drawn anew with replacement [1]_.

    They differ by what the data leave open, and by the random start of each. It answers what a
    `core.models.PreferenceModel` answers, and how far the members agree.

    Attributes
    ----------
    items : tuple of str, length n_items
    prompts, component : ndarray of int64, shape (n_items,)
        Of the whole data; members may have seen fewer connections.
    strengths : ndarray, shape (n_members, n_items)
        Nats.
    embeddings : ndarray, shape (n_members, n_items, 2 * n_planes)
    tie_log_weights : ndarray, shape (n_members,)
    unit : str
        What was drawn: "pair" or "annotator".

    References
    ----------
    .. [1] Lakshminarayanan, Pritzel and Blundell, "Simple and scalable predictive uncertainty
       estimation using deep ensembles", NeurIPS 2017; redrawn judgments: Efron and Tibshirani,
       "An Introduction to the Bootstrap", 1993, chapter 6.
    """

    items: tuple[str, ...]
    prompts: Indices
    component: Indices
    strengths: Floats
    embeddings: Floats
    tie_log_weights: Floats
    unit: str

    @property
    def n_members(self) -> int:
        return len(self.strengths)

    @property
    def tie_log_weight(self) -> float:
        """Mean over members; minus infinity where ties cannot happen."""
        return float(self.tie_log_weights.mean())

    def members_log_odds(self, first: Indices, second: Indices) -> Floats:
        """What each member says; shape (n_members, n).

        Raises
        ------
        DifferentGroupsError
            If two items are not connected.
        """
        if (self.component[first] != self.component[second]).any():
            raise DifferentGroupsError
        odds = self.strengths[:, first] - self.strengths[:, second]
        for member, embeddings in enumerate(self.embeddings):
            odds[member] += skew_part(embeddings[first], embeddings[second])
        return odds

    def log_odds(self, first: Indices, second: Indices) -> Floats:
        """Mean over members, nats."""
        odds: Floats = self.members_log_odds(first, second).mean(axis=0)
        return odds

    def log_odds_variance(self, first: Indices, second: Indices) -> Floats:
        """Variance between members, nats squared."""
        variance: Floats = self.members_log_odds(first, second).var(axis=0, ddof=1)
        return variance

    def probability(self, first: Indices, second: Indices) -> Floats:
        """P(first is preferred), given that one of the two is, by the members' mean answer."""
        return decided_share(self.outcome_probabilities(first, second))

    def probability_interval(
        self, first: Indices, second: Indices, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Mean log-odds and their spread, by Student's t as members are few, as probabilities."""
        from scipy.special import stdtrit  # here, as scipy takes long to import

        middle = self.log_odds(first, second)
        reach = stdtrit(self.n_members - 1, 0.5 + level / 2) * np.sqrt(
            self.log_odds_variance(first, second)
        )
        return logistic(middle - reach), logistic(middle + reach)

    def outcome_probabilities(self, first: Indices, second: Indices) -> Floats:
        """Mean over members of P(first better), P(tie), P(second better); shape (n, 3)."""
        members = [
            davidson(odds, float(tie))
            for odds, tie in zip(
                self.members_log_odds(first, second), self.tie_log_weights, strict=True
            )
        ]
        shares: Floats = np.mean(members, axis=0)
        return shares

    def worst_case_probability(self, first: Indices, second: Indices) -> Floats:
        """The least probability that any member gives to the first [1]_.

        Of the second the worst case is one minus the best of the first: the two do not add up to
        one, which is what being careful about both means.

        References
        ----------
        .. [1] Coste, Anwar, Kirk and Krueger, "Reward model ensembles help mitigate
           overoptimization", ICLR 2024, arXiv:2310.02743.
        """
        return logistic(self.members_log_odds(first, second).min(axis=0))

    def uncertainty_weighted_probability(
        self, first: Indices, second: Indices, caution: float = 0.5
    ) -> Floats:
        r"""P from the mean log-odds less `caution` times the variance between members [1]_.

        .. math:: \sigma\bigl(\bar s - \lambda \, \mathrm{var}_m(s_m)\bigr)

        References
        ----------
        .. [1] Coste et al., ICLR 2024, arXiv:2310.02743, section 4.
        """
        variance = self.log_odds_variance(first, second)
        return logistic(self.log_odds(first, second) - caution * variance)

    def agreement(self, first: Indices, second: Indices) -> Floats:
        """Share of pairs of members with the same favourite, by pair of items; shape (n,).

        1 where all agree; about one half where they toss coins.
        """
        lean = np.sign(self.members_log_odds(first, second))
        same = sum(
            (lean == side).sum(axis=0) * ((lean == side).sum(axis=0) - 1) for side in (-1, 1)
        )
        shares: Floats = same / (self.n_members * (self.n_members - 1))
        return shares

    def unanimous(self, first: Indices, second: Indices) -> NDArray[np.bool_]:
        """Whether all members have the same favourite; shape (n,)."""
        lean = np.sign(self.members_log_odds(first, second))
        alike: NDArray[np.bool_] = np.abs(lean.sum(axis=0)) == self.n_members
        return alike

    def members_worth(self) -> Floats:
        """Mean log-odds of each item against the others of its group; shape (n_members, n_items).

        The strength of an item once its circles are averaged out (the row mean that HodgeRank
        calls the potential), so that items can be held beside each other in one number.
        """
        sizes = np.bincount(self.component)[self.component]
        worth = np.empty_like(self.strengths)
        for member, (strengths, planes) in enumerate(
            zip(self.strengths, self.embeddings, strict=True)
        ):
            sums = np.zeros((len(sizes), planes.shape[1] + 1))
            np.add.at(sums, self.component, np.column_stack([strengths, planes]))
            means = sums[self.component] / sizes[:, None]
            worth[member] = strengths - means[:, 0] + skew_part(planes, means[:, 1:])
        return worth

    def strengths_by(self, rule: str, caution: float = 0.5) -> Floats:
        r"""One number per item, nats; shape (n_items,).

        Parameters
        ----------
        rule : str
            "mean" over members; "worst": the least that any member says; "weighted": mean less
            `caution` times the variance between members [1]_.
        caution : float
            :math:`\lambda`, 1 / nats.

        References
        ----------
        .. [1] Coste et al., ICLR 2024, arXiv:2310.02743 (mean, worst-case and
           uncertainty-weighted optimisation).
        """
        worth = self.members_worth()
        if rule == "mean":
            chosen: Floats = worth.mean(axis=0)
        elif rule == "worst":
            chosen = worth.min(axis=0)
        elif rule == "weighted":
            chosen = worth.mean(axis=0) - caution * worth.var(axis=0, ddof=1)
        else:
            raise ValueError(f'A rule is "mean", "worst" or "weighted", got {rule!r}.')
        return chosen


def ensemble_to_arrays(ensemble: Ensemble) -> dict[str, NDArray[Any]]:
    """Say an ensemble in arrays that `np.savez` writes and that load without pickle."""
    return {
        "items": np.array(ensemble.items, dtype=np.str_),
        "prompts": ensemble.prompts,
        "component": ensemble.component,
        "strengths": ensemble.strengths,
        "embeddings": ensemble.embeddings,
        "tie_log_weights": ensemble.tie_log_weights,
        "unit": np.array(ensemble.unit),
    }


def ensemble_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Ensemble:
    """Read what `ensemble_to_arrays` has said."""
    return Ensemble(
        items=tuple(arrays["items"].tolist()),
        prompts=arrays["prompts"],
        component=arrays["component"],
        strengths=arrays["strengths"],
        embeddings=arrays["embeddings"],
        tie_log_weights=arrays["tie_log_weights"],
        unit=str(arrays["unit"]),
    )
