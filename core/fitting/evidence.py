"""How far apart strengths are believed to lie, as the data say."""

from collections.abc import Callable
from dataclasses import replace
from math import exp, log

import numpy as np

from core.fitting.averaged import Averaged
from core.fitting.newton import Place
from core.judgment import Floats

#: What is believed about the prior scale before any data: log-normal, median and log spread.
SCALE_MEDIAN, SCALE_LOG_SPREAD = 1.5, 1.0
SCALE_RANGE = (0.02, 20.0)
#: A step of the log scale below which the next would be far smaller still.
SHORT_STEP, LONGEST_STEP = 0.01, 1.0
NO_STEP = 0.001
MAX_STEPS = 30
#: Traces are exact up to so many parameters, and estimated beyond with so many random numbers.
MAX_EXACT, N_RANDOM = 120, 2_000
#: How accurately systems are solved for that.
ROUGHLY = 1e-3
#: Largest change, in nats, with which the change of the curvature is measured.
PROBE_STEP = 1e-3


def likeliest_prior(start: Place, climb: Callable[[Place], Place]) -> Place:
    r"""Move to the optimum under the prior scale with the highest evidence.

    With :math:`x = \log\sigma`, the Laplace approximation of the log marginal likelihood [1]_ has
    the slope

    .. math::
        \frac{\|\theta\|^2}{\sigma^2} - n + \frac{\operatorname{tr} C_{\theta\theta}}{\sigma^2}
        - \tfrac12 \operatorname{tr}\Bigl(C\, \frac{\mathrm{d} J}{\mathrm{d}\phi}
        \frac{\mathrm{d}\phi}{\mathrm{d} x}\Bigr),

    at the optimum :math:`\phi` of all parameters, J the curvature there, C its inverse, n less
    the number of components. The last term, often left out, is what the curvature changes as the
    optimum moves. At the mean of the nearest normal (`core.fitting.averaged`) C is its covariance
    and there is no such term: the slope of the bound on the evidence that this normal is best
    for. Its zero, with the slope of the log-normal belief added, is found by secants between ends
    of opposite sign; each step refits from where the last one ended. The traces are estimated by
    random signs [2]_, always the same ones, where parameters are many.

    Parameters
    ----------
    start : Place
        Where to begin, also with the scale.
    climb : callable
        Finds the optimum from a place, under the place's prior.

    References
    ----------
    .. [1] MacKay, "Bayesian interpolation", Neural Computation 4(3), 1992.
    .. [2] Hutchinson, "A stochastic estimator of the trace of the influence matrix for Laplacian
       smoothing splines", Communications in Statistics 18(3), 1989.
    """
    low, high = log(SCALE_RANGE[0]), log(SCALE_RANGE[1])
    here = min(max(-log(start.prior_precision) / 2, low), high)
    place, former, step = start, None, LONGEST_STEP
    for _ in range(MAX_STEPS):
        place = climb(place.under(exp(-2 * here)))
        slope, bend = _slope(place, here)
        if slope > 0:
            low = here
        else:
            high = here
        if former is not None and former[1] != slope:
            secant = (former[1] - slope) / (here - former[0])
            bend = secant if secant > 0 else bend
        step = min(max(slope / bend, -LONGEST_STEP), LONGEST_STEP)
        after = here + step
        if not low <= after <= high:
            after = (low + high) / 2
        former, here, step = (here, slope), after, after - here
        if abs(step) < SHORT_STEP:
            break
    # A scale that is right to far less than it can be known to needs no other fit.
    return place if abs(step) < NO_STEP else place.under(exp(-2 * here))


def _slope(place: Place, log_scale: float) -> tuple[float, float]:
    """Slope of the log evidence in the log scale, and how steeply it falls at least."""
    precision, n = place.prior_precision, place.n_items
    against, solved, weight = _probes(place)
    n_free = n - len(place.layout.sizes)
    fit = precision * float(place.strengths @ place.strengths)
    trace = precision * weight * float((against[:n] * solved[:n]).sum())
    change = 0.0
    if not isinstance(place.likelihood, Averaged):
        change = weight * float((against * _changed(place).times(solved)).sum())
    belief = (log_scale - log(SCALE_MEDIAN)) / SCALE_LOG_SPREAD**2
    return fit - n_free + trace - change / 2 - belief, 2 * fit + SCALE_LOG_SPREAD**-2


def _changed(place: Place) -> Place:
    """How fast the curvature changes with the log scale, as the optimum moves."""
    right = np.zeros(len(place.score))
    right[: place.n_items] = 2 * place.prior_precision * place.strengths
    answer = place.solve(right, ROUGHLY)
    length = PROBE_STEP / max(float(np.abs(answer).max()), PROBE_STEP)
    here, there = place.slopes, place.moved(length * answer).slopes
    change = replace(
        here,
        diagonal=(there.diagonal - here.diagonal) / length,
        curvature=(there.curvature - here.curvature) / length,
        border=(there.border - here.border) / length,
        corner=(there.corner - here.corner) / length,
    )
    return replace(place, slopes=change)


def _probes(place: Place) -> tuple[Floats, Floats, float]:
    """Vectors u, C v and a weight such that the sum of weight · u vᵀ is the identity, or nearly."""
    scale = np.sqrt(place.curvature.scale)[:, None]
    n = len(place.score)
    if n <= MAX_EXACT:
        solved = place.curvature.factored(place.curvature.levelled(np.eye(n)))
        if solved is not None:
            return np.eye(n), place.curvature.levelled(solved), 1.0
    n_sides = -(-N_RANDOM // n)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(n, n_sides))
    solved = place.solve(place.curvature.levelled(signs * scale), ROUGHLY)
    return signs / scale, place.curvature.levelled(solved), 1 / n_sides
