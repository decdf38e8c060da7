"""From people to a value graph: what is asked, what becomes of answers, files in and out."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.study import Study
from core.value_graph.mge_json import UnreadableGraphError, read_mge, write_mge
from core.value_graph.mge_rows import UnreadableVotesError
from core.value_graph.votes import Answer
from core.value_study import InvalidValueSettingsError, StoryText
from core.values_card.card import InvalidCardError
from storage import edge_votes, mge_graphs, value_settings, values_cards
from storage.edge_votes import Question, StoryKind
from tests.values_study import CONTEXTS, NOON, answer_some, prefers, put_card, values_study, wiser
from trainer.launch import RunStatus
from workbench import situations, value_estimates, value_files, values
from workbench.opening import Workbench, close_workbench, open_workbench
from workbench.settings import Settings

MGE = {
    "values": [
        {"id": 7, "title": "Listening", "policies": ["PAUSES before an answer"],
         "description": "Waiting on the phone.", "theirs": {"kept": [1, 2.50]}},
        {"id": 9, "title": "Autonomy", "instructionsShort": "Let them choose.",
         "evaluationCriteria": ["CHOICES that are theirs"]},
    ],
    "edges": [
        {"sourceValueId": 7, "wiserValueId": 9, "contexts": ["in distress"],
         "counts": {"markedWiser": 5, "markedNotWiser": 1, "markedLessWise": 0, "markedUnsure": 1,
                    "impressions": 7},
         "summary": {"wiserLikelihood": 0.7142857142857143, "entropy": 1.57}},
    ],
}  # fmt: skip


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    opened = open_workbench(Settings(tmp_path / "data", local=False))
    yield opened
    close_workbench(opened)


def estimated(workbench: Workbench, study: Study) -> value_estimates.Found:
    directory = value_estimates.start(workbench, study.id)
    with pytest.raises(value_estimates.EstimateRunningError):
        value_estimates.start(workbench, study.id)
    status = value_estimates.trainer_of(workbench).wait(directory)
    assert status is RunStatus.DONE, (directory / "log.txt").read_text()
    found = value_estimates.newest(workbench, study.id)
    assert found is not None
    return found


def test_everybody_is_asked_everything_once_both_ways_and_on_both_sides(
    workbench: Workbench,
) -> None:
    """Six pairs of four cards and one story: 12 people answer each pair once, beside retests."""
    story = StoryText("c0", "c1", "I used to hear only one of the two.")
    study = values_study(workbench.db, 4, stories=[story])
    for number in range(12):
        person = f"voter {number}"
        answer_some(workbench, study, person, 50, prefers(["c0", "c1", "c2", "c3"]), seed=number)
        asked = [question for question, _ in edge_votes.own(workbench.db, study.id, person)]
        new = [question.asked for question in asked if question.purpose == "judge"]
        assert len(new) == len(set(new)) == 6
        repeats = Counter(question.asked for question in asked if question.purpose == "repeat")
        assert max(repeats.values(), default=0) <= 1
    rows = workbench.db.read(
        "SELECT first_id, second_id, wiser_to = first_id, left_id = first_id, story_kind, story"
        " FROM edge_questions WHERE purpose = 'judge'"
    )
    for pair in {(first, second) for first, second, *_ in rows}:
        of_pair = [row for row in rows if row[:2] == pair]
        directions = Counter(row[2] for row in of_pair)
        assert abs(directions[True] - directions[False]) <= 6  # repeats count in the balance too
        assert {row[3] for row in of_pair} == {True, False}
        kinds = Counter(row[4] for row in of_pair)
        if pair == ("c0", "c1"):  # told or not, and with the arrow or against it
            assert set(kinds) == {StoryKind.FORWARD, StoryKind.BACKWARD, StoryKind.NONE}
        else:
            assert set(kinds) == {StoryKind.NONE}
    assert all((story is None) == (kind == StoryKind.NONE) for *_, kind, story in rows)


def test_ones_own_value_is_asked_about_last(workbench: Workbench) -> None:
    study = values_study(workbench.db, 3)
    put_card(workbench.db, study, "mine", "ann", 9)
    answer_some(workbench, study, "ann", 3, prefers(["c0", "c1", "c2", "mine"]))
    answered = edge_votes.own(workbench.db, study.id, "ann")
    assert len(answered) == 3
    assert {name for asked, _ in answered for name in (asked.first, asked.second)} == {
        "c0", "c1", "c2"
    }  # fmt: skip


def of_tendency(order: list[str], share: float, *, yes: bool) -> Callable[[Question], Answer]:
    """Somebody who knows an order, and sometimes says yes, or no, whatever they are asked."""
    rng, knows = np.random.default_rng(5), prefers(order)

    def says(asked: Question) -> Answer:
        if rng.random() < share:
            return wiser(asked, asked.wiser_to if yes else asked.less_wise)
        return knows(asked)

    return says


def test_people_who_say_yes_or_no_to_anything_make_the_same_graph(workbench: Workbench) -> None:
    """Four in ten answers are yes, or no, whatever was asked: 15 people with 6 answers each.

    The order c2 > c0 > c1 > c3 comes out of both studies, with edges within each other's intervals.
    """
    order = ["c2", "c0", "c1", "c3"]
    graphs = []
    for yes in (True, False):
        study = values_study(workbench.db, 0)
        for number in range(4):
            put_card(workbench.db, study, f"{study.id} {number}", f"p{number}", number)
        ranked = [f"{study.id} {name[1]}" for name in order]
        says = of_tendency(ranked, 0.4, yes=yes)
        for number in range(15):
            answer_some(workbench, study, f"voter {number}", 6, says, seed=number)
        found = estimated(workbench, study)
        tendency = found.figures["data"]["effects"]["yes tendency"]
        assert (tendency["low"] > 0) if yes else (tendency["high"] < 0)
        standing = found.graph.of_cards.standing
        assert [found.graph.cards[n] for n in np.argsort(-standing)] == ranked
        graphs.append(found.graph)
    said_yes, said_no = (graph.edges.log_odds for graph in graphs)
    assert (np.abs(said_yes.value - said_no.value) < (said_yes.high - said_yes.low)).all()
    assert (np.sign(said_yes.value) == np.sign(said_no.value)).all()


def test_votes_are_said_of_the_cards_that_are_there(workbench: Workbench) -> None:
    """A withdrawn card takes its votes along; the information of an edge is never negative."""
    study = values_study(workbench.db, 4, contexts=CONTEXTS)
    for number in range(5):
        answer_some(
            workbench, study, f"v{number}", 6, prefers(["c0", "c1", "c2", "c3"]), seed=number
        )
    values_cards.withdraw(workbench.db, "c0", "p0", NOON)
    found = estimated(workbench, study)
    assert found.graph.cards == ("c1", "c2", "c3")
    data = found.figures["data"]
    assert data["n_gone"] > 0
    assert data["n_votes"] + data["n_gone"] == found.request.n_votes == 30
    assert (found.graph.edges.information >= 0).all()
    asked = values.next_question(workbench, study, "new", NOON, seed=1)
    assert isinstance(asked, Question)
    assert "c0" not in {asked.first, asked.second}
    written = json.loads(found.mge.read_text())
    assert {value["title"] for value in written["values"]} == {"Value 1", "Value 2", "Value 3"}
    assert write_mge(read_mge(found.mge.read_text())) == found.mge.read_text()


def test_a_graph_of_mge_is_read_into_a_study_and_written_again_the_same(
    workbench: Workbench,
) -> None:
    study = values_study(workbench.db, 0)
    text = json.dumps(MGE, indent=1)
    for _ in range(2):
        sizes = value_files.import_mge(workbench.db, study.id, text.encode(), by="ursula", now=NOON)
        assert sizes == value_files.Imported(2, 1)
    [kept] = mge_graphs.of_study(workbench.db, study.id)
    assert kept.document == text
    assert json.loads(write_mge(read_mge(kept.document))) == MGE
    cards = {one.card.title: one for one in values_cards.of_study(workbench.db, study.id)}
    assert set(cards) == {"Listening", "Autonomy"}
    assert cards["Autonomy"].card.policies == ("CHOICES that are theirs",)
    assert cards["Autonomy"].person_id is None
    asked = values.next_question(workbench, study, "ann", NOON, seed=1)
    assert isinstance(asked, Question)
    assert edge_votes.n_standing(workbench.db, study.id) == 0  # counts are no votes


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\xff\xfe\x00", UnreadableGraphError),
        (b"[]", UnreadableGraphError),
        (b'{"values": [{"id": 1, "title": "Empty"}], "edges": []}', InvalidCardError),
        (b"[" * 100_000, UnreadableGraphError),
    ],
)
def test_what_is_no_graph_leaves_nothing(
    workbench: Workbench, content: bytes, error: type[Exception]
) -> None:
    study = values_study(workbench.db, 0)
    with pytest.raises(error):
        value_files.import_mge(workbench.db, study.id, content, by=None, now=NOON)
    assert values_cards.of_study(workbench.db, study.id) == []
    assert mge_graphs.of_study(workbench.db, study.id) == []


def in_a_circle(asked: Question) -> Answer:
    """c1 is wiser than c0, c2 than c1, and c0 than c2."""
    one, other = sorted((asked.first, asked.second))
    return wiser(asked, one if (one, other) == ("c0", "c2") else other)


def test_a_circle_is_asked_about_and_when_it_would_turn(workbench: Workbench) -> None:
    study = values_study(workbench.db, 3)
    for number in range(10):
        answer_some(workbench, study, f"voter {number}", 3, in_a_circle, seed=number)
    found = estimated(workbench, study)
    [weakest] = found.figures["cycles"]["ask_next"]
    asked = values.next_question(workbench, study, "ann", NOON, seed=1)
    assert isinstance(asked, Question)
    on_it = replace(asked, first=weakest[0], second=weakest[1], wiser_to=weakest[0])
    assert values.breaks_a_cycle(workbench, study.id, on_it)
    other = next(pair for pair in (("c0", "c1"), ("c1", "c2"), ("c0", "c2")) if [*pair] != weakest)
    assert not values.breaks_a_cycle(
        workbench, study.id, replace(asked, first=other[0], second=other[1], wiser_to=other[0])
    )
    turned = edge_votes.Vote(asked.id, wiser(asked, asked.first), "when it is urgent")
    edge_votes.vote(workbench.db, study.id, "ann", turned, NOON)
    known = values.material(workbench.db, study.id)
    [named] = situations.of_study(workbench.db, study.id, known)
    assert (named.n_depends, named.n_turned, named.situations) == (0, 1, ("when it is urgent",))


def judged(person: int, source: int, wiser: int, said: str, day: int) -> dict[str, object]:
    return {
        "userId": person, "fromId": source, "toId": wiser, "relationship": said,
        "contextId": "When in distress", "story": "I used to decide for them.",
        "comment": "so it is" if person == 1 else None, "createdAt": f"2023-10-{day:02}T12:00:00Z",
    }  # fmt: skip


JUDGED = [
    *(judged(person, 7, 9, "upgrade", 9) for person in range(5)),
    judged(5, 7, 9, "no_upgrade", 9),
    judged(6, 7, 9, "not_sure", 9),
    judged(0, 9, 7, "upgrade", 10),
    judged(1, 9, 7, "upgrade", 20),
]


def test_judgements_of_mge_become_votes_and_the_rule_rebuilds_its_edge(
    workbench: Workbench,
) -> None:
    """Five yes, one no, one not sure, and one yes to the other direction before the day."""
    study = values_study(workbench.db, 0)
    before = NOON.replace(year=2023, month=10, day=18)
    for _ in range(2):
        done = value_files.import_mge(
            workbench.db, study.id, json.dumps(MGE["values"]).encode(), by=None, now=NOON,
            judgements=json.dumps(JUDGED).encode(), before=before,
        )  # fmt: skip
        assert done == value_files.Imported(2, 0, 8)
    assert mge_graphs.of_study(workbench.db, study.id) == []  # a table of values is no graph
    votes = edge_votes.standing(workbench.db, study.id)
    assert len(votes) == 8
    people = {vote.person for vote in votes}
    assert len(people) == 7
    assert not people & {str(number) for number in range(7)}  # random ids
    assert all(vote.left == vote.less_wise and vote.exposed for vote in votes)
    contexts = value_settings.of_study(workbench.db, study.id).contexts
    assert [context.text for context in contexts][-1] == "in distress"
    found = estimated(workbench, study)
    written = json.loads(found.mge.read_text())
    assert written["edges"] == []  # of 1.77 bits, as the rule counts them
    edge = next(one for one in written["allEdges"] if one["wiserValueId"].endswith("-9"))
    assert edge["counts"] == {
        "markedWiser": 5, "markedNotWiser": 1, "markedLessWise": 1, "markedUnsure": 1,
        "impressions": 8,
    }  # fmt: skip
    assert edge["contexts"] == ["When in distress"]
    assert edge["summary"]["wiserLikelihood"] == pytest.approx(4 / 8)
    assert edge["summary"]["entropy"] == pytest.approx(1.774, abs=0.001)
    assert found.figures["scores_of_yes"]["losses"]["edge + person"]["n"] == 8
    asked = values.next_question(workbench, study, "ann", NOON, seed=1)
    assert isinstance(asked, Question)


@pytest.mark.parametrize(
    "rows", [[judged(0, 7, 8, "upgrade", 9)], [judged(0, 7, 7, "upgrade", 9)], "nothing"]
)
def test_judgements_that_cannot_be_read_leave_nothing(workbench: Workbench, rows: object) -> None:
    study = values_study(workbench.db, 0)
    with pytest.raises(UnreadableVotesError):
        value_files.import_mge(
            workbench.db, study.id, json.dumps(MGE).encode(), by=None, now=NOON,
            judgements=json.dumps(rows).encode(),
        )  # fmt: skip
    assert values_cards.of_study(workbench.db, study.id) == []
    assert edge_votes.n_standing(workbench.db, study.id) == 0


def test_situations_are_listed_and_become_contexts(workbench: Workbench) -> None:
    study = values_study(workbench.db, 2, contexts=CONTEXTS)
    for person in ("v1", "v2"):
        answer_some(workbench, study, person, 1, lambda _: Answer.DEPENDS, seed=3)
    answer_some(workbench, study, "v3", 2, prefers(["c0", "c1"]), seed=5)
    known = values.material(workbench.db, study.id)
    found = situations.of_study(workbench.db, study.id, known)
    assert sum(one.n_depends for one in found) == 2
    assert sum(one.n_turned for one in found) == 0
    assert {text for one in found for text in one.situations} == {"when it is late"}
    situations.add_context(
        workbench.db, study.id, "it is late", ("homework",), context_id="late", by=None, now=NOON
    )
    with pytest.raises(InvalidValueSettingsError, match="already"):
        situations.add_context(
            workbench.db, study.id, "it is late", (), context_id="again", by=None, now=NOON
        )
    asked = values.questions(values.material(workbench.db, study.id))
    assert {question.context for question in asked} == {"hurry", "grief", "late"}
