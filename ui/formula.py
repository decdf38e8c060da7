"""LaTeX formulas as MathML, built only from elements and attributes that are known to be harmless.

The converter writes what it finds in a formula into the page unescaped, addresses and styles
included; so its tree is taken instead of its text, cleaned, and written out here.
"""

import html
import re
from xml.etree.ElementTree import Element, tostring

#: Longer formulas are shown as their source.
MAX_FORMULA = 2_000
#: They start definitions, which can multiply: ten short lines make a gigabyte.
DEFINING = re.compile(r"\\(newcommand|renewcommand|providecommand|def|let|newenvironment|Declare)")
ENTITY = re.compile(r"&#x[0-9A-Fa-f]{1,6};")
UNKNOWN_COMMAND = re.compile(r"\\[A-Za-z]")
ELEMENTS = frozenset(
    {
        "math",
        "menclose",
        "merror",
        "mfrac",
        "mi",
        "mmultiscripts",
        "mn",
        "mo",
        "mover",
        "mpadded",
        "mphantom",
        "mprescripts",
        "mroot",
        "mrow",
        "ms",
        "mspace",
        "msqrt",
        "mstyle",
        "msub",
        "msubsup",
        "msup",
        "mtable",
        "mtd",
        "mtext",
        "mtr",
        "munder",
        "munderover",
        "none",
    }
)
ATTRIBUTES = frozenset(
    {
        "accent",
        "accentunder",
        "columnalign",
        "columnlines",
        "columnspacing",
        "depth",
        "dir",
        "display",
        "displaystyle",
        "fence",
        "form",
        "height",
        "largeop",
        "linebreak",
        "linethickness",
        "lspace",
        "mathbackground",
        "mathcolor",
        "mathsize",
        "mathvariant",
        "maxsize",
        "minsize",
        "movablelimits",
        "notation",
        "rowlines",
        "rowspacing",
        "rspace",
        "scriptlevel",
        "separator",
        "stretchy",
        "symmetric",
        "voffset",
        "width",
    }
)
#: Words, colours and lengths of up to two digits: a space a thousand lines wide is none.
WORD = re.compile(
    r"#[0-9A-Fa-f]{3,8}|[A-Za-z-]{1,20}|[+-]?\d{0,2}(\.\d{1,4})?([a-z]{2}|%)?", re.ASCII
)


def to_mathml(source: str, *, block: bool = False) -> str | None:
    """Return a formula as a `math` element, or None if it cannot be set faithfully."""
    if len(source) > MAX_FORMULA or DEFINING.search(source):
        return None
    from latex2mathml.converter import convert_to_element  # here: it reads a large table

    try:
        tree = convert_to_element(source, display="block" if block else "inline")
        return _written(tree) if _cleaned(tree) else None
    except Exception:  # noqa: BLE001 - whatever a stranger's formula breaks, its source is shown
        return None


def _cleaned(tree: Element) -> bool:
    """Strip what is not known to be harmless; False if it then says something else."""
    for element in tree.iter():
        if element.tag not in ELEMENTS or element.tail:
            return False
        element.attrib = {
            name: value
            for name, value in element.attrib.items()
            if name in ATTRIBUTES and all(WORD.fullmatch(word) for word in value.split())
        }
        text = element.text or ""
        if element.tag != "mtext" and UNKNOWN_COMMAND.match(text):
            return False
        element.text = ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return True


def _written(tree: Element) -> str:
    tree.set("dir", "ltr")
    return tostring(tree, encoding="unicode", short_empty_elements=False)
