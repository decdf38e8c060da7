"""Rules of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.navigation import SCREENS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    *("api", "cli", "core", "interviewer", "pages"),
    *("storage", "trainer", "ui", "workbench"),
)
PRODUCT = [ROOT / "app.py", *(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))]
PAGES = [path for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py"]
EVERYTHING = [*PRODUCT, *(ROOT / "tests").rglob("*.py")]
VAGUE = "utils util helpers helper common misc manager handler service base v2 new"
NOT_IN_PAGES = {"numpy", "pandas", "torch", "duckdb"}
SQL = re.compile(
    r"\b(SELECT\s+\S|INSERT\s+INTO|DELETE\s+FROM|CREATE\s+(TABLE|VIEW)|UPDATE\s+\w+\s+SET|COPY\s+\()"
)
MAX_LINES, MAX_PAGE_LINES, MAX_FUNCTION_LINES = 400, 80, 60


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """The outermost packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def called(node: ast.AST) -> Iterator[str]:
    """The functions that a piece of code calls, as they are written, in no order."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            yield ast.unparse(part.func)


def n_lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def n_lines_of_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return n_lines(node.body[0]) if ast.get_docstring(node) is not None else 0


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_is_short_and_leaves_the_thinking_to_others(page: Path) -> None:
    assert len(lines(page)) <= MAX_PAGE_LINES
    assert not any(isinstance(node, ast.ClassDef) for node in ast.walk(tree(page)))
    assert not imported(page) & NOT_IN_PAGES
    assert not SQL.search(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_asks_who_is_there_before_it_does_anything(page: Path) -> None:
    doing = [statement for statement in tree(page).body if any(called(statement))]
    assert doing, "it does nothing"
    assert "session.current" in set(called(doing[0]))


def test_only_the_session_knows_the_session_state() -> None:
    knowing = [name_of(path) for path in PRODUCT if "session_state" in path.read_text("utf-8")]
    assert [name for name in knowing if name != "ui/session.py"] == []


def test_only_storage_writes_sql() -> None:
    writing = [
        f"{name_of(path)}:{node.lineno}"
        for path in PRODUCT
        if path.relative_to(ROOT).parts[0] != "storage"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]
    assert writing == []


def test_no_file_grows_beyond_what_one_reads_at_once() -> None:
    long = {name_of(path): len(lines(path)) for path in EVERYTHING if len(lines(path)) > MAX_LINES}
    assert long == {}


def test_no_function_grows_beyond_a_screen() -> None:
    """Without its description, which mathematics needs."""
    long = [
        f"{name_of(path)}: {node.name}"
        for path in EVERYTHING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and n_lines(node) - n_lines_of_docstring(node) > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_names_of_files_say_what_is_in_them() -> None:
    vague = [name_of(p) for p in EVERYTHING if set(VAGUE.split()) & set(p.stem.lower().split("_"))]
    assert vague == []


def test_a_page_file_is_on_the_menu_and_a_menu_entry_has_its_file() -> None:
    assert sorted(name for _, name, *_ in SCREENS) == sorted(page.stem for page in PAGES)


def test_the_readme_names_every_make_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [targets] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in targets.split() if f"make {name}" not in readme]
    assert missing == []


def test_every_chart_stands_beside_its_words_its_table_and_its_file() -> None:
    """Only `ui/chart_with_data.py` draws charts: with a name for who cannot see them."""
    drawing = re.compile(
        r"\.(plotly|line|bar|area|scatter|altair|vega_lite|pydeck|graphviz)_?chart$"
    )
    found = {name_of(path) for path in PRODUCT if any(map(drawing.search, called(tree(path))))}
    assert found == {"ui/chart_with_data.py"}


def test_p_values_are_said_by_one_function() -> None:
    """None is formatted by hand, as `{...p_value:.2g}` or `{...['p']:.3f}`."""
    by_hand = re.compile(
        r"""\{[^{}]*\b(p_values?|p|['"]p(_value)?['"])(\[[^\]]*\])*\]?:[^}]*[efg]\}"""
    )
    found = [name_of(p) for p in PRODUCT if by_hand.search(p.read_text(encoding="utf-8"))]
    assert found == []
