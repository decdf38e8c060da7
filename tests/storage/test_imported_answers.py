"""Grades, aspects, orders and known answers come in from files."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.answer_form import AnswerForm, Form, ListSaid
from core.importing import InvalidFileError, Kind
from core.judgment import ItemOutcome
from core.rankings import Ranking, Thumb
from core.study import Study, StudySettings
from storage import gold, studies
from storage.database import Cursor, Database
from storage.gold import Gold
from storage.imports import commit
from storage.snapshots import write_snapshot
from tests.storage.imported import ITEMS, everything, found, look, put, study
from trainer.study_data import read as read_snapshot

__all__ = ["study"]

GRADED = AnswerForm(grades=7, aspects=("clarity", "tone"), chips=("too long", "wrong"))


def asking(db: Database, form: AnswerForm) -> Study:
    """A study of that form with the items a, b, c and z, the last under another prompt."""
    made = studies.create(db, StudySettings("Fruit", "Which is better?", form=form), by=None)
    put(db, made, Kind.ITEMS, ITEMS)
    return made


def test_grades_aspects_and_reasons_come_with_judgments(db: Database) -> None:
    graded = asking(db, GRADED)
    put(
        db,
        graded,
        Kind.JUDGMENTS,
        "first_id,second_id,outcome,annotator_id,left_id,grade,aspect:clarity,Aspect:tone,chips\n"
        "a,b,first,p1,,3,first,tie,too long\n"
        "b,a,left,p2,b,1,right,left,\n"
        'c,a,tie,p3,,,second,,"[""wrong"", ""too long""]"\n'
        "b,c,second,p4,,,,,\n",
    )
    rows = db.read(
        "SELECT first_id || second_id, outcome, margin, aspects, chips FROM standing_judgments"
        " ORDER BY first_id, second_id, slot"
    )
    assert [(*row[:3], json.loads(row[3] or "null"), row[4]) for row in rows] == [
        ("ab", "first", 3, {"clarity": "first", "tone": "tie"}, ["too long"]),
        ("ab", "second", 1, {"clarity": "first", "tone": "second"}, None),
        ("ac", "tie", None, {"clarity": "first"}, ["wrong", "too long"]),
        ("bc", "second", None, None, None),
    ]


def test_aspects_may_stand_in_one_column(db: Database) -> None:
    graded = asking(db, GRADED)
    row = {"first_id": "b", "second_id": "a", "outcome": "tie", "annotator_id": "p"}
    put(db, graded, Kind.JUDGMENTS, json.dumps({**row, "aspects": {"tone": "first"}}))
    [(aspects,)] = db.read("SELECT aspects FROM standing_judgments")
    assert json.loads(aspects) == {"tone": "second"}


BAD_DETAILS = [
    ("first", {"margin": "0"}, "margin"),
    ("first", {"margin": "4"}, "margin"),
    ("first", {"margin": "much"}, "margin"),
    ("tie", {"margin": "1"}, "margin"),
    ("first", {"aspects": '{"taste": "first"}'}, "aspects"),
    ("first", {"aspects": '{"tone": "both_bad"}'}, "aspects"),
    ("first", {"aspects": '{"tone": "left"}'}, "aspects"),
    ("first", {"aspects": "tone"}, "aspects"),
    ("first", {"aspect:taste": "first"}, "aspect:taste"),
    ("first", {"chips": "too short"}, "chips"),
    ("first", {"chips": "[1]"}, "chips"),
    ("up", {}, "outcome"),
    ("answered", {}, "outcome"),
]


@pytest.mark.parametrize(("outcome", "details", "column"), BAD_DETAILS)
def test_a_detail_that_the_study_does_not_ask_is_told(
    db: Database, outcome: str, details: dict[str, str], column: str
) -> None:
    graded = asking(db, GRADED)
    row = {"first_id": "a", "second_id": "b", "outcome": outcome, "annotator_id": "p", **details}
    run = look(db, graded, Kind.JUDGMENTS, json.dumps(row))
    assert [name for _, name, _ in found(run)] == [column]


def test_a_study_without_grades_takes_none(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    file = "first_id,second_id,outcome,annotator_id,margin\na,b,first,p,1\n"
    assert found(look(db, study, Kind.JUDGMENTS, file)) == [(2, "margin", "1")]


RANKINGS: dict[Form, tuple[str, dict[str, Any]]] = {
    Form.RANKING: ("c > a = b", {"places": [["c"], ["a", "b"]]}),
    Form.BEST_WORST: ("c > a > b", {"places": [["c"]], "rest": ["a"], "worst": "b"}),
    Form.BEST_FEW: ("c = b > a", {"places": [["b", "c"]], "rest": ["a"]}),
    Form.TRIPLET: ("c = b > a", {"places": [["b", "c"]], "rest": ["a"]}),
}


@pytest.mark.parametrize("form", RANKINGS)
def test_orders_come_in_as_answers_of_the_form(db: Database, form: Form) -> None:
    asked = asking(db, AnswerForm(form))
    written, said = RANKINGS[form]
    header = "ranking,annotator_id,judged_at,duration_ms\n"
    put(db, asked, Kind.RANKINGS, header + f"{written},p1,2026-03-01,1500\n{written},p2,,\n")
    put(db, asked, Kind.RANKINGS, header + f"{written},p1,2026-03-02,\n")
    rows = db.read(
        "SELECT set_id, first_id, shown, slot, purpose, policy, outcome, said, duration_ms"
        " FROM standing_answers ORDER BY slot"
    )
    assert [row[:7] for row in rows] == [
        ("a\x1fb\x1fc", None, None, slot, "import", "import", "answered") for slot in range(3)
    ]
    assert [json.loads(row[7]) for row in rows] == [said] * 3
    assert [row[8] for row in rows] == [1500, None, None]
    assert db.read("SELECT count(DISTINCT annotator_id) FROM standing_answers") == [(2,)]


def test_imported_orders_reach_the_models(db: Database, tmp_path: Path) -> None:
    asked = asking(db, AnswerForm(Form.RANKING))
    put(db, asked, Kind.RANKINGS, "ranking,annotator_id\na > b > c,p1\n")
    write_snapshot(db, asked.id, tmp_path)
    [answer] = read_snapshot(tmp_path).answers
    assert isinstance(answer, Ranking)
    assert answer.places == (("a",), ("b",), ("c",))


def test_every_bad_order_is_told(db: Database) -> None:
    asked = asking(db, AnswerForm(Form.RANKING))
    header = "ranking,annotator_id,judged_at\n"
    before = everything(db)
    run = look(
        db,
        asked,
        Kind.RANKINGS,
        header
        + "a > b,p,\na > b > a,p,\n>,p,\n,p,\na > b > d,p,\na > b > z,p,\na > b > c,,\n"
        + "a > b > c,p,soon\na > b > c,q,2026-01-01\nc > b > a,q,2026-01-01\n",
    )
    assert [(line, column) for line, column, _ in found(run)] == [
        (2, "ranking"), (3, "ranking"), (4, "ranking"), (5, "ranking"), (6, "ranking"),
        (7, "ranking"), (8, "annotator_id"), (9, "judged_at"), (11, "annotator_id"),
    ]  # fmt: skip
    assert run.problems.shown[4].value == "d"
    put(db, asked, Kind.RANKINGS, header + "a > b > c,q,2026-01-01\n")
    again = look(db, asked, Kind.RANKINGS, header + "c > b > a,q,2026-01-01\n")
    assert found(again) == [(2, "annotator_id", "q")]
    assert everything(db)["items"] == before["items"]


def test_a_study_of_pairs_takes_no_orders(db: Database, study: Study) -> None:
    with pytest.raises(InvalidFileError, match="does not ask for orders"):
        look(db, study, Kind.RANKINGS, "ranking,annotator_id\na > b > c,p\n")


def test_known_answers_come_in_and_are_changed_by_the_next_file(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    header = "first_id,second_id,outcome,feedback,training\n"
    put(db, study, Kind.GOLD, header + "b,a,first,**b**!,yes\na,c,Both Bad,,\n")
    assert gold.of_study(db, study.id) == (
        Gold(("a", "b"), ItemOutcome.SECOND, "**b**!", training=True, source="import"),
        Gold(("a", "c"), ItemOutcome.BOTH_BAD, "", training=False, source="import"),
    )
    run = look(db, study, Kind.GOLD, header + "a,b,second,**b**!,1\na,c,first,,no\n")
    assert (run.counts["known already"], run.n_new) == (1, 1)
    commit(db, run, by="noor")
    assert [known.outcome for known in gold.of_study(db, study.id)] == ["second", "first"]
    assert db.read("SELECT set_by, revision FROM gold WHERE revision = 1") == [("noor", 1)]


def test_a_thumb_may_be_known(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    put(db, study, Kind.GOLD, "item_id,outcome\na,up\nb,Down\n")
    known = [(one.items, one.outcome.value) for one in gold.of_study(db, study.id)]
    assert known == [(("a",), "up"), (("b",), "down")]


def test_thumbs_come_in_and_reach_the_models(db: Database, tmp_path: Path) -> None:
    """Each in a place of its own; the same at the same time is refused, another time is not."""
    asked = asking(db, AnswerForm(Form.THUMBS))
    header = "item_id,outcome,annotator_id,judged_at,duration_ms,reason\n"
    put(db, asked, Kind.THUMBS, header + "a,Up,p,2026-03-01,900,clear\na,down,q,,,\nb,good,p,,,\n")
    rows = db.read(
        "SELECT set_id, first_id, shown, slot, purpose, outcome, duration_ms, reason"
        " FROM standing_answers ORDER BY set_id, slot"
    )
    assert rows == [
        ("a", None, None, 0, "import", "up", 900, "clear"),
        ("a", None, None, 1, "import", "down", None, None),
        ("b", None, None, 0, "import", "up", None, None),
    ]
    again = look(db, asked, Kind.THUMBS, header + "a,down,p,2026-03-01,,\na,down,p,2026-03-02,,\n")
    assert found(again) == [(2, "annotator_id", "p")]
    write_snapshot(db, asked.id, tmp_path)
    thumbs = read_snapshot(tmp_path).answers
    assert sorted((one.item, one.up) for one in thumbs if isinstance(one, Thumb)) == [
        ("a", False), ("a", True), ("b", True),
    ]  # fmt: skip


def test_every_bad_thumb_is_told(db: Database, study: Study) -> None:
    asked = asking(db, AnswerForm(Form.THUMBS))
    header = "item_id,outcome,annotator_id,judged_at\n"
    bad = ",up,p,\nx,up,p,\na,,p,\na,first,p,\na,up,,\na,up,p,soon\n"
    run = look(db, asked, Kind.THUMBS, header + bad)
    assert [(line, column) for line, column, _ in found(run)] == [
        (2, "item_id"), (3, "item_id"), (4, "outcome"), (5, "outcome"), (6, "annotator_id"),
        (7, "judged_at"),
    ]  # fmt: skip
    with pytest.raises(InvalidFileError, match="does not ask about one item alone"):
        look(db, study, Kind.THUMBS, header + "a,up,p,\n")


@pytest.mark.parametrize("form", RANKINGS)
def test_an_order_may_be_known(db: Database, form: Form) -> None:
    """Said again it is known already; another order of the same items takes its place."""
    asked = asking(db, AnswerForm(form, list_size=3))
    written, said = RANKINGS[form]
    header = "ranking,feedback,training\n"
    put(db, asked, Kind.GOLD, header + f"{written},*so*,yes\n")
    [known] = gold.of_study(db, asked.id)
    assert known == Gold(("a", "b", "c"), ItemOutcome.ANSWERED, "*so*", True, "import",  # noqa: FBT003
                         ListSaid.from_json(said))  # fmt: skip
    assert look(db, asked, Kind.GOLD, header + f"{written},*so*,1\n\n").n_new == 0
    other = written.replace("c", "x").replace("a", "c").replace("x", "a")
    put(db, asked, Kind.GOLD, header + f"{other},,\n")
    [changed] = gold.of_study(db, asked.id)
    assert changed.said != known.said
    assert (changed.training, changed.feedback) == (False, "")


def test_every_bad_known_order_is_told(db: Database, study: Study) -> None:
    asked = asking(db, AnswerForm(Form.RANKING, list_size=3))
    header = "ranking,first_id,second_id,outcome\n"
    bad = "a > b,,,\na > b > x,,,\na > b > z,,,\na > b > c,a,,\na > b > c > d,,,\n"
    run = look(db, asked, Kind.GOLD, header + bad + ",a,b,tie\n")
    assert [(line, column) for line, column, _ in found(run)] == [
        (n, "ranking") for n in range(2, 7)
    ]
    put(db, study, Kind.ITEMS, ITEMS)
    assert found(look(db, study, Kind.GOLD, "ranking\na > b > c\n")) == [
        (2, "ranking", "a > b > c")
    ]


def test_imported_answers_are_in_no_cohort(db: Database) -> None:
    """They fill the first places from the last taken one there on, and never those of a cohort.

    The pair a, b has places 0 (no cohort), 998 (an earlier import) and 2000 (the second cohort);
    of three more the first gets place 999 and the others stand beyond all cohorts. Orders too.
    """
    pairs, lists = (asking(db, AnswerForm(kind)) for kind in (Form.PAIR, Form.RANKING))
    taken = [(one.id, key, slot) for one, key in ((pairs, "a\x1fb"), (lists, "a\x1fb\x1fc"))
             for slot in (0, 998, 2000)]  # fmt: skip

    def take(cursor: Cursor) -> None:
        for study_id, key, slot in taken:
            cursor.execute(
                "INSERT INTO presentations VALUES (?, ?, 1, 'ann', ?, NULL, NULL, NULL, ?, 0,"
                " 'judge', 'random', 1, now(), now())",
                [f"{study_id} {slot}", study_id, key, slot],
            )

    db.write(take)
    judged = "first_id,second_id,outcome,annotator_id\n" + "b,a,tie,p\n" * 2
    put(db, pairs, Kind.JUDGMENTS, judged)
    put(db, pairs, Kind.JUDGMENTS, judged.replace("p", "q"))
    put(db, lists, Kind.RANKINGS, "ranking,annotator_id\n" + "a > b > c,p\n" * 4)
    for one in (pairs, lists):
        slots = db.read("SELECT slot FROM presentations WHERE study_id = ? ORDER BY slot", [one.id])
        assert [slot for (slot,) in slots] == [
            0, 998, 999, 2000, 1_000_000, 1_000_001, 1_000_002,
        ]  # fmt: skip


BAD_GOLD = {
    "a,b,,left,": "outcome", "a,b,,skipped,": "outcome", "a,b,,up,": "outcome",
    ",,a,first,": "outcome", "a,b,,,": "outcome", ",,a,up,maybe": "training",
    "a,c,b,up,": "item_id", ",,unknown,up,": "item_id", "a,z,,first,": "second_id",
    "a,,,first,": "second_id", "a,a,,first,": "second_id",
}  # fmt: skip


def test_every_bad_known_answer_is_told(db: Database, study: Study) -> None:
    put(db, study, Kind.ITEMS, ITEMS)
    header = "first_id,second_id,item_id,outcome,training\n"
    for row, column in BAD_GOLD.items():
        run = look(db, study, Kind.GOLD, header + row + "\n")
        assert [name for _, name, _ in found(run)] == [column], row
    twice = look(db, study, Kind.GOLD, header + "b,c,,tie,\nc,b,,tie,\n")
    assert found(twice) == [(3, "outcome", "tie")]
