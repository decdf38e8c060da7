"""What prompts and items hold, as HTML that is safe to put into a page."""

from ui import chat, markdown


def html_of(text: str, kind: str) -> str:
    """Return a text of that kind (`markdown` or `chat`) as safe HTML in the person's language."""
    return chat.to_html(text) if kind == "chat" else markdown.to_html(text)
