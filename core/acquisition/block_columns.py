"""Columns and products of block matrices for the difference of two items, changed in place."""

import numpy as np

from core.blocks import BlockMatrix, Layout
from core.judgment import Floats, Indices

#: Rows of a block that are changed in one go, so that they stay in the processor's cache.
ROWS = 64


def block_of(matrix: BlockMatrix, component: int) -> Floats:
    """A view of the block of a component."""
    layout = matrix.layout
    size, start = int(layout.sizes[component]), int(layout.starts[component])
    return matrix.values[start : start + size**2].reshape(size, size)


def items_of(layout: Layout, component: int) -> Indices:
    end = int(layout.sizes[: component + 1].sum())
    return layout.order[end - int(layout.sizes[component]) : end]


def column_of(matrix: BlockMatrix, component: int, first: int, second: int) -> Floats:
    """The matrix times e_first - e_second, for the items of a component."""
    layout, block = matrix.layout, block_of(matrix, component)
    if layout.component[first] == layout.component[second]:
        column: Floats = block[layout.slot[first]] - block[layout.slot[second]]
        return column
    if layout.component[first] == component:
        own: Floats = block[layout.slot[first]].copy()
        return own
    other: Floats = -block[layout.slot[second]]
    return other


def part_along(layout: Layout, component: int, first: int, second: int, column: Floats) -> float:
    """e_first - e_second times a column of a component."""
    along = 0.0
    for item, sign in ((first, 1.0), (second, -1.0)):
        if layout.component[item] == component:
            along += sign * float(column[layout.slot[item]])
    return along


def add_product(block: Floats, left: Floats, right: Floats) -> None:
    """Add left rightᵀ, a few rows at a time."""
    for begin in range(0, len(block), ROWS):
        rows = slice(begin, begin + ROWS)
        block[rows] += left[rows, None] * right


def quadratic_form(matrix: BlockMatrix, first: Indices, second: Indices) -> Floats:
    """dᵀ M d of each pair, not below zero."""
    layout, values = matrix.layout, matrix.values
    diagonal = matrix.variances()[0]
    quadratic: Floats = diagonal[first] + diagonal[second]
    beside = layout.component[first] == layout.component[second]
    if beside.all():
        quadratic -= 2 * values[layout.places(first, second)]
    elif beside.any():
        quadratic[beside] -= 2 * values[layout.places(first[beside], second[beside])]
    return np.maximum(quadratic, 0.0)
