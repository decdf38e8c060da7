from datetime import UTC, datetime

import numpy as np
import pytest

from core.judgment import Outcome, Presentation
from core.simulation import answer, possible_pairs, simulate


def test_simulated_answers_have_the_probabilities_they_should() -> None:
    """s = 1 + 0.5 and ν = 1: weights e^0.75, 1 and e^-0.75."""
    skew = np.array([[0, 0.5], [-0.5, 0]])
    data = simulate(
        np.array([1.0, 0.0]), skew=skew, tie_weight=1.0, judgments_per_pair=100_000,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    weights = np.array([np.exp(0.75), 1, np.exp(-0.75)])
    observed = [(data.outcome == outcome).mean() for outcome in (1, 0, -1)]
    assert observed == pytest.approx(weights / weights.sum(), abs=0.005)


def test_only_items_of_one_prompt_are_compared_and_nobody_ties_unasked() -> None:
    prompts = np.array([0, 1, 0, 1, 1])
    data = simulate(np.zeros(5), prompts=prompts, rng=np.random.default_rng(2), n_judgments=500)
    assert (prompts[data.first] == prompts[data.second]).all()
    assert (data.first < data.second).all()
    assert (data.outcome != 0).all()
    pairs = list(zip(*(part.tolist() for part in possible_pairs(prompts)), strict=True))
    assert pairs == [(0, 2), (1, 3), (1, 4), (3, 4)]


def test_people_answer_by_preference_whatever_side() -> None:
    strengths = {"a": 1.0, "b": 0.0, "c": 1.0}

    def shown(left: str | None, right: str) -> Presentation:
        return Presentation(
            "id", "study", 1, "someone", ("a", "b"), (left, right) if left else None, 0, 0, "judge",
            "random", None, datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip

    assert answer(shown("a", "b"), strengths) is Outcome.LEFT
    assert answer(shown("b", "a"), strengths) is Outcome.RIGHT
    assert answer(shown("a", "c"), strengths) is Outcome.TIE
    with pytest.raises(ValueError, match="which item stood left"):
        answer(shown(None, "b"), strengths)
