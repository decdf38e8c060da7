"""The value graph: votes, MGE's terms and files, ranks, rankings and cycles."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.value_graph.cycles import QUESTION, report_cycles
from core.value_graph.graph import ValueGraph, build_graph
from core.value_graph.layout import positions
from core.value_graph.mge_json import UnreadableGraphError, read_mge, to_mge_graph, write_mge
from core.value_graph.mge_rule import (
    MgeCounts,
    MgeThresholds,
    count_edges,
    keep_edges,
    mge_page_rank,
    mge_wisdom,
    page_rank,
)
from core.value_graph.mge_votes import MgeVote, Relationship, from_mge, to_mge
from core.value_graph.rankings import rank_side_by_side, schulze
from core.value_graph.ranks import potential_draws
from core.value_graph.votes import (
    Answer,
    EdgeVote,
    Reading,
    Story,
    UnusableVoteError,
    tabulate_votes,
)

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)


def vote(person: str, wiser_to: str, other: str, answer: Answer, **further: Any) -> EdgeVote:
    first, second = sorted((wiser_to, other))
    known: dict[str, Any] = {"context": "any", "story": Story.NONE, "answered_at": NOON} | further
    return EdgeVote(
        person=person, first=first, second=second, wiser_to=wiser_to, answer=answer, **known
    )


def yes(person: str, less: str, wiser: str, **further: Any) -> EdgeVote:
    answer = Answer.FIRST_WISER if wiser < less else Answer.SECOND_WISER
    return vote(person, wiser, less, answer, **further)


def no(person: str, less: str, wiser: str) -> EdgeVote:
    """Asked whether `wiser` is wiser, and said that the other one is."""
    answer = Answer.FIRST_WISER if less < wiser else Answer.SECOND_WISER
    return vote(person, wiser, less, answer)


def of_one_mind(order: str, n_people: int = 12) -> list[EdgeVote]:
    """Everybody puts each letter above those before it, whichever way they are asked."""
    return [
        (yes if (number + i + j) % 2 else no)(f"p{number}", *pair)
        for number in range(n_people)
        for i in range(len(order))
        for j in range(i + 1, len(order))
        for pair in [(order[i], order[j]) if (number + i + j) % 2 else (order[j], order[i])]
    ]


def test_how_each_answer_is_read() -> None:
    answers = [
        (Answer.FIRST_WISER, 0.0, 0.0),
        (Answer.SECOND_WISER, 1.0, 1.0),
        (Answer.BOTH_NEEDED, 0.5, 0.0),
        (Answer.SAME_VALUE, 0.5, 0.0),
        (Answer.DEPENDS, 0.5, 0.0),
        (Answer.NOT_WISER, 0.0, 0.0),
        (Answer.NOT_SURE, None, 0.0),
    ]
    assert {answer for answer, *_ in answers} == set(Answer)
    for answer, by_direction, by_yes in answers:
        asked = [vote("p", "b", "a", answer)]
        assert tabulate_votes("ab", asked, Reading.YES).yes.tolist() == [by_yes]
        read = tabulate_votes("ab", asked).yes.tolist()
        assert read == ([] if by_direction is None else [by_direction])


def test_what_was_shown_becomes_signs() -> None:
    votes = [
        yes("p", "a", "b", story=Story.TO_SECOND, left="b"),
        yes("q", "b", "a", story=Story.TO_SECOND, left="b"),
        yes("r", "a", "b"),
    ]
    table = tabulate_votes("ab", votes)
    assert table.sign.tolist() == [-1, 1, -1]
    assert table.side.tolist() == [1, -1, 0]
    assert table.story.tolist() == [1, -1, 0]


def test_who_answers_again_counts_once() -> None:
    again = NOON + timedelta(days=2)
    votes = [yes("p", "a", "b"), yes("p", "b", "a", answered_at=again), yes("q", "a", "b")]
    assert tabulate_votes("ab", votes).weight.tolist() == [0.5, 0.5, 1.0]


def test_votes_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(UnusableVoteError, match="order of their ids"):
        replace(yes("p", "a", "b"), first="b", second="a")
    with pytest.raises(UnusableVoteError, match="left card"):
        yes("p", "a", "b", left="c")
    with pytest.raises(UnusableVoteError, match="between 0 and 1"):
        yes("p", "a", "b", confidence=3.0)
    with pytest.raises(UnusableVoteError, match="not among"):
        tabulate_votes("a", [yes("p", "a", "b")])


VOTES = st.builds(
    vote,
    person=st.text(max_size=3),
    wiser_to=st.sampled_from("ab"),
    other=st.just("c"),
    answer=st.sampled_from(Answer),
    story=st.sampled_from(Story),
    left=st.sampled_from([None, "c"]),
    situation=st.none() | st.text(max_size=4),
    confidence=st.none() | st.floats(0, 1),
    reason=st.none() | st.text(max_size=4),
    exposed=st.none() | st.booleans(),
)


@given(VOTES)
def test_a_vote_in_mges_terms_and_back_is_the_same(asked: EdgeVote) -> None:
    assert from_mge(to_mge(asked)) == asked


@given(st.sampled_from(["a", "c"]), st.sampled_from(Relationship), st.none() | st.text())
def test_a_vote_of_mge_and_back_is_the_same(
    source: str, relationship: Relationship, comment: str | None
) -> None:
    asked = MgeVote("p", source, "b", "When in doubt", relationship, comment, NOON, {})
    assert to_mge(from_mge(asked)) == asked


def test_mges_no_does_not_call_the_other_wiser() -> None:
    asked = MgeVote("p", "a", "b", "any", Relationship.NO_UPGRADE, None, NOON, {})
    assert from_mge(asked).wiser is None
    with pytest.raises(UnusableVoteError, match="contradicts"):
        from_mge(replace(asked, further={"answer": "second_wiser"}))


def mge(person: str, source: str, wiser: str, said: str, context: str = "any") -> MgeVote:
    return MgeVote(person, source, wiser, context, Relationship(said), None, NOON, {})


THREE_AND_ONE = [
    mge("p", "a", "b", "upgrade"),
    mge("q", "a", "b", "upgrade", "later"),
    mge("r", "a", "b", "upgrade"),
    mge("s", "a", "b", "not_sure"),
]


def test_mges_counts_by_hand() -> None:
    """Three yes and one unsure; then one yes and one no to the opposite direction."""
    there, back = count_edges(THREE_AND_ONE)
    assert there.counts == MgeCounts(wiser=3, unsure=1, impressions=4)
    assert back.counts == MgeCounts(less_wise=3, impressions=4)
    assert there.likelihood == 0.75
    assert there.entropy == pytest.approx(1.41, abs=0.005)
    [mended, _] = count_edges(THREE_AND_ONE, MgeThresholds(entropy_with_impressions=False))
    assert mended.entropy == pytest.approx(0.81, abs=0.005)
    assert there.contexts == ("any", "later")
    assert back.contexts == ()
    turned = [mge("t", "b", "a", "upgrade"), mge("u", "b", "a", "no_upgrade")]
    there, back = count_edges(THREE_AND_ONE + turned)
    assert there.counts == MgeCounts(wiser=3, less_wise=1, unsure=1, impressions=6)
    assert there.likelihood == pytest.approx(2 / 5)
    assert back.counts == MgeCounts(wiser=1, not_wiser=1, less_wise=3, impressions=6)


def test_mges_thresholds() -> None:
    edges = count_edges(THREE_AND_ONE)
    assert [edge.wiser for edge in keep_edges(edges)] == ["b"]
    assert keep_edges(edges, MgeThresholds(min_wiser=4)) == ()
    assert keep_edges(edges, MgeThresholds(min_likelihood=0.76)) == ()
    assert keep_edges(edges, MgeThresholds(max_entropy=1.4)) == ()


def test_a_judgement_repeated_replaces_the_first_and_keeps_its_context() -> None:
    edge, _ = count_edges(
        [mge("p", "a", "b", "no_upgrade", "x"), mge("p", "a", "b", "upgrade", "y")]
    )
    assert edge.counts == MgeCounts(wiser=1, impressions=1)
    assert edge.contexts == ("x",)


def test_mges_page_rank_loses_mass_and_the_mended_one_is_networkx() -> None:
    """a → b alone: b gets .15 / 2 + .85 · .075, and what b has is lost. networkx 3.6 mends it."""
    kept = keep_edges(count_edges(THREE_AND_ONE))
    ranks = mge_page_rank(kept)
    assert ranks == pytest.approx({"a": 0.075, "b": 0.075 + 0.85 * 0.075})
    assert mge_wisdom(kept) == {"a": 0.0, "b": 0.75}
    assert mge_page_rank(()) == mge_wisdom(()) == {}
    rng = np.random.default_rng(0)
    weights = rng.random((7, 7)) * (rng.random((7, 7)) < 0.4)
    np.fill_diagonal(weights, 0)
    weights[3] = 0
    theirs = nx.pagerank(nx.from_numpy_array(weights, create_using=nx.DiGraph), tol=1e-12)
    assert page_rank(weights) == pytest.approx(np.array([theirs[i] for i in range(7)]), abs=1e-9)


GRAPH = """{"generator": "somebody", "values": [
 {"votes": 3, "id": 7, "title": "Ä", "instructionsShort": "x", "instructionsDetailed": "y",
  "evaluationCriteria": ["MOMENTS of rest"], "pageRank": 1, "embedding": [0.1, 1e-7]},
 {"id": 9, "title": "B", "description": "d", "policies": ["SIGNS of care"]}],
 "edges": [{"wiserValueId": 9, "sourceValueId": 7, "contexts": ["c"], "note": null,
  "counts": {"markedWiser": 3, "markedNotWiser": 0, "markedLessWise": 0, "markedUnsure": 1,
   "impressions": 4},
  "summary": {"wiserLikelihood": 0.75, "entropy": 1.4056, "party": {"D": 1}}}]}"""


def test_a_graph_of_mge_read_and_written_is_the_same() -> None:
    graph = read_mge(GRAPH)
    assert json.dumps(json.loads(write_mge(graph))) == json.dumps(json.loads(GRAPH))
    assert [value.attended for value in graph.values] == [("MOMENTS of rest",), ("SIGNS of care",)]
    [edge] = graph.counted()
    assert edge.counts == MgeCounts(wiser=3, unsure=1, impressions=4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-1], "not JSON"),
        (lambda text: text.replace('"title": "B"', '"name": "B"'), "values.1.title"),
        (lambda text: text.replace('"impressions": 4', '"impressions": -4'), "impressions"),
        (lambda text: text.replace('"wiserValueId": 9', '"wiserValueId": 8'), "names the value 8"),
        (lambda text: text.replace('"id": 9', '"id": 7'), "Two values have the id 7"),
    ],
)
def test_what_is_no_graph_is_refused(change: Any, message: str) -> None:
    with pytest.raises(UnreadableGraphError, match=message):
        read_mge(change(GRAPH))


def test_our_graph_in_mges_format_holds_its_counts_and_what_we_know() -> None:
    votes = of_one_mind("ab")
    counted = count_edges(map(to_mge, votes))
    graph = build_graph("ab", votes)
    values = [{"id": name, "title": name} for name in "ab"]
    written = to_mge_graph(
        values, keep_edges(counted), everything=counted, estimates=graph.edges, page_rank={"b": 1.0}
    )
    [edge] = written.edges
    assert (edge.source_value_id, edge.wiser_value_id) == ("a", "b")
    assert written.document["edges"][0]["summary"]["pWiser"] > 0.95
    assert written.values[1].page_rank == 1.0
    assert written.counted() == counted
    assert read_mge(write_mge(written)).document == written.document


@pytest.fixture(scope="module")
def ordered() -> ValueGraph:
    return build_graph("abcdz", of_one_mind("abcd", n_people=40))


def test_people_of_one_mind_make_a_graph_with_a_winner(ordered: ValueGraph) -> None:
    assert all(edge.wiser == edge.second and edge.both_ways for edge in ordered.edges)
    [part] = ordered.parts
    assert part.cards.tolist() == [0, 1, 2, 3]
    assert part.ranks.expected.argsort().tolist() == [3, 2, 1, 0]
    assert part.ranks.among_top.sum() == pytest.approx(3)
    assert part.winner == 3
    edge = ordered.edges[0]
    assert edge.n_people == 40
    assert edge.yes_to_second.value > 0.8
    assert edge.yes_to_first.value < 0.2


def test_few_votes_make_no_winner() -> None:
    graph = build_graph("abc", of_one_mind("abc", n_people=1))
    [part] = graph.parts
    assert part.winner is None
    assert all(edge.wiser is None for edge in graph.edges)


def test_rankings_of_one_order_agree(ordered: ValueGraph) -> None:
    [rankings] = rank_side_by_side(ordered.table, ordered.posterior)
    assert {rankings.order(method) for method in rankings.scores} == {("d", "c", "b", "a")}
    assert len(rankings.scores) == 6
    assert rankings.disagreements == ()


def test_potentials_of_differences_are_the_scores(ordered: ValueGraph) -> None:
    scores = np.array([3.0, 1, 0, -4, 9])
    posterior = ordered.posterior
    flow = scores[posterior.first] - scores[posterior.second]
    found = potential_draws(posterior, np.arange(4), flow[None, :])[0]
    assert found == pytest.approx(scores[:4] - scores[:4].mean())


def test_schulzes_example() -> None:
    """45 voters, order E A C B D: Schulze 2011, section 3.1."""
    ballots = ["5ACBED", "5ADECB", "8BEDAC", "3CABED", "7CAEBD", "2CBADE", "7DCEBA", "8EBADC"]
    margins = np.zeros((5, 5))
    for ballot in ballots:
        for place, better in enumerate(ballot[1:]):
            for worse in ballot[place + 2 :]:
                margins["ABCDE".index(better), "ABCDE".index(worse)] += int(ballot[0])
    beaten = schulze(margins - margins.T)
    assert "".join("ABCDE"[i] for i in np.argsort(-beaten)) == "EACBD"


def in_a_circle(n_people: int) -> list[EdgeVote]:
    steps: Sequence[tuple[str, str]] = [("a", "b"), ("b", "c"), ("c", "a")]
    return [
        yes(f"p{number}", *step) if (number + k) % 2 else no(f"p{number}", step[1], step[0])
        for number in range(n_people)
        for k, step in enumerate(steps)
    ]


def test_a_circle_is_listed_with_its_probability_and_question() -> None:
    votes = in_a_circle(30) + [vote(f"q{k}", "c", "b", Answer.BOTH_NEEDED) for k in range(6)]
    graph = build_graph("abc", votes)
    report = report_cycles(graph.posterior)
    [cycle] = report.cycles
    assert cycle.cards == ("a", "b", "c")
    assert cycle.probability > 0.95
    assert cycle.strength > 0.5
    assert report.is_complete
    assert report.ask_next() == (cycle.weakest,)
    assert (cycle.question.key, cycle.question.less_wise) == (QUESTION, "b")
    assert report.rotation is not None
    assert report.rotation.low > 0.6
    assert report.curl > 0.9


def test_an_order_has_no_circle(ordered: ValueGraph) -> None:
    report = report_cycles(ordered.posterior)
    assert report.cycles == ()
    assert report.gradient is not None
    assert report.gradient.value > 0.8


def test_parts_are_drawn_beside_each_other_as_wide_as_they_have_values() -> None:
    """A triangle, a pair and a value alone: from 0 to 2, from 3 to 4, and at 5."""
    first, second = np.array([0, 1, 0, 3]), np.array([1, 2, 2, 4])
    height = np.array([2.0, 1.0, 0.0, 1.0, -1.0, 7.0])
    across, up = positions(first, second, height).T
    assert up.tolist() == height.tolist()
    assert (across[:3].min(), across[:3].max()) == (0.0, pytest.approx(2.0))
    assert sorted(across[3:5].tolist()) == pytest.approx([3.0, 4.0])
    assert across[5] == 5.0
