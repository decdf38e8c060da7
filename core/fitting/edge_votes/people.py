"""What each person tends to say, integrated out by adaptive Gauss-Hermite quadrature."""

from dataclasses import dataclass

import numpy as np

from core.judgment import Floats, Indices

#: Nodes of the quadrature. Between 7 and 15 the log-likelihood of three votes a person was
#: measured to move by less than 1e-5 nats a person.
N_NODES = 11
#: Newton steps to the mode of each person's tendency, which start where the last call ended.
N_STEPS, STEP_TOLERANCE = 30, 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Integrated:
    """The log-likelihood without the people's tendencies, and its slopes in the log-odds.

    Attributes
    ----------
    value : float
        Log marginal likelihood, nats.
    slope, curvature : ndarray, shape (n,)
        Derivative in the log-odds of each vote, and the expected information of each vote.
    shared : ndarray, shape (n,)
        Covariance of :math:`r_i p_i` with the person's tendency, over its standard deviation.
    mean, variance : ndarray, shape (n_people,)
        Of each person's tendency, given the log-odds.
    mode : ndarray, shape (n_people,)
    """

    value: float
    slope: Floats
    curvature: Floats
    shared: Floats
    mean: Floats
    variance: Floats
    mode: Floats


@dataclass(frozen=True, slots=True, eq=False)
class People:
    r"""The votes of each person, next to each other.

    For a person with votes i of weights r, shares of a yes y and log-odds
    :math:`\eta_i + b`, :math:`b \sim N(0, \tau^2)`,

    .. math:: L = \int \prod_i \sigma(\eta_i + b)^{r_i y_i} \sigma(-\eta_i - b)^{r_i (1 - y_i)}
        \, \phi(b / \tau) / \tau \, db

    by quadrature with nodes around the mode, scaled by the curvature there [1]_. With q the
    distribution of b given the votes, the slope of log L in :math:`\eta_i` is
    :math:`r_i (y_i - E_q p_i)`, and the Hessian
    :math:`-E_q[r_i p_i (1 - p_i)]_{ii} + \text{cov}_q(r_i p_i, r_j p_j)`.

    Attributes
    ----------
    yes, weight : ndarray, shape (n,)
    starts : ndarray of int64, shape (n_people,)
        The first vote of each; every person has at least one.
    of_vote : ndarray of int64, shape (n,)

    References
    ----------
    .. [1] Pinheiro and Bates, "Approximations to the log-likelihood function in the nonlinear
       mixed-effects model", Journal of Computational and Graphical Statistics 4(1), 1995.
    """

    yes: Floats
    weight: Floats
    starts: Indices
    of_vote: Indices

    def integrate(self, log_odds: Floats, spread: float, near: Floats | None) -> Integrated:
        r"""At log-odds of shape (n,), with :math:`\tau` = `spread` in nats."""
        if spread == 0:
            return self._without_people(log_odds)
        mode = self._modes(log_odds, spread, near)
        chance = _chance(log_odds + mode[self.of_vote])
        curvature = self._sum(self.weight * chance * (1 - chance)) + spread**-2
        reach = np.sqrt(2 / curvature)
        nodes, node_weights = np.polynomial.hermite.hermgauss(N_NODES)
        tendency = mode[:, None] + reach[:, None] * nodes
        logits = log_odds[:, None] + tendency[self.of_vote]
        chances = _chance(logits)
        # log σ(-x) = log σ(x) - x: one logarithm instead of two.
        likely = (self.yes[:, None] - 1) * logits + np.log(chances)
        log_terms = self._sum(self.weight[:, None] * likely)
        log_terms += np.log(node_weights) + nodes**2 - tendency**2 / (2 * spread**2)
        highest = log_terms.max(axis=1)
        shares = np.exp(log_terms - highest[:, None])
        total = shares.sum(axis=1)
        shares /= total[:, None]
        value = highest + np.log(total) + np.log(reach / spread) - 0.5 * np.log(2 * np.pi)
        mean = (shares * tendency).sum(axis=1)
        variance = np.maximum((shares * tendency**2).sum(axis=1) - mean**2, 1e-300)
        away = (tendency - mean[:, None]) / np.sqrt(variance)[:, None] * shares
        of_vote = shares[self.of_vote]
        return Integrated(
            value=float(value.sum()),
            slope=self.weight * (self.yes - (of_vote * chances).sum(axis=1)),
            curvature=self.weight * (of_vote * chances * (1 - chances)).sum(axis=1),
            shared=self.weight * (away[self.of_vote] * chances).sum(axis=1),
            mean=mean,
            variance=variance,
            mode=mode,
        )

    def _without_people(self, log_odds: Floats) -> Integrated:
        chance = _chance(log_odds)
        none = np.zeros(len(self.starts))
        return Integrated(
            value=float(self.weight @ (self.yes * log_odds - np.logaddexp(0, log_odds))),
            slope=self.weight * (self.yes - chance),
            curvature=self.weight * chance * (1 - chance),
            shared=np.zeros(len(log_odds)),
            mean=none,
            variance=none,
            mode=none,
        )

    def _modes(self, log_odds: Floats, spread: float, near: Floats | None) -> Floats:
        """The likeliest tendency of each: a concave function of one number, so Newton, damped."""
        mode = np.zeros(len(self.starts)) if near is None else near
        for _ in range(N_STEPS):
            chance = _chance(log_odds + mode[self.of_vote])
            slope = self._sum(self.weight * (self.yes - chance)) - mode / spread**2
            step = slope / (self._sum(self.weight * chance * (1 - chance)) + spread**-2)
            # A step of one nat at most cannot leap over the mode and back for ever.
            mode = mode + np.clip(step, -1.0, 1.0)
            if np.abs(step).max() < STEP_TOLERANCE:
                break
        return mode

    def _sum(self, values: Floats) -> Floats:
        sums: Floats = np.add.reduceat(values, self.starts, axis=0)
        return sums


def _chance(log_odds: Floats) -> Floats:
    # Beyond 500 nats nothing changes any more, and exp would overflow.
    chance: Floats = 1 / (1 + np.exp(np.clip(-log_odds, -500, 500)))
    return chance
