import io
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DiscernError, NotFoundError
from core.importing import COLUMNS, InvalidFileError, Kind
from core.study import State, Study, StudySettings
from storage import studies
from storage.database import Database
from storage.import_files import read_file
from storage.imports import (
    AlreadyImportedError,
    DryRun,
    ImportReceipt,
    ImportRefusedError,
    commit,
    dry_run,
    history,
)
from tests.given import next_pair

ITEMS = "item_id,prompt_id,text\na,p,one\nb,p,two\nc,p,three\nz,q,other\n"
TABLES = (
    "prompts",
    "items",
    "pairs",
    "imports",
    "imported_annotators",
    "presentations",
    "judgments",
)


@pytest.fixture
def study(db: Database) -> Study:
    return studies.create(db, StudySettings("Fruit", "Which is better?"), by=None)


def look(
    db: Database, study: Study, kind: Kind, file: str | bytes, /, **told: str | None
) -> DryRun:
    content = file.encode() if isinstance(file, str) else file
    return dry_run(db, study.id, kind, read_file(io.BytesIO(content), f"{kind}.csv"), told)


def put(
    db: Database, study: Study, kind: Kind, file: str | bytes, /, **told: str | None
) -> ImportReceipt:
    return commit(db, look(db, study, kind, file, **told), by=None)


def found(run: DryRun) -> list[tuple[int, str, str]]:
    """Line, column and value of each problem."""
    return [(problem.line, problem.column, problem.value) for problem in run.problems.shown]


def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    return {table: db.read(f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES}  # noqa: S608


def answers(db: Database) -> list[tuple[Any, ...]]:
    return db.read(
        "SELECT first_id, second_id, left_id, outcome, slot FROM standing_judgments"
        " ORDER BY first_id, second_id, slot"
    )


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


def test_answers_are_said_of_the_items_whatever_order_and_side(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    put(
        db,
        study,
        Kind.JUDGMENTS,
        "first_id,second_id,outcome,annotator_id,left_id\n"
        "a,b,first,p1,\n"
        "b,a,first,p2,b\n"
        "a,b,Left,p3,b\n"
        "b,a,right,p4,b\n"
        "a,b,Both Bad,p5,a\n"
        "b,a,tie,p6,\n",
    )
    assert answers(db) == [
        ("a", "b", None, "first", 0),
        ("a", "b", "b", "second", 1),
        ("a", "b", "b", "second", 2),
        ("a", "b", "b", "first", 3),
        ("a", "b", "a", "both_bad", 4),
        ("a", "b", None, "tie", 5),
    ]


def test_sides_alone_are_enough(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    put(db, study, Kind.JUDGMENTS, "left,right,winner,worker\nc,a,left,p\nc,b,model_b,p\n")
    assert answers(db) == [("a", "c", "c", "second", 0), ("b", "c", "c", "first", 0)]


def test_the_right_item_tells_the_left_one(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    file = "first_id,second_id,right_id,outcome,annotator_id\na,b,a,left,p\n"
    put(db, study, Kind.JUDGMENTS, file)
    assert answers(db) == [("a", "b", "b", "second", 0)]


def test_times_and_durations_are_kept(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    before = datetime.now(UTC)
    put(
        db,
        study,
        Kind.JUDGMENTS,
        "first_id,second_id,outcome,worker,accept_time,submit_time,duration_ms,reason\n"
        "a,b,first,p1,2016-01-31 16:53:19.0 UTC,2016-01-31 16:59:52.0 UTC,,because\n"
        "a,b,first,p2,,2016-01-31T17:00:00+01:00,1500,\n"
        "a,b,first,p3,,2016-01-31 16:00:00,,\n"
        "a,b,first,p4,,,,\n",
    )
    rows = db.read(
        "SELECT created_at, judged_at, duration_ms, reason, purpose, policy, probability,"
        " settings_version FROM standing_judgments ORDER BY slot"
    )
    four = datetime(2016, 1, 31, 16, tzinfo=UTC)
    assert rows[0][:4] == (
        four.replace(minute=53, second=19), four.replace(minute=59, second=52), 393_000, "because",
    )  # fmt: skip
    assert rows[1][:4] == (
        datetime(2016, 1, 31, 15, 59, 58, 500_000, UTC), four, 1500, None,
    )  # fmt: skip
    assert rows[2][:3] == (four, four, None)
    assert before <= rows[3][1] <= datetime.now(UTC)
    assert {row[4:] for row in rows} == {("import", "import", None, 1)}


def test_imported_people_get_random_ids_and_keep_them(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    header = "first_id,second_id,outcome,annotator_id\n"
    put(db, study, Kind.JUDGMENTS, header + "a,b,first,ann@example.org\na,c,tie,other\n")
    put(db, study, Kind.JUDGMENTS, header + "b,c,first,ann@example.org\n")
    people = dict(db.read("SELECT external_id, annotator_id FROM imported_annotators"))
    assert people.keys() == {"ann@example.org", "other"}
    ids = db.read("SELECT annotator_id FROM standing_judgments ORDER BY first_id, second_id")
    assert [name for (name,) in ids] == [
        people["ann@example.org"], people["other"], people["ann@example.org"],
    ]  # fmt: skip
    assert len(people["other"]) == 32


def test_imported_judgments_take_the_next_places_of_a_pair(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    header = "first_id,second_id,outcome,annotator_id\n"
    put(db, study, Kind.JUDGMENTS, header + "a,b,first,p1\na,b,tie,p2\nb,c,tie,p2\n")
    put(db, study, Kind.JUDGMENTS, header + "b,a,second,p3\n")
    assert [(row[0] + row[1], row[4]) for row in answers(db)] == [
        ("ab", 0), ("ab", 1), ("ab", 2), ("bc", 0),
    ]  # fmt: skip
    studies.set_state(db, study.id, State.RUNNING, by=None)
    shown = {
        (p.pair.first, p.pair.second, p.slot)
        for i in range(4)
        if (p := next_pair(db, studies.get(db, study.id), f"somebody {i}", datetime.now(UTC)))
    }
    assert shown == {("a", "c", 0), ("a", "c", 1), ("b", "c", 1)}


BAD_JUDGMENTS = {
    "a,unknown,first,p": "second_id",
    "a,a,first,p": "second_id",
    "a,z,first,p": "second_id",
    ",b,first,p": "first_id",
    "a,b,best,p": "outcome",
    "a,b,,p": "outcome",
    "a,b,left,p": "outcome",
    "a,b,first,": "annotator_id",
    f"a,b,first,{'p' * 201}": "annotator_id",
    "a,b,first,p,left_id=c": "left_id",
    "a,b,first,p,right_id=c": "right_id",
    "a,b,first,p,left_id=a,right_id=a": "right_id",
    "a,b,first,p,judged_at=31/01/2016": "judged_at",
    "a,b,first,p,judged_at=infinity": "judged_at",
    "a,b,first,p,judged_at=2999-01-01": "judged_at",
    "a,b,first,p,judged_at=294247-01-10 04:00:54Z": "judged_at",
    "a,b,first,p,started_at=soon": "started_at",
    "a,b,first,p,judged_at=2016-01-01,started_at=2016-01-02": "started_at",
    "a,b,first,p,duration_ms=-1": "duration_ms",
    "a,b,first,p,duration_ms=long": "duration_ms",
    "a,b,first,p,duration_ms=99999999999999999999": "duration_ms",
    "a,b,first,p,judged_at=2016-01-01,duration_ms=9223372036854775807": "duration_ms",
    "a,b,skipped,p,skip_reason=bored": "skip_reason",
    "a,b,tie,p,skip_reason=unclear": "skip_reason",
    f"a,b,tie,p,judgment_id={'j' * 201}": "judgment_id",
    "a,b,tie,p,reason=nul\0": "reason",
}  # fmt: skip


@pytest.mark.parametrize("row", BAD_JUDGMENTS)
def test_a_bad_judgment_is_told_by_its_column(db: Database, study: Study, row: str) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    values = row.split(",")
    names = ["first_id", "second_id", "outcome", "annotator_id"]
    line = dict(zip(names, values[:4], strict=True)) | dict(v.split("=") for v in values[4:])
    run = look(db, study, Kind.JUDGMENTS, json.dumps(line))
    assert [column for _, column, _ in found(run)] == [BAD_JUDGMENTS[row]]
    with pytest.raises(ImportRefusedError):
        commit(db, run, by=None)


ODD = [
    "infinity", "-infinity", "epoch", "294247-01-10 04:00:54.775806Z", "290309-12-22 (BC)", "1e400",
    "9223372036854775807", "2016-01-31 16:59:52 Foo/Bar", "nan", "0x10", "", " ", "\0", "\u200b",
    "é" * 300, "'; DROP TABLE items; --", "$study", 0, -1, 1.5, True, None, 10**30, "left",
    "2016-06", "a", "b", "z", "first", "tie", "skipped", "unclear",
]  # fmt: skip


@given(
    st.sampled_from(list(Kind)).flatmap(
        lambda kind: st.tuples(
            st.just(kind),
            st.lists(
                st.fixed_dictionaries({c.name: st.sampled_from(ODD) for c in COLUMNS[kind]}),
                min_size=1,
            ),
        )
    )
)
def test_whatever_the_cells_hold_the_file_is_imported_or_refused(
    db: Database, file: tuple[Kind, list[dict[str, Any]]]
) -> None:
    kind, rows = file
    study = studies.create(db, StudySettings("Odd", "Which?"), by=None)
    put(db, study, Kind.ITEMS, ITEMS)
    with suppress(DiscernError):  # whatever else is raised fails the test
        put(db, study, kind, "\n".join(map(json.dumps, rows)))


def test_a_judgment_is_not_counted_twice(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    header = "first_id,second_id,outcome,annotator_id,judged_at,judgment_id\n"
    ids = look(db, study, Kind.JUDGMENTS, header + "a,b,tie,p,,j1\na,c,tie,p,,j1\nb,c,tie,p,,\n")
    assert found(ids) == [(3, "judgment_id", "j1")]
    same = "a,b,first,p,2026-01-01,\n"
    twice = look(db, study, Kind.JUDGMENTS, header + same + "b,a,second,p,2026-01-01,\n")
    assert found(twice) == [(3, "annotator_id", "p")]
    put(db, study, Kind.JUDGMENTS, header + same)
    later = look(db, study, Kind.JUDGMENTS, header + "a,c,tie,p,2026-01-01,\n" + same)
    assert found(later) == [(3, "annotator_id", "p")]


def test_all_problems_are_counted_and_the_first_thousand_shown(db: Database, study: Study) -> None:
    rows = [f"i{i},{'' if i % 2 else 'x'}" for i in range(5000)]
    run = look(db, study, Kind.ITEMS, "item_id,text\nragged\n" + "\n".join(rows))
    assert run.problems.counts == {
        "An item's text must not be empty.": 2500,
        "A row must have as many fields as the header.": 1,
    }
    assert len(run.problems.shown) == 1000
    assert [problem.line for problem in run.problems.shown[:3]] == [2, 4, 6]


def test_a_million_rows_come_in(db: Database, study: Study) -> None:
    rows = "\n".join(f"item {i},text {i}" for i in range(10**6))
    receipt = put(db, study, Kind.ITEMS, "item_id,text\n" + rows)
    assert receipt.n_rows == 10**6
    assert db.read("SELECT count(*) FROM items WHERE text = 'text 999999'") == [(1,)]


def test_real_judgments_come_in_whole(db: Database, study: Study) -> None:
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "convincing-arguments"
    if not folder.exists():
        pytest.skip("../shared/data is absent")
    runs = []
    for kind in (Kind.ITEMS, Kind.JUDGMENTS):
        with (folder / f"{kind}.parquet").open("rb") as file:
            runs.append(dry_run(db, study.id, kind, read_file(file, file.name)))
        commit(db, runs[-1], by=None)
    assert runs[1].file_name == "judgments.parquet"
    assert runs[1].outcomes == {"first": 32_849, "second": 32_491, "tie": 19_105}
    [row] = db.read(
        "SELECT count(*), count(DISTINCT annotator_id), count(reason), count(duration_ms),"
        " min(judged_at), max(judged_at) FROM standing_judgments"
    )
    assert row[:4] == (84_445, 3815, 84_445, 84_445)
    assert row[4:] == (
        datetime(2016, 1, 31, 13, 23, 6, tzinfo=UTC), datetime(2016, 3, 8, 1, 29, 15, tzinfo=UTC),
    )  # fmt: skip
