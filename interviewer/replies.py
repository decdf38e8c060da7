"""What a model may reply, and the checks that a reply passes before a person sees it."""

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from core.interview.questions import is_plain, lint_question
from core.interview.state import State
from core.interview.turns import MAX_DRAFTS, MAX_QUESTION, InvalidTurnError, Proposed, StepKey
from core.values_card.card import MAX_DESCRIPTION
from core.values_card.lint import Advice, lint_moment, lint_policy, lint_title, telling_words
from interviewer.prompting import ASKING, own_words

#: Letters by which two forms of a word are taken for the same.
_STEM = 4
_FENCES = ("```json", "```")


class UnfitReplyError(Exception):
    """A reply that a person is not shown; says why, for the record and for the second try."""


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class QuestionReply(_Reply):
    """A question in place of the guided one."""

    question: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUESTION)]


class DraftsReply(_Reply):
    """Wordings to begin an answer from."""

    drafts: list[Annotated[str, StringConstraints(min_length=1, max_length=MAX_DESCRIPTION)]]


def read_reply(content: str, state: State, call_id: str) -> Proposed:
    """Turn a reply into a proposal for the step at which the interview stands.

    Raises
    ------
    UnfitReplyError
        If it is not of the form asked for, or steers, flatters, or makes no good card.
    """
    try:
        if state.place.step in ASKING:
            question = _question(content)
            return Proposed(state.place, question=question, call_id=call_id)
        return Proposed(state.place, drafts=_drafts(content, state), call_id=call_id)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise UnfitReplyError(f"wrong form: {first['type']}") from error
    except InvalidTurnError as error:
        raise UnfitReplyError(str(error)) from error


def _question(content: str) -> str:
    question = QuestionReply.model_validate(_object(content)).question
    for fault in lint_question(question):
        raise UnfitReplyError(f"the question breaks {fault.rule}")
    return question


def _drafts(content: str, state: State) -> tuple[str, ...]:
    drafts = tuple(dict.fromkeys(DraftsReply.model_validate(_object(content)).drafts))
    if not 1 <= len(drafts) <= MAX_DRAFTS:
        raise UnfitReplyError(f"{len(drafts)} drafts, instead of 1 to {MAX_DRAFTS}")
    for draft in drafts:
        if not is_plain(draft):
            raise UnfitReplyError("a draft holds a link, markup or words of the trade")
        for advice in _lint(draft, state):
            raise UnfitReplyError(f"a draft breaks {advice.rule}")
    if state.place.step is not StepKey.TITLE:
        _check_own_words(drafts, state)
    return drafts


def _lint(draft: str, state: State) -> tuple[Advice, ...]:
    if state.place.step is StepKey.TITLE:
        return lint_title(draft)
    if state.place.step is StepKey.MOMENT:
        return lint_moment(draft, language=state.language)
    case = state.case.text if state.case else ""
    return lint_policy(draft, language=state.language, case=case)


def _check_own_words(drafts: tuple[str, ...], state: State) -> None:
    """A draft says what the person said: it has a telling word in common with their words."""
    said = {word[:_STEM] for word in telling_words(own_words(state))}
    for draft in drafts:
        if not said & {word[:_STEM] for word in telling_words(draft)}:
            raise UnfitReplyError("a draft has no word in common with what the person said")


def _object(content: str) -> object:
    """The JSON of a reply, with or without the fence that many models put round it."""
    text = content.strip()
    for fence in _FENCES:
        if text.startswith(fence) and text.endswith("```"):
            text = text.removeprefix(fence).removesuffix("```").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnfitReplyError("not JSON") from error
