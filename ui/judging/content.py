"""What prompts and items hold, as HTML that is safe to put into a page."""

from ui import markdown


def html_of(text: str, kind: str) -> str:
    """Return a text of that kind (`markdown`) as safe HTML; what is of no known kind as it is."""
    del kind  # there is one so far
    return markdown.to_html(text)
