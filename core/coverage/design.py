"""What a design, the pairs that were asked, can tell: how well it connects, how efficient it is."""

from dataclasses import dataclass

import numpy as np

from core.comparison_graph import components
from core.estimates import NotDeterminedError, normal_quantile
from core.judgment import Floats, Indices
from core.predictions import PreferenceModel

#: With more items under one prompt eigenvalues take too long for a page.
MAX_ITEMS = 2_000
#: Pairs of items looked at where there are more.
MAX_PAIRS = 20_000
#: Eigenvalues below this share of the mean are zero: the graph is in pieces.
ZERO = 1e-9
N_DESIGNS = 5


@dataclass(frozen=True, slots=True)
class PromptDesign:
    r"""The judged pairs of one prompt, as a design for strengths that differ little.

    A judgment tells of the difference of two strengths; the information of all is proportional to
    the Laplacian L of the graph of judgments, with eigenvalues :math:`0 = \lambda_1 \le \lambda_2
    \le \dots \le \lambda_t`. Of all designs of N judgments of t items, no other is as good as the
    one that asks every pair equally often, all of whose other eigenvalues are 2N/(t - 1) [1]_.

    Attributes
    ----------
    degree_least, degree_median, degree_most : float
        Different items that an item was compared with.
    n_components : int
        Groups that comparisons connect; an item never compared is one.
    a_efficiency : float
        Harmonic mean of the eigenvalues over 2N/(t - 1): how small the mean variance of differences
        is, against the best of the same size. 0 where the graph is in pieces; nan where the prompt
        has fewer than two items, more than `MAX_ITEMS`, or no judgment.
    d_efficiency : float
        Geometric mean of the eigenvalues over the same: how small the volume of the joint region
        of uncertainty is.
    connectivity : float
        The second eigenvalue over the same [2]_: 1 all alike, near 0 two parts that hang together
        by few judgments.

    References
    ----------
    .. [1] Kiefer, "Construction and optimality of generalized Youden designs", in "A survey of
       statistical design and linear models", North-Holland 1975; Shah and Sinha, "Theory of
       optimal designs", Springer 1989.
    .. [2] Fiedler, "Algebraic connectivity of graphs", Czechoslovak Mathematical Journal 23(2),
       1973.
    """

    prompt: int
    n_items: int
    n_judgments: int
    pairs_asked: int
    pairs_possible: int
    degree_least: float
    degree_median: float
    degree_most: float
    n_components: int
    a_efficiency: float
    d_efficiency: float
    connectivity: float


def prompt_designs(prompts: Indices, first: Indices, second: Indices) -> tuple[PromptDesign, ...]:
    """Say of every prompt what its judged pairs can tell, in the order of their numbers.

    Parameters
    ----------
    prompts : ndarray of int64, shape (n_items,)
    first, second : ndarray of int64, shape (n,)
        Items of each judgment, in any order.
    """
    n_items = len(prompts)
    label = components(n_items, first, second)
    keys = np.minimum(first, second) * n_items + np.maximum(first, second)
    pairs, times = np.unique(keys, return_counts=True)
    one, other = pairs // max(n_items, 1), pairs % max(n_items, 1)
    degree = np.bincount(one, minlength=n_items) + np.bincount(other, minlength=n_items)
    n_prompts = int(prompts.max()) + 1 if n_items else 0
    by_prompt = np.argsort(prompts, kind="stable")
    item_bounds = np.searchsorted(prompts[by_prompt], np.arange(n_prompts + 1))
    order = np.argsort(prompts[one], kind="stable")
    bounds = np.searchsorted(prompts[one][order], np.arange(n_prompts + 1))
    place = np.empty(n_items, dtype=np.int64)
    place[by_prompt] = np.arange(n_items) - item_bounds[prompts[by_prompt]]
    designs = []
    for prompt in range(n_prompts):
        items = by_prompt[item_bounds[prompt] : item_bounds[prompt + 1]]
        rows = order[bounds[prompt] : bounds[prompt + 1]]
        n_parts, often = len(np.unique(label[items])), times[rows].astype(np.float64)
        efficiency = (
            efficiency_of(len(items), place[one[rows]], place[other[rows]], often)
            if n_parts == 1
            else (0.0 if len(rows) else np.nan,) * 3
        )
        spread = degree[items] if len(items) else np.zeros(1)
        designs.append(
            PromptDesign(
                prompt,
                len(items),
                int(often.sum()),
                len(rows),
                len(items) * (len(items) - 1) // 2,
                float(spread.min()),
                float(np.median(spread)),
                float(spread.max()),
                n_parts,
                *efficiency,
            )
        )
    return tuple(designs)


def efficiency_of(
    n_items: int, first: Indices, second: Indices, times: Floats
) -> tuple[float, float, float]:
    """A-efficiency, D-efficiency and connectivity of a design; see `PromptDesign`.

    Parameters
    ----------
    first, second : ndarray of int64, shape (n_pairs,)
        Places of the items, 0 to `n_items` - 1.
    times : ndarray, shape (n_pairs,)
        Judgments of each pair.
    """
    if not 1 < n_items <= MAX_ITEMS or times.sum() == 0:
        return np.nan, np.nan, np.nan
    laplacian = np.zeros((n_items, n_items))
    np.add.at(laplacian, (first, second), -times)
    laplacian += laplacian.T
    np.fill_diagonal(laplacian, -laplacian.sum(axis=1))
    values = np.linalg.eigvalsh(laplacian)[1:] / (2 * times.sum() / (n_items - 1))
    if values[0] < ZERO:
        return 0.0, 0.0, 0.0
    harmonic = len(values) / float((1 / values).sum())
    return harmonic, float(np.exp(np.log(values).mean())), float(values[0])


def attainable_efficiency(
    n_items: int, n_judgments: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Efficiencies of the best of a few designs of this size, which somebody could really ask.

    Every pair as often as all can be, and the rest along random circles through all items, so that
    every item is judged about equally often. The best design of whole judgments lies between this
    and 1.

    Raises
    ------
    NotDeterminedError
        If so few judgments cannot connect so many items, or items are too many.
    """
    if n_judgments < n_items - 1 or not 1 < n_items <= MAX_ITEMS:
        raise NotDeterminedError(
            f"{n_judgments:,} judgments of {n_items:,} items: as many judgments as items less one "
            f"are needed to connect them, and at most {MAX_ITEMS:,} items are looked at together."
        )
    best = (0.0, 0.0, 0.0)
    one, other = np.triu_indices(n_items, 1)
    whole, rest = divmod(n_judgments, len(one))
    for _ in range(N_DESIGNS):
        around = [rng.permutation(n_items) for _ in range(-(-rest // n_items))]
        first = np.concatenate([one, *around])
        second = np.concatenate([other, *(np.roll(circle, -1) for circle in around)])
        times = np.concatenate([np.full(len(one), float(whole)), np.ones(len(first) - len(one))])
        kept = len(one) + rest
        found = efficiency_of(n_items, first[:kept], second[:kept], times[:kept])
        best = max(best, found)
    return best


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """How surely a fit tells items of one prompt apart.

    Attributes
    ----------
    n_pairs, n_looked_at : int
        Pairs of items under the prompt, and those looked at: all, or a random sample.
    connected : float
        Share of pairs that comparisons connect; the others are compared by the prior alone.
    determined : float
        Share of pairs that comparisons connect and whose interval lies on one side of zero.
    half_width : ndarray, shape (3,)
        Quartiles of half the width of the interval of a difference, nats; connected pairs only,
        nan if there is none.
    widest : tuple of int
        The pair of items of which least is known, connected or not.
    """

    n_pairs: int
    n_looked_at: int
    connected: float
    determined: float
    half_width: Floats
    widest: tuple[int, int]


def determined_differences(
    model: PreferenceModel,
    component: Indices,
    prompt: int,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
) -> Differences:
    """Say which differences of one prompt a fit determines, and to what width.

    Parameters
    ----------
    component : ndarray of int64, shape (n_items,)
        From `core.comparison_graph.components`.
    rng : numpy.random.Generator
        Draws pairs where they are more than `MAX_PAIRS`.

    Raises
    ------
    NotDeterminedError
        If the prompt has fewer than two items.
    """
    items = np.flatnonzero(model.prompts == prompt)
    n_pairs = len(items) * (len(items) - 1) // 2
    if n_pairs == 0:
        raise NotDeterminedError("A prompt with fewer than two items has no differences.")
    one, other = _some_pairs(items, n_pairs, rng)
    sd = np.sqrt(model.log_odds_variance(one, other))
    reach = normal_quantile(level) * sd
    joined = component[one] == component[other]
    apart = joined & (np.abs(model.log_odds(one, other)) > reach)
    widths = np.full(3, np.nan)
    if joined.any():
        widths = np.quantile(reach[joined], [0.25, 0.5, 0.75])
    worst = int(np.argmax(np.where(joined, reach, np.inf)))
    return Differences(
        n_pairs=n_pairs,
        n_looked_at=len(one),
        connected=float(joined.mean()),
        determined=float(apart.mean()),
        half_width=widths,
        widest=(int(one[worst]), int(other[worst])),
    )


def _some_pairs(items: Indices, n_pairs: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    if n_pairs <= MAX_PAIRS:
        one, other = np.triu_indices(len(items), 1)
        return items[one], items[other]
    one = rng.integers(len(items), size=MAX_PAIRS)
    other = (one + rng.integers(1, len(items), size=MAX_PAIRS)) % len(items)
    return items[np.minimum(one, other)], items[np.maximum(one, other)]
