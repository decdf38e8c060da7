"""How far edges and people differ: the widths of the population, by the evidence."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from core.fitting.edge_votes.design import Design
from core.fitting.edge_votes.posterior import Mode, find_mode
from core.judgment import Floats
from core.value_graph.estimate import Widths

#: Medians and log spread of the log-normal priors, nats; they decide where the votes say little.
#: Edges of 1.5 nats would be yeses of 82 % and 18 %; beyond it, all that is known is unanimity.
MEDIANS = Widths(score=0.3, edge=0.5, tendency=0.8, appeal=0.3, context=0.3, group=0.3)
LOG_SPREAD = 0.7
#: The search stays within this factor of the medians.
FARTHEST = 3.0
#: Finite differences of the evidence in a log width, and when to stop, nats of evidence.
STEP, ENOUGH = 0.02, 0.01


@dataclass(frozen=True, slots=True)
class Scenario:
    """One set of widths, and the posterior probability that it stands for."""

    mode: Mode
    share: float


def likeliest_widths(design: Design, start: Widths, free: tuple[str, ...]) -> Mode:
    r"""Maximise the Laplace evidence times log-normal priors over the widths named.

    By L-BFGS in the logarithms. The priors have the medians `MEDIANS` and log spread
    `LOG_SPREAD`, so that no width is ever exactly 0 and none is found where votes say nothing.
    """
    search = _Search(design, start, free)
    if not free:
        return find_mode(design, start)
    centre = np.log([MEDIANS.of(name) for name in free])
    begin = np.log([start.of(name) for name in free])
    reach = np.log(FARTHEST)
    minimize(
        search.loss,
        begin,
        method="L-BFGS-B",
        bounds=[(c - reach, c + reach) for c in centre],
        options={"eps": STEP, "ftol": ENOUGH / abs(search.loss(begin)), "maxiter": 30},
    )
    return search.best


def scenarios(best: Mode, free: tuple[str, ...]) -> list[Scenario]:
    r"""Three values of the edges' width that stand for what is not known of it.

    With the evidence quadratic in :math:`\log \sigma_e` the nodes of three-point Gauss-Hermite
    quadrature lie at 0 and ± √3 standard deviations, with shares 2/3 and 1/6 [1]_. Without them
    intervals would be too narrow where edges are few.

    References
    ----------
    .. [1] Rue, Martino and Chopin, "Approximate Bayesian inference for latent Gaussian models by
       using integrated nested Laplace approximations", JRSS B 71(2), 2009.
    """
    if "edge" not in free:
        return [Scenario(best, 1.0)]
    search = _Search(best.design, best.widths, ("edge",))
    search.best = best
    middle = float(np.log(best.widths.edge))
    step = 0.3
    low, here, high = (search.loss(np.array([middle + away])) for away in (-step, 0.0, step))
    bend = (low - 2 * here + high) / step**2
    # Where the evidence is flat the prior is all that is known.
    spread = min(1 / np.sqrt(max(bend, 1e-12)), LOG_SPREAD)
    found = [Scenario(best, 2 / 3)]
    for away in (-np.sqrt(3), np.sqrt(3)):
        widths = replace(best.widths, edge=float(np.exp(middle + away * spread)))
        found.append(Scenario(find_mode(best.design, widths, best), 1 / 6))
    return found


class _Search:
    """The loss over log widths; remembers where to begin and what was best."""

    def __init__(self, design: Design, start: Widths, free: tuple[str, ...]) -> None:
        self.design, self.start, self.free = design, start, free
        self.near: Mode | None = None
        self.factor: Floats | None = None
        self.lowest = np.inf
        self.best: Mode

    def loss(self, log_widths: Floats) -> float:
        named = dict(zip(self.free, np.exp(log_widths).tolist(), strict=True))
        widths = replace(self.start, **named)
        self.near = find_mode(self.design, widths, self.near, self.factor)
        self.factor = self.near.factor()
        medians = np.log([MEDIANS.of(name) for name in self.free])
        prior = float((((log_widths - medians) / LOG_SPREAD) ** 2).sum()) / 2
        loss = prior - self.near.log_evidence(self.factor)
        if loss < self.lowest:
            self.lowest, self.best = loss, self.near
        return loss
