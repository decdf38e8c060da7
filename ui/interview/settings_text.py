"""Cases, contexts and vignettes as text that a researcher edits, and back.

# A title
The text of the case, over as many lines as it takes.

Contexts are one on each line; the titles of their cases may follow behind bars:

when somebody is in distress | A title | Another title

Vignettes name their case, and have two ways with a line of dashes between them:

# A title
One way to answer.
---
The other way.
"""

import hashlib
from collections.abc import Iterator, Sequence

from core.value_study import Case, Context, InvalidValueSettingsError, Vignette

_HEAD, _RULE, _BAR = "# ", "---", "|"


def cases_to_text(cases: Sequence[Case]) -> str:
    return "\n\n".join(f"{_HEAD}{case.title}\n{case.text}" for case in cases)


def cases_from_text(text: str, before: Sequence[Case]) -> tuple[Case, ...]:
    """Read cases; one that keeps its title, or its text, keeps its id.

    Raises
    ------
    InvalidValueSettingsError
        If there is text before the first title, or a case without text.
    """
    by_title = {case.title: case.id for case in before}
    by_text = {case.text: case.id for case in before}
    blocks = [(title, body.strip()) for title, body in _blocks(text, "cases")]
    kept = {by_title[title] for title, _ in blocks if title in by_title}
    made = []
    for title, body in blocks:
        moved = by_text.get(body)
        known = by_title.get(title) or (moved if moved not in kept else None)
        made.append(Case(known or fresh_id(title), title, body))
    return tuple(made)


def contexts_to_text(contexts: Sequence[Context], cases: Sequence[Case]) -> str:
    titles = {case.id: case.title for case in cases}
    return "\n".join(
        f" {_BAR} ".join([context.text, *(titles[name] for name in context.case_ids)])
        for context in contexts
    )


def contexts_from_text(
    text: str, cases: Sequence[Case], before: Sequence[Context]
) -> tuple[Context, ...]:
    """Read contexts; one that keeps its text keeps its id.

    Raises
    ------
    InvalidValueSettingsError
        If a case is named that is not there.
    """
    by_text = {context.text: context.id for context in before}
    made = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        said, *titles = (part.strip() for part in line.split(_BAR))
        named = tuple(_case_id(title, cases) for title in titles if title)
        made.append(Context(by_text.get(said) or fresh_id(said), said, named))
    return tuple(made)


def vignettes_to_text(vignettes: Sequence[Vignette], cases: Sequence[Case]) -> str:
    titles = {case.id: case.title for case in cases}
    return "\n\n".join(
        f"{_HEAD}{titles[one.case_id]}\n{one.first}\n{_RULE}\n{one.second}" for one in vignettes
    )


def vignettes_from_text(text: str, cases: Sequence[Case]) -> tuple[Vignette, ...]:
    """Read vignettes; the same case and ways have the same id.

    Raises
    ------
    InvalidValueSettingsError
        If a case is not there, or a vignette has not two ways.
    """
    made = []
    for title, body in _blocks(text, "vignettes"):
        ways = [part.strip() for part in f"\n{body}\n".split(f"\n{_RULE}\n")]
        if len(ways) != len(("first", "second")):
            raise InvalidValueSettingsError(
                f"The vignette of {title!r:.80} has {len(ways)} ways. Write two, with a line of "
                f"{_RULE} between them."
            )
        case_id = _case_id(title, cases)
        made.append(Vignette(fresh_id("\0".join([case_id, *ways])), case_id, *ways))
    return tuple(made)


def _blocks(text: str, what: str) -> Iterator[tuple[str, str]]:
    """Each title with the lines below it."""
    title, body = None, list[str]()
    for line in text.splitlines():
        if line.startswith(_HEAD):
            if title is not None:
                yield title, "\n".join(body)
            title, body = line.removeprefix(_HEAD).strip(), []
        elif title is not None:
            body.append(line.rstrip())
        elif line.strip():
            raise InvalidValueSettingsError(
                f"The {what} begin with {line.strip()!r:.60}. Begin each with a line like "
                f"“{_HEAD}A title”."
            )
    if title is not None:
        yield title, "\n".join(body)


def _case_id(title: str, cases: Sequence[Case]) -> str:
    found = next((case.id for case in cases if case.title == title), None)
    if found is None:
        raise InvalidValueSettingsError(
            f"There is no case with the title {title!r:.80}. Write it as it stands among the cases."
        )
    return found


def context_line(text: str) -> str:
    """A text as a context can have it: on one line, without what parts it from its cases."""
    return " ".join(text.replace(_BAR, " ").split())


def fresh_id(text: str) -> str:
    """The name of a case, context or vignette with this text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
