"""What is believed of every edge after all votes: means, intervals and joint draws. No fitting."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.estimates import NotDeterminedError, normal_quantile
from core.judgment import Floats, Indices
from core.predictions import logistic

#: Between these log-odds, and in steps of this, the population's yes-rate is tabled.
TABLED, TABLE_STEP, N_NODES = 12.0, 0.02, 31


@dataclass(frozen=True, slots=True)
class Widths:
    """Standard deviations in the population, nats; a term of width 0 is left out.

    Attributes
    ----------
    score : float
        Of what the values are worth each, so that edges with a common end have something in
        common.
    edge : float
        Of what an edge has beyond the difference of two scores.
    tendency : float
        Of people's tendencies to say yes.
    appeal : float
        Of how readily a yes is given to a pair, whichever way it is shown.
    context, group : float
        Of what an edge has in a context, or in a group of people, beyond the pooled edge.
    """

    score: float
    edge: float
    tendency: float
    appeal: float = 0.0
    context: float = 0.0
    group: float = 0.0

    def of(self, name: str) -> float:
        width: float = getattr(self, name)
        return width


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Pairs in a context, or in a group: `pair` and `label` have shape (n_cells,)."""

    pair: Indices
    label: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Log-odds of a yes beyond people's mean tendency, no story told; shape (2, n).

    The first row is of the question whether the first card is the wiser one, the second whether
    the second is. Where a pair was asked one way only, that row is known better than the edge.
    """

    mean: Floats
    sd: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """How pairs differ, by context or by group, from the pooled edge; shape (n_cells,).

    Attributes
    ----------
    mean, sd : ndarray
        Of the deviation, nats, said of the first card.
    total_mean, total_sd : ndarray
        Of the pooled log-odds plus the deviation.
    asked : Asked
    draws : ndarray, shape (n_draws, n_cells)
        Of the deviation.
    """

    cells: Cells
    mean: Floats
    sd: Floats
    total_mean: Floats
    total_sd: Floats
    asked: Asked
    draws: Floats

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends of the deviation."""
        reach = normal_quantile(level) * self.sd
        return self.mean - reach, self.mean + reach

    def total_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = normal_quantile(level) * self.total_sd
        return self.total_mean - reach, self.total_mean + reach


@dataclass(frozen=True, slots=True, eq=False)
class FixedEffects:
    """What moves all votes alike: log-odds of a yes, nats.

    Attributes
    ----------
    names : tuple of str
        "yes tendency" is the mean of people's; "side" for a card that is shown as wiser on the
        left instead of in the middle, so that left against right is twice as much; "story" for one
        told in the direction shown, against none.
    draws : ndarray, shape (n_draws, n_effects)
    """

    names: tuple[str, ...]
    mean: Floats
    sd: Floats
    draws: Floats

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = normal_quantile(level) * self.sd
        return self.mean - reach, self.mean + reach

    def place(self, name: str) -> int:
        """Where an effect stands.

        Raises
        ------
        NotDeterminedError
            If the votes cannot tell it from another.
        """
        if name not in self.names:
            raise NotDeterminedError(
                f"These votes do not tell the effect of the {name} from other effects: it was "
                "the same, or not known, for all. Vary it between votes."
            )
        return self.names.index(name)


@dataclass(frozen=True, slots=True, eq=False)
class EdgePosterior:
    r"""Everything that the votes say of edges, people and the way of asking.

    The log-odds :math:`\theta_e` of an edge are those with which a person without any tendency,
    asked in the direction first → second or second → first, calls the *first* card wiser. Reversing
    the edge changes their sign.

    Attributes
    ----------
    cards : tuple of str
    first, second : ndarray of int64, shape (n_pairs,)
    mean, sd : ndarray, shape (n_pairs,)
        Of :math:`\theta_e`, nats.
    draws : ndarray, shape (n_draws, n_pairs)
        From the joint posterior.
    appeal_draws : ndarray, shape (n_draws, n_pairs)
        Of how readily a yes is given to the pair, whichever way it is shown, beyond the mean
        tendency; 0 where no pair was asked both ways.
    asked : Asked
    score_mean, score_sd : ndarray, shape (n_cards,)
        Of what each value is worth, nats, beside what its edges have of their own.
    score_draws : ndarray, shape (n_draws, n_cards)
    fixed : FixedEffects
    deviations : mapping of str to Deviations
        "context", "group" or neither.
    tendency_mean, tendency_sd : ndarray, shape (n_people,)
        Of each person's tendency beyond the mean of all.
    widths : Widths
    n_votes : int
    log_evidence : float
        Laplace approximation, nats.
    """

    cards: tuple[str, ...]
    first: Indices
    second: Indices
    mean: Floats
    sd: Floats
    draws: Floats
    appeal_draws: Floats
    asked: Asked
    score_mean: Floats
    score_sd: Floats
    score_draws: Floats
    fixed: FixedEffects
    deviations: Mapping[str, Deviations]
    tendency_mean: Floats
    tendency_sd: Floats
    widths: Widths
    n_votes: int
    log_evidence: float

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends of the log-odds of each pair."""
        reach = normal_quantile(level) * self.sd
        return self.mean - reach, self.mean + reach

    def first_wiser(self) -> Floats:
        """P(the first card of each pair is the wiser one): that the log-odds are above 0."""
        from scipy.special import ndtr  # here, as scipy takes long to import

        known: Floats = ndtr(self.mean / np.maximum(self.sd, 1e-12))
        return known

    def yes_rate_draws(self, *, to_first: bool, net: bool = False) -> Floats:
        r"""Share of the population that says yes, no story told; shape (n_draws, n_pairs).

        :math:`E_b\, \sigma(\mu + \gamma_e \pm \theta_e + b)` over people's tendencies b.

        Parameters
        ----------
        to_first : bool
            Asked whether the first card is wiser, else the second.
        net : bool
            Without the mean tendency :math:`\mu` and the appeal of the pair :math:`\gamma_e`: what
            the share would be if people had no liking for yes or no. Then one direction is one
            minus the other.
        """
        towards = self.draws if to_first else -self.draws
        if not net:
            mean = self.fixed.draws[:, [self.fixed.place("yes tendency")]]
            towards = towards + mean + self.appeal_draws
        return population_rate(towards, self.widths.tendency)


def population_rate(log_odds: Floats, spread: float) -> Floats:
    """E σ(log-odds + b) for b normal with this spread, nats; read off a table, to about 1e-5."""
    grid = np.arange(-TABLED, TABLED + TABLE_STEP, TABLE_STEP)
    nodes, weights = np.polynomial.hermite_e.hermegauss(N_NODES)
    table = logistic(grid[:, None] + spread * nodes) @ (weights / weights.sum())
    rates: Floats = np.interp(log_odds, grid, table)
    return rates
