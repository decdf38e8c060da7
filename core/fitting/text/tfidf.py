"""Make the TF-IDF encoder from the texts of the judged items."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import hstack

from core.errors import DiscernError
from core.judgment import Floats
from core.text.features import MAX_DIRECTIONS, distances
from core.text.tfidf import Tfidf, Vocabulary, pieces, words

#: The most frequent terms of each kind that are kept.
MAX_WORDS, MAX_PIECES = 10_000, 15_000
#: Into how many parts the items are split to see how far an unseen one lies.
N_PARTS = 5
#: Weights that differ by less are equal.
SAME = 1e-9


class NoTextError(DiscernError):
    """Nothing to read."""

    def __init__(self) -> None:
        super().__init__(
            "None of the judged items has a word in it, so that texts say nothing about them. The "
            "text model needs items with text."
        )


class AlikeTextsError(DiscernError):
    """Nothing to tell the texts apart by."""

    def __init__(self) -> None:
        super().__init__(
            "The texts of the judged items have the same words, so that texts say nothing about "
            "what sets them apart. The text model needs items with different texts."
        )


def fit_tfidf(texts: Sequence[str], *, seed: int = 0) -> Tfidf:
    """Choose terms, their rarity and the directions from some texts.

    Terms that stand in one text only are left out where there are ten texts or more.

    Raises
    ------
    NoTextError
        If no text has a word.
    AlikeTextsError
        If all texts have the same terms.
    """
    if not any(map(words, texts)):
        raise NoTextError
    by_word, of_words = _vectorise(texts, words, MAX_WORDS)
    by_piece, of_pieces = _vectorise(texts, pieces, MAX_PIECES)
    weights = hstack([by_word, by_piece]).tocsr() * np.sqrt(0.5)
    largest, least = (np.asarray(end.todense()) for end in (weights.max(0), weights.min(0)))
    if len(texts) > 1 and (largest - least).max() < SAME:
        raise AlikeTextsError
    n_directions = min(MAX_DIRECTIONS, len(texts), weights.shape[1])
    if n_directions < weights.shape[1]:
        from sklearn.decomposition import TruncatedSVD  # here, as it takes long to import

        decomposition = TruncatedSVD(n_directions, random_state=seed).fit(weights)
        directions = decomposition.components_.T
    else:
        directions = np.eye(weights.shape[1])
    return Tfidf(of_words, of_pieces, directions.astype(np.float32))


def _vectorise(
    texts: Sequence[str], analyse: Callable[[str], list[str]], most: int
) -> tuple[Floats, Vocabulary]:
    from sklearn.feature_extraction.text import TfidfVectorizer  # here, as it takes long to import

    at_least = 2 if len(texts) >= 10 else 1  # noqa: PLR2004 - as the docstring says
    for least in (at_least, 1):  # texts that share nothing keep what they have
        vectoriser = TfidfVectorizer(
            analyzer=analyse, max_features=most, min_df=least, sublinear_tf=True
        )
        try:
            weights = vectoriser.fit_transform(texts)
        except ValueError:
            if least == 1:
                raise
            continue
        return weights, Vocabulary(
            tuple(vectoriser.get_feature_names_out().tolist()), vectoriser.idf_
        )
    raise NoTextError


def unseen_distances(texts: Sequence[str], *, seed: int = 0) -> Floats:
    """How far each text lies from others when the encoder is made without it; shape (n_texts,)."""
    part = np.random.default_rng(seed).permutation(len(texts)) % N_PARTS
    found = np.empty(len(texts))
    for number in range(N_PARTS):
        rest = [text for text, of in zip(texts, part, strict=True) if of != number]
        held = [text for text, of in zip(texts, part, strict=True) if of == number]
        encoder = fit_tfidf(rest, seed=seed)
        known, _ = encoder.encode(rest)
        features, outside = encoder.encode(held)
        found[part == number] = distances(features, outside, known)
    return found
