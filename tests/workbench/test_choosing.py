"""Policies at work: from the settings of a study to what its people are shown."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.answer_form import AnswerForm, Form
from core.judgment import Outcome
from core.study import Asking, Policy, Study
from storage import assignment
from storage.board import board_of
from tests.given import running_study
from tests.trainer.test_parts import judge
from trainer.launch import RunStatus
from workbench import choosing, training
from workbench.opening import Workbench, open_workbench


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    assert data_folder.exists()
    return open_workbench()


def asking(workbench: Workbench, policy: Policy, **settings: Any) -> Study:
    """A study of eight items under one prompt that always follows the policy."""
    more: dict[str, Any] = {"sizes": (8,), "overlap": 3, "random_share": 0.0} | settings
    return running_study(workbench.db, asking=Asking(policy, repeat_share=0), **more)


def shown(workbench: Workbench, study: Study, person: str, n: int = 1) -> list[Any]:
    now = datetime.now(UTC)
    return assignment.fill(workbench.db, study, person, wanted=n, now=now, seed=1)


def fit(workbench: Workbench, study: Study) -> None:
    """What the background does: fit, record, choose by the fit."""
    assert workbench.trainer.wait(training.start_fit(workbench, study.id)) is RunStatus.DONE
    assert training.record_finished(workbench) == 1
    choosing.refresh(workbench)


def test_before_any_fit_a_policy_chooses_from_the_prior(workbench: Workbench) -> None:
    """All pairs are alike at first; each that is shown makes its own kind less worth asking."""
    study = asking(workbench, Policy.EXPECTED_INFORMATION)
    choosing.refresh(workbench)
    waiting = shown(workbench, study, "ann", 4)
    assert {p.policy for p in waiting} == {"expected_information"}
    items = [item for p in waiting for item in p.items]
    assert len(set(items)) == 8  # four pairs of different items say more than any that share one
    assert waiting[0].probability == pytest.approx(1 / 28)


def test_a_fit_moves_what_is_asked(workbench: Workbench) -> None:
    """Top 2 of eight items whose order is clear: asked are those around the second place."""
    study = asking(workbench, Policy.TOP_K, overlap=30)
    rng = np.random.default_rng(1)
    for number in range(14):
        judge(workbench.db, study, f"a{number}", rng, 28)
    fit(workbench, study)
    waiting = shown(workbench, study, "new", 5)
    assert {p.policy for p in waiting} == {"top_k"}
    places = [int(item[-3:]) for p in waiting for item in p.items]
    assert np.mean(np.array(places) < 5) >= 0.8
    before = board_of(workbench.db, study.id).follower
    choosing.refresh(workbench)
    assert board_of(workbench.db, study.id).follower is before


def test_the_random_share_stays_whatever_the_policy(workbench: Workbench) -> None:
    """Once 0-1 was shown, 15 of 28 pairs share no item with it: each has 0.1 / 28 + 0.9 / 15."""
    study = asking(workbench, Policy.EXPECTED_INFORMATION, random_share=0.1)
    choosing.refresh(workbench)
    follower = board_of(workbench.db, study.id).follower
    assert follower is not None
    follower.shown(("q0-000", "q0-001"))
    [one] = shown(workbench, study, "ann")
    assert not {"q0-000", "q0-001"} & set(one.items)
    assert one.probability == pytest.approx(0.1 / 28 + 0.9 / 15)


def test_unlike_texts_come_first(workbench: Workbench) -> None:
    """What was shown is near itself: each pair brings items that were not shown yet."""
    study = asking(workbench, Policy.FEATURE_DISTANCE)
    choosing.refresh(workbench)
    waiting = shown(workbench, study, "ann", 4)
    assert {p.policy for p in waiting} == {"feature_distance"}
    assert len({item for p in waiting for item in p.items}) == 8


def test_a_policy_that_needs_a_fit_waits_for_it(workbench: Workbench) -> None:
    study = asking(workbench, Policy.MODEL_DISAGREEMENT)
    choosing.refresh(workbench)
    [first] = shown(workbench, study, "ann")
    assert first.policy == "coverage_first"
    rng = np.random.default_rng(1)
    for number in range(3):
        judge(workbench.db, study, f"a{number}", rng, 15)
    fit(workbench, study)
    [second] = shown(workbench, study, "ben")
    assert second.policy == "model_disagreement"


def test_lists_are_chosen_by_what_their_pairs_teach(workbench: Workbench) -> None:
    study = asking(workbench, Policy.EXPECTED_INFORMATION, form=AnswerForm(Form.RANKING))
    choosing.refresh(workbench)
    [one] = shown(workbench, study, "ann")
    assert (one.policy, len(one.items)) == ("expected_information", 4)


def test_two_people_at_once_do_not_get_the_same_pair(workbench: Workbench) -> None:
    study = asking(workbench, Policy.EXPECTED_INFORMATION, sizes=(12,), overlap=12)
    choosing.refresh(workbench)
    given = [shown(workbench, study, f"a{number}")[0].items for number in range(12)]
    assert len(set(given)) == 12
    assert Outcome.LEFT in study.settings.outcomes
