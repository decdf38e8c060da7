"""The page Coverage: designs, maps, people, goals."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.coverage import CoverageGoal
from core.study import Asking, Role, Study
from core.value_graph.votes import Answer
from storage import edge_votes, people_groups, targets
from storage.edge_votes import Purpose, Question, StoryKind, Vote
from storage.people_groups import COHORT, GroupsRefusedError
from tests.given import NOON, running_study
from tests.pages.test_pages import open_page, open_table, person_with
from tests.pages.test_review import press, texts
from tests.trainer.test_parts import join, judge
from tests.values_study import CONTEXTS, put_card, values_study
from trainer.launch import RunStatus
from ui.coverage.map_charts import judged_cells
from ui.coverage.people import shares_of
from workbench import coverage_figures, dashboards, training
from workbench.opening import open_workbench

PAGE = Path(__file__).resolve().parents[2] / "pages/coverage.py"


def opened(most: int = 9, *, fit: bool = False) -> tuple[AppTest, Study]:
    """Six people, four of the north, about five and three items."""
    workbench = open_workbench()
    user = person_with(workbench, Role.RESEARCHER)
    study = running_study(workbench.db, sizes=(5, 3), overlap=6)
    rng = np.random.default_rng(4)
    for number in range(6):
        join(workbench.db, study, f"a{number}", "north" if number < 4 else "south")
        judge(workbench.db, study, f"a{number}", rng, most)
    if fit:
        run = training.start_fit(workbench, study.id)
        assert workbench.trainer.wait(run) is RunStatus.DONE
    return open_page(PAGE, user), study


def test_what_the_pairs_can_tell_and_what_the_fit_tells(data_folder: Path) -> None:
    at, study = opened(most=13, fit=True)
    assert not at.exception
    [prompts] = [frame.value for frame in at.dataframe if "A-efficiency" in frame.value]
    # All 10 + 3 pairs, each of six people: nothing is better than asking all equally often.
    assert prompts["pairs judged"].sum() == prompts["pairs possible"].sum() == 13
    assert prompts["A-efficiency"].tolist() == [1, 1]
    assert prompts["pieces"].tolist() == [1, 1]
    assert ((prompts["determined"] >= 0) & (prompts["half-width"] > 0)).all()
    assert prompts["least known"].str.fullmatch(r"q\d-\d{3} / q\d-\d{3}").all()
    assert any("strength of the best item" in caption.value for caption in at.caption)
    given = dashboards.answers_of(open_workbench(), study.id)
    assert coverage_figures.pairs(given).n_asked == 78
    assert data_folder.exists()


def test_without_a_fit_and_with_few_answers_it_says_what_is_missing(data_folder: Path) -> None:
    at, study = opened(most=1)
    assert not at.exception
    said = texts(at)
    assert "the next fit will say" in said
    assert "speak for themselves alone" in said
    assert "has no coverage goal" in said
    press(at, next(b.label for b in at.button if b.label.startswith("Ask about")))
    assert targets.of_study(open_workbench().db, study.id)
    assert data_folder.exists()


def test_people_are_held_against_the_population(data_folder: Path) -> None:
    at, study = opened(most=1)
    by_label = {area.label.partition(",")[0]: area for area in at.text_area}
    by_label["Groups and their shares of the population"].set_value("north: 20 %\nsouth: 0.8")
    at.run()
    press(at, "Save the target")
    db = open_workbench().db
    assert people_groups.targets(db, study.id)[0].shares == {"north": 0.2, "south": 0.8}
    # Four of the north weigh 0.3 each, two of the south 2.4: 36 / (4 * 0.09 + 2 * 5.76) = 3.03.
    assert any("say as much as 3.0**" in text.value for text in at.markdown)
    # With groups below five hidden nothing says how many there are of either.
    open_table(at, "people by cohort")
    [groups] = [frame.value for frame in at.dataframe if "group" in frame.value]
    assert set(groups["share of the people"]) == {"too few to show"}
    press(at, "Remove the target")
    assert people_groups.targets(db, study.id) == ()
    assert data_folder.exists()


def test_the_goal_says_what_is_left(data_folder: Path) -> None:
    at, study = opened(most=1)
    press(at, "Save the goal")
    db = open_workbench().db
    assert people_groups.goal(db, study.id) == CoverageGoal(6, 1.0)
    # Thirteen pairs with six judgments each are 78, and six are there.
    assert any("at least **72** more" in text.value for text in at.markdown)
    assert data_folder.exists()


def test_a_thousand_items_become_sixty_groups(data_folder: Path) -> None:
    assert data_folder is not None
    workbench = open_workbench()
    study = running_study(workbench.db, sizes=(130,), overlap=1, asking=Asking(repeat_share=0))
    judge(workbench.db, study, "ann", np.random.default_rng(0), 20)
    given = dashboards.answers_of(workbench, study.id)
    items, heat = coverage_figures.heat(given, 0)
    figure = judged_cells(heat, [str(n) for n in range(60)])
    assert (len(items), np.shape(figure.data[0].z)) == (130, (60, 60))
    assert np.triu(heat.judgments).sum() == 20


def test_shares_are_read_as_people_write_them() -> None:
    assert shares_of("north: 40 %\n\n a: b : 0.6") == {"north": 0.4, "a: b": 0.6}
    with pytest.raises(GroupsRefusedError, match="not of the form"):
        shares_of("north")


def test_groups_by_name(data_folder: Path) -> None:
    at, study = opened(most=1)
    db = open_workbench().db
    target = people_groups.Target("age", {"old": 0.5, "young": 0.5})
    people_groups.put_target(db, study.id, target, by=None, now=NOON)
    at.run()
    by_label = {area.label: area for area in at.text_area}
    by_label["People and their groups, one a line"].set_value("a0: old\na1: young").run()
    press(at, "Save the groups")
    assert people_groups.groups(db, study.id, "age") == {"a0": "old", "a1": "young"}
    assert people_groups.groups(db, study.id, COHORT)["a5"] == "south"
    assert data_folder.exists()


def test_contexts_and_values_are_covered_where_a_study_asks_about_them(data_folder: Path) -> None:
    """Three of four people's values are asked about once each; the fourth has no vote."""
    workbench = open_workbench()
    assert workbench.settings.data == data_folder.resolve()
    user = person_with(workbench, Role.RESEARCHER)
    study = values_study(workbench.db, 0, contexts=CONTEXTS)
    at = open_page(PAGE, user)
    assert "There are not two values to compare in any context yet." in [i.value for i in at.info]
    for number in range(4):
        put_card(workbench.db, study, f"c{number}", f"p{number}", number)
    for name, first, second in (("a", "c0", "c1"), ("b", "c1", "c2"), ("c", "c0", "c1")):
        question = Question(
            name, study.id, f"v{name}", "hurry", first, second, first, second, None, StoryKind.NONE,
            Purpose.JUDGE, "random", 0.1, 0.1, exposed=False, created_at=NOON,
        )  # fmt: skip
        edge_votes.ask(workbench.db, question, {first, second})
        edge_votes.vote(workbench.db, study.id, f"v{name}", Vote(name, Answer.NOT_SURE), NOON)
    at.run()
    assert not at.exception
    [said] = [one.value for one in at.markdown if one.value.startswith("Somebody voted")]
    assert "**2 of 12** edges (17%)" in said  # in the other context nobody was asked anything
    assert "No vote yet: somebody grieves." in said
    for name in ("votes on values", "edges nobody was asked about"):
        open_table(at, name)
    contexts, votes, unasked = (one.value for one in at.dataframe[:3])
    assert contexts["edges with a vote"].tolist() == [2, 0]
    assert contexts["people"].tolist() == [3, 0]
    assert dict(zip(votes["value"], votes["votes"], strict=True)) == {
        "Value 3": 0, "Value 2": 1, "Value 0": 2, "Value 1": 3,
    }  # fmt: skip
    assert len(unasked) == 10


def test_a_study_of_pairs_alone_says_nothing_of_values(data_folder: Path) -> None:
    at, _ = opened(2)
    assert "Values" not in [heading.value for heading in at.header]
    assert data_folder.exists()
