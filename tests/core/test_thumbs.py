import numpy as np
import pytest
from scipy.optimize import minimize

from core.estimates import NotDeterminedError
from core.fitting.answers import Further
from core.fitting.joint_strengths import fit_strengths
from core.judgment import Comparisons, Floats
from core.rankings import AllAnswers, Answer, Ranking, Thumb
from core.simulation import simulate
from tests.core.answers import NAMES, about, drawn_ranking, log_likelihood


def thumbs_of(counts: dict[str, tuple[int, int]], annotator: str = "x") -> list[Answer]:
    """Thumbs up and down by item."""
    return [
        Thumb(annotator, item, up=up)
        for item, (n_up, n_down) in counts.items()
        for up, count in ((True, n_up), (False, n_down))
        for _ in range(count)
    ]


def drawn_thumbs(
    rng: np.random.Generator, truth: Floats, threshold: float, shifts: Floats, n: int
) -> list[Answer]:
    items, people = rng.integers(len(truth), size=n), rng.integers(len(shifts), size=n)
    odds = truth[items] - threshold - shifts[people]
    up = rng.random(n) < 1 / (1 + np.exp(-odds))
    return [
        Thumb(f"person {person}", NAMES[item], up=bool(yes))
        for item, person, yes in zip(items, people, up, strict=True)
    ]


def named(pairs: Comparisons) -> Comparisons:
    items = NAMES[: len(pairs.items)]
    return Comparisons(
        items, pairs.prompts, pairs.first, pairs.second, pairs.outcome, pairs.annotator
    )


def test_a_single_item_has_strength_zero_and_thumbs_place_the_threshold() -> None:
    """Three up, one down: 4 / (1 + e^τ) - 3 = τ / 9, the prior's scale being 3."""
    fit = fit_strengths(about(1, thumbs_of({"a": (3, 1)})))
    assert fit.strengths == pytest.approx([0], abs=1e-12)
    assert fit.threshold is not None
    tau = fit.threshold.value
    assert 3 - 4 / (1 + np.exp(tau)) == pytest.approx(-tau / 9, abs=1e-7)
    assert tau == pytest.approx(-0.9609, abs=5e-5)


def test_with_many_thumbs_each_item_gets_its_share() -> None:
    """75, 50 and 20 % up: odds log 3, 0 and -log 4, wherever strengths have their zero."""
    fit = fit_strengths(
        about(3, thumbs_of({"a": (7500, 2500), "b": (5000, 5000), "c": (2000, 8000)}))
    )
    above, variance = fit.above_threshold(np.arange(3))
    assert above == pytest.approx([np.log(3), 0, -np.log(4)], abs=2e-3)
    assert np.sqrt(variance) == pytest.approx(1 / np.sqrt([1875, 2500, 1600]), rel=0.01)
    assert fit.strengths.sum() == pytest.approx(0, abs=1e-9)
    chances, low, high = fit.thumb_up(np.arange(3))
    assert chances == pytest.approx([0.75, 0.5, 0.2], abs=1e-3)
    assert ((low < chances) & (chances < high)).all()


def test_a_general_optimiser_finds_the_same_from_pairs_rankings_and_thumbs() -> None:
    rng = np.random.default_rng(1)
    truth = np.linspace(-1.5, 1.5, 5)
    pairs = named(simulate(truth, rng=rng, n_judgments=30, tie_weight=0.5))
    answers: list[Answer] = [
        drawn_ranking(rng, truth, rng.permutation(5)[:3].tolist(), 2) for _ in range(8)
    ]
    answers += drawn_thumbs(rng, truth, 0.4, np.array([-0.5, 0.0, 0.5]), 30)
    data = about(5, answers, pairs)
    further = Further.of(data, with_shifts=True)
    scales = np.array([1.2] * 5 + [3.0, 3.0] + [0.7] * 3)

    def loss(place: Floats) -> float:
        # The prior says of the threshold how far it is from the mean strength.
        prior = place.copy()
        prior[6] -= place[:5].mean()
        return float(((prior / scales) ** 2).sum() / 2 - log_likelihood(data, place[:5], place[5:]))

    assert further.n == 5
    found = minimize(loss, np.zeros(10), method="BFGS", options={"gtol": 1e-6, "maxiter": 1000})
    fit = fit_strengths(data, prior_scale=1.2, annotator_scale=0.7)
    assert fit.threshold is not None
    assert fit.strengths == pytest.approx(found.x[:5], abs=1e-5)
    assert fit.model.tie_log_weight == pytest.approx(found.x[5], abs=1e-5)
    assert fit.threshold.value == pytest.approx(found.x[6], abs=1e-5)
    assert fit.threshold.shifts == pytest.approx(found.x[7:], abs=1e-5)


def test_the_standard_errors_are_those_of_the_joint_curvature() -> None:
    """Numerical second derivatives, the level of the strengths taken out by its own prior."""
    rng = np.random.default_rng(2)
    truth = np.array([0.5, -0.2, 0.9, -1.2])
    answers = drawn_thumbs(rng, truth, 0.3, np.array([-0.4, 0.4]), 40)
    answers += [Ranking.of("x", "abcd"), Ranking.of("y", "ca", "b")]
    data = about(4, answers)
    fit = fit_strengths(data, prior_scale=1.2, annotator_scale=0.7)
    assert fit.threshold is not None
    best = np.hstack([fit.strengths, fit.threshold.value, fit.threshold.shifts])
    scales = np.array([1.2] * 4 + [3.0] + [0.7] * 2)

    def loss(place: Floats) -> float:
        centred = place[:4] - place[:4].mean()
        return float(((place / scales) ** 2).sum() / 2 - log_likelihood(data, centred, place[4:]))

    steps = np.eye(7) * 1e-3
    curvature = np.array(
        [
            [
                loss(best + one + other)
                - loss(best + one - other)
                - loss(best - one + other)
                + loss(best - one - other)
                for other in steps
            ]
            for one in steps
        ]
    )
    covariance = np.linalg.inv(curvature / 4e-6)
    assert fit.threshold.variance == pytest.approx(covariance[4, 4], rel=1e-4)
    assert fit.threshold.shared == pytest.approx(covariance[:4, 4], abs=1e-5)
    assert fit.threshold.shift_variances == pytest.approx(np.diag(covariance)[5:], rel=1e-4)
    of_strengths = fit.model.covariance.values.reshape(4, 4)
    assert of_strengths == pytest.approx(covariance[:4, :4] - 1.2**2 / 4, abs=1e-4)
    _, variance = fit.above_threshold(np.array([0]))
    expected = of_strengths[0, 0] + covariance[4, 4] - 2 * covariance[0, 4]
    assert variance == pytest.approx([expected], rel=1e-3)


def test_turning_all_thumbs_and_rankings_round_turns_strengths_and_threshold_round() -> None:
    pairs_up = [("a", True), ("a", True), ("b", False), ("c", True), ("c", False)]
    thumbs: list[Answer] = [Thumb("x", item, up=up) for item, up in pairs_up]
    turned: list[Answer] = [Thumb("x", item, up=not up) for item, up in pairs_up]
    before = fit_strengths(about(3, [*thumbs, Ranking.of("x", "ac")]), prior_scale=1.0)
    after = fit_strengths(about(3, [*turned, Ranking.of("x", "ca")]), prior_scale=1.0)
    assert before.threshold is not None
    assert after.threshold is not None
    assert after.strengths == pytest.approx(-before.strengths, abs=1e-8)
    assert after.threshold.value == pytest.approx(-before.threshold.value, abs=1e-8)


def test_pairs_alone_say_nothing_of_a_threshold() -> None:
    fit = fit_strengths(about(2, [Ranking.of("x", "ab")]))
    assert fit.threshold is None
    assert "Nobody gave thumbs" in fit.statements[-1]
    with pytest.raises(NotDeterminedError, match="Ask for thumbs"):
        fit.above_threshold(np.array([0]))


def test_thumbs_for_one_item_place_all_that_were_compared_with_it() -> None:
    """c-d were compared with nothing that has thumbs; the threshold is not theirs."""
    answers = [*thumbs_of({"a": (5, 5)}), Ranking.of("x", "ab"), Ranking.of("x", "cd")]
    fit = fit_strengths(about(4, answers), prior_scale=1.0)
    above, _ = fit.above_threshold(np.array([0, 1]))
    assert above[0] > above[1]
    with pytest.raises(NotDeterminedError):
        fit.above_threshold(np.array([2]))
    assert "2 of 4 items" in fit.statements[-1]
    assert fit.graph.component_sizes == (2, 2)


def test_thumbs_compare_items_of_different_prompts_with_one_threshold() -> None:
    answers = thumbs_of({"a": (90, 10), "b": (10, 90), "c": (60, 40), "d": (40, 60)})
    fit = fit_strengths(AllAnswers.of("abcd", ["one", "one", "two", "two"], answers))
    chances, _, _ = fit.thumb_up(np.arange(4))
    assert chances == pytest.approx([0.9, 0.1, 0.6, 0.4], abs=0.02)


def test_thumbs_that_all_point_up_are_held_by_the_prior_which_is_said() -> None:
    fit = fit_strengths(about(2, thumbs_of({"a": (50, 0), "b": (50, 0)})))
    assert fit.threshold is not None
    assert -12 < fit.threshold.value < -3
    assert fit.threshold.standard_error > 0.5
    assert any("thumbs all point one way" in sentence for sentence in fit.statements)


def test_thumbs_beside_pairs_narrow_the_strengths() -> None:
    rng = np.random.default_rng(3)
    truth = np.linspace(-1, 1, 6)
    pairs = named(simulate(truth, rng=rng, n_judgments=60))
    alone = fit_strengths(about(6, [], pairs), prior_scale=1.0)
    thumbs = drawn_thumbs(rng, truth, 0.0, np.zeros(1), 120)
    both = fit_strengths(about(6, thumbs, pairs), prior_scale=1.0)
    one, other = np.triu_indices(6, 1)
    assert (
        both.model.log_odds_variance(one, other) < alone.model.log_odds_variance(one, other)
    ).all()


def test_the_shift_of_the_only_person_is_left_out() -> None:
    fit = fit_strengths(about(2, thumbs_of({"a": (3, 1), "b": (1, 3)})))
    assert fit.threshold is not None
    assert fit.threshold.annotators == ()
    assert fit.threshold.annotator_scale is None


def test_a_generous_and_a_strict_person_are_told_apart() -> None:
    answers = thumbs_of({"a": (9, 1), "b": (9, 1)}, "generous")
    answers += thumbs_of({"a": (1, 9), "b": (1, 9)}, "strict")
    fit = fit_strengths(about(2, answers), annotator_scale=1.0)
    assert fit.threshold is not None
    assert fit.threshold.annotators == ("generous", "strict")
    assert fit.threshold.shifts[0] < -1 < 1 < fit.threshold.shifts[1]
    assert fit.threshold.value == pytest.approx(0, abs=1e-8)


def test_evidence_finds_how_much_people_differ() -> None:
    """The spread of 40 shifts drawn with scale 1.2 is itself known to 11 %."""
    rng = np.random.default_rng(4)
    shifts = rng.normal(0, 1.2, 40)
    truth = rng.normal(0, 1, 10)
    fit = fit_strengths(about(10, drawn_thumbs(rng, truth, 0.5, shifts, 2000)), prior_scale=1.0)
    assert fit.threshold is not None
    assert fit.threshold.annotator_scale == pytest.approx(np.std(shifts), rel=0.2)


def test_intervals_of_strengths_and_threshold_hold_the_truth_about_as_often_as_they_say() -> None:
    """100 simulated studies of 8 items, 30 pairs, 15 rankings, 100 thumbs by 6; nominal 95 %."""
    strengths_held, threshold_held, above_held = [], [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0, 1, 8)
        truth -= truth.mean()
        tau, shifts = rng.normal(0, 1), rng.normal(0, 0.7, 6)
        pairs = named(simulate(truth, rng=rng, n_judgments=30))
        answers: list[Answer] = [
            drawn_ranking(rng, truth, rng.choice(8, 4, replace=False).tolist(), 3)
            for _ in range(15)
        ]
        answers += drawn_thumbs(rng, truth, tau, shifts, 100)
        fit = fit_strengths(about(8, answers, pairs), prior_scale=1.0, annotator_scale=0.7)
        assert fit.threshold is not None
        low, high = fit.model.strengths_interval()
        strengths_held.append(((low <= truth) & (truth <= high)).mean())
        threshold_held.append(abs(fit.threshold.value - tau) < 1.96 * fit.threshold.standard_error)
        above, variance = fit.above_threshold(np.arange(8))
        above_held.append((np.abs(above - truth + tau) < 1.96 * np.sqrt(variance)).mean())
    assert 0.92 < np.mean(strengths_held) < 0.98
    assert 0.90 < np.mean(threshold_held) < 0.99
    assert 0.92 < np.mean(above_held) < 0.98
