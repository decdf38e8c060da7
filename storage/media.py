"""Pictures and sounds: examined, then kept under the name that their content gives them."""

import io
from collections.abc import Iterable
from datetime import datetime

from core import media
from core.errors import DiscernError
from storage.database import Cursor, Database

MAX_PICTURE_BYTES = 10 * 2**20
MAX_SOUND_BYTES = 20 * 2**20
#: A small file may unpack to a picture that no browser can hold.
MAX_PIXELS = 50_000_000


class InvalidMediaError(DiscernError):
    """A file is no picture or sound that can be shown."""


def examine(content: bytes) -> str:
    """Return the name for a picture or sound.

    Raises
    ------
    InvalidMediaError
        If it is of no kind that is shown, too large, or a picture that is damaged.
    """
    ending = media.ending_of(content)
    if ending is None:
        raise InvalidMediaError(f"A picture or sound is one of {media.KINDS_SAID}.")
    if ending in media.PICTURES:
        _check_size("A picture", len(content), MAX_PICTURE_BYTES)
        _check_picture(content, ending)
    else:
        _check_size("A sound", len(content), MAX_SOUND_BYTES)
    return media.name_of(content, ending)


def put(db: Database, content: bytes, *, by: str | None, now: datetime) -> str:
    """Keep a picture or sound and return its name; what is there already stays as it is.

    Raises
    ------
    InvalidMediaError
        As of `examine`.
    """
    import pyarrow as pa  # a parameter of megabytes takes ten times as long

    name = examine(content)
    fresh = pa.table({"name": [name], "content": pa.array([content], pa.large_binary())})

    def insert(cursor: Cursor) -> None:
        cursor.register("fresh", fresh)
        cursor.execute(
            "INSERT INTO media (media_id, type, content, added_at, added_by)"
            " SELECT name, ?, content, ?, ? FROM fresh ON CONFLICT DO NOTHING",
            [media.type_of(name), now, by],
        )
        cursor.unregister("fresh")

    db.write(insert)
    return name


def content_of(db: Database, name: str) -> bytes | None:
    """What has this name; None if there is nothing."""
    rows = db.read("SELECT content FROM media WHERE media_id = ?", [name])
    return bytes(rows[0][0]) if rows else None


def known(cursor: Cursor, names: Iterable[str]) -> set[str]:
    """Those of the names under which there is something."""
    rows = cursor.execute(
        "SELECT media_id FROM media WHERE list_contains(?, media_id)", [list(names)]
    ).fetchall()
    return {name for (name,) in rows}


def _check_size(what: str, n_bytes: int, most: int) -> None:
    if n_bytes > most:
        raise InvalidMediaError(f"{what} has at most {most // 2**20} MiB.")


def _check_picture(content: bytes, ending: str) -> None:
    from PIL import Image  # only imports of pictures pay for it

    kind = {"jpg": "JPEG"}.get(ending, ending.upper())
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            n_pixels = picture.width * picture.height
            picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        n_pixels = MAX_PIXELS + 1
    except Exception as error:  # its decoders raise whatever they stumble over
        raise InvalidMediaError(
            "A picture must be whole; this one is damaged. Save it once more."
        ) from error
    if n_pixels > MAX_PIXELS:
        raise InvalidMediaError(f"A picture has at most {MAX_PIXELS // 10**6} million pixels.")
