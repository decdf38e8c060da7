"""The contracts of pyproject.toml hold, and each of them notices when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    *("api", "cli", "core", "interviewer", "pages"),
    *("storage", "trainer", "ui", "workbench"),
)
LAYERS = "pages > ui | api | cli > workbench > storage | trainer | interviewer > core"
PURE = "core is pure: no screen, database, file, clock, process or hidden randomness"
SQL = "only storage speaks SQL"
TORCH = "the app process never loads torch or transformers"
#: For each contract: the file, the import that breaks it, and nothing else that does.
VIOLATIONS = {
    LAYERS: ("core/judgment.py", "import storage.database"),
    PURE: ("core/study.py", "import time"),
    SQL: ("workbench/settings.py", "import duckdb"),
    TORCH: ("ui/charts.py", "import torch"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            target = folder / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return folder


def broken_contracts(project: Path) -> set[str]:
    """The names of the contracts that import-linter calls broken; it must say so by its status."""
    command = "from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    names = {
        line.removesuffix(" BROKEN").strip()
        for line in done.stdout.splitlines()
        if line.endswith(" BROKEN")
    }
    assert f"{len(names)} broken" in done.stdout, done.stdout + done.stderr
    assert (done.returncode != 0) == bool(names)
    return names


def test_the_contracts_hold(copy: Path) -> None:
    assert broken_contracts(copy) == set()


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_violation_is_reported(copy: Path, contract: str) -> None:
    name, violation = VIOLATIONS[contract]
    source = (copy / name).read_text(encoding="utf-8")
    try:
        (copy / name).write_text(f"{source}\n{violation}\n", encoding="utf-8")
        assert broken_contracts(copy) == {contract}
    finally:
        (copy / name).write_text(source, encoding="utf-8")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("storage", "trainer"),
        ("trainer", "interviewer"),
        ("interviewer", "storage"),
        ("ui", "api"),
        ("api", "cli"),
        ("cli", "ui"),
    ],
)
def test_siblings_do_not_know_each_other(copy: Path, one: str, other: str) -> None:
    planted = copy / one / "planted.py"
    try:
        planted.write_text(f"import {other}\n", encoding="utf-8")
        assert broken_contracts(copy) == {LAYERS}
    finally:
        planted.unlink()


def test_every_contract_has_a_planted_violation() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert settings.count("[[tool.importlinter.contracts]]") == len(VIOLATIONS)
