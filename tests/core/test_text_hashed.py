import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from core.text.hashed import hashed_features

TEXTS = [
    "the tide comes in twice a day",
    "the tide goes out twice a day",
    "bread needs flour water and salt",
    "",
]


def test_inner_products_are_those_of_the_terms() -> None:
    """With so many features that no two terms meet: scikit-learn's TF-IDF of words and pairs."""
    ours = hashed_features(TEXTS[:3], 2**20)
    peer = TfidfVectorizer(
        ngram_range=(1, 2), token_pattern=r"\w+", sublinear_tf=True
    ).fit_transform(TEXTS[:3])
    assert ours @ ours.T == pytest.approx((peer @ peer.T).toarray(), abs=1e-12)


def test_alike_texts_lie_near_and_no_words_lie_nowhere() -> None:
    near = hashed_features(TEXTS)
    assert near[0] @ near[1] > 0.4
    assert abs(near[0] @ near[2]) < 0.2
    assert not near[3].any()
    assert np.linalg.norm(near[:3], axis=1) == pytest.approx(1)
