"""The page Evaluation on a fit of a study with aspects, reasons and an earlier fit."""

import json
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from core.study import Role
from tests.pages.test_pages import open_page, open_table, person_with
from tests.trainer.test_evaluation import fill, study_with_reasons
from tests.trainer.test_strength_changes import changed_study
from trainer.launch import RunStatus
from trainer.run_directory import REPORT, read_request, write_request
from workbench import training
from workbench.opening import open_workbench

PAGE = Path(__file__).resolve().parents[2] / "pages/evaluation.py"
HEADERS = [
    "What goes with the overall answer?",
    "Reasons that people give",
    "How often do the models foretell an answer?",
    "How often is the best of several found?",
    "By cohort",
    "One figure over all prompts",
    "Which model comes first?",
    "Does the text model hold when texts change?",
    "Has agreement changed?",
    "Have strengths changed?",
    "Have strengths changed since the fit before?",
    "How far are cohorts apart?",
    "What are each person's judgments worth?",
    "What was each batch worth?",
]


def test_every_part_is_drawn_from_the_fit(data_folder: Path) -> None:
    workbench = open_workbench()
    study = study_with_reasons(workbench.db)
    people = tuple(f"a{number}" for number in range(12))
    fill(workbench.db, study, people, 20, seed=2)
    assert workbench.trainer.wait(training.start_fit(workbench, study.id)) is RunStatus.DONE
    at = open_page(PAGE, person_with(workbench, Role.RESEARCHER))
    assert not at.exception
    assert [header.value for header in at.header] == HEADERS
    words = " ".join(caption.value for caption in at.caption)
    for entry in ("Criteria behind the overall answer", "Benchmark accuracy", "Changes over time"):
        assert f"docs/statistics.md, “{entry}”" in words
    assert any("This is the first fit" in info.value for info in at.info)
    results = open_page(PAGE.with_name("results.py"), person_with(workbench, Role.ADMIN))
    assert not results.exception
    assert "Do aspects differ?" in [header.value for header in results.header]
    [told] = [said.value for said in results.markdown if "Knowing the aspect changes" in said.value]
    assert "**Items are not equally good in all aspects:**" in told
    assert data_folder.exists()


def test_a_change_of_strengths_is_drawn_and_an_older_fit_says_what_to_do(
    data_folder: Path,
) -> None:
    workbench = open_workbench()
    study = changed_study(workbench.db)
    directory = training.start_fit(workbench, study.id)
    assert workbench.trainer.wait(directory) is RunStatus.DONE
    report = json.loads((directory / REPORT).read_text())
    [change] = report["evaluation"].pop("strengths")["changes"]
    at = open_page(PAGE, person_with(workbench, Role.RESEARCHER))
    assert not at.exception
    [said] = [one.value for one in at.markdown if "moved against the mean" in one.value]
    assert said.startswith(f"**{change['at']}** (between {change['from']} and {change['to']})")
    assert any("would have been found in four of " in one.value for one in at.markdown)
    captions = " ".join(caption.value for caption in at.caption)
    assert "docs/statistics.md, “Changes of strengths”" in captions
    assert f"n = {change['n_before']:,} decided judgments before" in captions
    at = open_table(at, "change of strengths 1")
    [table] = [one.value for one in at.dataframe if "before" in one.value.columns]
    assert table["change"].tolist() == [one["value"] for one in change["items"]]
    older = shutil.copytree(directory, directory.with_name(f"{directory.name}-older"))
    request = read_request(older)
    later = datetime.fromisoformat(request.requested_at) + timedelta(seconds=1)
    write_request(older, replace(request, fit_id=older.name, requested_at=later.isoformat()))
    (older / REPORT).write_text(json.dumps(report))
    at = at.run()
    assert not at.exception
    assert any("before these figures were worked out" in info.value for info in at.info)
    assert data_folder.exists()
