"""Markdown of strangers as HTML that is safe to put into a page, with formulas and coloured code.

What an item says is always shown: HTML as its source, a formula that cannot be set as its source,
a text that would take too long to format as it is. Nothing is loaded from elsewhere: a picture of
another place is a link, so that no third party learns who judges what and when. Pictures and sounds
of the workbench itself (`media:NAME`) are shown.
"""

import html
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from core import media
from ui.formula import to_mathml
from ui.messages import say

if TYPE_CHECKING:
    from markdown_it.renderer import RendererProtocol
    from markdown_it.rules_core import StateCore
    from markdown_it.utils import EnvType, OptionsDict

#: Longer texts are shown unformatted; the worst that a stranger may write take a second each.
MAX_FORMATTED = 50_000
#: Characters of code that are coloured in one text; some lexers need their square of time.
MAX_COLOURED = 6_000
#: Addresses and titles may be named once and used often; their sum is what gets written.
MAX_ATTRIBUTES = 500_000
MAX_NESTING = 60
_LEADS_ELSEWHERE = {"rel": "noopener noreferrer nofollow", "target": "_blank"}
ADDRESS = re.compile(r"(https?://|mailto:)[^\s]", re.IGNORECASE)
#: A page has its own title and subtitle; items start below them.
HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
#: Lexers are loaded when first needed; a list keeps strangers from loading all five hundred.
LANGUAGES = frozenset(
    {
        "bash",
        "c",
        "c++",
        "cpp",
        "cs",
        "csharp",
        "css",
        "diff",
        "go",
        "haskell",
        "html",
        "java",
        "javascript",
        "js",
        "json",
        "julia",
        "kotlin",
        "latex",
        "lua",
        "markdown",
        "md",
        "objective-c",
        "perl",
        "php",
        "powershell",
        "py",
        "python",
        "python3",
        "r",
        "rb",
        "ruby",
        "rs",
        "rust",
        "scala",
        "sh",
        "shell",
        "sql",
        "swift",
        "tex",
        "toml",
        "ts",
        "typescript",
        "xml",
        "yaml",
        "zsh",
    }
)


def to_html(text: str) -> str:
    """Return Markdown (CommonMark, tables, ~~strikethrough~~, $formulas$) as safe HTML.

    The result is one `div` of class `markdown` that holds no script, no handler, no style and no
    address but http, https, mailto and those of the workbench's own pictures and sounds;
    `stylesheet` says how it looks.
    """
    [shown] = all_to_html((text,))
    return shown


def all_to_html(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The same of texts that are shown together, such as a chat; they share one text's limits."""
    return _all_to_html(texts, (say("Picture"), say("Sound")))


@lru_cache(maxsize=256)
def _all_to_html(texts: tuple[str, ...], words: tuple[str, str]) -> tuple[str, ...]:
    """Say in the `words` what a picture and a sound without a description are."""
    if sum(map(len, texts)) > MAX_FORMATTED:
        return tuple(_unformatted(text) for text in texts)
    shared: EnvType = {"words": words}
    return tuple(_formatted(text, shared) for text in texts)


def _formatted(text: str, shared: "EnvType") -> str:
    parser = _parser()
    tokens = parser.parse(text)
    if _costly(tokens):
        return _unformatted(text)
    content = parser.renderer.render(tokens, parser.options, shared)
    return f'<div class="markdown">{content}</div>'


def stylesheet() -> str:
    """CSS for `to_html`, in the colours of the Streamlit theme that is on, light or dark."""
    return STYLESHEET


def _unformatted(text: str) -> str:
    shown = html.escape(text.replace("\0", "\ufffd"))
    return f'<div class="markdown"><pre class="unformatted" dir="auto">{shown}</pre></div>'


def _costly(tokens: Sequence[Token]) -> bool:
    """Whether the parser stopped short at its deepest level, or references multiply the output."""
    written = 0
    for token in tokens:
        if token.level >= MAX_NESTING - 1:
            return True
        for part in token.children or ():
            written += sum(len(str(value)) for value in part.attrs.values())
    return written > MAX_ATTRIBUTES


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser calls it so
        return (ADDRESS.match(url) or media.ADDRESS.fullmatch(url)) is not None


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    # "It costs $5, not $6" is no formula: no space inside the dollars, no digit right outside.
    dollarmath_plugin(
        parser, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True
    )
    parser.core.ruler.push("adapt", _adapt)
    for name, rule in {
        "image": _picture_or_sound,
        "fence": _code_block,
        "code_block": _code_block,
        "math_inline": _inline_formula,
        "math_inline_double": _block_formula,
        "math_block": _block_formula,
    }.items():
        parser.add_render_rule(name, rule)
    # Its tables of rules are filled at first use, which two threads must not do at once.
    parser.render("*first* use\n\n| a |\n|---|\n| $b$ |")
    return parser


def _adapt(state: "StateCore") -> None:
    """Fit the text into a page: heading levels, direction of the writing, links, pictures."""
    for token in state.tokens:
        token.tag = HEADINGS.get(token.tag, token.tag)
        if token.level == 0 and token.nesting == 1:
            token.attrSet("dir", "auto")
        if "style" in token.attrs:  # how a table's column is aligned
            token.attrs = {"class": str(token.attrs["style"]).removeprefix("text-align:")}
        if token.type == "inline":
            token.children = _without_foreign_pictures(token.children or [])
            _adapt_links(token.children)


def _adapt_links(parts: Sequence[Token]) -> None:
    """Links lead to other sites only; what would lead to a picture of ours is its description."""
    ours = False
    for part in parts:
        if part.type == "link_open":
            ours = str(part.attrs.get("href", "")).startswith("media:")
            part.attrs = {} if ours else {**part.attrs, **_LEADS_ELSEWHERE}
        if ours and part.type in {"link_open", "link_close"}:
            part.tag = "span"


def _without_foreign_pictures(parts: Sequence[Token]) -> list[Token]:
    """Replace pictures of other places by a link with the description, or in a link by that alone.

    So too a sound of ours inside a link, where its buttons would be the link's.
    """
    replaced: list[Token] = []
    links = 0
    for part in parts:
        links += part.nesting if part.type in {"link_open", "link_close"} else 0
        address = str(part.attrs["src"]) if part.type == "image" else ""
        if part.type != "image" or (
            media.ADDRESS.fullmatch(address) and not (links and media.is_sound(address))
        ):
            replaced.append(part)
            continue
        alt = "".join(child.content for child in part.children or ())
        text = Token("text", "", 0, content=alt or address)
        if links:
            replaced.append(text)
        else:
            opening = Token("link_open", "a", 1, attrs={"href": address, "class": "picture"})
            replaced += [opening, text, Token("link_close", "a", -1)]
    return replaced


def _picture_or_sound(
    _: "RendererProtocol",
    tokens: Sequence[Token],
    index: int,
    _options: "OptionsDict",
    env: "EnvType",
) -> str:
    name = str(tokens[index].attrs["src"]).removeprefix("media:")
    said = "".join(child.content for child in tokens[index].children or ()).strip()
    address, sound = media.PATH + name, media.is_sound(name)
    shown = html.escape(said or env["words"][sound])
    if not sound:
        return f'<img src="{address}" alt="{shown}" decoding="async">'
    controls = f'<audio controls preload="metadata" src="{address}" aria-label="{shown}"></audio>'
    return f'<span class="sound"><span>{shown}</span>{controls}</span>'


def _code_block(
    _: "RendererProtocol",
    tokens: Sequence[Token],
    index: int,
    _options: "OptionsDict",
    env: "EnvType",
) -> str:
    code, language = tokens[index].content, tokens[index].info.strip().split(" ")[0].lower()
    left = env.get("left_to_colour", MAX_COLOURED) - len(code)
    if language in LANGUAGES and left >= 0:
        env["left_to_colour"] = left
        shown = _coloured(code, language)
    else:
        shown = html.escape(code)
    return f'<pre dir="ltr" tabindex="0"><code>{shown}</code></pre>\n'


def _coloured(code: str, language: str) -> str:
    from pygments import format as write  # here: only texts with code pay for it
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    tokens = list(islice(lexer.get_tokens(code), len(code)))
    if "".join(text for _, text in tokens) != code:  # a lexer that repeats or leaves out
        return html.escape(code)
    return str(write(tokens, HtmlFormatter(nowrap=True)))


def _inline_formula(
    _: "RendererProtocol",
    tokens: Sequence[Token],
    index: int,
    _options: "OptionsDict",
    _env: "EnvType",
) -> str:
    source = tokens[index].content
    return to_mathml(source) or f'<code class="formula">${html.escape(source)}$</code>'


def _block_formula(
    _: "RendererProtocol",
    tokens: Sequence[Token],
    index: int,
    _options: "OptionsDict",
    _env: "EnvType",
) -> str:
    source = tokens[index].content
    shown = to_mathml(source, block=True)
    # A span, because $$ may also stand inside a paragraph, where a block would end it.
    return f'<span class="formula">{shown or f"<code>$${html.escape(source)}$$</code>"}</span>'


STYLESHEET = """
.markdown { overflow-wrap: anywhere; line-height: 1.5; }
.markdown > :first-child { margin-top: 0; }
.markdown > :last-child { margin-bottom: 0; }
/* Each paragraph is written in its own direction, also inside a list of the other one. */
.markdown :is(p, li, td, th, h3, h4, h5, h6) { unicode-bidi: plaintext; text-align: start; }
.markdown :is(h3, h4, h5, h6) {
  font-family: var(--st-heading-font, inherit); color: var(--st-heading-color, inherit);
  line-height: 1.3; margin: 1em 0 0.4em;
}
.markdown h3 { font-size: 1.25em; }
.markdown h4 { font-size: 1.15em; }
.markdown :is(h5, h6) { font-size: 1em; }
.markdown :is(p, ul, ol, blockquote, table, pre) { margin: 0.6em 0; }
.markdown :is(ul, ol) { padding-inline-start: 1.6em; }
.markdown a { color: var(--st-link-color, revert); }
.markdown blockquote {
  margin-inline: 0; padding-inline-start: 0.8em;
  border-inline-start: 3px solid var(--st-border-color, currentColor);
}
.markdown table { display: block; overflow-x: auto; border-collapse: collapse; max-width: 100%; }
.markdown :is(th, td) {
  border: 1px solid var(--st-border-color, currentColor); padding: 0.25em 0.6em;
}
.markdown :is(th, td).left { text-align: left; }
.markdown :is(th, td).center { text-align: center; }
.markdown :is(th, td).right { text-align: right; }
.markdown :is(code, pre) {
  font-family: var(--st-code-font, monospace); font-size: 0.92em;
  background: var(--st-code-background-color, transparent);
}
.markdown code { padding: 0.1em 0.3em; border-radius: var(--st-base-radius, 0.25em); }
.markdown pre {
  padding: 0.7em 0.9em; border-radius: var(--st-base-radius, 0.25em); overflow-x: auto;
  color: var(--st-code-text-color, inherit);
}
.markdown pre code { padding: 0; background: none; overflow-wrap: normal; font-size: 1em; }
.markdown pre.unformatted { white-space: pre-wrap; }
.markdown math { max-width: 100%; }
.markdown .formula { display: block; overflow-x: auto; overflow-y: hidden; padding: 0.3em 0; }
.markdown code.formula { display: inline; padding: 0.1em 0.3em; }
.markdown img { max-width: 100%; height: auto; max-height: 80vh; object-fit: contain; }
.markdown .sound { display: inline-flex; flex-wrap: wrap; gap: 0.3em 0.8em; align-items: center; }
.markdown audio { max-width: 100%; width: 20rem; }
.markdown hr { border: 0; border-top: 1px solid var(--st-border-color, currentColor); }
.markdown pre span[class^="k"], .markdown pre .ow { color: var(--st-violet-text-color, inherit); }
.markdown pre :is(.nf, .nc, .fm, .nt, .nd, .nn) { color: var(--st-blue-text-color, inherit); }
.markdown pre span[class^="s"], .markdown pre .gi { color: var(--st-green-text-color, inherit); }
.markdown pre span[class^="m"] { color: var(--st-orange-text-color, inherit); }
.markdown pre .gd { color: var(--st-red-text-color, inherit); }
.markdown pre span[class^="c"] { color: var(--st-gray-text-color, inherit); font-style: italic; }
.markdown ol.chat {
  list-style: none; padding: 0; display: flex; flex-direction: column; gap: 0.8em;
}
.markdown .message {
  border: 1px solid var(--st-border-color, currentColor); padding: 0.6em 0.9em; min-width: 0;
  border-radius: var(--st-base-radius, 0.25em); text-align: start; unicode-bidi: normal;
}
.markdown .message.user {
  background: var(--st-secondary-background-color, transparent); margin-inline-start: 8%;
}
.markdown .message.assistant { margin-inline-end: 8%; }
.markdown .message:is(.system, .tool) { border-style: dashed; }
.markdown .message .role { font-weight: 600; font-size: 0.85em; margin: 0 0 0.3em; }
"""
