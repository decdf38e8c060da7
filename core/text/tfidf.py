"""Texts as weighted words and pieces of words: the encoder that needs no model. Numpy only."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.judgment import Floats

_WORD = re.compile(r"\w+")
#: Lengths of the pieces of words, with a blank at each end of a word.
PIECE_LENGTHS = (3, 4)
#: Of a longer text only the beginning is read, in characters.
MAX_LENGTH = 20_000


def words(text: str) -> list[str]:
    """Lower-case words, and every two words that follow each other."""
    found = _WORD.findall(text[:MAX_LENGTH].lower())
    return found + [f"{one} {other}" for one, other in pairwise(found)]


def pieces(text: str) -> list[str]:
    """Pieces of three and four characters of every word with a blank at each end."""
    return [piece for word in _WORD.findall(text[:MAX_LENGTH].lower()) for piece in _cut(word)]


def _cut(word: str) -> Iterator[str]:
    padded = f" {word} "
    for length in PIECE_LENGTHS:
        for start in range(max(len(padded) - length + 1, 0)):
            yield padded[start : start + length]


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Terms of one kind, and how rare each is.

    Attributes
    ----------
    terms : tuple of str
    rarity : ndarray, shape (n_terms,)
        Inverse document frequency, log((1 + n) / (1 + texts with the term)) + 1.
    """

    terms: tuple[str, ...]
    rarity: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Tfidf:
    r"""TF-IDF of words and of pieces of words, projected on the directions of most variance [1]_.

    A term that stands n times in a text gets :math:`(1 + \log n)` times its rarity; the weights
    of words and of pieces each have length :math:`\sqrt{1/2}`, so that a text has length 1.

    Attributes
    ----------
    directions : ndarray of float32, shape (n_words + n_pieces, n_directions)
        Orthonormal columns (truncated singular value decomposition).

    References
    ----------
    .. [1] Deerwester et al., "Indexing by latent semantic analysis", JASIS 41(6), 1990.
    """

    words: Vocabulary
    pieces: Vocabulary
    directions: NDArray[np.float32]

    def encode(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Project texts.

        Returns
        -------
        tuple of ndarrays, shapes (n_texts, n_directions) and (n_texts,)
            The projections; and what they do not hold, from 0 to 2: the squared length outside of
            all directions, and the share of the text that lies in unknown terms.
        """
        places = [_places(self.words.terms), _places(self.pieces.terms)]
        rarities = (self.words.rarity, self.pieces.rarity)
        starts = (0, len(self.words.terms))
        projected = np.zeros((len(texts), self.directions.shape[1]))
        unknown = np.zeros(len(texts))
        for row, text in enumerate(texts):
            for kind, found in enumerate((words(text), pieces(text))):
                index, weight, share = _weigh(found, places[kind], rarities[kind])
                projected[row] += weight @ self.directions[index + starts[kind]]
                unknown[row] += share / 2
        return projected, np.maximum(1 - (projected**2).sum(axis=1), 0.0) + unknown


def _places(terms: Sequence[str]) -> dict[str, int]:
    return {term: place for place, term in enumerate(terms)}


def _weigh(
    found: list[str], places: Mapping[str, int], rarity: Floats
) -> tuple[NDArray[np.int64], Floats, float]:
    """Places and weights of the known terms of a text, and the share of all that is unknown.

    The weights have length sqrt(1/2); an unknown term counts as much as the rarest known.
    """
    counts = Counter(found)
    index = np.array([places[term] for term in counts if term in places], dtype=np.int64)
    often = np.array([n for term, n in counts.items() if term in places], dtype=np.float64)
    strange = np.array([n for term, n in counts.items() if term not in places])
    weight = (1 + np.log(often)) * rarity[index]
    known, unknown = float((weight**2).sum()), 0.0
    if len(strange):
        unknown = float(((1 + np.log(strange)) ** 2).sum() * rarity.max(initial=1.0) ** 2)
    share = unknown / (known + unknown) if known + unknown > 0 else 1.0
    return index, weight * np.sqrt(0.5 / known) if known > 0 else weight, share


def to_arrays(encoder: Tfidf) -> dict[str, NDArray[Any]]:
    """Say an encoder in arrays that load without pickle; no term holds a line break."""
    return {
        "words": np.array("\n".join(encoder.words.terms)),
        "word_rarity": encoder.words.rarity,
        "pieces": np.array("\n".join(encoder.pieces.terms)),
        "piece_rarity": encoder.pieces.rarity,
        "directions": encoder.directions,
    }


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Tfidf:
    """Read what `to_arrays` has said."""
    return Tfidf(
        Vocabulary(_terms(arrays["words"]), arrays["word_rarity"]),
        Vocabulary(_terms(arrays["pieces"]), arrays["piece_rarity"]),
        arrays["directions"],
    )


def _terms(joined: NDArray[Any]) -> tuple[str, ...]:
    text = str(joined)
    return tuple(text.split("\n")) if text else ()
