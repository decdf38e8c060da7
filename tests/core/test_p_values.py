"""P-values are said as the manual of the American Psychological Association has it."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.p_values import p_is, said_p


@pytest.mark.parametrize(
    ("p", "said", "sentence"),
    [
        (1e-10, "< .001", "p < .001"),
        (0.0, "< .001", "p < .001"),
        (0.00099, "< .001", "p < .001"),
        (0.001, ".001", "p = .001"),
        (0.0496, ".050", "p = .050"),
        (0.5, ".500", "p = .500"),
        (0.9996, "> .999", "p > .999"),
        (1.0, "> .999", "p > .999"),
        (np.nan, "", ""),
        (None, "", ""),
    ],
)
def test_by_hand(p: float | None, said: str, sentence: str) -> None:
    assert said_p(p) == said
    assert p_is(p) == sentence


@given(st.floats(0, 1))
def test_what_is_said_is_true_and_short(p: float) -> None:
    said = said_p(p)
    assert re.fullmatch(r"(< |> )?\.\d{3}", said)
    number = float(said[-4:])
    if said[0] in "<>":
        assert p < number if said[0] == "<" else p > number
    else:
        assert abs(p - number) <= 0.0005 + 1e-12
