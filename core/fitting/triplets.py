"""Learn a map of items from answers to "which two are closer?"."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from core.coverage.similarity import Kernel, OrdinalMap, closer_log_odds, kernel_constants
from core.estimates import NotDeterminedError, clustered_share
from core.judgment import Floats, Indices

#: Precision of a normal belief about each coordinate: keeps items that always lie outside finite.
RIDGE = 1e-3
N_STARTS, N_FOLDS, MAX_STEPS = 3, 5, 300
MIN_TRIPLETS = 30


def fit_triplets(
    triplets: Indices,
    n_items: int,
    question: Indices,
    *,
    n_dims: int = 2,
    kernel: Kernel = Kernel.STUDENT,
    rng: np.random.Generator,
) -> OrdinalMap:
    r"""Find places of items in which those called closer are closer.

    Minimises :math:`-\sum \log \sigma(\text{log-odds}) + \frac{\rho}{2} \|X\|^2` by L-BFGS from
    several random starts; the lowest is kept. Distances alone matter, so that the map may be turned
    and mirrored; it is turned to its axes of most variance.

    Accuracy and log loss are of held-out triplets, five folds by question.

    Parameters
    ----------
    triplets : ndarray of int64, shape (n, 3)
        Anchor, nearer, further.
    question : ndarray of int64, shape (n,)
        Triplets of one question are held out together, and the interval of the accuracy is
        clustered by it. Give the set of three items, whoever answered.

    Raises
    ------
    NotDeterminedError
        If there are fewer than `MIN_TRIPLETS`, or fewer than five questions.
    """
    questions, place = np.unique(question, return_inverse=True)
    if len(triplets) < MIN_TRIPLETS or len(questions) < N_FOLDS:
        raise NotDeterminedError(
            f"A map of similarity needs {MIN_TRIPLETS} triplets of {N_FOLDS} questions at least, "
            f"got {len(triplets)} of {len(questions)}. Ask which two are closer more often."
        )
    fold = (rng.permutation(len(questions)) % N_FOLDS)[place]
    odds = np.empty(len(triplets))
    for number in range(N_FOLDS):
        rest = fold == number
        points = _best(triplets[~rest], n_items, n_dims, kernel, rng)
        odds[rest] = closer_log_odds(points, triplets[rest], kernel)
    hits = (odds > 0) + 0.5 * (odds == 0)
    points = _best(triplets, n_items, n_dims, kernel, rng)
    seen = np.zeros(n_items, dtype=np.bool_)
    seen[triplets] = True
    return OrdinalMap(
        points=_turned(points, seen),
        kernel=kernel,
        accuracy=clustered_share(hits.astype(np.float64), place),
        log_loss=float(np.logaddexp(0.0, -odds).mean()),
        seen=seen,
    )


def triplet_loss(
    triplets: Indices, n_items: int, n_dims: int, kernel: Kernel
) -> Callable[[Floats], tuple[float, Floats]]:
    """The objective and its gradient, of coordinates in one row."""
    anchor, near, far = triplets.T
    factor, offset = kernel_constants(kernel, n_dims)
    columns = np.concatenate([anchor, near, far])

    def loss(flat: Floats) -> tuple[float, Floats]:
        points = flat.reshape(n_items, n_dims)
        to_near, to_far = points[anchor] - points[near], points[anchor] - points[far]
        nearer = offset + (to_near**2).sum(axis=1)
        further = offset + (to_far**2).sum(axis=1)
        odds = factor * np.log(further / nearer)
        value = np.logaddexp(0.0, -odds).sum() + RIDGE / 2 * float(flat @ flat)
        # Slope of each term in its log-odds, and of those in the coordinates.
        slope = -factor * np.exp(-np.logaddexp(0.0, odds))[:, None]
        by_near, by_far = -2 * to_near / nearer[:, None], 2 * to_far / further[:, None]
        moves = slope * np.stack([by_near + by_far, -by_near, -by_far])
        gradient = RIDGE * points
        for axis in range(n_dims):
            gradient[:, axis] += np.bincount(columns, moves[:, :, axis].ravel(), n_items)
        return float(value), gradient.ravel()

    return loss


def _best(
    triplets: Indices, n_items: int, n_dims: int, kernel: Kernel, rng: np.random.Generator
) -> Floats:
    loss = triplet_loss(triplets, n_items, n_dims, kernel)
    found = [
        minimize(
            loss,
            rng.normal(0, 0.5, n_items * n_dims),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": MAX_STEPS},
        )
        for _ in range(N_STARTS)
    ]
    points: Floats = min(found, key=lambda one: float(one.fun)).x.reshape(n_items, n_dims)
    return points


def _turned(points: Floats, seen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    centred = points - points[seen].mean(axis=0)
    _, _, axes = np.linalg.svd(centred[seen], full_matrices=False)
    turned: Floats = centred @ axes.T
    return turned
