"""Serve the pages: one process, one worker, on an address that local mode keeps to itself."""

import ipaddress
import logging
import socket
import sys

import uvicorn

from core.errors import DiscernError
from workbench.opening import close_workbench, open_workbench
from workbench.settings import from_environment

GRACE_S = 3
#: How long a thread that works out figures may keep the interpreter from one that takes an answer,
#: which needs it a dozen times. Python's default, 5 ms, adds up to what a person notices.
SWITCH_S = 0.0001


class LocalModeError(DiscernError):
    """Local mode trusts whoever can reach it."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"Local mode gives everybody who can reach it all roles, so it listens on this machine "
            f"only, not on {host}. For others, start with accounts: make serve"
        )


class PortTakenError(DiscernError):
    """Something else listens there, or the address is not ours."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"Cannot listen on {host}, port {port}: {why}. Is it running already? Stop it, or "
            f"choose another port: --port {port + 1}"
        )


class Server(uvicorn.Server):
    """Says where it listens, once it does."""

    greeting: str

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self.greeting, flush=True)


def serve(host: str, port: int) -> None:
    """Serve until told to stop.

    The listener is left to asyncio, which sets TCP_NODELAY on what it accepts; without, answers of
    the websocket wait for the client's delayed acknowledgements.
    """
    local = from_environment().local
    if local and not _is_loopback(host):
        raise LocalModeError(host)
    _check_free(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    how = "Local mode: one person, all roles, this computer only." if local else "Sign in there."
    sys.setswitchinterval(SWITCH_S)
    workbench = open_workbench()  # here, so that a database in use is told in a sentence
    try:
        server = Server(_configure(host, port))
        server.greeting = f"Discern is at {address}  ({how} Stop with Ctrl+C.)"
        server.run()
    except KeyboardInterrupt:
        print("Stopped.")
    finally:
        close_workbench(workbench)


def _configure(host: str, port: int) -> uvicorn.Config:
    # Streamlit sets the levels of these loggers when it starts, so levels would not hold.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).addFilter(_is_warning)
    return uvicorn.Config(
        "app:app",
        host=host,
        port=port,
        ws="websockets-sansio",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_free(host: str, port: int) -> None:
    try:
        [family, kind, _, _, address], *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(address)
    except OSError as error:
        raise PortTakenError(host, port, error.strerror or str(error)) from error
