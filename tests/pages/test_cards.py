"""The page Values cards, for researchers, run by Streamlit's own test runner on a real store."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.goals.turns import GoalAdded, GoalTurn, SwingsGiven
from core.interview.calls import CallOutcome, ModelCall
from core.interview.turns import Phrased, Place, Proposed, StepKey
from core.study import Role, Study
from core.values_card.canonical import Sameness
from core.values_card.nearest import Neighbour
from core.vocabularies.tagging import Valence
from storage import canonical, card_offers, card_tags, goals, interviews, people, values_cards
from storage.people import Person
from storage.values_cards import StoredCard
from tests.core.interviews import CARD, WHOLE
from tests.given import NOON, running_study
from workbench.opening import Workbench, open_workbench
from workbench.settings import Settings

PAGE = Path(__file__).parents[2] / "pages" / "cards.py"
HOSTILE = "<script>alert(1)</script> **x** [y](z)"


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    return open_workbench(Settings(data_folder.resolve(), local=False))


@pytest.fixture
def study(workbench: Workbench) -> Study:
    return running_study(workbench.db, sizes=(2,))


@pytest.fixture
def ursula(workbench: Workbench) -> Person:
    return people.add(workbench.db, "Ursula", Role.RESEARCHER, by=None, password="plum tree snow")


def put_cards(workbench: Workbench, study: Study) -> None:
    for name, title in (("a", CARD.title), ("b", CARD.title), ("c", HOSTILE)):
        stored = StoredCard(name, f"author of {name}", "move", replace(CARD, title=title), NOON)
        workbench.db.write(
            lambda cursor, stored=stored: values_cards.put(cursor, study.id, stored, None)  # type: ignore[misc]
        )


def page_of(workbench: Workbench, person: Person) -> AppTest:
    sign_in_id = people.sign_in(workbench.db, person.id, now=datetime.now(UTC))
    at = AppTest.from_file(str(PAGE), default_timeout=30)
    at.user = {"person": person.id, "sign_in": sign_in_id}
    at.run()
    assert not at.exception
    return at


def press(at: AppTest, label: str) -> AppTest:
    found = [button for button in at.button if button.label == label]
    assert found, [button.label for button in at.button]
    found[0].click().run()
    assert not at.exception
    return at


def shown(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.info, *at.warning, *at.subheader, *at.expander]
    texts = [str(getattr(part, "value", getattr(part, "label", ""))) for part in parts]
    html = [element.proto.body for element in at.get("html")]
    return "\n".join([*(text.replace("\\", "") for text in texts), *html])


def members(workbench: Workbench, study: Study) -> list[tuple[str, ...]]:
    return [group.members for group in canonical.groups(workbench.db, study.id).groups]


def test_without_cards_the_page_says_where_they_come_from(
    workbench: Workbench, study: Study, ursula: Person
) -> None:
    assert study.id
    at = page_of(workbench, ursula)
    assert "There is no card yet" in shown(at)
    assert not at.tabs


def test_cards_are_merged_split_spoken_for_and_all_of_it_undone(
    workbench: Workbench, study: Study, ursula: Person
) -> None:
    put_cards(workbench, study)
    at = page_of(workbench, ursula)
    assert "3 cards of 3 people in 3 groups" in shown(at)
    at.selectbox(key=f"merge in {study.id} one").set_value("a")
    at.selectbox(key=f"merge in {study.id} other").set_value("b")
    at.text_input(key=f"merge in {study.id} why").input("the same in other words")
    at = press(at, "Put them and their groups together")
    assert members(workbench, study) == [("a", "b"), ("c",)]
    assert "the same in other words" in shown(at)
    key = f"{study.id} a b "
    at.selectbox(key=key + "speaks").set_value("b")
    at = press(at, "Let it speak for them")
    assert canonical.groups(workbench.db, study.id).of("a").representative == "b"
    at.multiselect(key=key + "apart").set_value(["a"])
    at = press(at, "Keep them apart")
    assert members(workbench, study) == [("a",), ("b",), ("c",)]
    at = press(at, "Undo")
    assert members(workbench, study) == [("a", "b"), ("c",)]
    at = press(at, "Undo")  # the undoing
    assert members(workbench, study) == [("a",), ("b",), ("c",)]


def test_a_split_of_nothing_is_refused(workbench: Workbench, study: Study, ursula: Person) -> None:
    put_cards(workbench, study)
    card_offers.offer(workbench.db, study.id, "author of a", "a", [Neighbour("b", 1.0)], now=NOON)
    card_offers.answer(workbench.db, "author of a", "a", "b", Sameness.SAME, now=NOON)
    at = press(page_of(workbench, ursula), "Keep them apart")
    assert "two sides" in at.toast[0].value
    assert canonical.history(workbench.db, study.id) == []


def test_the_finder_is_judged_with_intervals_and_only_when_somebody_answered(
    workbench: Workbench, study: Study, ursula: Person
) -> None:
    put_cards(workbench, study)
    assert "nobody has said yet" in shown(page_of(workbench, ursula))
    near = [Neighbour("b", 0.95), Neighbour("c", 0.15)]
    card_offers.offer(workbench.db, study.id, "author of a", "a", near, now=NOON)
    card_offers.answer(workbench.db, "author of a", "a", "b", Sameness.SAME, now=NOON)
    card_offers.answer(workbench.db, "author of a", "a", "c", Sameness.DIFFERENT, now=NOON)
    at = page_of(workbench, ursula)
    assert "2 answers of 1 person" in shown(at)
    [table] = [frame.value for frame in at.dataframe if "similarity" in frame.value]
    # One person, one hit of one: Wilson's interval at n = 1 is 1 / (1 + 1.96²) = 21 % to 100 %.
    assert list(table["called the same"]) == ["0 % (0 to 79)", "100 % (21 to 100)"]


def test_cards_are_tagged_against_a_vocabulary(
    workbench: Workbench, study: Study, ursula: Person
) -> None:
    put_cards(workbench, study)
    at = page_of(workbench, ursula)
    assert "No card was tagged" in shown(at)
    at.selectbox(key="vocabulary").set_value("schwartz").run()
    at.slider(key="relevance").set_value(0.8)
    at.radio(key="valence").set_value(Valence.OPPOSES)
    at = press(at, "Tag")
    [tag] = card_tags.of_study(workbench.db, study.id)
    assert (tag.card, tag.relevance, tag.valence, tag.by) == (
        "a",
        0.8,
        Valence.OPPOSES,
        ursula.id,
    )
    [table] = [frame.value for frame in at.dataframe if "relevance" in frame.value]
    assert list(table["relevance"]) == ["0.80 (one person: no interval)"]


def test_goals_of_several_people_stand_side_by_side(
    workbench: Workbench, study: Study, ursula: Person
) -> None:
    put_cards(workbench, study)
    trees: dict[str, list[GoalTurn]] = {
        "noor": [GoalAdded("t", None, "Time for people"), GoalAdded("w", None, "Finished work")],
        "kai": [GoalAdded("t", None, "time for PEOPLE.")],
    }
    trees["noor"].append(SwingsGiven(None, (("t", 100.0), ("w", 25.0))))
    for person, turns in trees.items():
        goals.append(workbench.db, study.id, person, turns, n_turns=0, now=NOON)
    at = page_of(workbench, ursula)
    [table] = [frame.value for frame in at.dataframe if "goal" in frame.value]
    assert list(table["people"]) == [2, 1]
    assert sorted(table.iloc[0][["G1", "G2"]]) == ["100 %", "80 %"]


def test_what_became_of_proposals_is_told_by_step(
    workbench: Workbench, study: Study, ursula: Person
) -> None:
    put_cards(workbench, study)
    interview = interviews.ensure(workbench.db, study.id, "noor", NOON)
    interviews.append(workbench.db, interview.id, WHOLE[:8], n_answers=0, now=NOON)
    call = ModelCall(
        "call", StepKey.PHRASE, "small", "1", "0" * 64, NOON, 0.5, 321, 12, CallOutcome.PROPOSED, ""
    )
    proposed = Proposed(Place(StepKey.PHRASE, 0), drafts=(CARD.policies[0],), call_id="call")
    interviews.append_proposal(workbench.db, interview.id, proposed, [call], n_answers=8, now=NOON)
    taken = Phrased(0, CARD.policies[0], draft=0)
    interviews.append(workbench.db, interview.id, [taken], n_answers=8, now=NOON)
    at = page_of(workbench, ursula)
    [table] = [frame.value for frame in at.dataframe if "accepted" in frame.value]
    assert (table.iloc[0]["step"], table.iloc[0]["n"]) == ("phrase", 1)
    assert table.iloc[0]["accepted"] == "100 % (21 to 100)"
    [calls] = [frame.value for frame in at.dataframe if "what came" in frame.value]
    assert (calls.iloc[0]["model"], calls.iloc[0]["what came"]) == ("small", "proposed 1")
