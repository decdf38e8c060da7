"""Chats of several turns: read the forms in which people keep them, and store one of these forms.

Stored is a JSON list of messages, `[{"role": "user", "content": "Why?"}, …]`, in the words of the
chat format that trainers read; the content of each message is Markdown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import DiscernError

MAX_MESSAGES = 500


class InvalidChatError(DiscernError):
    """A text is no chat; the sentence says which message is wrong and what to do."""


class Speaker(StrEnum):
    """Who says a message of a chat."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


#: Other words for the same, of formats that are around.
_SPEAKERS: Mapping[str, Speaker] = {
    **{speaker.value: speaker for speaker in Speaker},
    "developer": Speaker.SYSTEM,
    "human": Speaker.USER,
    "gpt": Speaker.ASSISTANT,
    "model": Speaker.ASSISTANT,
    "function": Speaker.TOOL,
}
#: How a message names its speaker and its content.
_KEYS = (("role", "content"), ("from", "value"))
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message; its content is Markdown."""

    speaker: Speaker
    content: str


Chat = tuple[Message, ...]


def read(content: object) -> Chat:
    """Read a chat as strangers write it.

    Parameters
    ----------
    content : str or list
        A list of messages, or its JSON. A message has `role` and `content`, or `from` and `value`.
        A content is text, or a list of parts of which each is text. An object with `messages` is
        taken for these.

    Raises
    ------
    InvalidChatError
        If it is none, has no message or too many, or says something that is not text.
    """
    listed = _decoded(content)
    if isinstance(listed, Mapping) and "messages" in listed:
        listed = listed["messages"]
    if not isinstance(listed, list) or not listed:
        raise InvalidChatError('A chat is a list such as [{"role": "user", "content": "Why?"}].')
    if len(listed) > MAX_MESSAGES:
        raise InvalidChatError(f"A chat has at most {MAX_MESSAGES} messages.")
    return tuple(_message(number, one) for number, one in enumerate(listed, start=1))


def stored(chat: Sequence[Message]) -> str:
    """The JSON under which a chat is kept; `read` reads it."""
    return json.dumps(
        [{"role": message.speaker.value, "content": message.content} for message in chat],
        ensure_ascii=False,
    )


def as_text(content: str) -> str:
    """What a stored chat says, without the roles: what lengths and words are counted of."""
    return "\n\n".join(message.content for message in read(content))


def _decoded(content: object) -> object:
    if not isinstance(content, str):
        return content
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidChatError("A chat is written as JSON; this cannot be read.") from error


def _message(number: int, one: object) -> Message:
    if not isinstance(one, Mapping):
        raise InvalidChatError(f"Message {number} of a chat must have a role and a content.")
    for speaker, content in _KEYS:
        if speaker in one:
            return Message(_speaker(number, one[speaker]), _content(number, one, content))
    raise InvalidChatError(f"Message {number} of a chat does not say its role.")


def _speaker(number: int, said: object) -> Speaker:
    if not isinstance(said, str) or said.strip().lower() not in _SPEAKERS:
        raise InvalidChatError(
            f"Message {number} of a chat has the role {str(said)[:40]!r}; there are "
            f"{', '.join(_SPEAKERS)}."
        )
    return _SPEAKERS[said.strip().lower()]


def _content(number: int, one: Mapping[str, Any], key: str) -> str:
    if one.get("tool_calls") or one.get("function_call"):
        raise InvalidChatError(
            f"Message {number} of a chat calls a tool, which would not be shown; write the call "
            "into its content."
        )
    content = one.get(key)
    parts = content if isinstance(content, list) else [content]
    text = "\n\n".join(_part(number, part) for part in parts)
    if not _is_storable(text):
        raise InvalidChatError(
            f"Message {number} of a chat holds the character NUL or half of a character."
        )
    return text


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON may escape half of a surrogate pair
        return False
    return "\0" not in text


def _part(number: int, part: object) -> str:
    if isinstance(part, Mapping) and part.get("type", "text") in _TEXT_PARTS:
        part = part.get("text")
    if not isinstance(part, str):
        raise InvalidChatError(
            f"Message {number} of a chat holds something else than text; name pictures and sounds "
            "in the text, as ![what it shows](file)."
        )
    return part
