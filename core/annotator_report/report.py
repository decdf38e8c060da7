"""All figures of all annotators at once, and those of one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.annotator_models import AnnotatorModel
from core.annotator_report import known_answers, others, screen, streaks
from core.annotator_report.flags import Flags, flag
from core.annotator_report.measures import Measure
from core.annotator_report.records import Measured, Records
from core.estimates import Estimate, NotDeterminedError
from core.judgment import Indices


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one annotator.

    Attributes
    ----------
    p_value : float or None
        None: not tested.
    is_reason : bool
        Whether this alone is enough to look at the annotator.
    """

    measure: Measure
    estimate: Estimate
    p_value: float | None
    is_reason: bool


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatorReports:
    """Figures of everybody; arrays have shape (n_annotators,).

    Attributes
    ----------
    annotators : ndarray of int64
        The number that was given for each person, ascending.
    measured : mapping of Measure to Measured
    flags : Flags
    """

    annotators: Indices
    n_judgments: Indices
    measured: Mapping[Measure, Measured]
    flags: Flags

    def lines(self, annotator: int) -> tuple[Line, ...]:
        """What is known of one annotator; figures without any data are left out.

        Raises
        ------
        NotDeterminedError
            If this person has not judged anything.
        """
        place = int(np.searchsorted(self.annotators, annotator))
        if place == len(self.annotators) or self.annotators[place] != annotator:
            raise NotDeterminedError(
                f"Annotator {annotator} has not judged anything yet, so that there is no report."
            )
        reasons = self.flags.reasons[place]
        return tuple(
            _line(measure, measured, place, is_reason=measure in reasons)
            for measure, measured in self.measured.items()
            if measured.n[place] > 0 and not np.isnan(measured.value[place])
        )


def report_annotators(
    records: Records, model: AnnotatorModel | None = None, *, level: float = 0.95
) -> AnnotatorReports:
    """Measure every annotator, and choose whom to look at.

    Parameters
    ----------
    records : Records
        Oldest first.
    model : AnnotatorModel or None
        Its scales, and its test of honesty; the number of a person is that of the records.

    Raises
    ------
    NotDeterminedError
        If there is no answer.
    """
    if records.n_annotators == 0:
        raise NotDeterminedError("Nobody has judged anything yet. Reports need judgments first.")
    measured = {Measure.GOLD: known_answers.gold_accuracy(records, level)}
    if len(records):
        measured = _of_pairs(records, level) | measured
    if model is not None:
        measured[Measure.MODEL] = _scales(model, records, level)
    measured = {what: measured[what] for what in Measure if what in measured}
    tests = {what: part.p_value for what, part in measured.items() if part.p_value is not None}
    judged = records.n_judgments
    return AnnotatorReports(records.annotators, judged, measured, flag(tests, judged))


def _of_pairs(records: Records, level: float) -> dict[Measure, Measured]:
    n = records.n_annotators
    rows, seconds = others.WithOthers.of(records), screen.median_seconds(records, level)
    return {
        Measure.OTHERS: others.with_others(rows, n, level),
        Measure.CONSENSUS: others.with_consensus(records, level),
        Measure.SELF_CONSISTENCY: known_answers.self_consistency(records, level),
        Measure.SIDE: screen.side_bias(records, level),
        Measure.STREAK: streaks.longest_streak(records, level),
        Measure.TURNS: screen.turns(records),
        Measure.ENTROPY: screen.entropy(records, level),
        Measure.SECONDS: seconds,
        Measure.PACE: screen.pace(records, level),
        Measure.TOO_FAST: screen.too_fast(records, level),
        Measure.RUSHED: screen.rushed(records, seconds.value, level),
        Measure.DRIFT: others.drift(rows, n, level),
    }


def _scales(model: AnnotatorModel, records: Records, level: float) -> Measured:
    """The model's scale of everybody whom it knows: 1 average, 0 careless, below 0 inverted."""
    low, high = model.scale_interval(level)
    value, lower, upper, p_value = np.full((4, records.n_annotators), np.nan)
    n = np.zeros(records.n_annotators, dtype=np.int64)
    _, here, there = np.intersect1d(records.annotators, model.annotators, return_indices=True)
    value[here], lower[here], upper[here] = model.scale[there], low[there], high[there]
    n[here] = model.n_judgments[there]
    if model.suspicions is not None:
        p_value[here] = model.suspicions.p_value[there]
    return Measured(value, lower, upper, n, p_value)


def _line(measure: Measure, measured: Measured, place: int, *, is_reason: bool) -> Line:
    estimate = Estimate(
        float(measured.value[place]),
        float(measured.low[place]),
        float(measured.high[place]),
        int(measured.n[place]),
    )
    p_value = None if measured.p_value is None else float(measured.p_value[place])
    tested = p_value is not None and not np.isnan(p_value)
    return Line(measure, estimate, p_value if tested else None, is_reason)
