"""Strengths without each annotator: crowds in which it is known who sees things otherwise."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.annotator_report import side_by_side
from core.fitting import fit_bradley_terry
from core.fitting.joint_strengths import fit_strengths, variances_from_answers
from core.judgment import Comparisons, Floats
from core.rankings import Answer, Ranking
from core.simulation import simulate
from core.study import Fitting
from trainer import parts
from trainer.run_directory import WITHOUT, read_json
from trainer.study_data import StudyData
from trainer.without import write_without

PEOPLE = tuple(f"p{number}" for number in range(10))


def study_data(comparisons: Comparisons, answers: tuple[Answer, ...] = ()) -> StudyData:
    n = len(comparisons.items)
    return StudyData(
        comparisons=comparisons,
        margins=None,
        sides=np.zeros(len(comparisons)),
        cohort=np.full(len(PEOPLE), -1),
        cohorts=(),
        answers=answers,
        repeats=comparisons.where(np.zeros(len(comparisons), dtype=bool)),
        prompt_ids=("q",) * n,
        texts=["text"] * n,
        prompt_texts=[""],
        evenly=np.ones(len(comparisons), dtype=bool),
    )


def found(data: StudyData, folder: Path) -> Any:
    plain, _ = parts.fit_plain(data, Fitting(), None)
    write_without(data, PEOPLE, plain, Fitting(), folder)
    return read_json(folder / WITHOUT)


def test_who_turns_everything_round_moves_things_and_others_do_not(tmp_path: Path) -> None:
    """Ten people, 120 judgments each about ten items; the first two are 0.1 nats apart."""
    rng = np.random.default_rng(0)
    strengths = np.array([2.0, 1.9, *np.linspace(1, -2, 8)])
    data = simulate(strengths, rng=rng, n_judgments=1_200, n_annotators=10)
    turned = np.where(data.annotator == 7, -data.outcome, data.outcome)
    data = replace(data, outcome=turned)
    report = found(study_data(data), tmp_path)
    assert report["n_left_out"] == report["n_people"] == 10
    contrary = report["people"]["p7"]
    assert contrary["n"] == int((data.annotator == 7).sum())
    assert contrary["n_moved"] >= 4
    # Without the one who turns things round the strengths lie further apart.
    strongest = {row["item"]: row for row in contrary["items"]}
    assert all(abs(row["without"]) > abs(row["everybody"]) for row in strongest.values())
    assert all(row["moved"] == (row["change"]["low"] * row["change"]["high"] > 0) for row in
               strongest.values())  # fmt: skip
    others = [one for name, one in report["people"].items() if name != "p7"]
    assert sum(one["n_moved"] == 0 for one in others) >= 6
    fit = fit_bradley_terry(data, prior_scale=1.0)
    assert contrary["n_pairs"] == len(fit.items) * (len(fit.items) - 1) // 2


def test_items_that_only_one_person_connects_are_not_compared(tmp_path: Path) -> None:
    """Items 0 and 1 were judged by all; that 2 goes with them, only the first person says."""
    first, second = np.array([0] * 6 + [1]), np.array([1] * 6 + [2])
    people = np.array([0, 1, 2, 3, 4, 5, 0])
    data = Comparisons(
        ("a", "b", "c"), np.zeros(3, dtype=np.int64), first, second, np.ones(7, dtype=np.int64),
        people,
    )  # fmt: skip
    report = found(study_data(data), tmp_path)
    assert "no two items are compared as they were" in report["people"]["p0"]["why_not"]
    assert report["people"]["p1"]["n_items"] == 3
    alone = found(study_data(data.where(people == 0)), tmp_path)
    assert "One person judged" in alone["why_not"]


def lists_of(rng: np.random.Generator, strengths: Floats, each: int) -> tuple[Ranking, ...]:
    """Orders of all items by ten people of one taste, so many each."""
    return tuple(
        Ranking.of(
            person, [f"i{k}" for k in np.argsort(-strengths - rng.gumbel(size=len(strengths)))]
        )
        for person in PEOPLE
        for _ in range(each)
    )


def of_lists(lists: tuple[Ranking, ...], n_items: int) -> StudyData:
    items, nothing = tuple(f"i{k}" for k in range(n_items)), np.empty(0, dtype=np.int64)
    return study_data(Comparisons(items, np.zeros(n_items, dtype=np.int64), *(nothing,) * 4), lists)


def test_of_lists_changes_have_intervals_too(tmp_path: Path) -> None:
    """Of ten people one puts every list the other way round."""
    lists = lists_of(np.random.default_rng(1), np.linspace(1.5, -1.5, 6), 8)
    turned = tuple(
        Ranking.of(one.annotator, list(reversed([item for (item,) in one.places])))
        if one.annotator == "p3"
        else one
        for one in lists
    )
    report = found(of_lists(turned, 6), tmp_path)
    assert report["n_left_out"] == 10
    contrary = report["people"]["p3"]
    assert (contrary["n"], contrary["n_items"]) == (8, 6)
    assert contrary["n_moved"] >= 4
    assert all(row["change"]["low"] < row["change"]["high"] for row in contrary["items"])
    others = [one for name, one in report["people"].items() if name != "p3"]
    assert sum(one["n_moved"] == 0 for one in others) >= 6


def test_leaving_out_who_orders_as_others_do_moves_strengths_as_much_as_said() -> None:
    """150 studies of ten people, six orders each of six items: 95 % of changes, within 3 points."""
    inside = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        data = of_lists(lists_of(rng, rng.normal(size=6), 6), 6)
        rest = data.without(-1, "p0")
        everybody, others = (
            fit_strengths(part.all_answers, prior_scale=1.0).model for part in (data, rest)
        )
        side = side_by_side(
            everybody.strengths,
            everybody.covariance.variances()[0],
            others.strengths,
            variances_from_answers(
                everybody.strengths, rest.all_answers, prior_scale=1.0, annotator_scale=None
            ),
            np.zeros(6, dtype=int),
        )
        inside += ((side.low < 0) & (side.high > 0)).tolist()
    assert 0.92 < np.mean(inside) < 0.98
