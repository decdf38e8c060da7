"""What an isotonic regression would say if one more answer had come: for Venn-Abers."""

import numpy as np

from core.judgment import Floats

Point = tuple[float, float]


def augmented_shares(share: Floats, size: Floats) -> tuple[Floats, Floats]:
    r"""Isotonic shares at a new judgment, if it were a miss and if it were a hit.

    With the k different forecasts in ascending order, one judgment is added at any place and
    adjacent violators are pooled: :math:`p_0` with a miss, :math:`p_1` with a hit. One pass over
    the greatest convex minorant of the cumulative sums finds all places [1]_.

    Parameters
    ----------
    share, size : ndarray, shape (k,)
        Share of hits and number of judgments at each forecast, ascending.

    Returns
    -------
    if_missed, if_hit : ndarray, shape (k + 1,)
        p0 below the first forecast and from each of them on; p1 up to each forecast and above
        the last.

    References
    ----------
    .. [1] Vovk, Petej and Fedorova, NIPS 2015, algorithms 1 to 4.
    """
    if_hit = np.append(_shares_with_a_hit(share, size), 1.0)
    # A miss below is a hit above, turned round.
    mirrored = _shares_with_a_hit(1 - share[::-1], size[::-1])
    if_missed = np.append(0.0, 1 - mirrored[::-1])
    return if_missed, if_hit


def _shares_with_a_hit(share: Floats, size: Floats) -> Floats:
    """Isotonic share of a hit added just before each forecast; shape (k,)."""
    across = np.concatenate([[-1.0, 0.0], np.cumsum(size)])
    up = np.concatenate([[-1.0, 0.0], np.cumsum(size * share)])
    points: list[Point] = list(zip(across.tolist(), up.tolist(), strict=True))
    corners: list[Point] = []
    for point in points:
        while len(corners) > 1 and _not_left(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    stack = corners[::-1]
    found = np.empty(len(share))
    for place in range(len(share)):
        (x, y), (further, higher) = stack[-1], stack[-2]
        found[place] = (higher - y) / (further - x)
        # The new judgment moves past this forecast: the corner between them moves.
        before, here, after = points[place], points[place + 1], points[place + 2]
        moved = (before[0] + after[0] - here[0], before[1] + after[1] - here[1])
        points[place + 1] = moved
        if not _not_left(stack[-1], moved, stack[-2]):
            stack.pop()
            while len(stack) > 1 and _not_left(moved, stack[-1], stack[-2]):
                stack.pop()
            stack.append(moved)

    return found


def _not_left(a: Point, b: Point, c: Point) -> bool:
    """Whether the way from a over b to c does not turn left."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]) <= 0
