"""One annotator's report: agreement, gold, consistency, sides, speed, drift; whom to look at."""

from core.annotator_report.flags import Flags, flag
from core.annotator_report.measures import Measure
from core.annotator_report.records import LEFT, RIGHT, UNKNOWN, Measured, Records, Scored
from core.annotator_report.report import AnnotatorReports, Line, report_annotators
from core.annotator_report.without import SideBySide, side_by_side

__all__ = [
    "LEFT",
    "RIGHT",
    "UNKNOWN",
    "AnnotatorReports",
    "Flags",
    "Line",
    "Measure",
    "Measured",
    "Records",
    "Scored",
    "SideBySide",
    "flag",
    "report_annotators",
    "side_by_side",
]
