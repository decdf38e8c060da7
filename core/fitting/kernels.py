"""Loops over judgments, compiled on first use and kept on disk: the only room with numba.

All of them run on one thread, add into the arrays that they are given, and take an empty array
where something is absent: weights (then every row counts once), lifts (then nothing beside the
two items moves the odds) and curvatures by row (then they are only added up).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from core.judgment import Floats

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
Numbers = NDArray[np.int32] | NDArray[np.int64]
Weights = NDArray[np.float32] | NDArray[np.float64]
Categories = NDArray[np.int8]
Longs = NDArray[np.int64]
Table = NDArray[np.int32] | NDArray[np.float64]


def compiled(function: Compiled) -> Compiled:
    """Compile on the first call and keep the result beside the source."""
    faster = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast("Compiled", faster)


@compiled
def plain_slopes(
    state: Floats, first: Numbers, second: Numbers, weight: Floats, curvature: Weights
) -> None:
    """Bradley-Terry without ties at one place, row by row.

    `state` has for each item exp(strength), and room for its expected wins and their curvature,
    side by side in memory. What rows give to their first item is held back while that stays.
    """
    i, wins, bent = first[0], 0.0, 0.0
    for row in range(len(first)):
        if first[row] != i:
            state[i, 1] += wins
            state[i, 2] += bent
            i, wins, bent = first[row], 0.0, 0.0
        j = second[row]
        a, b = state[i, 0], state[j, 0]
        number = weight[row] if len(weight) > 0 else 1.0
        share = 1.0 / (a + b)
        a *= share
        b *= share
        spread = number * a * b
        if len(curvature) > 0:
            curvature[row] = spread
            spread = curvature[row]  # as rounded, where that is single precision
        wins += number * a
        bent += spread
        state[j, 1] += number * b
        state[j, 2] += spread
    state[i, 1] += wins
    state[i, 2] += bent


@compiled
def davidson_slopes(  # noqa: PLR0915, PLR0917 - one loop is one pass over memory
    root: Floats,
    tie: float,
    first: Numbers,
    second: Numbers,
    weight: Floats,
    lift: Floats,
    expected: Floats,
    diagonal: Floats,
    curvature: Weights,
    border: Floats,
    slope: Floats,
    mixed: Floats,
) -> tuple[float, float]:
    """Davidson's model at one place, row by row; see `core.fitting.likelihood`.

    `root` is exp(strength / 2), `lift` the same of what else moves a row's odds. Adds up by item
    the expected wins, their curvature and its border with the log tie weight; stores the
    curvature by row, and where `slope` is not empty also the expected half difference of wins and
    the mixed derivative. Returns the expected ties and their curvature.
    """
    ties, tie_curvature = 0.0, 0.0
    for row in range(len(first)):
        i, j = first[row], second[row]
        a, b = root[i], root[j]
        if len(lift) > 0:
            a *= lift[row]
        if tie == 0.0:
            one, other = a * a, b * b
            share = 1.0 / (one + other)
            one *= share
            other *= share
            spread, middle = one * other, 0.0
        else:
            one, middle, other = a * a, tie * a * b, b * b
            share = 1.0 / (one + middle + other)
            one, middle, other = one * share, middle * share, other * share
            spread = one * other + middle * (one + other) / 4
        number = weight[row] if len(weight) > 0 else 1.0
        spread *= number
        half = number * middle / 2
        if len(curvature) > 0:
            curvature[row] = spread
            spread = curvature[row]  # as rounded, where that is single precision
        expected[i] += number * one + half
        expected[j] += number * other + half
        diagonal[i] += spread
        diagonal[j] += spread
        if tie != 0.0:
            cross = -number * middle * (one - other) / 2
            border[i] += cross
            border[j] -= cross
            ties += number * middle
            tie_curvature += number * middle * (1.0 - middle)
            if len(slope) > 0:
                mixed[row] = cross
        if len(slope) > 0:
            slope[row] = number * (one - other) / 2
    return ties, tie_curvature


@compiled
def graded_slopes(  # noqa: C901, PLR0912, PLR0915, PLR0917 - as above
    worth: Floats,
    cuts: Floats,
    first: Numbers,
    second: Numbers,
    category: Categories,
    weight: Floats,
    lift: Floats,
    score: Floats,
    diagonal: Floats,
    curvature: Weights,
    border: Floats,
    slope: Floats,
    mixed: Floats,
    cut_score: Floats,
    cut_curvature: Floats,
) -> None:
    """The cumulative logit at one place, row by row; see `core.fitting.likelihood`.

    `worth` is exp(strength), `cuts` exp(cutpoint), both of which a row multiplies. A row says
    that its log-odds lie between two cutpoints, that is, one logistic answer of yes to the lower
    and one of no to the upper; what links the two cutpoints is added elsewhere.
    """
    n_cuts = len(cuts)
    for row in range(len(first)):
        i, j = first[row], second[row]
        number = weight[row] if len(weight) > 0 else 1.0
        grade = category[row]
        a, b = worth[i], worth[j]
        if len(lift) > 0:
            a *= lift[row]
        spread, push = 0.0, 0.0
        # Each end: which cutpoint, its sign in the log-odds, and whether they lie above it.
        for end in range(2):
            if grade == 0:
                cut, sign, above = 0, 1.0 - 2.0 * end, end == 1
            elif grade > 0:
                cut, sign, above = grade - 1 + end, 1.0, end == 0
            else:
                cut, sign, above = -grade - 1 + end, -1.0, end == 1
            if cut == n_cuts:
                continue
            edge = cuts[cut] if sign > 0 else 1.0 / cuts[cut]
            share = 1.0 / (a + b * edge)
            over, under = a * share, b * edge * share
            bend = number * over * under
            pull = number * under if above else -number * over
            spread += bend
            push += pull
            cut_score[cut] -= sign * pull
            cut_curvature[cut] += bend
            border[i, cut] -= sign * bend
            border[j, cut] += sign * bend
            if len(slope) > 0:
                mixed[row, cut] -= sign * bend
        if len(curvature) > 0:
            curvature[row] = spread
            spread = curvature[row]
        score[i] += push
        score[j] -= push
        diagonal[i] += spread
        diagonal[j] += spread
        if len(slope) > 0:
            slope[row] = push


@compiled
def multiply(first: Numbers, second: Numbers, curvature: Weights, x: Floats, out: Floats) -> None:
    """Add the off-diagonal part of the curvature, times x, to `out` (n_items,).

    What rows give to their first item is held back while that stays the same.
    """
    i, held = first[0], 0.0
    for row in range(len(first)):
        if first[row] != i:
            out[i] -= held
            i, held = first[row], 0.0
        j, w = second[row], curvature[row]
        held += w * x[j]
        out[j] -= w * x[i]
    out[i] -= held


@compiled
def add_up(  # noqa: PLR0917
    first: Longs,
    second: Longs,
    outcome: Longs,
    weight: Floats,
    tally: Floats,
    one: Numbers,
    other: Numbers,
) -> float:
    """Add up wins, a tie being half a win to both, and judgments by item; returns the ties.

    `tally` has both for each item, side by side in memory. Where `one` and `other` are not empty,
    the items are copied there, in half the memory.
    """
    ties = 0.0
    for row in range(len(first)):
        number = weight[row] if len(weight) > 0 else 1.0
        i, j, sign = first[row], second[row], outcome[row]
        won = number * (1 + sign) / 2
        tally[i, 0] += won
        tally[j, 0] += number - won
        tally[i, 1] += number
        tally[j, 1] += number
        if sign == 0:
            ties += number
        if len(one) > 0:
            one[row] = i
            other[row] = j
    return ties


@compiled
def sort_by_block(  # noqa: PLR0917
    first: Longs, second: Longs, shift: int, start: Longs, one: Numbers, other: Numbers
) -> None:
    """Copy pairs to `one` and `other`, those of the same two blocks of items side by side.

    A block is 2^shift items; `start` has zeros, one more than there are pairs of blocks. Loops
    over such rows find the state of both items in a near cache.
    """
    n_blocks = int(np.sqrt(len(start) - 1.0))
    for row in range(len(first)):
        start[(first[row] >> shift) * n_blocks + (second[row] >> shift) + 1] += 1
    for block in range(len(start) - 1):
        start[block + 1] += start[block]
    for row in range(len(first)):
        block = (first[row] >> shift) * n_blocks + (second[row] >> shift)
        place = start[block]
        start[block] = place + 1
        one[place] = first[row]
        other[place] = second[row]


@compiled
def add_up_counts(  # noqa: PLR0917
    first: Longs,
    second: Longs,
    first_better: Floats,
    tied: Floats,
    second_better: Floats,
    tally: Floats,
    weight: Floats,
    one: Numbers,
    other: Numbers,
) -> float:
    """As `add_up` where judgments are added up by pair; `weight` gets the number of each pair."""
    ties = 0.0
    for row in range(len(first)):
        i, j, half = first[row], second[row], tied[row] / 2
        won, lost = first_better[row] + half, second_better[row] + half
        weight[row] = won + lost
        tally[i, 0] += won
        tally[j, 0] += lost
        tally[i, 1] += won + lost
        tally[j, 1] += won + lost
        ties += tied[row]
        if len(one) > 0:
            one[row] = i
            other[row] = j
    return ties


@compiled
def table_of_pairs(  # noqa: PLR0917
    n_items: int, first: Longs, second: Longs, category: Categories, weight: Floats, table: Table
) -> int:
    """Add up by pair and category, (n_pairs possible, n_categories); pairs row by row.

    Returns the number of entries that are not zero. One pass with `add_up` would take longer than
    two: it would wait for the table, which is too large for the nearest cache, at every row.
    """
    middle, filled = table.shape[1] // 2, 0
    for row in range(len(first)):
        number = weight[row] if len(weight) > 0 else 1.0
        grade = category[row] + middle if len(category) > 0 else 0
        i, j = first[row], second[row]
        place = i * (2 * n_items - i - 1) // 2 + j - i - 1
        filled += table[place, grade] == 0
        table[place, grade] += number
    return filled


@compiled
def nonempty(  # noqa: PLR0917
    n_items: int,
    table: Table,
    first: Numbers,
    second: Numbers,
    category: Categories,
    weight: Floats,
) -> None:
    """Write the entries of a table of pairs that are not zero as rows, with room for one more.

    Zeros are written too, and overwritten: that is faster than asking.
    """
    middle, row, place = table.shape[1] // 2, 0, 0
    for i in range(n_items):
        for j in range(i + 1, n_items):
            for grade in range(table.shape[1]):
                first[row], second[row] = i, j
                if len(category) > 0:
                    category[row] = grade - middle
                weight[row] = table[place, grade]
                row += table[place, grade] != 0
            place += 1


@compiled
def join(first: Numbers, second: Numbers, label: NDArray[np.int32]) -> None:
    """Give all items that rows connect one label: the least item of the group.

    Union by least item with halved paths; stops looking once all are one group.
    """
    remaining = len(label) - 1
    for row in range(len(first)):
        if remaining == 0:
            break
        i, j = first[row], second[row]
        while label[i] != i:
            label[i] = label[label[i]]
            i = label[i]
        while label[j] != j:
            label[j] = label[label[j]]
            j = label[j]
        if i != j:
            label[max(i, j)] = min(i, j)
            remaining -= 1
    for item in range(len(label)):
        label[item] = label[label[item]]


@compiled
def skew_slopes(  # noqa: PLR0917 - as above
    strengths: Floats,
    embeddings: Floats,
    tie: float,
    first: Longs,
    second: Longs,
    total: Floats,
    margin: Floats,
    by_strength: Floats,
    by_embedding: Floats,
) -> tuple[float, float]:
    """Davidson's model with a skew part at one place, pair by pair; `tie` as a logarithm.

    `margin` is half of what the first won by. Adds up by item the slopes of the negative
    log-likelihood. Returns that, less what the log tie weight adds, and the expected ties.
    """
    loss, ties = 0.0, 0.0
    for row in range(len(first)):
        i, j = first[row], second[row]
        odds = strengths[i] - strengths[j]
        for k in range(0, embeddings.shape[1], 2):
            odds += embeddings[i, k] * embeddings[j, k + 1]
            odds -= embeddings[i, k + 1] * embeddings[j, k]
        half = abs(odds) / 2
        top = max(half, tie)
        strong, weak, tied = np.exp(half - top), np.exp(-half - top), np.exp(tie - top)
        whole = strong + weak + tied
        loss += total[row] * (top + np.log(whole)) - margin[row] * odds
        ties += total[row] * tied / whole
        slope = total[row] * np.sign(odds) * (strong - weak) / (2 * whole) - margin[row]
        by_strength[i] += slope
        by_strength[j] -= slope
        for k in range(0, embeddings.shape[1], 2):
            by_embedding[i, k] += slope * embeddings[j, k + 1]
            by_embedding[i, k + 1] -= slope * embeddings[j, k]
            by_embedding[j, k] -= slope * embeddings[i, k + 1]
            by_embedding[j, k + 1] += slope * embeddings[i, k]
    return loss, ties
