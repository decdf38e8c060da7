import struct
import zlib

import pytest

from core.media import TYPES
from storage import media
from storage.database import Database
from storage.media import InvalidMediaError
from tests.given import NOON
from tests.storage.shown_files import FILES, FRAME, picture


def test_what_is_put_is_what_is_got(db: Database) -> None:
    for ending, kind in TYPES.items():
        name = media.put(db, FILES[ending], by="ann", now=NOON)
        assert media.put(db, FILES[ending], by="bob", now=NOON) == name
        assert media.content_of(db, name) == FILES[ending]
        rows = db.read("SELECT type, added_by FROM media WHERE media_id = ?", [name])
        assert rows == [(kind, "ann")]
        with db.cursor() as cursor:
            assert media.known(cursor, [name, "other"]) == {name}


def large(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg onload='alert(1)'/>", "one of PNG, JPEG"),
        (b"", "one of PNG, JPEG"),
        (picture("BMP"), "one of PNG, JPEG"),
        (FILES["png"][:30], "damaged"),
        (b"\xff\xd8\xff<script>", "damaged"),
        (large(60_000, 60_000), "at most 50 million pixels"),
        (large(8000, 6300), "at most 50 million pixels"),
        (FILES["png"] + bytes(10 * 2**20), "at most 10 MiB"),
        (FRAME + bytes(20 * 2**20), "at most 20 MiB"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(
    db: Database, content: bytes, said: str
) -> None:
    with pytest.raises(InvalidMediaError, match=said):
        media.put(db, content, by=None, now=NOON)
    assert db.read("SELECT count(*) FROM media") == [(0,)]
