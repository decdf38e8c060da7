"""How far could any model get? What people's own answers leave to be predicted."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from core.estimates import Estimate, NotDeterminedError, clustered_mean
from core.judgment import Floats, Indices

Bounds = Callable[[float], tuple[float, float]]

#: Equally likely places of a standard normal, and the standard deviations tried, nats.
NODES = np.array([NormalDist().inv_cdf((place + 0.5) / 200) for place in range(200)])
SCALES = np.concatenate([[0.0], np.geomspace(0.02, 50, 120)])


@dataclass(frozen=True, slots=True)
class Ceiling:
    r"""What the best possible model would get on the same kind of judgments.

    The interval contains what the answers leave open, not only chance: two answers a pair fix
    the Brier score, but of accuracy and log loss they fix bounds only.

    Attributes
    ----------
    accuracy, brier, log_loss : Estimate
        Of somebody who knows every share exactly; log loss in nats.
    n_units : int
        Pairs that two people judged, or that one person judged twice.
    """

    accuracy: Estimate
    brier: Estimate
    log_loss: Estimate
    n_units: int


def ceiling_from_agreement(
    outcome_first: Floats, pair: Indices, annotator: Indices, *, level: float = 0.95
) -> Ceiling:
    r"""Find the ceiling for models that do not know who judges, from pairs that several judged.

    With :math:`\pi` the share of people who prefer the first and :math:`x = |2 \pi - 1|`, two
    people disagree with probability :math:`2 E\,\pi(1 - \pi) = (1 - E x^2) / 2`. So the least Brier
    score is :math:`B = (1 - m) / 4` with :math:`m = E x^2`, which answers fix. As
    :math:`x^2 \le x \le 1` and by Jensen's inequality, the other two lie within

    .. math::
        \tfrac12 (1 + m) \le A \le \tfrac12 (1 + \sqrt m), \qquad
        (1 - m) \log 2 \le L \le H\bigl(\tfrac12 (1 + \sqrt m)\bigr)

    with H the entropy: its series :math:`\log 2 - \sum_k x^{2k} / (2k (2k - 1))` is concave in
    :math:`x^2`. The interval goes from the lower bound at one end of the interval of m to the upper
    bound at the other, so that it holds with `level` or more, whatever the distribution of
    x. The value assumes normal log-odds of :math:`\pi` around zero, of the likeliest scale [1]_,
    and is kept within the bounds.

    Parameters
    ----------
    outcome_first : ndarray, shape (n,)
        1 where the first was preferred, 0 where the second was. Ties are left out before.
    pair, annotator : ndarray of int64, shape (n,)
        Of several answers of one person to one pair the last counts.

    Raises
    ------
    NotDeterminedError
        If no pair was judged by two people.

    References
    ----------
    .. [1] Bock and Aitkin, "Marginal maximum likelihood estimation of item parameters",
       Psychometrika 46(4), 1981 (the normal integrated out).
    """
    rows = _once_each(pair, annotator)
    return _ceiling(
        outcome_first[rows],
        pair[rows],
        pair[rows],
        level,
        "no pair was judged by two people. Let some pairs be judged by several.",
    )


def ceiling_from_repeats(
    outcome_first: Floats, pair: Indices, annotator: Indices, *, level: float = 0.95
) -> Ceiling:
    """Find the ceiling for models that know who judges, from pairs that one person judged again.

    As `ceiling_from_agreement`, with the share of a person's own answers; clustered by person.
    """
    _, number = np.unique(pair, return_inverse=True)
    _, person = np.unique(annotator, return_inverse=True)
    unit = number * (int(person.max()) + 1 if len(person) else 1) + person
    return _ceiling(
        outcome_first,
        unit,
        annotator,
        level,
        "nobody judged a pair twice. Ask some pairs again.",
    )


def _ceiling(
    outcome_first: Floats, unit: Indices, cluster: Indices, level: float, why_not: str
) -> Ceiling:
    _, number = np.unique(unit, return_inverse=True)
    size = np.bincount(number) if len(number) else np.empty(0, dtype=np.int64)
    told = size[number] > 1
    if not told.any():
        raise NotDeterminedError(f"What the best model could reach is not determined: {why_not}")
    y, number = outcome_first[told], number[told]
    hits = np.bincount(number, y, len(size)).astype(np.float64)
    n = size.astype(np.float64)
    others = (hits[number] - y) / (n[number] - 1)
    unlike = (y + others - 2 * y * others) / 2
    noise = clustered_mean(unlike, cluster[told], level=level, within=(0.0, 0.5))
    chosen = n > 1
    lean = _likeliest_leans(hits[chosen], n[chosen])
    return Ceiling(
        accuracy=_within(float(1 + lean.mean()) / 2, noise, _accuracy_bounds),
        brier=Estimate(
            noise.value, max(0.0, noise.low), min(0.25, max(noise.high, noise.value)), noise.n
        ),
        log_loss=_within(float(_entropy(lean).mean()), noise, _log_loss_bounds),
        n_units=int(chosen.sum()),
    )


def _within(value: float, noise: Estimate, bounds: Bounds) -> Estimate:
    """The value, kept within the bounds, and the bounds at both ends of the noise."""

    def at(noise: float) -> tuple[float, float]:
        return bounds(1 - 4 * min(max(noise, 0.0), 0.25))

    ends = [*at(noise.low), *at(noise.high)]
    least, most = at(noise.value)
    return Estimate(min(max(value, least), most), min(ends), max(ends), noise.n)


def _accuracy_bounds(squares: float) -> tuple[float, float]:
    return (1 + squares) / 2, (1 + float(np.sqrt(squares))) / 2


def _log_loss_bounds(squares: float) -> tuple[float, float]:
    most = float(_entropy(np.array([np.sqrt(squares)]))[0])
    return (1 - squares) * float(np.log(2)), most


def _entropy(lean: Floats) -> Floats:
    """Entropy of a share that lies `lean` / 2 from one half, nats."""
    shares = np.stack([(1 + lean) / 2, (1 - lean) / 2])
    logs = np.log(np.where(shares > 0, shares, 1.0))
    entropy: Floats = -(shares * logs).sum(axis=0)
    return entropy


def _likeliest_leans(hits: Floats, n: Floats) -> Floats:
    """|2 pi - 1| at equally likely places of the likeliest normal of log-odds around zero."""
    kinds, count = np.unique(np.stack([hits, n]), axis=1, return_counts=True)
    wins, losses = kinds[0][:, None], (kinds[1] - kinds[0])[:, None]

    def log_likelihood(scale: float) -> float:
        odds = scale * NODES
        each = -wins * np.logaddexp(0, -odds) - losses * np.logaddexp(0, odds)
        return float(count @ np.logaddexp.reduce(each, axis=1))

    best = max(SCALES.tolist(), key=log_likelihood)
    leans: Floats = np.abs(np.tanh(best * NODES / 2))
    return leans


def _once_each(pair: Indices, annotator: Indices) -> Indices:
    """Rows with the last answer of each person to each pair."""
    _, number = np.unique(pair, return_inverse=True)
    _, person = np.unique(annotator, return_inverse=True)
    unit = number * (int(person.max()) + 1 if len(person) else 1) + person
    _, last = np.unique(unit[::-1], return_index=True)
    rows: Indices = np.sort(len(unit) - 1 - last)
    return rows
