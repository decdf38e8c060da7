import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media import ADDRESS, TYPES, ending_of, is_sound, name_of, named_in, type_of, with_names
from tests.storage.shown_files import FILES


@pytest.mark.parametrize("ending", TYPES)
def test_each_kind_is_told_from_its_bytes(ending: str) -> None:
    content = FILES[ending]
    assert ending_of(content) == ending
    name = name_of(content, ending)
    assert name == f"{hashlib.sha256(content).hexdigest()}.{ending}"
    assert type_of(name) == TYPES[ending]
    assert is_sound(name) == TYPES[ending].startswith("audio/")
    assert ADDRESS.fullmatch(f"media:{name}")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"\x89PNG",
        b"<!doctype html><script>",
        b"%PDF-1.7",
        b"RIFF\0\0\0\0AVI LIST",
        b"\0\0\0\x18ftypmp42\0\0\0\0",  # a film
        b"\0\0\0\x18ftypavif\0\0\0\0",
        b"\xff\xd8",
        b"\xff\xff\xff\xff",
        b"\xff\xf9\x90\x00",  # AAC: layer 00
        b"\xff\xfb\xf0\x00",  # a bit rate that there is not
        b"\xff\xfb\x9c\x00",  # a sampling rate that there is not
        b"PK\x03\x04",
    ],
)
def test_everything_else_is_of_no_kind(content: bytes) -> None:
    assert ending_of(content) is None


@given(st.binary(max_size=40))
def test_any_bytes_are_of_a_known_kind_or_of_none(content: bytes) -> None:
    assert ending_of(content) in {*TYPES, None}


def test_names_are_found_where_a_text_names_them() -> None:
    one, other = name_of(b"x", "png"), name_of(b"y", "mp3")
    text = f"![a](media:{one}) media:{other} ![a](media:{one}) media:x.png"
    assert named_in(text) == [one, other]


def renamed(text: str) -> tuple[str, list[str]]:
    """The text, and the paths that were asked for; `no.png` has no name."""
    asked: list[str] = []

    def name(path: str) -> str | None:
        asked.append(path)
        return None if path == "no.png" else "N"

    return with_names(text, name), asked


@pytest.mark.parametrize(
    ("text", "expected", "asked"),
    [
        ("a ![cat](p/cat.png) b", "a ![cat](media:N) b", ["p/cat.png"]),
        (
            '![](<my cat.png> "t") ![x](a%20b.mp3)',
            '![](media:N "t") ![x](media:N)',
            ["my cat.png", "a b.mp3"],
        ),
        ("![x](no.png)", "![x](no.png)", ["no.png"]),
        ("![x](https://a.example/b.png) ![y](media:z) ![z](//b)", None, []),
        ("`![x](a.png)` [x](a.png)", None, []),
        ("```\n![x](a.png)\n```\n![y](b.png)", "```\n![x](a.png)\n```\n![y](media:N)", ["b.png"]),
        ("~~~\n![x](a.png)", None, []),
        ("a ``` b ![y](b.png)", "a ``` b ![y](media:N)", ["b.png"]),
        (r"![a \] b](../x.png)", r"![a \] b](media:N)", ["../x.png"]),
        ("![a](data:image/png;base64,x)", None, []),
    ],
)
def test_files_named_in_a_text_get_their_names(
    text: str, expected: str | None, asked: list[str]
) -> None:
    assert renamed(text) == (expected or text, asked)


@pytest.mark.parametrize("mark", ["![", "![a](", '![](a "', "`", "```\n", "![](<a", "\\"])
def test_a_text_of_a_million_marks_is_read_in_a_moment(mark: str) -> None:
    start = time.process_time()
    renamed(mark * (1_000_000 // len(mark)))
    assert time.process_time() - start < 5
