"""In which language the pages of signing in speak, and the cookie that keeps the choice."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from starlette.requests import Request
from starlette.responses import Response

from workbench import catalogue
from workbench.catalogue import Deferred, Direction, deferred

__all__ = [
    "deferred",
    "direction",
    "keep_language",
    "language",
    "say",
    "say_deferred",
    "say_number",
    "spoken",
]

YEAR_S = 365 * 24 * 60 * 60

Endpoint = Callable[[Request], Awaitable[Response]]

_language: ContextVar[str] = ContextVar("language", default=catalogue.ENGLISH)


def spoken(endpoint: Endpoint) -> Endpoint:
    """Answer in the language of the request; one that its address names is kept in the browser."""

    async def answer(request: Request) -> Response:
        asked = request.query_params.get("language")
        before = request.cookies.get(catalogue.COOKIE)
        accepted = request.headers.get("accept-language", "")
        _language.set(catalogue.chosen(asked, before, accepted=accepted))
        response = await endpoint(request)
        if asked in catalogue.languages():
            keep_language(response, language(), secure=request.url.scheme == "https")
        return response

    return answer


def keep_language(response: Response, code: str, *, secure: bool) -> None:
    """Let the browser keep a language, for these pages and for those behind them."""
    response.set_cookie(
        catalogue.COOKIE, code, max_age=YEAR_S, secure=secure, httponly=True, samesite="lax"
    )


def language() -> str:
    """The code of the language of the request that is being answered."""
    return _language.get()


def direction() -> Direction:
    """The direction in which that language is written."""
    return catalogue.direction(language())


def say(text: str, /, **values: object) -> str:
    """Return the sentence in the language of the request, with its `{fields}` filled."""
    return catalogue.translated(language(), text, values)


def say_number(one: str, many: str, n: int, /, **values: object) -> str:
    """Return the form of the sentence that goes with `n`, which fills the field `{n}`."""
    return catalogue.translated_number(language(), one, many, n, values)


def say_deferred(text: Deferred, /) -> str:
    """Say what was marked by `deferred`."""
    return catalogue.translated(language(), text, {})
