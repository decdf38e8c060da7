"""Where texts lie by their words, without anything that was fitted: hashed TF-IDF. Numpy only."""

from collections import Counter
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from core.judgment import Floats
from core.text.tfidf import words

N_FEATURES = 256


def hashed_features(texts: Sequence[str], n_features: int = N_FEATURES) -> Floats:
    r"""Each text as a vector of length 1 (or 0 without words), by feature hashing [1]_.

    A term t that stands n times in a text and in :math:`d_t` of N texts adds
    :math:`\pm (1 + \log n)(\log\frac{1 + N}{1 + d_t} + 1)` to one feature; which, and with
    which sign, a hash of the term decides. Inner products are then those of the terms, give or
    take about :math:`1 / \sqrt{n\_features}`.

    Returns
    -------
    ndarray, shape (n_texts, n_features)

    References
    ----------
    .. [1] Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
    """
    counts = [Counter(words(text)) for text in texts]
    held_by = Counter(term for found in counts for term in found)
    features = np.zeros((len(texts), n_features))
    for row, found in enumerate(counts):
        for term, n in found.items():
            code = crc32(term.encode("utf-8", "surrogatepass"))
            rarity = np.log((1 + len(texts)) / (1 + held_by[term])) + 1
            sign = 1 if code & 1 else -1
            features[row, (code >> 1) % n_features] += sign * (1 + np.log(n)) * rarity
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    scaled: Floats = features / np.where(lengths > 0, lengths, 1)
    return scaled
