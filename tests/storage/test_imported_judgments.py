import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer_form import AnswerForm, Form
from core.errors import DiscernError
from core.importing import COLUMNS, Kind
from core.study import State, Study, StudySettings
from storage import studies
from storage.database import Database
from storage.import_files import read_file
from storage.imports import (
    ImportRefusedError,
    commit,
    dry_run,
)
from tests.given import next_pair
from tests.storage.imported import (
    ITEMS,
    answers,
    found,
    look,
    put,
    study,
)

__all__ = ["study"]


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
    "2016-06", "a", "b", "z", "first", "tie", "skipped", "unclear", "a > b > c", "c = b > a", "yes",
    ["a", ["b", "c"]], [], {"tone": "first"}, [{"role": "user", "content": "x"}], [{"role": 1}],
    "![x](a.png)", f"media:{'a' * 64}.png",
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
    form = AnswerForm(Form.RANKING if kind is Kind.RANKINGS else Form.PAIR, grades=4)
    study = studies.create(db, StudySettings("Odd", "Which?", form=form), by=None)
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
