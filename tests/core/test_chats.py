import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chats import MAX_MESSAGES, InvalidChatError, Message, Speaker, as_text, read, stored

WHY = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
CHATS = st.lists(
    st.builds(Message, st.sampled_from(Speaker), TEXT),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    "written",
    [
        WHY,
        json.dumps(WHY),
        {"messages": WHY},
        [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}],
        [
            {"role": "User", "content": [{"type": "text", "text": "Why?"}]},
            {"role": "assistant", "content": [{"type": "output_text", "text": "So."}]},
        ],
        [{"role": "user", "content": "Why?", "name": "x"}, {**WHY[1], "tool_calls": None}],
    ],
)
def test_the_same_chat_in_the_forms_that_are_around(written: object) -> None:
    assert read(written) == (Message(Speaker.USER, "Why?"), Message(Speaker.ASSISTANT, "So."))


def test_parts_of_a_message_become_paragraphs() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    [message] = read([{"role": "developer", "content": parts}])
    assert message == Message(Speaker.SYSTEM, "one\n\ntwo")


@given(CHATS)
def test_what_is_stored_is_what_is_read(chat: list[Message]) -> None:
    assert read(stored(chat)) == tuple(chat)
    assert as_text(stored(chat)) == "\n\n".join(message.content for message in chat)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "as JSON"),
        ("[" * 100_000, "as JSON"),
        ("[]", "is a list such as"),
        ('"hello"', "is a list such as"),
        ('{"role": "user"}', "is a list such as"),
        ([1], "Message 1 of a chat must have a role"),
        ([*WHY, {"content": "x"}], "Message 3 of a chat does not say its role"),
        ([{"role": "narrator", "content": "x"}], "'narrator'; there are system, user"),
        ([{"role": None, "content": "x"}], "'None'"),
        ([{"role": "user"}], "something else than text"),
        ([{"role": "user", "content": None}], "something else than text"),
        ([{"role": "user", "content": {"text": 1}}], "something else than text"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
            "name pictures and sounds in the text",
        ),
        ([{"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}], "calls a tool"),
        ('[{"role": "user", "content": "\\ud800"}]', "NUL or half"),
        ('[{"role": "user", "content": "\\u0000"}]', "NUL or half"),
        (WHY * MAX_MESSAGES, "at most 500 messages"),
    ],
)
def test_what_is_no_chat_is_refused_in_a_sentence(written: object, said: str) -> None:
    with pytest.raises(InvalidChatError, match=r"^[A-Z]") as caught:
        read(written)
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "type", "text", "messages"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read_or_refused(content: object) -> None:
    try:
        chat = read(content)
    except InvalidChatError:
        return
    assert read(stored(chat)) == chat
