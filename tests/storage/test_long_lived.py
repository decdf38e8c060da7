"""What is kept from the search for unreachable objects, and what is still found."""

import gc
import weakref
from contextlib import suppress

from storage.long_lived import MANY, keep_for_good, nothing_collected


class Ring:
    """An object that only the search finds: it holds itself."""

    def __init__(self) -> None:
        self.own = self


def test_nothing_is_searched_for_meanwhile_and_then_as_before() -> None:
    assert gc.isenabled()
    with suppress(RuntimeError), nothing_collected():
        assert not gc.isenabled()
        raise RuntimeError
    assert gc.isenabled()


def test_only_very_many_objects_are_left_out_and_garbage_made_later_is_found() -> None:
    before = gc.get_freeze_count()
    keep_for_good(MANY)
    assert gc.get_freeze_count() == before
    try:
        keep_for_good(MANY + 1)
        assert gc.get_freeze_count() > before
        seen = weakref.ref(Ring())
        gc.collect()
        assert seen() is None
    finally:
        gc.unfreeze()
