"""What stands behind the answers: a study with known truth, from a real store to the report."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.answer_form import AnswerForm
from core.estimates import NotDeterminedError
from core.group_strengths import group_from_arrays
from core.judgment import Comparisons, Floats, Indices, Outcome
from core.study import Study
from storage import judgments
from storage.database import Database
from storage.judgments import Answer
from tests.given import NOON, running_study, shown_to
from tests.trainer.test_parts import frozen, join
from trainer import parts, study_data
from trainer.__main__ import Run, fit_judgments
from trainer.changes import agreement_changes
from trainer.evaluation import report_evaluation
from trainer.run_directory import ASPECTS, read_arrays

STEP = 0.7
SIZES = (5, 5, 5, 5, 5)


def judge_with_reasons(
    db: Database, study: Study, person: str, rng: np.random.Generator, most: int
) -> None:
    """Say what is better and more useful; colour is a coin; strengths fall by `STEP`."""
    begin = int(rng.integers(100))
    for number, shown in enumerate(shown_to(db, study, person, most, seed=begin), start=begin):
        left, right = (int(item[-3:]) for item in shown.shown or ())
        odds = STEP * (right - left)
        overall = rng.random() < 1 / (1 + np.exp(-odds))
        useful = overall if rng.random() < 0.85 else not overall
        given = Answer(
            shown.id,
            _side(overall),
            aspects={"useful": _side(useful), "colour": _side(rng.random() < 0.5)},
            chips=("short",) if number % 3 == 0 else (),
            reason="it names its sources" if number % 4 == 0 else "",
        )
        when = NOON + timedelta(days=float(rng.uniform(0, 40)))
        judgments.add(db, person, given, study, when)


def _side(left: bool | np.bool_) -> Outcome:  # noqa: FBT001 - of two sides one
    return Outcome.LEFT if left else Outcome.RIGHT


def study_with_reasons(db: Database) -> Study:
    form = AnswerForm(aspects=("colour", "useful"), chips=("short",), sentence=True)
    return running_study(db, sizes=SIZES, overlap=12, form=form)


def fill(db: Database, study: Study, people: tuple[str, ...], most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for number, person in enumerate(people):
        join(db, study, person, "one" if number % 2 else "two")
        judge_with_reasons(db, study, person, rng, most)


def without_held_out(run: Run) -> Any:
    """What can be said where no judgment was held out and nobody knows a ceiling."""
    data = study_data.read(run.directory)
    plain, _ = parts.fit_plain(data, run.fitting, run.previous())
    return report_evaluation(
        data,
        None,
        plain,
        run.directory,
        run.request,
        kept=np.zeros(len(data.comparisons), dtype=np.bool_),
        ceiling={"why_not": "."},
        fitting=run.fitting,
    )


@pytest.fixture
def people() -> tuple[str, ...]:
    return tuple(f"a{number}" for number in range(12))


def test_every_part_is_there_or_says_why_not(
    db: Database, tmp_path: Path, people: tuple[str, ...]
) -> None:
    """Fifty pairs, twelve people in two cohorts, and half as many judgments since."""
    study = study_with_reasons(db)
    fill(db, study, people, 25, seed=12)
    run = frozen(db, study, tmp_path, "r1")
    report = fit_judgments(run, study_data.read(run.directory), "cpu")
    _check_aspects(report["aspects"], run.directory)
    first = report["evaluation"]
    assert first["previous"]["why_not"].startswith("This is the first fit")
    by_name = {one["name"]: one for one in first["criteria"]["criteria"]}
    # 85 % say the same of useful: log odds 1.73, and 0 of colour; of about 290 judgments the
    # standard errors are 0.17 and 0.12, a little more by clusters: within five of them.
    assert abs(by_name["useful"]["weight"]["value"] - np.log(0.85 / 0.15)) < 1
    assert abs(by_name["colour"]["weight"]["value"]) < 1
    assert by_name["useful"]["counts"]
    assert first["criteria"]["n_pairs"] == 50
    assert [one["name"] for one in first["reasons"]["chips"]] == ["short"]
    assert "names its" in {one["term"] for one in first["reasons"]["words"]}
    _check_accuracy(first)
    _check_worth(first)
    assert "preferred to three others" in first["best"]["pairs"]["why_not"]
    assert "Nobody was asked" in first["best"]["lists"]["why_not"]
    fill(db, study, people, 12, seed=2)
    second = without_held_out(frozen(db, study, tmp_path, "r2", previous="r1"))
    _check_distance(second["previous"])
    nothing_held_out = ("accuracy", "cohorts", "robust", "order")
    assert all(
        "no held-out judgment of a pair" in second[name]["why_not"] for name in nothing_held_out
    )


def _check_aspects(report: dict[str, Any], directory: Path) -> None:
    """Of colour, a coin, the best of five items lies below what all aspects have in common."""
    assert report["aspects"] == ["overall answer", "colour", "useful"]
    assert report["difference"]["high"] < 0
    arrays = read_arrays(directory / ASPECTS)
    assert arrays is not None
    model = group_from_arrays(arrays)
    best = np.array([name.endswith("-000") for name in model.items])
    overall, colour, useful = (model.group_strengths - model.strengths)[:, best].mean(axis=1)
    assert colour < -0.2
    assert min(overall, useful) > 0


def _check_accuracy(report: Any) -> None:
    accuracy = report["accuracy"]
    assert accuracy["n_parts"] == len(SIZES)
    assert accuracy["n_chosen"] == 0
    named = accuracy["parts"]
    total = sum(part["bradley_terry"]["value"] * part["bradley_terry"]["n"] for part in named)
    pooled = accuracy["bradley_terry"]["pooled"]
    assert sum(part["bradley_terry"]["n"] for part in named) == pooled["n"]
    assert pooled["n"] == report["criteria"]["n"]
    assert total / pooled["n"] == pytest.approx(pooled["value"])
    assert accuracy["bradley_terry"]["of_the_reachable"]["n"] == pooled["n"]
    assert sorted(part["name"] for part in report["cohorts"]["parts"]) == ["one", "two"]
    robust = report["robust"]
    assert robust["n_runs"] == 5
    assert robust["n_prompts"] + robust["n_left_out"] == len(SIZES)
    if "why_not" in report["order"]:  # no plane was chosen: both models say the same
        assert "neither comes first" in report["order"]["why_not"]
    else:
        assert sum(report["order"]["won"]) + report["order"]["equal"] == len(SIZES)


def _check_worth(report: Any) -> None:
    """Worths add up to what all add, exactly where all subsets were fitted."""
    people, batches = report["people_worth"], report["batch_worth"]
    assert {one["name"] for one in people["players"]} == {f"a{number}" for number in range(12)}
    worth = sum(one["value"]["value"] for one in people["players"])
    assert worth == pytest.approx(people["total"], abs=0.0005 + 1e-9)
    sizes = [one["n"] for one in batches["players"]]
    assert len(sizes) == 8
    assert max(sizes) - min(sizes) <= 1
    assert batches["n_orders"] is None
    assert sum(one["value"]["value"] for one in batches["players"]) == pytest.approx(
        batches["total"]
    )


def _check_distance(previous: Any) -> None:
    """The same people with the same taste: the test sees no other order."""
    assert previous["n_older"] > 250
    assert previous["n_newer"] > 100
    assert len(previous["as_seen"]) == len(SIZES)
    assert all(row["distance"] < 0.3 for row in previous["as_seen"])
    p_values = [
        row["distance"]["p_value"] for row in previous["prompts"] if "p_value" in row["distance"]
    ]
    assert p_values
    assert min(p_values) > 0.05 / len(SIZES)


def agreeing(share: Floats, rng: np.random.Generator) -> tuple[Comparisons, Indices]:
    """Pairs of two items each, two people each, who agree with the probability given."""
    n = len(share)
    number = np.repeat(np.arange(n), 2)
    same = rng.random(n) < share
    outcome = np.ones(2 * n, dtype=np.int64)
    outcome[1::2] = np.where(same, 1, -1)
    items = tuple(f"i{k}" for k in range(2 * n))
    comparisons = Comparisons(
        items, np.repeat(np.arange(n), 2), 2 * number, 2 * number + 1, outcome,
        np.tile([0, 1], n),
    )  # fmt: skip
    day = 86_400_000_000
    return comparisons, np.arange(2 * n) * day // 8


def test_a_fall_of_agreement_is_found_where_it_was() -> None:
    """0.95 for 100 pairs, then 0.4 for 100 at four pairs a day: standard error 0.05, gap 0.55."""
    share = np.repeat([0.95, 0.4], 100)
    comparisons, judged_at = agreeing(share, np.random.default_rng(3))
    found = agreement_changes(comparisons, judged_at, seed=0)
    [point] = found["points"]
    assert point["from"] <= "1970-01-26" <= point["to"]  # pair 100 is at day 25
    assert point["before"]["value"] > 0.85
    assert point["after"]["value"] < 0.6
    assert sum(week["n"] for week in found["weeks"]) == found["agreement"]["n"] == 200
    calm, times = agreeing(np.full(200, 0.7), np.random.default_rng(4))
    assert agreement_changes(calm, times, seed=0)["points"] == []


def test_agreement_of_a_pair_is_that_of_its_people_at_its_middle_judgment() -> None:
    """Three people, two alike: one of three pairs of people; a repeat of one counts no more."""
    comparisons, _ = agreeing(np.ones(20), np.random.default_rng(5))
    more = replace(
        comparisons,
        first=np.append(comparisons.first, [0, 0]),
        second=np.append(comparisons.second, [1, 1]),
        outcome=np.append(comparisons.outcome, [-1, -1]),
        annotator=np.append(comparisons.annotator, [2, 2]),
    )
    found = agreement_changes(more, np.arange(len(more)), seed=0)
    assert found["agreement"]["value"] == pytest.approx((19 + 1 / 3) / 20)
    with pytest.raises(NotDeterminedError, match="20 pairs"):
        agreement_changes(more, np.full(len(more), -1), seed=0)
