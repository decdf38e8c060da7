"""The part of a fit about aspects: how strengths in each differ from what all have in common."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.estimates import NotDeterminedError
from core.fitting.contexts import evaluate_contexts, fit_contexts
from core.group_strengths import group_arrays
from core.judgment import Comparisons, Indices
from trainer import run_directory
from trainer.study_data import Details, StudyData, read_details

#: With fewer answers that decide for an item an aspect is not told apart.
LEAST_ANSWERS = 20
OVERALL = "overall answer"


def fit_aspects(
    data: StudyData, kept: NDArray[np.bool_], seed: int, directory: Path
) -> dict[str, Any] | None:
    """Strengths in each aspect, and whether knowing the aspect helps; None where none was asked.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_comparisons,)
        What no figure of a model is made from.
    """
    details = read_details(directory)
    if not details.aspects:
        return None
    names, answers, context = stacked(data.comparisons, details)
    if len(names) < 2:  # noqa: PLR2004, one is not different from itself
        raise NotDeterminedError(
            f"Whether aspects differ needs {LEAST_ANSWERS} answers that decide for an item, both "
            "overall and of an aspect. Judge more pairs first."
        )
    model = fit_contexts(answers, context)
    run_directory.write_arrays(directory / run_directory.ASPECTS, group_arrays(model))
    report = {
        "aspects": names,
        "n_people": model.n_people.tolist(),
        "n_judgments": model.n_judgments.tolist(),
        "spread": model.spread,
        "log_evidence_gain": model.log_evidence_gain,
    }
    _, scored, of_scored = stacked(data.comparisons.where(~kept), details.where(~kept), names)
    try:
        difference = evaluate_contexts(scored, of_scored, seed=seed)
    except DiscernError as error:
        return report | {"difference": None, "why": str(error)}
    return report | {"difference": asdict(difference), "n_scored": len(scored)}


def stacked(
    comparisons: Comparisons, details: Details, names: list[str] | None = None
) -> tuple[list[str], Comparisons, Indices]:
    """Answers that decide for an item, overall and by aspect, one below the other.

    Returns
    -------
    names : list of str
        The overall answer and the aspects with enough answers, unless they were given.
    Comparisons
    ndarray of int64, shape (n_answers,)
        The place of each answer's aspect in the names.
    """
    said = {OVERALL: comparisons.outcome}
    said |= {name: marks.astype(np.int64) for name, marks in details.aspects.items()}
    if names is None:
        names = [name for name, of in said.items() if np.count_nonzero(of) >= LEAST_ANSWERS]
    rows = [np.flatnonzero(said[name]) for name in names]
    place = np.concatenate([np.empty(0, dtype=np.int64), *rows])
    outcome = [said[name][of] for name, of in zip(names, rows, strict=True)]
    answers = replace(
        comparisons,
        first=comparisons.first[place],
        second=comparisons.second[place],
        outcome=np.concatenate([np.empty(0, dtype=np.int64), *outcome]),
        annotator=comparisons.annotator[place],
    )
    context = np.repeat(np.arange(len(names)), [len(of) for of in rows])
    return names, answers, context
