"""Uncertainty of the strengths with annotators and thresholds integrated out."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import bsr_matrix, csr_matrix

from core.annotator_models import Population, rao_kupper
from core.blocks import BlockMatrix, Layout
from core.fitting.annotators.likelihood import Sheets, add_up
from core.fitting.laplace import hold_levels, invert, release_levels
from core.judgment import Floats


def information(odds: Floats, threshold: Floats) -> tuple[Floats, Floats, Floats]:
    r"""Fisher information of one judgment on (log-odds, log threshold) under Rao-Kupper.

    The scores of the outcomes first, tie and second are :math:`1 - p,\ q - p,\ q - 1` in the
    log-odds, and in the threshold :math:`p - 1,\ \coth t - P(\text{tie}),\ q - 1`, which times t
    is the score in the log threshold.

    Parameters
    ----------
    odds, threshold : ndarray, shape (n,)

    Returns
    -------
    tuple of three ndarrays, shape (n,)
        Variance of the first, covariance, variance of the second.
    """
    shares = rao_kupper(odds, threshold)
    first, tie, second = shares.T
    steep = threshold / np.tanh(np.where(threshold > 0, threshold, 1.0)) - threshold * tie
    in_odds = np.stack([1 - first, second - first, second - 1], axis=1)
    in_log = np.stack([threshold * (first - 1), steep, threshold * (second - 1)], axis=1)

    def product(one: Floats, other: Floats) -> Floats:
        summed: Floats = (shares * one * other).sum(axis=1)
        return summed

    return product(in_odds, in_odds), product(in_odds, in_log), product(in_log, in_log)


@dataclass(frozen=True, slots=True, eq=False)
class Precisions:
    """Of the priors of a strength and of the mean log threshold."""

    strength: float
    log_threshold: float


def joint_covariance(
    sheets: Sheets,
    layout: Layout,
    odds: Floats,
    population: Population,
    *,
    deviation: Floats,
    precisions: Precisions,
) -> BlockMatrix:
    r"""Invert the joint Fisher information and keep the part of the strengths.

    Annotators are eliminated first: :math:`A - \sum_k B_k D_k^{-1} B_k^T` with the 2 x 2 blocks
    :math:`D_k` of each annotator, whose prior precision is one. Entries between components, which
    common annotators connect a little, are left out.

    Parameters
    ----------
    odds : ndarray, shape (n,)
        Differences of strengths for the judgments of `sheets`.
    deviation : ndarray, shape (n_people, 2)
        Where the annotators are taken to be, in standard deviations of the population.
    """
    scales, thresholds = population.at(deviation)
    scale, threshold = scales[sheets.person], thresholds[sheets.person]
    xx, x_log, log_log = information(scale * odds, threshold)
    sds = population.scale_sd, population.threshold_sd * population.ties
    people = _People.of(
        sheets,
        own=np.stack(
            [odds**2 * xx * sds[0] ** 2, odds * x_log * sds[0] * sds[1], log_log * sds[1] ** 2], 1
        ),
        with_strengths=np.stack([scale * odds * xx * sds[0], scale * x_log * sds[1]], axis=1),
        with_ties=np.stack([odds * x_log * sds[0], log_log * sds[1]], axis=1),
        n_items=len(layout.component),
    )
    hessian = _direct(layout, sheets, scale**2 * xx, precisions.strength)
    for items, blocks in layout.stacks(hessian.values):
        for number, some in enumerate(items):
            part = people.across[some]
            blocks[number] -= (part @ people.inverse @ part.T).toarray()
    hold_levels(hessian)
    n_items = len(layout.component)
    mixed = add_up(sheets.first, scale * x_log, n_items)
    mixed -= add_up(sheets.second, scale * x_log, n_items)
    mixed -= people.across @ (people.inverse @ people.of_ties)
    left = float(log_log.sum()) + precisions.log_threshold
    left -= float(people.of_ties @ (people.inverse @ people.of_ties))
    covariance, _ = invert(hessian, mixed[:, None], left, with_ties=population.ties)
    release_levels(covariance, precisions.strength)
    return covariance


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    """Annotators' part of the information, two deviations each.

    Attributes
    ----------
    inverse : csr_matrix, shape (2 n_people, 2 n_people)
        Of their own blocks.
    across : csr_matrix, shape (n_items, 2 n_people)
        With the strengths.
    of_ties : ndarray, shape (2 n_people,)
        With the mean log threshold.
    """

    inverse: csr_matrix
    across: csr_matrix
    of_ties: Floats

    @classmethod
    def of(
        cls, sheets: Sheets, *, own: Floats, with_strengths: Floats, with_ties: Floats, n_items: int
    ) -> "_People":
        """Add up what judgments give, (n, 3), (n, 2) and (n, 2)."""
        n_people = len(sheets.people)
        first, both, second = (add_up(sheets.person, part, n_people) for part in own.T)
        blocks = np.stack([1 + first, both, both, 1 + second], axis=1).reshape(-1, 2, 2)
        inverse = bsr_matrix(
            (np.linalg.inv(blocks), np.arange(n_people), np.arange(n_people + 1)),
            shape=(2 * n_people, 2 * n_people),
        )
        rows = np.tile(np.concatenate([sheets.first, sheets.second]), 2)
        column = 2 * np.concatenate([sheets.person, sheets.person])
        values = np.concatenate([with_strengths, -with_strengths]).T.ravel()
        across = csr_matrix(
            (values, (rows, np.concatenate([column, column + 1]))), shape=(n_items, 2 * n_people)
        )
        of_ties = np.stack([add_up(sheets.person, part, n_people) for part in with_ties.T], axis=1)
        return cls(inverse.tocsr(), across, of_ties.ravel())


def _direct(layout: Layout, sheets: Sheets, curvature: Floats, precision: float) -> BlockMatrix:
    """The strengths' part of the information, annotators and thresholds taken as known."""
    n_items = len(layout.component)
    keys, pair = np.unique(sheets.first * n_items + sheets.second, return_inverse=True)
    first, second = keys // n_items, keys % n_items
    of_pair = add_up(pair, curvature, len(keys))
    diagonal = add_up(first, of_pair, n_items) + add_up(second, of_pair, n_items) + precision
    return BlockMatrix.assemble(
        layout, diagonal[:, None, None], first, second, -of_pair[:, None, None]
    )
