"""A question that steers is found out; the guided ones, and good ones of others, are not."""

import re

import pytest

from core.interview.questions import QuestionRule, is_plain, lint_question
from core.interview.turns import StepKey
from core.interview.wording import ENGLISH, message

STEERING = [
    (QuestionRule.ONE_QUESTION, "What did you see? And what did you do then?"),
    (QuestionRule.ONE_QUESTION, "Tell me what you saw."),
    (QuestionRule.ONE_QUESTION, "What did you see? Take your time, there is no hurry."),
    (QuestionRule.NOT_LEADING, "Don't you think that you looked for trust?"),
    (QuestionRule.NOT_LEADING, "You looked at her hands, right?"),
    (QuestionRule.NOT_LEADING, "Could it be that you were waiting for an apology?"),
    (QuestionRule.NOT_LEADING, "Was it because you care about honesty?"),
    (QuestionRule.NOT_LEADING, "Surely you noticed how she spoke, and what was it like?"),
    (QuestionRule.NOT_LEADING, "Did you feel that she trusted you?"),
    (QuestionRule.NOT_LEADING, "How wonderful was the end of that evening?"),
    (QuestionRule.NOT_LEADING, "Most people look at the face first. Where did you look?"),
    (QuestionRule.NO_FLATTERY, "What a beautiful story. What did you look at?"),
    (QuestionRule.NO_FLATTERY, "Thank you for sharing this. What did you look at?"),
    (QuestionRule.NO_FLATTERY, "That is really insightful. What came next?"),
    (QuestionRule.NO_FLATTERY, "You are so thoughtful. What came next?"),
    (QuestionRule.PLAIN, "What is your attentional policy here?"),
    (QuestionRule.PLAIN, "What do you see on https://example.org today?"),
    (QuestionRule.PLAIN, "What did <b>you</b> see?"),
    (QuestionRule.SHORT, "What did you see" + " then" * 200 + "?"),
]
FAIR = [
    "When she went quiet on the phone, what were you listening for?",
    "You wrote that the room changed. What did you see that told you so?",
    "What was different about the second evening?",
    "Which of the people at the table were you watching?",
    "Where did your eyes go first when the door opened?",
    "Was hast du gehört, als es still wurde?",
    "إلى ماذا كنت تصغي؟",
    "What would have made you stay longer?",
    "How did you know that it was time to go?",
    "What were the others doing while you waited by the great oak?",
]


@pytest.mark.parametrize(("rule", "question"), STEERING, ids=[text[:40] for _, text in STEERING])
def test_a_question_that_steers_is_found_out(rule: QuestionRule, question: str) -> None:
    assert [fault.rule for fault in lint_question(question)] == [rule]


@pytest.mark.parametrize("question", FAIR)
def test_a_fair_question_passes(question: str) -> None:
    assert lint_question(question) == ()


@pytest.mark.parametrize("key", [key for key in ENGLISH if ENGLISH[key].endswith("?")])
def test_the_guided_questions_keep_to_the_rules(key: str) -> None:
    places = re.findall(r"{(\w+)}", ENGLISH[key])
    asked = str(message(key, **dict.fromkeys(places, "it")))
    assert lint_question(asked) == ()


def test_every_step_has_its_question() -> None:
    assert {f"interview.{step}" for step in StepKey} <= set(ENGLISH)
    questions = [key for key in ENGLISH if ".hint" not in key and ".note" not in key]
    assert [key for key in questions if not ENGLISH[key].endswith("?")] == ["interview.done"]
    assert all(is_plain(ENGLISH[key]) for key in ENGLISH if "{" not in ENGLISH[key])
