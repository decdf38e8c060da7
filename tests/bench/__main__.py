"""Measure, print, and write docs/benchmarks.md: python -m tests.bench [PART ...].

Without a name all parts are measured, which takes the better part of an hour on two cores; with
names only these, and the others stay in the file as they were.
"""

import importlib
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.table import machine, markdown

REPORT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
FOOTER = "Repeat with `make bench`.\n"
#: Each part: its module below tests.bench, its heading, and what stands beside a figure.
PARTS = (
    ("app", "The app", "wanted"),
    ("dashboards", "Dashboards", "wanted"),
    ("bradley_terry", "Bradley-Terry", "time of ours"),
    ("interval_coverage", "Intervals", "wanted"),
    ("general", "General preference model", "wanted"),
    ("general_truth", "General preference model, planes as in the truth", "wanted"),
    ("annotators_fit", "Annotators", "wanted"),
    ("contexts", "Contexts", "wanted"),
    ("text", "Texts", "rate of TRL"),
    ("acquisition", "Choosing pairs", "wanted"),
    ("calibration", "Calibration", "wanted"),
    ("agreement", "Agreement", "wanted"),
    ("strength_changes", "Changes of strengths", "wanted"),
    ("coverage", "Coverage", "wanted"),
    ("value_graph", "Value graph", "wanted"),
)
#: These are given a folder for the data of the servers that they start.
WITH_A_SERVER = ("app", "dashboards")


def measure(name: str, title: str, beside: str) -> str:
    """One part as a section of the report, with the machine that it was measured on."""
    part = importlib.import_module(f"tests.bench.{name}")
    with tempfile.TemporaryDirectory() as scratch:
        rows = part.measure(Path(scratch)) if name in WITH_A_SERVER else part.measure()
    section = markdown(title, part.ABOUT, rows, beside=beside)
    return f"{section.rstrip()}\n\n{machine(datetime.now(UTC)).strip()}\n"


def sections(report: str) -> dict[str, str]:
    """The sections of a report by their headings."""
    parts = re.split(r"(?m)^## ", report.removesuffix(FOOTER))[1:]
    return {part.partition("\n")[0]: f"## {part.strip()}\n" for part in parts}


def main(names: list[str]) -> None:
    unknown = set(names) - {name for name, _, _ in PARTS}
    if unknown:
        sys.exit(f"There is no part {', '.join(sorted(unknown))}: {[name for name, _, _ in PARTS]}")
    known = sections(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    for name, title, beside in PARTS:
        if not names or name in names:
            known[title] = measure(name, title, beside)
            print(known[title], flush=True)
            ordered = [known[title] for _, title, _ in PARTS if title in known]
            text = "\n".join(["# Benchmarks\n", *ordered, FOOTER])
            REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
