"""Smooth calibration error: without bins, and continuous in the forecasts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calibration.forecasts import said_of_the_better
from core.calibration.noisy_length import N_DRAWS, Distance, distance
from core.estimates import Estimate
from core.judgment import Floats, Indices

#: Places of [0, 1] at which residuals are gathered; half a step is the finest bandwidth.
N_CELLS = 8192
#: Places of [1/2, 1] at which the smoothed curve is said, and integrated for draws of the noise.
N_POINTS = 129
N_BISECTIONS = 40
CHUNK = 20_000
#: Waves of which the kernel leaves less than exp(-6.5² / 2), a billionth, are left out.
FAINT = 6.5


@dataclass(frozen=True, slots=True, eq=False)
class SmoothCalibration:
    """The smoothed reliability curve and how far it is from the diagonal.

    Attributes
    ----------
    bandwidth : float
        Of the kernel; the one at which the error equals the bandwidth.
    error : Distance
        At this bandwidth.
    probability, observed, low, high, density : ndarray, shape (n_points,)
        Of the item held better, from 1/2 to 1: predicted, observed share near it, the ends of a
        band that holds with 95 % at all points at once, and how many judgments lie near,
        as a density over [1/2, 1]. Where fewer than `n_near` misses are expected near, nan: the
        band, made from the normal, would be too narrow.
    """

    bandwidth: float
    error: Distance
    probability: Floats
    observed: Floats
    low: Floats
    high: Floats
    density: Floats


def smooth_calibration(
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    *,
    level: float = 0.95,
    n_near: float = 10.0,
    seed: int = 0,
) -> SmoothCalibration:
    r"""Smooth calibration error of Błasiok and Nakkiran [1]_, with interval and smoothed curve.

    .. math::
        \hat r_\sigma(t) = \frac1n \sum_i (y_i - p_i) K_\sigma(t, p_i), \quad
        \mathrm{smECE}_\sigma = \int_0^1 \lvert \hat r_\sigma(t) \rvert \, dt, \quad
        \sigma^*: \mathrm{smECE}_{\sigma^*} = \sigma^*

    with the Gaussian kernel reflected at 0 and 1, which is the heat kernel
    :math:`K_\sigma(t, p) = 1 + 2 \sum_k e^{-\sigma^2 \pi^2 k^2 / 2} \cos \pi k t \cos \pi k p`.
    Each judgment counts half with its items named either way, so that the figure does not depend
    on their names. The interval is of the error at the bandwidth found, see
    `core.calibration.noisy_length.distance`; its noise is that of pairs.

    Parameters
    ----------
    probability, outcome_first : ndarray, shape (n,)
        As in `reliability_curve`.
    cluster : ndarray of int64, shape (n,)
        The pair.
    n_near : float
        Misses to be expected within a bandwidth that the curve needs to be said.

    References
    ----------
    .. [1] Błasiok and Nakkiran, "Smooth ECE: principled reliability diagrams via kernel
       smoothing", ICLR 2024, arXiv:2309.12236.
    """
    sure, right = said_of_the_better(probability, outcome_first)
    gap, n = right - sure, len(sure)
    waves = _waves(sure, gap)
    waves[::2] = 0  # named both ways, the residual is odd about one half
    sigma = _fixed_point(waves)
    points = np.linspace(0.5, 1, N_POINTS)
    odd = np.arange(1, min(N_CELLS // 2, max(8, int(FAINT / (np.pi * sigma)))), 2)
    at_points = _fade(odd, sigma)[:, None] * np.cos(np.pi * np.outer(odd, points))
    seen = waves[odd] @ at_points
    covariance = at_points.T @ _noise(sure, gap, cluster, odd) @ at_points
    error = _error(seen, covariance, _total(waves, sigma), n, level=level, seed=seed)
    density = _density(sure, sigma, points)
    near = n * sigma * density * (1 - points) >= n_near
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.where(near, points + 2 * seen / density, np.nan)
        reach = 2 * _simultaneous(covariance, near, level, seed) / density
    return SmoothCalibration(
        bandwidth=sigma,
        error=error,
        probability=points,
        observed=middle,
        low=np.clip(middle - reach, 0, 1),
        high=np.clip(middle + reach, 0, 1),
        density=density,
    )


def _waves(sure: Floats, values: Floats) -> Floats:
    """Mean of value times cos(pi k p) for k = 0, …, shape (n_cells + 1,).

    Values are gathered at the cells next to them, in shares, and transformed together.
    """
    place = sure * N_CELLS
    cell = np.minimum(place.astype(np.int64), N_CELLS - 1)
    share = place - cell
    gathered = np.bincount(cell, values * (1 - share), 2 * N_CELLS)
    gathered += np.bincount(cell + 1, values * share, 2 * N_CELLS)
    waves: Floats = np.fft.rfft(gathered).real / max(len(sure), 1)
    return waves


def _fade(wave: Indices, sigma: float) -> Floats:
    """What the kernel leaves of each wave, twice, as each stands for two in Fourier's sum."""
    faded: Floats = 2 * np.exp(-((sigma * np.pi * wave) ** 2) / 2)
    return faded


def _total(waves: Floats, sigma: float) -> float:
    """The integral of the absolute smoothed residual over [0, 1]."""
    spectrum = np.zeros(2 * N_CELLS)
    spectrum[: N_CELLS + 1] = waves * _fade(np.arange(N_CELLS + 1), sigma)
    smooth = np.abs(np.fft.rfft(spectrum).real)
    return float((smooth.sum() - (smooth[0] + smooth[-1]) / 2) / N_CELLS)


def _fixed_point(waves: Floats) -> float:
    """The bandwidth that equals the error; the error never grows with the bandwidth."""
    low, high = 0.5 / N_CELLS, 1.0
    for _ in range(N_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _total(waves, middle) > middle else (low, middle)
    return (low + high) / 2


def _noise(sure: Floats, gap: Floats, cluster: Indices, odd: Indices) -> Floats:
    r"""Covariance of the waves, from the sums of clusters; shape (k, k), nan for one cluster.

    A cluster with one forecast p and sum of residuals R adds :math:`R^2 \cos k\pi p \cos l\pi p`,
    which is half of the waves k - l and k + l of :math:`R^2`: so all of them are transformed
    together. The others, of which a held-out pair seldom is one, are added up one by one.
    """
    _, number = np.unique(cluster, return_inverse=True)
    n, n_clusters = len(sure), int(number.max()) + 1
    if n_clusters == 1:
        return np.full((len(odd), len(odd)), np.nan)
    lowest, highest = np.full(n_clusters, np.inf), np.zeros(n_clusters)
    np.minimum.at(lowest, number, sure)
    np.maximum.at(highest, number, sure)
    plain = lowest == highest
    sums = np.bincount(number, gap, n_clusters)[plain]
    # `_waves` divides by the number of its rows, the covariance of a mean by n squared.
    squares = _waves(lowest[plain], sums**2) * (len(sums) / n**2)
    apart, together = np.abs(odd[:, None] - odd), odd[:, None] + odd
    second = (squares[apart] + squares[together]) / 2
    mixed = ~plain[number]
    if mixed.any():
        second = second + _added_one_by_one(sure[mixed], gap[mixed], number[mixed], odd) / n**2
    total = _waves(sure, gap)[odd]
    covariance: Floats = (
        n_clusters / (n_clusters - 1) * (second - np.outer(total, total) / n_clusters)
    )
    return covariance


def _added_one_by_one(sure: Floats, gap: Floats, number: Indices, odd: Indices) -> Floats:
    """Sum over clusters of the products of their waves; shape (k, k)."""
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    second = np.zeros((len(odd), len(odd)))
    for begin in range(0, len(starts), CHUNK):
        some = starts[begin : begin + CHUNK]
        end = starts[begin + CHUNK] if begin + CHUNK < len(starts) else len(sure)
        rows = order[some[0] : end]
        each = gap[rows, None] * np.cos(np.pi * sure[rows, None] * odd)
        sums = np.add.reduceat(each, some - some[0], axis=0)
        second += sums.T @ sums
    return second


def _error(
    seen: Floats, covariance: Floats, as_seen: float, n: int, *, level: float, seed: int
) -> Distance:
    if np.isnan(covariance).any():
        return Distance(Estimate(as_seen, 0.0, np.inf, n), as_seen, np.nan, np.nan)
    return distance(seen, covariance, _integral, n, level=level, seed=seed)


def _density(sure: Floats, sigma: float, points: Floats) -> Floats:
    """How many judgments lie near, as a density over [1/2, 1]; shape (n_points,)."""
    even = np.arange(2, min(N_CELLS, max(8, int(FAINT / (np.pi * sigma)))), 2)
    waves = _waves(sure, np.ones(len(sure)))[even] * _fade(even, sigma)
    density = 2 * (1 + waves @ np.cos(np.pi * np.outer(even, points)))
    return np.maximum(density, 0.0)


def _simultaneous(covariance: Floats, near: NDArray[np.bool_], level: float, seed: int) -> Floats:
    """How far a band reaches that holds at all points near which there are judgments."""
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not near.any() or np.isnan(deviation).any():
        return np.full(len(near), np.inf)
    values, vectors = np.linalg.eigh(covariance)
    draws = np.random.default_rng(seed).normal(size=(N_DRAWS, len(near)))
    noise = draws @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    with np.errstate(divide="ignore", invalid="ignore"):
        farthest = np.nanmax(np.where(deviation > 0, np.abs(noise) / deviation, 0)[:, near], axis=1)
    reach: Floats = float(np.quantile(farthest, level)) * deviation
    return reach


def _integral(curves: Floats) -> Floats:
    """Twice the integral over [1/2, 1] of the absolute value, by the rule of trapezoids."""
    sizes = np.abs(curves)
    total: Floats = (sizes.sum(axis=-1) - (sizes[..., 0] + sizes[..., -1]) / 2) / (N_POINTS - 1)
    return total
