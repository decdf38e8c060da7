"""Figures of all standing answers, worked out once for as long as no row is added."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

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
from core.agreement import (
    CODES,
    AgreementReport,
    Coefficient,
    GroupAgreement,
    Ratings,
    Scale,
    agreement_by_group,
    measure_agreement,
)
from core.annotator_models import AnnotatorModel
from core.annotator_report import LEFT, RIGHT, UNKNOWN, AnnotatorReports, Records, report_annotators
from core.ensembles import Ensemble
from core.estimates import Estimate
from core.judgment import Floats, Indices, ItemOutcome, Purpose
from core.study import Study
from storage import answers, gold
from storage.answers import OUTCOMES, PURPOSES, Answers
from storage.database import Database
from workbench import results
from workbench.opening import Workbench
from workbench.results import Result

#: Number of each outcome in `Answers.outcome` to its code in `CODES`; -1 for none.
CODE = np.array([CODES.get(outcome, -1) for outcome in OUTCOMES])
#: Answers that have no place on a scale from the one item to the other.
_FIRST, _SECOND, _TIE = (
    OUTCOMES.index(outcome) for outcome in (ItemOutcome.FIRST, ItemOutcome.SECOND, ItemOutcome.TIE)
)
#: Of these the reports of annotators are made; training is with feedback, opinions are reviews.
_REPORTED = [PURPOSES.index(p) for p in PURPOSES if p not in {Purpose.TRAINING, Purpose.OPINION}]
_GOLD = PURPOSES.index(Purpose.GOLD)
BOOTSTRAP = 1000
#: What is held beside what it is without one annotator.
SIDE_BY_SIDE = (Coefficient.PERCENT, Coefficient.KRIPPENDORFF, Coefficient.GWET)
#: People who must have said the same before a pair may become gold.
LEAST_UNANIMOUS = 3


By = Literal["prompt", "cohort", "week"]


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Answers within the overlap on one scale, oldest first; arrays have shape (n,).

    Attributes
    ----------
    values : ndarray, shape (n_categories,), or None
        What the categories stand for; None on the nominal scale.
    """

    unit: Indices
    annotator: Indices
    category: Indices
    n_categories: int
    values: Floats | None
    scale: Scale

    def ratings(self) -> Ratings:
        return _ratings(self)


@lru_cache(maxsize=4)
def _ratings(rated_answers: Rated) -> Ratings:
    return Ratings.of(
        rated_answers.unit,
        rated_answers.annotator,
        rated_answers.category,
        n_categories=rated_answers.n_categories,
    )


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


def answers_of(workbench: Workbench, study_id: str) -> Answers:
    """All standing answers about pairs, those beside the overlap too."""
    return _answers(workbench.db, study_id, answers.version(workbench.db))


@lru_cache(maxsize=3)
def _answers(db: Database, study_id: str, _version: tuple[int, ...]) -> Answers:
    return answers.of_study(db, study_id, beside=True)


@lru_cache(maxsize=3)
def within_overlap(given: Answers) -> Answers:
    """Answers that count for the overlap, skipped pairs left out."""
    inside = given.within_overlap()
    return inside.where(inside.answered)


@lru_cache(maxsize=8)
def rated(given: Answers, study: Study, scale: Scale) -> Rated:
    """Put answers on a scale; on ordered ones "both bad" and "cannot be ranked" have no place."""
    inside = within_overlap(given)
    if scale is Scale.NOMINAL:
        category = CODE[inside.outcome]
        allowed = [CODES[o] for o in map(_of_screen, study.settings.outcomes) if o in CODES]
        kinds = np.union1d(np.unique(category), allowed)
        place = np.searchsorted(kinds, category)
        return Rated(inside.unit, inside.annotator, place, len(kinds), None, scale)
    inside = inside.where(np.isin(inside.outcome, [_FIRST, _SECOND, _TIE]))
    sign = np.select([inside.outcome == _FIRST, inside.outcome == _SECOND], [1, -1], 0)
    most = max(study.settings.form.largest_grade, int(inside.margin.max(initial=0)), 1)
    said = sign * np.maximum(inside.margin, 1)
    values = np.arange(-most, most + 1, dtype=np.float64)
    return Rated(inside.unit, inside.annotator, said + most, len(values), values, scale)


def _of_screen(outcome: str) -> ItemOutcome:
    sides = {"left": ItemOutcome.FIRST, "right": ItemOutcome.SECOND}
    return sides.get(str(outcome)) or ItemOutcome(str(outcome))


@lru_cache(maxsize=16)
def agreement(rated_answers: Rated, n_rounds: int = 0) -> AgreementReport:
    """All coefficients; by bootstrap too where rounds are asked for."""
    return measure_agreement(
        rated_answers.ratings(),
        scale=rated_answers.scale,
        values=rated_answers.values,
        n_rounds=n_rounds,
    )


@lru_cache(maxsize=16)
def agreement_without(rated_answers: Rated, annotator: int) -> dict[Coefficient, Estimate]:
    """What is left of `SIDE_BY_SIDE` among everybody else, intervals by pair; nominal answers."""
    others = rated_answers.annotator != annotator
    columns = rated_answers.unit, rated_answers.annotator, rated_answers.category
    unit, person, category = (column[others] for column in columns)
    found = {}
    for which in SIDE_BY_SIDE:
        inside = agreement_by_group(
            np.zeros(len(unit), dtype=np.int64),
            unit,
            person,
            category,
            n_categories=rated_answers.n_categories,
            which=which,
        )
        if np.isfinite(inside.value).any():
            value, low, high = (float(part[0]) for part in (inside.value, inside.low, inside.high))
            found[which] = Estimate(value, low, high, int(inside.n_answers[0]))
    return found


@lru_cache(maxsize=16)
def agreement_inside(given: Answers, study: Study, by: By, which: Coefficient) -> GroupAgreement:
    """A coefficient (nominal) in each prompt, cohort or week; cohorts too small are left out."""
    inside, on_scale = within_overlap(given), rated(given, study, Scale.NOMINAL)
    group = inside.week
    if by == "prompt":
        group = inside.prompts[inside.first]
    elif by == "cohort":
        group = _large_cohorts(inside, study)[inside.annotator]
    known = group != UNKNOWN
    return agreement_by_group(
        group[known],
        on_scale.unit[known],
        on_scale.annotator[known],
        on_scale.category[known],
        n_categories=on_scale.n_categories,
        which=which,
    )


def _large_cohorts(inside: Answers, study: Study) -> Indices:
    """The cohort of everybody, `UNKNOWN` where too few of it have answered to be shown."""
    people = np.unique(inside.annotator)
    cohort = inside.cohort[people]
    n = np.bincount(cohort[cohort >= 0], minlength=len(inside.cohorts))
    shown = np.flatnonzero(n >= study.settings.fitting.smallest_group)
    return np.where(np.isin(inside.cohort, shown), inside.cohort, UNKNOWN)


def agreement_by_aspect(
    workbench: Workbench, study_id: str, which: Coefficient
) -> tuple[tuple[str, ...], GroupAgreement] | None:
    """A coefficient of each aspect (first, second or tie) and their names; None without any."""
    return _by_aspect(workbench.db, study_id, answers.version(workbench.db), which)


@lru_cache(maxsize=8)
def _by_aspect(
    db: Database, study_id: str, _version: tuple[int, ...], which: Coefficient
) -> tuple[tuple[str, ...], GroupAgreement] | None:
    found = answers.aspects_of(db, study_id)
    if not found:
        return None
    n = [len(one.outcome) for one in found.values()]
    first, second, annotator, outcome = (
        np.concatenate([getattr(one, name) for one in found.values()])
        for name in ("first", "second", "annotator", "outcome")
    )
    unit = first * (int(second.max()) + 1) + second
    inside = agreement_by_group(
        np.repeat(np.arange(len(n)), n), unit, annotator, CODE[outcome], n_categories=3, which=which
    )
    return tuple(found), inside


def reports(workbench: Workbench, study_id: str) -> tuple[Answers, AnnotatorReports]:
    """What is measured of every annotator; the number of a person is that of the answers.

    Raises
    ------
    NotDeterminedError
        If nobody has answered anything.
    """
    given = answers_of(workbench, study_id)
    result = results.latest(workbench, study_id)
    fit = None if result is None or result.annotators is None else result.fit.id
    return given, _reports(workbench, study_id, given, fit)


@lru_cache(maxsize=2)
def _reports(
    workbench: Workbench, study_id: str, given: Answers, fit: str | None
) -> AnnotatorReports:
    result = None if fit is None else results.latest(workbench, study_id)
    known = None if result is None else result.annotators
    model = None if known is None else _renumbered(*known, given)
    return report_annotators(_records(workbench.db, study_id, given), model)


def _renumbered(model: AnnotatorModel, ids: tuple[str, ...], given: Answers) -> AnnotatorModel:
    """The same people by their numbers in the answers."""
    number = {person: place for place, person in enumerate(given.annotator_ids)}
    places = [number[ids[known]] for known in model.annotators.tolist()]
    return replace(model, annotators=np.array(places, dtype=np.int64))


def _records(db: Database, study_id: str, given: Answers) -> Records:
    chosen = given.where(given.answered & np.isin(given.purpose, _REPORTED))
    category = CODE[chosen.outcome]
    right = {g.items: CODES.get(g.outcome, UNKNOWN) for g in gold.of_study(db, study_id)}
    place = {item: number for number, item in enumerate(given.items)}
    known = np.full(len(chosen), UNKNOWN)
    asked = chosen.purpose == _GOLD
    for items, code in right.items():
        if len(items) == 2 and set(items) <= set(place):  # noqa: PLR2004 - a pair
            first, second = (place[item] for item in items)
            known[asked & (chosen.first == first) & (chosen.second == second)] = code
    sided = (category == CODES[ItemOutcome.FIRST]) | (category == CODES[ItemOutcome.SECOND])
    left = (category == CODES[ItemOutcome.FIRST]) == (chosen.first_left == 1)
    screen = np.where(sided, np.where(left, LEFT, RIGHT), category)
    words = answers.words_of_items(db, study_id)
    return Records.of(
        chosen.annotator,
        chosen.unit,
        category,
        n_categories=len(CODES),
        screen=np.where(chosen.first_left == UNKNOWN, UNKNOWN, screen),
        seconds=chosen.seconds,
        words=words[chosen.first] + words[chosen.second],
        gold=known,
        items=(chosen.first, chosen.second),
    )


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
