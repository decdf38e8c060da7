import numpy as np
import pytest

from core.estimates import NotDeterminedError, clustered_mean, clustered_share, normal_quantile


def test_without_clusters_the_interval_is_that_of_student() -> None:
    """Mean 2, standard deviation 1, n = 3: 2 ± 4.3027 / √3."""
    estimate = clustered_mean(np.array([1.0, 2.0, 3.0]), np.arange(3))
    assert estimate.value == 2
    assert (estimate.low, estimate.high) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-4)


def test_copies_within_a_cluster_add_nothing() -> None:
    values = np.array([1.0, 2.0, 4.0])
    once = clustered_mean(values, np.arange(3))
    often = clustered_mean(np.repeat(values, 50), np.repeat(np.arange(3), 50))
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    assert often.n == 150


def test_one_cluster_says_nothing_about_the_spread() -> None:
    estimate = clustered_mean(np.array([1.0, 2.0]), np.array([4, 4]))
    assert (estimate.value, estimate.low, estimate.high) == (1.5, -np.inf, np.inf)


def test_a_share_of_independent_hits_has_the_interval_of_wilson() -> None:
    """8 of 10, 95 %: 0.490 to 0.943 (Wilson 1927; Newcombe, Statistics in Medicine 17, 1998)."""
    hits = np.array([1.0] * 8 + [0.0] * 2)
    estimate = clustered_share(hits, np.arange(10))
    # The variance of the clustered form has n - 1 in place of n, which makes it a little wider.
    assert (estimate.low, estimate.high) == pytest.approx((0.490, 0.943), abs=0.02)
    assert estimate.low < 0.4902
    assert estimate.high > 0.9433


@pytest.mark.parametrize("hit", [0.0, 1.0])
def test_a_share_of_none_or_all_keeps_an_interval(hit: float) -> None:
    """10 of 10: 0.722 to 1; 10 pairs judged five times each are no more than ten."""
    estimate = clustered_share(np.full(50, hit), np.repeat(np.arange(10), 5))
    assert estimate.value == hit
    assert estimate.high - estimate.low == pytest.approx(1 - 0.7225, abs=1e-4)


def test_figures_without_data_are_refused() -> None:
    nothing = np.empty(0), np.empty(0, dtype=np.int64)
    with pytest.raises(NotDeterminedError):
        clustered_mean(*nothing)
    with pytest.raises(NotDeterminedError):
        clustered_share(*nothing)


def test_quantiles_of_the_normal() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(1.0)


def test_values_all_alike_have_the_interval_of_what_was_not_seen() -> None:
    """20 clusters of ones in [-1, 1]: up to z² / (20 + z²) = 16 % of clusters may be otherwise."""
    cluster = np.repeat(np.arange(20), 3)
    alike = clustered_mean(np.ones(60), cluster, within=(-1.0, 1.0))
    assert (alike.value, alike.high) == (1.0, 1.0)
    assert alike.low == pytest.approx(1 - 2 * 0.1611, abs=1e-3)
    share, mean = (
        clustered_share(np.ones(60), cluster),
        clustered_mean(np.ones(60), cluster, within=(0.0, 1.0)),
    )
    assert (mean.low, mean.high) == pytest.approx((share.low, share.high))
    itself = clustered_mean(np.zeros(60), cluster)
    assert (itself.low, itself.high) == (0.0, 0.0)  # a model less itself


def test_the_interval_of_what_was_not_seen_holds_as_often_as_it_says() -> None:
    """40 clusters, one in fifty otherwise: 45 % of studies see none, and their interval holds."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        values = (rng.random(40) > 0.02).astype(np.float64)
        found = clustered_mean(values, np.arange(40), within=(0.0, 1.0))
        if values.all():
            held += found.low <= 0.98 <= found.high
    assert held > 400
