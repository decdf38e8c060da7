"""A card keeps what a person wrote; the lint advises where it should and is silent elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values_card import InvalidCardError, Rule, ValuesCard, lint
from core.values_card.card import MAX_POLICIES, MAX_POLICY, MAX_TITLE
from core.values_card.lint import SENTENCES, lint_moment, lint_policies, lint_policy, lint_title
from tests.core.values_cards import GOOD_CARDS

#: Policies that break one rule each; what is found is in the second column.
BROKEN = [
    (Rule.INSTRUMENTAL, "GRADES that improve from term to term"),
    (Rule.INSTRUMENTAL, "HOURS of practice in order to win the prize"),
    (Rule.INSTRUMENTAL, "CONTACTS with people who could help me to get a job"),
    (Rule.INSTRUMENTAL, "HABITS that lead to success at work"),
    (Rule.INSTRUMENTAL, "ROUTINES that bring better results at school"),
    (Rule.ABOUT_ACCEPTABILITY, "CHOICES that a good person would make"),
    (Rule.ABOUT_ACCEPTABILITY, "WAYS to speak one's mind without hurting anybody"),
    (Rule.ABOUT_ACCEPTABILITY, "MOMENTS when one should speak up"),
    (Rule.ABOUT_ACCEPTABILITY, "OPINIONS that consider everyone's feelings at the table"),
    (Rule.ABOUT_ACCEPTABILITY, "DUTIES that are expected of a son"),
    (Rule.TOO_ABSTRACT, "UNDERSTANDING of where people come from"),
    (Rule.TOO_ABSTRACT, "LOVE in all that one does"),
    (Rule.TOO_ABSTRACT, "CONVERSATIONS that are meaningful to both people"),
    (Rule.TOO_ABSTRACT, "MOMENTS of profound closeness between two people"),
    (Rule.TOO_ABSTRACT, "GLIMPSES of somebody's true self at dinner"),
    (Rule.CASE_SPECIFIC, "WORRIES that the girl does not dare to name"),
    (Rule.CASE_SPECIFIC, "THINGS that my daughter says at bedtime"),
    (Rule.CASE_SPECIFIC, "QUESTIONS that ChatGPT could ask first"),
    (Rule.CASE_SPECIFIC, "JOKES that only Anna finds funny"),
    (Rule.CASE_SPECIFIC, "REMARKS that somebody made last summer"),
    (Rule.NEGATIVE, "AVOIDING quarrels between brothers and sisters"),
    (Rule.NEGATIVE, "WORDS that prevent a quarrel at the table"),
    (Rule.NEGATIVE, "ABSENCE of noise in the early morning"),
    (Rule.NEGATIVE, "NOT interrupting when somebody looks for words"),
    (Rule.NOT_CHECKABLE, "MOMENTS of quiet"),
    (Rule.NOT_CHECKABLE, "BEING there for those who need it"),
    (Rule.NOT_CHECKABLE, "ROOMS in which people feel at home"),
    (Rule.NOT_CHECKABLE, "PEOPLE with good energy around them"),
    (Rule.FORM, "moments in which a child could work it out"),
    (Rule.FORM, "I look at how people enter a room"),
]


@pytest.mark.parametrize(("rule", "policy"), BROKEN, ids=[policy for _, policy in BROKEN])
def test_a_policy_that_breaks_a_rule_is_told_so(rule: Rule, policy: str) -> None:
    assert rule in {advice.rule for advice in lint_policy(policy)}


def test_only_the_rule_that_is_broken_is_named() -> None:
    """Of the thirty, those about form and length aside, few break a second rule by the way."""
    named = [[advice.rule for advice in lint_policy(policy)] for _, policy in BROKEN]
    assert sum(len(rules) == 1 for rules in named) >= 0.85 * len(BROKEN)


@pytest.mark.parametrize("card", GOOD_CARDS, ids=lambda card: card.title)
def test_a_good_card_gets_no_advice(card: ValuesCard) -> None:
    titles = [other.title for other in GOOD_CARDS if other is not card]
    assert lint(card, titles=titles, case="A friend asks what to do about a job far away.") == ()


def test_each_rule_has_its_sentence_and_its_examples() -> None:
    assert set(SENTENCES) == set(Rule)
    elsewhere = {Rule.DUPLICATE, Rule.NUMBER, Rule.TITLE, Rule.MOMENT}
    assert {rule for rule, _ in BROKEN} | elsewhere == set(Rule)
    assert all(rule.sentence.endswith(".") for rule in Rule)


def test_details_of_the_case_are_found_where_a_policy_points_at_them() -> None:
    case = "A parent asks what to do: the homework is refused every evening."
    assert [a.rule for a in lint_policy("EVENINGS when the homework is forgotten", case=case)] == [
        Rule.CASE_SPECIFIC
    ]
    assert lint_policy("EVENINGS on which work at home turns to play", case=case) == ()
    assert lint_policy("EVENINGS when the homework is forgotten") == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            "QUESTIONS they ask without being led",
            "QUESTIONS that they ask, without being led",
            True,
        ),
        ("SIGNS of fatigue in a voice", "SIGN of fatigue in somebody's voice", True),
        ("QUESTIONS they ask without being led", "QUESTIONS that stop a meeting", False),
        ("PATHS that bend out of sight", "PLANTS whose names I do not know", False),
    ],
)
def test_policies_that_repeat_each_other_are_found(*, one: str, other: str, same: bool) -> None:
    advice = [a for a in lint_policies([one, other]) if a.rule is Rule.DUPLICATE]
    assert [(a.policy, a.found) for a in advice] == ([(1, one)] if same else [])


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8])
def test_three_to_seven_policies_are_advised_and_no_number_is_refused(n: int) -> None:
    card = ValuesCard("A title", "Watching it.", tuple(f"{'ABCDEFGH'[i]} thing" for i in range(n)))
    numbers = [advice for advice in lint(card) if advice.rule is Rule.NUMBER]
    assert len(numbers) == (0 if 3 <= n <= 7 else 1)


@pytest.mark.parametrize("title", ["Love", "Growth", "Telling it straight.", "a b c d e f g"])
def test_a_title_that_tells_nothing_apart_is_advised(title: str) -> None:
    assert [advice.rule for advice in lint_title(title)] == [Rule.TITLE]


def test_a_title_is_told_from_those_of_other_cards() -> None:
    assert lint_title("Hosting strangers", titles=["Hosting a stranger", "Other"]) != ()
    assert lint_title("Hosting strangers", titles=["Hosting friends", "Other"]) == ()


@pytest.mark.parametrize(
    "moment",
    [
        "I was sitting with my mother when she began to talk about the war.",
        "Sitting with my mother. She talks about the war and I listen.",
        "Sitting beside a friend at night and it makes me feel whole.",
        "You sit with somebody at night and you listen until they are done.",
        "One should listen to somebody until they are done with the story.",
        "Walking along the river with Peter until the lamps go on.",
        "Listening well.",
    ],
)
def test_a_moment_that_is_none_is_advised(moment: str) -> None:
    assert [advice.rule for advice in lint_moment(moment)] == [Rule.MOMENT]


def test_in_another_language_only_the_rules_without_words_remain() -> None:
    policy = "PAUSEN vor einer Entscheidung, die man Anna schon lange should"
    assert lint_policy(policy, language="de") == ()
    assert {a.rule for a in lint_policy("stille", language="de")} == {Rule.FORM, Rule.NOT_CHECKABLE}
    assert lint_policy("لحظات يمكن فيها أن يترك الطفل وحده", language="ar") == ()


@pytest.mark.parametrize(
    ("title", "description", "policies", "said"),
    [
        ("", "A moment", ("One",), "The title is empty"),
        ("A" * (MAX_TITLE + 1), "A moment", ("One",), "it may have 100"),
        ("A", "\x00", ("One",), "'\\x00'"),
        ("A", "\ud800", ("One",), "'\\ud800'"),
        ("A", "A moment", (), "this one has 0"),
        ("A", "A moment", ("One",) * (MAX_POLICIES + 1), "this one has 21"),
        ("A", "A moment", ("One", " \n "), "A policy is empty"),
        ("A", "A moment", ("x" * (MAX_POLICY + 1),), "401 characters"),
        ("A", "A moment", ("x" * 10**7,), "10,000,000 characters"),
        ("A", "A moment", "One", "a list of texts"),
        (7, "A moment", ("One",), "int and not text"),
        ("A", None, ("One",), "NoneType and not text"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    title: str, description: str, policies: tuple[str, ...], said: str
) -> None:
    with pytest.raises(InvalidCardError) as caught:
        ValuesCard(title, description, policies)
    assert said in str(caught.value)


def test_words_are_kept_as_they_were_written() -> None:
    card = ValuesCard("  Très  bien ", "One\r\ntwo", (" é  ",))
    assert card == ValuesCard("Très  bien", "One\ntwo", ("é",))


@given(st.text(max_size=80), st.text(max_size=200), st.lists(st.text(max_size=60), max_size=8))
def test_whatever_can_be_kept_can_be_linted(
    title: str, description: str, policies: list[str]
) -> None:
    try:
        card = ValuesCard(title, description, tuple(policies))
    except InvalidCardError:
        return
    advice = lint(card, case=description, titles=[title])
    assert all(a.policy is None or a.policy < len(card.policies) for a in advice)
    assert Rule.TITLE in {a.rule for a in advice}  # it is told from itself
