"""A person's own report: how much, how consistent, how long. Never anything of others."""

import math

from core.estimates import Estimate
from core.own_report import OwnReport, own_report
from storage import own_answers
from storage.database import Database
from ui.messages import say, say_number

Line = dict[str, str]


def lines(db: Database, study_id: str, person_id: str) -> list[Line]:
    """What the report says, each line a label and its value."""
    report = own_report(own_answers.of_person(db, study_id, person_id))
    return [
        {"label": say("Answers"), "value": f"{report.n_answered:,}"},
        {"label": say("Skipped"), "value": f"{report.n_skipped:,}"},
        {"label": say("Same answer when asked again"), "value": _consistency(report)},
        {"label": say("Median time of an answer"), "value": _duration(report)},
    ]


def _consistency(report: OwnReport) -> str:
    share = report.consistency
    if share is None:
        return say("Nothing was asked twice yet.")
    return say_number(
        "{percent} % of {n} question (95 % interval {low} to {high} %)",
        "{percent} % of {n} questions (95 % interval {low} to {high} %)",
        share.n,
        percent=round(100 * share.value),
        low=math.floor(100 * share.low),
        high=math.ceil(100 * share.high),
    )


def _duration(report: OwnReport) -> str:
    median = report.median_seconds
    if median is None:
        return say("No answer was timed yet.")
    if math.isinf(median.high) or math.isinf(median.low):
        return say_number(
            "{seconds} s ({n} answer; too few for an interval)",
            "{seconds} s ({n} answers; too few for an interval)",
            median.n,
            seconds=_rounded(median.value),
        )
    return _with_interval(median)


def _with_interval(median: Estimate) -> str:
    return say_number(
        "{seconds} s ({n} answer; 95 % interval {low} to {high} s)",
        "{seconds} s ({n} answers; 95 % interval {low} to {high} s)",
        median.n,
        seconds=_rounded(median.value),
        low=_rounded(median.low),
        high=_rounded(median.high),
    )


def _rounded(seconds: float) -> str:
    return f"{seconds:.1f}"
