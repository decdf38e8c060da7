"""Signing in and out, the first account and one's own password: routes beside the pages."""

import math
import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qsl

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api import sign_in_page as html
from api.form_guard import Attempts, FormToken, address_of
from api.identity import COOKIE, SCOPE_KEY, give_cookie, person_of
from api.sign_in_forms import (
    Asked,
    ChangePassword,
    Form,
    SetUp,
    SignIn,
    Values,
    WrongGuessError,
    announce_set_up,
)
from api.sign_in_language import deferred, keep_language, say, say_deferred, say_number, spoken
from core.errors import DiscernError
from storage import people, preferences
from workbench import catalogue
from workbench.opening import Workbench, open_workbench

__all__ = ["announce_set_up", "routes"]

MAX_FORM_BYTES = 16_384
MAX_FORM_FIELDS = 10
#: A hash takes 64 MiB while it is computed; more at once would only wait for the processor.
HASHES_AT_ONCE = 2
#: A path of this workbench, where a form may lead. Browsers read \ as / and drop line ends.
LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
#: Here a page behind the sign-in leads when somebody chooses another language on it.
LANGUAGE = "/sign-in/language"
STALE = deferred(
    "This page was open for too long, or cookies are switched off. Please try once more."
)

T = TypeVar("T")
_hashing: RunVar[anyio.CapacityLimiter] = RunVar("hashing")


def routes() -> list[Route]:
    """The routes of signing in; they count failed attempts together."""
    attempts = Attempts()
    made = [
        Route("/sign-out", spoken(_sign_out), methods=["GET", "POST"]),
        Route(LANGUAGE, spoken(_back), methods=["GET"]),
    ]
    forms: tuple[Form, ...] = (SignIn(), SetUp(), ChangePassword())
    for form in forms:
        desk = _Desk(form, attempts)
        made.append(Route(form.action, spoken(desk.show), methods=["GET"]))
        made.append(Route(form.action, spoken(desk.take), methods=["POST"]))
    return made


class _Desk:
    """Shows one form and takes it back filled in."""

    def __init__(self, form: Form, attempts: Attempts) -> None:
        self._form = form
        self._attempts = attempts

    async def show(self, request: Request) -> Response:
        asked = await _asked(request, {"next": request.query_params.get("next", "")})
        return await self._instead(asked) or self._page(request, asked)

    async def take(self, request: Request) -> Response:
        values = await _read_form(request)
        if values is None:
            problem = html.wrong(say("This is not a form of this workbench."))
            return html.page(say("Too much"), problem, 413)
        asked = await _asked(request, values)
        instead = await self._instead(asked)
        if instead is not None:
            return instead
        if not FormToken(request, asked.workbench.settings).fits(values.get("token", "")):
            return self._page(request, asked, say_deferred(STALE), 403)
        return await self._try(request, asked)

    async def _instead(self, asked: Asked) -> Response | None:
        if asked.workbench.settings.local:
            return _local_page()
        elsewhere = await anyio.to_thread.run_sync(self._form.elsewhere, asked)
        return None if elsewhere is None else RedirectResponse(elsewhere, status_code=303)

    async def _try(self, request: Request, asked: Asked) -> Response:
        guessed, address = self._form.guessed(asked), address_of(request)
        wait_s = self._attempts.wait_s(guessed, address)
        if wait_s > 0:
            response = self._page(request, asked, _waiting(wait_s), 429)
            response.headers["Retry-After"] = str(math.ceil(wait_s))
            return response
        self._attempts.begin(guessed, address)
        try:
            person_id, sign_in_id = await _hash(lambda: self._form.act(asked))
        except WrongGuessError as error:
            return self._page(request, asked, str(error), 403)
        except DiscernError as error:
            self._attempts.succeed(guessed, address)
            return self._page(request, asked, str(error), 422)
        self._attempts.succeed(guessed, address)
        target = RedirectResponse(local_path(asked.values.get("next", "")), status_code=303)
        secure = request.url.scheme == "https"
        give_cookie(target, asked.workbench.settings, person_id, sign_in_id, secure=secure)
        if catalogue.COOKIE not in request.cookies:  # what was chosen in this browser counts more
            await _recall_language(target, asked.workbench, person_id, secure=secure)
        return target

    def _page(
        self, request: Request, asked: Asked, problem: str = "", status: int = 200
    ) -> Response:
        token = FormToken(request, asked.workbench.settings)
        target = local_path(asked.values.get("next", ""))
        body = html.form(
            self._form.action,
            self._form.fields(asked),
            button=say_deferred(self._form.button),
            hidden={"token": token.field(), "next": target},
            problem=problem,
        )
        title = say_deferred(self._form.title)
        response = html.page(title, body, status, query={"next": target})
        token.remember(response)
        return response


def local_path(wanted: str) -> str:
    """Return `wanted` if it is a path of this workbench, else the first page."""
    return wanted if LOCAL_PATH.fullmatch(wanted) else "/"


async def _back(request: Request) -> Response:
    """Go back to where somebody chose a language, which `spoken` keeps in the browser."""
    return RedirectResponse(local_path(request.query_params.get("next", "")), status_code=303)


async def _sign_out(request: Request) -> Response:
    """Ask, then end the sign-in in the store and in the browser."""
    values = await _read_form(request) or {}
    asked = await _asked(request, values)
    if asked.workbench.settings.local:
        return _local_page()
    if asked.person is None:
        return RedirectResponse("/sign-in", status_code=303)
    token = FormToken(request, asked.workbench.settings)
    if request.method != "POST" or not token.fits(values.get("token", "")):
        who = html.paragraph(say("You are signed in as {name}.", name=asked.person.name))
        body = html.form("/sign-out", [], button=say("Sign out"), hidden={"token": token.field()})
        back = html.link(say("Back to the workbench"), "/")
        response = html.page(say("Sign out"), who + body + back)
        token.remember(response)
        return response
    sign_in_id = request.scope[SCOPE_KEY][1]
    await anyio.to_thread.run_sync(people.sign_out, asked.workbench.db, sign_in_id)
    body = html.well(say("You are signed out of this workbench."))
    again = html.button_link(say("Sign in again"), "/sign-in")
    response = html.page(say("Goodbye"), body + again)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


def _local_page() -> Response:
    body = html.paragraph(
        say(
            "This workbench runs in local mode: one person with all roles, on this machine alone, "
            "and no signing in. To work with several people, start it with make serve."
        )
    )
    way_in = html.button_link(say("Open the workbench"), "/")
    return html.page(say("No signing in here"), body + way_in)


def _waiting(wait_s: float) -> str:
    minutes = math.ceil(wait_s / 60)
    return say_number(
        "Too many attempts failed. Wait {n} minute, then try again; an admin of this workbench can "
        "give you a new password.",
        "Too many attempts failed. Wait {n} minutes, then try again; an admin of this workbench "
        "can give you a new password.",
        minutes,
    )


async def _recall_language(
    response: Response, workbench: Workbench, person_id: str, *, secure: bool
) -> None:
    """Give this browser the language that somebody chose in another one."""
    own = await anyio.to_thread.run_sync(preferences.of_person, workbench.db, person_id)
    if own.get("language") in catalogue.languages():
        keep_language(response, own["language"], secure=secure)


async def _asked(request: Request, values: Values) -> Asked:
    def look() -> Asked:
        workbench: Workbench = open_workbench()
        return Asked(workbench, values, person_of(workbench, request))

    return await anyio.to_thread.run_sync(look)


async def _read_form(request: Request) -> dict[str, str] | None:
    """Return the fields of a small form, or None for anything else."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return None
    try:
        return dict(
            parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
        )
    except ValueError:
        return None


async def _hash(work: Callable[[], T]) -> T:
    """Run what hashes a password in a thread, few at a time."""
    limiter = _hashing.get(None)
    if limiter is None:
        limiter = anyio.CapacityLimiter(HASHES_AT_ONCE)
        _hashing.set(limiter)
    return await anyio.to_thread.run_sync(work, limiter=limiter)
