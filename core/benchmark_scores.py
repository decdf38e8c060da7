"""How well a model tells the better answer from the worse one, by subset and by section."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import DiscernError
from core.estimates import Estimate, NotDeterminedError, clustered_mean, clustered_share
from core.judgment import Floats, Indices


class UnknownSubsetError(DiscernError):
    """A section names a subset that no judgment belongs to."""

    def __init__(self, section: str, subset: str) -> None:
        super().__init__(
            f"Section {section!r} names the subset {subset!r}, which has no judgment. Correct the "
            "name or leave it out."
        )


@dataclass(frozen=True, slots=True)
class SubsetScore:
    """Accuracy on one subset, and the section it belongs to."""

    section: str
    subset: str
    accuracy: Estimate


@dataclass(frozen=True, slots=True)
class BenchmarkScores:
    """Accuracy by subset and section.

    Attributes
    ----------
    subsets : tuple of SubsetScore
    sections : dict of str to Estimate
        Over all judgments of a section's subsets, each judgment counting once.
    overall : Estimate
        Mean over sections, each counting once; clustered by pair.
    pooled : Estimate
        Over all judgments, each counting once.
    """

    subsets: tuple[SubsetScore, ...]
    sections: dict[str, Estimate]
    overall: Estimate
    pooled: Estimate


def benchmark_scores(
    right: Floats,
    subset: Sequence[str],
    cluster: Indices,
    sections: Mapping[str, Sequence[str]] | None = None,
) -> BenchmarkScores:
    """Average hits within sections by judgment, and sections evenly [1]_.

    Parameters
    ----------
    right : ndarray, shape (n,)
        1 where the preferred item got the higher number, 0 where not, a half for equal numbers.
    subset : sequence of str, length n
    cluster : ndarray of int64, shape (n,)
        The pair.
    sections : mapping of str to sequence of str, or None
        Which subsets make up a section; None: each its own.

    Raises
    ------
    NotDeterminedError
        If there are no judgments.
    UnknownSubsetError
        If a section names a subset without judgments.

    References
    ----------
    .. [1] Lambert et al., "RewardBench: evaluating reward models for language modeling", 2024,
       arXiv:2403.13787.
    """
    if len(right) == 0:
        raise NotDeterminedError("There is no held-out judgment to score. Judge more pairs first.")
    names = np.array(subset)
    known = list(dict.fromkeys(subset))
    parts = {name: (name,) for name in known} if sections is None else sections
    for section, members in parts.items():
        for member in members:
            if member not in known:
                raise UnknownSubsetError(section, member)
    inside = {section: np.isin(names, list(members)) for section, members in parts.items()}
    used = np.logical_or.reduce(list(inside.values()))
    return BenchmarkScores(
        subsets=tuple(
            SubsetScore(
                section, name, clustered_share(right[names == name], cluster[names == name])
            )
            for section, members in parts.items()
            for name in members
        ),
        sections={
            section: clustered_share(right[rows], cluster[rows]) for section, rows in inside.items()
        },
        overall=_mean_of_sections(right, cluster, list(inside.values())),
        pooled=clustered_share(right[used], cluster[used]),
    )


def _mean_of_sections(
    right: Floats, cluster: Indices, inside: Sequence[np.ndarray[tuple[int], np.dtype[np.bool_]]]
) -> Estimate:
    """Mean of section means; a pair with judgments in two sections is one cluster."""
    n = len(right)
    influence, overall = np.zeros(n), 0.0
    for rows in inside:
        mean = float(right[rows].mean())
        overall += mean / len(inside)
        influence[rows] += (right[rows] - mean) * n / (rows.sum() * len(inside))
    used = np.logical_or.reduce(list(inside))
    spread = clustered_mean(influence[used] * used.sum() / n, cluster[used])
    below, above = [-spread.low], [spread.high]
    for rows in inside:
        if np.ptp(right[rows]) == 0:  # a section that shows no spread: as far as Wilson's interval
            alike = clustered_share(right[rows], cluster[rows])
            below.append((alike.value - alike.low) / len(inside))
            above.append((alike.high - alike.value) / len(inside))
    low, high = overall - float(np.hypot.reduce(below)), overall + float(np.hypot.reduce(above))
    return Estimate(overall, max(low, 0.0), min(high, 1.0), int(used.sum()))


def best_of_several(numbers: Floats, cluster: Indices) -> Estimate:
    """Share of prompts for which the right answer gets the highest of several numbers [1]_.

    With four answers, one right, guessing gets 1/4. If k answers share the highest number, and
    the right one is among them, it counts 1/k.

    Parameters
    ----------
    numbers : ndarray, shape (n, n_answers)
        Strengths or rewards; the right answer is the first.
    cluster : ndarray of int64, shape (n,)
        The prompt.

    References
    ----------
    .. [1] Malik et al., "RewardBench 2: advancing reward model evaluation", 2025,
       arXiv:2506.01937.
    """
    highest = numbers == numbers.max(axis=1, keepdims=True, initial=-np.inf)
    hits: Floats = highest[:, 0] / np.maximum(highest.sum(axis=1), 1)
    return clustered_share(hits, cluster)


@dataclass(frozen=True, slots=True, eq=False)
class KnownBest:
    """Sets of answers to one prompt of which the best is known, because it beat the others.

    Attributes
    ----------
    best : ndarray of int64, shape (n,)
        The item that beat the others of its set.
    pair : ndarray of int64, shape (n, n_answers - 1)
        A row of the judgments that is about the best and another item of the set.
    """

    best: Indices
    pair: Indices


def known_best(
    first: Indices, second: Indices, outcome: Indices, n_answers: int, *, rng: np.random.Generator
) -> KnownBest:
    """Find for each item a set in which it is the best, as far as judgments say.

    An item that was preferred more often than not to `n_answers` - 1 others or more makes one set
    with so many of them, by lot.

    Parameters
    ----------
    first, second, outcome : ndarray of int64, shape (n_judgments,)
        As in `core.judgment.Comparisons`.
    """
    key = first * (int(second.max(initial=0)) + 1) + second
    _, row, place = np.unique(key, return_index=True, return_inverse=True)
    net = np.bincount(place, outcome, len(row))
    row, net = row[net != 0], net[net != 0]
    winner = np.where(net > 0, first[row], second[row])
    drawn = rng.permutation(len(row))
    drawn = drawn[np.argsort(winner[drawn], kind="stable")]
    row, winner = row[drawn], winner[drawn]
    best, begin, n = np.unique(winner, return_index=True, return_counts=True)
    enough = n >= n_answers - 1
    pair = row[begin[enough, None] + np.arange(n_answers - 1)]
    return KnownBest(best[enough], pair)


def share_of_the_reachable(accuracy: Estimate, ceiling: Estimate) -> Estimate:
    """How much of what can be had above a coin a model has: 1 is the best possible model.

    The interval divides the ends against each other, so that it holds at least as often as
    both of them do together. Above one: the judgments were easier than those of the ceiling.

    Parameters
    ----------
    accuracy : Estimate
        Ranking accuracy: of held-out judgments.
    ceiling : Estimate
        Such as `core.uncertainty.Ceiling.accuracy`, of the same kind of judgments.

    Raises
    ------
    NotDeterminedError
        If the ceiling is not above a coin.

    References
    ----------
    .. [1] Chen et al., "Preference learning algorithms do not learn preference rankings",
       NeurIPS 2024, arXiv:2405.19534 (ranking accuracy, and that it has a ceiling).
    """
    coin = 0.5
    if ceiling.value <= coin:
        raise NotDeterminedError(
            "Nobody could do better than a coin on these judgments, so that no model falls short. "
            "Look at how people agree."
        )
    value = (accuracy.value - coin) / (ceiling.value - coin)
    low = (accuracy.low - coin) / (ceiling.high - coin)
    high = (accuracy.high - coin) / (ceiling.low - coin) if ceiling.low > coin else np.inf
    return Estimate(value, min(low, value), max(high, value), accuracy.n)
