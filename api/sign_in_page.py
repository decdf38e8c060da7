"""The small HTML pages of signing in: forms without scripts, for every width and both themes."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from api.sign_in_language import direction, language, say
from workbench import catalogue

STYLE = Path(__file__).with_name("sign_in.css").read_text()
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send forms with the origin "null".
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PAGE = Template("""<!DOCTYPE html>
<html lang="$language" dir="$direction">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$tab · Discern</title>
<style>$style</style>
</head>
<body>
<main>
<p class="product">Discern</p>
<h1>$title</h1>
$body
</main>
<nav aria-label="$languages">
$links
</nav>
</body>
</html>
""")


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled input of a form."""

    name: str
    label: str
    autocomplete: str
    kind: str = "text"
    hint: str = ""
    value: str = ""
    min_length: int = 1
    max_length: int = 1000
    read_only: bool = False


def page(
    title: str, body: str, status: int = 200, *, query: Mapping[str, str] = MappingProxyType({})
) -> HTMLResponse:
    """Return a whole page in the language of the request.

    `title` is text, `body` is HTML in which every value is escaped, and `query` is what the
    address keeps when somebody chooses another language.
    """
    tab = title if status < HTTPStatus.BAD_REQUEST else say("Problem: {title}", title=title)
    html = PAGE.substitute(
        tab=escape(tab),
        title=escape(title),
        style=STYLE,
        body=body,
        language=language(),
        direction=direction(),
        languages=escape(say("Language")),
        links="\n".join(_language_link(code, query) for code in catalogue.languages()),
    )
    return HTMLResponse(html, status_code=status, headers=SECURITY_HEADERS)


def form(
    action: str, fields: list[Field], *, button: str, hidden: dict[str, str], problem: str = ""
) -> str:
    """Return a form; the first field that is still empty has the cursor."""
    empty = [field.name for field in fields if not field.value]
    parts = [wrong(problem)] if problem else []
    parts.append(f'<form method="post" action="{escape(action)}">')
    parts += [
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    ]
    parts += [
        _input(field, focus=field.name in empty[:1], problem=bool(problem)) for field in fields
    ]
    parts.append(f'<button type="submit">{escape(button)}</button>\n</form>')
    return "\n".join(parts)


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def wrong(text: str) -> str:
    """A sentence that screen readers say at once, and that every input points to."""
    return f'<p class="wrong" id="problem" role="alert">{escape(text)}</p>'


def well(text: str) -> str:
    return f'<p class="well" role="status">{escape(text)}</p>'


def link(text: str, target: str) -> str:
    return f'<p><a href="{escape(target)}">{escape(text)}</a></p>'


def button_link(text: str, target: str) -> str:
    return f'<a class="button" href="{escape(target)}">{escape(text)}</a>'


def _language_link(code: str, query: Mapping[str, str]) -> str:
    """A language by its own name, which is the same in every language."""
    address = "?" + urlencode({**query, "language": code})
    current = ' aria-current="true"' if code == language() else ""
    return (
        f'<a href="{escape(address)}" lang="{code}" hreflang="{code}" '
        f'dir="{catalogue.direction(code)}"{current}>{escape(catalogue.languages()[code])}</a>'
    )


def _input(field: Field, *, focus: bool, problem: bool) -> str:
    name = escape(field.name)
    described = [f"{name}-hint"] * bool(field.hint) + ["problem"] * problem
    attributes = [
        f'id="{name}" name="{name}" type="{escape(field.kind)}"',
        f'autocomplete="{escape(field.autocomplete)}"',
        f'minlength="{field.min_length}" maxlength="{field.max_length}" required',
        'autocapitalize="none" spellcheck="false"',
        "readonly" if field.read_only else "",
        f'value="{escape(field.value)}"' if field.value else "",
        f'aria-describedby="{" ".join(described)}"' if described else "",
        "autofocus" if focus else "",
    ]
    hint = f'\n<p class="hint" id="{name}-hint">{escape(field.hint)}</p>' if field.hint else ""
    return (
        f'<label for="{name}">{escape(field.label)}</label>\n'
        f"<input {' '.join(filter(None, attributes))}>{hint}"
    )
