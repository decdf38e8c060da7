"""How many more judgments until one may stop: simulated from what is believed now."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from core.acquisition import Aids, Beliefs, choose_next
from core.acquisition.open_pairs import IndexedPairs, OpenPairs
from core.errors import DiscernError
from core.estimates import normal_quantile
from core.judgment import Floats, Indices
from core.predictions import davidson
from core.study import Policy

#: Draws for the probability that the best are settled: known to about one in a hundred.
N_DRAWS = 500
LEVEL = 0.95


class NoGoalError(DiscernError):
    """There is nothing to plan for."""

    def __init__(self) -> None:
        super().__init__(
            "A plan needs a goal. Say how narrow the intervals are to become, or how many of the "
            "best are to be settled."
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """When it is enough.

    Attributes
    ----------
    width : float
        Of the 95 % interval of every strength against the mean of its prompt, log-odds; 0 for
        any.
    top : int
        So many best of every prompt are to be settled with 95 %; 0 for none.

    Raises
    ------
    NoGoalError
        If both are 0, or one is below.
    """

    width: float = 0.0
    top: int = 0

    def __post_init__(self) -> None:
        if self.width < 0 or self.top < 0 or not (self.width or self.top):
            raise NoGoalError


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one is.

    Attributes
    ----------
    width : float
        The widest 95 % interval of a strength against the mean of its prompt, log-odds.
    settled : float
        The least probability, over prompts, that the best so many are those that they seem to be;
        1 where none are asked for.
    """

    width: float
    settled: float

    def reaches(self, goal: Goal) -> bool:
        """Whether it is enough: the signal to stop."""
        return (not goal.width or self.width <= goal.width) and self.settled >= LEVEL


@dataclass(frozen=True, slots=True)
class Plan:
    """How many more judgments it takes.

    Attributes
    ----------
    now : Standing
    checked_at : tuple of int
        Numbers of further judgments at which the simulations were looked at.
    reached_share : tuple of float
        Of the simulations, how many had reached the goal by then.
    needed : tuple of int
        Of each simulation that reached the goal, after how many.
    n_simulations : int
    """

    now: Standing
    checked_at: tuple[int, ...]
    reached_share: tuple[float, ...]
    needed: tuple[int, ...]
    n_simulations: int

    def quantile(self, share: float) -> int | None:
        """After how many judgments this share of the simulations had reached the goal.

        None where they were ended before: it takes more than the last of `checked_at`.
        """
        wanted = int(np.ceil(share * self.n_simulations))
        return sorted(self.needed)[max(wanted, 1) - 1] if wanted <= len(self.needed) else None


def standing(beliefs: Beliefs, top: int, rng: np.random.Generator) -> Standing:
    r"""How far beliefs are from a goal.

    With :math:`P = I - 11^T/n` within a prompt, widths are
    :math:`2 z_{.975} \sqrt{(P C P)_{ii}}`: of the strength against the mean of the prompt, since
    the level of a prompt is never determined. Items whose covariances are not kept (see `Beliefs`)
    enter with their own variance. The best are drawn from :math:`N(m, C)`.
    """
    widest, settled = 0.0, 1.0
    for members, blocks in beliefs.covariance.layout.stacks(beliefs.covariance.values):
        centred = blocks - blocks.mean(axis=1, keepdims=True)
        centred = centred - centred.mean(axis=2, keepdims=True)
        kept = blocks if members.shape[1] == 1 else centred
        variance = np.diagonal(kept, axis1=1, axis2=2)
        widest = max(widest, float(variance.max(initial=0.0)))
        if top and members.shape[1] > top:
            settled = min(
                settled,
                *(
                    _settled(beliefs.mean[m], b, top, rng)
                    for m, b in zip(members, blocks, strict=True)
                ),
            )
    return Standing(2 * normal_quantile(LEVEL) * float(np.sqrt(widest)), settled)


def _settled(mean: Floats, covariance: Floats, top: int, rng: np.random.Generator) -> float:
    """P(the best `top` are those with the highest means)."""
    drawn = mean + rng.multivariate_normal(
        np.zeros(len(mean)), covariance, N_DRAWS, check_valid="ignore", method="eigh"
    )
    best = set(np.argsort(-mean)[:top].tolist())
    found = np.argpartition(-drawn, top - 1, axis=1)[:, :top]
    return float(np.mean([best == set(row) for row in found.tolist()]))


def plan(
    beliefs: Beliefs,
    pairs: IndexedPairs,
    goal: Goal,
    *,
    policy: Policy,
    random_share: float,
    rng: np.random.Generator,
    aids: Aids | None = None,
    n_simulations: int = 10,
    most: int = 5000,
) -> Plan:
    """Simulate further judgments until the goal is reached, several times.

    Each simulation draws true strengths from the beliefs and answers what the policy asks by the
    model of the beliefs, ties included. It is looked at about twenty times, at numbers that grow
    by a quarter; what it needs is known as exactly as that. It takes the beliefs to be right: what
    the model leaves out (tastes of few people, cycles) is not in the plan.

    Parameters
    ----------
    beliefs : Beliefs
        Left as they are.
    most : int
        So many further judgments at most.
    """
    checks = _checks(most, len(beliefs.items))
    reached = np.zeros(len(checks))
    needed = []
    now = standing(beliefs, goal.top, rng)
    simulation = _Simulation(pairs, goal, policy, random_share, aids or Aids(), rng)
    for _ in range(n_simulations):
        number = 0 if now.reaches(goal) else simulation.needed(deepcopy(beliefs), checks)
        if number is not None:
            needed.append(number)
            reached[np.array(checks) >= number] += 1
    shares = tuple((reached / n_simulations).tolist())
    return Plan(now, checks, shares, tuple(needed), n_simulations)


def _checks(most: int, n_items: int) -> tuple[int, ...]:
    """Numbers of judgments that grow by a quarter, from a few an item on."""
    numbers, number = [], max(5.0, n_items / 8)
    while number < most:
        numbers.append(round(number))
        number *= 1.25
    return (*numbers, most)


@dataclass(frozen=True, slots=True)
class _Simulation:
    """One study as it may go on."""

    pairs: IndexedPairs
    goal: Goal
    policy: Policy
    random_share: float
    aids: Aids
    rng: np.random.Generator

    def needed(self, beliefs: Beliefs, checks: tuple[int, ...]) -> int | None:
        """After how many judgments the goal was reached; None if after none of the checks."""
        truth = _draw_truth(beliefs, self.rng)
        done = 0
        for check in checks:
            for _ in range(check - done):
                self._judge(beliefs, truth)
            done = check
            if standing(beliefs, self.goal.top, self.rng).reaches(self.goal):
                return check
        return None

    def _judge(self, beliefs: Beliefs, truth: Floats) -> None:
        nothing: Indices = np.empty(0, dtype=np.int64)
        chosen = choose_next(
            beliefs,
            OpenPairs(self.pairs, len(beliefs.items), nothing),
            self.policy,
            random_share=self.random_share,
            rng=self.rng,
            aids=self.aids,
        )
        if chosen is None:
            raise AssertionError("all pairs stay open in a simulation")
        odds = truth[[chosen.first]] - truth[[chosen.second]]
        shares = davidson(odds, beliefs.tie_log_weight)[0]
        outcome = int(self.rng.choice([1, 0, -1], p=shares))
        beliefs.expect(chosen.first, chosen.second)
        beliefs.answer(chosen.first, chosen.second, outcome)


def _draw_truth(beliefs: Beliefs, rng: np.random.Generator) -> Floats:
    truth = beliefs.mean.copy()
    for members, blocks in beliefs.covariance.layout.stacks(beliefs.covariance.values):
        for inside, block in zip(members, blocks, strict=True):
            truth[inside] += rng.multivariate_normal(
                np.zeros(len(inside)), block, check_valid="ignore", method="eigh"
            )
    return truth
