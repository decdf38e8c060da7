"""Measure the app and the fits, print the figures and write them to docs/benchmarks.md."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import annotators_fit, app, bradley_terry, general, interval_coverage
from tests.bench.table import machine, markdown

REPORT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
ABOUT_APP = (
    "A real server process on loopback, real websocket sessions without a browser: the time until "
    "painted comes on top. An answer counts from its sending until the server says that it is on "
    "disk and sends the next data. Memory is the resident set of the server process."
)
ABOUT_FITS = (
    f"Simulated comparisons without ties, medians of {bradley_terry.N_ROUNDS} rounds in turn in "
    "one process; compiled before. All look for the most likely strengths (under a prior so weak "
    "that it does not matter); what each misses of the highest log-likelihood stands beside it, in "
    "nats a comparison. Ours starts from the comparisons, the others from their own input format. "
    "A warm refit starts from the last fit and keeps its prior scale, which a cold one finds; from "
    "pair counts, both start from what the store has added up by pair. The largest is fitted in "
    "a process of its own, in turn with the other: the ratio is the median of "
    f"{bradley_terry.N_LARGE}; memory is the highest of that process."
)
ABOUT_INTERVALS = (
    f"{interval_coverage.N_STUDIES} simulated studies of {interval_coverage.N_ITEMS} items and "
    f"{interval_coverage.N_JUDGMENTS} judgments each, strengths normal with scale 1; the taste of "
    "people, where they differ, too."
)


def main() -> None:
    parts = ["# Benchmarks\n", machine(datetime.now(UTC))]
    with tempfile.TemporaryDirectory() as scratch:
        parts.append(markdown("The app", ABOUT_APP, app.measure(Path(scratch)), beside="wanted"))
    fits, intervals = bradley_terry.measure(), interval_coverage.measure()
    parts.append(markdown("Bradley-Terry", ABOUT_FITS, fits, beside="time of ours"))
    parts.append(markdown("Intervals", ABOUT_INTERVALS, intervals, beside="wanted"))
    for title, of in (("General preference model", general), ("Annotators", annotators_fit)):
        parts.append(markdown(title, of.ABOUT, of.measure(), beside="wanted"))
    report = "\n".join([*parts, "Repeat with `make bench`.\n"])
    print(report)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
