from collections.abc import Callable, Sequence

import choix
import numpy as np
import pytest

from core.errors import NoComparisonsError, NotConvergedError
from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.fitting.answers import WorstChoice
from core.fitting.joint_strengths import fit_strengths, variances_from_answers
from core.fitting.plackett_luce import TooManyTiesError
from core.fitting.sandwich import variances_from
from core.judgment import Floats
from core.rankings import (
    AllAnswers,
    Answer,
    BestAndWorst,
    BestFew,
    BestOf,
    ListAnswer,
    Ranking,
)
from core.simulation import simulate
from tests.core.answers import (
    NAMES,
    about,
    drawn_ranking,
    every_kind,
)


def rankings_of(count: int, n_shown: int, depth: int, seed: int) -> list[Ranking]:
    rng = np.random.default_rng(seed)
    truth = np.linspace(-2, 2, 8)
    return [
        drawn_ranking(rng, truth, rng.choice(8, n_shown, replace=False).tolist(), depth)
        for _ in range(count)
    ]


def in_numbers(rankings: Sequence[Ranking]) -> list[list[int]]:
    return [[NAMES.index(item) for (item,) in ranking.places] for ranking in rankings]


Form = Callable[[str, str], ListAnswer]


@pytest.mark.parametrize(
    "form",
    [
        lambda better, worse: Ranking.of("x", [better, worse]),
        lambda better, worse: Ranking.of("x", [better], [worse]),
        lambda better, worse: BestOf("x", better, (worse,)),
        lambda better, worse: BestAndWorst("x", better, worse, ()),
        lambda better, worse: BestAndWorst("x", better, worse, (), worst_first=True),
        lambda better, worse: BestFew("x", (better,), (worse,)),
    ],
)
def test_lists_of_two_give_the_strengths_and_covariance_of_bradley_terry(form: Form) -> None:
    data = simulate(np.linspace(-2, 2, 7), rng=np.random.default_rng(1), n_judgments=120)
    won, lost = data.first.copy(), data.second.copy()
    won[data.outcome < 0], lost[data.outcome < 0] = lost[data.outcome < 0], won[data.outcome < 0]
    answers = [form(NAMES[one], NAMES[other]) for one, other in zip(won, lost, strict=True)]
    ours = fit_strengths(about(7, answers), prior_scale=1.2)
    theirs = fit_bradley_terry(data, prior_scale=1.2, approximation="laplace")
    assert ours.strengths == pytest.approx(theirs.strengths, abs=1e-8)
    one, other = np.triu_indices(7, 1)
    variance = ours.model.log_odds_variance(one, other)
    assert variance == pytest.approx(theirs.log_odds_variance(one, other), abs=1e-8)
    assert ours.strengths.sum() == pytest.approx(0, abs=1e-10)


def test_pairs_and_rankings_of_two_with_ties_give_davidsons_strengths() -> None:
    data = simulate(
        np.linspace(-1, 1, 5), rng=np.random.default_rng(3), n_judgments=150, tie_weight=0.8
    )
    theirs = fit_bradley_terry(data, prior_scale=1.0, approximation="laplace")
    pairs = fit_strengths(about(5, [], data), prior_scale=1.0)
    assert pairs.strengths == pytest.approx(theirs.strengths, abs=1e-8)
    assert pairs.model.tie_log_weight == pytest.approx(theirs.tie_log_weight, abs=1e-8)
    places = {1: ((0,), (1,)), 0: ((0, 1),), -1: ((1,), (0,))}
    rankings = [
        Ranking("x", tuple(tuple(NAMES[shown[i]] for i in place) for place in places[outcome]))
        for *shown, outcome in zip(data.first, data.second, data.outcome.tolist(), strict=True)
    ]
    ranked = fit_strengths(about(5, rankings), prior_scale=1.0)
    assert ranked.strengths == pytest.approx(theirs.strengths, abs=1e-8)
    (tie,) = ranked.ranking_ties
    assert tie.size == 2
    assert tie.log_weight == pytest.approx(theirs.tie_log_weight, abs=1e-8)
    assert tie.variance == pytest.approx(theirs.tie_variance, abs=1e-8)


def test_the_prior_scale_with_the_highest_evidence_is_that_of_bradley_terry() -> None:
    data = simulate(np.linspace(-2, 2, 12), rng=np.random.default_rng(4), n_judgments=300)
    ours = fit_strengths(about(12, [], data))
    plain = fit_bradley_terry(data, approximation="laplace")
    assert ours.model.prior_scale == pytest.approx(plain.prior_scale, rel=0.02)


@pytest.mark.parametrize(("n_shown", "depth"), [(8, 7), (5, 4), (3, 2)])
def test_choix_finds_the_same_strengths_from_rankings(n_shown: int, depth: int) -> None:
    """choix 0.4.1, `opt_rankings`: its penalty alpha |θ|² is a prior of scale 1 / sqrt(2 alpha)."""
    answers = rankings_of(60, n_shown, depth, seed=5)
    whole = [
        (*order, *(NAMES.index(item) for item in answer.rest))
        for order, answer in zip(in_numbers(answers), answers, strict=True)
    ]
    theirs = choix.opt_rankings(8, whole, alpha=0.5, tol=1e-12)
    ours = fit_strengths(about(8, answers), prior_scale=1.0)
    assert ours.strengths == pytest.approx(theirs - theirs.mean(), abs=1e-5)


def test_choix_finds_the_same_strengths_from_the_best_of_five() -> None:
    """choix 0.4.1, `opt_top1`."""
    answers = rankings_of(80, 5, 1, seed=6)
    data = [
        (order[0], tuple(NAMES.index(item) for item in answer.rest))
        for order, answer in zip(in_numbers(answers), answers, strict=True)
    ]
    theirs = choix.opt_top1(8, data, alpha=0.5, tol=1e-12)
    best = [BestOf("x", answer.places[0][0], answer.rest) for answer in answers]
    ours = fit_strengths(about(8, best), prior_scale=1.0)
    assert ours.strengths == pytest.approx(theirs - theirs.mean(), abs=1e-5)


def test_turning_best_and_worst_round_turns_the_strengths_round() -> None:
    rng = np.random.default_rng(9)
    answers, turned = [], []
    for _ in range(40):
        order = [NAMES[i] for i in rng.permutation(6)[:4]]
        first = bool(rng.integers(2))
        middle = (order[1], order[2])
        answers.append(BestAndWorst("x", order[0], order[3], middle, worst_first=first))
        turned.append(BestAndWorst("x", order[3], order[0], middle, worst_first=not first))
    before = fit_strengths(about(6, answers), prior_scale=1.0, worst_choice="reversed")
    after = fit_strengths(about(6, turned), prior_scale=1.0, worst_choice="reversed")
    assert np.abs(before.strengths).max() > 0.1
    assert after.strengths == pytest.approx(-before.strengths, abs=1e-8)


def test_naming_items_otherwise_permutes_strengths_and_covariance() -> None:
    answers = every_kind()
    order = [3, 0, 4, 1, 2]
    prompts = ["p"] * 5
    before = fit_strengths(AllAnswers.of("abcde", prompts, answers), prior_scale=1.0)
    items = [NAMES[i] for i in order]
    after = fit_strengths(AllAnswers.of(items, prompts, answers), prior_scale=1.0)
    assert after.strengths == pytest.approx(before.strengths[order], abs=1e-8)
    one, other = np.triu_indices(5, 1)
    place = np.array(order)
    variance = before.model.log_odds_variance(place[one], place[other])
    assert after.model.log_odds_variance(one, other) == pytest.approx(variance, abs=1e-8)


def test_a_ranking_of_a_thousand_items_orders_them() -> None:
    items = [f"item {number}" for number in range(1000)]
    fit = fit_strengths(AllAnswers.of(items, ["p"] * 1000, [Ranking.of("x", items)]), prior_scale=1)
    assert (np.diff(fit.strengths) < 1e-9).all()
    assert fit.strengths.sum() == pytest.approx(0, abs=1e-8)
    # Observed minus expected firsts of the best item, 1 - p, are its strength over σ² = 1.
    worth = np.exp(fit.strengths)
    assert fit.strengths[0] == pytest.approx(1 - worth[0] / worth.sum(), abs=1e-7)
    assert any("prior alone" in sentence for sentence in fit.statements)


def test_ties_in_a_ranking_of_hundreds_of_items_are_refused_with_a_way_out() -> None:
    items = [f"item {number}" for number in range(300)]
    tied = Ranking("x", ((items[0], items[1]), *((item,) for item in items[2:])))
    with pytest.raises(TooManyTiesError, match="Rank fewer items at a time"):
        fit_strengths(AllAnswers.of(items, ["p"] * 300, [tied]))


def test_items_that_always_share_a_place_are_equal_and_ties_likely() -> None:
    fit = fit_strengths(about(3, [Ranking("x", (("a", "b", "c"),))] * 30))
    assert fit.strengths == pytest.approx(0, abs=1e-10)
    (tie,) = fit.ranking_ties
    assert tie.size == 3
    assert tie.log_weight > 2


def test_an_item_always_ranked_first_gets_a_finite_strength() -> None:
    fit = fit_strengths(about(4, [Ranking.of("x", "abcd")] * 100))
    assert (np.diff(fit.strengths) < 0).all()
    assert np.isfinite(fit.model.strengths_interval()).all()


def test_no_answers_and_impossible_priors_are_refused() -> None:
    with pytest.raises(NoComparisonsError):
        fit_strengths(about(3, []))
    for scale in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(NotDeterminedError, match="positive and finite"):
            fit_strengths(about(2, [Ranking.of("x", "ab")]), prior_scale=scale)


def test_too_few_steps_are_an_error_and_not_a_result() -> None:
    with pytest.raises(NotConvergedError, match="after 1 iterations"):
        fit_strengths(about(4, [Ranking.of("x", "abcd")] * 50), prior_scale=5.0, n_iterations=1)


def test_best_and_worst_of_people_who_rank_have_the_scale_of_their_rankings() -> None:
    """2,000 rankings of six, of which only the ends are told; strengths spread from -2 to 2.

    Reversed choices of the worst stretch them instead.
    """
    rng = np.random.default_rng(10)
    truth = np.linspace(-2, 2, 8)
    answers = []
    for _ in range(2000):
        ranking = drawn_ranking(rng, truth, rng.permutation(8)[:6].tolist(), 6)
        best, *middle, worst = [item for (item,) in ranking.places]
        answers.append(BestAndWorst("x", best, worst, tuple(middle)))

    def stretch(worst_choice: WorstChoice) -> float:
        fit = fit_strengths(about(8, answers), prior_scale=5.0, worst_choice=worst_choice)
        return float(fit.strengths @ truth / (truth @ truth))

    assert stretch("last") == pytest.approx(1, abs=0.04)
    assert stretch("reversed") > 1.1


def drawn_answers(rng: np.random.Generator, truth: Floats, form: str) -> Answer:
    shown = rng.choice(len(truth), 4, replace=False).tolist()
    order = [place[0] for place in drawn_ranking(rng, truth, shown, 4).places]
    if form == "rankings":
        return Ranking.of("x", order)
    if form == "picks":
        return BestFew("x", tuple(order[:2]), tuple(order[2:]))
    return BestAndWorst("x", order[0], order[3], (order[1], order[2]))


@pytest.mark.parametrize("form", ["rankings", "picks", "best and worst"])
def test_intervals_hold_the_truth_about_as_often_as_they_say(form: str) -> None:
    """100 simulated studies of 8 items with 60 answers about four of them; nominal 95 %."""
    held = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0, 1, 8)
        truth -= truth.mean()
        answers = [drawn_answers(rng, truth, form) for _ in range(60)]
        low, high = fit_strengths(about(8, answers), prior_scale=1.0).model.strengths_interval()
        held.append(((low <= truth) & (truth <= high)).mean())
    assert 0.92 < np.mean(held) < 0.98


def test_variances_from_answers_are_those_of_the_fit_and_of_the_curvature_elsewhere() -> None:
    """At the optimum the fit's own; elsewhere, of pairs, `core.fitting.sandwich.variances_from`."""
    answers = about(5, every_kind())
    joint = fit_strengths(answers, prior_scale=1.2)
    assert joint.threshold is not None
    ours = variances_from_answers(
        joint.model.strengths,
        answers,
        prior_scale=1.2,
        annotator_scale=joint.threshold.annotator_scale,
    )
    np.testing.assert_allclose(ours, joint.model.covariance.variances()[0], rtol=1e-6)
    data = simulate(np.linspace(-2, 2, 7), rng=np.random.default_rng(1), n_judgments=120)
    model = fit_bradley_terry(data, prior_scale=1.5, ties=False)
    half = data.where(np.arange(120) < 60)
    pairs = AllAnswers.of(half.items, ("",) * 7, (), half)
    at_model = variances_from_answers(model.strengths, pairs, prior_scale=1.5, annotator_scale=None)
    np.testing.assert_allclose(at_model, variances_from(model, half), rtol=1e-6)
