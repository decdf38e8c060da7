"""Orders and numbers of integers are those of numpy, whatever their size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.ordering import begins, numbered, stable_order

NUMBERS = st.one_of(
    st.integers(0, 5), st.integers(0, 10**6), st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)
)


@given(arrays(np.int64, st.integers(0, 40), elements=NUMBERS))
def test_orders_and_places_are_those_of_numpy(numbers: np.ndarray) -> None:
    assert stable_order(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()
    kinds, place = np.unique(numbers, return_inverse=True)
    found = numbered(numbers)
    assert (found[0].tolist(), found[1].tolist()) == (kinds.tolist(), place.tolist())
    ascending = np.sort(numbers)
    assert begins(ascending).tolist() == np.unique(ascending, return_index=True)[1].tolist()


@pytest.mark.parametrize("largest", [2**58 - 1, 2**58, 2**61], ids=["just fits", "no more", "far"])
def test_a_number_whose_place_does_not_fit_beside_it_is_ordered_all_the_same(largest: int) -> None:
    """Eight places take four bits, so that numbers below 2 to the power of 58 fit."""
    numbers = np.array([largest, 3, largest, 0, largest - 1, 3, 0, largest])
    assert stable_order(numbers).tolist() == [3, 6, 1, 5, 4, 0, 2, 7]
