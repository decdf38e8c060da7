"""Groups, slates, drift and the next question: who thinks what, and whom to ask what."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.errors import DiscernError
from core.estimates import NotDeterminedError
from core.fitting.edge_votes import fit_edge_votes
from core.value_graph.choice import (
    COVERAGE,
    INFORMATION,
    RETEST,
    ChoiceSettings,
    EdgeQuestion,
    Form,
    RankingQuestion,
    choose_form,
    choose_question,
    expected_information,
)
from core.value_graph.drift import exposure_effect, retest_consistency
from core.value_graph.groups import build_group_graphs
from core.value_graph.slate import NoSlateError, approvals_of, choose_slate, unjustified
from core.value_graph.votes import Answer, EdgeVote, Story, tabulate_votes
from tests.core.edge_votes import World
from tests.core.test_value_graph import NOON, no, of_one_mind, vote, yes

PAIRS = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("a", "e"), ("b", "e")]


def people_of(group: str, n_people: int, shares: dict[tuple[str, str], float]) -> list[EdgeVote]:
    """The second of each pair is called wiser by this share; all pairs in both directions."""
    votes = []
    for number in range(n_people):
        for k, (one, other) in enumerate(PAIRS):
            convinced = (number * 7 + k) % n_people < shares.get((one, other), 0.5) * n_people
            winner, loser = (other, one) if convinced else (one, other)
            shown = other if (number + k) % 2 else one
            asked = yes(f"{group} {number}", loser, winner)
            if shown == loser:
                asked = no(f"{group} {number}", winner, loser)
            votes.append(asked)
    return votes


def test_groups_are_told_apart_only_where_they_differ() -> None:
    agreed, split = ("a", "b"), ("b", "c")
    votes = people_of("x", 40, {agreed: 0.9, split: 0.95})
    votes += people_of("y", 40, {agreed: 0.9, split: 0.05})
    votes += people_of("z", 4, {})
    graphs = build_group_graphs("abcde", votes, {v.person: v.person[0] for v in votes})
    assert graphs.n_people == {"x": 40, "y": 40}
    assert graphs.pooled == ("z",)
    assert {(edge.first, edge.second) for edge in graphs.edges if edge.differs} == {split}
    ours, theirs = (
        next(edge for edge in graphs.of_group(name) if (edge.first, edge.second) == split)
        for name in "xy"
    )
    assert ours.log_odds.high < 0 < theirs.log_odds.low
    assert ours.log_odds.n == 40
    best = graphs.bridges[0]
    assert (best.less_wise, best.wiser, best.n_groups) == ("a", "b", 2)
    # .9² is .81; shrunk a little towards even.
    assert 0.6 < best.score.value < 0.81
    assert best.score.low < best.score.value < best.score.high
    disputed = next(b for b in graphs.bridges if {b.less_wise, b.wiser} == set(split))
    assert disputed.score.value < 0.25


def test_groups_of_one_mind_have_no_colour() -> None:
    votes = people_of("x", 30, {PAIRS[0]: 0.8}) + people_of("y", 30, {PAIRS[0]: 0.8})
    graphs = build_group_graphs("abcde", votes, {v.person: v.person[0] for v in votes})
    assert not any(edge.differs for edge in graphs.edges)
    assert graphs.spread < 0.3


def test_one_group_is_none() -> None:
    votes = of_one_mind("abc")
    with pytest.raises(NotDeterminedError, match="1 groups have at least 10"):
        build_group_graphs("abc", votes, dict.fromkeys([v.person for v in votes], "x"))


def test_every_quarter_of_the_people_has_a_value_on_a_slate_of_four() -> None:
    """Majority's values a, b, c, d alone would leave a quarter with e and the quarter of f out."""
    approvals: dict[str, set[str]] = {f"m{k}": set("abcd") for k in range(10)}
    approvals |= {f"e{k}": {"e"} for k in range(5)} | {f"f{k}": {"f"} for k in range(5)}
    slate = choose_slate(approvals, 4)
    assert set(slate.values) == {"a", "b", "e", "f"}
    assert (slate.n_justified, slate.n_people, slate.n_left_out) == (4, 20, 0)
    assert unjustified(approvals, "abcd", 4) == (("e", 1), ("f", 1))
    single = choose_slate(approvals, 1)
    assert single.values == ("a",)
    assert single.n_left_out == 10
    assert single.left_out_approve == {"e": 5, "f": 5}
    with pytest.raises(NoSlateError):
        choose_slate(approvals, 7)


@given(
    st.lists(st.sets(st.sampled_from("abcdefg")), min_size=1, max_size=14),
    st.integers(1, 5),
)
def test_a_slate_leaves_nobody_out_who_is_many_enough(people: list[set[str]], size: int) -> None:
    approvals = {str(number): values for number, values in enumerate(people)}
    if len(set().union(*people)) < size:
        with pytest.raises(NoSlateError):
            choose_slate(approvals, size)
        return
    slate = choose_slate(approvals, size)
    assert len(set(slate.values)) == size
    assert slate.n_justified <= size
    assert unjustified(approvals, slate.values, size) == ()


def test_who_calls_a_value_wiser_and_never_less_wise_approves_of_it() -> None:
    votes = [yes("p", "a", "b"), yes("p", "b", "c"), vote("p", "d", "c", Answer.BOTH_NEEDED)]
    assert approvals_of(votes) == {"p": {"c"}}


def test_retests_count_the_same_reversed_and_neither() -> None:
    later = NOON + timedelta(hours=48)
    votes = [
        yes("p", "a", "b"),
        yes("p", "a", "b", answered_at=later),
        yes("q", "a", "b"),
        yes("q", "b", "a", answered_at=later),
        yes("r", "a", "b"),
        vote("r", "a", "b", Answer.BOTH_NEEDED, answered_at=later),
        yes("s", "a", "b"),
        vote("s", "a", "b", Answer.NOT_SURE, answered_at=later),
    ]
    found = retest_consistency(votes)
    assert (found.same.value, found.reversed.value) == pytest.approx((1 / 3, 1 / 3))
    assert (found.same.n, found.n_people, found.hours_between) == (3, 3, 48)
    assert found.same_direction is not None
    assert found.same_direction.value == 1
    assert found.other_direction is not None
    assert found.other_direction.n == 2
    with pytest.raises(NotDeterminedError):
        retest_consistency(votes[:1])


def test_the_pull_of_others_cards_is_found_and_none_where_there_is_none() -> None:
    """Half of the votes are exposed; the true pull is 1: the same edges, twice as strong."""
    rng = np.random.default_rng(0)
    cards = [f"c{k}" for k in range(8)]
    edges = {(i, j): rng.normal(0, 0.8) for i in range(8) for j in range(i)}
    votes: list[EdgeVote] = []
    for pull in (0.0, 1.0):
        votes = []
        for person in range(300):
            bias = rng.normal(0.5, 0.5)
            for _ in range(6):
                exposed = bool(rng.random() < 0.5)
                i, j = list(edges)[int(rng.integers(len(edges)))]
                i, j = (i, j) if rng.random() < 0.5 else (j, i)
                theta = edges[i, j] if (i, j) in edges else -edges[j, i]
                odds = bias + theta * (1 + pull * exposed)
                said = yes if rng.random() < 1 / (1 + np.exp(-odds)) else no
                plain = said(f"p{person}", cards[j], cards[i])
                votes.append(vote(plain.person, cards[i], cards[j], plain.answer, exposed=exposed))
        found = exposure_effect(cards, votes, rng)
        assert found.pull.low < pull + 0.05
        assert found.pull.high > pull - 0.25  # attenuated: what the unexposed think is estimated
        assert (found.pull.low > 0) == (pull > 0)
        assert abs(found.tendency.value) < 0.4
    with pytest.raises(DiscernError, match="both kinds"):
        exposure_effect(cards, [v for v in votes if v.exposed], rng)


QUESTIONS = [EdgeQuestion("any", *pair) for pair in PAIRS]
FORM = Form("a", Story.NONE, "a")


def test_questions_are_chosen_with_the_probability_that_is_logged() -> None:
    """Chi-square of 20,000 choices; at the level of one in a thousand, with a fixed seed."""
    rng = np.random.default_rng(0)
    own = {QUESTIONS[0], QUESTIONS[1]}
    shown = {question: {FORM: 5 if question is QUESTIONS[2] else 7} for question in QUESTIONS}
    for settings, policy in ((ChoiceSettings(), INFORMATION), (ChoiceSettings(8), COVERAGE)):
        worth = {QUESTIONS[4]: 0.2, QUESTIONS[5]: 0.1, QUESTIONS[0]: 9.0}
        chosen = [
            choose_question(QUESTIONS, shown, own, worth, rng, settings=settings)
            for _ in range(20_000)
        ]
        logged = {c.question: c.probability for c in chosen if c is not None}
        counts = Counter(c.question for c in chosen if c is not None)
        assert sum(logged.values()) == pytest.approx(1)
        expected = [logged[question] * len(chosen) for question in logged]
        assert chisquare([counts[q] for q in logged], expected).pvalue > 0.001
        best = max(logged, key=lambda question: logged[question])
        assert best is (QUESTIONS[4] if policy == INFORMATION else QUESTIONS[2])
        assert policy in {c.policy for c in chosen if c is not None and c.question is best}
        retests = [c for c in chosen if c is not None and c.policy == RETEST]
        assert {c.question for c in retests} == own


def test_who_has_answered_everything_is_asked_again_and_who_was_asked_nothing_is_not() -> None:
    rng = np.random.default_rng(0)
    choice = choose_question(QUESTIONS, {}, set(QUESTIONS), {}, rng)
    assert choice is not None
    assert choice.policy == RETEST
    assert choice.probability == pytest.approx(1 / 6)
    assert choose_question([], {}, set(), {}, rng) is None


def test_directions_stories_and_sides_are_balanced() -> None:
    """After 24 forms each direction stood 12 times, each story 8 and each side 12 times."""
    rng, shown = np.random.default_rng(0), Counter[Form]()
    for _ in range(24):
        form, probability = choose_form(QUESTIONS[0], shown, rng)
        assert 1 / 12 <= probability <= 1
        shown[form] += 1
        directions = Counter(form.wiser_to for form in shown.elements())
        assert abs(directions["a"] - directions["b"]) <= 1
    assert Counter(form.story for form in shown.elements()) == dict.fromkeys(Story, 8)
    assert set(shown.values()) == {2}
    assert len(shown) == 12


def test_the_most_telling_question_is_about_those_in_front() -> None:
    """Two values compete for the first place; two others are far behind and as uncertain."""
    votes = [v for pair in ("ac", "ad", "bc", "bd") for v in of_one_mind(pair, 40)]
    votes += [yes("p", "a", "b"), no("s", "a", "b"), yes("q", "d", "c"), no("r", "d", "c")]
    table = tabulate_votes("abcd", votes)
    rng = np.random.default_rng(0)
    posterior = fit_edge_votes(table, rng)
    worth = dict(zip(table.pair_names(), expected_information(posterior, rng), strict=True))
    assert max(worth, key=lambda pair: worth[pair]) == ("c", "d")
    assert worth["c", "d"] > 5 * worth["a", "b"]
    at_top = expected_information(posterior, rng, RankingQuestion.TOP, top=1)
    assert table.pair_names()[int(at_top.argmax())] == ("c", "d")
    sides = expected_information(posterior, rng, RankingQuestion.EDGES)
    sure = table.pair_names().index(("a", "c"))
    assert sides.argmin() == sure or sides[sure] < 0.01


def test_information_is_never_more_than_one_answer_holds() -> None:
    rng = np.random.default_rng(0)
    posterior = fit_edge_votes(World.draw(rng, n_people=60).uniform(rng), rng)
    for about in RankingQuestion:
        worth = expected_information(posterior, rng, about)
        assert (worth >= 0).all()
        if about is not RankingQuestion.TOP:  # which adds up over values
            assert (worth < np.log(2)).all()
