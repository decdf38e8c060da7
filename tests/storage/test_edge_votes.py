"""Edge questions, votes, picks and survey answers on disk: once each, whoever clicks how often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.study import Study
from core.value_graph.choice import EdgeQuestion, Form
from core.value_graph.votes import Answer, Story
from storage import edge_votes, surveys, value_snapshots, wisdom
from storage.database import Database
from storage.edge_votes import Purpose, Question, StoryKind, Vote, VoteRefusedError
from storage.surveys import SurveyAnswerError
from storage.wisdom import PickRefusedError
from tests.values_study import NOON, values_study

CARDS = ("c0", "c1", "c2", "c3")


@pytest.fixture
def study(db: Database) -> Study:
    return values_study(db, len(CARDS))


def question(
    study: Study | None, person: str = "ann", number: int = 0, **given: object
) -> Question:
    asked = Question(
        id=f"{person} {number}",
        study_id="s" if study is None else study.id,
        person_id=person,
        context="hurry",
        first="c0",
        second="c1",
        wiser_to="c1",
        left="c0",
        story=None,
        story_kind=StoryKind.NONE,
        purpose=Purpose.JUDGE,
        policy="coverage_first",
        probability=0.5,
        form_probability=0.25,
        exposed=False,
        created_at=NOON + timedelta(seconds=number),
    )
    return replace(asked, **given)  # type: ignore[arg-type]


def test_a_vote_sent_twenty_times_at_once_is_one_vote(db: Database, study: Study) -> None:
    asked = edge_votes.ask(db, question(study), CARDS)
    sent = [Vote(asked.id, answer) for answer in list(Answer)[:2] * 10]
    with ThreadPoolExecutor(20) as pool:
        fresh = list(pool.map(lambda v: edge_votes.vote(db, study.id, "ann", v, NOON), sent))
    assert sum(fresh) == 1
    [(stored, vote)] = edge_votes.own(db, study.id, "ann")
    assert stored == asked
    assert vote.answer in {Answer.FIRST_WISER, Answer.SECOND_WISER}
    assert edge_votes.n_standing(db, study.id) == 1


def test_two_windows_of_one_person_show_one_question(db: Database, study: Study) -> None:
    asked = [question(study, number=number) for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        shown = set(pool.map(lambda one: edge_votes.ask(db, one, CARDS).id, asked))
    assert len(shown) == 1
    assert db.read("SELECT count(*) FROM edge_questions") == [(1,)]


def test_a_question_about_a_withdrawn_card_is_passed_over(db: Database, study: Study) -> None:
    edge_votes.ask(db, question(study), CARDS)
    assert edge_votes.open_question(db, study.id, "ann", CARDS[1:]) is None
    other = question(study, number=1, first="c1", second="c2", wiser_to="c2", left="c1")
    assert edge_votes.ask(db, other, CARDS[1:]) == other


def test_a_corrected_answer_takes_the_place_of_the_old_one(db: Database, study: Study) -> None:
    edge_votes.ask(db, question(study), CARDS)
    with pytest.raises(VoteRefusedError, match="no answer to correct"):
        edge_votes.ask_anew(db, study.id, "ann", "ann 0", NOON)
    edge_votes.vote(db, study.id, "ann", Vote("ann 0", Answer.FIRST_WISER), NOON)
    with ThreadPoolExecutor(8) as pool:
        anew = set(
            pool.map(lambda _: edge_votes.ask_anew(db, study.id, "ann", "ann 0", NOON).id, range(8))
        )
    [again] = anew
    assert [v.answer for _, v in edge_votes.own(db, study.id, "ann")] == [Answer.FIRST_WISER]
    waiting = edge_votes.open_question(db, study.id, "ann", CARDS)
    assert waiting is not None
    assert (waiting.id, waiting.policy, waiting.probability) == (again, "correction", None)
    edge_votes.vote(db, study.id, "ann", Vote(again, Answer.NOT_SURE), NOON)
    assert [v.answer for _, v in edge_votes.own(db, study.id, "ann")] == [Answer.NOT_SURE]
    assert db.read("SELECT count(*) FROM edge_votes") == [(2,)]  # nothing is lost
    form = Form("c1", Story.NONE, "c0")
    assert edge_votes.shown(db, study.id) == {EdgeQuestion("hurry", "c0", "c1"): {form: 1}}


@pytest.mark.parametrize(
    ("vote", "says"),
    [
        (Vote("ann 0", Answer.NOT_WISER), "leaves open"),
        (Vote("ann 0", Answer.DEPENDS), "in which situation"),
        (Vote("ann 0", Answer.SAME_VALUE, situation="at night"), "Leave it out"),
        (Vote("ann 0", Answer.NOT_SURE, confidence=6), "1 to 5, got 6"),
        (Vote("ann 0", Answer.NOT_SURE, reason="x" * 4001), "4,001 characters"),
        (Vote("ann 0", Answer.NOT_SURE, reason="a\x00b"), "cannot be kept"),
        (Vote("'; DROP TABLE edge_votes; --", Answer.NOT_SURE), "was not put to you"),
        (Vote("bob 0", Answer.NOT_SURE), "was not put to you"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_is_kept(
    db: Database, study: Study, vote: Vote, says: str
) -> None:
    for person in ("ann", "bob"):
        edge_votes.ask(db, question(study, person), CARDS)
    with pytest.raises(VoteRefusedError, match=says):
        edge_votes.vote(db, study.id, "ann", vote, NOON)
    other = values_study(db, 0)
    with pytest.raises(VoteRefusedError, match="was not put to you"):
        edge_votes.vote(db, other.id, "ann", Vote("ann 0", Answer.NOT_SURE), NOON)
    assert edge_votes.n_standing(db, study.id) == 0


@given(
    kind=st.sampled_from(list(StoryKind)),
    to_first=st.booleans(),
    first_left=st.booleans(),
    answer=st.sampled_from(Answer),
)
def test_a_stored_vote_says_what_was_on_the_screen(
    *, kind: StoryKind, to_first: bool, first_left: bool, answer: Answer
) -> None:
    ends = ("c0", "c1") if to_first else ("c1", "c0")
    left = "c0" if first_left else "c1"
    asked = question(None, wiser_to=ends[0], left=left, story_kind=kind)
    vote = edge_votes.as_edge_vote(asked, Vote("q", answer, confidence=2), NOON)
    assert (vote.wiser_to, vote.less_wise) == ends
    assert (vote.left == "c0") == first_left
    assert vote.confidence == 0.25
    told_to = {Story.TO_FIRST: "c0", Story.TO_SECOND: "c1"}.get(vote.story)
    expected = {StoryKind.FORWARD: ends[0], StoryKind.BACKWARD: ends[1]}.get(kind)
    assert told_to == expected


def test_picks_are_of_what_was_shown_and_kept_once(db: Database, study: Study) -> None:
    def draw(person: str, seed: int = 1) -> wisdom.Draw | None:
        return wisdom.draw(db, study.id, person, "homework", CARDS, own={"c0"}, now=NOON, seed=seed)

    with ThreadPoolExecutor(8) as pool:
        draws = set(pool.map(lambda seed: draw("ann", seed), range(8)))
    [drawn] = draws
    assert drawn is not None
    assert sorted(drawn.shown) == ["c1", "c2", "c3"]
    for person, picked in (("bob", ["c1"]), ("ann", ["c0"]), ("ann", ["\x1f"])):
        with pytest.raises(PickRefusedError, match="not shown to you together"):
            wisdom.pick(db, study.id, person, drawn.id, picked, now=NOON)
    wisdom.pick(db, study.id, "ann", drawn.id, ["c2"], now=NOON)
    wisdom.pick(db, study.id, "ann", drawn.id, ["c1", "c3"], now=NOON)
    found = {one.card: (one.n_shown, one.n_picked) for one in wisdom.considered(db, study.id)}
    assert found == {"c1": (1, 0), "c2": (1, 1), "c3": (1, 0)}
    assert draw("ann") is None  # had the case


def test_the_cards_shown_least_come_first(db: Database, study: Study) -> None:
    """Seven cards, six at a time: after two draws each was shown once or twice."""
    cards = [f"d{number}" for number in range(7)]
    shown: list[str] = []
    for person in ("ann", "bob"):
        drawn = wisdom.draw(db, study.id, person, "homework", cards, own=set(), now=NOON, seed=3)
        assert drawn is not None
        shown += drawn.shown
    assert len(shown) == 12
    assert {shown.count(card) for card in cards} == {1, 2}


def test_a_survey_keeps_every_change_and_tells_the_newest(db: Database, study: Study) -> None:
    surveys.answer(db, study.id, "ann", {"clearer": 2, "trouble": "'\"; --"}, NOON)
    surveys.answer(db, study.id, "ann", {"clearer": 2}, NOON)
    surveys.answer(db, study.id, "ann", {"clearer": 5}, NOON)
    surveys.answer(db, study.id, "bob", {"clearer": 1}, NOON)
    assert surveys.of_person(db, study.id, "ann") == {"clearer": 5, "trouble": "'\"; --"}
    assert db.read("SELECT count(*) FROM survey_answers") == [(4,)]
    with pytest.raises(SurveyAnswerError, match="20,000"):
        surveys.answer(db, study.id, "ann", {"trouble": "x" * 20_000}, NOON)


def test_the_same_votes_have_the_same_hash(
    db: Database, study: Study, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def hashed() -> str:
        return value_snapshots.write_snapshot(
            db, study.id, tmp_path_factory.mktemp("snapshot")
        ).hash

    empty = hashed()
    edge_votes.ask(db, question(study), CARDS)
    assert hashed() == empty  # a question without an answer says nothing
    edge_votes.vote(db, study.id, "ann", Vote("ann 0", Answer.BOTH_NEEDED), NOON)
    after = hashed()
    assert after not in {empty, ""}
    assert hashed() == after
