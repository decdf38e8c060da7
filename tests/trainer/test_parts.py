"""What a study's settings add to a fit: from a real store through a snapshot to the report."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.answer_form import AnswerForm, Form
from core.judgment import Outcome
from core.study import Asking, Fitting, Study
from storage import judgments, studies
from storage.database import Database
from storage.judgments import Answer
from storage.snapshots import write_snapshot
from tests.given import NOON, running_study, shown_to
from trainer import study_data
from trainer.__main__ import Run, fit_counts, fit_judgments
from trainer.run_directory import (
    FitRequest,
    read_arrays,
    read_calibrator,
    read_model,
    write_request,
)

#: Of the items 0, 1, 2, ... of a prompt: the first is the strongest.
STEP = 0.7


def judge(db: Database, study: Study, person: str, rng: np.random.Generator, most: int) -> None:
    """Answer as somebody whose strengths fall by `STEP` from item to item."""
    for shown in shown_to(db, study, person, most):
        judgments.add(db, person, _answer(study, shown, rng), study, NOON)


def _answer(study: Study, shown: Any, rng: np.random.Generator) -> Answer:
    place = np.array([int(item[-3:]) for item in shown.shown])
    liked = -STEP * place + rng.gumbel(size=len(place))
    order = [[int(i)] for i in np.argsort(-liked)]
    match study.settings.form.kind:
        case Form.THUMBS:
            return Answer(shown.id, Outcome.UP if liked[0] > -STEP else Outcome.DOWN)
        case Form.RANKING:
            return Answer(shown.id, Outcome.ANSWERED, said={"order": order})
        case Form.BEST_WORST:
            ends = {"best": order[0][0], "worst": order[-1][0]}
            return Answer(shown.id, Outcome.ANSWERED, said=ends)
        case Form.BEST_FEW:
            picked = [place for [place] in order[: study.settings.form.picks]]
            return Answer(shown.id, Outcome.ANSWERED, said={"picked": picked})
    gap = liked[0] - liked[1]
    margin = 1 + int(min(abs(gap), 2.9)) if study.settings.form.grades else None
    return Answer(shown.id, Outcome.LEFT if gap > 0 else Outcome.RIGHT, margin=margin)


def frozen(db: Database, study: Study, folder: Path, fit_id: str = "r1", **more: Any) -> Run:
    directory = folder / fit_id
    directory.mkdir()
    snapshot = write_snapshot(db, study.id, directory)
    n = snapshot.n_judgments
    write_request(
        directory,
        FitRequest(
            fit_id,
            study.id,
            "s",
            snapshot.hash,
            n,
            n,
            "2026-01-01T12:00:00",
            fitting=asdict(study.settings.fitting),
            **more,
        ),
    )
    return Run(directory)


@pytest.mark.parametrize("kind", [Form.RANKING, Form.BEST_WORST, Form.BEST_FEW, Form.THUMBS])
def test_every_form_of_answer_reaches_the_strengths(
    db: Database, tmp_path: Path, kind: Form
) -> None:
    """Five items whose strengths fall by 0.7 each: after 200 answers or more nearly the truth."""
    form = AnswerForm(kind, list_size=4)
    study = running_study(db, sizes=(5,), overlap=40, form=form)
    rng = np.random.default_rng(1)
    for number in range(40):
        judge(db, study, f"a{number}", rng, 10)
    run = frozen(db, study, tmp_path)
    report = fit_judgments(run, study_data.read(run.directory), "cpu")
    model = read_model(run.directory, "bradley_terry.npz")
    assert np.corrcoef(model.strengths, -np.arange(5))[0, 1] > 0.85
    assert report["data"]["n_comparisons"] == sum(report["bradley_terry"]["answers"]["n"].values())
    assert report["general_preference"] is None
    best = report["evaluation"]["best"]["lists"]
    if kind in {Form.RANKING, Form.BEST_WORST}:  # the strongest of four wins 58 % of the time
        assert best["n_sets"] == report["data"]["n_comparisons"]
        assert best["strengths"]["low"] < 0.58 < best["strengths"]["high"]
    else:
        assert "the best of four" in best["why_not"]
    assert "nobody has judged one" in report["evaluation"]["accuracy"]["why_not"]


def test_grades_sides_people_cohorts_and_members_are_in_the_report(
    db: Database, tmp_path: Path
) -> None:
    """Twelve people in two cohorts, seven grades: each option leaves its section."""
    fitting = Fitting(
        side_effect=True, length_effect=True, by_group=True, smallest_group=5, n_members=3
    )
    form = AnswerForm(grades=7)
    study = running_study(db, sizes=(5,), overlap=12, form=form, fitting=fitting)
    rng = np.random.default_rng(2)
    for number in range(12):
        join(db, study, f"a{number}", "one" if number < 6 else "two")
        judge(db, study, f"a{number}", rng, 10)
    run = frozen(db, study, tmp_path)
    data = study_data.read(run.directory)
    assert data.margins is not None
    assert set(data.margins.tolist()) == {1, 2, 3}
    assert abs(data.sides.sum()) <= 12
    report = fit_judgments(run, data, "cpu")
    names = [effect["name"] for effect in report["bradley_terry"]["effects"]]
    assert names == ["left side"]  # the texts are equally long, so that nothing can be said of it
    assert len(report["bradley_terry"]["thresholds"]) >= 1
    assert report["clustered"]["n_people"] == 12
    clustered = read_arrays(run.directory / "clustered.npz")
    assert clustered is not None
    assert (clustered["low"] < clustered["high"]).all()
    assert sorted(report["groups"]["cohorts"]) == ["one", "two"]
    assert report["groups"]["n_people"] == [6, 6]
    assert report["ensemble"]["n_members"] == 3
    alike = report["ensemble"]["same_favourite"]
    assert 0.5 < alike["value"] <= 1
    assert alike["low"] < alike["value"]
    assert report["ensemble"]["all_the_same"]["value"] <= alike["value"]


def test_the_pairs_added_up_give_the_same_strengths(db: Database, tmp_path: Path) -> None:
    """Where there are too many judgments to read, nothing about the strengths changes."""
    study = running_study(db, sizes=(4, 3), overlap=6)
    rng = np.random.default_rng(3)
    for person in "abcdef":
        judge(db, study, person, rng, 9)
    one = frozen(db, study, tmp_path, "r1")
    whole = fit_judgments(one, study_data.read(one.directory), "cpu")
    other = frozen(db, study, tmp_path, "r2", previous="r1")
    added_up = fit_counts(other)
    models = [read_model(run.directory, "bradley_terry.npz") for run in (one, other)]
    assert models[0].strengths == pytest.approx(models[1].strengths, abs=1e-3)
    assert added_up["data"]["n_comparisons"] == whole["data"]["n_comparisons"] == 54
    assert added_up["bradley_terry"]["prior_scale"] == pytest.approx(
        whole["bradley_terry"]["prior_scale"], rel=1e-3
    )


def join(db: Database, study: Study, person: str, cohort: str) -> None:
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO people VALUES (?, ?, now()) ON CONFLICT DO NOTHING", [person, person]
        )
    )
    studies.set_member(db, study.id, person, True, by=None, cohort=cohort)  # noqa: FBT003


def test_a_fit_says_how_far_its_probabilities_can_be_trusted(db: Database, tmp_path: Path) -> None:
    """Twelve people on 45 pairs with repeats: every part of the report is there or says why not."""
    asking = Asking(repeat_share=0.3)
    study = running_study(db, sizes=(10,), overlap=12, asking=asking)
    rng = np.random.default_rng(4)
    for number in range(12):
        join(db, study, f"a{number}", "")
        judge(db, study, f"a{number}", rng, 70)
    run = frozen(db, study, tmp_path)
    data = study_data.read(run.directory)
    asked_again = db.read("SELECT count(*) FROM presentations WHERE purpose = 'repeat'")[0][0]
    assert len(data.repeats) == asked_again > 40
    quality = fit_judgments(run, data, "cpu")["calibration"]
    split = quality["bradley_terry"]["split"]
    assert split["brier"]["value"] == pytest.approx(
        split["noise"]["value"] + split["model_error"]["value"], abs=1e-9
    )
    assert quality["ceiling"]["agreement"]["accuracy"]["high"] <= 1
    assert quality["ceiling"]["repeats"]["n_units"] == asked_again
    assert sum(quality["verdicts"]["counts"].values()) == 45
    assert "why_not" in quality["multiplicity"]
    labels = quality["general_preference"]["labels"]
    assert [row["level"] for row in labels["labels"]] == [0.05, 0.1, 0.2]
    chosen = quality["bradley_terry"]["recalibration"]["chosen"]
    assert read_calibrator(run.directory, "bradley_terry").name == chosen
    figures = quality["bradley_terry"]["figures"]
    assert sum(part["observed"]["n"] for part in figures["bins"]) == figures["n"] == 540
    assert quality["evenly"] == {"n_evenly": 540, "n_chosen": 0}
