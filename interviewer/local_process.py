"""Start a local model in a process of its own, from a process that never imports torch."""

import os
import secrets
import select
import subprocess
import sys
import time
from pathlib import Path

from core.errors import DiscernError
from interviewer.endpoint import Endpoint

ROOT = Path(__file__).resolve().parents[1]
KEY_VARIABLE = "DISCERN_LOCAL_MODEL_KEY"
LONGEST_LINE = 200


class LocalModelError(DiscernError):
    """A local model cannot be started."""


class LocalModelProcess:
    """A model in a folder, and the process that answers with it. It ends with this one.

    Attributes
    ----------
    folder : Path
        As `save_pretrained` writes it: a model, and a tokenizer with a chat template.
    log : Path
        Where the process writes what goes wrong.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder = folder
        self.log = log
        self._key = secrets.token_urlsafe(32)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 300.0) -> Endpoint:
        """Start the process, and say where it answers once the model is loaded.

        Raises
        ------
        LocalModelError
            If there is no such folder, the process ends, or is not ready in time.
        """
        if not (self.folder / "config.json").is_file():
            raise LocalModelError(
                f"There is no model in {self.folder}: it has no config.json. Name the folder that "
                "`save_pretrained` has written."
            )
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "interviewer.local_model", str(self.folder.resolve())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=os.environ | {KEY_VARIABLE: self._key, "HF_HUB_OFFLINE": "1"},
                start_new_session=True,
            )
        self._process = process
        url = _first_line(process, seconds)
        if not url.startswith("http://127.0.0.1:"):
            self.stop()
            raise LocalModelError(
                f"The model in {self.folder} could not be loaded within {seconds:.0f} s. "
                f"Look at {self.log} for the reason."
            )
        return Endpoint(url, self.folder.name, self._key, seconds=60.0)

    def stop(self) -> None:
        """End the process. Nothing of an interview is lost by that."""
        if self._process is not None:
            with self._process:  # closes its pipes and waits for it
                self._process.kill()
            self._process = None


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> str:
    """What a process says first; nothing where it ends or takes too long."""
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    end, line = time.monotonic() + seconds, b""
    while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
        left = max(end - time.monotonic(), 0.0)
        if not select.select([process.stdout], [], [], left)[0]:
            break
        said = os.read(process.stdout.fileno(), LONGEST_LINE)
        if not said:
            break
        line += said
    return line.decode(errors="replace").strip()
