"""Symmetric matrices over items, stored only where items are connected by comparisons."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.judgment import Floats, Indices

MAX_BLOCK = 5_000
MAX_VALUES = 10**8
#: From this size on, a block is inverted by its Cholesky factor.
LARGE_BLOCK = 100


class TooLargeError(DiscernError):
    """So many items are connected that their joint uncertainty does not fit into memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the entries of a block matrix lie: one dense block a component, packed end to end.

    Components are numbered by size, so that blocks of one size lie together and are handled by
    one batched call.

    Attributes
    ----------
    component, slot : ndarray of int64, shape (n_items,)
        The component of each item, and its place in it.
    sizes, starts : ndarray of int64, shape (n_components,)
        Number of items, and where the block begins.
    order : ndarray of int64, shape (n_items,)
        Items by component and slot.
    width : int
        Parameters an item.
    """

    component: Indices
    slot: Indices
    sizes: Indices
    starts: Indices
    order: Indices
    width: int

    @classmethod
    def of(cls, labels: Indices, width: int, *, dense: bool = True) -> "Layout":
        """Lay out blocks for the components that `labels` (n_items,) names.

        Raises
        ------
        TooLargeError
            If `dense` and the entries would be too many, see `check_size`.
        """
        sizes = np.bincount(labels)
        by_size = np.argsort(sizes, kind="stable")
        rank = np.empty_like(by_size)
        rank[by_size] = np.arange(len(sizes))
        component = rank[labels].astype(np.int64)
        order = np.argsort(component, kind="stable")
        sizes = sizes[by_size].astype(np.int64)
        areas = (sizes * width) ** 2
        firsts = np.cumsum(sizes) - sizes
        slot = np.empty_like(order)
        slot[order] = np.arange(len(order)) - np.repeat(firsts, sizes)
        layout = cls(component, slot, sizes, np.cumsum(areas) - areas, order, width)
        if dense:
            layout.check_size()
        return layout

    @property
    def fits(self) -> bool:
        """Whether a block has at most `MAX_BLOCK` rows, and all have `MAX_VALUES` entries."""
        if len(self.sizes) == 0:
            return True
        return bool(self.sizes[-1] * self.width <= MAX_BLOCK and self.n_values <= MAX_VALUES)

    def check_size(self) -> None:
        """Refuse to hold more entries than fit.

        Raises
        ------
        TooLargeError
            If the layout does not fit.
        """
        if not self.fits:
            raise TooLargeError(
                f"Comparisons connect {self.sizes[-1]:,} items with each other, {self.width} "
                f"parameters an item; a full matrix holds at most {MAX_BLOCK:,} parameters in one "
                f"connected group and {MAX_VALUES:,} entries in all. Leave out items that are "
                "hardly ever compared, split the study by prompt, or use fewer planes."
            )

    @property
    def n_values(self) -> int:
        return int(((self.sizes * self.width) ** 2).sum())

    @property
    def items_beside(self) -> Indices:
        """Number of items in each item's component, itself included; shape (n_items,)."""
        return self.sizes[self.component]

    def places(self, first: NDArray[Any], second: NDArray[Any]) -> Indices:
        """Where the entry of each pair of items lies, for one parameter an item; shape (n,)."""
        places: Indices = self.starts[self.component[first]] + self.slot[second]
        places += self.slot[first] * self.items_beside[first]
        return places

    def positions(self, first: Indices, second: Indices) -> Indices:
        """Where the `width` x `width` entries of each pair of items lie; shape (n, width, width).

        Both items of a pair must be in the same component.
        """
        steps = np.arange(self.width)
        row = self.slot[first][:, None] * self.width + steps
        column = self.slot[second][:, None] * self.width + steps
        rows = self.items_beside[first] * self.width
        start = self.starts[self.component[first]]
        positions: Indices = (start[:, None] + row * rows[:, None])[:, :, None] + column[:, None, :]
        return positions

    def stacks(self, values: Floats) -> Iterator[tuple[Indices, Floats]]:
        """Yield, for each block size, the items (k, m) and a view of the blocks (k, rows, rows)."""
        distinct, counts = np.unique(self.sizes, return_counts=True)
        item, value = 0, 0
        for size, count in zip(distinct.tolist(), counts.tolist(), strict=True):
            rows = size * self.width
            items = self.order[item : item + count * size].reshape(count, size)
            yield items, values[value : value + count * rows**2].reshape(count, rows, rows)
            item += count * size
            value += count * rows**2


@dataclass(frozen=True, slots=True, eq=False)
class BlockMatrix:
    """A symmetric matrix with zeros between components.

    Attributes
    ----------
    values : ndarray, shape (layout.n_values,)
        The blocks, each row by row.
    """

    layout: Layout
    values: Floats

    @classmethod
    def assemble(
        cls, layout: Layout, diagonal: Floats, first: Indices, second: Indices, off: Floats
    ) -> "BlockMatrix":
        """Build a matrix from what each item and each pair of items adds.

        Parameters
        ----------
        diagonal : ndarray, shape (n_items, width, width)
        first, second : ndarray of int64, shape (n_pairs,)
            Each pair at most once.
        off : ndarray, shape (n_pairs, width, width)
            Rows belong to `first`, columns to `second`.
        """
        values = np.zeros(layout.n_values)
        items = np.arange(len(layout.component))
        values[layout.positions(items, items)] = diagonal
        values[layout.positions(first, second)] = off
        values[layout.positions(second, first)] = off.transpose(0, 2, 1)
        return cls(layout, values)

    def between(self, first: Indices, second: Indices) -> Floats:
        """The entries of pairs of items, shape (n, width, width); zero between components."""
        layout = self.layout
        together = layout.component[first] == layout.component[second]
        entries = np.zeros((len(first), layout.width, layout.width))
        entries[together] = self.values[layout.positions(first[together], second[together])]
        return entries

    def solve(self, right: Floats) -> Floats:
        """Solve M x = right for right sides of shape (n_items, width, n_sides)."""
        solution = np.empty_like(right)
        n_sides = right.shape[2]
        for items, blocks in self.layout.stacks(self.values):
            sides = right[items].reshape(*blocks.shape[:2], n_sides)
            solution[items] = np.linalg.solve(blocks, sides).reshape(*items.shape, -1, n_sides)
        return solution

    def inverse(self) -> "BlockMatrix":
        """Invert a positive definite matrix block by block; exactly symmetric."""
        values = np.empty_like(self.values)
        for (_, blocks), (_, inverses) in zip(
            self.layout.stacks(self.values), self.layout.stacks(values), strict=True
        ):
            _invert(blocks, inverses)
        return BlockMatrix(self.layout, values)

    def variances(self) -> tuple[Floats, Floats]:
        """The diagonal of a covariance, for one parameter an item, and its error, which is 0."""
        items = np.arange(len(self.layout.component))
        variances: Floats = self.values[self.layout.places(items, items)]
        return np.maximum(variances, 0.0), np.zeros(len(items))

    def of_differences(self, first: Indices, second: Indices) -> Floats:
        """Variance of one item's parameter minus another's, the covariances between components 0.

        The matrix is a covariance with one parameter an item; shape (n,).
        """
        own = self.between(first, first) + self.between(second, second)
        # An item against itself, and little else, gives a rounding error below zero.
        variance: Floats = np.maximum((own - 2 * self.between(first, second))[:, 0, 0], 0.0)
        return variance

    def draws(self, rng: np.random.Generator, n_draws: int) -> Floats:
        """Normal deviations with this covariance, (n_draws, n_items), summing to 0 by component.

        The matrix is a covariance of parameters that sum to zero by component, one an item.
        """
        drawn = np.empty((n_draws, len(self.layout.component)))
        for items, blocks in self.layout.stacks(self.values):
            # The sum of a component has no variance; a free one makes the block regular.
            factor = np.linalg.cholesky(blocks + 1 / items.shape[1])
            noise = rng.normal(size=(n_draws, *items.shape))
            moved = np.einsum("kij,dkj->dki", factor, noise, optimize=True)
            drawn[:, items] = moved - moved.mean(axis=2, keepdims=True)
        return drawn

    def log_determinant(self) -> float:
        """Logarithm of the determinant of a positive definite matrix."""
        half = 0.0
        for _, blocks in self.layout.stacks(self.values):
            factors = np.linalg.cholesky(blocks)
            half += float(np.log(np.diagonal(factors, axis1=1, axis2=2)).sum())
        return 2 * half


def _invert(blocks: Floats, inverses: Floats) -> None:
    """Write the inverses of positive definite blocks, (k, rows, rows), exactly symmetric."""
    if blocks.shape[1] < LARGE_BLOCK:
        plain = np.linalg.inv(blocks)
        inverses[:] = (plain + plain.transpose(0, 2, 1)) / 2
        return
    from scipy.linalg.lapack import dpotrf, dpotri  # here, as scipy takes long to import

    for block, inverse in zip(blocks, inverses, strict=True):
        # Symmetric, so that its transpose is itself in the order of columns that LAPACK wants.
        factor, failed = dpotrf(block.T, lower=1, clean=1)
        lower, broken = dpotri(factor, lower=1, overwrite_c=1)
        if failed or broken:
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        np.add(lower, lower.T, out=inverse)
        np.fill_diagonal(inverse, np.diagonal(lower))
