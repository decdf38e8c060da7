"""Figures about probabilities: of which judgments, of which model, before and after."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from core.estimates import NotDeterminedError
from core.evaluation import HeldOut
from core.fitting import fit_bradley_terry, fit_general_preference
from core.fitting.folds import assign_folds
from core.fitting.penalty import ModelChoice
from core.judgment import Comparisons
from core.recalibration import IdentityCalibrator, ScaleCalibrator
from core.simulation import simulate
from core.study import Fitting
from trainer.quality import Made, aside
from trainer.quality.figures import recalibrate
from trainer.quality.fits import intervals_hold
from trainer.quality.forecasts import Forecasts, shares_of
from trainer.quality.guarded import guard
from trainer.quality.near_optimal import fits_as_good
from trainer.quality.pairs import ceilings, together, verdicts
from trainer.quality.since import given_since
from trainer.quality.strata import by_part
from trainer.run_directory import (
    GUARDED,
    REPORT,
    FitRequest,
    read_calibrator,
    read_json,
    write_calibrator,
    write_model,
    write_request,
)
from trainer.study_data import Details, StudyData


def data_of(comparisons: Comparisons, **changed: Any) -> StudyData:
    n = len(comparisons)
    none = np.zeros(n, dtype=np.bool_)
    data = StudyData(
        comparisons=comparisons,
        margins=None,
        sides=np.zeros(n),
        cohort=np.full(int(comparisons.annotator.max()) + 1, -1),
        cohorts=(),
        answers=(),
        repeats=comparisons.where(none),
        prompt_ids=("q",) * len(comparisons.items),
        texts=["x"] * len(comparisons.items),
        prompt_texts=["q"],
        evenly=~none,
    )
    return replace(data, **changed)


def held_out_of(comparisons: Comparisons, *, scale: float = 1.0) -> HeldOut:
    """Five folds by pair, each predicted by strengths of the others, log-odds times `scale`."""
    folds = assign_folds(comparisons, n_folds=5, seed=0)
    shares = np.empty((len(comparisons), 3))
    for part in range(5):
        rest = folds.fold == part
        model = fit_bradley_terry(comparisons.where(~rest))
        model = replace(model, strengths=scale * model.strengths)
        shares[rest] = model.outcome_probabilities(
            comparisons.first[rest], comparisons.second[rest]
        )
    return HeldOut(
        comparisons.first,
        comparisons.second,
        comparisons.outcome,
        comparisons.annotator,
        folds.fold,
        shares,
        shares,
        (1.0,) * 5,
        folds.by_pair,
    )


@pytest.fixture(scope="module")
def judged() -> Comparisons:
    rng = np.random.default_rng(0)
    return simulate(
        np.linspace(-2, 2, 16), rng=rng, judgments_per_pair=5, n_annotators=5, tie_weight=0.5
    )


def made_of(held_out: HeldOut, judged: Comparisons, fitting: Fitting, directory: Path) -> Made:
    """What a fit has made where the general model is Bradley-Terry."""
    plain = fit_bradley_terry(judged)
    general = fit_general_preference(judged, n_planes=0, penalty_share=1.0)
    choice = ModelChoice(0, 1.0, ((0, 1.0),), ())
    return Made(held_out, plain, general, choice, fitting, directory, 0, "cpu")


def chosen(n: int, n_even: int) -> NDArray[np.bool_]:
    evenly = np.zeros(n, dtype=np.bool_)
    evenly[:n_even] = True
    return np.random.default_rng(1).permutation(evenly)


def test_what_a_policy_chose_does_not_speak_for_all_pairs(judged: Comparisons) -> None:
    """Of 600 judgments 300 are drawn evenly: figures are made from the decided ones of these."""
    held_out, evenly = held_out_of(judged), chosen(len(judged), 300)
    given = Forecasts.of(held_out, held_out.bradley_terry, evenly)
    assert len(given.outcome) == int((evenly & (judged.outcome != 0)).sum())
    np.testing.assert_array_equal(judged.first[given.row], given.first)
    shares = held_out.bradley_terry[given.row]
    np.testing.assert_allclose(given.probability, shares[:, 0] / (shares[:, 0] + shares[:, 2]))
    with pytest.raises(NotDeterminedError, match="raise the share drawn at random"):
        Forecasts.of(held_out, held_out.bradley_terry, chosen(len(judged), 30))
    few = replace(held_out, outcome=np.where(np.arange(len(judged)) < 39, judged.outcome, 0))
    with pytest.raises(NotDeterminedError, match="held-out judgments decide for an item"):
        Forecasts.of(few, few.bradley_terry, np.ones(len(judged), dtype=np.bool_))


def test_a_policy_that_asks_about_close_pairs_does_not_lower_the_ceiling() -> None:
    """Half of the pairs are even and chosen, half are clear and drawn: the ceiling is of these."""
    rng = np.random.default_rng(2)
    clear = simulate(np.repeat([-2.0, 2.0], 8), rng=rng, judgments_per_pair=4, n_annotators=30)
    near = clear.first // 8 == clear.second // 8
    data = data_of(clear)
    mixed = ceilings(data)["agreement"]["accuracy"]["value"]
    drawn = ceilings(replace(data, evenly=~near))["agreement"]["accuracy"]["value"]
    assert drawn == pytest.approx(1 / (1 + np.exp(-4)), abs=0.03)
    assert mixed < drawn - 0.1
    none = ceilings(replace(data, evenly=near & False))["agreement"]
    assert "Only pairs that were drawn evenly count" in none["why_not"]


def test_a_repeat_of_what_was_no_comparison_before_is_no_repeat() -> None:
    """a and b: once again the same answer. a and c: "both bad" before, which compares nothing."""
    items, prompts = ("a", "b", "c"), np.zeros(3, np.int64)
    rows = [np.array(column, np.int64) for column in ([0], [1], [1], [0])]
    again = [np.array(column, np.int64) for column in ([0, 0], [1, 2], [1, 1], [0, 0])]
    first, repeats = Comparisons(items, prompts, *rows), Comparisons(items, prompts, *again)
    found = verdicts(
        fit_bradley_terry(first), IdentityCalibrator(), first, together(first, repeats)
    )
    assert sum(found["counts"].values()) == 1
    assert sum(len(pairs) for pairs in found["named"].values()) == 1


def test_strengths_are_judged_as_the_settings_have_them_fitted(judged: Comparisons) -> None:
    """With Rao and Kupper's ties each part is fitted so; else what was compared is taken."""
    held_out, data = held_out_of(judged), data_of(judged)
    plain = shares_of("bradley_terry", data, held_out, Fitting())
    assert plain is held_out.bradley_terry
    found = shares_of("bradley_terry", data, held_out, Fitting(tie_model="rao_kupper"))
    rest = held_out.fold == 3
    model = fit_bradley_terry(judged.where(~rest), tie_model="rao_kupper")
    again = model.outcome_probabilities(judged.first[rest], judged.second[rest])
    np.testing.assert_allclose(found[rest], again)
    assert np.abs(found - plain).max() > 0.01
    general = shares_of("general_preference", data, held_out, Fitting(tie_model="rao_kupper"))
    assert general is held_out.general_preference


def test_a_boastful_model_is_recalibrated_and_both_figures_are_there(
    judged: Comparisons, tmp_path: Path
) -> None:
    """Log-odds three times too large: a temperature near 1/3 is kept, and the error falls."""
    held_out = held_out_of(judged, scale=3.0)
    given = Forecasts.of(held_out, held_out.bradley_terry, np.ones(len(judged), dtype=np.bool_))
    calibrator, report = recalibrate(
        given.probability, given.outcome, given.pair, directory=tmp_path, model="m", seed=0
    )
    assert report["chosen"] == calibrator.name != "none"
    p = given.probability[:9]
    kept = read_calibrator(tmp_path, "m")
    np.testing.assert_array_equal(kept.probability(p), calibrator.probability(p))
    [loss] = [row for row in report["before_and_after"] if row["name"] == "log loss"]
    assert loss["difference"]["high"] < 0
    assert report["after"]["log_loss"]["value"] == pytest.approx(loss["after"]["value"])
    assert report["after"]["error"]["value"] < 0.05
    if report["scale"] is not None:
        assert 0.2 < report["scale"] < 0.5
    assert read_calibrator(tmp_path, "another").name == "none"


def test_the_hold_out_is_judged_by_models_that_never_saw_it_and_locked_away(
    tmp_path: Path,
) -> None:
    """40 items, 780 pairs, a quarter set aside; what was foretold of them is in one file only."""
    rng = np.random.default_rng(5)
    judged = simulate(np.linspace(-2, 2, 40), rng=rng, judgments_per_pair=1, n_annotators=5)
    data, fitting = data_of(judged), Fitting(guarded_share=0.25)
    kept = aside(data, "s", fitting.guarded_share)
    rest = judged.where(~kept)
    directory = tmp_path / "r1"
    directory.mkdir()
    request = FitRequest("r1", "s", "S", "0" * 64, 780, 780, "2026-01-02", fitting={})
    write_request(directory, request)
    made = made_of(held_out_of(rest), judged, fitting, directory)
    report = guard(data, kept, made)
    content = read_json(directory / GUARDED)
    assert content is not None
    question = content["models"]["bradley_terry"]
    locked = judged.where(kept)
    model = fit_bradley_terry(rest)
    right = (model.log_odds(locked.first, locked.second) > 0) == (locked.outcome > 0)
    assert question["hold_out"] == pytest.approx(right.mean())  # every pair was judged once
    assert report["n_pairs"] == len(locked) == kept.sum()
    assert report["training"]["bradley_terry"]["value"] == question["training"]
    assert report["training"]["bradley_terry"]["n"] == len(rest)
    assert str(question["hold_out"]) not in str(report)
    assert report["n_fits_before"] == 0
    earlier = tmp_path / "r0"
    earlier.mkdir()
    write_request(earlier, replace(request, fit_id="r0", requested_at="2026-01-01"))
    assert guard(data, kept, made)["n_fits_before"] == 0  # it never finished
    (earlier / REPORT).write_text("{}")
    assert guard(data, kept, made)["n_fits_before"] == 1


def test_a_hold_out_that_says_nothing_says_why(judged: Comparisons, tmp_path: Path) -> None:
    data = data_of(judged)
    nothing = np.zeros(len(judged), dtype=np.bool_)
    made = made_of(held_out_of(judged), judged, Fitting(), tmp_path)
    with pytest.raises(NotDeterminedError, match="No pairs are set aside"):
        guard(data, nothing, made)
    some = replace(made, fitting=Fitting(guarded_share=0.2))
    with pytest.raises(NotDeterminedError, match="needs 100 judged pairs"):
        guard(data, aside(data, "s", 0.2), some)


def test_fits_of_other_settings_that_predict_as_well_are_kept_and_compared(
    judged: Comparisons, tmp_path: Path
) -> None:
    """Priors half and twice as wide, ties by threshold: within 0.005 nats, or not surely worse."""
    made = made_of(held_out_of(judged), judged, Fitting(), tmp_path)
    report = fits_as_good(data_of(judged), made, IdentityCalibrator())
    by_name = {fit["name"]: fit for fit in report["fits"]}
    assert set(by_name) == {
        "this fit: general model",
        "prior half as wide",
        "prior twice as wide",
        "ties by threshold",
    }
    assert min(fit["behind"]["value"] for fit in report["fits"]) == 0
    n_kept = sum(fit["kept"] for fit in report["fits"][1:])
    assert report["n_fits"] == n_kept >= 1
    widest = report["furthest"][0]
    assert 0 <= widest["low"] < widest["high"] <= 1
    narrow = fit_bradley_terry(judged, prior_scale=made.plain.prior_scale / 2)
    first, second = (made.plain.items.index(widest[which]) for which in ("first", "second"))
    pair = np.array([first]), np.array([second])
    if by_name["prior half as wide"]["kept"]:
        assert widest["low"] <= float(narrow.probability(*pair)[0]) <= widest["high"]
    tamed = fits_as_good(data_of(judged), made, ScaleCalibrator(0.5, 0.1))
    assert tamed["furthest"][0]["high"] < widest["high"] or widest["high"] < 0.5


def test_no_other_fit_is_as_good_where_the_prior_is_all_that_is_known(tmp_path: Path) -> None:
    """Of one fit that knows the answers every other one falls behind: nothing is left to choose."""
    rng = np.random.default_rng(0)
    judged = simulate(np.linspace(-2, 2, 12), rng=rng, judgments_per_pair=4)
    sure = np.where(judged.outcome[:, None] == np.array([1, 0, -1]), 0.98, 0.01)
    held_out = replace(held_out_of(judged), general_preference=sure)
    made = made_of(held_out, judged, Fitting(), tmp_path)
    with pytest.raises(NotDeterminedError, match="none predicts held-out judgments as well"):
        fits_as_good(data_of(judged), made, IdentityCalibrator())


def test_intervals_hold_in_studies_like_this_one(judged: Comparisons, tmp_path: Path) -> None:
    """95 % in 40 simulated studies of 120 pairs; a study too large says so."""
    made = made_of(held_out_of(judged), judged, Fitting(), tmp_path)
    report = intervals_hold(data_of(judged), made.plain, made)
    assert 0.93 < report["coverage"]["value"] < 0.97
    assert (report["n_studies"], report["n_pairs"], report["level"]) == (40, 120, 0.95)
    assert report["coverage"]["n"] == 40 * 120
    large = replace(judged, items=(*judged.items, *(f"x{i}" for i in range(2000))))
    with pytest.raises(NotDeterminedError, match=r"up to 100,000 judgments and 2,000 items"):
        intervals_hold(data_of(large), made.plain, made)


def test_figures_of_parts_are_of_the_right_judgments(judged: Comparisons) -> None:
    """Two cohorts of five people; an aspect that agrees with the answer, one that is a coin."""
    held_out, rng = held_out_of(judged), np.random.default_rng(3)
    given = Forecasts.of(held_out, held_out.bradley_terry, np.ones(len(judged), dtype=np.bool_))
    data = replace(data_of(judged), cohort=np.array([0, 0, 1, 1, 1]), cohorts=("one", "two"))
    nothing = np.zeros(len(judged))
    aspects = {"same": judged.outcome * 1.0, "coin": rng.choice([-1.0, 1.0], len(judged))}
    details = Details([], (), nothing.astype(np.int64), aspects, {}, [])
    found = by_part(given, data, held_out, details, Fitting(smallest_group=3))
    [cohort] = found["cohorts"]["parts"]
    inside = judged.annotator[given.row] >= 2
    assert (cohort["name"], cohort["accuracy"]["n"]) == ("two", inside.sum())
    assert found["cohorts"]["n_left_out"] == 1
    overall, same, coin = found["aspects"]["parts"]
    assert same | {"name": "overall"} == overall
    assert coin["accuracy"]["high"] < overall["accuracy"]["low"]
    assert coin["accuracy"]["n"] == len(given.row)  # where the overall answer is no tie
    assert abs(coin["accuracy"]["value"] - 0.5) < 0.08  # four standard errors
    assert "6 or more" in found["prompts"]["why_not"]
    within = found["known"]["parts"]
    assert sum(part["accuracy"]["n"] for part in within) == len(given.row)
    assert within[-1]["name"].startswith("within")
    assert len(found["sureness"]["parts"]) == 4


def test_what_is_hardly_known_and_which_prompts_are_hard() -> None:
    """Six prompts, three of them clear; an item that was judged twice in all is outside."""
    rng = np.random.default_rng(4)
    spread = np.repeat([0.2, 0.2, 0.2, 2.5, 2.5, 2.5], 6)
    strengths = spread * np.tile(np.linspace(-1, 1, 6), 6)
    prompts = np.repeat(np.arange(6), 6)
    judged = simulate(strengths, rng=rng, prompts=prompts, judgments_per_pair=6, n_annotators=9)
    rare = (judged.first == 0) | (judged.second == 0)
    judged = judged.where(~rare | (np.cumsum(rare) <= 2))
    held_out, data = held_out_of(judged), data_of(judged)
    given = Forecasts.of(held_out, held_out.bradley_terry, data.evenly)
    details = Details([], (), np.empty(0, dtype=np.int64), {}, {}, [])
    found = by_part(given, data, held_out, details, Fitting())
    parts = found["prompts"]["parts"]
    assert [part["name"].partition(":")[0] for part in parts] == ["hard", "middling", "easy"]
    assert parts[0]["accuracy"]["high"] < parts[-1]["accuracy"]["low"]
    assert "Nobody was asked about aspects" in found["aspects"]["why_not"]
    assert "No cohort has 5 people" in found["cohorts"]["why_not"]
    assert found["known"]["n_left_out"] == 1  # two judgments say nothing
    known = sum(part["accuracy"]["n"] for part in found["known"]["parts"])
    assert known == len(given.row) - 2


def snapshot(directory: Path, judged: Comparisons, ids: list[str], when: str) -> None:
    """A finished fit of these judgments, as the trainer leaves it."""
    directory.mkdir()
    n = len(ids)
    write_request(directory, FitRequest(directory.name, "s", "S", "0" * 64, n, n, when))
    pq.write_table(pa.table({"presentation_id": ids}), directory / "judgments.parquet")
    write_model(directory, fit_bradley_terry(judged))
    (directory / REPORT).write_text("{}")


def test_judgments_given_since_are_held_against_the_newest_fit_that_has_enough(
    tmp_path: Path,
) -> None:
    """600 judgments, of which fits saw 200, 400 and 550: the second has the 100 that it takes."""
    rng = np.random.default_rng(6)
    judged = simulate(np.linspace(-2, 2, 12), rng=rng, n_judgments=600, n_annotators=5)
    ids = [f"p{row}" for row in range(600)]
    rows = np.arange(600)
    for name, n in (("r1", 200), ("r2", 400), ("r3", 550)):
        snapshot(tmp_path / name, judged.where(rows < n), ids[:n], f"2026-01-0{name[1]}T12:00:00")
    write_calibrator(tmp_path / "r2", "bradley_terry", ScaleCalibrator(0.5, 0.1))
    here = tmp_path / "r4"
    snapshot(here, judged, ids, "2026-01-04T12:00:00")
    made = made_of(held_out_of(judged), judged, Fitting(), here)
    details = Details(ids, (), np.zeros(600, dtype=np.int64), {}, {}, [""] * 600)
    found = given_since("bradley_terry", data_of(judged), details, made)
    assert (found["fit"], found["calibrator"]) == ("r2", "temperature")
    new, model = judged.where(rows >= 400), fit_bradley_terry(judged.where(rows < 400))
    p = model.probability(new.first, new.second)
    loss = -np.log(np.where(new.outcome > 0, p, 1 - p)).mean()
    assert found["figures"]["log_loss"]["value"] == pytest.approx(loss)
    assert found["figures"]["n"] == 200
    used = ScaleCalibrator(0.5, 0.1).probability(p)
    tamed = -np.log(np.where(new.outcome > 0, used, 1 - used)).mean()
    assert found["after"]["log_loss"]["value"] == pytest.approx(tamed)
    few = replace(data_of(judged), evenly=rows >= 550)
    with pytest.raises(NotDeterminedError, match="the most is 50"):
        given_since("bradley_terry", few, details, made)
