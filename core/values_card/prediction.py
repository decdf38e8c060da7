"""Does a card represent a person? What it predicts of choices that it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.estimates import Estimate, clustered_share
from core.values_card.card import ValuesCard
from core.values_card.nearest import term_weights

CHANCE = 0.5
#: Scores that differ by less are equal but for rounding.
SAME_SCORE = 1e-12


@dataclass(frozen=True, slots=True)
class HeldOutChoice:
    """Two options, of which the person chose one after the card was confirmed.

    Attributes
    ----------
    prompt : str
        What both options answer; choices under one prompt are not independent.
    """

    id: str
    first: str
    second: str
    chose_first: bool
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class PredictedChoice:
    """What the card says of one choice.

    Attributes
    ----------
    lead : float
        Score of the first option minus that of the second.
    hit : bool or None
        Whether the option with the higher score was chosen; None where the scores are equal, such
        as where the card shares no word with either option.
    """

    id: str
    lead: float
    hit: bool | None


@dataclass(frozen=True, slots=True)
class CardPrediction:
    """How well a card predicts a person's choices.

    Attributes
    ----------
    hit_rate : Estimate or None
        Share of hits among the choices about which the card says something; `n` is their number.
        None where it says nothing about any.
    n_silent : int
        Choices about which it says nothing. They are not counted as half a hit.
    """

    choices: tuple[PredictedChoice, ...]
    hit_rate: Estimate | None
    n_silent: int

    @property
    def beats_chance(self) -> bool | None:
        """Whether the whole interval is above one half, or below; None where it holds it."""
        if self.hit_rate is None or self.hit_rate.low <= CHANCE <= self.hit_rate.high:
            return None
        return self.hit_rate.low > CHANCE

    @property
    def failed(self) -> tuple[str, ...]:
        """The choices that went the other way, the most surprising first: ask about these."""
        missed = [choice for choice in self.choices if choice.hit is False]
        return tuple(choice.id for choice in sorted(missed, key=lambda c: (-abs(c.lead), c.id)))


def predict_choices(
    card: ValuesCard,
    choices: Sequence[HeldOutChoice],
    *,
    scores: Mapping[str, tuple[float, float]] | None = None,
    level: float = 0.95,
) -> CardPrediction:
    r"""Predict which option a person chose, from their card.

    The option that is nearer to the card is predicted. Without given scores nearness is the cosine
    of TF-IDF weights, :math:`\cos(c, o_1) - \cos(c, o_2)`, with rarities from all the options.
    The interval of the hit rate is Wilson's for choices that come in clusters by prompt
    (`core.estimates.clustered_share`). After Li et al. [1]_: what was elicited is tested on
    decisions that it has not seen.

    Parameters
    ----------
    choices : sequence of HeldOutChoice
        None of which was used in writing the card.
    scores : mapping of choice ids to (first, second), optional
        How well each option fits the card, by a model; any unit, higher fits better.
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        If a score is missing or not a number.

    References
    ----------
    .. [1] Li, Tamkin, Goodman and Andreas, "Eliciting human preferences with language models",
       2023, arXiv 2310.11589.
    """
    first, second = _given(choices, scores) if scores is not None else _similar(card, choices)
    predicted = tuple(
        _predict(choice, one - other)
        for choice, one, other in zip(choices, first, second, strict=True)
    )
    told = [place for place, choice in enumerate(predicted) if choice.hit is not None]
    if not told:
        return CardPrediction(predicted, None, len(choices))
    hits = np.array([predicted[place].hit for place in told], dtype=np.float64)
    prompts = [choices[place].prompt or f"\0{choices[place].id}" for place in told]
    cluster = np.unique(prompts, return_inverse=True)[1]
    rate = clustered_share(hits, cluster, level=level)
    return CardPrediction(predicted, rate, len(choices) - len(told))


def _predict(choice: HeldOutChoice, lead: float) -> PredictedChoice:
    told = abs(lead) > SAME_SCORE
    return PredictedChoice(choice.id, lead, (lead > 0) == choice.chose_first if told else None)


def _similar(card: ValuesCard, choices: Sequence[HeldOutChoice]) -> tuple[list[float], list[float]]:
    options = [text for choice in choices for text in (choice.first, choice.second)]
    if not options:
        return [], []
    card_says = "\n".join([card.title, card.description, *card.policies])
    near = term_weights(options).similarities(card_says).tolist()
    return near[::2], near[1::2]


def _given(
    choices: Sequence[HeldOutChoice], scores: Mapping[str, tuple[float, float]]
) -> tuple[list[float], list[float]]:
    missing = [choice.id for choice in choices if choice.id not in scores]
    if missing:
        raise ValueError(f"There is no score for choice {missing[0]!r:.80}. Score all of them.")
    pairs = [scores[choice.id] for choice in choices]
    if not np.isfinite(np.array(pairs, dtype=np.float64)).all():
        raise ValueError("A score is not a number. Score the choices again.")
    return [one for one, _ in pairs], [other for _, other in pairs]
