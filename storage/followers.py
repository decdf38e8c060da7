"""Policies that follow what is shown and what becomes of it, and how they are told."""

from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from core.answer_form import ListSaid
from core.judgment import BESIDE, ChoiceSet, ItemOutcome
from core.open_sets import Chooser
from storage.places import Shown


class Follower(Chooser, Protocol):
    """A policy that is told what is shown and answered within the overlap."""

    def shown(self, items: ChoiceSet) -> None: ...

    def answered(self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None) -> None: ...

    def taken_back(self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None) -> None:
        """An answer does not stand any more."""
        ...

    def released(self, items: ChoiceSet) -> None:
        """It was shown and will not be answered."""
        ...

    def exposed(self, items: ChoiceSet, times: int) -> None:
        """It was shown before; what came of it is known already."""
        ...


class News(Enum):
    """What became of something that was shown."""

    SHOWN = auto()
    ANSWERED = auto()
    TAKEN_BACK = auto()
    RELEASED = auto()


def tell(follower: Follower, shown: Shown, what: News) -> None:
    """Tell what has just happened, of what counts within the overlap."""
    items, outcome = shown.presentation.items, shown.outcome
    if shown.presentation.slot == BESIDE or shown.late:
        return
    if what is News.SHOWN:
        follower.shown(items)
    elif what is News.RELEASED:
        follower.released(items)
    elif outcome is not None:
        act = follower.answered if what is News.ANSWERED else follower.taken_back
        act(items, outcome, shown.said)


def retell(follower: Follower, shown: Shown, since: datetime | None) -> None:
    """Tell a policy that knows the answers up to a moment what has become of something since.

    That it was shown something whose answer it knows, it is told in sums: see `Board.follow`.
    """
    if since is None or shown.judged_at is None or shown.judged_at > since:
        if shown.stands:
            tell(follower, shown, News.SHOWN)
            tell(follower, shown, News.ANSWERED)
    elif shown.retracted_at is not None and shown.retracted_at > since:
        tell(follower, shown, News.TAKEN_BACK)
