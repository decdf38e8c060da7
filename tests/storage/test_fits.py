"""What is counted and kept of finished fits."""

from datetime import timedelta
from typing import Any

from core.judgment import Outcome, SkipReason
from storage import fits, judgments
from storage.database import Database
from storage.fits import Fit
from storage.judgments import Answer
from tests.given import NOON, next_pair, running_study

LEARNED_FROM = ("first", "second", "tie", "answered", "up", "down")


def standing_on_disk(db: Database, study_id: str) -> int:
    rows = db.read(
        "SELECT outcome FROM standing_answers WHERE study_id = ? AND slot >= 0", [study_id]
    )
    return sum(outcome in LEARNED_FROM for (outcome,) in rows)


def test_standing_answers_are_counted_on_from_those_counted_before(db: Database) -> None:
    """Answers, skipped pairs, late ones and such that were taken back, of two studies in turn."""
    studies = [running_study(db, sizes=(3,), overlap=1) for _ in range(2)]
    late = NOON + timedelta(days=1)
    for step, outcome in enumerate((Outcome.LEFT, Outcome.SKIPPED, Outcome.TIE, Outcome.BOTH_BAD)):
        for study in studies:
            shown = next_pair(db, study, f"p{step}", late if step == 3 else NOON)
            if shown is None:
                continue
            reason = SkipReason.OTHER if outcome is Outcome.SKIPPED else None
            given = Answer(shown.id, outcome, skip_reason=reason)
            judgments.add(db, shown.annotator_id, given, study, NOON)
            assert fits.n_standing(db, study.id) == standing_on_disk(db, study.id)
            if outcome is Outcome.LEFT and study is studies[0]:
                judgments.take_back(db, shown.annotator_id, shown.id, study, NOON)
                assert fits.n_standing(db, study.id) == standing_on_disk(db, study.id) == 0
    assert [fits.n_standing(db, study.id) for study in studies] == [1, 2]


def test_the_newest_fit_with_figures_about_something_comes_first(db: Database) -> None:
    reports: list[dict[str, Any]] = [{"map": None}, {"map": {"n": 3}}, {}, {"map": None}]
    for day, figures in enumerate(reports):
        at = NOON + timedelta(days=day)
        fits.add(db, Fit(f"f{day}", "s", "hash", 5, at, at, "cpu", figures))
    assert [fit.id for fit in fits.of_study(db, "s")] == ["f3", "f2", "f1", "f0"]
    assert [fit.id for fit in fits.of_study(db, "s", about="map")] == ["f1"]
    assert list(fits.of_study(db, "other")) == []
