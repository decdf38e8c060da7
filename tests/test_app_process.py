"""What the process that serves people loads, and what it does not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.server import ROOT

HEAVY = ("torch", "transformers", "sklearn", "scipy.optimize")
LOADED = """
import json, sys
sys.argv = ["app"]
from pathlib import Path
from streamlit.testing.v1 import AppTest
import app
from storage import demonstration, people
from workbench.opening import open_workbench
workbench = open_workbench()
people.ensure_local(workbench.db)
demonstration.add_if_empty(workbench.db)
for page in sorted(Path("pages").glob("[!_]*.py")):
    at = AppTest.from_file(page, default_timeout=60)
    at.user = {"person": "local", "sign_in": "local"}
    at.run()
    assert not at.exception, (page, at.exception)
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Modules of a process that has imported the app and run every page."""
    data: Path = tmp_path_factory.mktemp("data")
    result = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT, env={"DISCERN_DATA": str(data), "DISCERN_MODE": "local", "PATH": ""},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize("module", HEAVY)
def test_the_app_never_loads(loaded: set[str], module: str) -> None:
    """Torch alone would take seconds to start and hundreds of megabytes to keep."""
    assert module not in loaded


def test_a_full_garbage_collection_after_every_rerun_is_off() -> None:
    """With it on, one annotator's answer stops everybody else's for its time."""
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "from streamlit import config; config.get_config_options();"
            "print(*map(config.get_option, ['runner.postScriptGC', 'client.toolbarMode']))",
        ],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stdout.split()[-2:] == ["False", "minimal"]


def test_no_page_changes_where_modules_are_found_while_another_one_imports() -> None:
    """`sys.path` is iterated by whoever imports: an entry taken out hides the one after it."""
    code = """
import sys, app
from streamlit.runtime.scriptrunner.exec_code import modified_sys_path
before = list(sys.path)
with modified_sys_path(str(app.SCRIPT)):
    print(sys.path == before, before[-1] == str(app.SCRIPT.parent))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split()[-2:] == ["True", "True"]
