"""Fits that older code made: whatever part of a report is missing, pages say so in a sentence."""

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.answer_form import AnswerForm
from core.reports import OlderFitError, Report
from core.study import Asking, Fitting, Role
from storage import fits, studies
from storage.people import Person
from tests.given import running_study
from tests.pages.test_pages import open_page, person_with
from tests.trainer.test_parts import join, judge
from trainer.launch import RunStatus
from ui import beside_view, calibration, cycles_view, evaluation, result_view
from ui.session import Here
from workbench import results, training
from workbench.opening import Workbench, close_workbench, open_workbench
from workbench.results import Result

Fitted = tuple[Workbench, Result, dict[str, Any]]
PAGES = Path(__file__).resolve().parents[2] / "pages"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What is drawn without a browser would be warned of hundreds of thousands of times."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fitted]:
    """A fit with everything in it: aspects, cohorts, repeats, effects, an ensemble, texts."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DISCERN_DATA", str(tmp_path_factory.mktemp("older") / "data"))
        environment.setenv("DISCERN_MODE", "accounts")
        workbench = open_workbench()
        study = running_study(
            workbench.db,
            sizes=(7, 7),
            overlap=4,
            form=AnswerForm(aspects=("clarity",)),
            asking=Asking(repeat_share=0.2),
            fitting=Fitting(n_members=2, guarded_share=0.3, side_effect=True, by_group=True),
        )
        rng = np.random.default_rng(1)
        for number in range(10):
            join(workbench.db, study, f"a{number}", "one" if number < 5 else "two")
            judge(workbench.db, study, f"a{number}", rng, 20)
        assert workbench.trainer.wait(training.start_fit(workbench, study.id)) is RunStatus.DONE
        result = results.latest(workbench, study.id)
        assert result is not None
        yield workbench, result, person_with(workbench, Role.ADMIN)
        close_workbench(workbench)


def paths(report: Any, depth: int) -> Iterator[tuple[str, ...]]:
    """Where each part of a report lies, down to so many levels."""
    if isinstance(report, dict) and depth:
        for name, part in report.items():
            yield (name,)
            yield from ((name, *rest) for rest in paths(part, depth - 1))


def lacking(report: dict[str, Any], path: tuple[str, ...]) -> Report:
    """The same without one part, as if read from a file."""
    copied: Report = json.loads(json.dumps(report), object_hook=Report)
    inside = copied
    for name in path[:-1]:
        inside = inside[name]
    del inside[path[-1]]
    return copied


def drawn(here: Here, result: Result) -> list[tuple[str, Callable[[], object]]]:
    """What pages draw from the report of a fit; a form cannot be drawn without a browser."""
    study = studies.get(here.db, result.fit.study_id)
    items = list(range(7))
    labels = list(result.bradley_terry.items[:7])
    return [
        ("origin", lambda: result_view.show_origin(result)),
        ("strengths", lambda: result_view.show_strengths(here, study, result)),
        ("beside", lambda: beside_view.show(result, items, labels)),
        ("models", lambda: result_view.show_comparison(here, study, result, items, labels)),
        ("cycles", lambda: cycles_view.show(result, items, labels)),
        ("undetermined", lambda: result_view.show_undetermined(here, study, result)),
        ("calibration", lambda: calibration.show(here, result)),
        ("evaluation", lambda: evaluation.show(result)),
    ]


class Noting(Report):
    """Notes which of its parts are asked for."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


def test_whatever_a_report_lacks_no_page_crashes(fitted: Fitted) -> None:
    """Every part down to the second level is left out in turn; all that reads it is drawn.

    Of the calibration, which has grown most, down to the third.
    """
    workbench, result, _ = fitted
    here = Here(workbench, Person("x", "x", Role.ADMIN))
    noting = Noting(Report(result.fit.figures))
    reads: dict[str, set[str]] = {}
    for name, draw in drawn(here, replace(result, fit=replace(result.fit, figures=noting))):
        noting.asked = set()
        draw()
        reads[name] = noting.asked
    assert "held_out" in reads["models"]
    assert all(reads.values()), reads
    everything = list(paths(result.fit.figures, 2))
    everything += [
        path for path in paths(result.fit.figures, 3) if path[0] == "calibration" and len(path) == 3
    ]
    assert len(everything) > 120
    crashed = []
    for path in everything:
        older = replace(result.fit, figures=lacking(result.fit.figures, path))
        for name, draw in drawn(here, replace(result, fit=older)):
            if path[0] not in reads[name]:
                continue
            try:
                draw()
            except Exception as error:  # noqa: BLE001 - each is a traceback on a page
                crashed.append(f"{name} without {'.'.join(path)}: {error!r}")
    assert not crashed, "\n".join(crashed)


def test_a_report_says_what_it_lacks() -> None:
    report = json.loads('{"known": {"n": 1}}', object_hook=Report)
    assert report["known"]["n"] == 1
    assert report.get("other") is None
    with pytest.raises(OlderFitError, match="did not work out “value”"):
        report["known"]["value"]


@pytest.mark.parametrize("name", ["results", "calibration", "agreement", "evaluation", "export"])
def test_a_page_of_a_fit_without_newer_parts_and_files_is_drawn(fitted: Fitted, name: str) -> None:
    """As of a first version: only the models, the data and the code; no file beside them."""
    workbench, result, user = fitted
    kept = ("data", "seed", "versions", "bradley_terry", "general_preference", "device")
    figures = {part: result.fit.figures[part] for part in kept} | {"finished_at": "2026-01-01"}
    later = replace(
        result.fit,
        id=f"{result.fit.id}-older",
        requested_at=datetime(2030, 1, 1, tzinfo=UTC),
        figures=figures,
    )
    directory = workbench.trainer.runs / later.id
    if not directory.exists():
        directory.mkdir()
        for file in ("bradley_terry.npz", "general_preference.npz", "items.parquet"):
            shutil.copy(result.directory / file, directory)
        fits.add(workbench.db, later)
    at = open_page(PAGES / f"{name}.py", user)
    assert not at.exception
