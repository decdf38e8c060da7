"""From texts and comparisons to a text model, with an encoder that the judgments do not change."""

from collections.abc import Callable, Sequence

import numpy as np

from core.fitting.text.choice import choose_penalty
from core.fitting.text.heads import fit_bradley_terry_head, fit_general_head
from core.fitting.text.held_out import FittedText
from core.fitting.text.tfidf import fit_tfidf, unseen_distances
from core.judgment import Comparisons, Floats, Indices
from core.text.features import MIN_ITEMS, distances, far_limit, make_map, make_output_map
from core.text.text_model import Mode, TextModel
from core.text.tfidf import Tfidf

#: Of more items than this, a sample says where "far" begins.
MAX_REFERENCE = 2_000
#: Directions kept of the prompts, for the gates.
MAX_PROMPT_DIRECTIONS = 4
TFIDF_NAME = "TF-IDF of words and pieces of words"

Encode = Callable[[Sequence[str]], Floats]


def fit_tfidf_model(
    comparisons: Comparisons,
    texts: Sequence[str],
    prompt_texts: Sequence[str],
    *,
    n_planes: int = 2,
    ties: bool | None = None,
    with_limit: bool = True,
    seed: int = 0,
) -> FittedText:
    """Fit both heads on TF-IDF features of the items that were compared.

    Parameters
    ----------
    texts : sequence of str, length n_items
    prompt_texts : sequence of str, length n_prompts
        Empty where a prompt has no text.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.
    with_limit : bool
        Find out how far an item has to lie to be far; a model that is only judged on held-out
        judgments needs no such limit.

    Raises
    ------
    NoTextError
        If no compared item has a word.
    NoComparisonsError, NotConvergedError, TooLargeError
        See `core.fitting.text.cold_start`.
    """
    compared = compared_items(comparisons)
    read = [texts[i] for i in compared]
    encoder = fit_tfidf(read, seed=seed)
    raw, _ = encoder.encode(texts)
    sample = np.random.default_rng(seed).permutation(len(read))[:MAX_REFERENCE]
    limit = np.inf
    if with_limit and len(sample) >= MIN_ITEMS:
        limit = far_limit(unseen_distances([read[i] for i in sample], seed=seed))
    return fit_heads(
        comparisons,
        texts,
        raw,
        encode_prompts(prompt_texts, lambda some: encoder.encode(some)[0]),
        mode="tfidf",
        encoder=TFIDF_NAME,
        tfidf=encoder,
        limit=limit,
        n_planes=n_planes,
        ties=ties,
        seed=seed,
    )


def fit_heads(
    comparisons: Comparisons,
    texts: Sequence[str],
    raw: Floats,
    prompt_features: Floats,
    *,
    mode: Mode,
    encoder: str,
    tfidf: Tfidf | None = None,
    limit: float | None = None,
    positions: Floats | None = None,
    n_strengths: int = 0,
    n_planes: int = 2,
    ties: bool | None = None,
    seed: int = 0,
) -> FittedText:
    """Fit both heads on encodings (n_items, n_raw) of all items.

    Parameters
    ----------
    limit : float or None
        The distance from which on an item is far; None: from the distances of the compared
        items to each other, which is right where the encoder was not made from them.
    positions : ndarray or None, shape (n_items, n_positions)
        What distances are taken in, where it is not what the heads read.
    n_strengths : int
        How many of the first columns of `raw` are strengths already; 0: it is no such output.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.
    """
    compared = compared_items(comparisons)
    read = [texts[i] for i in compared]
    if n_strengths:
        feature_map = make_output_map(raw[compared], read, n_strengths)
    else:
        feature_map = make_map(raw[compared], read)
    features = feature_map.features(raw, texts)
    if ties is None:
        ties = bool((comparisons.outcome == 0).any())
    share = choose_penalty(
        comparisons,
        features,
        feature_map.groups,
        prompt_features,
        n_planes=n_planes,
        ties=ties,
        seed=seed,
    )
    start = fit_bradley_terry_head(comparisons, features, feature_map.groups, ties=ties)
    general = fit_general_head(
        start, prompt_features, penalty_share=share, n_planes=n_planes, seed=seed
    )
    places = feature_map
    if positions is not None:
        places = make_map(positions[compared], read)
    seen = (raw if positions is None else positions)[compared]
    known = places.places(seen)
    if limit is None:
        limit = _limit_between(known, places.outside(seen), seed)
    model = TextModel(
        mode=mode,
        encoder=encoder,
        tfidf=tfidf,
        map=feature_map,
        places=None if positions is None else places,
        known=known,
        far_limit=limit,
        bradley_terry=start.model(),
        general=general,
    )
    return FittedText(model, share)


def compared_items(comparisons: Comparisons) -> Indices:
    """The items that stand in at least one comparison."""
    return np.unique(np.concatenate([comparisons.first, comparisons.second]))


def encode_prompts(prompt_texts: Sequence[str], encode: Encode) -> Floats:
    """Features of prompts for the gates, shape (n_prompts, n_features), mean squared length 1.

    Without columns where prompts have no text, or all the same.
    """
    if len(set(prompt_texts)) < 2:  # noqa: PLR2004 - nothing to tell apart
        return np.zeros((len(prompt_texts), 0))
    prompts = make_map(encode(prompt_texts), prompt_texts)
    directions = prompts.directions[:, :MAX_PROMPT_DIRECTIONS]
    features: Floats = (encode(prompt_texts) - prompts.centre) @ directions
    return features


def _limit_between(known: Floats, outside: Floats, seed: int) -> float:
    """The limit from the distances of the compared items to each other."""
    sample = np.random.default_rng(seed).permutation(len(known))[:MAX_REFERENCE]
    return far_limit(distances(known[sample], outside[sample], known, without_self=True))
