"""Changes of strengths over time: the test, what moved, when, and in whom."""

from dataclasses import replace

import numpy as np
import pytest

from core.drift.fluctuation import LEAST_JUDGMENTS, LEAST_SHARE, fluctuation
from core.drift.residuals import Decisions, Nodes, Residuals, Signs
from core.drift.strength_changes import Sides, Where, shifts, where_changed
from core.estimates import Estimate, NotDeterminedError
from core.fitting import fit_bradley_terry
from core.fitting.strength_changes import StrengthChanges, strength_changes
from core.judgment import Comparisons, Floats, Indices

HOUR = 3_600_000_000


def judged(
    rng: np.random.Generator,
    person: Indices,
    strengths: Floats,
    prompts: Indices | None = None,
) -> Comparisons:
    """One judgment a row of pairs drawn evenly, by the strengths of that row, (n, n_items)."""
    n, n_items = strengths.shape
    prompts = np.zeros(n_items, dtype=np.int64) if prompts is None else prompts
    first, second = np.triu_indices(n_items, 1)
    inside = prompts[first] == prompts[second]
    pair = rng.integers(inside.sum(), size=n)
    first, second = first[inside][pair], second[inside][pair]
    row = np.arange(n)
    odds = strengths[row, first] - strengths[row, second]
    outcome = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), 1, -1)
    items = tuple(f"i{k}" for k in range(n_items))
    return Comparisons(items, prompts, first, second, outcome, person)


def study(
    seed: int,
    *,
    n: int = 1200,
    n_items: int = 6,
    n_people: int = 20,
    taste: float = 0.0,
    blocks: bool = False,
    shift: float = 0.0,
) -> tuple[Comparisons, Indices]:
    """People with tastes of their own; from the middle on the first item is better by the shift.

    Each judges all the time or has a time of their own (`blocks`): ten judgments in a row, half an
    hour apart, then a pause.
    """
    rng = np.random.default_rng(seed)
    row = np.arange(n)
    person = row * n_people // n if blocks else row // 10 * 7 % n_people
    strengths = rng.normal(size=n_items) + rng.normal(0, taste, (n_people, n_items))[person]
    strengths[n // 2 :, 0] += shift
    return judged(rng, person, strengths), row * HOUR // 2 + row // 10 * 2 * HOUR


def changes(data: tuple[Comparisons, Indices], seed: int = 0) -> StrengthChanges:
    return strength_changes(*data, prior_scale=1.5, rng=np.random.default_rng(seed))


def test_two_items_worked_out_by_hand() -> None:
    """Three of four for the first item, then one of four: log-odds go from log 3 to -log 3.

    Each of the two items moves by log 3 against their mean, less what the prior draws in: with 200
    judgments a side and a precision of 37.5 of the gap, 0.9 of 38.
    """
    row = np.arange(400)
    won = np.where(row < 200, row % 4 != 0, row % 4 == 0)
    outcome = np.where(won, 1, -1)
    zeros = np.zeros(400, dtype=np.int64)
    data = Comparisons(
        ("a", "b"), np.zeros(2, dtype=np.int64), zeros, zeros + 1, outcome, row // 4 % 20
    )
    [change] = changes((data, row * HOUR)).changes
    assert change.at == 200 * HOUR
    assert change.low <= change.at <= change.high
    assert (change.n_before, change.n_after) == (200, 200)
    assert change.shifts.change == pytest.approx([-np.log(3), np.log(3)], rel=0.04)
    assert change.before == pytest.approx([np.log(3) / 2, -np.log(3) / 2], rel=0.04)
    assert change.shifts.moved.all()
    assert change.p_value <= 0.01
    assert change.where is Where.SAME_PEOPLE
    assert change.within is not None
    assert change.within.value == pytest.approx(1, abs=0.1)


def test_the_process_recomputed_judgment_by_judgment() -> None:
    """Everything that the test is made from, in loops over judgments, steps and rounds."""
    data, _ = study(3, n=300, n_items=4, n_people=5, taste=0.5, shift=1.0)
    decisions = Decisions(data, np.arange(300) // 10, np.arange(300) // 20)
    strengths = fit_bradley_terry(data, prior_scale=1.5, approximation="laplace").strengths
    residuals = Residuals.around(decisions, decisions.gap(strengths))
    found = fluctuation(residuals, 0.025, np.random.default_rng(1))

    signs = Signs.draw(decisions, np.random.default_rng(1))
    arrows = np.zeros((300, 4))
    arrows[np.arange(300), data.first], arrows[np.arange(300), data.second] = 1, -1
    chance = 1 / (1 + np.exp(-arrows @ strengths))
    weight = chance * (1 - chance)
    turned = residuals.taste[:, None] * signs.values[signs.person]
    turned = turned + residuals.rest[:, None] * signs.values[signs.sitting]
    columns = np.column_stack([(data.outcome > 0) - chance, turned])
    whole = (arrows.T * weight) @ arrows
    single, many = np.zeros((15, columns.shape[1])), np.full((15, columns.shape[1]), -np.inf)
    for k in range(1, 15):
        early = decisions.step < k
        so_far = (arrows[early].T * weight[early]) @ arrows[early]
        process = arrows[early].T @ columns[early]
        process -= so_far @ np.linalg.pinv(whole) @ (arrows.T @ columns)
        share = np.diag(so_far) / np.diag(whole)
        n = np.abs(arrows[early]).sum(axis=0), np.abs(arrows[~early]).sum(axis=0)
        tried = (np.minimum(share, 1 - share) >= LEAST_SHARE) & (np.minimum(*n) >= LEAST_JUDGMENTS)
        if not tried.any():
            continue
        z = process[tried] / np.sqrt(np.diag(whole) * share * (1 - share))[tried, None]
        single[k] = np.abs(z).max(axis=0)
        many[k] = ((z**2).sum(axis=0) - tried.sum()) / np.sqrt(tried.sum())
    statistics = single.max(axis=0), many.max(axis=0)
    p = [[float((one >= value - 1e-9).mean()) for value in one] for one in statistics]
    best = np.array(p).min(axis=0)
    assert found.p_value == pytest.approx(float((best <= best[0] + 1e-9).mean()))
    assert found.place == int((single if p[0][0] <= p[1][0] else many)[:, 0].argmax())


def test_tastes_are_one_newton_step_of_each_person() -> None:
    """Against least squares person by person, numpy.linalg.lstsq."""
    data, _ = study(5, n=200, n_items=5, n_people=4)
    decisions = Decisions(data, data.annotator, np.arange(200))
    rng = np.random.default_rng(0)
    weight, pull = rng.uniform(0.1, 0.25, 200), rng.normal(size=200)
    gap = Nodes.of(decisions, data.annotator).explained(weight, pull)
    for person in range(4):
        inside = data.annotator == person
        arrows = np.zeros((inside.sum(), 5))
        row = np.arange(inside.sum())
        arrows[row, data.first[inside]], arrows[row, data.second[inside]] = 1, -1
        root = np.sqrt(weight[inside])
        solved = np.linalg.lstsq(arrows * root[:, None], pull[inside] / root, rcond=None)[0]
        assert gap[inside] == pytest.approx(arrows @ solved, abs=0.02)


def test_both_parts_of_the_residuals_have_the_spread_of_all() -> None:
    """Sums by person of pure noise and of tastes keep their squares, to a few percent."""
    for taste in (0.0, 1.0):
        data, time = study(6, n=6000, taste=taste)
        decisions = Decisions(data, time // (5 * HOUR), np.arange(6000) // 60)
        strengths = fit_bradley_terry(data, prior_scale=1.5, approximation="laplace").strengths
        residuals = Residuals.around(decisions, decisions.gap(strengths))
        by_person = Nodes.of(decisions, data.annotator)
        by_sitting = Nodes.of(decisions, decisions.sitting)
        parts = by_person.energy(residuals.taste).sum() + by_sitting.energy(residuals.rest).sum()
        assert parts == pytest.approx(by_person.energy(residuals.score).sum(), rel=0.08)


def test_names_and_sides_do_not_matter() -> None:
    data, time = study(1, shift=2.0)
    order = np.array([4, 2, 5, 0, 3, 1])
    one, other = order[data.first], order[data.second]
    turned = replace(
        data,
        first=np.minimum(one, other),
        second=np.maximum(one, other),
        outcome=np.where(one < other, data.outcome, -data.outcome),
    )
    [there], [here] = changes((turned, time)).changes, changes((data, time)).changes
    assert (there.at, there.low, there.high) == (here.at, here.low, here.high)
    assert there.p_value == here.p_value
    assert there.shifts.change[order] == pytest.approx(here.shifts.change, abs=1e-6)
    assert there.shifts.low[order] == pytest.approx(here.shifts.low, abs=1e-6)


def test_the_order_inside_one_moment_does_not_matter() -> None:
    """Three judgments at once; only the noise that measures the projection is another."""
    data, time = study(1, shift=2.0)
    time = time // (3 * HOUR // 2)
    shuffled = np.lexsort((np.random.default_rng(0).random(len(time)), time))
    moved = data.where(np.ones(len(time), dtype=bool))
    moved = replace(
        moved,
        **{
            name: getattr(data, name)[shuffled]
            for name in ("first", "second", "outcome", "annotator")
        },
    )
    when = time * (3 * HOUR // 2)
    [there], [here] = changes((moved, when)).changes, changes((data, when)).changes
    assert there.at == here.at
    assert there.shifts.change == pytest.approx(here.shifts.change, abs=1e-6)
    assert there.shifts.high == pytest.approx(here.shifts.high, abs=0.1)


def test_ties_are_no_decisions() -> None:
    """Twice as many ties later on change nothing, nor do judgments at unknown times."""
    data, time = study(2)
    tied = np.random.default_rng(0).random(len(time)) < np.where(time < time[600], 0.2, 0.4)
    with_ties = replace(data, outcome=np.where(tied, 0, data.outcome))
    found, only = changes((with_ties, time)), changes((data, np.where(tied, -1, time)))
    assert found.n == only.n == (~tied).sum()
    assert found.detectable == pytest.approx(only.detectable)
    assert found.changes == only.changes == ()


def test_where_nothing_changed_little_is_found() -> None:
    """30 studies at 5 %: more than 5 has probability 0.3 %."""
    assert sum(bool(changes(study(seed, n=600)).changes) for seed in range(30)) <= 5


def test_people_of_different_taste_one_after_the_other_are_no_change() -> None:
    """25 studies of ten people, tastes 1.5 nats apart, 12 sittings each; more than 4: 0.7 %."""
    given = [study(seed, taste=1.5, blocks=True, n_people=10) for seed in range(25)]
    assert sum(bool(changes(one).changes) for one in given) <= 4


def test_a_change_is_found_where_it_is_and_its_intervals_hold() -> None:
    """20 studies, 2 nats in the middle; of 95 % intervals fewer than 16 hits has 0.3 %."""
    held, wanted = np.zeros(2), np.array([2.0, 0, 0, 0, 0, 0]) - 2 / 6
    for seed in range(20):
        data = study(seed, shift=2.0)
        [change] = changes(data).changes
        held[0] += change.low <= data[1][600] <= change.high
        held[1] += ((change.shifts.low <= wanted) & (wanted <= change.shifts.high)).all()
        assert change.shifts.moved[0]
        assert change.where is Where.SAME_PEOPLE
    assert (held >= 16).all()


def test_sittings_that_cancel_by_chance_make_no_interval_narrower() -> None:
    """Two items, 100 answers on each side, half of them for either, in all sittings but two.

    By the signs there is next to no variance. Of independent answers the difference has
    1 / (100 / 4) on each side, so that each item's change has (0.04 + 0.04) / 4. By the signs
    alone the intervals reached 0.056.
    """
    outcome = np.tile([1, -1], 100)
    outcome[[1, 102]] = 1, -1
    sitting = np.repeat(np.arange(20), 10)
    one, prompts = np.zeros(200, dtype=np.int64), np.zeros(2, dtype=np.int64)
    data = Comparisons(("a", "b"), prompts, one, one + 1, outcome, sitting % 10)
    decisions = Decisions(data, sitting, np.arange(200) // 10)
    sides = Sides(decisions, 10, np.zeros(2), np.zeros(2), 1e3, prompts)
    found = shifts(sides, sides.residuals(), Signs.draw(decisions, np.random.default_rng(0)))
    assert (found.high >= 1.95 * np.sqrt(0.02)).all()
    assert found.high == pytest.approx(-found.low)


def test_what_would_have_been_found_is_found() -> None:
    """One item moves by what is said to be found four times of five: fewer than 11 of 20: 0.1 %."""
    typical = float(np.median(changes(study(0)).detectable))
    found = sum(bool(changes(study(seed, shift=typical)).changes) for seed in range(20))
    assert found >= 11


def test_another_crowd_is_not_the_same_people() -> None:
    """Ten people all the time, as before; forty others come who like the first item more."""
    rng = np.random.default_rng(4)
    n = 4000
    early = np.arange(n) < n // 2
    new = ~early & (rng.random(n) < 0.5)
    person = np.where(new, 10 + rng.integers(40, size=n), np.arange(n) // 10 * 7 % 10)
    strengths = np.tile(rng.normal(size=6), (n, 1))
    strengths[new, 0] += 3
    [change] = changes((judged(rng, person, strengths), np.arange(n) * HOUR // 2)).changes
    assert change.where is Where.OTHER_PEOPLE
    assert change.shifts.moved[0]
    assert 10 <= change.n_people <= 15  # newcomers before the place found are on both sides


def test_items_of_other_prompts_stay_out_of_it() -> None:
    """Strengths are said against the mean of their own prompt; the other prompt's do not move."""
    rng = np.random.default_rng(6)
    n, prompts = 3000, np.array([0, 0, 0, 0, 1, 1, 1, 1])
    strengths = np.tile(rng.normal(size=8), (n, 1))
    strengths[n // 2 :, 5] += 2.0
    data = judged(rng, np.arange(n) // 10 * 7 % 20, strengths, prompts)
    [change] = changes((data, np.arange(n) * HOUR // 2)).changes
    assert change.shifts.moved[5]
    assert not change.shifts.moved[:4].any()
    for inside in (slice(0, 4), slice(4, 8)):
        assert change.shifts.change[inside].sum() == pytest.approx(0, abs=1e-9)


def test_what_the_share_of_the_same_people_means() -> None:
    assert where_changed(None) is Where.UNKNOWN
    assert where_changed(Estimate(0.5, -0.2, 1.2, 9)) is Where.UNKNOWN
    assert where_changed(Estimate(0.9, 0.5, 1.2, 9)) is Where.SAME_PEOPLE
    assert where_changed(Estimate(0.2, -0.1, 0.5, 9)) is Where.OTHER_PEOPLE
    assert where_changed(Estimate(0.5, 0.2, 0.8, 9)) is Where.BOTH


def test_too_little_is_said_with_what_to_do() -> None:
    data, time = study(0)
    with pytest.raises(NotDeterminedError, match=r"100 decided judgments .* there are 99\. Judge"):
        changes((data, np.where(np.arange(1200) < 99, time, -1)))
    with pytest.raises(NotDeterminedError, match=r"1 sittings only, .* other days"):
        changes((replace(data, annotator=np.zeros(1200, dtype=np.int64)), time // 1000))
    with pytest.raises(NotDeterminedError, match="different times"):
        changes((data, np.zeros(1200, dtype=np.int64)))
    wide, when = study(0, n=120, n_items=40)
    with pytest.raises(NotDeterminedError, match="No item has been judged often enough"):
        changes((wide, when))
