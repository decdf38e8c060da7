"""Where a figure of agreement stands among those that were published."""

from dataclasses import dataclass
from enum import StrEnum

from core.agreement.coefficients import Coefficient
from core.estimates import Estimate


class Measure(StrEnum):
    """Which figures can be held against each other."""

    PERCENT = "percent"
    ALPHA = "alpha"
    KAPPA = "kappa"


MEASURES = {
    Coefficient.PERCENT: Measure.PERCENT,
    Coefficient.KRIPPENDORFF: Measure.ALPHA,
    Coefficient.COHEN: Measure.KAPPA,
    Coefficient.FLEISS: Measure.KAPPA,
    Coefficient.GWET: Measure.KAPPA,
}


@dataclass(frozen=True, slots=True)
class Band:
    """From `low` to below `high`: what it is called, by whom, and what to do.

    Attributes
    ----------
    low, high : float
        Shares or coefficients; the first and last band of a measure are open.
    """

    low: float
    high: float
    name: str
    source: str
    advice: str


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """Agreement that somebody measured and published.

    Attributes
    ----------
    low, high : float
        Ends of the interval or range that they give; the value twice where they give none.
    about : str
        Who agreed with whom, and what was left out.
    """

    about: str
    low: float
    high: float
    source: str


_DISCERN = "our reading of the published figures below, not itself published"
_KRIPPENDORFF = "Krippendorff, Content Analysis, 4th edition, 2019, chapter 12"
_LANDIS = "Landis and Koch, Biometrics 33(1), 1977, who call the divisions arbitrary"

OPEN = float("inf")

BANDS: dict[Measure, tuple[Band, ...]] = {
    Measure.PERCENT: (
        Band(
            -OPEN, 0.60, "lower than usual", _DISCERN,
            "Look for a broken question, or for answers stored by side and not by item.",
        ),
        Band(
            0.60, 0.65, "at the lower end of what is usual", _DISCERN,
            "Read some divided pairs: the question may leave open what it asks for.",
        ),
        Band(
            0.65, 0.80, "usual", _DISCERN,
            "What is left is close pairs and different wishes: look at the divided pairs.",
        ),
        Band(
            0.80, 0.90, "higher than usual", _DISCERN,
            "Good for clear pairs. Ask harder ones if models have to be told apart.",
        ),
        Band(
            0.90, OPEN, "unusually high", _DISCERN,
            "Pairs may be too easy, or people may have seen each other's answers.",
        ),
    ),
    Measure.ALPHA: (
        Band(
            -OPEN, 0.667, "too low to rely on", _KRIPPENDORFF,
            "For reliable labels sharpen the guidelines. For preferences, disagreement is data.",
        ),
        Band(
            0.667, 0.80, "enough for tentative conclusions", _KRIPPENDORFF,
            "Draw conclusions with care, and say the coefficient beside them.",
        ),
        Band(0.80, OPEN, "reliable", _KRIPPENDORFF, "Nothing has to be done."),
    ),
    Measure.KAPPA: (
        Band(-OPEN, 0.0, "poor", _LANDIS, "Look for answers that are stored the wrong way round."),
        Band(0.0, 0.20, "slight", _LANDIS, "Look at the question and at one annotator at a time."),
        Band(0.20, 0.40, "fair", _LANDIS, "Read some divided pairs with the annotators."),
        Band(0.40, 0.60, "moderate", _LANDIS, "Usual for preferences: look at divided pairs."),
        Band(0.60, 0.80, "substantial", _LANDIS, "Nothing has to be done."),
        Band(0.80, OPEN, "almost perfect", _LANDIS, "Pairs may be too easy to tell models apart."),
    ),
}  # fmt: skip

#: Raw agreement on which of two answers is better. Where no interval was published, one value.
PUBLISHED = (
    PublishedFigure(
        "labelers who made the training data, with each other", 0.711, 0.741,
        "InstructGPT: Ouyang et al. 2022",
    ),
    PublishedFigure(
        "labelers who made no training data, with each other", 0.760, 0.786,
        "InstructGPT: Ouyang et al. 2022",
    ),
    PublishedFigure(
        "researchers with each other, summaries", 0.69, 0.77,
        "Stiennon et al. 2020, as quoted by Ouyang et al. 2022",
    ),
    PublishedFigure(
        "researchers with crowd workers", 0.63, 0.63,
        "Bai et al. 2022 (from a secondary source)",
    ),
    PublishedFigure(
        "one person with the majority of the others", 0.657, 0.657,
        "AlpacaFarm: README of alpaca_eval",
    ),
    PublishedFigure(
        "people with each other, ties left out", 0.81, 0.81, "MT-bench: Zheng et al. 2023"
    ),
    PublishedFigure(
        "crowd with experts, two pairs of models", 0.728, 0.831,
        "Chatbot Arena: Chiang et al. 2024, table 3",
    ),
    PublishedFigure(
        "experts with each other, two pairs of models", 0.794, 0.898,
        "Chatbot Arena: Chiang et al. 2024, table 3",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Which bands an interval reaches, and which published figures lie in it.

    Attributes
    ----------
    bands : tuple of Band
        From the one that holds the low end to the one that holds the high end. More than one:
        the data do not say which.
    published : tuple of PublishedFigure
        Those that the interval overlaps; of raw agreement only.
    text : str
        The same as a sentence with its source.
    """

    bands: tuple[Band, ...]
    published: tuple[PublishedFigure, ...]
    text: str


def agreement_bands(which: Coefficient, estimate: Estimate) -> Standing:
    """Say in which published bands a figure is, by its interval and not by its value alone."""
    measure = MEASURES[which]
    low, high = estimate.low, min(estimate.high, 1.0)
    bands = tuple(band for band in BANDS[measure] if band.low <= high and low < band.high)
    alike = [f for f in PUBLISHED if f.low <= high and low <= f.high]
    published = tuple(alike) if measure is Measure.PERCENT else ()
    return Standing(bands, published, _said(measure, estimate, bands, published))


def _said(
    measure: Measure,
    estimate: Estimate,
    bands: tuple[Band, ...],
    published: tuple[PublishedFigure, ...],
) -> str:
    def number(value: float) -> str:
        return f"{value:.1%}" if measure is Measure.PERCENT else f"{value:.2f}"

    [here] = [band for band in BANDS[measure] if band.low <= estimate.value < band.high]
    text = f"{number(estimate.value)} is {here.name} ({here.source})."
    if len(bands) > 1:
        text += (
            f" The interval reaches from “{bands[0].name}” to “{bands[-1].name}”, so that more "
            "judgments are needed to say."
        )
    if published:
        like = "; ".join(f"{figure.about} ({figure.source})" for figure in published)
        text += f" The interval overlaps what was found for {like}."
    return f"{text} {here.advice}"
