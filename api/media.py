"""Send pictures and sounds: GET /files/{name}, to people who have signed in."""

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.identity import person_of
from core.media import NAME, PATH, type_of
from storage import media
from workbench.opening import open_workbench

#: Players ask for parts of a sound, to begin anywhere in it (RFC 9110, section 14).
RANGE = re.compile(r"bytes=(\d{1,12})?-(\d{1,12})?")
#: The name is made from the content, so what has been fetched once stays right.
HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
    "Accept-Ranges": "bytes",
}


def routes() -> list[Route]:
    return [Route(PATH + "{name}", _send, methods=["GET"])]


def _send(request: Request) -> Response:
    """Starlette runs this in a thread, so reading holds up nobody."""
    workbench = open_workbench()
    if person_of(workbench, request) is None:
        return _refusal(401, "Sign in to see pictures and hear sounds.")
    name = request.path_params["name"]
    content = media.content_of(workbench.db, name) if re.fullmatch(NAME, name) else None
    if content is None:
        return _refusal(404, "There is no picture or sound of this name.")
    headers = {**HEADERS, "ETag": f'"{name}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return _whole_or_part(content, request.headers.get("range", ""), type_of(name), headers)


def _whole_or_part(content: bytes, wanted: str, kind: str, headers: dict[str, str]) -> Response:
    """A range that cannot be read is as if nobody had asked for one."""
    said = RANGE.fullmatch(wanted)
    if said is None or said[1] is said[2] is None:
        return Response(content, media_type=kind, headers=headers)
    size = len(content)
    if said[1] is None:
        start, end = max(0, size - int(said[2])), size - 1
    else:
        start, end = int(said[1]), min(size - 1, int(said[2] or size - 1))
    if start > end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Response(content[start : end + 1], 206, headers, kind)


def _refusal(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status, {"Cache-Control": "no-store"})
