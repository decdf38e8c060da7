import json

import pytest

from core.errors import NotFoundError
from core.importing import InvalidFileError, Kind
from core.study import State, Study, StudySettings
from storage import studies
from storage.database import Database
from storage.imports import (
    AlreadyImportedError,
    ImportRefusedError,
    commit,
    history,
)
from tests.storage.imported import (
    ITEMS,
    everything,
    found,
    look,
    put,
    study,
)

__all__ = ["study"]


def test_items_come_with_their_prompts(db: Database, study: Study) -> None:
    file = "item_id,prompt_id,prompt,text\na,p,Why?,one\nb,p,,two\nz,q,How?,other\n"
    run = look(db, study, Kind.ITEMS, file)
    assert run.counts == {"prompts": 2, "items": 3, "items already there": 0}
    assert run.preview[1] == {
        "line": 3, "item_id": "b", "prompt_id": "p", "prompt": "Why?", "text": "two",
    }  # fmt: skip
    commit(db, run, by="somebody")
    assert studies.prompts(db, study.id) == {"p": "Why?", "q": "How?"}
    assert [(i.id, i.prompt_id, i.text) for i in studies.items(db, study.id)] == [
        ("a", "p", "one"), ("b", "p", "two"), ("z", "q", "other"),
    ]  # fmt: skip
    [receipt] = history(db, study.id)
    assert (receipt.kind, receipt.file_name, receipt.n_rows, receipt.by) == (
        Kind.ITEMS, "items.csv", 3, "somebody",
    )  # fmt: skip


def test_a_dry_run_changes_nothing(db: Database, study: Study) -> None:
    before = everything(db)
    look(db, study, Kind.ITEMS, ITEMS)
    assert everything(db) == before


def test_without_prompt_ids_the_same_text_is_the_same_prompt(db: Database, study: Study) -> None:
    file = f"id,answer,question\na,1,Why?\nb,2,Why?\nc,3,{'x' * 201}\nd,4,\n"
    put(db, study, Kind.ITEMS, file)
    prompts = studies.prompts(db, study.id)
    assert prompts["Why?"] == "Why?"
    assert prompts["no prompt"] == ""
    assert {len(prompt_id) for prompt_id in prompts} == {4, 9, 64}


def test_one_column_of_the_file_may_be_two_of_ours(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, "id,text,topic\na,1,T\n", prompt_id="topic", prompt="topic")
    assert studies.prompts(db, study.id) == {"T": "T"}


def test_it_says_which_columns_it_took_and_which_not(db: Database, study: Study) -> None:
    run = look(db, study, Kind.ITEMS, "Arg ID,arg_id,text,note\nx,a,one,?\n")
    assert run.columns.taken == {"item_id": "Arg ID", "text": "text"}
    assert run.columns.not_imported == ("arg_id", "note")
    told = look(db, study, Kind.ITEMS, "Arg ID,arg_id,text,note\nx,a,one,?\n", item_id="arg_id")
    assert told.columns.taken["item_id"] == "arg_id"


def test_a_missing_column_is_named_with_what_is_there(db: Database, study: Study) -> None:
    with pytest.raises(InvalidFileError, match=r"text \(what is compared.*It has item_id, body"):
        look(db, study, Kind.ITEMS, "item_id,body\na,x\n")
    with pytest.raises(InvalidFileError, match="no column 'body' to take for text"):
        look(db, study, Kind.ITEMS, ITEMS, text="body")
    with pytest.raises(InvalidFileError, match="no column 'wrong' to fill"):
        look(db, study, Kind.ITEMS, ITEMS, wrong="text")


def test_a_column_of_lists_cannot_be_taken_for_text(db: Database, study: Study) -> None:
    lines = json.dumps({"item_id": "a", "text": ["x"]})
    with pytest.raises(InvalidFileError, match="'text' cannot be taken for text; it holds a list"):
        look(db, study, Kind.ITEMS, lines)


def test_items_already_there_are_skipped_and_other_texts_refused(
    db: Database, study: Study
) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    again = look(db, study, Kind.ITEMS, ITEMS + "d,p,four\n")
    assert (again.n_new, again.counts["items already there"]) == (1, 4)
    commit(db, again, by=None)
    other = look(db, study, Kind.ITEMS, "item_id,prompt_id,text\na,p,changed\nb,q,two\nd,p,four\n")
    assert found(other) == [(2, "text", "changed"), (3, "text", "two")]
    assert not look(db, study, Kind.ITEMS, ITEMS + "\n").ready


def test_every_bad_item_is_told(db: Database, study: Study) -> None:
    rows = [
        ("", "p", "x", "P"), ("i" * 201, "p", "x", "P"), ("a\0", "p", "x", "P"),
        ("b", "", "x", "P"), ("c", "p", " ", "P"), ("d", "p", "t" * 1_000_001, "P"),
        ("e", "p", "x", "P"), ("e", "p", "x", "P"), ("f", "p", "x", "another"),
    ]  # fmt: skip
    keys = ("item_id", "prompt_id", "text", "prompt")
    run = look(
        db,
        study,
        Kind.ITEMS,
        "\n".join(json.dumps(dict(zip(keys, row, strict=True))) for row in rows),
    )
    assert [(line, column) for line, column, _ in found(run)] == [
        (1, "item_id"), (2, "item_id"), (3, "item_id"), (4, "prompt_id"), (5, "text"), (6, "text"),
        (8, "item_id"), (9, "prompt"),
    ]  # fmt: skip
    assert max(len(value) for _, _, value in found(run)) == 80


def test_an_import_is_all_or_nothing(db: Database, study: Study) -> None:
    before = everything(db)
    run = look(db, study, Kind.ITEMS, ITEMS + ",p,no id\n")
    assert run.problems.total() == 1
    with pytest.raises(ImportRefusedError, match=r"1 problem, .*line 6, column item_id"):
        commit(db, run, by=None)
    assert everything(db) == before


def test_what_became_wrong_since_the_dry_run_leaves_no_trace(db: Database, study: Study) -> None:
    run = look(db, study, Kind.ITEMS, ITEMS)
    put(db, study, Kind.ITEMS, "item_id,prompt_id,text\na,p,another text\n")
    before = everything(db)
    with pytest.raises(ImportRefusedError):
        commit(db, run, by=None)
    assert everything(db) == before


def test_the_same_file_twice_is_refused(db: Database, study: Study) -> None:
    early = look(db, study, Kind.ITEMS, ITEMS)
    commit(db, early, by=None)
    with pytest.raises(AlreadyImportedError):
        look(db, study, Kind.ITEMS, ITEMS)
    with pytest.raises(AlreadyImportedError):
        commit(db, early, by=None)
    other = studies.create(db, StudySettings("Other", "Which?"), by=None)
    put(db, other, Kind.ITEMS, ITEMS)
    assert len(studies.items(db, other.id)) == 4


def test_a_removed_study_takes_nothing(db: Database, study: Study) -> None:
    run = look(db, study, Kind.ITEMS, ITEMS)
    studies.set_state(db, study.id, State.REMOVED, by=None)
    with pytest.raises(NotFoundError):
        commit(db, run, by=None)


def test_pairs_are_unordered_and_counted_once(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    run = look(db, study, Kind.PAIRS, "first_id,second_id\nb,a\na,b\na,c\n")
    assert run.counts == {"pairs": 3, "pairs already there or listed twice": 1}
    commit(db, run, by=None)
    pairs = db.read("SELECT first_id, second_id FROM pairs ORDER BY ALL")
    assert pairs == [("a", "b"), ("a", "c")]


def test_every_bad_pair_is_told(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    run = look(db, study, Kind.PAIRS, "a,b\na,a\na,z\na,unknown\n,b\n")
    assert found(run) == [(2, "b", "a"), (3, "b", "z"), (4, "b", "unknown"), (5, "a", "")]
