"""The ASGI application: pages, routes, identity, and what starts and stops with it."""

import ui.plotly_later  # noqa: F401 - first of all: it keeps Streamlit from loading plotly

# isort: split
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from api import exports, media, sign_in
from api.identity import Identity
from storage import demonstration, people
from workbench.opening import close_workbench, open_workbench
from workbench.training import Background

ROOT = Path(__file__).resolve().parent
SCRIPT = ROOT / "ui" / "screens.py"
# Streamlit puts the folder of its script in front of `sys.path` while a page runs, and takes it out
# at the end: who imports in another thread right then may not find an installed package. What is in
# already is left alone, and at the end nothing of ours can stand for a package of the same name.
sys.path.append(str(SCRIPT.parent))


@asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[None]:
    """Open the store before the first visitor, and close it after the last one."""
    workbench = await anyio.to_thread.run_sync(open_workbench)
    if workbench.settings.local:
        people.ensure_local(workbench.db)
        demonstration.add_if_empty(workbench.db)
    set_up = sign_in.announce_set_up(workbench)
    if set_up is not None:
        logging.getLogger("uvicorn.error").warning(set_up)
    background = Background(workbench)
    background.start()
    yield
    background.stop()
    close_workbench(workbench)


async def _first_page(request: Request) -> RedirectResponse:
    """The first page of the menu has the address / alone; links to its name work as well."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}", status_code=303)


app = st.App(
    SCRIPT,
    routes=[Route("/compare", _first_page), *sign_in.routes(), *exports.routes(), *media.routes()],
    middleware=[Middleware(Identity)],
    lifespan=lifespan,
)
