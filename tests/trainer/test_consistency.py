"""Changed texts: encoders of which it is known what they read, and what that must do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from core.fitting.text.assembling import fit_heads
from core.judgment import Floats, Indices
from tests.core.judged_texts import BAD, GOOD, JudgedTexts, judged_texts
from trainer.consistency import Encode, report_consistency


@pytest.fixture(scope="module")
def judged() -> JudgedTexts:
    return judged_texts(n_prompts=20, n_judgments=2_000)


def worth(text: str) -> float:
    """Good words less bad ones, which is what the simulated people judge by."""
    words = text.split()
    return float(sum(words.count(w) for w in GOOD) - sum(words.count(w) for w in BAD))


def reading(judged: JudgedTexts, *, prompts: bool) -> Encode:
    """An encoder that knows what a text is worth; `prompts`: only under the prompt of the text."""
    home = {text: judged.comparisons.prompts[i] for i, text in enumerate(judged.texts)}

    def encode(under: Indices, texts: Sequence[str]) -> Floats:
        known = [not prompts or home.get(t, p) == p for t, p in zip(texts, under, strict=True)]
        values = [worth(text) * own for text, own in zip(texts, known, strict=True)]
        return np.stack([values, np.zeros(len(texts))], axis=1)

    return encode


def report(judged: JudgedTexts, encode: Encode) -> Any:
    raw = encode(judged.comparisons.prompts, judged.texts)
    fitted = fit_heads(
        judged.comparisons, judged.texts, raw, np.zeros((len(judged.prompts), 0)),
        mode="frozen", encoder="words counted", n_planes=1,
    )  # fmt: skip
    return report_consistency(fitted.model, judged.comparisons, judged.texts, encode, seed=0)


def test_a_model_that_knows_what_belongs_to_a_prompt_is_less_sure_of_another(
    judged: JudgedTexts,
) -> None:
    """Under another prompt it knows nothing of the worth, and the length is all that is left."""
    found = report(judged, reading(judged, prompts=True))["exchanged"]
    assert found["sureness"]["high"] < -0.5
    assert found["kept"]["high"] < 0.7
    assert found["n_pairs"] == 20 * 15


def test_a_model_that_does_not_read_prompts_is_said_not_to(judged: JudgedTexts) -> None:
    found = report(judged, reading(judged, prompts=False))["exchanged"]
    assert "says the same" in found["why_not"]


def test_saying_it_twice_doubles_what_words_counted_are_worth(judged: JudgedTexts) -> None:
    """A nat a word, and good and bad words are as frequent: the gain is the worth, 0 on average.

    What a tail adds is the worth of another text: of 120 texts with a spread of 1.15 nats the
    mean has a standard error of 0.1.
    """
    found = report(judged, reading(judged, prompts=False))
    assert (
        abs(found["length"]["same_content"]["value"] - np.mean([*map(worth, judged.texts)])) < 0.4
    )
    assert abs(found["tail"]["log_odds"]["value"]) < 0.5
    assert 0.3 < found["tail"]["not_worse"]["value"] < 0.8


def test_texts_of_one_prompt_have_no_other_to_take_from() -> None:
    alone = judged_texts(n_prompts=1, n_items=12, n_judgments=400)
    found = report(alone, reading(alone, prompts=False))
    assert "two prompts" in found["tail"]["why_not"]
    assert np.isfinite(found["length"]["same_content"]["high"])
