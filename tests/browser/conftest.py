import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserType, Page, Playwright, sync_playwright

from tests.browser.server import Server

#: The first one has no code for windows: pages are there in two thirds of the time.
SYSTEM_BROWSERS = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
)
MISSING = (
    "The browser tests need Chromium, and tests/install_browser.sh could not get one: install the "
    "package chromium of this system, or run `.venv/bin/python -m playwright install chromium`."
)
ARGUMENTS = [
    "--no-sandbox",  # there is none for root, nor in most containers
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOOPBACK = {"127.0.0.1", "localhost"}
StartServer = Callable[..., Server]


# For the package and not for the session: while it is open, no other test may run an event loop.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start the app as `start_server(mode="local")` or `"accounts"`; it ends with the test."""
    servers: list[Server] = []

    def start(*, mode: str = "local") -> Server:
        server = Server(tmp_path / f"data-{len(servers)}", mode=mode)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()
    for server in servers:
        server.check_log()


@pytest.fixture
def server(start_server: StartServer) -> Server:
    """The app in local mode."""
    return start_server()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A tab of its own; the test fails if a script crashed or anything came from elsewhere."""
    problems: list[str] = []
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    tab = context.new_page()
    tab.on("pageerror", lambda error: problems.append(f"A script crashed: {error}"))
    context.on(
        "request",
        lambda request: (
            None if is_local(request.url) else problems.append(f"Fetched {request.url}")
        ),
    )
    yield tab
    context.close()
    assert not problems


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium, else Playwright's own; fail with a sentence if there is none."""
    executable = system_browser()
    if executable is None and not own_browser(playwright.chromium):
        pytest.fail(MISSING, pytrace=False)
    return playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)


def system_browser() -> str | None:
    """The first command that is a browser; some systems have one that only tells how to get it."""
    for name in SYSTEM_BROWSERS:
        path = shutil.which(name)
        if path is None:
            continue
        version = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=False, timeout=60
        )
        if version.stdout.startswith(("Chromium", "Google Chrome")):
            return path
    return None


def own_browser(chromium: BrowserType) -> bool:
    return Path(chromium.executable_path).exists()


def is_local(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in {"about", "blob", "data"} or parts.hostname in LOOPBACK
