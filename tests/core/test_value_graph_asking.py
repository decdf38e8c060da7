"""Which questions there are about a study's cards, and votes said of regrouped cards."""

from datetime import UTC, datetime

import networkx as nx  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.value_graph.asking import questions_about, regrouped
from core.value_graph.choice import EdgeQuestion
from core.value_graph.votes import Answer, EdgeVote, Story

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_few_cards_are_all_asked_about_in_every_context() -> None:
    found = questions_about(["b", "a", "c"], ["x", "y"])
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    assert found == [EdgeQuestion(place, *pair) for place in "xy" for pair in pairs]


def test_many_cards_make_a_sparse_graph_in_one_piece_that_grows_slowly() -> None:
    """500 cards have 124,750 pairs. Each card keeps 4 partners: at most 2,000 pairs."""
    names = [f"card {number}" for number in range(500)]
    pairs = {(one.first, one.second) for one in questions_about(names, ["x"])}
    assert 1_000 <= len(pairs) <= 2_000
    net = nx.Graph(sorted(pairs))
    assert net.number_of_nodes() == 500
    assert nx.is_connected(net)
    assert min(dict(net.degree).values()) >= 4
    more, most = (
        {(one.first, one.second) for one in questions_about([*names, *further], ["x"])}
        for further in (["one more"], ["one more", "and one"])
    )
    # Of 3 partners a card loses one if the new card is nearer: 3 of 501 cards do.
    assert len(more - most) <= 12


def vote(answer: Answer, story: Story, wiser_to: str = "b") -> EdgeVote:
    return EdgeVote("p", "any", "a", "b", wiser_to, story, answer, NOON, left="a")


@given(st.sampled_from(Answer), st.sampled_from(Story), st.sampled_from("ab"))
def test_a_vote_means_the_same_when_its_cards_change_places(
    answer: Answer, story: Story, wiser_to: str
) -> None:
    """`a` is now called `z`, so that the pair is (b, z) and not (a, b)."""
    before = vote(answer, story, wiser_to)
    [after], n_gone = regrouped([before], {"a": "z", "b": "b"})
    name = {"a": "z", "b": "b", None: None}
    assert n_gone == 0
    assert after.pair == ("b", "z")
    assert after.wiser == name[before.wiser]
    assert (after.wiser_to, after.left) == (name[before.wiser_to], "z")
    told = {Story.TO_FIRST: 0, Story.TO_SECOND: 1}
    if story is Story.NONE:
        assert after.story is Story.NONE
    else:
        assert after.pair[told[after.story]] == name[before.pair[told[story]]]
    assert regrouped([after], {"z": "a", "b": "b"}) == ([before], 0)


@pytest.mark.parametrize("stands_for", [{"a": "a"}, {"a": "c", "b": "c"}, {}])
def test_votes_on_withdrawn_or_merged_cards_have_no_place(stands_for: dict[str, str]) -> None:
    assert regrouped([vote(Answer.NOT_SURE, Story.NONE)], stands_for) == ([], 1)
