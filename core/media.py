"""Pictures and sounds: which kinds there are, told from their bytes, and how texts name them.

A text shows one by `![what it shows](media:NAME)`; the name is the SHA-256 of the content and the
ending of its kind, so that a name stands for the same bytes for ever.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

#: The kinds that are shown, by their ending, as browsers call them.
PICTURES: Mapping[str, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
SOUNDS: Mapping[str, str] = {
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
}
TYPES: Mapping[str, str] = {**PICTURES, **SOUNDS}
KINDS_SAID = "PNG, JPEG, GIF, WebP, MP3, OGG, WAV and M4A"

NAME = rf"[0-9a-f]{{64}}\.(?:{'|'.join(TYPES)})"
#: How a text names a picture or a sound; the first group is the name.
ADDRESS = re.compile(rf"media:({NAME})")
#: Where the browser finds them.
PATH = "/files/"

_BEGINS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF87a": "gif", b"GIF89a": "gif",
           b"OggS": "ogg", b"ID3": "mp3"}  # fmt: skip
_RIFF = {b"WEBP": "webp", b"WAVE": "wav"}
_M4A_BRANDS = (b"M4A ", b"M4B ")


def ending_of(content: bytes) -> str | None:
    """The ending of the kind that these bytes are of; None where it is none of `TYPES`."""
    for begins, ending in _BEGINS.items():
        if content.startswith(begins):
            return ending
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return "m4a" if content[8:12] in _M4A_BRANDS else None
    return "mp3" if _is_mp3_frame(content[:4]) else None


def _is_mp3_frame(header: bytes) -> bool:
    """Whether these four bytes begin a frame of MPEG audio, layer III (ISO/IEC 11172-3, 2.4.1.3).

    Eleven bits of synchronisation, then version (not 01), layer (01), and in the next byte a bit
    rate (neither free nor 1111) and a sampling rate (not 11).
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:  # noqa: PLR2004
        return False
    version, rate, sampling = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    return version != 1 and 0 < rate < 15 and sampling != 3  # noqa: PLR2004


def name_of(content: bytes, ending: str) -> str:
    """The name of a content of the kind with that ending."""
    return f"{hashlib.sha256(content).hexdigest()}.{ending}"


def type_of(name: str) -> str:
    """The type of what has this name, as browsers call it."""
    return TYPES[name.rpartition(".")[2]]


def is_sound(name: str) -> bool:
    return name.rpartition(".")[2] in SOUNDS


def named_in(text: str) -> list[str]:
    """The names that a text names, each once, in their order."""
    return list(dict.fromkeys(ADDRESS.findall(text)))


_CODE = r"^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:(?P=fence)|\Z)|`[^`\n]*`"
_OPENS = r"!\[(?:[^\[\]\\]|\\.)*\]\(\s*"
_FILE = r"<(?P<quoted>[^<>\n]+)>|(?P<plain>[^()<>\s]+)"
_SHOWN = re.compile(
    rf'{_CODE}|(?P<opens>{_OPENS})(?:{_FILE})(?P<closes>(?:\s+"[^"\n]*")?\s*\))',
    re.DOTALL | re.MULTILINE,
)
#: What names something of another place: `https://…`, `media:…`, `#…`.
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


def with_names(text: str, name_of_file: Callable[[str], str | None]) -> str:
    """Name pictures and sounds by their names, where a text names their files: `![x](cat.png)`.

    Parameters
    ----------
    name_of_file : callable
        Gets the path as the text has it, and returns the name; None leaves the text as it is. It is
        not asked about addresses of other places, nor about what stands in code.
    """

    def renamed(found: re.Match[str]) -> str:
        path = found["quoted"] or found["plain"]
        if path is None or _ELSEWHERE.match(path):
            return found[0]
        name = name_of_file(unquote(path))
        return found[0] if name is None else f"{found['opens']}media:{name}{found['closes']}"

    return _SHOWN.sub(renamed, text)
