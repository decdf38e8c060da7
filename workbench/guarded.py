"""Asking the guarded hold-out of a study about a fit: the only way to what it holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

import numpy as np

from core.errors import DiscernError
from core.uncertainty import GuardedHoldOut
from core.uncertainty.guarded import BUDGET
from storage import guarded_looks
from storage.fits import Fit
from storage.guarded_looks import TakenLook
from trainer import run_directory
from workbench.opening import Workbench


class NoHoldOutError(DiscernError):
    """A fit has no hold-out that could be asked."""

    def __init__(self) -> None:
        super().__init__(
            "This fit has set no pairs aside, or its files have been cleared away. Fit again with "
            "a share of pairs set aside in the study's settings."
        )


@dataclass(frozen=True, slots=True)
class State:
    """How often a study's hold-out was looked at, and what is left of it."""

    looks: tuple[TakenLook, ...]

    @property
    def n_disagreed(self) -> int:
        return sum(look.from_hold_out for look in self.looks)

    @property
    def budget_left(self) -> int:
        return BUDGET - self.n_disagreed

    def of(self, fit_id: str, model: str) -> TakenLook | None:
        """What was said of this fit's model; None: nobody has asked."""
        asked = (look for look in self.looks if (look.fit_id, look.model) == (fit_id, model))
        return next(asked, None)

    def hold_out(self, n_pairs: int) -> GuardedHoldOut:
        """The hold-out as it is after these looks."""
        fresh = GuardedHoldOut.of(n_pairs, budget=self.budget_left)
        shift = self.looks[-1].shift if self.looks else None
        return replace(fresh, n_looks=len(self.looks), n_disagreed=self.n_disagreed, shift=shift)


def state(workbench: Workbench, study_id: str) -> State:
    return State(tuple(guarded_looks.of_study(workbench.db, study_id)))


def look(workbench: Workbench, fit: Fit, model: str, *, by: str | None, now: datetime) -> TakenLook:
    """Ask about a model of a fit. Asked again, the answer and the count stay what they are.

    The noise follows from the study and the number of the look, so that nobody can draw it anew.

    Raises
    ------
    NoHoldOutError
        If the fit has none.
    SpentHoldOutError
        If the budget is spent.
    """
    directory = workbench.trainer.runs / fit.id
    kept = run_directory.read_json(directory / run_directory.GUARDED)
    if kept is None or model not in kept["models"]:
        raise NoHoldOutError
    question, n_pairs = kept["models"][model], int(kept["n_pairs"])

    def answer(before: Sequence[TakenLook]) -> TakenLook:
        number = len(before) + 1
        named = f"{fit.study_id}\x1f{number}".encode()
        rng = np.random.default_rng(int.from_bytes(blake2b(named, digest_size=8).digest(), "big"))
        said, left = (
            State(tuple(before))
            .hold_out(n_pairs)
            .look(question["training"], question["hold_out"], rng)
        )
        return TakenLook(
            number=number,
            fit_id=fit.id,
            model=model,
            training=question["training"],
            answer=said.value,
            from_hold_out=said.from_hold_out,
            n_pairs=n_pairs,
            shift=left.shift,
            looked_at=now,
            looked_by=by,
        )

    return guarded_looks.take(workbench.db, fit.study_id, fit.id, model, answer)
