"""Chats of several turns as HTML that is safe to put into a page."""

import html

from core.chats import InvalidChatError, Speaker, read
from ui import markdown
from ui.messages import language, say


def to_html(content: str) -> str:
    """Return a stored chat as a list of messages, each with who says it; all of it Markdown.

    What is no chat is shown as it is: a text is never kept from those who judge it.
    """
    try:
        chat = read(content)
    except InvalidChatError:
        return markdown.to_html(content)
    names, spoken = _names(), language()
    contents = markdown.all_to_html(tuple(message.content for message in chat))
    messages = "".join(
        f'<li class="message {message.speaker.value}">'
        f'<p class="role" lang="{spoken}" dir="auto">{html.escape(names[message.speaker])}</p>'
        f"{shown}</li>"
        for message, shown in zip(chat, contents, strict=True)
    )
    # Safari takes a list without marks for no list, unless it is said to be one.
    return f'<div class="markdown"><ol class="chat" role="list">{messages}</ol></div>'


def _names() -> dict[Speaker, str]:
    return {
        Speaker.SYSTEM: say("System"),
        Speaker.USER: say("User"),
        Speaker.ASSISTANT: say("Assistant"),
        Speaker.TOOL: say("Tool"),
    }
