"""A fresh server, and a visitor who asks for a page before anything else has run.

Streamlit serves a folder `pages/` beside its script without that script. Ours lies elsewhere, and
every page checks the role itself: this asks the server as a browser would, without its pages.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from core.study import Role
from tests.bench.annotators import prepare
from tests.browser.conftest import StartServer
from tests.browser.server import Server
from ui.navigation import SCREENS

WORDS = ("body", "label", "text")
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: in this one a browser's loop may be running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def first_words(server: Server, page: str, headers: dict[str, str]) -> list[str]:
    """The words on the page that is drawn for the first request of a session."""
    words: list[str] = []
    async with connect(
        f"{server.address.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        origin=server.address,  # type: ignore[arg-type]
        additional_headers=headers,
        max_size=None,
    ) as socket:
        request = BackMsg()
        request.rerun_script.page_name = page
        await socket.send(request.SerializeToString())
        async with asyncio.timeout(30):
            while True:
                content = await socket.recv()
                message = ForwardMsg.FromString(bytes(content))  # type: ignore[arg-type]
                if message.WhichOneof("type") == "script_finished":
                    return words
                element = message.delta.new_element
                kind = element.WhichOneof("type")
                if kind:
                    said = getattr(element, kind)
                    words += [str(getattr(said, name)) for name in WORDS if hasattr(said, name)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Discern-Person": "local", "X-Discern-Sign-In": "local"},
        {"x_discern_person": "local", "x_discern_sign_in": "local"},
        {"Cookie": "discern_sign_in=forged.forged.forged"},
    ],
    ids=["nobody", "claims to be local", "claims it otherwise", "forged cookie"],
)
def test_the_first_request_of_all_shows_nobody_a_page(
    start_server: StartServer, headers: dict[str, str]
) -> None:
    server = start_server(mode="accounts")
    for _, page, title, _, _ in reversed(SCREENS):
        words = run(first_words(server, page, headers))
        assert any("Sign in to use this workbench" in word for word in words)
        assert not any(word == title for word in words), (page, words)


def test_an_annotator_gets_no_page_of_others(start_server: StartServer) -> None:
    """Signed in as annotator, asking for the pages of researchers and admins by name."""
    server = start_server(mode="accounts")
    server.stop()
    [cookie] = prepare(server.data, 1)
    server.start()
    for _, page, title, _, needed in SCREENS:
        if needed is Role.ANNOTATOR:
            continue
        words = run(first_words(server, page, {"Cookie": cookie}))
        assert not any(word == title for word in words), (page, words)


def test_whoever_may_see_a_page_gets_it_at_the_first_request(start_server: StartServer) -> None:
    """The same question in local mode: what the other tests look for would be found."""
    server = start_server(mode="local")
    for page, title in (("people", "People"), ("studies", "Studies")):
        assert title in run(first_words(server, page, {}))


def test_another_site_cannot_open_the_socket(start_server: StartServer) -> None:
    server = start_server(mode="local")

    async def open_from_elsewhere() -> None:
        address = f"{server.address.replace('http', 'ws', 1)}/_stcore/stream"
        async with connect(address, origin="http://elsewhere.example"):  # type: ignore[arg-type]
            pass

    with pytest.raises(InvalidStatus, match="403"):
        run(open_from_elsewhere())
