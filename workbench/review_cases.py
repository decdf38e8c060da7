"""Pairs to look at again, and pairs about which all say the same: worked out once for all rows."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.adjudication import (
    Case,
    Division,
    Gold,
    PreferenceStrengths,
    Strength,
    divided_units,
    gold_from_unanimous,
    preference_strengths,
    queue,
)
from core.agreement import Scale
from core.annotator_models import AnnotatorModel
from core.annotator_report import UNKNOWN
from core.ensembles import Ensemble
from core.judgment import Indices, ItemOutcome
from core.study import Study
from storage.answers import OUTCOMES, Answers
from workbench import results
from workbench.dashboards import answers_of, rated, within_overlap
from workbench.opening import Workbench
from workbench.results import Result

_FIRST, _SECOND = (OUTCOMES.index(outcome) for outcome in (ItemOutcome.FIRST, ItemOutcome.SECOND))
#: People who must have said the same before a pair may become gold.
LEAST_UNANIMOUS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """What is to be looked at again.

    Attributes
    ----------
    made_from : str
        Which fits spoke, in words; empty: only people did.
    """

    cases: tuple[Case, ...]
    unanimous: Gold
    division: Division
    made_from: str


def cases(workbench: Workbench, study: Study) -> Cases:
    """The most divided and most suspicious pairs, and those about which all say the same.

    Raises
    ------
    NotDeterminedError
        If nobody has answered anything.
    """
    given = answers_of(workbench, study.id)
    result = results.latest(workbench, study.id)
    return _cases(workbench, study, given, None if result is None else result.fit.id)


@lru_cache(maxsize=2)
def _cases(workbench: Workbench, study: Study, given: Answers, fit: str | None) -> Cases:
    inside = within_overlap(given)
    ratings = rated(given, study, Scale.NOMINAL).ratings()
    ratings.check_pairable()
    division = divided_units(ratings)
    result = None if fit is None else results.latest(workbench, study.id)
    rows, strengths, made_from = _strengths(inside, result)
    listed = queue(division, inside.unit[rows], rows, strengths)
    against: Indices = np.empty(0, dtype=np.int64)
    if strengths is not None:
        wrong = np.array([kind is Strength.INCORRECT for kind in strengths.kinds], dtype=np.bool_)
        against = np.unique(inside.unit[rows[wrong]])
    sure = gold_from_unanimous(ratings, least=LEAST_UNANIMOUS, against=against)
    return Cases(listed, sure, division, made_from)


def _strengths(
    inside: Answers, result: Result | None
) -> tuple[Indices, PreferenceStrengths | None, str]:
    """How far the fits side with each kind of answer about each pair: one row for each."""
    nothing = np.empty(0, dtype=np.int64), None, ""
    if result is None or (result.ensemble is None and result.annotators is None):
        return nothing
    model = result.ensemble if result.ensemble is not None else result.annotators[0]  # type: ignore[index]
    place = {item: number for number, item in enumerate(model.items)}
    number = np.array([place.get(item, UNKNOWN) for item in inside.items], dtype=np.int64)
    first, second = number[inside.first], number[inside.second]
    chosen = np.isin(inside.outcome, [_FIRST, _SECOND]) & (first >= 0) & (second >= 0)
    if isinstance(model, Ensemble):
        chosen &= model.component[first] == model.component[second]
    candidates = np.flatnonzero(chosen)
    keys = inside.unit[candidates] * 2 + (inside.outcome[candidates] == _FIRST)
    rows = candidates[np.unique(keys, return_index=True)[1]]
    sign = np.where(inside.outcome[rows] == _FIRST, 1, -1).astype(np.int64)
    if isinstance(model, Ensemble):
        odds = model.members_log_odds(first[rows], second[rows])
        return rows, preference_strengths(odds, sign), f"ensemble of {model.n_members} fits"
    return rows, _of_annotators(model, first[rows], second[rows], sign), "model of annotators"


def _of_annotators(
    model: AnnotatorModel, first: Indices, second: Indices, sign: Indices
) -> PreferenceStrengths:
    """The same from the posterior of the model that knows annotators, as normal."""
    from scipy.special import ndtr  # here, as scipy takes long to import

    mean = sign * (model.strengths[first] - model.strengths[second])
    between = model.covariance.between
    variance = (between(first, first) + between(second, second))[:, 0, 0]
    variance = variance - 2 * between(first, second)[:, 0, 0]
    sd = np.sqrt(np.maximum(variance, 1e-12))
    return PreferenceStrengths(mean, sd, ndtr(mean / sd))
