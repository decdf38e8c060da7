"""The page Evaluation on a fit of a study with aspects, reasons and an earlier fit."""

from pathlib import Path

from core.study import Role
from tests.pages.test_pages import open_page, person_with
from tests.trainer.test_evaluation import fill, study_with_reasons
from trainer.launch import RunStatus
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
    fill(workbench.db, study, people, 20, seed=1)
    assert workbench.trainer.wait(training.start_fit(workbench, study.id)) is RunStatus.DONE
    at = open_page(PAGE, person_with(workbench, Role.RESEARCHER))
    assert not at.exception
    assert [header.value for header in at.header] == HEADERS
    words = " ".join(caption.value for caption in at.caption)
    for entry in ("Criteria behind the overall answer", "Benchmark accuracy", "Changes over time"):
        assert f"docs/statistics.md, “{entry}”" in words
    assert any("This is the first fit" in info.value for info in at.info)
    assert data_folder.exists()
