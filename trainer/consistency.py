"""Does a text model change its mind when it should, and only then? Texts that were changed."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.consistency import (
    compare_preferences,
    exchanged_prompts,
    length_effect,
    said_twice,
    tail_effect,
    with_off_topic_tail,
)
from core.estimates import NotDeterminedError
from core.judgment import Comparisons, Floats, Indices
from core.text.model import FeatureModel
from core.text.text_model import TextModel
from trainer.quality import said_or_why

#: Texts that are read once more, in whole prompts as far as that goes; an encoder takes long.
MOST_TEXTS, MOST_ENCODED = 1_000, 300

#: From the numbers of the prompts and the texts to what the encoder says; shape (n, n_raw).
Encode = Callable[[Indices, Sequence[str]], Floats]


def report_consistency(
    model: TextModel, comparisons: Comparisons, texts: Sequence[str], encode: Encode, seed: int
) -> dict[str, Any]:
    """What a changed prompt, an off-topic tail and a doubled text do to what the model expects.

    All is said of the texts alone, without what judgments say of an item beyond its text. A part
    that the data do not determine is a sentence.

    Parameters
    ----------
    texts : sequence of str, length n_items
    """
    most = MOST_TEXTS if model.tfidf is not None else MOST_ENCODED
    chosen = _chosen(comparisons, most, np.random.default_rng(seed))
    reader = _Reader(model, comparisons.prompts[chosen], encode)
    plain = [texts[i] for i in chosen]
    before = reader.features(plain)

    def exchanged() -> dict[str, Any]:
        return _exchanged(reader, plain, before, _pairs(comparisons, chosen), seed)

    def with_tails() -> dict[str, Any]:
        tailed = with_off_topic_tail(plain, reader.prompts, np.random.default_rng(seed))
        gain = reader.against(reader.features(tailed), before)
        return asdict(tail_effect(np.zeros(len(gain)), gain, reader.cluster))

    def lengths() -> dict[str, Any]:
        strengths = before @ reader.head.slopes
        gain = reader.against(reader.features(said_twice(plain)), before)
        sizes = np.array([len(text) for text in plain], dtype=np.int64)
        return asdict(
            length_effect(strengths, sizes, reader.prompts, strengths + gain, reader.cluster)
        )

    return {
        "exchanged": said_or_why(exchanged),
        "tail": said_or_why(with_tails),
        "length": said_or_why(lengths),
        "n_items": len(chosen),
        "n_prompts": len(np.unique(reader.prompts)),
        "n_compared": len(_compared(comparisons)),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """Reads some items, or what was made of them, as the model reads new ones.

    Attributes
    ----------
    prompts : ndarray of int64, shape (n,)
        The prompt of each.
    """

    model: TextModel
    prompts: Indices
    encode: Encode

    @property
    def head(self) -> FeatureModel:
        """The head that texts are predicted by: without planes it is Bradley-Terry."""
        return self.model.general

    @property
    def cluster(self) -> Indices:
        """The prompt; the item where there is one prompt, about whose other items it then is."""
        alone = len(np.unique(self.prompts)) == 1
        return np.arange(len(self.prompts)) if alone else self.prompts

    def features(self, texts: Sequence[str], prompts: Indices | None = None) -> Floats:
        encoded = self.encode(self.prompts if prompts is None else prompts, texts)
        return self.model.map.features(encoded[:, : len(self.model.map.centre)], texts)

    def against(self, one: Floats, other: Floats) -> Floats:
        """Log-odds of texts against others of the same prompts, nats; shape (n,)."""
        return self.head.of_new(one, other, self.head.gates[self.prompts]).mean


def _exchanged(
    reader: _Reader,
    texts: Sequence[str],
    before: Floats,
    pairs: tuple[Indices, Indices],
    seed: int,
) -> dict[str, Any]:
    """Judged pairs under their own prompt and under another one."""
    first, second = pairs
    other = exchanged_prompts(reader.prompts, np.random.default_rng(seed))
    after = before
    if reader.model.tfidf is None:
        after = reader.features(texts, other[reader.prompts])
    gates = reader.head.gates
    own = gates[reader.prompts[first]]
    taken = gates[other[reader.prompts[first]]]
    if np.allclose(before, after) and np.allclose(own, taken):
        raise NotDeterminedError(
            "With another prompt this model says the same: it does not read prompts, or they have "
            "no text. Whether an answer is one to its question it cannot tell; fit with an encoder "
            "for that."
        )
    odds = reader.head.of_new(before[first], before[second], own).mean
    changed = reader.head.of_new(after[first], after[second], taken).mean
    return asdict(compare_preferences(odds, changed, reader.cluster[first]))


def _compared(comparisons: Comparisons) -> Indices:
    return np.unique(np.concatenate([comparisons.first, comparisons.second]))


def _chosen(comparisons: Comparisons, most: int, rng: np.random.Generator) -> Indices:
    """Compared items, at most so many: prompts in random order, the last one cut."""
    items = rng.permutation(_compared(comparisons))
    place = rng.permutation(int(comparisons.prompts.max()) + 1)[comparisons.prompts[items]]
    chosen: Indices = np.sort(items[np.argsort(place, kind="stable")][:most])
    return chosen


def _pairs(comparisons: Comparisons, chosen: Indices) -> tuple[Indices, Indices]:
    """Judged pairs of the chosen items, by their places among these, each once."""
    counts = comparisons.counts()
    inside = np.isin(counts.first, chosen) & np.isin(counts.second, chosen)
    if not inside.any():
        raise NotDeterminedError("No judged pair is among the texts that were read once more.")
    first, second = (
        np.searchsorted(chosen, numbers[inside]) for numbers in (counts.first, counts.second)
    )
    return first, second
