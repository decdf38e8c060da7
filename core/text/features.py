"""From what an encoder says of a text to the features that a model reads. Numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.judgment import Floats

#: Directions of most variance that are kept of an encoder's.
MAX_DIRECTIONS = 64
#: How many of the nearest judged items a new one is compared with.
N_NEAREST = 5
#: A new item is far if it is farther from the judged items than this share of them would be.
FAR_SHARE = 0.99
#: With fewer judged items, far and near cannot be told apart.
MIN_ITEMS = 20
_CHUNK = 512
#: From this size on, only the largest directions are looked for; so many beside them, so often.
LARGE, SPARE, N_ITERATIONS = 600, 16, 6


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMap:
    """A fixed linear map of an encoder's output, beside the length of the text.

    Attributes
    ----------
    centre : ndarray, shape (n_raw,)
        Mean over the items that the map was made from.
    directions : ndarray, shape (n_raw, n_features)
        Orthonormal columns, divided by `unit`.
    unit : float
        Chosen so that the mean squared length of the features is 1: a prior scale of the slopes
        is then the standard deviation of the strengths that they explain.
    length_centre, length_scale : float
        Mean and standard deviation of log(1 + number of characters).
    n_strengths : int
        How many of the first columns are strengths already, as a trained network says them; they
        have a prior group of their own.
    """

    centre: Floats
    directions: Floats
    unit: float
    length_centre: float
    length_scale: float
    n_strengths: int = 0

    @property
    def groups(self) -> tuple[int, ...]:
        """The prior group of each feature: the length, the strengths, the rest of the encoder."""
        n_rest = self.directions.shape[1] - self.n_strengths
        strengths = [1] * self.n_strengths
        return (0, *strengths, *([2 if strengths else 1] * n_rest))

    def features(self, raw: Floats, texts: Sequence[str]) -> Floats:
        """Features of texts whose encoding is `raw` (n, n_raw); shape (n, 1 + n_features)."""
        length = (log_lengths(texts) - self.length_centre) / self.length_scale
        features: Floats = np.column_stack([length, (raw - self.centre) @ self.directions])
        return features

    def places(self, raw: Floats) -> Floats:
        """Where texts lie in units of the encoder, shape (n, n_features): for distances."""
        places: Floats = (raw - self.centre) @ self.directions * self.unit
        return places

    def outside(self, raw: Floats) -> Floats:
        """Squared length of the encoding that the directions do not hold; shape (n,)."""
        centred = raw - self.centre
        held = ((centred @ self.directions) ** 2).sum(axis=1) * self.unit**2
        outside: Floats = np.maximum((centred**2).sum(axis=1) - held, 0.0)
        return outside


def make_map(raw: Floats, texts: Sequence[str]) -> FeatureMap:
    """Keep the directions of most variance of the encodings (n, n_raw) of some items."""
    centre = raw.mean(axis=0)
    centred = raw - centre
    n_kept = min(MAX_DIRECTIONS, len(raw) - 1, raw.shape[1])
    lengths, directions = _directions(centred, n_kept)
    kept = lengths[:n_kept] > 1e-7 * max(lengths.max(initial=0.0), 1e-30)
    directions = directions[:n_kept][kept].T
    unit = float(np.sqrt((lengths[:n_kept][kept] ** 2).sum() / len(raw))) or 1.0
    # The sign of a direction means nothing; one rule for it makes repeated fits equal.
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    length = log_lengths(texts)
    return FeatureMap(
        centre, directions * signs / unit, unit, float(length.mean()), float(length.std()) or 1.0
    )


def _directions(centred: Floats, n_kept: int) -> tuple[Floats, Floats]:
    """Lengths and directions (rows) of a singular value decomposition, the largest first.

    Of a large matrix only the largest, by subspace iteration from a fixed start (Halko,
    Martinsson and Tropp, SIAM Review 53(2), 2011, algorithm 4.4).
    """
    if min(centred.shape) > LARGE:
        basis = np.random.default_rng(0).standard_normal((centred.shape[1], n_kept + SPARE))
        for _ in range(N_ITERATIONS):
            basis = np.linalg.qr(centred.T @ np.linalg.qr(centred @ basis)[0])[0]
        _, lengths, inner = np.linalg.svd(centred @ basis, full_matrices=False)
        return lengths, inner @ basis.T
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    return lengths, directions


def make_output_map(outputs: Floats, texts: Sequence[str], n_strengths: int) -> FeatureMap:
    """Keep every column of what a trained network says; each group has mean squared length 1.

    Parameters
    ----------
    outputs : ndarray, shape (n, n_outputs)
        Strengths first.
    """
    scale = outputs.std(axis=0)
    scale[scale < 1e-9] = np.inf  # noqa: PLR2004 - the same for all: it says nothing
    n_rest = outputs.shape[1] - n_strengths
    root = np.sqrt(np.repeat([n_strengths, max(n_rest, 1)], [n_strengths, n_rest]))
    length = log_lengths(texts)
    return FeatureMap(
        outputs.mean(axis=0),
        np.diag(1 / (scale * root)),
        1.0,
        float(length.mean()),
        float(length.std()) or 1.0,
        n_strengths,
    )


def log_lengths(texts: Sequence[str]) -> Floats:
    """Return log(1 + number of characters), shape (n,)."""
    lengths: Floats = np.log1p(np.array([len(text) for text in texts], dtype=np.float64))
    return lengths


def distances(
    features: Floats, outside: Floats, known: Floats, *, without_self: bool = False
) -> Floats:
    r"""Mean distance to the nearest `N_NEAREST` known items, :math:`\sqrt{\|x - y\|^2 + o}`.

    Parameters
    ----------
    features, known : ndarray, shapes (n, n_features) and (n_known, n_features)
        In units of the encoder.
    outside : ndarray, shape (n,)
        o, squared length that the features do not hold.
    without_self : bool
        Leave the nearest one out, where the items are among the known.

    Returns
    -------
    ndarray, shape (n,)
    """
    nearest = np.empty(len(features))
    squares = (known**2).sum(axis=1)
    n_nearest = min(N_NEAREST + without_self, len(known))
    for start in range(0, len(features), _CHUNK):
        part = features[start : start + _CHUNK]
        squared = (part**2).sum(axis=1)[:, None] - 2 * part @ known.T + squares
        squared = np.sort(np.partition(squared, n_nearest - 1, axis=1)[:, :n_nearest], axis=1)
        squared = np.maximum(squared[:, int(without_self) :], 0.0)
        squared += outside[start : start + _CHUNK, None]
        nearest[start : start + _CHUNK] = np.sqrt(squared).mean(axis=1)
    return nearest


def far_limit(distance: Floats) -> float:
    """The distance beyond which an item is far; infinite with fewer than `MIN_ITEMS`."""
    if len(distance) < MIN_ITEMS:
        return np.inf
    return float(np.quantile(distance, FAR_SHARE))


def is_far(distance: Floats, limit: float) -> NDArray[np.bool_]:
    far: NDArray[np.bool_] = distance > limit
    return far
