"""The document of the figures: its links lead somewhere, and what it names is there."""

import re
from pathlib import Path

import pytest

from ui.figures import anchor

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^#{2,3} (.+)$", DOCUMENT, re.MULTILINE)
ENTRIES = re.split(r"^### ", DOCUMENT, flags=re.MULTILINE)[1:]
NAMED = sorted(set(re.findall(r"`((?:core|docs|tests|trainer)/[\w/.]+)`", DOCUMENT)))


def test_every_heading_has_a_link_of_its_own_in_the_contents() -> None:
    assert anchor("Annotators: scale and tie threshold") == "annotators-scale-and-tie-threshold"
    linked = re.findall(r"\]\(#([^)]+)\)", DOCUMENT)
    assert len(set(linked)) == len(linked)
    assert sorted(linked) == sorted(map(anchor, HEADINGS[1:]))  # the first is "Contents"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.partition("\n")[0])
def test_every_entry_says_what_the_figure_is_and_where_it_ends(entry: str) -> None:
    assert re.search(r"^- \*\*(Source|Assumes|Cannot say)\.\*\*", entry, re.MULTILINE)


@pytest.mark.parametrize("name", NAMED)
def test_what_it_names_is_there(name: str) -> None:
    assert (ROOT / name).exists()


def test_sections_that_pages_quote_are_there() -> None:
    pages = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "ui").rglob("*.py"))
    quoted = re.findall(r"docs/statistics\.md, “([^”]+)”", pages)
    for headings in re.findall(r"\bsource\(((?:\s*\"[^\"]+\",?)+)\s*\)", pages):
        quoted += re.findall(r"\"([^\"]+)\"", headings)
    assert len(quoted) > 20
    anchors = re.findall(r"statistics\.md#([\w-]+)", pages)
    assert set(quoted) <= set(HEADINGS)
    assert set(anchors) <= set(map(anchor, HEADINGS))
