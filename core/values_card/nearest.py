"""Which cards of others are near one's own: TF-IDF without a model, or given embeddings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.judgment import Floats, Indices
from core.text.tfidf import words
from core.values_card.card import ValuesCard


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another card, and how near it is.

    Attributes
    ----------
    similarity : float
        Cosine, from 0 (nothing in common) to 1; from -1 with embeddings.
    """

    card_id: str
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class TermWeights:
    r"""Texts as weighted words and pairs of words that follow each other.

    The weight of term t in text d is :math:`(1 + \log n_{td}) \, r_t` with
    :math:`r_t = \log\frac{1 + N}{1 + N_t} + 1`, scaled so that each text has length 1 [1]_.

    Attributes
    ----------
    places : mapping of str to int
        The column of each term.
    rarity : ndarray, shape (n_terms,)
        :math:`r_t`.
    starts : ndarray of int64, shape (n_texts + 1,)
        Where each text begins in the next two.
    columns, weights : ndarrays, shape (n_entries,)
        Terms of the texts, and their weights.

    References
    ----------
    .. [1] Salton and Buckley, "Term-weighting approaches in automatic text retrieval",
       Information Processing & Management 24(5), 1988; with the smoothed rarity of scikit-learn.
    """

    places: Mapping[str, int]
    rarity: Floats
    starts: Indices
    columns: Indices
    weights: Floats

    def similarities(self, text: str) -> Floats:
        """Cosine of a text with each of the texts, shape (n_texts,); 0 where it has no words.

        Terms that none of the texts has count towards the length of the text, as rare as can be:
        a text of strange words is near to nothing.
        """
        columns, weights = _weigh(Counter(words(text)), self.places, self.rarity)
        query = np.zeros(len(self.rarity))
        query[columns] = weights
        products = self.weights * query[self.columns]
        owner = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        n_texts = len(self.starts) - 1
        return np.bincount(owner, products, n_texts).astype(np.float64)


def term_weights(texts: Sequence[str]) -> TermWeights:
    """Weigh the terms of texts; see `TermWeights`."""
    counts = [Counter(words(text)) for text in texts]
    often = Counter(term for count in counts for term in count)
    places = {term: place for place, term in enumerate(often)}
    n_with = np.array(list(often.values()), dtype=np.float64)
    rarity = np.log((1 + len(texts)) / (1 + n_with)) + 1
    rows = [_weigh(count, places, rarity) for count in counts]
    lengths = np.array([0, *(len(columns) for columns, _ in rows)], dtype=np.int64)
    none: tuple[Indices, Floats] = (np.zeros(0, dtype=np.int64), np.zeros(0))
    columns, weights = (np.concatenate(parts) for parts in zip(*rows, none, strict=True))
    return TermWeights(places, rarity, np.cumsum(lengths), columns, weights)


def card_text(card: ValuesCard) -> str:
    """What of a card is compared: what one attends to, not what it is called."""
    return "\n".join(card.policies)


def nearest(
    card: ValuesCard,
    others: Mapping[str, ValuesCard],
    *,
    n: int = 5,
    embedding: Floats | None = None,
    embeddings: Mapping[str, Floats] | None = None,
) -> tuple[Neighbour, ...]:
    """The cards of others that are nearest, to be offered as same, nearly or different.

    They are candidates: whether two cards are the same is for their authors to say.

    Parameters
    ----------
    others : mapping of card ids to cards
    n : int
        How many at most. A card that has nothing in common is not offered.
    embedding : ndarray, shape (n_dimensions,), optional
        Of the card, from a model; else TF-IDF of the policies.
    embeddings : mapping of card ids to ndarrays, shape (n_dimensions,), optional
        Of the others; one without an embedding is not offered.

    Returns
    -------
    tuple of Neighbour
        The nearest first; of equals the one whose id sorts first.
    """
    if (embedding is None) != (embeddings is None):
        raise ValueError("Embeddings are needed of the card and of the others, or of neither.")
    if embedding is not None and embeddings is not None:
        known = {name: embeddings[name] for name in others if name in embeddings}
        similar = {name: _cosine(embedding, other) for name, other in known.items()}
    else:
        weights = term_weights([card_text(other) for other in others.values()])
        found = weights.similarities(card_text(card)).tolist()
        similar = dict(zip(others, found, strict=True))
    near = [Neighbour(name, value) for name, value in similar.items() if value > 0]
    return tuple(sorted(near, key=lambda other: (-other.similarity, other.card_id))[:n])


def _weigh(
    counts: Counter[str], places: Mapping[str, int], rarity: Floats
) -> tuple[Indices, Floats]:
    known = {term: n for term, n in counts.items() if term in places}
    columns = np.array([places[term] for term in known], dtype=np.int64)
    often = np.array(list(known.values()), dtype=np.float64)
    strange = np.array([n for term, n in counts.items() if term not in places], dtype=np.float64)
    weights = (1 + np.log(often)) * rarity[columns]
    unknown = (1 + np.log(strange)) * rarity.max(initial=1.0)
    length = np.sqrt((weights**2).sum() + (unknown**2).sum())
    return columns, weights / length if length > 0 else weights


def _cosine(one: Floats, other: Floats) -> float:
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    if not np.isfinite(length) or one.shape != other.shape:
        raise ValueError(f"Embeddings of shapes {one.shape} and {other.shape} cannot be compared.")
    return float(one @ other) / length if length > 0 else 0.0
