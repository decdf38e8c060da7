"""How often intervals hold the truth, in simulated studies whose truth is known."""

import numpy as np

from core.fitting import fit_bradley_terry
from core.fitting.sandwich import clustered_covariance
from core.judgment import Comparisons, Floats
from core.models import logistic
from tests.bench.table import Row

N_STUDIES, N_ITEMS, N_JUDGMENTS = 200, 30, 900
ABOUT = (
    f"{N_STUDIES} simulated studies of {N_ITEMS} items and "
    f"{N_JUDGMENTS} judgments each, strengths normal with scale 1; the taste of "
    "people, where they differ, too."
)
#: Of a logistic of normal log-odds, by how much its mean is flatter: Zeger, Liang and Albert,
#: Biometrics 44(4), 1988.
FLATTER = 0.3459


def measure() -> list[Row]:
    """Coverage in percent of all intervals of all studies, and what it should be."""
    same, few = np.zeros(3), np.zeros(4)
    for seed in range(N_STUDIES):
        same += _with_one_taste(seed) / N_STUDIES
        few += _with_eight_people(seed) / N_STUDIES
    wanted = "93-97 %"
    return [
        Row("95 % intervals, independent judgments: strengths", _percent(same[0]), wanted),
        Row("the same: differences", _percent(same[1]), wanted),
        Row("the same: win probabilities", _percent(same[2]), wanted),
        Row("90 % intervals, 8 annotators of different taste: strengths", _percent(few[0])),
        Row("the same: differences", _percent(few[1])),
        Row("the same, clustered by annotator: strengths", _percent(few[2]), "at least 84 %"),
        Row("the same, clustered by annotator: differences", _percent(few[3]), "at least 84 %"),
    ]


def _with_one_taste(seed: int) -> Floats:
    truth, data = _study(seed, n_people=1, taste=0.0)
    model = fit_bradley_terry(data)
    one, other = np.triu_indices(N_ITEMS, 1)
    difference = truth[one] - truth[other]
    middle = model.log_odds(one, other)
    reach = 1.959964 * np.sqrt(model.log_odds_variance(one, other))
    chances = model.probability_interval(one, other)
    return np.array(
        [
            _held(truth, *model.strengths_interval()),
            _held(difference, middle - reach, middle + reach),
            _held(logistic(difference), *chances),
        ]
    )


def _with_eight_people(seed: int) -> Floats:
    taste = 1.0
    truth, data = _study(seed, n_people=8, taste=taste)
    # What one number per item says of a mixture of people.
    truth = truth / np.sqrt(1 + 2 * taste**2 * FLATTER)
    model = fit_bradley_terry(data)
    clustered = clustered_covariance(model, data)
    one, other = np.triu_indices(N_ITEMS, 1)
    difference = truth[one] - truth[other]
    middle = model.log_odds(one, other)
    reach = 1.644854 * np.sqrt(model.log_odds_variance(one, other))
    return np.array(
        [
            _held(truth, *model.strengths_interval(0.9)),
            _held(difference, middle - reach, middle + reach),
            _held(truth, *clustered.strengths_interval(0.9)),
            _held(difference, *clustered.difference_interval(one, other, 0.9)),
        ]
    )


def _study(seed: int, *, n_people: int, taste: float) -> tuple[Floats, Comparisons]:
    """Strengths that people share, and judgments by people whose own lie `taste` around them."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=N_ITEMS)
    truth -= truth.mean()
    own = truth + taste * rng.normal(size=(n_people, N_ITEMS))
    one = rng.integers(N_ITEMS, size=N_JUDGMENTS)
    other = (one + rng.integers(1, N_ITEMS, size=N_JUDGMENTS)) % N_ITEMS
    first, second = np.minimum(one, other), np.maximum(one, other)
    person = rng.integers(n_people, size=N_JUDGMENTS)
    chance = logistic(own[person, first] - own[person, second])
    outcome = np.where(rng.random(N_JUDGMENTS) < chance, 1, -1)
    items = tuple(map(str, range(N_ITEMS)))
    return truth, Comparisons(items, np.zeros(N_ITEMS, np.int64), first, second, outcome, person)


def _held(truth: Floats, low: Floats, high: Floats) -> float:
    return float(((low <= truth) & (truth <= high)).mean())


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
