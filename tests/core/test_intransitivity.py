"""The test of one number per item, its null, the reading without circles and the answer."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cycles import fitted_triads
from core.cycles_report import CyclesReport, Verdict, report_cycles
from core.evaluation import held_out
from core.fitting import choose_general_preference, fit_bradley_terry, fit_general_preference
from core.intransitivity import SpectralNorms, SpectralTest, draw_rounds, spectral_test
from core.judgment import Comparisons, Floats, ItemOutcome
from core.models import logistic
from core.simulation import simulate
from core.transitive_null import TransitiveNull, estimate_spread
from core.transitive_reading import best_order, within_order, without_circles
from tests.strategies import comparisons_of, index_judgments, rock_paper_scissors


def circle(n_items: int, size: float, seed: int = 0) -> Floats:
    angle = np.random.default_rng(seed).permutation(2 * np.pi * np.arange(n_items) / n_items)
    skew: Floats = size * np.sin(angle[:, None] - angle[None, :])
    return skew


def result_of(data: Comparisons, seed: int = 0, n_rounds: int = 99) -> SpectralTest:
    null = TransitiveNull.of(data, 1.5)
    rounds = list(draw_rounds(null, np.random.default_rng(seed), n_rounds))
    result = spectral_test(null, data.prompts, rounds)
    assert result is not None
    return result


def people(rng: np.random.Generator, *, n: int, m: int, taste: float, n_people: int) -> Comparisons:
    """Judgments of people each of whom has strengths of their own around everybody's."""
    strengths = rng.normal(size=n) + rng.normal(0, taste, (n_people, n))
    first = rng.integers(n - 1, size=m)
    second = rng.integers(first + 1, n)
    who = rng.integers(n_people, size=m)
    won = rng.random(m) < logistic(strengths[who, first] - strengths[who, second])
    return Comparisons(
        tuple(f"item {i}" for i in range(n)), np.zeros(n, np.int64), first, second,
        np.where(won, 1, -1), who,
    )  # fmt: skip


def test_the_norm_of_a_circle_of_three_is_worked_out_by_hand() -> None:
    """Residuals of 10 in a circle: singular value 10 √3; noise level 2 √(2 · 60/4 / 3) = √40."""
    null = TransitiveNull.of(rock_paper_scissors(20), 1.5)
    norms = SpectralNorms(null.counts, null.layout)
    ratios = norms.ratios(null.counts.first_better, null.model.strengths)
    assert ratios == pytest.approx([10 * np.sqrt(3) / np.sqrt(40)])


def test_large_components_have_the_norm_that_a_full_decomposition_finds() -> None:
    data = simulate(np.zeros(40), rng=np.random.default_rng(0), n_judgments=600)
    null = TransitiveNull.of(data, 1.5)
    dense, sparse = (
        SpectralNorms(null.counts, null.layout, limit).ratios(
            null.counts.first_better, null.model.strengths
        )
        for limit in (40, 10)
    )
    assert sparse == pytest.approx(dense, rel=2e-3)


def test_one_number_per_item_is_hardly_ever_rejected_where_it_is_the_truth() -> None:
    """60 simulated studies at the 5 % level: more than 8 rejections have a chance of 1 %."""
    rejected = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        data = simulate(rng.normal(size=30), rng=rng, n_judgments=400, n_annotators=20)
        rejected += result_of(data, seed).rejects
    assert rejected <= 8


def test_people_of_different_taste_are_not_taken_for_circles() -> None:
    """Eight people, each with one number per item of their own; 40 simulated studies."""
    rejected, spread = 0, []
    for seed in range(40):
        data = people(np.random.default_rng(seed), n=30, m=900, taste=1.0, n_people=8)
        result = result_of(data, seed)
        rejected += result.rejects
        spread.append(result.taste)
    assert rejected <= 6
    assert np.mean(spread) == pytest.approx(1.0, abs=0.2)


def test_a_circle_is_found_at_forty_judgments_an_item() -> None:
    """Amplitude 1.5 and 30 items: at least 85 % of 20 studies."""
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        data = simulate(
            rng.normal(size=30), skew=circle(30, 1.5, seed), rng=rng,
            n_judgments=600, n_annotators=20,
        )  # fmt: skip
        found += result_of(data, seed).rejects
    assert found >= 17


def test_a_circle_that_people_share_is_no_difference_between_them() -> None:
    data = simulate(
        np.zeros(30), skew=circle(30, 1.5), rng=np.random.default_rng(1),
        n_judgments=2000, n_annotators=10,
    )  # fmt: skip
    spread = estimate_spread(data, fit_bradley_terry(data))
    assert spread.taste < 0.2


def test_a_few_circles_among_many_prompts_add_up() -> None:
    prompts = np.repeat(np.arange(10), 8)
    skew = np.zeros((80, 80))
    for number in range(10):
        part = slice(8 * number, 8 * number + 8)
        skew[part, part] = circle(8, 0.9, number)
    rng = np.random.default_rng(2)
    data = simulate(np.zeros(80), skew=skew, prompts=prompts, rng=rng, judgments_per_pair=5)
    result = result_of(data)
    assert result.rejects
    assert len(result.parts) == 10
    assert sorted(part.prompt for part in result.parts) == list(range(10))


def test_a_chain_of_comparisons_cannot_be_result_of() -> None:
    data = comparisons_of(4, [(0, 1, 1), (1, 2, 1), (2, 3, -1)] * 5)
    null = TransitiveNull.of(data, 1.5)
    rounds = list(draw_rounds(null, np.random.default_rng(0), 9))
    assert spectral_test(null, data.prompts, rounds) is None


def test_the_p_value_is_never_zero_and_the_same_seed_gives_the_same() -> None:
    data = rock_paper_scissors(20)
    assert result_of(data).p == result_of(data).p == pytest.approx(1 / 100)


def test_a_refitted_round_holds_the_score_equations() -> None:
    data = simulate(np.linspace(-1, 1, 12), rng=np.random.default_rng(3), judgments_per_pair=4)
    null = TransitiveNull.of(data, 1.5)
    counts = null.counts
    for wins, strengths in draw_rounds(null, np.random.default_rng(4), 5):
        chance = logistic(strengths[counts.first] - strengths[counts.second])
        excess = wins - counts.total * chance
        score = np.bincount(counts.first, excess, 12) - np.bincount(counts.second, excess, 12)
        assert score == pytest.approx(strengths / 1.5**2, abs=0.02)


def skew_matrix(seed: int) -> Floats:
    values = np.random.default_rng(seed).normal(size=(7, 7))
    return values - values.T


skew_matrices = st.integers(0, 2**32 - 1).map(skew_matrix)


@given(skew_matrices)
def test_no_circle_is_left_in_either_reading(odds: Floats) -> None:
    for reading in (without_circles(odds), within_order(odds)):
        assert (reading == -reading.T).all()
        beats = (reading > 0).astype(int)
        assert not np.linalg.matrix_power(beats, 7).any()  # a path of 7 steps would close a circle
        assert (np.abs(reading) <= np.abs(odds) + 1e-12).all()
        assert (reading * odds >= 0).all()


@given(skew_matrices)
def test_what_has_no_circle_is_left_as_it_is(odds: Floats) -> None:
    ordered = np.triu(np.abs(odds), 1)
    ordered = ordered - ordered.T
    assert (without_circles(ordered) == ordered).all()
    assert (within_order(ordered) == ordered).all()
    assert best_order(ordered).tolist() == list(range(7))


def test_readings_of_a_circle_are_worked_out_by_hand() -> None:
    """a > b by 3, b > c by 3, c > a by 1: its weakest step is 1, which an order goes against."""
    odds = np.array([[0.0, 3, -1], [-3, 0, 3], [1, -3, 0]])
    assert without_circles(odds).tolist() == [[0, 2, 0], [-2, 0, 2], [0, -2, 0]]
    assert within_order(odds).tolist() == [[0, 3, 0], [-3, 0, 3], [0, -3, 0]]
    assert best_order(odds).tolist() == [0, 1, 2]


def answer(data: Comparisons) -> CyclesReport:
    plain = fit_bradley_terry(data)
    choice = choose_general_preference(data)
    general = fit_general_preference(
        data, n_planes=choice.n_planes, penalty_share=choice.share, start=plain
    )
    steps: list[tuple[str, int, int]] = []
    report = report_cycles(
        data, plain, general, held_out(data), report=lambda *step: steps.append(step)
    )
    assert steps == [("cycles", done, 4) for done in range(5)]
    json.dumps(asdict(report))
    return report


def test_people_in_a_circle_get_a_lottery_and_no_order() -> None:
    rng = np.random.default_rng(5)
    report = answer(simulate(np.zeros(20), skew=circle(20, 2.5), rng=rng, n_judgments=1000))
    assert report.verdict is Verdict.CYCLIC
    assert report.gain is not None
    assert report.gain.cyclic.value > 2 * report.gain.transitive.value
    assert report.gain.cyclic_at_least.low > 0
    [lottery] = report.lotteries
    assert lottery.condorcet_winner is None
    assert sum(share.weight.value for share in lottery.shares) == pytest.approx(1, abs=0.02)
    assert report.fitted is not None
    assert report.fitted.n_cyclic > 100


def test_people_with_one_number_per_item_get_the_order() -> None:
    rng = np.random.default_rng(6)
    report = answer(simulate(rng.normal(size=20), rng=rng, n_judgments=800, tie_weight=0.3))
    assert report.verdict is Verdict.ENOUGH
    assert report.lotteries == ()
    assert report.fitted is not None
    assert report.fitted.n_cyclic == 0


def test_an_order_that_no_single_number_gives_is_not_called_a_circle() -> None:
    """Skill times consistency: log-odds c_i c_j (s_i - s_j) never run in circles."""
    rng = np.random.default_rng(7)
    skill, consistency = np.sort(rng.normal(0, 1.2, 24)), np.exp(rng.normal(size=24))
    odds = consistency[:, None] * consistency * (skill[:, None] - skill)
    data = simulate(np.zeros(24), skew=np.clip(odds, -6, 6), rng=rng, n_judgments=3000)
    report = answer(data)
    assert report.verdict is Verdict.NOT_ADDITIVE
    gain = report.gain
    assert gain is not None
    assert gain.transitive.value > 5 * abs(gain.cyclic.value)
    assert gain.cyclic_at_least.low < 0 < gain.total.low


def test_all_ties_and_a_single_pair_say_nothing_about_circles() -> None:
    tied = comparisons_of(3, [(0, 1, 0), (1, 2, 0), (0, 2, 0)] * 4)
    for data in (tied, comparisons_of(2, [(0, 1, 1)] * 12)):
        report = answer(data)
        assert report.verdict is Verdict.UNDETERMINED
        assert report.hodge is None


def test_where_all_pairs_are_even_there_are_no_shares_and_an_even_round_is_none() -> None:
    """Two answers to each of three pairs: one round of eight that are drawn is even throughout."""
    edges = [(0, 1), (1, 2), (0, 2)]
    even = comparisons_of(3, [(i, j, said) for i, j in edges for said in (1, -1)])
    assert answer(even).hodge is None
    twice = comparisons_of(3, [(i, j, 1) for i, j in edges for _ in range(2)])
    hodge = answer(twice).hodge
    assert hodge is not None
    parts = [part for part in (hodge.gradient, hodge.curl, hodge.harmonic) if part is not None]
    assert sum(part.value for part in parts) == pytest.approx(1)
    assert 0 < hodge.gradient.expected.n < 199


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_bradley_terry_makes_no_cyclic_triads(seed: int) -> None:
    data = simulate(np.zeros(6), rng=np.random.default_rng(seed), n_judgments=30)
    triads = fitted_triads(fit_general_preference(data, n_planes=0))
    assert triads is not None
    assert (triads.n_triads, triads.n_cyclic) == (20, 0)


CONVINCING = Path(__file__).resolve().parents[3] / "shared/data/convincing-arguments"


@pytest.mark.skipif(not CONVINCING.exists(), reason="../shared/data is not there")
def test_people_asked_which_argument_convinces_do_not_run_in_circles() -> None:
    """84,445 real judgments of 1,052 arguments in 32 topics by 3,815 people."""
    import pyarrow.parquet as pq

    table = pq.read_table(CONVINCING / "judgments.parquet").to_pydict()
    meaning = {
        "first": ItemOutcome.FIRST, "second": ItemOutcome.SECOND, "tie": ItemOutcome.TIE
    }  # fmt: skip
    one, other = (
        [f"{topic}/{arg}" for topic, arg in zip(table["topic"], table[side], strict=True)]
        for side in ("arg1", "arg2")
    )
    items = list(dict.fromkeys(one + other))
    said = [meaning[label] for label in table["label"]]
    data = index_judgments(
        items,
        [item.partition("/")[0] for item in items],
        list(zip(one, other, said, table["worker"], strict=True)),
    )
    assert (len(data), len(data.items)) == (84445, 1052)
    plain = fit_bradley_terry(data)
    choice = choose_general_preference(data, prior_scale=plain.prior_scale)
    assert choice.n_planes == 0
    result = result_of(data)
    assert not result.rejects
    assert len(result.parts) == 32
