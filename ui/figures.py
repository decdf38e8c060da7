"""Figures in words: an estimate is never shown without its interval and its n."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from core.estimates import Estimate
from core.judgment import Floats

#: A heading of the statistics, and several after their document.
NAMED = re.compile(r"(?:docs/statistics\.md, )?“([^”]+)”")
QUOTED = re.compile(r"(?<!\[)docs/statistics\.md, “[^”]+”(?: and “[^”]+”)*")


def said(estimate: Estimate | dict[str, Any] | None, digits: int = 3) -> str:
    """Return "0.812 (0.790 to 0.834)"; what the data do not determine is said to be so."""
    if estimate is None:
        return "not determined"
    if isinstance(estimate, dict):  # from a report, where an infinite end is None
        value, low, high = estimate["value"], estimate["low"], estimate["high"]
    else:
        value, low, high = estimate.value, estimate.low, estimate.high
    if value is None:
        return "not determined"
    if low is None or high is None or low == float("-inf") or high == float("inf"):
        return f"{value:z.{digits}f} (interval not determined: too few, or all alike)"
    # "z": no minus before zeros.
    return f"{value:z.{digits}f} ({low:z.{digits}f} to {high:z.{digits}f})"


def percent(share: float) -> str:
    """Return "81%"; what would round to none or all is no certainty, and is not said as one."""
    if share < 0.005:  # noqa: PLR2004
        return "under 1%"
    return "over 99%" if share > 0.995 else f"{share:.0%}"  # noqa: PLR2004


def label(item_id: str, text: str, length: int = 48) -> str:
    """A short name for an item: its id and how its text begins, on one line, without Markdown."""
    begin = " ".join(re.sub(r"[#*`_$|>]+", " ", text).split())
    return f"{item_id} · {begin[: length - 1]}…" if len(begin) > length else f"{item_id} · {begin}"


def count(number: int, one: str, many: str) -> str:
    """Return "1 person" or "3,815 people"."""
    return f"{number:,} {one if number == 1 else many}"


def ends(figures: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats, Floats]:
    """Values, low ends and high ends of figures of a report; nan where it has none."""
    value, low, high = (
        np.array([np.nan if one[name] is None else one[name] for one in figures], dtype=np.float64)
        for name in ("value", "low", "high")
    )
    return value, low, high


def moment(as_of: datetime) -> str:
    """When the answers that figures are made from stood like this."""
    return f"{as_of:%Y-%m-%d at %H:%M:%S} UTC"


def source(*headings: str) -> str:
    """Where the formula of a figure stands, as Markdown that leads there."""
    named = " and ".join(f"“{heading}”" for heading in headings)
    return linked(f"Formula and source: docs/statistics.md, {named}.")


def linked(text: str) -> str:
    """Markdown in which quoted headings of docs/statistics.md lead to the page that shows it.

    What leads there already is left as it is.
    """

    def lead(found: re.Match[str]) -> str:
        return NAMED.sub(lambda one: f"[{one[0]}](/statistics#{anchor(one[1])})", found[0])

    return QUOTED.sub(lead, text)


def anchor(heading: str) -> str:
    """As Streamlit and GitHub make it: small letters, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
