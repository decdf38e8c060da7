"""Where wiser than wiser leads back: cycles, how sure they are, and what would break them."""

from dataclasses import dataclass

import numpy as np

from core.blocks import Layout
from core.comparison_graph import components, strong_components
from core.estimates import Estimate
from core.hodge import Energies, HodgeDecomposition
from core.judgment import Floats, Indices, PairCounts
from core.value_graph.estimate import EdgePosterior

#: Longest cycles looked for, and how many are listed at most.
MAX_LENGTH, MAX_CYCLES = 5, 200
#: Draws of which the shares of gradient and curl are computed.
N_DRAWS = 200
#: Key of the question for the situation in which the two values of a cycle's weakest edge differ.
QUESTION = "value_graph.cycle.which_context"


@dataclass(frozen=True, slots=True)
class ContextQuestion:
    """What to ask about a cycle: the key of the text, and the two values that it is about."""

    key: str
    less_wise: str
    wiser: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """Values each of which is less wise than the next, and the last less than the first.

    Attributes
    ----------
    cards : tuple of str
    edges : tuple of int
        Numbers of the pairs, from each card to the next.
    strength : float
        The smallest of the edges' posterior mean log-odds along the cycle, nats.
    probability : float
        That all edges really point this way round: share of joint posterior draws. Known to about
        0.5 / sqrt(number of draws).
    weakest : int
        Number of the pair with the smallest log-odds: the one to ask next.
    question : ContextQuestion
    """

    cards: tuple[str, ...]
    edges: tuple[int, ...]
    strength: float
    probability: float
    weakest: int
    question: ContextQuestion


@dataclass(frozen=True, slots=True)
class CycleReport:
    """All cycles found, and how much of the edges one number per value explains.

    Attributes
    ----------
    cycles : tuple of Cycle
        The likeliest first.
    is_complete : bool
        Whether there are no more than those listed, up to `MAX_LENGTH` values.
    gradient, rotation : Estimate or None
        Share of the energy of the edges (squared log-odds, weighted by posterior precision) that
        is differences of one number per value, and share that runs in circles: posterior mean
        and 90 % interval over draws, n the edges. Not what chance alone would make of the raw
        votes: draws are shrunk. None without edges.
    curl, harmonic : float
        Shares, of the posterior mean edges, that run round triangles and round longer circles;
        `harmonic` is NaN where the graph is too large to tell, and counted in `curl`.
    """

    cycles: tuple[Cycle, ...]
    is_complete: bool
    gradient: Estimate | None
    rotation: Estimate | None
    curl: float
    harmonic: float

    def ask_next(self) -> tuple[int, ...]:
        """The weakest edge of each cycle, those of the likeliest cycles first, each once."""
        return tuple(dict.fromkeys(cycle.weakest for cycle in self.cycles))


def report_cycles(posterior: EdgePosterior, *, min_probability: float = 0.0) -> CycleReport:
    """List the cycles among the likelier directions, and split the flow (Jiang et al., 2011).

    Parameters
    ----------
    min_probability : float
        Cycles that are less likely to be real are left out.
    """
    found, complete = _enumerate(posterior)
    cycles = [_describe(posterior, cards) for cards in found]
    kept = [cycle for cycle in cycles if cycle.probability >= min_probability]
    kept.sort(key=lambda cycle: (-cycle.probability, -cycle.strength, cycle.cards))
    if len(posterior.mean) == 0:
        return CycleReport(tuple(kept), complete, None, None, np.nan, np.nan)
    split = _decomposition(posterior)
    at_mean = split.energies(posterior.mean)
    total = at_mean.total or 1.0
    gradient = np.array([_gradient_share(split.energies(d)) for d in posterior.draws[:N_DRAWS]])
    low, high = np.quantile(gradient, [0.05, 0.95])
    n, mean = len(posterior.mean), float(gradient.mean())
    return CycleReport(
        cycles=tuple(kept),
        is_complete=complete,
        gradient=Estimate(mean, float(low), float(high), n),
        rotation=Estimate(1 - mean, float(1 - high), float(1 - low), n),
        curl=at_mean.curl / total,
        harmonic=at_mean.harmonic / total,
    )


def _gradient_share(energies: Energies) -> float:
    return energies.gradient / energies.total if energies.total else 1.0


def _decomposition(posterior: EdgePosterior) -> HodgeDecomposition:
    n, ones = len(posterior.cards), np.ones(len(posterior.mean))
    counts = PairCounts(n, posterior.first, posterior.second, ones, 0 * ones, ones)
    layout = Layout.of(components(n, posterior.first, posterior.second), 1)
    return HodgeDecomposition(counts, layout, posterior.sd**-2)


def _enumerate(posterior: EdgePosterior) -> tuple[list[Indices], bool]:
    """Cards of the elementary cycles among the likelier directions."""
    import networkx as nx  # type: ignore[import-untyped]  # here, as it takes long to import

    up = posterior.mean < 0  # then the second is wiser
    tail = np.where(up, posterior.first, posterior.second)
    head = np.where(up, posterior.second, posterior.first)
    decided = posterior.mean != 0
    strong = strong_components(len(posterior.cards), head[decided], tail[decided])
    inside = decided & (strong[tail] == strong[head])
    graph = nx.DiGraph(zip(tail[inside].tolist(), head[inside].tolist(), strict=True))
    found: list[Indices] = []
    for cycle in nx.simple_cycles(graph, length_bound=MAX_LENGTH):
        if len(found) == MAX_CYCLES:
            return found, False
        found.append(np.array(cycle))
    return found, True


def _describe(posterior: EdgePosterior, cards: Indices) -> Cycle:
    cards = np.roll(cards, -int(cards.argmin()))  # one name for each cycle
    after = np.roll(cards, -1)
    edges = _places(posterior, cards, after)
    # Said of the step from each card to the next, wiser one.
    towards = np.where(posterior.first[edges] == after, 1.0, -1.0)
    flow: Floats = posterior.mean[edges] * towards
    all_real = (posterior.draws[:, edges] * towards > 0).all(axis=1)
    weakest = int(np.argmin(flow))
    names = posterior.cards
    return Cycle(
        cards=tuple(names[card] for card in cards),
        edges=tuple(edges.tolist()),
        strength=float(flow.min()),
        probability=float(all_real.mean()),
        weakest=int(edges[weakest]),
        question=ContextQuestion(QUESTION, names[cards[weakest]], names[after[weakest]]),
    )


def _places(posterior: EdgePosterior, one: Indices, other: Indices) -> Indices:
    """Numbers of the pairs; they are kept in the order of (first, second)."""
    n = len(posterior.cards)
    keys = posterior.first * n + posterior.second
    wanted = np.minimum(one, other) * n + np.maximum(one, other)
    places: Indices = np.searchsorted(keys, wanted)
    return places
