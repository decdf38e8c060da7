"""Cards of people and the groups that they are in, on a real store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import NotFoundError
from core.judgment import Pair
from core.values_card.canonical import InvalidEventError, Merged, Represented, Split, Undone
from core.values_card.card import ValuesCard
from storage import canonical, values_cards
from storage.database import Database
from storage.values_cards import StoredCard
from tests.core.interviews import CARD
from tests.given import NOON


def put(db: Database, card_id: str, person: str | None, card: ValuesCard = CARD) -> None:
    stored = StoredCard(card_id, person, "move", card, NOON)
    db.write(lambda cursor: values_cards.put(cursor, "s", stored, None))


def say(
    db: Database, person: str, card: str, other: str, sameness: str, *, revision: int = 0
) -> None:
    db.write(
        lambda cursor: cursor.execute(
            "INSERT OR IGNORE INTO card_offers VALUES ('s', ?, ?, ?, 0.5, ?, 'tfidf')",
            [person, card, other, NOON],
        ).execute(
            "INSERT INTO card_answers VALUES (?, ?, ?, ?, ?)",
            [card, other, revision, sameness, NOON],
        )
    )


def members(db: Database) -> list[tuple[str, ...]]:
    return [group.members for group in canonical.groups(db, "s").groups]


def test_the_newest_revision_counts_and_the_same_again_is_none(db: Database) -> None:
    put(db, "a", "noor")
    put(db, "a", "noor")
    changed = replace(CARD, title="Hearing people out")
    put(db, "a", "noor", changed)
    [stored] = values_cards.of_study(db, "s")
    assert (stored.card, stored.revision, stored.person_id) == (changed, 1, "noor")
    assert [card for _, card, _ in values_cards.revisions(db, "a")] == [CARD, changed]
    assert values_cards.of_study(db, "another study") == []


def test_only_its_author_takes_a_card_out(db: Database) -> None:
    put(db, "a", "noor")
    for card, person in (("a", "ursula"), ("b", "noor")):
        with pytest.raises(NotFoundError):
            values_cards.withdraw(db, card, person, NOON)
    values_cards.withdraw(db, "a", "noor", NOON + timedelta(hours=1))
    values_cards.withdraw(db, "a", "noor", NOON + timedelta(hours=2))
    assert values_cards.of_study(db, "s") == []
    [kept] = values_cards.of_study(db, "s", with_withdrawn=True)
    assert (kept.withdrawn, kept.revision, kept.card) == (True, 1, CARD)
    put(db, "a", "noor")  # confirmed once more
    assert values_cards.of_study(db, "s")[0].revision == 2


def test_cards_come_together_by_what_their_authors_say(db: Database) -> None:
    for card, person in (("a", "noor"), ("b", "ursula"), ("c", None)):
        put(db, card, person)
    say(db, "noor", "a", "b", "different")
    say(db, "noor", "a", "b", "same", revision=1)
    assert members(db) == [("a", "b"), ("c",)]


def test_what_researchers_do_is_kept_and_can_be_undone(db: Database) -> None:
    for card in ("a", "b", "c"):
        put(db, card, card)
    say(db, "a", "a", "b", "same")
    events = (
        Merged(Pair("b", "c"), "ursula", "the same in other words"),
        Represented("c", "ursula"),
        Split(frozenset({"a"}), frozenset({"b", "c"}), "ursula"),
    )
    numbers = [canonical.record(db, "s", event, now=NOON) for event in events]
    assert members(db) == [("a",), ("b", "c")]
    assert canonical.groups(db, "s").of("b").representative == "c"
    canonical.record(db, "s", Undone(numbers[2], "ursula"), now=NOON)
    assert members(db) == [("a", "b", "c")]
    canonical.record(db, "s", Undone(3, "ursula"), now=NOON)
    assert members(db) == [("a",), ("b", "c")]
    assert [recorded.event for recorded in canonical.history(db, "s")][:3] == list(events)


@pytest.mark.parametrize("event", [Merged(Pair("a", "gone"), "u"), Undone(0, "u"), Undone(-1, "u")])
def test_an_event_about_what_is_not_there_is_refused(
    db: Database, event: canonical.Decision
) -> None:
    put(db, "a", "noor")
    with pytest.raises(InvalidEventError):
        canonical.record(db, "s", event, now=NOON)
    assert canonical.history(db, "s") == []


def test_a_withdrawn_card_still_joins_and_is_shown_nowhere(db: Database) -> None:
    for card in ("a", "b", "c"):
        put(db, card, card)
    say(db, "b", "b", "a", "same")
    say(db, "b", "b", "c", "same")
    assert canonical.groups(db, "s").of("a").representative == "b"
    values_cards.withdraw(db, "b", "b", NOON)
    [group] = canonical.groups(db, "s").groups
    assert (group.members, group.representative) == (("a", "c"), "a")
