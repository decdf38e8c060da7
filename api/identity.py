"""Who asks: ASGI middleware that turns the signed cookie into headers which nobody else can set."""

import hashlib
import ipaddress
import os
import re
import secrets
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from core.errors import DiscernError
from storage import people
from storage.people import LOCAL, SIGN_IN_LASTS, Person
from workbench.opening import Workbench
from workbench.settings import Settings, from_environment

COOKIE = "discern_sign_in"
OURS = "x-discern-"
PERSON, SIGN_IN = b"x-discern-person", b"x-discern-sign-in"
#: Where the routes behind this middleware find (person id, sign-in id); no header can put it there.
SCOPE_KEY = "discern.identity"
SECRET_BYTES = 32

LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@\s]+)(?::(\d{1,5}))?", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}
HARMLESS_METHODS = {"GET", "HEAD", "OPTIONS"}
FORWARDING = {"forwarded", "x-real-ip"}
#: Paths that a browser may open without having signed in.
OPEN_PATHS = ("/sign-in", "/sign-out", "/set-up", "/api/", "/_stcore/", "/static/")


class BrokenSecretError(DiscernError):
    """The file that cookies are signed with is not what it should be."""

    def __init__(self, path: Path, n_bytes: int) -> None:
        super().__init__(
            f"The cookie secret {path} has {n_bytes} bytes; it must have {SECRET_BYTES}. Remove "
            "it and start again: a new one is made, and everybody signs in once more."
        )


class Identity:
    """Drops headers that claim an identity, checks where a request comes from, and says who asks.

    The identity is taken from the signed cookie; in local mode it is the one local person, for
    requests of this machine alone. Whether the sign-in still holds is for the store to say.
    """

    def __init__(self, app: ASGIApp, settings: Settings | None = None) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        settings = self.settings or from_environment()
        headers = Headers(raw=_without_ours(scope["headers"]))
        refusal = _refusal(scope, headers, local=settings.local)
        if refusal is not None:
            await _refuse(scope, refusal)(scope, receive, send)
            return
        identity = (LOCAL, LOCAL) if settings.local else _from_cookie(headers, settings)
        if identity is None and _is_page(scope, headers):
            await _to_sign_in(scope)(scope, receive, send)
            return
        await self.app(_identified(scope, headers, identity), receive, send)


def person_of(workbench: Workbench, connection: HTTPConnection) -> Person | None:
    """Return who sent this, if their sign-in still holds. Asks the store: call it in a thread."""
    identity = connection.scope.get(SCOPE_KEY)
    if identity is None:
        return None
    return people.signed_in(workbench.db, *identity, local=workbench.settings.local)


def give_cookie(
    response: Response, settings: Settings, person_id: str, sign_in_id: str, *, secure: bool
) -> None:
    """Let the browser say who this is from now on."""
    response.set_cookie(
        COOKIE,
        serializer(settings, "sign-in").dumps([person_id, sign_in_id]),
        max_age=int(SIGN_IN_LASTS.total_seconds()),
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def serializer(settings: Settings, purpose: str) -> URLSafeTimedSerializer:
    """Signs with the secret of this installation; what is signed for one purpose fits no other."""
    return URLSafeTimedSerializer(
        _secret(settings.secret),
        salt=f"discern.{purpose}",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


@lru_cache(maxsize=8)
def _secret(path: Path) -> bytes:
    """Read the secret; make it the first time, once for processes that start together."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process was first
        finally:
            draft.unlink()
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise BrokenSecretError(path, len(secret))
    return secret


def _without_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Leave out what claims to come from this middleware; some servers read _ as -."""
    return [
        (name.lower(), value)
        for name, value in headers
        if not name.decode("latin-1").lower().replace("_", "-").startswith(OURS)
    ]


def _identified(scope: Scope, headers: Headers, identity: tuple[str, str] | None) -> Scope:
    raw = list(headers.raw)
    if identity is not None:
        raw += [(PERSON, identity[0].encode()), (SIGN_IN, identity[1].encode())]
    return {**scope, "headers": raw, SCOPE_KEY: identity}


def _from_cookie(headers: Headers, settings: Settings) -> tuple[str, str] | None:
    cookie = cookie_parser("; ".join(headers.getlist("cookie"))).get(COOKIE)
    if cookie is None:
        return None
    try:
        content = serializer(settings, "sign-in").loads(
            cookie, max_age=int(SIGN_IN_LASTS.total_seconds())
        )
    except BadSignature:
        return None
    person_id, sign_in_id = content
    return str(person_id), str(sign_in_id)


def _refusal(scope: Scope, headers: Headers, *, local: bool) -> str | None:
    """Return why this request gets no answer, or None."""
    if local and not _from_this_machine(scope, headers):
        return (
            "Local mode answers only to a browser on this machine, at 127.0.0.1 or localhost. To "
            "let others in, start the workbench with accounts: make serve."
        )
    changes = scope["type"] == "websocket" or scope["method"] not in HARMLESS_METHODS
    if changes and not _from_own_page(headers):
        return (
            f"This request came from a page of {headers.get('origin')!r}, not of this workbench. "
            "Open the workbench itself; behind a proxy, pass the Host header on."
        )
    return None


def _from_this_machine(scope: Scope, headers: Headers) -> bool:
    """A loopback client that asked for a loopback name: a name from outside may point here too."""
    if any(name in FORWARDING or name.startswith("x-forwarded-") for name in headers):
        return False
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not LOOPBACK_HOST.fullmatch(hosts[0]):
        return False
    return scope.get("client") is not None and _is_loopback(scope["client"][0])


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def _from_own_page(headers: Headers) -> bool:
    """Browsers name the origin of what changes something; other programs need not."""
    origins = headers.getlist("origin")
    if not origins:
        return True
    host = HOST.fullmatch(headers.get("host", ""))
    try:
        origin = urlsplit(origins[0])
        port = origin.port
    except ValueError:
        return False
    if len(origins) != 1 or host is None or origin.scheme not in DEFAULT_PORTS:
        return False
    default = DEFAULT_PORTS[origin.scheme]
    name = host[1].strip("[]").lower()
    return (origin.hostname, port or default) == (name, int(host[2] or default))


def _is_page(scope: Scope, headers: Headers) -> bool:
    """Somebody opens a page in a browser: worth the way to the sign-in page."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and "text/html" in headers.get("accept", "")
        and not scope["path"].startswith(OPEN_PATHS)
    )


def _to_sign_in(scope: Scope) -> Response:
    query = scope["query_string"].decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"/sign-in?next={quote(wanted, safe='/')}", status_code=303)


def _refuse(scope: Scope, sentence: str) -> ASGIApp:
    if scope["type"] == "websocket":
        return WebSocketClose(1008, sentence)
    return PlainTextResponse(sentence, status_code=403)
