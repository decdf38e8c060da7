"""Read the texts of imported items and prompts: Markdown or chats, with pictures and sounds."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from core import chats, media
from core.chats import Chat, InvalidChatError
from storage.import_archives import FileRefusedError
from storage.import_content import TEXT, Complaints, File, Reading, Row, each, with_columns

MARKDOWN, CHAT = "markdown", "chat"
#: Our columns that name a file, with the column that says what it shows.
FILES = {"image": "image_text", "audio": "audio_text"}
UNKNOWN = "A picture or sound that a text names must be in the ZIP or in the workbench."
ONE_TEXT = "An item is a text or a chat; this row has both."
ONE_PROMPT = "A prompt is a text or a chat; this row has both."
IN_MESSAGES = "A chat names its pictures and sounds in its messages, as ![what it shows](file)."
NO_ZIP = "A file is named by rows that come with it in a ZIP; this table came alone."
WRONG_KIND = {
    "image": "A picture is one of PNG, JPEG, GIF and WebP.",
    "audio": "A sound is one of MP3, OGG, WAV and M4A.",
}
#: What would be read as Markdown in the words about a picture.
_MARKS = re.compile(r"([\\`*_\[\]<>$~&!|])")
#: Stands for a text that cannot be read, so that it is not called empty as well.
UNREAD = "?"


@dataclass(slots=True)
class Reader:
    """Reads one row after another, and notes what they name."""

    file: File
    complaints: Complaints
    #: Names to paths in the ZIP, and where a name stands that is not there.
    taken: dict[str, str] = field(default_factory=dict)
    named: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def item(self, row: Row) -> tuple[str | None, str]:
        """The text and the kind of an item."""
        files = {column: row[column] for column in FILES if row[column] is not None}
        if row["messages"] is not None and (row["text"] is not None or files):
            rule = IN_MESSAGES if files else ONE_TEXT
            self.complaints.add(row["line"], "messages", rule, row["messages"])
            return UNREAD, CHAT
        if row["messages"] is not None:
            return self.chat(row, "messages"), CHAT
        shown = [self.shown(row, column, path) for column, path in files.items()]
        text = None if row["text"] is None else self.markdown(row, "text", row["text"])
        parts = [part for part in [*shown, text] if part is not None]
        return "\n\n".join(parts) if parts else None, MARKDOWN

    def prompt(self, row: Row) -> tuple[str | None, str]:
        """The text and the kind of a prompt."""
        if row["prompt_messages"] is None:
            written = row["prompt"]
            text = None if written is None else self.markdown(row, "prompt", written)
            return text, MARKDOWN
        if row["prompt"] is not None:
            self.complaints.add(row["line"], "prompt", ONE_PROMPT, row["prompt"])
            return UNREAD, CHAT
        return self.chat(row, "prompt_messages"), CHAT

    def chat(self, row: Row, column: str) -> str:
        try:
            chat = chats.read(row[column])
        except InvalidChatError as error:
            self.complaints.add(row["line"], column, error, row[column])
            return UNREAD
        return chats.stored(self.named_in(row, column, chat))

    def named_in(self, row: Row, column: str, chat: Chat) -> Chat:
        """The chat with names in place of the paths of files that came with it."""
        return tuple(replace(one, content=self.markdown(row, column, one.content)) for one in chat)

    def markdown(self, row: Row, column: str, text: str) -> str:
        """The text with names in place of the paths of files that came with it."""
        if self.file.archive is not None and "![" in text:
            text = media.with_names(text, lambda path: self.name(row, column, path))
        if "media:" in text:
            for name in media.named_in(text):
                self.named.setdefault(name, []).append((row["line"], column))
        return text

    def shown(self, row: Row, column: str, path: str) -> str:
        """A picture or sound of its own column, as Markdown."""
        name = self.name(row, column, path)
        if name is None:
            return UNREAD
        if media.is_sound(name) != (column == "audio"):
            self.complaints.add(row["line"], column, WRONG_KIND[column], path)
        said = " ".join(_MARKS.sub(r"\\\1", row[FILES[column]] or "").split())
        return f"![{said}](media:{name})"

    def name(self, row: Row, column: str, path: str) -> str | None:
        """The name of a file; None if it cannot be taken, which is noted."""
        if self.file.archive is None:
            self.complaints.add(row["line"], column, NO_ZIP, path)
            return None
        try:
            name = self.file.archive.name_of(path)
        except FileRefusedError as error:
            self.complaints.add(row["line"], column, error, path)
            return None
        self.taken[name] = path
        return name

    def find_named(self, known: Callable[[list[str]], set[str]]) -> None:
        """Look for what texts name as media: in the workbench, then in the ZIP of an export."""
        there = known(list(self.named)) | self.taken.keys()
        for name in self.named.keys() - there:
            path = f"media/{name}"
            if self.file.archive is not None and self._is_there(path, name):
                self.taken[name] = path
                continue
            for line, column in self.named[name]:
                self.complaints.add(line, column, UNKNOWN, name)

    def _is_there(self, path: str, name: str) -> bool:
        try:
            return self.file.archive is not None and self.file.archive.name_of(path) == name
        except FileRefusedError:
            return False


def read_items(rows: pa.Table, file: File, known: Callable[[list[str]], set[str]]) -> Reading:
    """Read the texts of items and their prompts.

    Parameters
    ----------
    known : callable
        Returns those of the names under which the workbench has a picture or a sound.
    """
    if _is_plain(rows, file):
        kind = [MARKDOWN] * rows.num_rows
        return Reading(
            _without_files(with_columns(rows, kind=(kind, TEXT), prompt_kind=(kind, TEXT)))
        )
    reader = Reader(file, Complaints(file))
    items: list[tuple[str | None, str]] = []
    prompts: list[tuple[str | None, str]] = []
    for row in each(rows):
        items.append(reader.item(row))
        prompts.append(reader.prompt(row))
    reader.find_named(known)
    read = with_columns(
        rows,
        text=([text for text, _ in items], TEXT),
        kind=([kind for _, kind in items], TEXT),
        prompt=([text for text, _ in prompts], TEXT),
        prompt_kind=([kind for _, kind in prompts], TEXT),
    )
    return Reading(_without_files(read), reader.complaints.problems, reader.taken)


def _is_plain(rows: pa.Table, file: File) -> bool:
    """Whether all is Markdown that names nothing, as in most files: a million rows at once."""
    beyond = {"messages", "prompt_messages", *FILES}
    if file.archive is not None or file.columns.taken.keys() & beyond:
        return False
    return not any(
        pc.any(pc.match_substring(rows[column], "media:")).as_py() for column in ("text", "prompt")
    )


def _without_files(rows: pa.Table) -> pa.Table:
    return rows.drop_columns(["messages", "prompt_messages", *FILES, *FILES.values()])
