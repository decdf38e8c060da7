"""The server: where it listens, what it says, what it refuses."""

import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import ROOT, environment, run


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(data: Path, mode: str, port: int) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A server that listens, and the line in which it says where."""
    server = subprocess.Popen(
        [sys.executable, "-m", "cli", "serve", "--port", str(port)],
        env=environment(data, mode), cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        lines = iter(server.stdout.readline, "")
        yield server, next(line for line in lines if "Discern is at" in line)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def test_it_says_where_it_is_and_holds_the_database(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, "local", port) as (server, line):
        assert f"http://127.0.0.1:{port} " in line
        assert "Local mode" in line
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health") as answer:
            assert answer.read() == b"ok"
        assert "is open in another process" in run(tmp_path, "report", "--study", "N").err
        taken = run(tmp_path / "other", "serve", "--port", str(port))
        assert (taken.code, "Address already in use" in taken.err) == (1, True)
        assert not (tmp_path / "other").exists()
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) == 0
        assert server.stdout is not None
        assert server.stdout.read() == "Stopped.\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_local_mode_keeps_to_this_machine(tmp_path: Path, host: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "serve", "--host", host],
        env=environment(tmp_path, "local"), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "listens on this machine only" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_with_accounts_a_browser_is_led_to_signing_in(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, "accounts", port) as (_, line):
        assert "Local mode" not in line
        page = urllib.request.Request(
            f"http://127.0.0.1:{port}/",
            headers={"Accept": "text/html", "Sec-Fetch-Dest": "document"},
        )
        with urllib.request.urlopen(page) as answer:  # noqa: S310 - our own address
            assert urllib.parse.urlsplit(answer.url).path in {"/sign-in", "/set-up"}
