"""The page Agreement: every coefficient, its parts, one annotator's report."""

from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.agreement import Coefficient, Scale
from core.answer_form import AnswerForm, Form, ListSaid
from core.judgment import ItemOutcome, Outcome
from core.study import Asking, Role, Study
from storage import gold, judgments
from storage.database import Cursor, Database
from storage.gold import Gold
from storage.judgments import Answer
from tests.given import NOON, answer, next_pair, running_study
from tests.pages.test_pages import open_page, open_table, person_with
from tests.trainer.test_parts import join
from ui.chart_with_data import csv_of
from workbench import dashboards
from workbench.dashboards import Wanted
from workbench.opening import open_workbench

PAGE = Path(__file__).resolve().parents[2] / "pages/agreement.py"


def judge_by(db: Database, study: Study, person: str, right: float, seed: int) -> None:
    """All pairs: the item that comes first by name with that probability; aspects always so."""
    rng = np.random.default_rng(seed)
    while (shown := next_pair(db, study, person)) is not None:
        first = Outcome.LEFT if shown.left == shown.items[0] else Outcome.RIGHT
        second = Outcome.RIGHT if first is Outcome.LEFT else Outcome.LEFT
        given = first if rng.random() < right else second
        aspects = dict.fromkeys(study.settings.form.aspects, first)
        said = Answer(shown.id, given, duration_ms=9000, aspects=aspects)
        judgments.add(db, person, said, study, NOON)


def page_of(rights: list[float], **settings: object) -> tuple[AppTest, Study]:
    workbench = open_workbench()
    user = person_with(workbench, Role.ADMIN)
    study = running_study(workbench.db, sizes=(7,), overlap=len(rights), **settings)
    for number, right in enumerate(rights):
        join(workbench.db, study, f"a{number}", "north" if number % 2 else "south")
        judge_by(workbench.db, study, f"a{number}", right, number)
    return open_page(PAGE, user), study


def test_people_who_always_agree_agree_perfectly_whatever_sides_they_saw(data_folder: Path) -> None:
    at, _ = page_of([1.0, 1.0, 1.0])
    assert not at.exception
    assert at.metric[0].value == "100.0%"
    # Everybody always said "first": no disagreement by chance to compare with.
    assert any("not determined" in info.value for info in at.info)
    assert data_folder.exists()


def test_every_coefficient_has_its_interval_and_its_n(data_folder: Path) -> None:
    at, study = page_of([0.8] * 6, form=AnswerForm(aspects=("clarity",)))
    assert not at.exception
    whole = open_table(at, "agreement").dataframe[0].value
    assert len(whole) == len(Coefficient)
    assert (whole["other people: low"] < whole["value"]).all()
    assert set(whole["answers"]) == {6 * 21}
    # A file that is made after the click may be deleted before a slow browser has it.
    assert {button.proto.deferred_file_id for button in at.get("download_button")} == {""}
    assert any("usual" in text.value and "published figures" in text.value for text in at.markdown)
    workbench = open_workbench()
    by_aspect = dashboards.agreement_by_aspect(workbench, study.id, Wanted(Coefficient.PERCENT))
    assert by_aspect is not None
    assert by_aspect[1].value.tolist() == [1.0]
    chosen = {box.label: box for box in at.selectbox}
    chosen["By"].set_value("aspect")
    chosen["Coefficient"].set_value(Coefficient.PERCENT)
    open_table(at, "agreement by aspect")
    assert not at.exception
    assert any("clarity" in str(frame.value.to_dict()) for frame in at.dataframe)
    assert data_folder.exists()


def frame_with(at: AppTest, column: str) -> Any:
    [frame] = [one.value for one in at.dataframe if column in one.value]
    return frame


def test_every_two_people_have_a_kappa_and_parts_an_interval_by_bootstrap(
    data_folder: Path,
) -> None:
    at, _ = page_of([0.9] * 5)
    chosen = {box.label: box for box in at.selectbox}
    chosen["By"].set_value("two people")
    twos = frame_with(open_table(at, "agreement by two people"), "two people")
    assert not at.exception
    assert len(twos) == 10
    assert set(twos["pairs"]) == {21}
    assert (twos["low"] < twos["value"]).all()
    chosen = {box.label: box for box in at.selectbox}
    chosen["By"].set_value("week")
    at.toggle[0].set_value(True)
    inside = frame_with(open_table(at, "agreement by week"), "week")
    assert not at.exception
    assert "other pairs, bootstrap: low" in inside
    assert data_folder.exists()


def test_pairs_that_a_policy_chose_are_left_out_where_enough_were_drawn_evenly(
    data_folder: Path,
) -> None:
    """All agree about 30 pairs; of six more, which a policy chose, each is even for everybody."""
    workbench = open_workbench()
    user = person_with(workbench, Role.ADMIN)
    study = running_study(workbench.db, sizes=(9,), overlap=4)
    close = {f"q0-{number:03}" for number in range(4)}

    def chosen(cursor: Cursor) -> None:
        cursor.execute(
            "UPDATE presentations SET policy = 'ranking' WHERE first_id IN"
            " (SELECT unnest($close)) AND second_id IN (SELECT unnest($close))",
            {"close": sorted(close)},
        )

    for number in range(4):
        while (shown := next_pair(workbench.db, study, f"a{number}")) is not None:
            contrary = set(shown.items) <= close and number % 2 == 1
            left = (shown.left == shown.items[0]) != contrary
            answer(workbench.db, study, shown, Outcome.LEFT if left else Outcome.RIGHT)
    workbench.db.write(chosen)
    at = open_page(PAGE, user)
    assert not at.exception
    assert at.metric[0].value == "100.0%"
    assert any("24 answers are about pairs that a policy chose" in c.value for c in at.caption)
    at.segmented_control[0].set_value("all").run()
    assert not at.exception
    assert at.metric[0].value == "88.9%"  # 30 of 36 pairs, and of the six a third: 32 / 36
    assert data_folder.exists()


def test_one_person_is_reported_and_nothing_is_taken_out(data_folder: Path) -> None:
    """Nine who nearly always say the same, and one who says the opposite."""
    at, study = page_of([0.95] * 9 + [0.05])
    assert not at.exception
    assert any("a9 should be looked at" in warning.value for warning in at.warning)
    assert any("never an exclusion" in text.value for text in [*at.warning, *at.markdown])
    workbench = open_workbench()
    given = dashboards.answers_of(workbench, study.id)
    rated = dashboards.rated(given, study, Scale.NOMINAL)
    alpha = dashboards.agreement(rated).found[Coefficient.PERCENT].value
    place = given.annotators.index("a9")
    found = dashboards.without(rated, place)[Coefficient.PERCENT]
    without = found.value
    assert found.change.low > 0  # the others agree more without the one who differs
    # Two of ten differ as often as not: 0.905 among nine, (36 * 0.905 + 9 * 0.095) / 45 with all.
    assert without == pytest.approx(0.905, abs=0.05)
    assert alpha == pytest.approx(0.743, abs=0.05)
    assert len(given) == 10 * 21
    assert data_folder.exists()


def test_cohorts_that_are_too_small_are_not_shown(data_folder: Path) -> None:
    _, study = page_of([0.9] * 9)  # four of the north, five of the south
    given = dashboards.answers_of(open_workbench(), study.id)
    inside = dashboards.agreement_inside(given, study, "cohort", Wanted(Coefficient.PERCENT))
    assert [given.cohorts[number] for number in inside.group.tolist()] == ["south"]
    assert data_folder.exists()


def test_figures_are_worked_out_anew_when_there_is_an_answer_more(db: Database) -> None:
    from storage import answers

    study = running_study(db, sizes=(2,))
    before = answers.version(db)
    judge_by(db, study, "ann", 1.0, 0)
    assert answers.version(db) != before


def test_a_download_holds_what_the_table_holds_and_no_formula() -> None:
    assert csv_of({"who": ["=1+1", "ann"], "n": [1, 2]}) == "who,n\r\n'=1+1,1\r\nann,2\r\n"


def test_known_orders_count_in_the_report_of_who_answered_them(data_folder: Path) -> None:
    """Four put every list as it is known; the fifth turns each round, which scores nothing."""
    workbench = open_workbench()
    user = person_with(workbench, Role.ADMIN)
    form, asking = AnswerForm(Form.RANKING, list_size=3), Asking(gold_share=0.5)
    study = running_study(workbench.db, sizes=(13,), overlap=5, form=form, asking=asking)
    items = [f"q0-{number:03}" for number in range(13)]
    for three in list(combinations(items, 3))[:80]:
        order = ListSaid(tuple((item,) for item in three))
        known = Gold(three, ItemOutcome.ANSWERED, "", training=False, source="import", said=order)
        workbench.db.write(partial(gold.put, study_id=study.id, known=known, by=None, now=NOON))
    for number in range(5):
        join(workbench.db, study, f"a{number}", "")
        for seed in range(60):
            shown = next_pair(workbench.db, study, f"a{number}", seed=seed)
            if shown is None:
                break
            places = np.argsort(np.array(shown.shown))[:: -1 if number == 4 else 1]
            said = Answer(shown.id, Outcome.ANSWERED, said={"order": [[int(k)] for k in places]})
            judgments.add(workbench.db, f"a{number}", said, study, NOON)
    at = open_page(PAGE, user)
    assert not at.exception
    assert "this study asks in another form" in at.info[0].value
    [warning] = [one.value for one in at.warning]
    assert "a4 should be looked at: gold answered right" in warning
    [table] = [one.value for one in at.table if "figure" in one.value]
    row = table[table["figure"] == "gold answered right"].iloc[0]
    assert row["value (95 % interval)"].startswith("0% (0% to ")
    assert row["answers"] >= 5
    assert data_folder.exists()
