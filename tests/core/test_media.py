import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media import ADDRESS, TYPES, ending_of, is_sound, name_of, named_in, type_of
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
