"""Data that determine little or nothing: what a whole fit says of them, and what pages make of it.

One study has it all, a prompt for each: an item alone, ties only, pieces that no comparison joins,
an item that always wins; and an encoder that is not there. Others have one judgment, or ten
million.
"""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psutil
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import NoComparisonsError
from core.importing import Kind
from core.models import BradleyTerry
from core.study import Fitting, Role, State, StudySettings
from storage import studies
from tests.pages.test_pages import open_page, open_table, person_with
from tests.storage.imported import put
from trainer import run_directory
from trainer.launch import RunStatus, Trainer
from workbench import model_files, results, training
from workbench.opening import Workbench, close_workbench, open_workbench

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("results", "calibration", "evaluation", "coverage", "agreement", "export")
#: Arrays that say "none" by what is no finite number, and why.
NONE_BY_DESIGN = {
    "tie_log_weight": "minus infinity: no tie was given",
    "tie_log_weights": "the same, of each member of an ensemble",
    "p_value": "nan: judged too little to be tested",
    "far_limit": "infinite: too few texts to say how far is far",
}
Said = tuple[str, str, str, str]
PIECES = [("c0", "c1"), ("c0", "c2"), ("c1", "c2"), ("c3", "c4"), ("c3", "c5"), ("c4", "c5")]
WINNER = [("d0", "d1"), ("d0", "d2"), ("d0", "d3"), ("d1", "d2"), ("d1", "d3"), ("d2", "d3")]


def everything() -> tuple[list[str], list[Said]]:
    """Items of four prompts, and what eight people said of them."""
    rng = np.random.default_rng(0)
    names = ["a0", "b0", "b1", "b2", *(f"c{i}" for i in range(7)), *(f"d{i}" for i in range(4))]
    said: list[Said] = []
    for person in (f"p{number}" for number in range(8)):
        said += [(one, other, "tie", person) for one, other in (("b0", "b1"), ("b1", "b2"))]
        for one, other in PIECES + WINNER:
            held = "first" if one == "d0" or rng.random() < 0.6 else "second"
            said.append((one, other, held, person))
    return names, said


@dataclass(frozen=True)
class Fitted:
    """A finished run, and the report that it left."""

    workbench: Workbench
    study_id: str
    directory: Path
    report: dict[str, Any]
    admin: dict[str, Any]

    def page(self, name: str) -> AppTest:
        return open_page(ROOT / f"pages/{name}.py", self.admin)


def study_of(workbench: Workbench, names: list[str], said: list[Said], fitting: Fitting) -> str:
    """A running study with items of which the first letter is the prompt, and judgments."""
    study = studies.create(workbench.db, StudySettings("S", "Which?", fitting=fitting), by=None)
    rows = [f"{name},{name[0]},About {name[0]},{'word ' * (3 + i % 4)}{name}" for i, name in
            enumerate(names)]  # fmt: skip
    put(workbench.db, study, Kind.ITEMS, "\n".join(["item_id,prompt_id,prompt,text", *rows]))
    studies.set_state(workbench.db, study.id, State.RUNNING, by=None)
    if said:
        rows = [",".join(row) for row in said]
        head = "first_id,second_id,outcome,annotator_id"
        put(workbench.db, study, Kind.JUDGMENTS, "\n".join([head, *rows]))
    return study.id


def fit(workbench: Workbench, study_id: str) -> Fitted:
    directory = training.start_fit(workbench, study_id)
    status = workbench.trainer.wait(directory)
    assert status is RunStatus.DONE, (directory / run_directory.LOG).read_text()
    report = json.loads((directory / run_directory.REPORT).read_text())
    admin = person_with(workbench, Role.ADMIN)
    return Fitted(workbench, study_id, directory, report, admin)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fitted]:
    """The fit of the study that has it all; pages find it by the environment."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DISCERN_DATA", str(tmp_path_factory.mktemp("data")))
        environment.setenv("DISCERN_MODE", "accounts")
        workbench = open_workbench()
        names, said = everything()
        fitting = Fitting(encoder="/not/there", by_group=True, n_members=3, side_effect=True)
        yield fit(workbench, study_of(workbench, names, said, fitting))
        close_workbench(workbench)


def figures(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every estimate of a report, with where it stands."""
    if isinstance(part, dict):
        if {"value", "low", "high"} <= part.keys():
            yield path, part
        for name, inside in part.items():
            yield from figures(inside, f"{path}.{name}")
    elif isinstance(part, list):
        for number, inside in enumerate(part):
            yield from figures(inside, f"{path}[{number}]")


def check_files(directory: Path) -> None:
    """No number of a run is one that means nothing."""
    for path in directory.glob("*.json"):
        for where, figure in figures(json.loads(path.read_text(), parse_constant=pytest.fail)):
            low, high = figure["low"], figure["high"]
            if low is None or high is None:
                continue
            assert low <= figure["value"] <= high, (path.name, where, figure)
            # Chance has no spread, and a difference of a model from itself is 0 for sure.
            sure = ".chance." in where or figure["value"] == 0
            assert low < high or sure, (path.name, where, figure)
    for path in directory.glob("*.npz"):
        with np.load(path) as arrays:
            for name in arrays:
                numbers = arrays[name].dtype.kind == "f"
                if numbers and name.rpartition(".")[2] not in NONE_BY_DESIGN:
                    assert np.isfinite(arrays[name]).all(), (path.name, name)


def words(at: AppTest) -> list[str]:
    """What a page says, figures and tables too; of data frames missing figures are left blank."""
    elements = [*at.markdown, *at.caption, *at.info, *at.warning, *at.error, *at.success]
    tables = [table.value.to_string() for table in at.table]
    return [*(str(one.value) for one in elements), *(str(m.value) for m in at.metric), *tables]


def check_page(at: AppTest) -> list[str]:
    assert not at.exception
    assert not at.error
    said = words(at)
    for sentence in said:
        low = f" {sentence.lower()} "
        assert not any(f" {bad}{end}" in low for bad in ("nan", "inf", "-inf") for end in " %,.)")
        assert "Traceback" not in sentence
    return said


def test_no_figure_of_the_run_means_nothing(fitted: Fitted) -> None:
    check_files(fitted.directory)
    assert "Traceback" not in (fitted.directory / run_directory.LOG).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_it(fitted: Fitted, page: str) -> None:
    check_page(fitted.page(page))


def test_the_encoder_that_is_not_there_is_a_sentence_and_the_rest_stands(fitted: Fitted) -> None:
    failure = fitted.report["text"]["failure"]
    assert "'/not/there' could not be loaded: there is no such folder." in failure
    assert fitted.report["held_out"] is not None
    assert any("'/not/there' could not be loaded" in said for said in words(fitted.page("results")))


def test_an_item_alone_is_never_compared_and_ties_hold_nothing_better(fitted: Fitted) -> None:
    assert fitted.report["graph"]["never_compared"] == ["a0", "c6"]
    model = plain(fitted)
    one, other = (np.array([model.items.index(name)]) for name in ("b0", "b2"))
    assert model.probability(one, other) == pytest.approx([0.5], abs=1e-6)
    [low], [high] = model.probability_interval(one, other)
    assert low < 0.45
    assert high > 0.55
    low, high = (ends[model.items.index("a0")] for ends in model.strengths_interval())
    reach = 1.959964 * model.prior_scale  # what the prior says, and nothing else
    assert (low, high) == pytest.approx((-reach, reach), rel=1e-6)


def plain(fitted: Fitted) -> BradleyTerry:
    model = run_directory.read_model(fitted.directory, run_directory.BRADLEY_TERRY)
    assert isinstance(model, BradleyTerry)
    return model


def test_who_always_wins_is_named_and_the_prior_said_to_hold_it(fitted: Fitted) -> None:
    assert fitted.report["graph"]["unbeaten"] == ["d0"]
    place = plain(fitted).items.index("d0")
    own, shown = (
        ends.strengths_interval()
        for ends in (plain(fitted), results.latest(fitted.workbench, fitted.study_id))
        if ends is not None
    )
    assert shown[0][place] <= own[0][place] < own[1][place] <= shown[1][place]
    at = of_prompt(fitted.page("results"), "d")
    said = words(at)
    [held] = [sentence for sentence in said if "Where the interval holds 50 %" in sentence]
    assert held.startswith("d0 was never beaten or tied: how far it is ahead is held by the prior")
    [sentence] = [one for one in said if "some items always win" in one]
    assert "Never beaten or tied: d0." in sentence
    assert "how far is set by the prior, not by the data" in sentence


def of_prompt(at: AppTest, prompt: str) -> AppTest:
    [chosen] = [box for box in at.selectbox if box.label == "Prompt"]
    [place] = [i for i, name in enumerate(chosen.options) if name.startswith(f"{prompt} ")]
    return chosen.select_index(place).run()


def test_pieces_are_ranked_by_themselves_and_no_difference_between_them_is_a_number(
    fitted: Fitted,
) -> None:
    at = of_prompt(fitted.page("results"), "c")
    said = check_page(at)
    assert any("fall into pieces of 3 + 3 items" in sentence for sentence in said)
    table = open_table(at, "strengths").dataframe[0].value
    assert table["piece"].tolist() == [1, 1, 1, 2, 2, 2, 3]
    assert table.groupby("piece")["P(first)"].sum().tolist() == pytest.approx([1, 1, 0])
    assert table["worst rank"].max() == 3
    against = next(box for box in at.selectbox if box.label == "against")
    at = against.select_index(3).run()
    assert any("No chain of comparisons connects these two items" in one for one in words(at))
    assert not [metric for metric in at.metric if metric.label == "Bradley-Terry"]


def test_the_files_of_predictions_leave_out_what_nothing_connects(fitted: Fitted) -> None:
    found = model_files.foretell(fitted.workbench, fitted.study_id)
    result = results.latest(fitted.workbench, fitted.study_id)
    assert result is not None
    apart = result.piece[found.first] != result.piece[found.second]
    assert apart.sum() == 3 * 3 + 6  # c: two pieces of three, and one item alone
    columns = (found.probability, found.low, found.high, found.as_fitted)
    assert all(np.isnan(column[apart]).all() for column in columns)
    assert all(np.isfinite(column[~apart]).all() for column in columns)
    assert set(found.label()[apart]) == {""}


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    workbench = open_workbench()
    assert workbench.settings.data == data_folder.resolve()
    return workbench


def test_one_judgment_fits_and_says_how_little_it_says(workbench: Workbench) -> None:
    names = ["a0", "a1", "a2"]
    run = fit(workbench, study_of(workbench, names, [("a0", "a1", "first", "p")], Fitting()))
    check_files(run.directory)
    for page in PAGES:
        check_page(run.page(page))
    assert run.report["held_out"] is None
    assert run.report["annotators"] is None
    slope = run.report["text"]["consistency"]["length"]["slope"]
    assert (slope["low"], slope["high"]) == (None, None)  # a line through two texts
    [low], [high] = plain(run).probability_interval(np.array([0]), np.array([1]))
    assert low < 0.5 < high


def test_all_ties_fit_and_say_that_nothing_is_better(workbench: Workbench) -> None:
    names = [f"a{i}" for i in range(4)]
    said = [(one, other, "tie", person) for person in "pqrs" for one in names for other in names
            if one < other]  # fmt: skip
    run = fit(workbench, study_of(workbench, names, said, Fitting(n_members=2)))
    check_files(run.directory)
    for page in PAGES:
        check_page(run.page(page))
    assert plain(run).strengths == pytest.approx(np.zeros(4), abs=1e-6)
    assert run.report["held_out"]["bradley_terry"]["accuracy"] is None
    assert run.report["cycles"]["verdict"] == "undetermined"


@pytest.mark.parametrize("outcome", [None, "incomparable", "both_bad", "skipped"])
def test_nothing_that_compares_is_refused_with_what_to_do(
    workbench: Workbench, outcome: str | None
) -> None:
    said = [("a0", "a1", outcome, "p")] if outcome else []
    study_id = study_of(workbench, ["a0", "a1"], said, Fitting())
    with pytest.raises(NoComparisonsError, match="Judge at least one pair first"):
        training.start_fit(workbench, study_id)
    assert not workbench.trainer.directories()


def test_ten_million_judgments_that_are_all_alike(tmp_path: Path) -> None:
    """Of one pair, always the same answer: the fit is quick, small, and says what it leaves out."""
    n = 10**7
    directory = tmp_path / "runs" / "r1"
    directory.mkdir(parents=True)
    alike = "'a0' AS first_id, 'a1' AS second_id, 'first' AS outcome, 0 AS margin"
    for name, query in {
        "items": "SELECT 'a' || i AS item_id, 'p' AS prompt_id FROM range(2) t(i)",
        "counts": f"SELECT {alike}, count(*) AS n FROM range({n}) GROUP BY ALL",  # noqa: S608
    }.items():
        duckdb.sql(f"COPY ({query}) TO '{directory / name}.parquet' (FORMAT parquet)")
    request = run_directory.FitRequest("r1", "s", "Alike", "0" * 64, n, n, "2026-01-01T12:00:00")
    run_directory.write_request(directory, request)
    trainer = Trainer(tmp_path / "runs")
    trainer.start(directory)
    process = psutil.Process(json.loads((directory / run_directory.PROCESS).read_text())["pid"])
    most = 0
    while trainer.status(directory) is RunStatus.RUNNING:
        try:
            most = max(most, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.02)
    assert trainer.wait(directory) is RunStatus.DONE
    report = json.loads((directory / run_directory.REPORT).read_text())
    assert report["only"].startswith("10,000,000 judgments are more than 5,000,000")
    assert report["data"]["n_comparisons"] == report["graph"]["n_comparisons"] == n
    assert (report["graph"]["unbeaten"], report["graph"]["winless"]) == (["a0"], ["a1"])
    assert report["seconds"]["Bradley-Terry"] < 10
    assert most < 1.5 * 2**30
    model = run_directory.read_model(directory, run_directory.BRADLEY_TERRY)
    low, high = model.probability_interval(np.array([0]), np.array([1]))
    assert 0.999 < low[0] < high[0] <= 1
    assert all(math.isfinite(end) for end in (*low, *high))
