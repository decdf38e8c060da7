"""Figures of all standing answers, worked out once for each snapshot of them."""

import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from core.agreement import (
    CODES,
    AgreementReport,
    Coefficient,
    GroupAgreement,
    PairKappas,
    Ratings,
    Scale,
    Weighing,
    Without,
    agreement_by_group,
    agreement_without,
    measure_agreement,
    pair_kappas,
)
from core.annotator_models import AnnotatorModel
from core.annotator_report import (
    LEFT,
    RIGHT,
    UNKNOWN,
    AnnotatorReports,
    Records,
    Scored,
    report_annotators,
)
from core.judgment import Floats, Indices, ItemOutcome, Purpose
from core.study import Study
from storage import answers, gold, studies
from storage.answers import OUTCOMES, PURPOSES, Answers, AspectAnswers
from storage.database import Database
from workbench import results
from workbench.opening import Workbench

#: Number of each outcome in `Answers.outcome` to its code in `CODES`; -1 for none.
CODE = np.array([CODES.get(outcome, -1) for outcome in OUTCOMES])
#: Answers that have no place on a scale from the one item to the other.
_FIRST, _SECOND, _TIE = (
    OUTCOMES.index(outcome) for outcome in (ItemOutcome.FIRST, ItemOutcome.SECOND, ItemOutcome.TIE)
)
#: In the order of a scale from the second item to the first.
ORDERED = [_SECOND, _TIE, _FIRST]
#: Of these the reports of annotators are made; training is with feedback, opinions are reviews.
_REPORTED = [p for p in PURPOSES if p not in {Purpose.TRAINING, Purpose.OPINION}]
BOOTSTRAP = 1000
#: A snapshot is kept for as many seconds as its largest table has so many rows: of a hundred
#: thousand answers for five seconds, of a million for fifty; of a few it is always the newest.
ROWS_A_SECOND = 20_000
#: What is held beside what it is without one annotator.
SIDE_BY_SIDE = (Coefficient.PERCENT, Coefficient.KRIPPENDORFF, Coefficient.GWET)
By = Literal["prompt", "cohort", "week"]


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Answers within the overlap on one scale, oldest first; arrays have shape (n,).

    Attributes
    ----------
    values : ndarray, shape (n_categories,), or None
        What the categories stand for; None on the nominal scale.
    row : ndarray of int64, shape (n,)
        Place of each answer in `within_overlap`.
    """

    unit: Indices
    annotator: Indices
    category: Indices
    n_categories: int
    values: Floats | None
    scale: Scale
    row: Indices

    def ratings(self) -> Ratings:
        return _ratings(self)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A coefficient on a scale, with the intervals of `agreement_by_group`."""

    which: Coefficient
    scale: Scale = Scale.NOMINAL
    n_rounds: int = 0
    n_lowest: int | None = None


@lru_cache(maxsize=4)
def _ratings(rated_answers: Rated) -> Ratings:
    return Ratings.of(
        rated_answers.unit,
        rated_answers.annotator,
        rated_answers.category,
        n_categories=rated_answers.n_categories,
    )


def answers_of(workbench: Workbench, study_id: str) -> Answers:
    """All standing answers about pairs, those beside the overlap too; `as_of` says since when."""
    return _answers(workbench.db, study_id, _version(workbench.db))


def _version(db: Database) -> tuple[int, ...]:
    """What all figures are made from: that of the database, or what it was a moment ago.

    While people judge, every look at a dashboard would else work everything out anew, beside them.
    """
    with _lock:
        held = _held.get(db)
        if held is not None and time.monotonic() < held.until:
            return held.version
        fresh = answers.version(db)
        if held is None or fresh != held.version:
            until = time.monotonic() + max(fresh) / ROWS_A_SECOND
            _held[db] = held = _Held(fresh, until)
        return held.version


@dataclass(frozen=True, slots=True)
class _Held:
    version: tuple[int, ...]
    until: float


_held: "weakref.WeakKeyDictionary[Database, _Held]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


@lru_cache(maxsize=3)
def _answers(db: Database, study_id: str, _version: tuple[int, ...]) -> Answers:
    return answers.of_study(db, study_id, beside=True)


@lru_cache(maxsize=3)
def drawn_evenly(given: Answers) -> Answers:
    """Answers about pairs that were chosen without regard to answers: they stand for all pairs."""
    return given if given.evenly.all() else given.where(given.evenly == 1)


@lru_cache(maxsize=6)
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
        row = np.arange(len(inside))
        return Rated(inside.unit, inside.annotator, place, len(kinds), None, scale, row)
    placed = np.isin(inside.outcome, ORDERED)
    row, inside = np.flatnonzero(placed), inside.where(placed)
    sign = np.select([inside.outcome == _FIRST, inside.outcome == _SECOND], [1, -1], 0)
    most = max(study.settings.form.largest_grade, int(inside.margin.max(initial=0)), 1)
    said = sign * np.maximum(inside.margin, 1)
    values = np.arange(-most, most + 1, dtype=np.float64)
    return Rated(inside.unit, inside.annotator, said + most, len(values), values, scale, row)


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
def without(rated_answers: Rated, annotator: int) -> dict[Coefficient, Without]:
    """`SIDE_BY_SIDE` among everybody else, as far as they are determined."""
    ratings = rated_answers.ratings()
    weighing = Weighing.of(rated_answers.scale, ratings.n_categories, rated_answers.values)
    found = {
        which: agreement_without(ratings, annotator, which, weighing) for which in SIDE_BY_SIDE
    }
    return {which: one for which, one in found.items() if one is not None}


@lru_cache(maxsize=4)
def kappas(rated_answers: Rated) -> PairKappas:
    """Cohen's kappa of every two people who judged enough of the same pairs.

    Raises
    ------
    NotDeterminedError
        If there are none.
    """
    ratings = rated_answers.ratings()
    weighing = Weighing.of(rated_answers.scale, ratings.n_categories, rated_answers.values)
    return pair_kappas(ratings, weighing)


@lru_cache(maxsize=16)
def agreement_inside(given: Answers, study: Study, by: By, wanted: Wanted) -> GroupAgreement:
    """A coefficient in each prompt, cohort or week; cohorts too small are left out."""
    inside, on_scale = within_overlap(given), rated(given, study, wanted.scale)
    group = inside.week
    if by == "prompt":
        group = inside.prompts[inside.first]
    elif by == "cohort":
        group = _large_cohorts(inside, study)[inside.annotator]
    group = group[on_scale.row]
    known = group != UNKNOWN
    return agreement_by_group(
        group[known],
        on_scale.unit[known],
        on_scale.annotator[known],
        on_scale.category[known],
        n_categories=on_scale.n_categories,
        values=on_scale.values,
        **asdict(wanted),
    )


def _large_cohorts(inside: Answers, study: Study) -> Indices:
    """The cohort of everybody, `UNKNOWN` where too few of it have answered to be shown."""
    people = np.unique(inside.annotator)
    cohort = inside.cohort[people]
    n = np.bincount(cohort[cohort >= 0], minlength=len(inside.cohorts))
    shown = np.flatnonzero(n >= study.settings.fitting.smallest_group)
    return np.where(np.isin(inside.cohort, shown), inside.cohort, UNKNOWN)


def agreement_by_aspect(
    workbench: Workbench, study_id: str, wanted: Wanted, *, evenly: bool = False
) -> tuple[tuple[str, ...], GroupAgreement] | None:
    """A coefficient of each aspect (first, tie or second) and their names; None without any."""
    asked = _aspects(workbench.db, study_id, _version(workbench.db))
    return None if asked is None else (asked.names, _by_aspect(asked, wanted, evenly=evenly))


@dataclass(frozen=True, slots=True, eq=False)
class _Aspects:
    """What was said of all aspects, one after the other."""

    names: tuple[str, ...]
    aspect: Indices
    said: AspectAnswers


@lru_cache(maxsize=2)
def _aspects(db: Database, study_id: str, _version: tuple[int, ...]) -> _Aspects | None:
    found = answers.aspects_of(db, study_id)
    if not found:
        return None
    columns = (
        np.concatenate([getattr(one, each.name) for one in found.values()])
        for each in fields(AspectAnswers)
    )
    aspect = np.repeat(np.arange(len(found)), [len(one.outcome) for one in found.values()])
    return _Aspects(tuple(found), aspect, AspectAnswers(*columns))


@lru_cache(maxsize=8)
def _by_aspect(asked: _Aspects, wanted: Wanted, *, evenly: bool) -> GroupAgreement:
    said = asked.said
    kept = (said.evenly == 1) | (not evenly)
    unit = said.first * (int(said.second.max()) + 1) + said.second
    place = np.zeros(len(OUTCOMES), dtype=np.int64)
    place[ORDERED] = np.arange(len(ORDERED))
    return agreement_by_group(
        asked.aspect[kept],
        unit[kept],
        said.annotator[kept],
        place[said.outcome][kept],
        n_categories=len(ORDERED),
        values=np.array([-1.0, 0.0, 1.0]),
        **asdict(wanted),
    )


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
    reported = [PURPOSES.index(purpose) for purpose in _REPORTED]
    chosen = given.where(given.answered & np.isin(given.purpose, reported))
    category = CODE[chosen.outcome]
    sided = (category == CODES[ItemOutcome.FIRST]) | (category == CODES[ItemOutcome.SECOND])
    left = (category == CODES[ItemOutcome.FIRST]) == (chosen.first_left == 1)
    screen = np.where(sided, np.where(left, LEFT, RIGHT), category)
    words = answers.words_of_items(db, study_id)
    number = {person: place for place, person in enumerate(given.annotator_ids)}
    beside = answers.about_no_pair(db, study_id, _REPORTED)
    return Records.of(
        chosen.annotator,
        chosen.unit,
        category,
        n_categories=len(CODES),
        screen=np.where(chosen.first_left == UNKNOWN, UNKNOWN, screen),
        seconds=chosen.seconds,
        words=words[chosen.first] + words[chosen.second],
        items=(chosen.first, chosen.second),
        gold=_scored(db, study_id, number),
        beside=np.repeat([number[person] for person in beside], list(beside.values())).astype(int),
    )


def _scored(db: Database, study_id: str, number: Mapping[str, int]) -> Scored:
    """Answers to gold of any form, each with how far it is right."""
    asked = gold.answers(db, study_id, (Purpose.GOLD,))
    form = studies.get(db, study_id).settings.form.kind
    rows = [
        (number[person], known.score(said, form))
        for known in gold.of_study(db, study_id)
        for person, said in asked.get(known.items, ())
    ]
    people, scores = [person for person, _ in rows], [score for _, score in rows]
    return Scored(np.array(people, dtype=np.int64), np.array(scores, dtype=np.float64))
