"""A model's figures in parts of the judgments: where it can be trusted, and where not."""

from dataclasses import asdict
from typing import Any

import numpy as np

from core.calibration import Stratum, by_stratum, margin_strata
from core.calibration.forecasts import equal_bins, said_of_the_better
from core.estimates import NotDeterminedError
from core.judgment import Floats, Indices
from core.scores import HeldOut
from core.study import Fitting
from trainer.quality.forecasts import FEWEST, Forecasts, said_or_why
from trainer.study_data import Details, StudyData

#: Prompts that are needed to tell hard ones from easy ones, and parts of them.
FEWEST_PROMPTS, PARTS_OF_PROMPTS = 6, 3
#: An item judged less often than this, or than that, elsewhere is hardly, or little, known.
HARDLY, LITTLE = 5, 20
KNOWN = (
    f"outside: an item judged < {HARDLY} times",
    f"an item judged {HARDLY} to {LITTLE - 1} times",
    f"within: both judged {LITTLE} times or more",
)


def by_part(
    given: Forecasts, data: StudyData, held_out: HeldOut, details: Details, fitting: Fitting
) -> dict[str, Any]:
    """Figures by how sure the model is, aspect, cohort, how hard prompts are, and what is known.

    Parameters
    ----------
    data, held_out, details
        Row by row the same comparisons.
    fitting : Fitting
        Cohorts with fewer people who judged than its smallest group are not shown.
    """
    return {
        "sureness": said_or_why(lambda: _sureness(given)),
        "aspects": said_or_why(lambda: _aspects(given, details)),
        "cohorts": said_or_why(lambda: _cohorts(given, data, fitting.smallest_group)),
        "prompts": said_or_why(lambda: _prompts(given, data)),
        "known": said_or_why(lambda: _known(given, held_out)),
    }


def _parts(given: Forecasts, stratum: Indices, names: tuple[str, ...]) -> dict[str, Any]:
    """Those with enough judgments, and how many were too small."""
    size = np.bincount(stratum[stratum >= 0], minlength=len(names))
    large = (size >= FEWEST)[stratum] & (stratum >= 0)
    if not large.any():
        raise NotDeterminedError(
            f"No part has {FEWEST} held-out judgments that decide for an item. Judge more pairs."
        )
    found = by_stratum(
        given.probability, given.outcome, given.pair, np.where(large, stratum, -1), names
    )
    return _said(found, int(((size > 0) & (size < FEWEST)).sum()))


def _said(found: tuple[Stratum, ...], n_left_out: int) -> dict[str, Any]:
    return {"parts": [asdict(part) for part in found], "n_left_out": n_left_out}


def _sureness(given: Forecasts) -> dict[str, Any]:
    return _parts(given, *margin_strata(given.probability))


def _aspects(given: Forecasts, details: Details) -> dict[str, Any]:
    """The same forecasts held against what people said of each aspect, where they preferred one."""
    if not details.aspects:
        raise NotDeterminedError(
            "Nobody was asked about aspects. Name some in the form of the question to see which of "
            "them the overall forecast foretells."
        )
    answers: dict[str, Floats] = {"overall": 2 * given.outcome - 1}
    answers |= {name: said[given.row] for name, said in details.aspects.items()}
    found: list[Stratum] = []
    for name, said in answers.items():
        told = said != 0
        if told.sum() >= FEWEST:
            part = given.where(told)
            nothing = np.zeros(len(part.row), dtype=np.int64)
            outcome = (said[told] > 0).astype(np.float64)
            found += by_stratum(part.probability, outcome, part.pair, nothing, (name,))
    return _said(tuple(found), len(answers) - len(found))


def _cohorts(given: Forecasts, data: StudyData, smallest: int) -> dict[str, Any]:
    judging = np.unique(data.comparisons.annotator)
    size = np.bincount(data.cohort[judging] + 1, minlength=len(data.cohorts) + 1)[1:]
    kept = np.flatnonzero(size >= smallest)
    cohort = data.cohort[given.annotator]
    stratum = np.where(np.isin(cohort, kept), cohort, -1)
    if not (stratum >= 0).any():
        raise NotDeterminedError(
            f"No cohort has {smallest} people or more who judged. Name cohorts on the page People, "
            "or invite more."
        )
    found = _parts(given, stratum, data.cohorts)
    return found | {"n_left_out": found["n_left_out"] + int(((size > 0) & (size < smallest)).sum())}


def _prompts(given: Forecasts, data: StudyData) -> dict[str, Any]:
    """Prompts in thirds by how sure the model is of their pairs on average.

    Said by the forecasts alone: sorted by what people answered, a prompt would be hard because it
    went wrong.
    """
    prompt = data.comparisons.prompts[given.first]
    numbers, place = np.unique(prompt, return_inverse=True)
    if len(numbers) < FEWEST_PROMPTS:
        raise NotDeterminedError(
            f"Hard prompts are told from easy ones where {FEWEST_PROMPTS} or more have held-out "
            f"judgments, here {len(numbers)} have. Judge pairs of more prompts."
        )
    sure, _ = said_of_the_better(given.probability, given.outcome)
    mean = np.bincount(place, sure) / np.bincount(place)
    stratum = equal_bins(mean[place], PARTS_OF_PROMPTS)
    names = tuple(
        f"{word}: {len(np.unique(place[stratum == number])):,} prompts, "
        f"{sure[stratum == number].mean():.0%} sure"
        for number, word in enumerate(_words(int(stratum.max()) + 1))
    )
    return _parts(given, stratum, names)


def _words(n_parts: int) -> tuple[str, ...]:
    return {1: ("all",), 2: ("hard", "easy")}.get(n_parts, ("hard", "middling", "easy"))


def _known(given: Forecasts, held_out: HeldOut) -> dict[str, Any]:
    """By how often the less known of the two items was judged in the parts that were learned from.

    A model that knows items by their judgments alone can say nothing of an item without any.
    """
    n_items = int(held_out.second.max()) + 1
    n_folds = int(held_out.fold.max()) + 1
    items = np.concatenate([held_out.first, held_out.second])
    folds = np.concatenate([held_out.fold, held_out.fold])
    inside = np.bincount(folds * n_items + items, minlength=n_folds * n_items)
    inside = inside.reshape(n_folds, n_items)
    elsewhere = inside.sum(axis=0) - inside
    fold = held_out.fold[given.row]
    fewest = np.minimum(elsewhere[fold, given.first], elsewhere[fold, given.second])
    return _parts(given, np.digitize(fewest, (HARDLY, LITTLE)), KNOWN)
