"""Measure the app and the fits, print the figures and write them to docs/benchmarks.md."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import app, fits
from tests.bench.table import machine, markdown

REPORT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
ABOUT_APP = (
    "A real server process on loopback, real websocket sessions without a browser: the time until "
    "painted comes on top. An answer counts from its sending until the server says that it is on "
    "disk and sends the next data. Memory is the resident set of the server process."
)
ABOUT_FITS = (
    f"{fits.N_ITEMS:,} items, {fits.N_COMPARISONS:,} simulated comparisons without ties, all in "
    f"one process and in turn; medians of {fits.N_ROUNDS} rounds. Ours starts from the comparisons "
    "and includes the covariance; the others start from their own input format and give strengths "
    "only. The last column is the time as a multiple of ours with a given prior scale; choix "
    "regularises differently, so its strengths differ."
)


def main() -> None:
    parts = ["# Benchmarks\n", machine(datetime.now(UTC))]
    with tempfile.TemporaryDirectory() as scratch:
        parts.append(markdown("The app", ABOUT_APP, app.measure(Path(scratch)), beside="wanted"))
    parts.append(markdown("Bradley-Terry", ABOUT_FITS, fits.measure(), beside="time of ours"))
    report = "\n".join([*parts, "Repeat with `make bench`.\n"])
    print(report)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
