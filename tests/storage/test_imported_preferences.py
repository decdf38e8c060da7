"""Preferences of trainers come in, and those that went out come in as they were."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.answer_form import AnswerForm
from core.chats import as_text
from core.importing import Kind
from core.study import Study, StudySettings
from storage import studies
from storage.database import Database
from storage.export_kinds import Content, Format
from storage.exports import write_file
from tests.storage.imported import found, look, put, study

__all__ = ["study"]

WHY = {"role": "user", "content": "Why?"}
SO, NO = ({"role": "assistant", "content": content} for content in ("So.", "No."))


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, rows))


def said(db: Database, study: Study) -> list[tuple[str, ...]]:
    """Prompt, better and worse item of each judgment, as what they say."""
    items = {item.id: item for item in studies.items(db, study.id)}
    texts = {i.id: as_text(i.text) if i.kind == "chat" else i.text for i in items.values()}
    prompts = {
        name: as_text(text) if kind == "chat" else text
        for name, text, kind in db.read("SELECT prompt_id, text, kind FROM prompts")
    }
    rows = db.read("SELECT first_id, second_id, outcome FROM standing_judgments WHERE study_id = ?"
                   " ORDER BY slot, first_id", [study.id])  # fmt: skip
    return [
        (prompts[items[one].prompt_id], texts[one], texts[other])
        if outcome == "first"
        else (prompts[items[one].prompt_id], texts[other], texts[one])
        for one, other, outcome in rows
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Why?", "chosen": "So.", "rejected": "No."},
        {"prompt": [WHY], "chosen": [SO], "rejected": [NO]},
        {"chosen": [WHY, SO], "rejected": [WHY, NO]},
        {"prompt": json.dumps([WHY]), "chosen": json.dumps([SO]), "rejected": json.dumps([NO])},
    ],
    ids=["texts", "chats", "shared prompt", "JSON in text"],
)
def test_each_shape_is_a_prompt_two_items_and_a_judgment(
    db: Database, study: Study, row: dict[str, Any]
) -> None:
    receipt = put(db, study, Kind.PREFERENCES, lines(row, {**row, "annotator_id": "p2"}))
    assert receipt.n_rows == 2
    assert said(db, study) == [("Why?", "So.", "No.")] * 2
    assert len(studies.items(db, study.id)) == 2
    people = db.read("SELECT external_id FROM imported_annotators ORDER BY 1")
    assert people == [("not named",), ("p2",)]


def test_the_same_text_is_the_same_item_in_the_next_file_too(db: Database, study: Study) -> None:
    row = {"prompt": "Why?", "chosen": "So.", "rejected": "No."}
    put(db, study, Kind.PREFERENCES, lines(row))
    put(db, study, Kind.PREFERENCES, lines(row | {"chosen": "No.", "rejected": "Perhaps."}))
    assert sorted(said(db, study)) == [("Why?", "No.", "Perhaps."), ("Why?", "So.", "No.")]
    assert len(studies.items(db, study.id)) == 3


def test_a_text_in_brackets_is_a_text(db: Database, study: Study) -> None:
    put(db, study, Kind.PREFERENCES, lines({"chosen": "[1]", "rejected": "[sic] yes"}))
    assert said(db, study) == [("", "[1]", "[sic] yes")]


def test_every_bad_preference_is_told(db: Database, study: Study) -> None:
    row = {"prompt": "Why?", "chosen": "So.", "rejected": "No."}
    run = look(db, study, Kind.PREFERENCES, lines(
        row | {"chosen": None}, row | {"rejected": " "}, row | {"rejected": "So."},
        row | {"chosen": [{"role": "narrator", "content": "x"}]}, row | {"margin": 1},
        row | {"judged_at": "soon"}, row | {"annotator_id": "p" * 201}, row | {"prompt": "\0"},
    ))  # fmt: skip
    assert [(line, column) for line, column, _ in found(run)] == [
        (1, "chosen"), (2, "rejected"), (3, "rejected"), (4, "chosen"), (5, "margin"),
        (6, "judged_at"), (7, "annotator_id"), (8, "prompt"),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [Content.PREFERENCES, Content.MARGINS])
def test_what_went_out_comes_in_as_it_was(db: Database, tmp_path: Path, content: Content) -> None:
    form = AnswerForm(grades=4)
    one, other = (
        studies.create(db, StudySettings("Rain", "Which?", form=form), by=None) for _ in "ab"
    )
    rows = [
        {"prompt": [WHY], "chosen": [SO], "rejected": [NO], "margin": 3},
        {"prompt": [WHY], "chosen": [NO], "rejected": [WHY], "margin": 1},
    ]
    put(db, one, Kind.PREFERENCES, lines(*rows))
    path = write_file(db, one.id, content, Format.JSON_LINES, tmp_path).path
    put(db, other, Kind.PREFERENCES, path.read_bytes())
    again = write_file(db, other.id, content, Format.JSON_LINES, tmp_path / "..").path
    assert again.read_text() == path.read_text()
    assert path.read_text().count("\n") == 2
