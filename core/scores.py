"""How well models predicted judgments that they had not seen, with intervals."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.estimates import Estimate, clustered_mean, clustered_share
from core.judgment import Floats, Indices

#: What models say of each row of `HeldOut`.
PREDICTED = ("bradley_terry", "general_preference", "transitive", "in_order")


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What each model predicted for judgments that it had not seen; one row a judgment.

    Attributes
    ----------
    first, second, outcome, annotator : ndarray of int64, shape (n,)
        As in `Comparisons`.
    fold : ndarray of int64, shape (n,)
        The part in which the judgment was held out.
    bradley_terry, general_preference : ndarray, shape (n, 3)
        P(first better), P(tie), P(second better).
    penalty_shares : tuple of float, length n_folds
        What the general model chose within the rest, fold by fold.
    by_pair : bool
        Whether all judgments of a pair were held out together. Where there are few different
        pairs they are not, and the models had seen other judgments of the same pairs.
    planes : tuple of int, length n_folds
        What the general model chose beside `penalty_shares`.
    transitive, in_order : ndarray, shape (n, 3), or None
        The general model without its circles, and what of it agrees with an order; see
        `core.transitive_reading.Readings`.
    """

    first: Indices
    second: Indices
    outcome: Indices
    annotator: Indices
    fold: Indices
    bradley_terry: Floats
    general_preference: Floats
    penalty_shares: tuple[float, ...]
    by_pair: bool
    planes: tuple[int, ...] = ()
    transitive: Floats | None = None
    in_order: Floats | None = None

    @property
    def pair(self) -> Indices:
        """A number for each row's pair; shape (n,)."""
        pair: Indices = self.first * (self.second.max(initial=0) + 1) + self.second
        return pair

    def where(self, chosen: NDArray[np.bool_]) -> "HeldOut":
        """The rows for which `chosen` (n,) is true."""
        rows = ("first", "second", "outcome", "annotator", "fold", *PREDICTED)
        known = {name: getattr(self, name) for name in rows}
        parts: dict[str, Any] = {n: None if v is None else v[chosen] for n, v in known.items()}
        return replace(self, **parts)


@dataclass(frozen=True, slots=True)
class ModelScores:
    """How well one model did, or how much better than another.

    Attributes
    ----------
    log_loss : Estimate
        Over the three outcomes, nats a judgment.
    decisive_log_loss, accuracy : Estimate or None
        Of judgments that were not ties, given that they were not; None where all were.
    """

    log_loss: Estimate
    decisive_log_loss: Estimate | None
    accuracy: Estimate | None


@dataclass(frozen=True, slots=True)
class GainSplit:
    """How much better than Bradley-Terry the general model predicts, and what for.

    Attributes
    ----------
    total : Estimate
        Log loss of Bradley-Terry minus that of the general model, nats a judgment: above zero,
        the general model predicts better. Intervals are clustered by pair.
    transitive : Estimate
        Log loss of Bradley-Terry minus that of the general model without its circles: what an
        order can explain although no single number per item does.
    cyclic : Estimate
        The rest: what circles explain, each taken out evenly from all of its pairs.
    cyclic_at_least : Estimate
        Of that, what remains when as much of the general model is kept as agrees with one order.
        Where it is above zero, no order of the items predicts as well.
    """

    total: Estimate
    transitive: Estimate
    cyclic: Estimate
    cyclic_at_least: Estimate


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Both models on the same held-out judgments.

    Attributes
    ----------
    difference : ModelScores
        General model minus Bradley-Terry, judgment by judgment: below zero in log loss, the
        general model predicts better.
    """

    bradley_terry: ModelScores
    general_preference: ModelScores
    difference: ModelScores
    n_judgments: int
    n_decisive: int
    n_pairs: int
    by_pair: bool
    penalty_shares: tuple[float, ...]
    planes: tuple[int, ...] = ()


def log_losses(probabilities: Floats, outcome: Indices) -> Floats:
    """Minus log of the probability given to what happened, nats; shape (n,).

    Parameters
    ----------
    probabilities : ndarray, shape (n, 3)
        P(first better), P(tie), P(second better).
    outcome : ndarray of int64, shape (n,)
        +1, 0, -1.
    """
    losses: Floats = -np.log(probabilities[np.arange(len(outcome)), 1 - outcome])
    return losses


def decisive_log_losses(probabilities: Floats, outcome: Indices) -> Floats:
    """The same given that there was no tie; only for rows with an outcome other than 0."""
    decided = np.log(probabilities[:, 0] + probabilities[:, 2])
    return log_losses(probabilities, outcome) + decided


def hits(probabilities: Floats, outcome: Indices) -> Floats:
    """1 where the item held better was preferred, 0 where not, a half where neither was held so."""
    lean = np.sign(probabilities[:, 0] - probabilities[:, 2])
    right: Floats = (1 + lean * outcome) / 2
    return right


def log_loss(probabilities: Floats, outcome: Indices, pair: Indices) -> Estimate:
    """Mean three-way log loss, nats a judgment, with a 95 % interval clustered by pair."""
    return clustered_mean(log_losses(probabilities, outcome), pair)


def decisive_log_loss(probabilities: Floats, outcome: Indices, pair: Indices) -> Estimate | None:
    """Mean log loss of the judgments that were not ties, given that they were not."""
    decisive = outcome != 0
    if not decisive.any():
        return None
    losses = decisive_log_losses(probabilities[decisive], outcome[decisive])
    return clustered_mean(losses, pair[decisive])


def accuracy(probabilities: Floats, outcome: Indices, pair: Indices) -> Estimate | None:
    """Share of the judgments that were not ties in which the item held better was preferred."""
    decisive = outcome != 0
    if not decisive.any():
        return None
    return clustered_share(hits(probabilities[decisive], outcome[decisive]), pair[decisive])


def evaluate(held_out: HeldOut) -> Evaluation:
    """Score both models, and their difference on the same judgments."""
    decisive = held_out.outcome != 0
    return Evaluation(
        bradley_terry=_scores(held_out.bradley_terry, held_out),
        general_preference=_scores(held_out.general_preference, held_out),
        difference=_difference(held_out, decisive),
        n_judgments=len(held_out.outcome),
        n_decisive=int(decisive.sum()),
        n_pairs=len(np.unique(held_out.pair)),
        by_pair=held_out.by_pair,
        penalty_shares=held_out.penalty_shares,
        planes=held_out.planes,
    )


def split_gain(held_out: HeldOut) -> GainSplit | None:
    """Split the gain over Bradley-Terry; None where no transitive reading was predicted with."""
    if held_out.transitive is None or held_out.in_order is None:
        return None
    outcome, pair = held_out.outcome, held_out.pair
    plain = log_losses(held_out.bradley_terry, outcome)
    ordered = log_losses(held_out.transitive, outcome)
    general = log_losses(held_out.general_preference, outcome)
    return GainSplit(
        total=clustered_mean(plain - general, pair),
        transitive=clustered_mean(plain - ordered, pair),
        cyclic=clustered_mean(ordered - general, pair),
        cyclic_at_least=clustered_mean(log_losses(held_out.in_order, outcome) - general, pair),
    )


def _scores(probabilities: Floats, held_out: HeldOut) -> ModelScores:
    outcome, pair = held_out.outcome, held_out.pair
    return ModelScores(
        log_loss(probabilities, outcome, pair),
        decisive_log_loss(probabilities, outcome, pair),
        accuracy(probabilities, outcome, pair),
    )


def _difference(
    held_out: HeldOut, decisive: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> ModelScores:
    general, plain = held_out.general_preference, held_out.bradley_terry
    outcome, pair = held_out.outcome, held_out.pair
    in_loss = log_losses(general, outcome) - log_losses(plain, outcome)
    overall = clustered_mean(in_loss, pair)
    if not decisive.any():
        return ModelScores(overall, None, None)
    general, plain, outcome = general[decisive], plain[decisive], outcome[decisive]
    losses = decisive_log_losses(general, outcome) - decisive_log_losses(plain, outcome)
    right = hits(general, outcome) - hits(plain, outcome)
    return ModelScores(
        overall,
        clustered_mean(losses, pair[decisive]),
        difference_of_hits(right, losses, pair[decisive]),
    )


def difference_of_hits(right: Floats, losses: Floats, cluster: Indices) -> Estimate:
    """How much more often one model is right than another; shapes (n,).

    Parameters
    ----------
    right : ndarray
        Hits of the one less hits of the other.
    losses : ndarray
        Their losses likewise: models without any difference have none by chance either.
    """
    return clustered_mean(right, cluster, within=(-1.0, 1.0) if losses.any() else None)
