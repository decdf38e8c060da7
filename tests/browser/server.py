"""The app as its users start it: a process of its own, on a free port, with its own data."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 30.0
STOPS_WITHIN = 15.0
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TRACEBACK = re.compile(r"Traceback \(most recent call last\).*", re.DOTALL)


class ServerError(AssertionError):
    """The app did not start, or it crashed."""


class Server:
    """One installation: may be started, killed and started again with the same data."""

    def __init__(self, data: Path, *, mode: str = "local") -> None:
        self.data = data
        self.mode = mode
        self.port = free_port()
        self.log = data.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        if self.process is None:
            raise ServerError("The app is not running.")
        return self.process.pid

    def start(self) -> float:
        """Start the app and wait until it answers; return the seconds that took."""
        environment = {name: value for name, value in os.environ.items() if "DISCERN" not in name}
        environment |= {"DISCERN_DATA": str(self.data), "DISCERN_MODE": self.mode}
        began = time.perf_counter()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=environment | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not self._answers():
            if self.process.poll() is not None:
                raise ServerError(f"The app ended while starting:\n{self.read_log()}")
            if time.perf_counter() - began > STARTS_WITHIN:
                raise ServerError(f"The app did not answer in time:\n{self.read_log()}")
            time.sleep(0.02)
        return time.perf_counter() - began

    def kill(self) -> None:
        """End the app as a power cut would; fits that it has started go on."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End the app as Ctrl+C does, and whatever it has started."""
        if self.process is None:
            return
        started = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in started:
            if child.is_running():
                child.kill()
        self.process = None

    def read_log(self) -> str:
        """What it printed, without the colours of Streamlit's tracebacks."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return COLOURS.sub("", text)

    def check_log(self) -> None:
        """Raise if the app printed a traceback."""
        crash = TRACEBACK.search(self.read_log())
        if crash:
            raise ServerError(f"The app printed a traceback:\n{crash[0][:4000]}")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/_stcore/health", timeout=1).is_success
        except httpx.TransportError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
