"""Items that are chats, pictures and sounds come in, alone or in a ZIP."""

import io
import json
import random
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.chats import read as read_chat
from core.importing import InvalidFileError, Kind
from core.media import name_of
from core.study import Study
from storage import import_archives, media, studies
from storage.database import Database
from storage.import_files import read_file
from storage.imports import DryRun, commit, dry_run
from tests.given import NOON
from tests.storage.imported import everything, found, look, put, study
from tests.storage.shown_files import FILES, picture

__all__ = ["study"]

WHY = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
STORED = json.dumps(WHY)
CAT, RAIN = name_of(FILES["png"], "png"), name_of(FILES["wav"], "wav")


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, rows))


def packed(files: Mapping[str, bytes | str], **how: Any) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", **how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def texts(db: Database, study: Study) -> dict[str, tuple[str, str]]:
    return {item.id: (item.text, item.kind) for item in studies.items(db, study.id)}


def test_chats_come_in_from_each_format_as_the_same(db: Database, study: Study) -> None:
    row = {"item_id": "a", "messages": WHY}
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**row, "item_id": "b"}]), table)
    files: list[str | bytes] = [
        lines(row),
        table.getvalue(),
        'item_id,messages\nc,"' + STORED.replace('"', '""') + '"\n',
        lines({"id": "d", "conversations": [{"from": "human", "value": "Why?"},
                                            {"from": "gpt", "value": "So."}]}),
    ]  # fmt: skip
    for file in files:
        put(db, study, Kind.ITEMS, file)
    assert texts(db, study) == dict.fromkeys("abcd", (STORED, "chat"))


def test_a_prompt_may_be_a_chat(db: Database, study: Study) -> None:
    rows = [{"item_id": name, "prompt_messages": WHY, "text": name} for name in ("a", "b")]
    put(db, study, Kind.ITEMS, lines(*rows))
    [(prompt_id, text, kind)] = db.read("SELECT prompt_id, text, kind FROM prompts")
    assert (text, kind, len(prompt_id)) == (STORED, "chat", 64)
    again = look(db, study, Kind.ITEMS, lines(*rows) + "\n")
    assert (again.n_new, again.problems.total()) == (0, 0)


def test_every_bad_chat_is_told_with_what_is_wrong(db: Database, study: Study) -> None:
    run = look(db, study, Kind.ITEMS, lines(
        {"item_id": "a", "messages": WHY},
        {"item_id": "b", "messages": [{"role": "narrator", "content": "x"}]},
        {"item_id": "c", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        {"item_id": "d", "messages": WHY, "text": "x"},
        {"item_id": "e"},
        {"item_id": "f", "text": "x", "prompt": "y", "prompt_messages": WHY},
        {"item_id": "g", "text": "x", "prompt_messages": "not JSON"},
    ))  # fmt: skip
    assert [(line, column) for line, column, _ in found(run)] == [
        (2, "messages"), (3, "messages"), (4, "messages"), (5, "text"), (6, "prompt"),
        (7, "prompt_messages"),
    ]  # fmt: skip
    assert "Message 1 of a chat has the role 'narrator'" in run.problems.shown[0].rule


def test_a_chat_under_the_id_of_a_text_is_another_item(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, lines({"item_id": "a", "text": STORED}))
    assert found(look(db, study, Kind.ITEMS, lines({"item_id": "a", "messages": WHY}))) == [
        (1, "messages", STORED)
    ]


TABLE = (
    "item_id,image,image_text,audio,audio_text,text\n"
    "a,pictures/cat.png,a [cat] *here*,,,\n"
    "b,,,rain.wav,rain,Listen.\n"
    'c,,,,,"![cat](pictures/cat.png) and `![no](no.png)` ![far](https://a.example/x.png)"\n'
)
CONTENT = {"pictures/cat.png": FILES["png"], "rain.wav": FILES["wav"]}


@pytest.mark.parametrize("folder", ["", "study/"])
def test_pictures_and_sounds_come_in_with_the_table(
    db: Database, study: Study, folder: str
) -> None:
    files: dict[str, bytes | str] = {"items.csv": TABLE, **CONTENT}
    content = packed({folder + name: file for name, file in files.items()})
    before = everything(db)
    run = look(db, study, Kind.ITEMS, content)
    assert found(run) == []
    assert everything(db) == before
    assert db.read("SELECT count(*) FROM media") == [(0,)]
    assert run.file_name == "items.csv: items.csv"
    commit(db, run, by="noor")
    assert texts(db, study) == {
        "a": (rf"![a \[cat\] \*here\*](media:{CAT})", "markdown"),
        "b": (f"![rain](media:{RAIN})\n\nListen.", "markdown"),
        "c": (
            f"![cat](media:{CAT}) and `![no](no.png)` ![far](https://a.example/x.png)",
            "markdown",
        ),
    }
    assert media.content_of(db, CAT) == FILES["png"]
    assert db.read("SELECT media_id, added_by FROM media ORDER BY ALL") == sorted(
        [(CAT, "noor"), (RAIN, "noor")]
    )


def test_chats_name_pictures_in_their_messages(db: Database, study: Study) -> None:
    chat = [{"role": "user", "content": "What is ![this](cat.png)?"}]
    table = lines({"item_id": "a", "messages": chat}, {"item_id": "b", "text": "x"})
    put(db, study, Kind.ITEMS, packed({"items.jsonl": table, "cat.png": FILES["png"]}))
    [message] = read_chat(texts(db, study)["a"][0])
    assert message.content == f"What is ![this](media:{CAT})?"


BAD_FILES = {
    "../cat.png": "by its path inside the ZIP",
    "/etc/passwd": "by its path inside the ZIP",
    "..\\cat.png": "by its path inside the ZIP",
    "C:/cat.png": "by its path inside the ZIP",
    "https://a.example/cat.png": "by its path inside the ZIP",
    "pictures/../../cat.png": "by its path inside the ZIP",
    "missing.png": "must be in the ZIP",
    "drawing.svg": "one of PNG, JPEG",
    "page.png": "one of PNG, JPEG",
    "cut.png": "damaged",
    "rain.wav": "A picture is one of PNG",
    "pictures": "must be in the ZIP",
    "locked.png": "locked with a password",
}


def test_every_bad_file_is_told_by_its_row(db: Database, study: Study) -> None:
    rows = [{"item_id": str(i), "image": path, "text": "x"} for i, path in enumerate(BAD_FILES)]
    content = packed({
        "items.jsonl": lines(*rows), "pictures/cat.png": FILES["png"], "rain.wav": FILES["wav"],
        "drawing.svg": "<svg onload='alert(1)'/>", "page.png": "<script>", "locked.png": "x",
        "cut.png": FILES["png"][:20], "../cat.png": FILES["png"], "/etc/passwd": FILES["png"],
    })  # fmt: skip
    archive = bytearray(content)
    archive[content.rindex(b"PK\x01\x02", 0, content.rindex(b"locked.png")) + 8] |= 1
    before = everything(db)
    run = look(db, study, Kind.ITEMS, bytes(archive))
    assert [(p.line, p.column, p.value) for p in run.problems.shown] == [
        (number, "image", path) for number, path in enumerate(BAD_FILES, start=1)
    ]
    for problem, said in zip(run.problems.shown, BAD_FILES.values(), strict=True):
        assert said in problem.rule, problem
    assert everything(db) == before


def test_a_table_that_comes_alone_names_no_files(db: Database, study: Study) -> None:
    run = look(db, study, Kind.ITEMS, "item_id,image\na,cat.png\n")
    assert [problem.rule for problem in run.problems.shown] == [
        "A file is named by rows that come with it in a ZIP; this table came alone."
    ]
    put(db, study, Kind.ITEMS, "item_id,text\na,![x](cat.png)\n")
    assert texts(db, study) == {"a": ("![x](cat.png)", "markdown")}


def test_names_of_the_workbench_must_be_known_or_come_along(db: Database, study: Study) -> None:
    other = name_of(picture("PNG", "blue"), "png")
    table = f"item_id,text\na,![x](media:{CAT})\nb,![x](media:{other})\n"
    media.put(db, FILES["png"], by=None, now=NOON)
    assert found(look(db, study, Kind.ITEMS, table)) == [(3, "text", other)]
    exported = packed({"items.csv": table, f"media/{other}": picture("PNG", "blue")})
    put(db, study, Kind.ITEMS, exported)
    assert media.content_of(db, other) == picture("PNG", "blue")
    named = f"item_id,text\nc,![x](media:{RAIN})\n"
    pretended = packed({"items.csv": named, f"media/{RAIN}": FILES["png"]})
    assert found(look(db, study, Kind.ITEMS, pretended)) == [(2, "text", RAIN)]


def refusal(content: bytes, name: str = "x.zip") -> str:
    with pytest.raises(InvalidFileError) as caught:
        read_file(io.BytesIO(content), name)
    return str(caught.value)


def test_archives_that_cannot_be_taken_give_one_sentence() -> None:
    table = "item_id,text\na,x\n"
    assert "Excel workbook" in refusal(packed({"[Content_Types].xml": "", "xl/a.xml": ""}))
    assert "Tables found: none" in refusal(packed({"cat.png": FILES["png"]}))
    assert "Tables found: a.csv, b.csv" in refusal(packed({"a.csv": table, "b.csv": table}))
    assert "Tables found: none" in refusal(packed({}))
    assert "cut off or damaged" in refusal(packed({"items.csv": table})[:-30])
    assert "no rows" in refusal(packed({"items.csv": "item_id,text\n"}))
    mac = {"items.csv": table, "__MACOSX/._items.csv": "x", "p/.DS_Store": "x"}
    assert read_file(io.BytesIO(packed(mac)), "x.zip").table.num_rows == 1
    many = {"items.csv": table} | {f"{i}.png": "" for i in range(import_archives.MAX_FILES)}
    assert "more than 20,000 files" in refusal(packed(many))


def test_a_bomb_is_not_unpacked() -> None:
    """A gibibyte of nothing packs to a megabyte; the size that the ZIP says is believed or less."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("items.csv", "item_id,image\na,x.png\n")
        archive.writestr("x.png", bytes(2**25))
    content = sink.getvalue()
    large = (2**32 - 2).to_bytes(4, "little")
    place = content.rindex(b"PK\x01\x02") + 24
    assert "unpacks to 4.0 GiB" in refusal(content[:place] + large + content[place + 4 :])
    small = (10).to_bytes(4, "little")
    lying = read_file(io.BytesIO(content[:place] + small + content[place + 4 :]), "x.zip")
    assert lying.archive is not None
    with pytest.raises(import_archives.FileRefusedError, match="damaged"):
        lying.archive.read("x.png")
    honest = read_file(io.BytesIO(content), "x.zip")
    assert honest.archive is not None
    assert len(honest.archive.read("x.png")) == media.MAX_SOUND_BYTES + 1


def test_damaged_archives_are_read_or_refused(db: Database, study: Study) -> None:
    whole = packed({"items.csv": TABLE, **CONTENT}, compression=zipfile.ZIP_DEFLATED)
    chance = random.Random(1)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(4, len(whole))] = chance.randrange(256)
        with suppress(InvalidFileError):  # whatever else is raised fails the test
            content = read_file(io.BytesIO(bytes(damaged)), "x.zip")
            run: DryRun = dry_run(db, study.id, Kind.ITEMS, content)
            assert run.problems.counts or run.media
