"""Whether texts speak for cycles: the skew part is switched on by held-out judgments only."""

from dataclasses import dataclass

import numpy as np

from core.estimates import clustered_mean
from core.fitting.folds import assign_folds
from core.fitting.text.heads import (
    Start,
    fit_bradley_terry_head,
    fit_general_head,
    noise_level,
)
from core.judgment import Comparisons, Floats, Indices
from core.scores import log_losses

#: Shares of the noise level to choose from, beside 1, which is Bradley-Terry.
SHARES = (0.2, 0.45)
#: With fewer judgments nothing can be chosen, and the head stays Bradley-Terry.
MIN_JUDGMENTS = 50
N_FOLDS = 3
#: Of the interval that has to lie below zero. One standard error, as for items, would switch the
#: skew part on by chance too often: there are few prompts, and so few independent parts.
GAIN_LEVEL = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class TextFolds:
    """A split of judgments by prompt, or by pair where there is one prompt only."""

    fold: Indices
    n_folds: int
    by_prompt: bool


def assign_text_folds(comparisons: Comparisons, *, n_folds: int, seed: int) -> TextFolds:
    """Hold out whole prompts, so that held-out texts are new to the model.

    With one judged prompt pairs are held out instead (`core.fitting.folds.assign_folds`), and
    the model has seen other judgments of the same texts.

    Raises
    ------
    NotDeterminedError
        If there are fewer than two judgments.
    """
    prompt = comparisons.prompts[comparisons.first]
    n_prompts = len(np.unique(prompt))
    if n_prompts < 2:  # noqa: PLR2004 - one to learn from and one to predict
        folds = assign_folds(comparisons, n_folds=n_folds, seed=seed)
        return TextFolds(folds.fold, folds.n_folds, by_prompt=False)
    n_folds = min(n_folds, n_prompts)
    from sklearn.model_selection import GroupKFold  # here, as it takes long to import

    fold = np.empty(len(comparisons), dtype=np.int64)
    splits = GroupKFold(n_folds, shuffle=True, random_state=seed).split(prompt, groups=prompt)
    for number, (_, held_out) in enumerate(splits):
        fold[held_out] = number
    return TextFolds(fold, n_folds, by_prompt=True)


def choose_penalty(
    comparisons: Comparisons,
    features: Floats,
    groups: tuple[int, ...],
    prompt_features: Floats,
    *,
    n_planes: int = 2,
    ties: bool | None = None,
    seed: int = 0,
) -> float:
    """Choose the share of the noise level with the lowest held-out log loss.

    The general head has to beat Bradley-Terry: the 95 % interval of the difference, clustered by
    prompt (or by pair), has to lie below zero.

    Returns
    -------
    float
        1 where nothing speaks for a skew part.
    """
    if len(comparisons) < MIN_JUDGMENTS or features.shape[1] < 2:  # noqa: PLR2004 - no plane in one
        return 1.0
    folds = assign_text_folds(comparisons, n_folds=N_FOLDS, seed=seed)
    ties = bool((comparisons.outcome == 0).any()) if ties is None else ties
    losses = {share: np.empty(len(comparisons)) for share in (*SHARES, 1.0)}
    for number in range(folds.n_folds):
        rest = folds.fold == number
        start = fit_bradley_terry_head(comparisons.where(~rest), features, groups, ties=ties)
        level = noise_level(start, seed=seed)
        for share, loss in losses.items():
            loss[rest] = _held_out_losses(
                start,
                prompt_features,
                comparisons.where(rest),
                share=share,
                n_planes=n_planes,
                level=level,
                seed=seed,
            )
    best = min(losses, key=lambda share: float(losses[share].mean()))
    cluster = comparisons.prompts[comparisons.first]
    if not folds.by_prompt:
        cluster = comparisons.first * len(comparisons.items) + comparisons.second
    gain = clustered_mean(losses[best] - losses[1.0], cluster, level=GAIN_LEVEL)
    return best if gain.high < 0 else 1.0


def _held_out_losses(
    start: Start,
    prompt_features: Floats,
    rest: Comparisons,
    *,
    share: float,
    n_planes: int,
    level: float,
    seed: int,
) -> Floats:
    model = fit_general_head(
        start,
        prompt_features,
        penalty_share=share,
        n_planes=n_planes,
        n_starts=1,
        level=level,
        seed=seed,
    )
    return log_losses(model.outcome_probabilities(rest.first, rest.second), rest.outcome)
