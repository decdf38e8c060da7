"""Published rules for choosing pairs, written from their papers, for many studies side by side.

Each rule chooses for every study at once: arrays have one row a study.
"""

from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from core.judgment import Floats, Indices

#: ASAP: variance of strengths before any answer, in units of the variance of a performance.
ASAP_VARIANCE = 0.5
#: Sweeps of messages for each new round of answers; they begin from the last ones.
ASAP_SWEEPS = 2
#: Crowd-BT: annotators before any answer, and the least share of a variance that is left.
CROWD_BT_ANNOTATOR, CROWD_BT_LEAST = (10.0, 1.0), 1e-4


class Rule(Protocol):
    """Chooses a pair for each study and learns how each was answered."""

    def choose(self) -> tuple[Indices, Indices]: ...

    def learn(self, first: Indices, second: Indices, won: NDArray[np.bool_]) -> None: ...


@dataclass(slots=True, eq=False)
class RandomPairs:
    """Any pair of different items."""

    n_studies: int
    n_items: int
    rng: np.random.Generator

    def choose(self) -> tuple[Indices, Indices]:
        one = self.rng.integers(self.n_items, size=self.n_studies)
        other = (one + self.rng.integers(1, self.n_items, size=self.n_studies)) % self.n_items
        return np.minimum(one, other), np.maximum(one, other)

    def learn(self, first: Indices, second: Indices, won: NDArray[np.bool_]) -> None:
        """Nothing: it does not look."""


@dataclass(slots=True, eq=False)
class Asap:
    """ASAP in sequence: the pair with the largest expected information gain [1]_.

    Beliefs are independent normals under Thurstone's model with ties impossible, found by
    expectation propagation over all answers, as TrueSkill's. The gain of a pair is the expected
    divergence of the beliefs after one more answer from those before, both strengths moved by
    that answer alone (the paper's cheaper variant; the full one takes seconds a pair). Messages
    are brought up to date every `every` answers, and in between beliefs move by the last answer.
    All pairs are evaluated; the paper's shortcut that skips some is left out.

    References
    ----------
    .. [1] Mikhailiuk, Wilmot, Perez-Ortiz, Yue and Mantiuk, "Active sampling for pairwise
       comparisons via approximate message passing and information gain maximization", ICPR 2020.
    """

    n_studies: int
    n_items: int
    rng: np.random.Generator
    every: int
    mean: Floats = field(init=False)
    variance: Floats = field(init=False)
    gains: Floats = field(init=False)
    winners: list[Indices] = field(default_factory=list)
    losers: list[Indices] = field(default_factory=list)
    #: Precision and precision times mean, to winners and to losers; (2, 2, n_studies, n_answers).
    messages: Floats = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.n_studies, self.n_items)
        self.mean, self.variance = np.zeros(shape), np.full(shape, ASAP_VARIANCE)
        self.messages = np.zeros((2, 2, self.n_studies, 0))
        self._evaluate()

    def choose(self) -> tuple[Indices, Indices]:
        return _largest(self.gains, self.rng)

    def learn(self, first: Indices, second: Indices, won: NDArray[np.bool_]) -> None:
        winner, loser = np.where(won, first, second), np.where(won, second, first)
        self.winners.append(winner)
        self.losers.append(loser)
        new = np.zeros((2, 2, self.n_studies, 1))
        self.messages = np.concatenate([self.messages, new], axis=3)
        if len(self.winners) % self.every == 0:
            for _ in range(ASAP_SWEEPS):
                self._pass_messages()
            self._evaluate()
            return
        study = np.arange(self.n_studies)
        before = [(self.mean[study, item], self.variance[study, item]) for item in (winner, loser)]
        after = _thurstone(*before[0], *before[1])
        for item, (mean, variance) in zip((winner, loser), after, strict=True):
            self.mean[study, item], self.variance[study, item] = mean, variance
        for item in (winner, loser):
            own = self.mean[study, item][:, None], self.variance[study, item][:, None]
            gain = _thurstone_gain(*own, self.mean, self.variance)
            gain[study, item] = -1.0
            self.gains[study, item], self.gains[study, :, item] = gain, gain

    def _evaluate(self) -> None:
        one, other = np.s_[:, :, None], np.s_[:, None, :]
        self.gains = _thurstone_gain(
            self.mean[one], self.variance[one], self.mean[other], self.variance[other]
        )
        here = np.arange(self.n_items)
        self.gains[:, here, here] = -1.0

    def _pass_messages(self) -> None:
        """One sweep of expectation propagation over all answers at once."""
        winner, loser = np.stack(self.winners, axis=1), np.stack(self.losers, axis=1)
        study = np.arange(self.n_studies)[:, None]
        players = (winner, loser)
        cavities = []
        for player, (precision, shift) in zip(players, self.messages, strict=True):
            left = 1 / self.variance[study, player] - precision
            moment = (self.mean / self.variance)[study, player] - shift
            cavities.append((moment / left, 1 / left))
        (mean_w, var_w), (mean_l, var_l) = cavities
        total = 1 + var_w + var_l
        gap = (mean_w - mean_l) / np.sqrt(total)
        push, pull = _truncated(gap)
        # Of the answer on its own, about the difference of performances, and then of strengths.
        spread = 1 + total * (1 - pull) / pull
        middle = mean_w - mean_l + np.sqrt(total) * push / pull
        for side, (mean, variance, sign) in enumerate(((mean_l, var_l, 1), (mean_w, var_w, -1))):
            self.messages[side, 0] = 1 / (spread + variance)
            self.messages[side, 1] = (mean + sign * middle) * self.messages[side, 0]
        self._collect(players)

    def _collect(self, players: tuple[Indices, Indices]) -> None:
        place = np.arange(self.n_studies)[:, None] * self.n_items
        sums = np.zeros((2, self.n_studies * self.n_items))
        for player, messages in zip(players, self.messages, strict=True):
            for kind, message in enumerate(messages):
                target = (place + player).ravel()
                sums[kind] += np.bincount(target, message.ravel(), sums.shape[1])
        precision, shift = sums.reshape(2, self.n_studies, self.n_items)
        self.variance = 1 / (precision + 1 / ASAP_VARIANCE)
        self.mean = shift * self.variance


@dataclass(slots=True, eq=False)
class CrowdBt:
    """Crowd-BT's active rule: largest expected divergence of online updates [1]_.

    Strengths are independent normals, moved by each answer once and for all. One annotator
    stands for all, as here all are alike; finding out more about them is given no weight of its
    own (gamma = 0), which suits this comparison best. Gains are evaluated for all pairs every
    `every` answers, and in between for those of the two items answered about.

    References
    ----------
    .. [1] Chen, Bennett, Collins-Thompson and Horvitz, "Pairwise ranking aggregation in a
       crowdsourced setting", WSDM 2013.
    """

    n_studies: int
    n_items: int
    rng: np.random.Generator
    every: int
    mean: Floats = field(init=False)
    variance: Floats = field(init=False)
    gains: Floats = field(init=False)
    annotator: Floats = field(init=False)
    n_answers: int = 0

    def __post_init__(self) -> None:
        shape = (self.n_studies, self.n_items)
        self.mean, self.variance = np.zeros(shape), np.ones(shape)
        self.annotator = np.tile(CROWD_BT_ANNOTATOR, (self.n_studies, 1)).T
        self._evaluate()

    def choose(self) -> tuple[Indices, Indices]:
        return _largest(self.gains, self.rng)

    def learn(self, first: Indices, second: Indices, won: NDArray[np.bool_]) -> None:
        winner, loser = np.where(won, first, second), np.where(won, second, first)
        study = np.arange(self.n_studies)
        mine, theirs = self.variance[study, winner], self.variance[study, loser]
        gap = self.mean[study, winner] - self.mean[study, loser]
        moved = _Online.of(gap, mine, theirs, self.annotator)
        self.mean[study, winner] += mine * moved.step
        self.mean[study, loser] -= theirs * moved.step
        self.variance[study, winner] *= moved.share
        self.variance[study, loser] *= moved.other_share
        self.annotator = moved.annotator(*self.annotator)
        self.n_answers += 1
        if self.n_answers % self.every == 0:
            self._evaluate()
            return
        for item in (winner, loser):
            own = self.mean[study, item][:, None], self.variance[study, item][:, None]
            gain = self._gain(*own, self.mean, self.variance, self.annotator[:, :, None])
            gain[study, item] = -1.0
            self.gains[study, item], self.gains[study, :, item] = gain, gain

    def _evaluate(self) -> None:
        one, other = np.s_[:, :, None], np.s_[:, None, :]
        mine, theirs = ((self.mean[pick], self.variance[pick]) for pick in (one, other))
        self.gains = self._gain(*mine, *theirs, self.annotator[:, :, None, None])
        here = np.arange(self.n_items)
        self.gains[:, here, here] = -1.0

    @staticmethod
    def _gain(
        mean: Floats, variance: Floats, other_mean: Floats, other: Floats, annotator: Floats
    ) -> Floats:
        """Expected divergence over both outcomes, for each pair."""
        win = _Online.of(mean - other_mean, variance, other, annotator)
        lose = _Online.of(other_mean - mean, other, variance, annotator)
        gain: Floats = win.chance * win.divergence(variance, other)
        return gain + lose.chance * lose.divergence(other, variance)


@dataclass(frozen=True, slots=True, eq=False)
class _Online:
    """What a win of the first over the second does to both, by Crowd-BT."""

    chance: Floats
    right: Floats
    step: Floats
    share: Floats
    other_share: Floats

    @classmethod
    def of(cls, gap: Floats, variance: Floats, other: Floats, annotator: Floats) -> Self:
        """From the difference of the means and both variances."""
        alpha, beta = annotator
        plain = 1 / (1 + np.exp(-gap))
        spread = plain * (1 - plain)
        right = plain + 0.5 * (variance + other) * spread * (1 - 2 * plain)
        right = np.clip(right, CROWD_BT_LEAST, 1 - CROWD_BT_LEAST)
        chance = (right * alpha + (1 - right) * beta) / (alpha + beta)
        tilted = 1 / (1 + beta / alpha * np.exp(-gap))
        bend = tilted * (1 - tilted) - spread
        shares = (np.maximum(1 + own * bend, CROWD_BT_LEAST) for own in (variance, other))
        return cls(chance, right, tilted - plain, *shares)

    def divergence(self, variance: Floats, other: Floats) -> Floats:
        """Of both strengths after from before."""
        first = _divergence(self.step**2 * variance, self.share)
        second: Floats = _divergence(self.step**2 * other, self.other_share)
        return first + second

    def annotator(self, alpha: Floats, beta: Floats) -> Floats:
        """The beta distribution with the first two moments of how often the annotator is right."""
        n = alpha + beta
        weight, rest = self.right, 1 - self.right
        scale = self.chance * (n + 1) * n
        first = (weight * (alpha + 1) + rest * beta) * alpha / scale
        second = (weight * (alpha + 2) + rest * beta) * (alpha + 1) * alpha / (scale * (n + 2))
        size = (first - second) / (second - first**2)
        return np.stack([size * first, size * (1 - first)])


def _divergence(squared_step: Floats, share: Floats) -> Floats:
    """KL of a normal whose mean moved (squared, in variances) and whose variance shrank to it."""
    divergence: Floats = 0.5 * (share - 1 - np.log(share) + squared_step)
    return divergence


def _truncated(gap: Floats) -> tuple[Floats, Floats]:
    """TrueSkill's v and w: how a win moves a standard normal difference, and narrows it."""
    push = np.exp(-0.5 * gap**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(gap))
    return push, np.clip(push * (push + gap), 1e-9, 1 - 1e-9)


def _thurstone(
    mean_w: Floats, var_w: Floats, mean_l: Floats, var_l: Floats
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Means and variances of winner and loser after the answer."""
    total = 1 + var_w + var_l
    push, pull = _truncated((mean_w - mean_l) / np.sqrt(total))
    winner = mean_w + var_w / np.sqrt(total) * push, var_w * (1 - var_w / total * pull)
    loser = mean_l - var_l / np.sqrt(total) * push, var_l * (1 - var_l / total * pull)
    return winner, loser


def _thurstone_gain(mean: Floats, variance: Floats, mean2: Floats, variance2: Floats) -> Floats:
    """Expected divergence over both outcomes, for each pair."""
    total = 1 + variance + variance2
    gap = (mean - mean2) / np.sqrt(total)
    gain: Floats = np.zeros(np.broadcast_shapes(mean.shape, mean2.shape))
    for sign in (1.0, -1.0):
        push, pull = _truncated(sign * gap)
        moved = np.zeros_like(gain)
        for own in (variance, variance2):
            moved = moved + _divergence(own / total * push**2, 1 - own / total * pull)
        gain = gain + np.exp(log_ndtr(sign * gap)) * moved
    return gain


def _largest(gains: Floats, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """The pair with the largest gain in each study; equal ones by lot."""
    n_studies, n_items, _ = gains.shape
    flat = gains.reshape(n_studies, -1)
    best = np.argmax(
        np.where(
            flat >= flat.max(axis=1, keepdims=True) * (1 - 1e-9), rng.random(flat.shape), -1.0
        ),
        axis=1,
    )
    one, other = best // n_items, best % n_items
    return np.minimum(one, other), np.maximum(one, other)
