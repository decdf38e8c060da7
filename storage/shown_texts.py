"""What a presentation showed: the texts of its prompt and its items."""

from dataclasses import dataclass

from core.judgment import Presentation
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Text:
    """What stands in a prompt or an item, and of which kind it is."""

    content: str
    kind: str


@dataclass(frozen=True, slots=True)
class ShownTexts:
    """The prompt, which may be empty, and the items in the order of the screen."""

    prompt: Text
    items: tuple[Text, ...]


def texts_of(db: Database, shown: Presentation) -> ShownTexts:
    """Read what was shown; without a stored order the items come in that of their ids."""
    rows = db.read(
        "SELECT i.item_id, i.text, i.kind, p.text, p.kind FROM items i"
        " LEFT JOIN prompts p ON p.study_id = i.study_id AND p.prompt_id = i.prompt_id"
        " WHERE i.study_id = ? AND list_contains(?, i.item_id)",
        [shown.study_id, list(shown.items)],
    )
    by_item = {row[0]: Text(row[1], row[2]) for row in rows}
    prompt = Text(rows[0][3] or "", rows[0][4] or "markdown")
    return ShownTexts(prompt, tuple(by_item[item] for item in shown.shown or shown.items))
