"""Very many objects that live as long as the app, kept from the search for unreachable ones.

That search stops everybody who judges, for a second at a million objects, and goes over what is
being made again and again.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Fewer do not matter.
MANY = 20_000


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Make objects without searching those that were made a moment ago."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def keep_for_good(n_objects: int) -> None:
    """Leave all that is there now out of later searches, if it is very much."""
    if n_objects > MANY:
        gc.collect()
        gc.freeze()
