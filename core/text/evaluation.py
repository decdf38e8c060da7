"""How well texts predict judgments of items or pairs that the model had not seen."""

from dataclasses import dataclass

import numpy as np

from core.estimates import clustered_mean
from core.judgment import Floats, Indices
from core.scores import (
    ModelScores,
    accuracy,
    decisive_log_loss,
    decisive_log_losses,
    difference_of_hits,
    hits,
    log_loss,
    log_losses,
)


@dataclass(frozen=True, slots=True, eq=False)
class TextHeldOut:
    """What was predicted for judgments that were held out; one row a judgment.

    Attributes
    ----------
    first, second, outcome : ndarray of int64, shape (n,)
        As in `Comparisons`.
    prompt, fold : ndarray of int64, shape (n,)
    chance : ndarray, shape (n, 3)
        Even odds, and the share of ties of the training part.
    bradley_terry, general : ndarray, shape (n, 3)
        The two text heads: P(first better), P(tie), P(second better).
    judged : ndarray, shape (n, 3)
        Bradley-Terry without texts, fitted to the other pairs of the same items: what one gets
        by judging these very items.
    penalty_shares : tuple of float
        What the general head chose within the rest, fold by fold; 1 is Bradley-Terry.
    by_prompt : bool
        Whether all judgments of a prompt were held out together, so that no text of a held-out
        item was judged before. With one prompt only, pairs are held out.
    """

    first: Indices
    second: Indices
    outcome: Indices
    prompt: Indices
    fold: Indices
    chance: Floats
    bradley_terry: Floats
    general: Floats
    judged: Floats
    penalty_shares: tuple[float, ...]
    by_prompt: bool

    @property
    def cluster(self) -> Indices:
        """Within which judgments are not independent: the prompt, or the pair."""
        pair: Indices = self.first * (self.second.max() + 1) + self.second
        return self.prompt if self.by_prompt else pair


@dataclass(frozen=True, slots=True)
class TextEvaluation:
    """The same held-out judgments as four models see them.

    Attributes
    ----------
    gain : ModelScores
        Bradley-Terry head minus chance: below zero in log loss, texts say something.
    difference : ModelScores
        General head minus Bradley-Terry head.
    """

    chance: ModelScores
    bradley_terry: ModelScores
    general: ModelScores
    judged: ModelScores
    gain: ModelScores
    difference: ModelScores
    n_judgments: int
    n_decisive: int
    n_prompts: int
    by_prompt: bool
    penalty_shares: tuple[float, ...]


def evaluate_text(held_out: TextHeldOut) -> TextEvaluation:
    """Score the four, with 95 % intervals clustered by prompt (or by pair)."""
    return TextEvaluation(
        chance=_scores(held_out.chance, held_out),
        bradley_terry=_scores(held_out.bradley_terry, held_out),
        general=_scores(held_out.general, held_out),
        judged=_scores(held_out.judged, held_out),
        gain=_difference(held_out.bradley_terry, held_out.chance, held_out),
        difference=_difference(held_out.general, held_out.bradley_terry, held_out),
        n_judgments=len(held_out.outcome),
        n_decisive=int((held_out.outcome != 0).sum()),
        n_prompts=len(np.unique(held_out.prompt)),
        by_prompt=held_out.by_prompt,
        penalty_shares=held_out.penalty_shares,
    )


def _scores(probabilities: Floats, held_out: TextHeldOut) -> ModelScores:
    outcome, cluster = held_out.outcome, held_out.cluster
    return ModelScores(
        log_loss(probabilities, outcome, cluster),
        decisive_log_loss(probabilities, outcome, cluster),
        accuracy(probabilities, outcome, cluster),
    )


def _difference(one: Floats, other: Floats, held_out: TextHeldOut) -> ModelScores:
    outcome, cluster = held_out.outcome, held_out.cluster
    overall = clustered_mean(log_losses(one, outcome) - log_losses(other, outcome), cluster)
    decisive = outcome != 0
    if not decisive.any():
        return ModelScores(overall, None, None)
    one, other, outcome = one[decisive], other[decisive], outcome[decisive]
    losses = decisive_log_losses(one, outcome) - decisive_log_losses(other, outcome)
    right = hits(one, outcome) - hits(other, outcome)
    return ModelScores(
        overall,
        clustered_mean(losses, cluster[decisive]),
        difference_of_hits(right, losses, cluster[decisive]),
    )
