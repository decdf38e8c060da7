import csv
import io
import json
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.importing import InvalidFileError
from storage.import_files import MAX_FIELD, FileContent, read_file, shown_name


def read(content: bytes | str, name: str = "data.csv") -> FileContent:
    return read_file(io.BytesIO(content.encode() if isinstance(content, str) else content), name)


def refusal(content: bytes | str, name: str = "data.csv") -> str:
    with pytest.raises(InvalidFileError) as caught:
        read(content, name)
    return str(caught.value)


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def test_three_formats_say_the_same() -> None:
    rows = [{"item_id": "a", "text": "ü, “x”\nline two"}, {"item_id": "b", "text": "y"}]
    text = io.StringIO()
    writer = csv.DictWriter(text, ["item_id", "text"])
    writer.writeheader()
    writer.writerows(rows)
    lines = "\n".join(json.dumps(row) for row in rows)
    packed = parquet(pa.Table.from_pylist(rows))
    files = [read(text.getvalue()), read(lines, "x.jsonl"), read(packed, "x.parquet")]
    assert [file.table.to_pylist() for file in files] == [rows] * 3
    assert [file.lines.to_pylist() for file in files] == [[2, 4], [1, 2], [1, 2]]


def test_a_row_is_named_by_the_line_where_it_begins() -> None:
    file = read('id,text\n1,"two\nlines"\n\n2,one\n3,one,too many\n')
    assert file.lines.to_pylist() == [2, 5]
    [problem] = file.problems.shown
    assert (problem.line, problem.value) == (6, "3 fields, the header has 2")


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2),
        min_size=1,
    )
)
def test_what_csv_writes_is_what_is_read(rows: list[list[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([["one", "two"], *rows])
    file = read(text.getvalue())
    assert [list(row.values()) for row in file.table.to_pylist()] == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    assert read(f"a{delimiter}b\n1{delimiter}2\n").table.to_pylist() == [{"a": "1", "b": "2"}]


def test_a_byte_order_mark_and_the_line_ends_of_all_systems_are_accepted() -> None:
    for content in (b"\xef\xbb\xbfa,b\r\n1,2\r\n", b"a,b\r1,2\r", b"a,b\n1,2"):
        assert read(content).table.to_pylist() == [{"a": "1", "b": "2"}]
    assert read(b'\xef\xbb\xbf{"a": 1}').table.to_pylist() == [{"a": "1"}]


def test_a_wrong_encoding_is_told_with_line_and_byte() -> None:
    said = refusal("a,b\n1,2\n3,é\n".encode("latin-1"))
    assert "line 3" in said
    assert "0xE9 (byte 11 of the file)" in said


def test_a_wrong_byte_is_found_where_reading_pauses() -> None:
    start = b"a\n" + b"x" * (2**20 - 3)  # the first byte of a character ends the first portion
    assert "0xC3 (byte 1048576 of the file)" in refusal(start + b"\xc3(\n")
    assert read(start + b"\xc3\xa9\n").lines.to_pylist() == [2]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "x.csv", "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "x.csv", "UTF-16"),
        (b"PK\x03\x04....", "x.zip", "cut off or damaged"),
        (b"\x1f\x8b....", "x.csv.gz", "gzip"),
        (b"", "x.csv", "is empty"),
        (b"\n \n", "x.jsonl", "is empty"),
        (b"\xef\xbb\xbf", "x.csv", "has no rows"),
        (b"a,b\n", "x.csv", "has no rows"),
        (b"a,b\n1,2\n", "x.parquet", "is not Parquet"),
        (b"a,a\n1,2\n", "x.csv", "two columns named 'a'"),
        (b'a,b\n1,"2\n3,4\n', "x.csv", "from line 2 on: a quotation mark is opened"),
        (b'a,b\n1,"2" x\n', "x.csv", "from line 2 on: the quotation marks"),
        (b"a,b\n1\n2\n", "x.csv", "Line 2: A row must have as many fields"),
        (b'["a", "b"]', "x.json", "Line 1: A line must be one JSON object"),
        (b"[" * 100_000, "x.json", "Line 1: A line must be one JSON object"),
        (b'{"a": ' + b"9" * 5000 + b"}", "x.json", "Line 1: A line must be one JSON object"),
    ],
)
def test_what_cannot_be_read_gives_one_sentence(content: bytes, name: str, said: str) -> None:
    assert said in refusal(content, name)


def test_a_huge_field_is_told_and_a_merely_long_one_is_read() -> None:
    assert f"more than {MAX_FIELD:,} characters" in refusal("a\n" + "x" * (MAX_FIELD + 1))
    assert len(read("a\n" + "x" * MAX_FIELD).table["a"][0].as_py()) == MAX_FIELD


def test_broken_lines_of_json_are_told_one_by_one() -> None:
    file = read('{"a": "x"}\n{"a": \n\n[1]\n{"b": "y"}\n', "x.jsonl")
    assert [problem.line for problem in file.problems.shown] == [2, 4]
    assert file.table.to_pylist() == [{"a": "x", "b": None}, {"a": None, "b": "y"}]
    assert file.lines.to_pylist() == [1, 5]


def test_numbers_become_text_and_lists_make_a_column_unfit() -> None:
    lines = '{"a": 1, "b": "x", "c": true}\n{"a": 2.5, "b": ["y"], "c": null}'
    file = read(lines, "x.jsonl")
    assert file.table.to_pylist() == [{"a": "1", "c": "true"}, {"a": "2.5", "c": None}]
    assert file.unfit == {"b": "holds a list on line 2"}


def test_half_a_character_makes_a_column_unfit() -> None:
    assert read('{"a": "\\ud800"}\n{"a": "x"}', "x.jsonl").unfit == {
        "a": "holds half of a character on line 1"
    }


def test_columns_of_parquet_are_text_or_unfit() -> None:
    table = pa.table({"n": [1, 2], "words": pa.array(["x", "x"]).dictionary_encode(),
                      "vector": [[0.5], [1.0]], "bytes": [b"\xff", b"x"]})  # fmt: skip
    file = read(parquet(table), "x.parquet")
    assert file.table.to_pylist() == [{"n": "1", "words": "x"}, {"n": "2", "words": "x"}]
    assert file.unfit == {"vector": "holds list<element: double>", "bytes": "holds binary"}


@pytest.mark.parametrize("keep", [4, 100, -1, -8, -20])
def test_parquet_cut_short_gives_a_sentence(keep: int) -> None:
    whole = parquet(pa.table({"a": [str(i) for i in range(1000)]}))
    assert "cut off or damaged" in refusal(whole[:keep], "x.parquet")


def test_parquet_with_damaged_bytes_never_breaks_the_reader() -> None:
    whole = parquet(pa.table({"a": [str(i) for i in range(300)]}))
    for place in range(4, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        with suppress(InvalidFileError):  # whatever else is raised fails the test
            read(bytes(damaged), "x.parquet")


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["x.csv", "x.jsonl", "x.parquet", "x"]))
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    with suppress(InvalidFileError):  # whatever else is raised fails the test
        read(content, name)


def test_a_name_from_a_stranger_is_only_its_last_part() -> None:
    assert shown_name("../../etc/passwd") == "passwd"
    assert shown_name("C:\\data\\x\x00\x1b[31m.csv") == "x[31m.csv"
    assert shown_name("\n") == "unnamed file"
    assert len(shown_name("x" * 500)) == 100
