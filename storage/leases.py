"""What was shown, one by one: what is open and until when, and what else somebody holds."""

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from storage.places import Shown, from_log


class Leases:
    """What is open is kept until its lease has run out.

    Of all else there is one object as long as somebody holds it: its place, where it is the newest
    attempt there, or the history of a person. What is not here is settled, or has lapsed.
    """

    def __init__(self) -> None:
        self._shown: WeakValueDictionary[str, Shown] = WeakValueDictionary()
        self._until: list[tuple[datetime, int, Shown]] = []
        self._numbers = count()

    def get(self, presentation_id: str) -> Shown | None:
        return self._shown.get(presentation_id)

    def put(self, shown: Shown) -> None:
        self._shown[shown.presentation.id] = shown
        if shown.open:
            heapq.heappush(self._until, (shown.lease_until, next(self._numbers), shown))

    def remove(self, shown: Shown) -> bool:
        """Forget what could not be written; return whether it was here."""
        return self._shown.pop(shown.presentation.id, None) is not None

    def recall(self, row: tuple[Any, ...]) -> Shown:
        """What a row of the log is about, with what had become of it; see `places.from_log`."""
        shown = self._shown.get(row[0])
        if shown is None:
            shown = from_log(row)
            shown.lapsed = shown.outcome is None
            self.put(shown)
        return shown

    def waiting(self) -> Iterator[Shown]:
        """What is open, of everybody, also what is being written."""
        return (shown for _, _, shown in self._until if self._is_open(shown))

    def run_out(self, now: datetime) -> list[Shown]:
        """Let go of leases that have run out, but for what is still being written."""
        ended = []
        while self._until and self._until[0][0] <= now:
            ended.append(heapq.heappop(self._until)[2])
        ended = [shown for shown in ended if self._is_open(shown)]
        for shown in ended:
            if not shown.on_disk:
                self.put(shown)
        return [shown for shown in ended if shown.on_disk]

    def _is_open(self, shown: Shown) -> bool:
        return shown.open and self._shown.get(shown.presentation.id) is shown
