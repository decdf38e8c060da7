"""Strengths without each annotator: crowds in which it is known who sees things otherwise."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.fitting import fit_bradley_terry
from core.judgment import Comparisons
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


def test_of_lists_changes_are_shown_without_an_interval(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lists = tuple(
        Ranking.of(
            f"p{number % 5}", [f"i{k}" for k in np.argsort(np.arange(4) - rng.gumbel(size=4))]
        )
        for number in range(40)
    )
    nothing = np.empty(0, dtype=np.int64)
    data = Comparisons(
        tuple(f"i{k}" for k in range(4)), np.zeros(4, dtype=np.int64), *(nothing,) * 4
    )
    report = found(study_data(data, lists), tmp_path)
    assert report["n_left_out"] == 5
    one = report["people"]["p3"]
    assert (one["n"], one["n_moved"], one["n_items"]) == (8, None, 4)
    assert one["items"][0]["change"]["low"] is None
