"""Changes of strengths from a real store: judged on days, frozen, fitted, reported."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from core.estimates import NotDeterminedError
from core.judgment import Outcome
from core.study import Study
from storage.database import Database
from tests.given import NOON, answer, next_pair, running_study
from tests.trainer.test_parts import frozen, join
from trainer import parts, study_data
from trainer.run_directory import finite
from trainer.strength_changes import changes_of_strengths

N_PEOPLE = 40
#: Of four items, before and after: the first falls from the top to the bottom.
BEFORE, AFTER = (2.0, 0.5, 0.0, -0.5), (-2.0, 0.5, 0.0, -0.5)
#: With this judgment of everybody, and on this day, it changes.
CHANGES, DAYS = 3, timedelta(days=3)


def judge_on_days(db: Database, study: Study) -> None:
    """Everybody judges all six pairs, one each third day; the second half of them as after."""
    rng = np.random.default_rng(0)
    names = [f"a{number:02}" for number in range(N_PEOPLE)]
    for name in names:
        join(db, study, name, "one")
    for turn in range(2 * CHANGES):
        strengths = BEFORE if turn < CHANGES else AFTER
        for number, name in enumerate(names):
            when = NOON + turn * DAYS + timedelta(minutes=30 * number)
            shown = next_pair(db, study, name, now=when, seed=100 * turn + number)
            assert shown is not None
            left, right = (strengths[int(item[-3:])] for item in shown.shown or ())
            first = rng.random() < 1 / (1 + np.exp(right - left))
            answer(db, study, shown, Outcome.LEFT if first else Outcome.RIGHT, now=when)


def changed_study(db: Database) -> Study:
    study = running_study(db, sizes=(4,), overlap=N_PEOPLE)
    judge_on_days(db, study)
    return study


def test_what_changed_is_said_with_its_time_and_its_people(db: Database, tmp_path: Path) -> None:
    """240 judgments; all of the same people, who judge every three days from 1 January on."""
    run = frozen(db, changed_study(db), tmp_path)
    data, details = study_data.read(run.directory), study_data.read_details(run.directory)
    plain, _ = parts.fit_plain(data, run.fitting, None)
    found = changes_of_strengths(data, details.judged_at, plain, seed=0)
    [change] = found["changes"]
    assert change["from"] <= "2026-01-10 12:00" <= change["to"]
    assert change["from"] >= "2026-01-07"
    assert change["to"] <= "2026-01-14"
    assert (change["n_before"] + change["n_after"], found["n"]) == (240, 240)
    assert (found["n_people"], found["n_sittings"]) == (N_PEOPLE, 240)
    first = change["items"][0]
    assert (first["item"], first["prompt"], first["moved"]) == ("q0-000", "q0", True)
    assert first["low"] < 0.75 * (AFTER[0] - BEFORE[0]) < first["high"]
    assert first["value"] == pytest.approx(first["after"] - first["before"])
    assert change["n_compared"] == 4
    assert 1 <= change["n_moved"] == sum(one["moved"] for one in change["items"])
    assert 0 < found["detectable"]["least"] <= found["detectable"]["median"]
    assert json.loads(json.dumps(finite(found))) == finite(found)
    with pytest.raises(NotDeterminedError, match="at known times, there are 0"):
        changes_of_strengths(data, np.full(240, -1), plain, seed=0)
