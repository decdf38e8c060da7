"""Simulated annotators with known truth: for tests and benchmarks, never mixed with real data."""

from collections.abc import Mapping

import numpy as np

from core.judgment import Comparisons, Floats, Indices, Outcome, Presentation
from core.models import davidson


def simulate(
    strengths: Floats,
    *,
    rng: np.random.Generator,
    skew: Floats | None = None,
    prompts: Indices | None = None,
    judgments_per_pair: int = 1,
    n_judgments: int | None = None,
    n_annotators: int = 1,
    tie_weight: float = 0.0,
) -> Comparisons:
    r"""Judge pairs as people would for whom a known model is the whole truth.

    The outcome of a pair is drawn from Davidson's model with log-odds
    :math:`s_{ij} = \theta_i - \theta_j + K_{ij}`.

    Parameters
    ----------
    strengths : ndarray, shape (n_items,)
        :math:`\theta`, nats.
    rng : numpy Generator
        All chance comes from it.
    skew : ndarray, shape (n_items, n_items), or None
        K, skew-symmetric, nats.
    prompts : ndarray of int64, shape (n_items,), or None
        Only items of one prompt are compared; None: all answer the same one.
    judgments_per_pair : int
        Every pair is judged so often.
    n_judgments : int or None
        Instead, so many judgments of pairs drawn uniformly.
    n_annotators : int
        Judgments go to people drawn uniformly.
    tie_weight : float
        Davidson's ν; 0: no ties. Between equal items a tie has probability ν / (2 + ν).
    """
    n_items = len(strengths)
    prompts = np.zeros(n_items, dtype=np.int64) if prompts is None else prompts
    first, second = possible_pairs(prompts)
    if n_judgments is None:
        first, second = np.repeat(first, judgments_per_pair), np.repeat(second, judgments_per_pair)
    else:
        drawn = rng.integers(len(first), size=n_judgments)
        first, second = first[drawn], second[drawn]
    odds = strengths[first] - strengths[second]
    if skew is not None:
        odds = odds + skew[first, second]
    tie_log_weight = float(np.log(tie_weight)) if tie_weight > 0 else -np.inf
    shares = davidson(odds, tie_log_weight).cumsum(axis=1)
    outcome = 1 - (rng.random(len(first))[:, None] > shares[:, :2]).sum(axis=1)
    return Comparisons(
        items=tuple(f"item {number}" for number in range(n_items)),
        prompts=prompts,
        first=first,
        second=second,
        outcome=outcome.astype(np.int64),
        annotator=rng.integers(n_annotators, size=len(first)),
    )


def possible_pairs(prompts: Indices) -> tuple[Indices, Indices]:
    """All pairs of items that answer one prompt, each once, `first < second`."""
    firsts, seconds = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for prompt in np.unique(prompts):
        items = np.flatnonzero(prompts == prompt)
        one, other = np.triu_indices(len(items), 1)
        firsts.append(items[one])
        seconds.append(items[other])
    return np.concatenate(firsts), np.concatenate(seconds)


def answer(presentation: Presentation, strengths: Mapping[str, float]) -> Outcome:
    """What somebody who always prefers the stronger item says of the pair as it stands.

    Parameters
    ----------
    strengths : mapping of str to float
        By id of the item; equal strengths give a tie.
    """
    if presentation.left is None or presentation.right is None:
        raise ValueError(f"Presentation {presentation.id} does not say which item stood left.")
    left, right = strengths[presentation.left], strengths[presentation.right]
    if left == right:
        return Outcome.TIE
    return Outcome.LEFT if left > right else Outcome.RIGHT
