"""Every coefficient against worked examples and other packages; its intervals by simulation."""

from itertools import pairwise

import krippendorff as krippendorff_package
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from core.agreement import (
    CODES,
    Coefficient,
    Ratings,
    Scale,
    Weighing,
    agreement_bands,
    agreement_by_group,
    agreement_without,
    measure_agreement,
    pair_kappas,
)
from core.agreement.bands import BANDS, Measure
from core.estimates import Estimate, NotDeterminedError
from core.judgment import Floats, Indices

#: Four people, twenty units, four answers in order; 0 where somebody did not answer.
FULL = [
    [4, 4, 3, 2, 2, 1, 1, 4, 1, 4, 1, 4, 3, 3, 4, 3, 3, 4, 3, 1],
    [4, 3, 3, 2, 4, 1, 1, 1, 1, 4, 3, 4, 3, 3, 4, 2, 3, 3, 4, 1],
    [3, 1, 3, 2, 2, 1, 1, 1, 1, 4, 3, 4, 3, 3, 4, 3, 3, 2, 3, 4],
    [4, 3, 3, 2, 2, 1, 4, 1, 4, 3, 3, 1, 3, 3, 4, 2, 3, 3, 1, 2],
]
GAPS = [
    [4, 4, 3, 2, 0, 0, 1, 4, 1, 4, 1, 4, 3, 0, 4, 0, 3, 4, 3, 1],
    [4, 3, 3, 0, 4, 1, 1, 0, 1, 4, 3, 4, 3, 3, 4, 2, 3, 3, 0, 0],
    [3, 1, 3, 2, 2, 0, 1, 1, 1, 4, 3, 4, 3, 3, 4, 3, 0, 2, 3, 4],
    [4, 3, 3, 2, 2, 1, 0, 1, 4, 3, 0, 1, 3, 0, 4, 0, 3, 0, 1, 2],
]
#: irrCAC 0.4.4 (raw, categories 1 to 4): value and standard error. Its Krippendorff's standard
#: error leaves the factor 1 - 1/n of the coefficient out, n being the number of answers.
FROM_IRRCAC = [
    (FULL, Scale.NOMINAL, Coefficient.FLEISS, 0.4477998274, 0.0985592348),
    (FULL, Scale.NOMINAL, Coefficient.GWET, 0.4726723428, 0.0977160326),
    (FULL, Scale.NOMINAL, Coefficient.COHEN, 0.4498567335, 0.0975124772),
    (FULL, Scale.NOMINAL, Coefficient.KRIPPENDORFF, 0.4547023296, 0.0985592348 * (1 - 1 / 80)),
    (FULL, Scale.ORDINAL, Coefficient.FLEISS, 0.3103057115, 0.1205921889),
    (FULL, Scale.ORDINAL, Coefficient.GWET, 0.3716736423, 0.1594776257),
    (FULL, Scale.ORDINAL, Coefficient.COHEN, 0.3117500566, 0.1201223376),
    (FULL, Scale.INTERVAL, Coefficient.FLEISS, 0.2803801765, 0.131656688),
    (FULL, Scale.INTERVAL, Coefficient.GWET, 0.3509872953, 0.1782751382),
    (FULL, Scale.INTERVAL, Coefficient.COHEN, 0.2815994578, 0.1312829851),
    (FULL, Scale.INTERVAL, Coefficient.KRIPPENDORFF, 0.2893754243, 0.131656688 * (1 - 1 / 80)),
    (GAPS, Scale.NOMINAL, Coefficient.FLEISS, 0.4149978493, 0.1158065878),
    (GAPS, Scale.NOMINAL, Coefficient.GWET, 0.4391923882, 0.116337611),
    (GAPS, Scale.ORDINAL, Coefficient.GWET, 0.3680216896, 0.16962307),
    (GAPS, Scale.INTERVAL, Coefficient.GWET, 0.355827433, 0.186383158),
]
#: Student's t for 95 % and 19 degrees of freedom, which irrCAC takes too.
T19 = 2.0930240544
COHENS = np.array([[43, 8, 3], [14, 64, 12], [2, 16, 38]])


def ratings_of(table: list[list[int]], n_categories: int = 4) -> Ratings:
    values = np.array(table)
    annotator, unit = np.nonzero(values)
    return Ratings.of(unit, annotator, values[annotator, unit] - 1, n_categories=n_categories)


def ratings_of_confusion(table: Indices) -> Ratings:
    """Two people, from a table of what one (row) and the other (column) said."""
    cells = np.argwhere(table >= 0)
    said = np.repeat(cells, table.ravel(), axis=0)
    unit, annotator = np.repeat(np.arange(len(said)), 2), np.tile([0, 1], len(said))
    return Ratings.of(unit, annotator, said.ravel(), n_categories=len(table))


@pytest.mark.parametrize(("table", "scale", "which", "value", "error"), FROM_IRRCAC)
def test_values_and_standard_errors_are_those_of_irrcac(
    table: list[list[int]], scale: Scale, which: Coefficient, value: float, error: float
) -> None:
    found = measure_agreement(ratings_of(table), scale=scale, n_rounds=0).found[which].by_pair
    assert found.value == pytest.approx(value, abs=1e-6)
    assert (found.value - found.low) / T19 == pytest.approx(error, abs=1e-6)


@given(
    st.lists(
        st.lists(st.sampled_from([0, 1, 2, 3, 4]), min_size=7, max_size=7), min_size=2, max_size=5
    ),
    st.sampled_from(list(Scale)),
)
def test_the_krippendorff_package_finds_the_same_on_every_scale(
    table: list[list[int]], scale: Scale
) -> None:
    """krippendorff 0.9.0."""
    values = np.array(table, dtype=np.float64)
    values[values == 0] = np.nan
    pairable = values[:, (~np.isnan(values)).sum(axis=0) > 1]
    if len(np.unique(pairable[~np.isnan(pairable)])) < 2:
        return
    theirs = krippendorff_package.alpha(
        reliability_data=values, level_of_measurement=scale.value, value_domain=[1, 2, 3, 4]
    )
    report = measure_agreement(ratings_of(table), scale=scale, n_rounds=0)
    assert report.found[Coefficient.KRIPPENDORFF].value == pytest.approx(theirs, abs=1e-9)


def test_cohens_kappa_and_its_error_are_those_of_statsmodels() -> None:
    """statsmodels 0.15.0, cohens_kappa: kappa and std_kappa, plain and with squared weights."""
    ratings = ratings_of_confusion(COHENS)
    for scale, kappa, error in (
        (Scale.NOMINAL, 0.5757154979557201, 0.04920190661486352),
        (Scale.INTERVAL, 0.6848550333153252, 0.047708401660251226),
    ):
        pairs = pair_kappas(ratings, Weighing.of(scale, 3))
        assert pairs.n_shared.tolist() == [200]
        assert pairs.kappa == pytest.approx([kappa], abs=1e-9)
        assert pairs.kappa - pairs.low == pytest.approx([1.9599639845 * error], abs=1e-9)
        assert measure_agreement(ratings, scale=scale, n_rounds=0).found[
            Coefficient.COHEN
        ].value == pytest.approx(kappa, abs=1e-9)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=30))
def test_sklearn_finds_the_same_kappa_of_two(one: list[int]) -> None:
    """sklearn 1.9.1."""
    rng = np.random.default_rng(len(one))
    other = np.where(rng.random(len(one)) < 0.6, one, rng.integers(4, size=len(one)))
    theirs = cohen_kappa_score(one, other, labels=range(4))
    unit = np.tile(np.arange(len(one)), 2)
    ratings = Ratings.of(
        unit, np.repeat([0, 1], len(one)), np.concatenate([one, other]), n_categories=4
    )
    report = measure_agreement(ratings, n_rounds=0)
    if np.isnan(theirs):
        assert Coefficient.COHEN in report.not_determined
    else:
        assert report.found[Coefficient.COHEN].value == pytest.approx(theirs, abs=1e-9)


def test_fleiss_own_example() -> None:
    """Fleiss 1971: 30 patients, 6 psychiatrists, kappa .430; here the ten of textbooks: .210."""
    counts = np.array(
        [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
         [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
    )  # fmt: skip
    unit, category = np.nonzero(counts)
    often = counts[unit, category]
    rows = np.repeat(np.stack([unit, category], axis=1), often, axis=0)
    annotator = np.concatenate([np.arange(14)] * 10)
    ratings = Ratings.of(rows[:, 0], annotator, rows[:, 1], n_categories=5)
    found = measure_agreement(ratings, n_rounds=0).found[Coefficient.FLEISS]
    # statsmodels 0.15.0, fleiss_kappa.
    assert found.value == pytest.approx(0.20993070442195522, abs=1e-9)


@pytest.mark.parametrize("scale", list(Scale))
def test_two_identical_judges_get_one_from_every_coefficient(scale: Scale) -> None:
    answers = np.array([0, 1, 2, 1, 0, 2, 2, 1])
    ratings = Ratings.of(
        np.tile(np.arange(8), 2), np.repeat([3, 9], 8), np.tile(answers, 2), n_categories=3
    )
    report = measure_agreement(ratings, scale=scale)
    assert {which: found.value for which, found in report.found.items()} == pytest.approx(
        dict.fromkeys(Coefficient, 1.0)
    )


def test_one_answer_throughout_determines_percent_and_gwet_only() -> None:
    ratings = Ratings.of(
        np.repeat(np.arange(5), 2), np.tile([0, 1], 5), np.zeros(10, dtype=int), n_categories=3
    )
    report = measure_agreement(ratings)
    assert set(report.found) == {Coefficient.PERCENT, Coefficient.GWET}
    assert report.found[Coefficient.GWET].value == 1
    assert "same answer" in report.not_determined[Coefficient.COHEN]
    alone = Ratings.of(np.arange(3), np.zeros(3, dtype=int), np.arange(3), n_categories=3)
    with pytest.raises(NotDeterminedError, match="two people"):
        measure_agreement(alone)


def crowd(
    rng: np.random.Generator, n_units: int, n_people: int, each: int, truth: Indices
) -> tuple[Indices, Indices, Indices]:
    """People who see the truth with probabilities of their own; `each` of them a unit."""
    skill = rng.uniform(0.35, 0.95, n_people)
    who = rng.permuted(np.tile(np.arange(n_people), (n_units, 1)), axis=1)[:, :each]
    seen = np.where(
        rng.random(who.shape) < skill[who],
        truth[:, None],
        rng.integers(3, size=who.shape),
    )
    return np.repeat(np.arange(n_units), each), who.ravel(), seen.ravel()


def simulated_coverage(n_studies: int, *, fixed_units: bool) -> dict[str, Floats]:
    """Share of studies whose intervals hold what all studies have in the mean."""
    rng = np.random.default_rng(8)
    truth = rng.choice(3, p=[0.5, 0.35, 0.15], size=150)
    people = np.random.default_rng(5).uniform(0.35, 0.95, 25)
    ends: dict[str, list[list[float]]] = {}
    for _ in range(n_studies):
        if fixed_units:
            rows = crowd(rng, 150, 25, 4, truth)
        else:
            units = rng.choice(3, p=[0.5, 0.35, 0.15], size=150)
            rows = crowd_of(rng, people, units)
        report = measure_agreement(Ratings.of(*rows, n_categories=3), n_rounds=300)
        for which, found in report.found.items():
            one = found.by_annotator if fixed_units else found.by_pair
            drawn = found.by_annotator_drawn if fixed_units else found.by_pair_drawn
            assert drawn is not None
            for name, estimate in (("analytic", one), ("drawn", drawn)):
                row = [estimate.value, estimate.low, estimate.high]
                ends.setdefault(f"{which} {name}", []).append(row)
    coverage = {}
    for name, rows_of in ends.items():
        value, low, high = np.array(rows_of).T
        coverage[name] = np.mean((low <= value.mean()) & (value.mean() <= high))
    return coverage


def crowd_of(
    rng: np.random.Generator, skill: Floats, truth: Indices
) -> tuple[Indices, Indices, Indices]:
    """The same people in every study, four of them a unit."""
    order = np.tile(np.arange(len(skill)), (len(truth), 1))
    who = rng.permuted(order, axis=1)[:, :4]
    wrong = rng.integers(3, size=who.shape)
    seen = np.where(rng.random(who.shape) < skill[who], truth[:, None], wrong)
    return np.repeat(np.arange(len(truth)), 4), who.ravel(), seen.ravel()


@pytest.mark.parametrize("fixed_units", [False, True], ids=["by pair", "by annotator"])
def test_95_percent_intervals_hold_the_truth_about_95_percent_of_the_time(
    *, fixed_units: bool
) -> None:
    """300 studies: 95 % has a standard error of 1.26 points; 91.2 to 98.8 % is within three.

    With 2,000 studies: 93.2 to 95.0 % analytic, 94.0 to 95.8 % by bootstrap of 300 rounds.
    """
    coverage = simulated_coverage(300, fixed_units=fixed_units)
    assert len(coverage) == 10
    for name, share in coverage.items():
        assert 0.912 <= share <= 0.988, (name, coverage)


def test_annotators_who_differ_widen_the_interval_by_annotator_alone() -> None:
    """Half of the people see the truth, the other half guess: other people could be others."""
    rng = np.random.default_rng(2)
    skill = np.where(np.arange(12) < 6, 0.95, 0.1)
    report = measure_agreement(
        Ratings.of(*crowd_of(rng, skill, rng.integers(3, size=2000)), n_categories=3)
    )
    found = report.found[Coefficient.KRIPPENDORFF]
    by_pair = found.by_pair.high - found.by_pair.low
    by_annotator = found.by_annotator.high - found.by_annotator.low
    assert by_annotator > 3 * by_pair
    assert found.by_both.high - found.by_both.low > by_annotator


def test_groups_are_measured_each_by_itself() -> None:
    rng = np.random.default_rng(4)
    rows = crowd_of(rng, np.full(6, 0.7), rng.integers(3, size=300))
    group = rows[0] % 3 + 10
    groups = agreement_by_group(group, *rows, n_categories=3, which=Coefficient.GWET)
    assert groups.group.tolist() == [10, 11, 12]
    assert groups.n_answers.sum() == 1200
    for number, name in enumerate(groups.group):
        inside = group == name
        alone = measure_agreement(
            Ratings.of(*(part[inside] for part in rows), n_categories=3), n_rounds=0
        ).found[Coefficient.GWET]
        found = groups.found[number]
        assert found is not None
        for interval in ("by_pair", "by_annotator", "by_both"):
            assert getattr(found, interval) == getattr(alone, interval)
        assert groups.interval("by_both")[0][number] == alone.by_both.low
    drawn = agreement_by_group(group, *rows, n_categories=3, n_rounds=100)
    low, high = drawn.interval("by_annotator_drawn")
    assert (low < drawn.value).all()
    assert (drawn.value < high).all()
    assert np.isnan(groups.interval("by_pair_drawn")[0]).all()  # none were asked for
    lowest = agreement_by_group(group, *rows, n_categories=3, which=Coefficient.GWET, n_lowest=1)
    assert lowest.value.tolist() == groups.value.tolist()
    assert [one is not None for one in lowest.found] == (
        groups.value == groups.value.min()
    ).tolist()
    lonely = agreement_by_group(np.arange(4), *(np.arange(4),) * 3, n_categories=4)
    assert np.isnan(lonely.value).all()
    assert lonely.n_units.tolist() == [0, 0, 0, 0]


def test_the_change_without_somebody_is_as_wide_as_it_spreads() -> None:
    """300 studies of 150 pairs by the same people: within 15 %, as the spread is known to 4 %."""
    weighing = Weighing.of(Scale.NOMINAL, 3)
    skill, rng = np.where(np.arange(8) == 3, 0.2, 0.8), np.random.default_rng(7)
    changes, widths = [], []
    for _ in range(300):
        ratings = Ratings.of(*crowd_of(rng, skill, rng.integers(3, size=150)), n_categories=3)
        found = agreement_without(ratings, 3, Coefficient.KRIPPENDORFF, weighing)
        assert found is not None
        changes.append(found.change.value)
        widths.append(found.change.high - found.change.low)
        rest = measure_agreement(ratings.without_annotator(3), n_rounds=0)
        assert found.value == pytest.approx(rest.found[Coefficient.KRIPPENDORFF].value)
    assert np.mean(widths) == pytest.approx(2 * 1.976 * np.std(changes), rel=0.15)
    alone = Ratings.of(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]), n_categories=3)
    assert agreement_without(alone, 1, Coefficient.PERCENT, weighing) is None


def test_many_people_are_added_up_as_few_are() -> None:
    """Beyond `FULL_TABLE` people the pairs of them are a list; the figures stay the same."""
    rng = np.random.default_rng(6)
    rows = crowd_of(rng, np.full(9, 0.7), rng.integers(3, size=200))
    few = Ratings.of(*rows, n_categories=3)
    # The same nine people, and 1,000 more who judged one unit each that nobody else judged.
    unit = np.concatenate([rows[0], np.arange(200, 1200)])
    person = np.concatenate([rows[1], np.arange(9, 1009)])
    said = np.concatenate([rows[2], np.zeros(1000, dtype=int)])
    many = Ratings.of(unit, person, said, n_categories=3)
    one, other = measure_agreement(few, n_rounds=0), measure_agreement(many, n_rounds=0)
    for which in (Coefficient.PERCENT, Coefficient.COHEN, Coefficient.KRIPPENDORFF):
        assert one.found[which].value == pytest.approx(other.found[which].value)


def test_bands_name_what_the_interval_reaches() -> None:
    usual = agreement_bands(Coefficient.PERCENT, Estimate(0.72, 0.70, 0.74, 500))
    assert [band.name for band in usual.bands] == ["usual"]
    assert "InstructGPT" in usual.text
    unsure = agreement_bands(Coefficient.KRIPPENDORFF, Estimate(0.7, 0.6, 0.83, 50))
    assert len(unsure.bands) == 3
    assert "more judgments" in unsure.text
    assert "Krippendorff" in unsure.text
    assert agreement_bands(Coefficient.GWET, Estimate(1.0, 1.0, 1.0, 9)).bands[0].name == (
        "almost perfect"
    )
    for measure in Measure:
        bands = BANDS[measure]
        assert all(one.high == other.low for one, other in pairwise(bands))


def test_answers_keep_their_codes() -> None:
    assert sorted(CODES.values()) == list(range(5))
