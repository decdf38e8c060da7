"""Figures with what they were measured on, as Markdown."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psutil

PACKAGES = (
    "streamlit", "duckdb", "numpy", "scipy", "numba", "scikit-learn", "torch", "transformers",
    "trl", "evalica", "uvicorn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, and what to hold it against: what is wanted, or how it compares."""

    what: str
    measured: str
    beside: str = ""


def markdown(title: str, note: str, rows: Sequence[Row], *, beside: str) -> str:
    lines = [f"## {title}", "", note, "", f"| what | measured | {beside} |", "|---|--:|--:|"]
    lines += [f"| {row.what} | {row.measured} | {row.beside} |" for row in rows]
    return "\n".join(lines) + "\n"


def machine(now: datetime) -> str:
    """When, on what, and with what."""
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return (
        f"Measured {now:%Y-%m-%d %H:%M} UTC on {_processor()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB, {platform.system()} {platform.release()}, Python "
        f"{platform.python_version()}; {packages}. Load average at the start: {busy}.\n"
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
