"""All that people say of values, in files: nothing is lost, and nobody has a name."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.goals.turns import GoalAdded, GoalTurn, SwingsGiven
from core.interview import replay
from core.interview.calls import Acceptance
from core.interview.stored import turn_from_json
from core.interview.turns import Phrased, Revised
from core.judgment import Pair
from core.study import Study
from core.value_graph.votes import Answer
from core.values_card.canonical import Merged, Represented, Sameness, Split, Undone
from core.values_card.nearest import Neighbour
from core.vocabularies.tagging import Tag, Valence
from storage import (
    canonical,
    card_offers,
    card_tags,
    edge_votes,
    goals,
    interviews,
    surveys,
    values_cards,
    wisdom,
)
from storage.canonical import Decision
from storage.database import Database
from storage.edge_votes import Purpose, Question, StoryKind, Vote
from storage.export_kinds import Content, Format
from storage.exports import VALUES_BUNDLE, contents_of, write_bundle, write_file
from tests.core.interviews import CARD, WHOLE
from tests.given import NOON, running_study
from tests.storage.test_interviews import CALL, PROPOSED
from tests.values_study import values_study

Rows = list[dict[str, Any]]


@pytest.fixture
def study(db: Database) -> Study:
    return values_study(db, 3)


def rows(
    db: Database, study: Study, content: Content, folder: Path, form: Format = Format.PARQUET
) -> Rows:
    path = write_file(db, study.id, content, form, folder).path
    if form is Format.PARQUET:
        return list(pq.read_table(path).to_pylist())
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_interview_can_be_gone_through_again_from_its_file(
    db: Database, study: Study, tmp_path: Path
) -> None:
    interview = interviews.ensure(db, study.id, "noor", NOON)
    interviews.append(db, interview.id, WHOLE[:8], n_answers=0, now=NOON)
    interviews.append_proposal(db, interview.id, PROPOSED, [CALL], n_answers=8, now=NOON)
    turns = [Phrased(0, f"{CARD.policies[0]} again", draft=0), *WHOLE[9:], Revised(0)]
    interviews.append(db, interview.id, turns, n_answers=8, now=NOON)
    given = rows(db, study, Content.INTERVIEW_TURNS, tmp_path)
    assert [row["number"] for row in given] == list(range(17))
    kept = interviews.get(db, interview.id)
    assert replay(turn_from_json(row["turn"]) for row in given) == kept.state
    assert {row["annotator_id"] for row in given} == {"noor"}
    # Two cases: what the card is about is known once one of them is chosen from, which is here
    # from the beginning on.
    assert {row["card_id"] for row in given} == {f"{interview.id}-0"}
    [call] = rows(db, study, Content.MODEL_CALLS, tmp_path)
    assert (call["call_id"], call["acceptance"]) == ("call", Acceptance.CHANGED)
    assert (call["tokens_in"], call["tokens_out"], call["prompt_hash"]) == (321, None, "0" * 64)
    own = [
        r for r in rows(db, study, Content.VALUES_CARDS, tmp_path) if r["annotator_id"] == "noor"
    ]
    assert [(row["policies"][1], row["newest"]) for row in own] == [(CARD.policies[1], True)]
    values_cards.withdraw(db, f"{interview.id}-0", "noor", NOON)
    given = rows(db, study, Content.INTERVIEW_TURNS, tmp_path)
    assert [row["turn"] for row in given] == [None] * 17  # it is shown to nobody any more
    assert given[2]["kind"] == "StoryTold"
    cards = rows(db, study, Content.VALUES_CARDS, tmp_path)
    taken = [row for row in cards if row["annotator_id"] == "noor"]
    assert {(row["title"], row["description"], row["policies"]) for row in taken} == {
        (None, None, None)
    }


def test_what_became_of_cards_is_in_the_files(db: Database, study: Study, tmp_path: Path) -> None:
    card_offers.offer(db, study.id, "p0", "c0", [Neighbour("c1", 0.75)], now=NOON)
    card_offers.offer(db, study.id, "p0", "c0", [Neighbour("c2", 0.5)], now=NOON, finder="small")
    for number, said in enumerate((Sameness.DIFFERENT, Sameness.SAME)):
        card_offers.answer(db, "p0", "c0", "c1", said, now=NOON + timedelta(hours=number))
    events: list[Decision] = [
        Merged(Pair("c0", "c2"), "rana", "alike"),
        Represented("c2", "rana"),
        Undone(0, "rana"),
        Split(frozenset({"c2"}), frozenset({"c0", "c1"}), "rana"),
    ]
    for event in events:
        canonical.record(db, study.id, event, now=NOON)
    values_cards.withdraw(db, "c2", "p2", NOON)
    offers = rows(db, study, Content.CARD_OFFERS, tmp_path)
    assert [(r["other_id"], r["sameness"], r["stands"], r["finder"]) for r in offers] == [
        ("c1", "different", False, "tfidf"),
        ("c1", "same", True, "tfidf"),
        ("c2", None, False, "small"),
    ]
    history = rows(db, study, Content.CANONICAL_HISTORY, tmp_path)
    assert [(r["kind"], r["cards"], r["counts"]) for r in history] == [
        ("Merged", ["c0", "c2"], False),
        ("Represented", ["c2"], True),
        ("Undone", None, True),
        ("Split", ["c2"], True),
    ]
    assert (history[2]["undoes"], history[3]["others"], history[0]["reason"]) == (
        0,
        ["c0", "c1"],
        "alike",
    )
    cards = rows(db, study, Content.VALUES_CARDS, tmp_path)
    assert [(r["card_id"], r["newest"], r["withdrawn"], r["stands_for"]) for r in cards] == [
        ("c0", True, False, "c0"),
        ("c1", True, False, "c0"),
        ("c2", False, False, None),
        ("c2", True, True, None),
    ]


def asked(study: Study, name: str, wiser_to: str = "c1") -> Question:
    return Question(
        name, study.id, "ann", "hurry", "c0", "c1", wiser_to, "c0", None, StoryKind.NONE,
        Purpose.JUDGE, "random", 0.25, 0.5, exposed=True, created_at=NOON,
    )  # fmt: skip


def test_votes_come_with_how_they_were_asked_and_in_yes_and_no(
    db: Database, study: Study, tmp_path: Path
) -> None:
    cards = {"c0", "c1"}
    for name, answer in (("a", Answer.SECOND_WISER), ("b", Answer.DEPENDS), ("c", Answer.NOT_SURE)):
        edge_votes.ask(db, asked(study, name), cards)
        situation = "at night" if answer is Answer.DEPENDS else ""
        edge_votes.vote(db, study.id, "ann", Vote(name, answer, situation, 4, "so"), NOON)
    edge_votes.ask_anew(db, study.id, "ann", "a", NOON)
    edge_votes.vote(db, study.id, "ann", Vote("a+", Answer.FIRST_WISER), NOON)
    edge_votes.ask(db, asked(study, "open"), cards)
    found = {row["question_id"]: row for row in rows(db, study, Content.EDGE_VOTES, tmp_path)}
    assert {name: (row["relationship"], row["stands"]) for name, row in found.items()} == {
        "a": ("upgrade", False),
        "a+": ("no_upgrade", True),
        "b": ("no_upgrade", True),
        "c": ("not_sure", True),
        "open": (None, False),
    }
    assert (found["b"]["situation"], found["b"]["confidence"], found["b"]["reason"]) == (
        "at night",
        4,
        "so",
    )
    assert (found["a"]["probability"], found["a"]["form_probability"]) == (0.25, 0.5)
    assert found["a"]["exposed"]


def test_goals_picks_tags_and_the_survey_are_there(
    db: Database, study: Study, tmp_path: Path
) -> None:
    turns: list[GoalTurn] = [
        GoalAdded("g", None, "Time for people"),
        GoalAdded("h", "g", "Evenings at home"),
        GoalAdded("i", "g", "No phone at table"),
        SwingsGiven("g", (("h", 100.0), ("i", 25.0))),
    ]
    goals.append(db, study.id, "noor", turns, n_turns=0, now=NOON)
    tree = rows(db, study, Content.GOALS, tmp_path, Format.JSON_LINES)
    assert [(r["goal_id"], r["parent_id"], r["depth"], r["overall"]) for r in tree] == [
        ("g", None, 0, 1.0),
        ("h", "g", 1, 0.8),
        ("i", "g", 1, 0.2),
    ]
    assert tree[2]["points"] == 25.0
    kinds = [row["kind"] for row in rows(db, study, Content.GOAL_TURNS, tmp_path)]
    assert kinds == [*["GoalAdded"] * 3, "SwingsGiven"]
    drawn = wisdom.draw(db, study.id, "ann", "homework", ["c0", "c1"], own={"c1"}, now=NOON, seed=1)
    assert drawn is not None
    [open_draw] = rows(db, study, Content.WISDOM_PICKS, tmp_path)
    assert (open_draw["shown"], open_draw["picked"]) == (["c0"], None)
    wisdom.pick(db, study.id, "ann", drawn.id, ["c0"], now=NOON)
    assert rows(db, study, Content.WISDOM_PICKS, tmp_path)[0]["picked"] == ["c0"]
    for relevance in (0.2, 0.7):
        tag = Tag("c0", "schwartz", 1, "stimulation", relevance, Valence.EITHER, "ursula")
        card_tags.add(db, study.id, tag, now=NOON)
    tagged = rows(db, study, Content.CARD_TAGS, tmp_path)
    assert [(row["relevance"], row["stands"]) for row in tagged] == [(0.2, False), (0.7, True)]
    for value in (2, 5):
        surveys.answer(db, study.id, "ann", {"clearer": value}, NOON)
    survey = rows(db, study, Content.VALUE_SURVEY, tmp_path)
    assert [(row["answer"], row["stands"]) for row in survey] == [("2", False), ("5", True)]


def test_only_a_study_about_values_has_files_about_them(
    db: Database, study: Study, tmp_path: Path
) -> None:
    other = running_study(db, name="Pears")
    about_values = {content for content, _ in VALUES_BUNDLE}
    assert about_values <= set(contents_of(db, study.id))
    assert not about_values & set(contents_of(db, other.id))
    with zipfile.ZipFile(write_bundle(db, study.id, tmp_path).path) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        assert {f"{content}.parquet" for content in about_values} <= set(bundle.namelist())
    assert [row["rows"] for row in manifest["files"] if row["name"] == "values_cards.parquet"] == [
        3
    ]
    [saved] = manifest["value_settings"]
    assert saved["contexts"][0]["text"] == "somebody is in a hurry"
    with zipfile.ZipFile(write_bundle(db, other.id, tmp_path).path) as bundle:
        assert "values_cards.parquet" not in bundle.namelist()
