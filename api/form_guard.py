"""What protects a form: a token that only our own page has, and a limit on failed attempts."""

import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable

from itsdangerous import BadSignature
from starlette.requests import Request
from starlette.responses import Response

from api.identity import serializer
from workbench.settings import Settings

FORM_COOKIE = "discern_form"
FORM_LASTS_S = 60 * 60
WINDOW_S = 15 * 60
#: Failed attempts that a window allows: of a name from an address, of an address, of a name.
PER_NAME_AND_ADDRESS, PER_ADDRESS, PER_NAME = 10, 50, 100
MAX_REMEMBERED = 10_000


class FormToken:
    """A random cookie, and the same signed in a hidden field: another site can set neither."""

    def __init__(self, request: Request, settings: Settings) -> None:
        self._nonce = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(16)
        self._serializer = serializer(settings, "form")
        self._secure = request.url.scheme == "https"

    def field(self) -> str:
        return str(self._serializer.dumps(self._nonce))

    def fits(self, field: str) -> bool:
        try:
            nonce = str(self._serializer.loads(field, max_age=FORM_LASTS_S))
        except BadSignature:
            return False
        return hmac.compare_digest(nonce.encode(), self._nonce.encode())

    def remember(self, response: Response) -> None:
        response.set_cookie(
            FORM_COOKIE, self._nonce, secure=self._secure, httponly=True, samesite="lax"
        )


class Attempts:
    """Counts failed attempts in memory and says how long to wait.

    An attempt counts as failed from its start, so that many at once do not slip through. Refused
    attempts do not count, so that a wait ends. Where somebody has signed in before, attempts on
    their name from elsewhere do not keep them out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str], list[float]] = {}
        self._known: dict[tuple[str, str], None] = {}

    def wait_s(self, name: str, address: str) -> float:
        """Seconds until the next attempt is allowed; 0 if it is now."""
        return max(
            self._wait((name, address), PER_NAME_AND_ADDRESS),
            self._wait(("", address), PER_ADDRESS),
            0.0 if (name, address) in self._known else self._wait((name, ""), PER_NAME),
        )

    def begin(self, name: str, address: str) -> None:
        now = self._clock()
        for key in _keys(name, address):
            self._failures[key] = [*self._recent(key), now]
        if len(self._failures) > MAX_REMEMBERED:
            self._failures = {
                key: times for key, times in self._failures.items() if times[-1] > now - WINDOW_S
            }

    def succeed(self, name: str, address: str) -> None:
        """Take the attempt back, and forget the mistypings before it."""
        for key in _keys(name, address):
            self._failures.get(key, [0.0]).pop()
            if not self._failures.get(key):
                self._failures.pop(key, None)
        self._failures.pop((name, address), None)
        self._known[name, address] = None
        if len(self._known) > MAX_REMEMBERED:
            self._known.pop(next(iter(self._known)))

    def _wait(self, key: tuple[str, str], limit: int) -> float:
        recent = self._recent(key)
        return recent[-limit] + WINDOW_S - self._clock() if len(recent) >= limit else 0.0

    def _recent(self, key: tuple[str, str]) -> list[float]:
        start = self._clock() - WINDOW_S
        return [moment for moment in self._failures.get(key, []) if moment > start]


def address_of(request: Request) -> str:
    """The client's address; of an IPv6 address the network, since one client has all of it."""
    host = request.client.host if request.client else "unknown"
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host
    if parsed.version == 4:  # noqa: PLR2004
        return host
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _keys(name: str, address: str) -> tuple[tuple[str, str], ...]:
    return (name, address), ("", address), (name, "")
