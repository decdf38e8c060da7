import re
import time
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.formula import ATTRIBUTES, ELEMENTS, to_mathml
from ui.markdown import LANGUAGES, MAX_FORMATTED, _coloured, stylesheet, to_html

BLOCKS = {"p", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "pre"}
PLAIN_ELEMENTS = {"div", "li", "thead", "tbody", "tr", "th", "td", "a", "em", "strong", "s", "code"}
ALLOWED = {name: set[str]() for name in PLAIN_ELEMENTS | {"span", "hr", "br"}}
ALLOWED |= {name: {"dir"} for name in BLOCKS}
ALLOWED |= {"a": {"href", "title", "rel", "target", "class"}, "ol": {"dir", "start"}}
ALLOWED |= {"pre": {"dir", "tabindex", "class"}, "div": {"class"}, "code": {"class"}}
ALLOWED |= {"span": {"class"}, "td": {"class"}, "th": {"class"}}
ALLOWED |= {"img": {"src", "alt", "decoding"}}
ALLOWED |= {"audio": {"controls", "preload", "src", "aria-label"}}
ALLOWED |= {"li": {"class"}, "p": {"dir", "class", "lang"}, "ol": {"dir", "start", "class", "role"}}
ALLOWED |= {name: set(ATTRIBUTES) for name in ELEMENTS}
EMPTY = {"hr", "br", "img"}
PICTURE, SOUND = f"{'a1' * 32}.png", f"{'b2' * 32}.mp3"
OURS = f"/files/{PICTURE}"
SPACES = ("http://", "https://", "mailto:")

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java&#x0A;script:alert(1))",
    "[a](&#x6A;avascript:alert(1))",
    "[a](\x01javascript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x) [b](file:///etc/passwd) [c](//elsewhere.example/) [d](/admin)",
    "<javascript:alert(1)>",
    "![a](javascript:alert(1)) ![b](data:image/svg+xml;base64,PHN2Zz4=)",
    '[a](http://a.example "x\\" onmouseover=\\"alert(1)")',
    '![a" onerror="alert(1)](http://a.example/x.png)',
    "[a]: javascript:alert(1)\n\n[a]",
    '```python" onclick="alert(1)\nx\n```',
    "```<script>\nx\n```",
    r"$\text{<img/src=x/onerror=alert(1)>}$",
    r"$$\text{</math><script>alert(1)</script>}$$",
    r"$\text{&lt;script&gt;} \text{&#x3c;script&#x3e;}$",
    r"$\href{javascript:alert(1)}{x} \style{position:fixed}{y} \class{markdown}{z}$",
    r'$\color{red" onclick="alert(1)}{x}$',
    r"$x \rule{9999em}{9999em} \hspace{-9999em}$",
    "$</code><script>alert(1)</script>\\unknown$",
    "|<b>|\n|--|\n|<script>|",
    "\0<scr\0ipt>",
    "```\nnever closed <script>",
    "<!-- <script> --> <![CDATA[ x ]]> <?php x ?>",
    f'![a" onerror="alert(1)](media:{PICTURE}) ![b" onplay="alert(1)](media:{SOUND} "x")',
    f"![a](media:../{PICTURE}) ![b](media:{PICTURE}?x=1) ![c](media:{PICTURE[:-3]}svg)",
    f"[a](media:{PICTURE}) [![b](media:{SOUND})](http://a.example) <media:{PICTURE}>",
    f"![a](/files/{PICTURE}) ![b](MEDIA:{PICTURE}) ![c](media:%61{PICTURE[2:]})",
    "\u202eback to front\u202c [a](http://a.example/\u202etxt)",
]


class Reader(HTMLParser):
    """Fails on whatever is not known to be harmless, and on what is not well nested."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert {name for name, _ in attrs} <= ALLOWED[tag], attrs
        self.seen.append((tag, dict(attrs)))
        address = dict(attrs).get("href", "http://")
        assert address is not None
        assert address.lower().startswith(SPACES), address
        assert re.fullmatch(r"/files/[0-9a-f]{64}\.[a-z0-9]{3,4}", dict(attrs).get("src") or OURS)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")


def read(text: str, show: Callable[[str], str] = to_html) -> Reader:
    reader = Reader()
    reader.feed(show(text))
    reader.close()
    assert not reader.open
    return reader


def elements(text: str) -> list[str]:
    return [tag for tag, _ in read(text).seen]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_and_not_run(text: str) -> None:
    assert read(text).text.strip()


MARKS = [
    "> ",
    "- ",
    "    ",
    "```",
    "`",
    "$$",
    "$",
    "[",
    "](",
    ")",
    "*",
    "_",
    "<",
    "\\",
    "&",
    "#",
    "a",
    "\\text{",
    "}",
    "http://a.example",
]
FRAGMENTS = st.sampled_from([*HOSTILE, *MARKS, "\n", "\n\n", "|", "|-|", "\0", '"', "'"])


@given(st.lists(FRAGMENTS, max_size=12).map("".join))
def test_pieces_of_hostile_texts_in_any_order_are_harmless(text: str) -> None:
    read(text)


@given(st.text(max_size=200))
def test_any_text_is_shown(text: str) -> None:
    read(text)


@given(st.lists(st.sampled_from([*r"{}[]()^_&\x1 '<>%#~", "\\sqrt", "\\text{<b>}", "\\frac"])))
def test_any_formula_is_harmless_or_declined(parts: list[str]) -> None:
    reader = Reader()
    reader.feed(to_mathml("".join(parts)) or "")
    assert not reader.open


def test_markdown_becomes_elements() -> None:
    assert elements("a *b* **c** ~~d~~ `e`") == ["div", "p", "em", "strong", "s", "code"]
    assert elements("|a|b|\n|-|:-:|\n|1|2|").count("td") == 2
    assert elements("- a\n- b\n\n1. c\n\n> d") == (
        ["div", "ul", "li", "li", "ol", "li", "blockquote", "p"]
    )


def test_headings_stand_below_the_headings_of_the_page() -> None:
    assert elements("# a\n## b\n### c\n#### d\n##### e\n###### f") == (
        ["div", "h3", "h4", "h5", "h6", "h6", "h6"]
    )


def test_html_in_an_item_is_shown_as_its_source() -> None:
    assert read("<b>x</b>").text == "<b>x</b>\n"


def test_a_link_opens_elsewhere_and_tells_nobody_where_from() -> None:
    tag, attributes = read("[a](https://a.example/b?c=1&d=2)").seen[-1]
    assert tag == "a"
    assert attributes == {
        "href": "https://a.example/b?c=1&d=2",
        "rel": "noopener noreferrer nofollow",
        "target": "_blank",
    }


def test_a_picture_is_a_link_with_its_description_and_is_not_loaded() -> None:
    reader = read("![a *small* cat](https://a.example/cat.png)")
    assert [tag for tag, _ in reader.seen] == ["div", "p", "a"]
    assert reader.text.strip() == "a small cat"
    assert elements("[![cat](https://a.example/1)](https://a.example/2)").count("a") == 1


def test_a_picture_of_ours_is_shown_with_its_description() -> None:
    reader = read(f"![a *small* cat](media:{PICTURE})")
    assert reader.seen[2:] == [("img", {"src": OURS, "alt": "a small cat", "decoding": "async"})]
    assert read(f"![](media:{PICTURE})").seen[-1][1]["alt"] == "Picture"
    assert elements(f"[![cat](media:{PICTURE})](https://a.example/)") == ["div", "p", "a", "img"]


def test_a_sound_of_ours_is_played_on_request_and_says_what_it_is() -> None:
    reader = read(f"![rain](media:{SOUND})")
    assert reader.text.strip() == "rain"
    tag, attributes = reader.seen[-1]
    assert (tag, attributes) == ("audio", {
        "controls": None, "preload": "metadata", "src": f"/files/{SOUND}", "aria-label": "rain",
    })  # fmt: skip
    assert read(f"![](media:{SOUND})").seen[-1][1]["aria-label"] == "Sound"


def test_a_link_to_a_picture_of_ours_is_its_words() -> None:
    reader = read(f"[a cat](media:{PICTURE}) [b](http://b.example)")
    assert [tag for tag, _ in reader.seen] == ["div", "p", "span", "a"]
    assert reader.text.strip() == "a cat b"
    sound = read(f"[![rain](media:{SOUND})](http://b.example)")
    assert [tag for tag, _ in sound.seen] == ["div", "p", "a"]


def test_formulas_become_mathml() -> None:
    assert to_html("$x^2$") == (
        '<div class="markdown"><p dir="auto"><math display="inline" dir="ltr"><mrow><msup>'
        "<mi>x</mi><mn>2</mn></msup></mrow></math></p>\n</div>"
    )
    assert "mfrac" in elements("$$\\frac{a}{b}$$")
    assert to_html("$$x$$").count('display="block"') == 1
    assert "math" not in elements("It costs $5 or $6.\n\n`$x$` is code.")


def test_what_a_formula_says_between_its_text_marks_is_text() -> None:
    assert read(r"$\text{<img/src=x/onerror=alert(1)>}$").text.strip() == (
        "<img/src=x/onerror=alert(1)>"
    )


@pytest.mark.parametrize(
    "formula", [r"\frac", r"\unknown{x}", r"\left( x", "{" * 900, r"\sqrt" * 390, "x" * 3000]
)
def test_a_formula_that_cannot_be_set_is_shown_as_its_source(formula: str) -> None:
    reader = read(f"${formula}$")
    assert reader.seen[-1] == ("code", {"class": "formula"})
    assert reader.text.strip() == f"${formula}$"


def test_definitions_that_multiply_are_not_followed() -> None:
    doubling = "".join(
        rf"\newcommand{{\{name}}}{{\{following}\{following}}}"
        for name, following in zip(
            "abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True
        )
    )
    assert to_mathml(doubling + r"\a") is None


def test_code_is_coloured_in_the_language_it_names() -> None:
    classes = {a.get("class") for tag, a in read("```python\nreturn 1\n```").seen if tag == "span"}
    assert {"k", "mi"} <= classes
    assert "span" not in elements("```nothing-known\nreturn 1\n```")
    assert read("```python\n\n\na = '<b>'\n```").text == "\n\na = '<b>'\n\n"


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_named_has_a_lexer(language: str) -> None:
    assert _coloured("a", language)


def test_code_is_shown_as_it_is_where_its_lexer_would_repeat_it() -> None:
    code = "<<A\n" * 100
    assert read(f"```ruby\n{code}```").text.strip() == code.strip()


def test_right_to_left_writing_keeps_its_direction() -> None:
    assert read("مرحبا\n\n- سلام").seen[1:3] == [("p", {"dir": "auto"}), ("ul", {"dir": "auto"})]
    assert ("pre", {"dir": "ltr", "tabindex": "0"}) in read("```\nx\n```").seen


def test_text_nested_too_deeply_is_shown_whole_and_unformatted() -> None:
    for mark in ("> ", "- ", "1. "):
        text = mark * 5000 + "the end"
        assert read(text).text == text
    assert "blockquote" in elements("> " * 10 + "the end")


SLOW = [
    "[",
    "![[",
    "[*",
    "*a_",
    "> ",
    "- a\n  ",
    "`a``",
    "$x$ ",
    "$$",
    "a|b\n-|-\n",
    "<a b=",
    "&#x",
]
CODE = ["java\n" + "\n" * 6000, "ruby\n" + "<<A\n" * 1500, "typescript\n" + "a." * 3000]
REFERENCES = "[a]: http://a.example/" + "b" * 30_000 + "\n\n" + "[a] " * 4000


@pytest.mark.parametrize(
    "text",
    [mark * (MAX_FORMATTED // len(mark)) for mark in SLOW]
    + ["```" + code + "```\n" for code in CODE]
    + [REFERENCES, "|" + "a|" * 300 + "\n|" + "-|" * 300 + "\n" + "|\n" * 24_000],
    ids=lambda text: text[:12],
)
def test_no_text_takes_longer_than_seconds_or_grows_to_megabytes(text: str) -> None:
    start = time.process_time()
    shown = to_html(text)
    assert time.process_time() - start < 10
    assert len(shown) < 5_000_000


def test_a_megabyte_is_shown_unformatted_at_once() -> None:
    text = ("*a* <b> $x$\n" * 90_000)[: 1024**2]
    start = time.process_time()
    assert read(text).text == text
    assert time.process_time() - start < 10


def test_the_stylesheet_has_no_address_and_touches_nothing_outside_the_text() -> None:
    rules = stylesheet()
    assert "url(" not in rules
    assert "@import" not in rules
    selectors = [line.strip() for line in rules.splitlines() if line.startswith(".")]
    assert selectors
    assert all(line.startswith(".markdown ") for line in selectors)
