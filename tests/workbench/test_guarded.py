"""The guarded hold-out: counted for everybody, the same answer however often it is asked."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from core.uncertainty.guarded import BUDGET, SpentHoldOutError
from storage.fits import Fit
from storage.guarded_looks import TakenLook
from tests.given import NOON, running_study
from trainer.run_directory import GUARDED
from workbench import guarded, opening
from workbench.guarded import NoHoldOutError
from workbench.opening import Workbench, open_workbench


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    opened = open_workbench()
    assert opened.settings.data == data_folder.resolve()
    return opened


@pytest.fixture
def fit(workbench: Workbench) -> Fit:
    study = running_study(workbench.db)
    return Fit("f", study.id, "h", 1, NOON, NOON, "cpu", {})


def kept(workbench: Workbench, fit: Fit, training: float, hold_out: float, n: int = 400) -> Fit:
    """What the trainer locks away."""
    directory = workbench.trainer.runs / fit.id
    directory.mkdir(parents=True, exist_ok=True)
    question = {"training": training, "hold_out": hold_out}
    models = {"bradley_terry": question, "general_preference": question}
    (directory / GUARDED).write_text(json.dumps({"n_pairs": n, "models": models}))
    return fit


def ask(workbench: Workbench, fit: Fit, model: str = "bradley_terry") -> TakenLook:
    return guarded.look(workbench, fit, model, by=None, now=NOON)


def fits_like(fit: Fit) -> Iterator[Fit]:
    number = 0
    while True:
        number += 1
        yield replace(fit, id=f"f{number:04}")


def test_asked_again_it_says_the_same_and_counts_once(workbench: Workbench, fit: Fit) -> None:
    """Far apart, the hold-out is read: 0.6 and noise of a few hundredths, once and for all."""
    kept(workbench, fit, 0.9, 0.2)
    first = ask(workbench, fit)
    assert first.from_hold_out
    assert first.answer == pytest.approx(0.2, abs=0.25)
    assert first.answer != 0.2
    assert [ask(workbench, fit).answer for _ in range(3)] == [first.answer] * 3
    other = ask(workbench, fit, "general_preference")
    assert other.number == 2
    assert other.answer != first.answer  # other noise for another look
    state = guarded.state(workbench, fit.study_id)
    assert [look.number for look in state.looks] == [1, 2]
    assert state.budget_left == BUDGET - 2
    assert state.of(fit.id, "bradley_terry") == state.looks[0]


def test_the_count_survives_a_restart_and_the_noise_follows_from_study_and_number(
    workbench: Workbench, fit: Fit
) -> None:
    before = ask(workbench, kept(workbench, fit, 0.9, 0.2))
    opening.close_workbench(workbench)
    again = open_workbench()
    assert guarded.state(again, fit.study_id).looks[0].answer == before.answer
    other = replace(fit, study_id=running_study(again.db).id)
    elsewhere = ask(again, kept(again, other, 0.9, 0.2))
    assert elsewhere.number == 1
    assert elsewhere.answer != before.answer


def test_many_who_ask_at_once_get_a_number_each(workbench: Workbench, fit: Fit) -> None:
    many = fits_like(fit)
    threads = [
        Thread(target=ask, args=(workbench, kept(workbench, next(many), 0.8, 0.8)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looks = guarded.state(workbench, fit.study_id).looks
    assert [look.number for look in looks] == list(range(1, 9))
    assert len({look.fit_id for look in looks}) == 8


def test_a_spent_hold_out_answers_no_more_but_repeats_what_it_said(
    workbench: Workbench, fit: Fit
) -> None:
    many = fits_like(fit)
    first = kept(workbench, next(many), 1.0, 0.0, n=10_000)
    said = ask(workbench, first)
    with pytest.raises(SpentHoldOutError, match="Collect new judgments"):  # noqa: PT012
        for _ in range(3 * BUDGET):
            ask(workbench, kept(workbench, next(many), 1.0, 0.0, n=10_000))
    state = guarded.state(workbench, fit.study_id)
    assert state.budget_left == 0
    assert state.n_disagreed == len(state.looks) == BUDGET
    assert ask(workbench, first).answer == said.answer


def test_a_fit_without_a_hold_out_cannot_be_asked(workbench: Workbench, fit: Fit) -> None:
    with pytest.raises(NoHoldOutError, match="has set no pairs aside"):
        ask(workbench, fit)
    assert guarded.state(workbench, fit.study_id).looks == ()
