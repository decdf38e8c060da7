"""What was asked in other ways than pairs goes out, and what went out comes in again."""

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.answer_form import AnswerForm, Form
from core.importing import Kind
from core.judgment import Outcome
from core.study import Study, StudySettings
from storage import gold, judgments, media, studies
from storage.database import Database
from storage.export_kinds import Content, Format
from storage.exports import preference_counts, write_bundle, write_file
from storage.imports import history
from storage.judgments import Answer
from tests.given import NOON, next_pair, running_study
from tests.storage.imported import ITEMS, look, put
from tests.storage.shown_files import FILES


def made(db: Database, **form: Any) -> Study:
    return studies.create(db, StudySettings("Fruit", "Which?", form=AnswerForm(**form)), by=None)


def rows(db: Database, study: Study, content: Content, form: Format, folder: Path) -> list[Any]:
    path = write_file(db, study.id, content, form, folder).path
    if form is Format.PARQUET:
        return list(pq.read_table(path).to_pylist())
    with path.open(newline="") as file:
        return list(csv.DictReader(file)) if form is Format.CSV else list(map(json.loads, file))


@pytest.mark.parametrize("form", list(Format))
def test_grades_aspects_and_reasons_go_out(db: Database, tmp_path: Path, form: Format) -> None:
    asked = AnswerForm(grades=4, aspects=("tone",), chips=("long, too long",))
    study = running_study(db, sizes=(2,), form=asked)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    given = Answer(shown.id, Outcome.LEFT, 900, margin=4, aspects={"tone": Outcome.TIE},
                   chips=("long, too long",), reason="=because")  # fmt: skip
    judgments.add(db, "ann", given, study, NOON)
    [row] = rows(db, study, Content.JUDGMENTS, form, tmp_path)
    assert int(row["margin"]) == 4
    aspects, chips = row["aspects"], row["chips"]
    assert (aspects if form is Format.JSON_LINES else json.loads(aspects)) == {"tone": "tie"}
    assert (json.loads(chips) if form is Format.CSV else chips) == ["long, too long"]
    assert row["reason"].endswith("=because")
    assert row["purpose"] == "judge"
    assert row["policy"]
    assert 0 < float(row["probability"]) <= 1


LISTS = {
    Form.RANKING: {"order": [[2], [0, 1]]},
    Form.BEST_WORST: {"best": 0, "worst": 1},
    Form.BEST_FEW: {"picked": [1, 2]},
    Form.TRIPLET: {"closest": [0, 2]},
}


@pytest.mark.parametrize("kind", LISTS)
def test_what_was_said_of_several_items_goes_out_and_comes_in_again(
    db: Database, tmp_path: Path, kind: Form
) -> None:
    form = AnswerForm(kind, list_size=3)
    study = running_study(db, sizes=(3,), form=form)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    judgments.add(db, "ann", Answer(shown.id, Outcome.ANSWERED, said=LISTS[kind]), study, NOON)
    [packed] = rows(db, study, Content.ANSWERS, Format.PARQUET, tmp_path)
    assert (packed["form"], packed["outcome"], packed["stands"]) == (kind.value, "answered", True)
    assert packed["items"] == ["q0-000", "q0-001", "q0-002"]
    assert sorted(packed["shown"]) == packed["items"]
    assert rows(db, study, Content.JUDGMENTS, Format.PARQUET, tmp_path) == []
    said = db.read("SELECT said FROM judgments")
    other = made(db, kind=kind, list_size=3)
    items = "".join(f"q0-00{i},x\n" for i in range(3))
    put(db, other, Kind.ITEMS, "item_id,text\n" + items)
    for sent in Format:
        path = write_file(db, study.id, Content.ANSWERS, sent, tmp_path).path
        run = look(db, other, Kind.RANKINGS, path.read_bytes(), judged_at=None)
        assert run.problems.total() == 0, sent
        put(db, other, Kind.RANKINGS, path.read_bytes(), judged_at=None)
    again = db.read("SELECT said FROM standing_answers WHERE study_id = ?", [other.id])
    assert [json.loads(one) for (one,) in again] == [json.loads(said[0][0])] * 3


def test_thumbs_and_skipped_lists_go_out(db: Database, tmp_path: Path) -> None:
    study = running_study(db, sizes=(2,), form=AnswerForm(Form.THUMBS))
    shown = next_pair(db, study, "ann")
    assert shown is not None
    judgments.add(db, "ann", Answer(shown.id, Outcome.UP), study, NOON)
    assert next_pair(db, study, "bob") is not None
    first, second = rows(db, study, Content.ANSWERS, Format.JSON_LINES, tmp_path)
    assert sorted([str(first["outcome"]), str(second["outcome"])]) == ["None", "up"]
    assert (first["ranking"], first["worst"], len(first["items"])) == (None, None, 1)


def test_known_answers_go_out_and_come_in_again(db: Database, tmp_path: Path) -> None:
    study, other = made(db), made(db)
    for one in (study, other):
        put(db, one, Kind.ITEMS, ITEMS)
    put(db, study, Kind.GOLD, "first_id,second_id,outcome,feedback,training\nb,a,first,*b*,yes\n")
    put(db, study, Kind.GOLD, "item_id,outcome\nc,down\n")
    put(db, study, Kind.GOLD, "item_id,outcome,feedback\nc,up,good\n")
    found = rows(db, study, Content.GOLD, Format.PARQUET, tmp_path)
    assert [(row["first_id"], row["second_id"], row["item_id"], row["outcome"], row["training"])
            for row in found] == [("a", "b", None, "second", True),
                                  (None, None, "c", "up", False)]  # fmt: skip
    path = write_file(db, study.id, Content.GOLD, Format.CSV, tmp_path).path
    put(db, other, Kind.GOLD, path.read_bytes())
    kept = rows(db, other, Content.GOLD, Format.PARQUET, tmp_path)
    assert [row | {"set_at": 0} for row in kept] == [row | {"set_at": 0} for row in found]


@pytest.mark.parametrize("kind", LISTS)
def test_known_orders_go_out_and_come_in_again(db: Database, tmp_path: Path, kind: Form) -> None:
    study, other = (made(db, kind=kind, list_size=3) for _ in range(2))
    for one in (study, other):
        put(db, one, Kind.ITEMS, ITEMS)
    worst = "b" if kind is Form.BEST_WORST else ""
    written = f'ranking,rest,worst\n"{"a" if worst else "a = c"}",{"c" if worst else "b"},{worst}\n'
    put(db, study, Kind.GOLD, written)
    for sent in Format:
        path = write_file(db, study.id, Content.GOLD, sent, tmp_path).path
        run = look(db, other, Kind.GOLD, path.read_bytes())
        assert run.problems.total() == 0, sent
        if run.n_new:
            put(db, other, Kind.GOLD, path.read_bytes())
    known = [[(g.outcome, g.said) for g in gold.of_study(db, one.id)] for one in (study, other)]
    assert known[0] == known[1]
    assert known[0][0][1] is not None


CHAT = [{"role": "user", "content": "Why?"}]
SO, NO = ({"role": "assistant", "content": content} for content in ("So.", "No."))


def judged(db: Database, *items: dict[str, Any], grades: int = 0) -> Study:
    """Two items, of which p prefers the first, by 2 where there are grades."""
    study = made(db, grades=grades)
    put(db, study, Kind.ITEMS, "\n".join(map(json.dumps, items)))
    margin = ",2" if grades else ","
    put(db, study, Kind.JUDGMENTS,
        f"first_id,second_id,outcome,annotator_id,margin\na,b,first,p{margin}\n")  # fmt: skip
    return study


@pytest.mark.parametrize(
    ("items", "prompt"),
    [
        ([{"messages": [SO], "prompt_messages": CHAT}, {"messages": [NO]}], CHAT),
        ([{"text": "So.", "prompt_messages": CHAT}, {"text": "No."}], CHAT),
        ([{"messages": [SO], "prompt": "Why?"}, {"messages": [NO]}], CHAT),
        ([{"messages": [*CHAT, SO]}, {"messages": [*CHAT, NO]}], CHAT),
        ([{"messages": [SO]}, {"messages": [NO]}], [{"role": "user", "content": ""}]),
        ([{"messages": [*CHAT, NO, *CHAT, SO]}, {"messages": [*CHAT, NO, *CHAT, NO]}],
         [*CHAT, NO, *CHAT]),
    ],
)  # fmt: skip
def test_chats_become_preferences_between_chats(
    db: Database, tmp_path: Path, items: list[dict[str, Any]], prompt: list[dict[str, str]]
) -> None:
    for item, name in zip(items, "ab", strict=True):
        item |= {"item_id": name, "prompt_id": "q"}
    study = judged(db, *items)
    assert rows(db, study, Content.PREFERENCES, Format.JSON_LINES, tmp_path) == [
        {"prompt": prompt, "chosen": [SO], "rejected": [NO]}
    ]


@pytest.mark.parametrize("form", list(Format))
def test_chats_go_out_as_messages_and_come_in_again(
    db: Database, tmp_path: Path, form: Format
) -> None:
    study = judged(
        db,
        {"item_id": "a", "prompt_id": "q", "messages": [SO], "prompt_messages": CHAT},
        {"item_id": "b", "prompt_id": "q", "text": "No."},
    )
    found = rows(db, study, Content.ITEMS, form, tmp_path)
    chat = found[0]["messages"]
    assert (json.loads(chat) if form is Format.CSV else chat) == [SO]
    assert found[1]["text"] == "No."
    other = made(db)
    path = write_file(db, study.id, Content.ITEMS, form, tmp_path).path
    put(db, other, Kind.ITEMS, path.read_bytes())
    assert studies.items(db, other.id) == studies.items(db, study.id)
    assert studies.prompts(db, other.id) == studies.prompts(db, study.id)


def test_grades_go_out_as_margins(db: Database, tmp_path: Path) -> None:
    items = [{"item_id": name, "text": name} for name in ("a", "b")]
    study = judged(db, *items, grades=4)
    put(db, study, Kind.JUDGMENTS, "first_id,second_id,outcome,annotator_id\na,b,second,q\n")
    assert rows(db, study, Content.MARGINS, Format.JSON_LINES, tmp_path) == [
        {"prompt": "", "chosen": "a", "rejected": "b", "margin": 2.0}
    ]
    counts = preference_counts(db, study.id)
    assert (counts.pairs, counts.graded) == (2, 1)


def test_pictures_go_out_in_the_bundle_and_come_in_again(db: Database, tmp_path: Path) -> None:
    name = media.put(db, FILES["png"], by=None, now=NOON)
    unused = media.put(db, FILES["wav"], by=None, now=NOON)
    study = made(db)
    text = f"![cat](media:{name})"
    put(db, study, Kind.ITEMS, f"item_id,text\na,{text}\nb,none\n")
    path = write_bundle(db, study.id, tmp_path).path
    with zipfile.ZipFile(path) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        assert manifest["media"] == [{"name": f"media/{name}", "type": "image/png"}]
        assert bundle.read(f"media/{name}") == FILES["png"]
        assert f"media/{unused}" not in bundle.namelist()
    elsewhere = Database(tmp_path / "other.duckdb")
    other = made(elsewhere)
    put(elsewhere, other, Kind.ITEMS, path.read_bytes())
    assert [item.text for item in studies.items(elsewhere, other.id)] == [text, "none"]
    assert media.content_of(elsewhere, name) == FILES["png"]
    assert len(history(elsewhere, other.id)) == 1
    elsewhere.close()
