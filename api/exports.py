"""Send exported files: GET /api/v1/studies/{study}/export/{name}, for researchers."""

import base64
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from api.identity import person_of
from core.errors import DiscernError, NotAllowedError, NotFoundError
from core.study import Role
from storage import studies
from storage.exports import NoSuchExportError
from workbench.model_files import write_named
from workbench.opening import Workbench, open_workbench

PATH = "/api/v1/studies/{study_id}/export/{name}"
CHUNK = 2**18
MEDIA = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv; charset=utf-8",
    ".jsonl": "application/jsonl; charset=utf-8",
    ".zip": "application/zip",
}


def routes() -> list[Route]:
    return [Route(PATH, _export, methods=["GET"])]


def path_of(study_id: str, name: str) -> str:
    """Where a file is sent from."""
    return PATH.format(study_id=quote(study_id, safe=""), name=quote(name, safe=""))


def _export(request: Request) -> Response:
    """Starlette runs this in a thread, so writing the file holds up nobody."""
    workbench = open_workbench()
    person = person_of(workbench, request)
    if person is None:
        return _refusal(401, "Sign in to export data.")
    if not person.role.includes(Role.RESEARCHER):
        return _refusal(403, str(NotAllowedError(Role.RESEARCHER.value)))
    try:
        return _send(workbench, request.path_params["study_id"], request.path_params["name"])
    except (NotFoundError, NoSuchExportError) as error:
        return _refusal(404, str(error))
    except DiscernError as error:
        return _refusal(400, str(error))


def _send(workbench: Workbench, study_id: str, name: str) -> Response:
    """Write the file, open it and remove it: what is open can still be read and leaves nothing."""
    study = studies.get(workbench.db, study_id)
    folder = workbench.settings.data / "tmp"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as directory:
        file = write_named(workbench, study_id, name, Path(directory))
        size, opened = file.path.stat().st_size, file.path.open("rb")
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    return StreamingResponse(
        _chunks(opened),
        media_type=MEDIA[file.path.suffix],
        headers={
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="{_slug(study.settings.name)}-{name}"',
            "Repr-Digest": f"sha-256=:{digest}:",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _slug(name: str) -> str:
    """A study's name as part of a file's: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "study"


def _refusal(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status, headers={"Cache-Control": "no-store"})
