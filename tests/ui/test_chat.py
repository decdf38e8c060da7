import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.ui.test_markdown import FRAGMENTS, HOSTILE, read
from ui.chat import to_html
from ui.judging.content import html_of
from ui.markdown import MAX_FORMATTED
from workbench import catalogue

ROLES = ("system", "user", "assistant", "tool")


def chat(*contents: str) -> str:
    return json.dumps(
        [{"role": ROLES[i % 4], "content": content} for i, content in enumerate(contents)]
    )


def test_a_chat_is_a_list_of_messages_each_with_who_says_it() -> None:
    reader = read(chat("Be **kind**.", "Why?", "$x^2$\n\n```python\nreturn 1\n```", "42"), to_html)
    [classes] = [[a["class"] for tag, a in reader.seen if tag == "li"]]
    assert classes == [f"message {role}" for role in ROLES]
    assert reader.text.split("\n")[0] == "SystemBe kind."
    assert ("ol", {"class": "chat", "role": "list"}) in reader.seen
    tags = [tag for tag, _ in reader.seen]
    assert {"strong", "math", "pre", "code"} <= set(tags)
    assert ("span", {"class": "k"}) in reader.seen


def test_the_kind_says_how_a_text_is_shown() -> None:
    text = chat("Why?")
    assert 'class="chat"' in html_of(text, "chat")
    assert 'class="chat"' not in html_of(text, "markdown")
    assert read("no chat, *but* shown", to_html).text.strip() == "no chat, but shown"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_message_is_shown_and_not_run(text: str) -> None:
    text = text.replace("\0", "")
    assert read(chat("a", text, text), to_html).text.strip()


@given(st.lists(st.lists(FRAGMENTS, max_size=6).map("".join), min_size=1, max_size=4))
def test_pieces_of_hostile_texts_in_any_messages_are_harmless(contents: list[str]) -> None:
    read(chat(*(content.replace("\0", "") for content in contents)), to_html)


def test_hostile_roles_and_shapes_are_shown_as_they_are() -> None:
    for text in (
        json.dumps([{"role": 'user"><script>', "content": "x"}]),
        json.dumps([{"role": "user", "content": {"html": "<script>"}}]),
        "[" * 100_000,
        "<script>alert(1)</script>",
    ):
        assert read(text, to_html).text.strip()


def test_right_to_left_messages_keep_their_direction() -> None:
    seen = read(chat("Why?", "مرحبا"), to_html).seen
    assert seen.count(("p", {"dir": "auto"})) == 2


@pytest.mark.parametrize(
    "mark", ["> ", "*a_", "```java\n\n\n```\n"], ids=["quote", "stars", "code"]
)
def test_the_limits_of_a_text_are_those_of_a_whole_chat(mark: str) -> None:
    """Ten messages may not take ten times as long as one."""
    part = mark * (MAX_FORMATTED // 10 // len(mark))
    start = time.process_time()
    shown = to_html(chat(*[part] * 10))
    assert time.process_time() - start < 10
    assert len(shown) < 5_000_000
    assert read(chat(*[part] * 11), to_html).text.count(part.strip("\n")) == 11


def speaking() -> None:
    import streamlit as st

    from ui.chat import to_html

    st.text(to_html('[{"role": "user", "content": "Why?"}]'))


def test_the_roles_are_said_in_the_language_of_the_person() -> None:
    at = AppTest.from_function(speaking)
    assert '<p class="role" lang="en" dir="auto">User</p>' in at.run().text[0].value
    at.query_params["language"] = "de"
    german = catalogue.translated("de", "User", {})
    assert f'<p class="role" lang="de" dir="auto">{german}</p>' in at.run().text[0].value
