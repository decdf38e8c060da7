"""How uncertain the strengths of two fits to different judgments are, and what they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.blocks import BlockMatrix, TooLargeError
from core.bradley_terry import BradleyTerry
from core.covariance import LaplaceCovariance
from core.fitting.sandwich import ClusteredCovariance, clustered_covariance
from core.judgment import Comparisons, Floats, Indices
from trainer.parts import LEAST_PEOPLE


@dataclass(frozen=True, slots=True, eq=False)
class NoiseOfTwo:
    """Errors of two fits, whose people may be the same.

    Attributes
    ----------
    fits : sequence of two BradleyTerry
    annotators : tuple of two ndarrays
        Who judged in each part, ascending.
    clustered : tuple of two ClusteredCovariance, or None
        By person; None where too few people judged in one of the parts, or too many items hang
        together: then judgments count as independent.
    """

    fits: Sequence[BradleyTerry]
    annotators: tuple[Indices, Indices]
    clustered: tuple[ClusteredCovariance, ClusteredCovariance] | None

    @classmethod
    def of(cls, fits: Sequence[BradleyTerry], parts: Sequence[Comparisons]) -> "NoiseOfTwo":
        one, other = (np.unique(part.annotator) for part in parts)
        if min(len(one), len(other)) < LEAST_PEOPLE:
            return cls(fits, (one, other), None)
        try:
            before, since = map(clustered_covariance, fits, parts)
        except TooLargeError:
            return cls(fits, (one, other), None)
        return cls(fits, (one, other), (before, since))

    @property
    def freedom(self) -> float:
        """Degrees of freedom: people of the part with fewer of them, less one."""
        return min(map(len, self.annotators)) - 1 if self.clustered else np.inf

    def between(self, items: Indices) -> tuple[Floats, Floats, Floats | None]:
        r"""Covariances of the errors before and since, and what these have in common.

        With :math:`k_g` by how much person g moves the strengths (see `clustered_covariance`),
        the last is :math:`\sum_g k_g^{before} (k_g^{since})^T` over who judged in both parts: a
        taste that somebody has before and since is no change.

        Returns
        -------
        tuple of ndarrays, shape (n_items, n_items)
            The last is None where judgments count as independent.
        """
        if self.clustered is None:
            one, other = (_square(fit.covariance, items) for fit in self.fits)
            return one, other, None
        moved = [found.influence[items] for found in self.clustered]
        one, other = (
            found.influence[items] @ found.influence[items].T + _square(found.prior_part, items)
            for found in self.clustered
        )
        _, here, there = np.intersect1d(*self.annotators, return_indices=True)
        return one, other, moved[0][:, here] @ moved[1][:, there].T

    def people(self) -> dict[str, Any]:
        """Who judged, for the sentence that says what the test rests on."""
        return {
            "older": len(self.annotators[0]),
            "newer": len(self.annotators[1]),
            "both": len(np.intersect1d(*self.annotators)),
            "needed": LEAST_PEOPLE,
            "clustered": self.clustered is not None,
        }


def _square(covariance: BlockMatrix | LaplaceCovariance, items: Indices) -> Floats:
    one, other = np.meshgrid(items, items, indexing="ij")
    found: Floats = covariance.between(one.ravel(), other.ravel()).reshape(one.shape)
    return found
