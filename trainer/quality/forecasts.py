"""What a model said of judgments before it had seen them, for figures about all pairs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.estimates import NotDeterminedError
from core.judgment import Floats, Indices
from core.scores import HeldOut
from core.study import Fitting
from trainer import parts
from trainer.study_data import StudyData

#: With fewer decided judgments than this in two bins no figure of calibration says anything.
FEWEST = 40


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Decided judgments and what one model said of them before it had seen them; shape (n,).

    Attributes
    ----------
    probability : ndarray
        P(first is preferred), given that one of the two is.
    outcome : ndarray
        1 where the first was preferred, 0 where the second was.
    row : ndarray of int64
        Of the comparisons that were held out.
    """

    probability: Floats
    outcome: Floats
    pair: Indices
    annotator: Indices
    first: Indices
    second: Indices
    row: Indices

    @classmethod
    def of(cls, held_out: HeldOut, shares: Floats, evenly: NDArray[np.bool_]) -> "Forecasts":
        """Those of pairs that were chosen evenly.

        Parameters
        ----------
        shares : ndarray, shape (n_held_out, 3)
            P(first better), P(tie), P(second better).
        evenly : ndarray of bool, shape (n_held_out,)

        Raises
        ------
        NotDeterminedError
            If there are too few of them.
        """
        decided = held_out.outcome != 0
        row = np.flatnonzero(decided & evenly)
        if len(row) < FEWEST:
            raise NotDeterminedError(_too_few(len(row), int(decided.sum())))
        return cls(
            probability=shares[row, 0] / (shares[row, 0] + shares[row, 2]),
            outcome=(held_out.outcome[row] > 0).astype(np.float64),
            pair=held_out.pair[row],
            annotator=held_out.annotator[row],
            first=held_out.first[row],
            second=held_out.second[row],
            row=row,
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Forecasts":
        return Forecasts(*(getattr(self, name)[chosen] for name in Forecasts.__slots__))


def _too_few(n_even: int, n_decided: int) -> str:
    wanted = f"how far the probabilities can be trusted needs {FEWEST}"
    if n_even == n_decided:
        return (
            f"Only {n_decided} held-out judgments decide for an item; {wanted}. Judge more pairs, "
            "then fit again."
        )
    return (
        f"Of {n_decided:,} held-out judgments that decide for an item only {n_even} are of pairs "
        f"that were drawn evenly; {wanted}. Pairs chosen by a policy do not stand for all pairs: "
        "raise the share drawn at random in the study's settings, and judge more."
    )


def shares_of(model: str, data: StudyData, held_out: HeldOut, fitting: Fitting) -> Floats:
    """What a model says of the held-out judgments, fitted without them; shape (n_held_out, 3).

    The strengths are fitted as the settings ask for, also where `core.evaluation.held_out` has
    compared plain ones.

    Parameters
    ----------
    data : StudyData
        Whose comparisons are those that were held out, in their order.
    """
    as_compared: Floats = getattr(held_out, model)
    if model != "bradley_terry" or not differs(data, fitting):
        return as_compared
    shares = np.empty_like(as_compared)
    for part in np.unique(held_out.fold):
        rest = held_out.fold == part
        strengths, _ = parts.fit_plain(data.where(~rest), fitting, None)
        shares[rest] = strengths.outcome_probabilities(held_out.first[rest], held_out.second[rest])
    return shares


def differs(data: StudyData, fitting: Fitting) -> bool:
    """Whether the study's strengths are other ones than those from pairs and Davidson's ties."""
    return bool(
        data.answers
        or data.margins is not None
        or fitting.tie_model != "davidson"
        or parts.covariates(data, fitting)
    )


def said_or_why(figure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The figure, or the sentence that says why there is none."""
    try:
        return figure()
    except DiscernError as error:
        return {"why_not": str(error)}
