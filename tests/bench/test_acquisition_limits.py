import numpy as np
import pytest
from scipy.stats import rankdata

from core.models import logistic
from tests.bench.acquisition_limits import answer_bits, correlation_for, judgments_for


def test_bits_of_an_answer_worked_out() -> None:
    """About nothing it tells nothing, a little about a little: v / 8 nats; at most one bit."""
    assert answer_bits(0, 0) == pytest.approx(0, abs=1e-12)
    assert answer_bits(0, 0.01) == pytest.approx(0.01 / 8 / np.log(2), rel=0.01)
    assert 0.9 < answer_bits(0, 1e4) <= 1
    assert answer_bits(2, 1) < answer_bits(0, 1)


def test_bits_of_an_answer_by_simulation() -> None:
    """Mean log ratio of the chance of an answer with and without knowing the log-odds."""
    rng = np.random.default_rng(0)
    odds = 0.7 + 1.3 * rng.normal(size=200_000)
    chance = logistic(odds)
    won = rng.random(len(odds)) < chance
    known, blind = (np.where(won, p, 1 - p) for p in (chance, chance.mean()))
    assert answer_bits(0.7, 1.69) == pytest.approx(np.log2(known / blind).mean(), abs=0.005)


def test_the_correlation_gives_the_rank_correlation() -> None:
    r = correlation_for(0.9, 20)
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(20_000, 20))
    estimate = r * truth + np.sqrt(1 - r**2) * rng.normal(size=truth.shape)
    one, other = (rankdata(x, axis=1) for x in (truth, estimate))
    spearman = 1 - 6 * ((one - other) ** 2).sum(axis=1) / (20 * 399)
    assert spearman.mean() == pytest.approx(0.9, abs=0.002)


def test_where_answers_are_noise_choosing_saves_little() -> None:
    """At a small scale every answer tells about v / 8 nats, however the pair was chosen."""
    ratios = [
        judgments_for(0.9, 50, scale, best=True) / judgments_for(0.9, 50, scale, best=False)
        for scale in (0.1, 0.75, 3.0)
    ]
    assert ratios[0] > 0.99
    assert ratios[0] > ratios[1] > ratios[2]
