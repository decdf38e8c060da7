"""What Moral Graph Elicitation writes, read into a study: graphs, values, judgements."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from core.errors import DiscernError
from core.value_graph.votes import EdgeVote
from core.value_study import MAX_CONTEXTS, MAX_ID, Context
from core.values_card.card import MAX_DESCRIPTION, MAX_POLICIES, MAX_TITLE, ValuesCard
from storage import imported_votes, mge_graphs, value_settings, values_cards
from storage.database import Cursor, Database
from storage.values_cards import StoredCard

#: A larger file is refused before it is read.
MAX_BYTES = 64 * 2**20
#: How the texts of most of MGE's contexts begin.
WHEN = "when "


class GraphTooLargeError(DiscernError):
    """A file that nobody should read into memory."""

    def __init__(self, n_bytes: int) -> None:
        super().__init__(
            f"The file has {n_bytes:,} bytes; {MAX_BYTES:,} are read at most. Leave `allEdges`, "
            "stories or embeddings out of it."
        )


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read: of the graph, and of the judgements if there were any."""

    n_values: int
    n_edges: int = 0
    n_votes: int = 0

    def in_words(self) -> str:
        """What is said of it to whoever imported it."""
        votes = f" {self.n_votes:,} judgements became votes." if self.n_votes else ""
        return f"{self.n_values:,} values imported; the file has {self.n_edges:,} edges.{votes}"


def import_mge(
    db: Database,
    study_id: str,
    content: bytes,
    *,
    by: str | None,
    now: datetime,
    judgements: bytes | None = None,
    before: datetime | None = None,
) -> Imported:
    """Read a graph in MGE's format, or its table of values, into a study: all of it or nothing.

    Values become cards. The counted edges of a graph are not votes and never become any: they stay
    what MGE's rule shows. The table of judgements, if it is given, becomes votes of people with
    random ids. Importing the same files again changes nothing.

    Parameters
    ----------
    judgements : bytes or None
        The table `Edge` of MGE's database, as JSON or CSV; it names values by their ids.
    before : datetime or None
        Only judgements from before.

    Raises
    ------
    core.value_graph.mge_json.UnreadableGraphError
        If the first is no such graph or table.
    core.value_graph.mge_rows.UnreadableVotesError
        If the second is no such table, or names a value that is not there.
    core.values_card.card.InvalidCardError
        If a value has no title or says nothing to attend to.
    """
    from core.value_graph.mge_json import WrittenValue, read_mge, read_values

    text = _text(content)
    values = read_values(text)
    is_graph = not text.lstrip().startswith("[")
    name = sha256(f"{study_id}\x1f{text}".encode()).hexdigest()[:16]

    def card(value: WrittenValue) -> StoredCard:
        moment = value.description or value.instructions_detailed or value.instructions_short
        made = ValuesCard(
            value.title[:MAX_TITLE],
            (moment or value.title)[:MAX_DESCRIPTION],
            value.attended[:MAX_POLICIES],
        )
        return StoredCard(card_name(name, str(value.id)), None, None, made, now)

    cards = [card(value) for value in values]
    votes = _votes(name, judgements, before, {one.card_id for one in cards})

    def put(cursor: Cursor) -> None:
        for one in cards:
            values_cards.put(cursor, study_id, one, None)
        if is_graph:
            mge_graphs.put(cursor, study_id, name, text, by=by, now=now)
        if votes:
            # Others' cards are shown there before anything is asked.
            imported_votes.put(cursor, study_id, votes, exposed=True)

    db.write(put)
    _add_contexts(db, study_id, [vote.context for vote, _ in votes], by=by, now=now)
    n_edges = len(read_mge(text).edges) if is_graph else 0
    return Imported(len(cards), n_edges, len(votes))


def card_name(graph_id: str, value_id: str) -> str:
    """The id of the card that was made from a value of a file."""
    return f"{graph_id}-{value_id}"


def _text(content: bytes) -> str:
    from core.value_graph.mge_json import UnreadableGraphError

    if len(content) > MAX_BYTES:
        raise GraphTooLargeError(len(content))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableGraphError("The file is not text in UTF-8. Save it as such.") from error


def _votes(
    name: str, judgements: bytes | None, before: datetime | None, cards: set[str]
) -> list[tuple[EdgeVote, str]]:
    from core.value_graph.mge_rows import UnreadableVotesError, read_judgements
    from core.value_graph.mge_votes import from_mge

    if judgements is None:
        return []
    found = []
    for row in read_judgements(_text(judgements), before=before):
        source, wiser = (card_name(name, one) for one in (row.vote.source, row.vote.wiser))
        if {source, wiser} - cards:
            raise UnreadableVotesError(
                f"A judgement names the values {row.vote.source!r:.40} and {row.vote.wiser!r:.40}, "
                f"of which not both are among the {len(cards)} values of the other file. Give the "
                "table of all values with it."
            )
        # The arrow is drawn from left to right there.
        vote = from_mge(replace(row.vote, source=source, wiser=wiser))
        found.append((replace(vote, left=source), row.story))
    return found


def _add_contexts(
    db: Database, study_id: str, named: list[str], *, by: str | None, now: datetime
) -> None:
    """Let contexts be asked about here too, as far as there is room for them."""
    before = value_settings.newest(db, study_id)
    known = before.settings.contexts
    ids, texts = {one.id for one in known}, {one.text for one in known}
    fresh = {
        _without_when(name): name
        for name in named
        if name and name not in ids and len(name) <= MAX_ID
    }
    made = [Context(name, text) for text, name in fresh.items() if text not in texts]
    added = tuple(made[: MAX_CONTEXTS - len(known)])
    if added:
        settings = replace(before.settings, contexts=before.settings.contexts + added)
        value_settings.save(db, study_id, settings, version=before.version, by=by, now=now)


def _without_when(text: str) -> str:
    """As a context is said here: after a "when", on one line, without bars."""
    text = " ".join(text.replace("|", " ").split())
    return text[len(WHEN) :] if text.lower().startswith(WHEN) else text
