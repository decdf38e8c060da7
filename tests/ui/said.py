"""What the code says: the sentences of `say`, `say_number` and `deferred`, found by reading it.

The tests and `make messages` both look here; Babel's own reader does not look into f-strings.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter
from typing import BinaryIO

TRANSLATORS = "For translators:"
#: The functions that say something, and how many of their arguments are sentences.
SAYING = {"say": 1, "say_number": 2, "deferred": 1}


@dataclass(frozen=True, slots=True)
class Said:
    """One place in the code that says something."""

    where: str
    texts: tuple[str, ...]
    #: The names of the values that it gives; None where they come later.
    given: frozenset[str] | None

    @property
    def fields(self) -> set[str]:
        return set().union(*map(fields_of, self.texts))


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def said_in(source: ast.AST, name: str) -> Iterator[Said]:
    """What a piece of code says. Raises where a sentence is not written out."""
    for node in ast.walk(source):
        if isinstance(node, ast.Call):
            function = ast.unparse(node.func).rpartition(".")[2]
            if function in SAYING:
                yield said_by(node, function, f"{name}:{node.lineno}")


def said_by(node: ast.Call, function: str, where: str) -> Said:
    texts = tuple(
        argument.value
        for argument in node.args[: SAYING[function]]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )
    n_arguments = SAYING[function] + (function == "say_number")
    if len(texts) != SAYING[function] or len(node.args) != n_arguments or not all(texts):
        raise AssertionError(f"{where}: write the sentence out: {ast.unparse(node)[:80]}")
    if function == "deferred":
        return Said(where, texts, None)
    named = {keyword.arg or "**" for keyword in node.keywords}
    return Said(where, texts, frozenset(named | ({"n"} if function == "say_number" else set())))


def extract(
    file: BinaryIO,
    keywords: object,  # noqa: ARG001 - Babel passes what its own reader needs
    comment_tags: object,  # noqa: ARG001
    options: object,  # noqa: ARG001
) -> Iterator[tuple[int, str, str | tuple[str, ...], list[str]]]:
    """Yield line, function, sentence and comments, as Babel asks its extractors for them."""
    source = file.read().decode()
    lines = source.splitlines()
    for one in said_in(ast.parse(source), ""):
        line = int(one.where.rpartition(":")[2])
        before = lines[line - 2].strip().removeprefix("#").strip() if line > 1 else ""
        comments = [before] if before.startswith(TRANSLATORS) else []
        if len(one.texts) == 1:
            yield line, "gettext", one.texts[0], comments
        else:
            yield line, "ngettext", one.texts, comments
