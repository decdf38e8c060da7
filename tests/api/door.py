"""The application with its sign-in routes, and what a browser does with them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from api.identity import Identity, person_of
from api.sign_in import routes
from workbench.opening import Workbench, close_workbench, open_workbench

PASSWORD = "plum tree under snow"


@dataclass
class Door:
    """The application with its sign-in routes, and what a browser does with them."""

    workbench: Workbench
    app: Starlette

    def browser(self, **options: Any) -> "Browser":
        chosen = {"base_url": "http://127.0.0.1:8501", "client": ("127.0.0.1", 40000), **options}
        return Browser(TestClient(self.app, **chosen))


@dataclass
class Browser:
    client: TestClient

    def open(self, path: str) -> str:
        return str(self.client.get(path).text)

    def send(self, path: str, *, next_path: str = "/", **values: str) -> Any:
        """Open the form, fill it in and send it, without following where it leads."""
        html = self.open(path)
        token = re.search(r'name="token" value="([^"]+)"', html)
        fields = {"token": token[1] if token else "", "next": next_path, **values}
        return self.client.post(path, data=fields, follow_redirects=False)

    def sign_in(self, name: str, password: str = PASSWORD, **values: str) -> Any:
        return self.send("/sign-in", name=name, password=password, **values)

    def who(self) -> str | None:
        found: str | None = self.client.get("/api/who").json()
        return found


def open_door(folder: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> Iterator[Door]:
    monkeypatch.setenv("DISCERN_DATA", str(folder))
    monkeypatch.setenv("DISCERN_MODE", mode)
    workbench = open_workbench()

    async def who(request: Request) -> JSONResponse:
        person = person_of(workbench, request)
        return JSONResponse(person and person.name)

    app = Starlette(routes=[*routes(), Route("/api/who", who)], middleware=[Middleware(Identity)])
    yield Door(workbench, app)
    close_workbench(workbench)
