"""Does a model change its mind when it should, and only then? Changed texts, and the effects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import DiscernError
from core.estimates import Estimate, clustered_mean, clustered_share
from core.judgment import Floats, Indices

#: Texts beyond one of each prompt that a slope and an error of it are made from: with one, the
#: slope goes through both texts and leaves nothing over to tell its error by.
LEAST_BESIDE_SLOPE = 2


class OnePromptError(DiscernError):
    """Texts of another prompt were needed and there is only one prompt."""

    def __init__(self) -> None:
        super().__init__(
            "Exchanging prompts and adding what belongs to another one needs items of two prompts "
            "or more; there is one. Add items under another prompt."
        )


@dataclass(frozen=True, slots=True)
class Consistency:
    """What a change of texts did to a model's preferences.

    Attributes
    ----------
    kept : Estimate
        Share of pairs in which the same item is held better as before.
    sureness : Estimate
        Mean change of the absolute log-odds, nats: below zero the model became less sure.
    n_pairs : int
    """

    kept: Estimate
    sureness: Estimate
    n_pairs: int


@dataclass(frozen=True, slots=True)
class TailEffect:
    """What a tail that has nothing to do with the prompt did to an item against itself.

    Attributes
    ----------
    not_worse : Estimate
        Share of items that the model holds better with the tail, or as good: failures.
    log_odds : Estimate
        Mean log-odds of the item with the tail against it without, nats; should be below zero.
    """

    not_worse: Estimate
    log_odds: Estimate


@dataclass(frozen=True, slots=True)
class LengthEffect:
    """How strengths go with the length of texts, prompts and items held apart.

    Attributes
    ----------
    slope : Estimate or None
        Nats for a text twice as long, between items of one prompt; clustered. None where all
        texts of a prompt are equally long.
    same_content : Estimate or None
        Mean log-odds of a text said twice against it said once, nats: no content was added.
    """

    slope: Estimate | None
    same_content: Estimate | None


def exchanged_prompts(prompts: Indices, rng: np.random.Generator) -> Indices:
    """Another prompt for each prompt, none its own; shape (n_prompts,), to index `prompts`' texts.

    A random cycle through all prompts. A model that reads the prompt becomes less sure.

    Raises
    ------
    OnePromptError
        If there is one prompt only.
    """
    names = np.unique(prompts)
    if len(names) < 2:  # noqa: PLR2004, one to take and one to give
        raise OnePromptError
    order = rng.permutation(len(names))
    other = np.empty(int(names.max()) + 1, dtype=np.int64)
    other[:] = np.arange(len(other))
    other[names[order]] = names[np.roll(order, 1)]
    return other


def with_off_topic_tail(
    texts: Sequence[str], prompts: Indices, rng: np.random.Generator
) -> tuple[str, ...]:
    """Each text with the last paragraph of an item of another prompt behind it.

    Raises
    ------
    OnePromptError
        If there is one prompt only.
    """
    tails = np.empty(len(texts), dtype=np.int64)
    for prompt in np.unique(prompts):
        elsewhere = np.flatnonzero(prompts != prompt)
        if len(elsewhere) == 0:
            raise OnePromptError
        here = prompts == prompt
        tails[here] = rng.choice(elsewhere, int(here.sum()))
    last = [text.strip().rpartition("\n\n")[2] for text in texts]
    return tuple(f"{text}\n\n{last[tail]}" for text, tail in zip(texts, tails, strict=True))


def said_twice(texts: Sequence[str]) -> tuple[str, ...]:
    """Each text with itself behind it: twice as long, and nothing new in it."""
    return tuple(f"{text}\n\n{text}" for text in texts)


def compare_preferences(before: Floats, after: Floats, cluster: Indices) -> Consistency:
    """Compare log-odds of the same pairs before and after a change; clustered.

    Parameters
    ----------
    before, after : ndarray, shape (n,)
        Log-odds of the first item, nats.
    cluster : ndarray of int64, shape (n,)
        The prompt, or the pair.
    """
    same = (1 + np.sign(before) * np.sign(after)) / 2
    return Consistency(
        clustered_share(same, cluster),
        clustered_mean(np.abs(after) - np.abs(before), cluster),
        len(before),
    )


def tail_effect(before: Floats, after: Floats, cluster: Indices) -> TailEffect:
    """Compare strengths of the same items without and with a tail; nats, clustered."""
    change = after - before
    return TailEffect(
        clustered_share((change >= 0).astype(np.float64), cluster), clustered_mean(change, cluster)
    )


def length_effect(
    strengths: Floats,
    n_characters: Indices,
    prompts: Indices,
    twice: Floats | None = None,
    cluster: Indices | None = None,
) -> LengthEffect:
    r"""Slope of strengths on the logarithm (to base two) of the length, within prompts.

    .. math:: \hat\beta = \sum \tilde x \tilde s / \sum \tilde x^2

    with both centred within their prompt; sandwich by cluster as in
    `core.estimates.clustered_mean`. Longer answers may be better: the slope is no fault in itself.
    What is, is a gain for saying the same twice.

    Parameters
    ----------
    strengths : ndarray, shape (n_items,)
        Nats.
    n_characters, prompts : ndarray of int64, shape (n_items,)
    twice : ndarray, shape (n_items,), or None
        Strengths of the same texts said twice.
    cluster : ndarray of int64, shape (n_items,), or None
        None: the prompt.

    References
    ----------
    .. [1] Singhal, Goyal, Xu and Durrett, "A long way to go: investigating length correlations in
       RLHF", COLM 2024, arXiv:2310.03716.
    """
    _, prompt = np.unique(prompts, return_inverse=True)
    size = np.bincount(prompt)

    def centred(values: Floats) -> Floats:
        apart: Floats = values - (np.bincount(prompt, values) / size)[prompt]
        return apart

    x, s = centred(np.log2(np.maximum(n_characters, 1))), centred(strengths)
    cluster = prompts if cluster is None else cluster
    square, found = float(x @ x), None
    gain = None if twice is None else clustered_mean(twice - strengths, cluster)
    if square > 0:
        slope = float(x @ s) / square
        if len(x) - len(size) < LEAST_BESIDE_SLOPE:
            return LengthEffect(Estimate(slope, -np.inf, np.inf, len(x)), gain)
        spread = clustered_mean(x * (s - slope * x) * len(x) / square, cluster)
        found = Estimate(slope, slope + spread.low, slope + spread.high, len(x))
    return LengthEffect(found, gain)
