"""Is one number per item enough? All that a fit says about it. For the trainer: imports torch."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from core.blocks import TooLargeError
from core.cycles import CyclicTriads, FittedTriads, cyclic_triads, fitted_triads
from core.estimates import Estimate
from core.hodge import Energies, HodgeDecomposition, empirical_log_odds
from core.intransitivity import N_ROUNDS, SpectralTest, draw_rounds, spectral_test
from core.judgment import Comparisons, Floats, Indices
from core.lottery import maximal_lottery
from core.models import BradleyTerry, GeneralPreference, logistic
from core.scores import GainSplit, HeldOut, split_gain
from core.transitive_null import TransitiveNull
from core.transitive_reading import connected_groups, log_odds_between

Report = Callable[[str, int, int], None]

#: With more pairs, fewer rounds: the p-value and the ranges are then coarser.
MANY_PAIRS, FEW_ROUNDS, FEW_TRIAD_ROUNDS = 50_000, 99, 50
TRIAD_ROUNDS = 200
#: Lotteries are shown for at most so many groups, those with the smallest p first, and their
#: intervals come from so many draws of the model.
MAX_LOTTERIES, N_DRAWS = 20, 40
#: Items with less weight are left out of a lottery's list.
LEAST_WEIGHT = 0.005


class Verdict(StrEnum):
    """What the test and the gain on held-out judgments say together.

    UNDETERMINED: no closed chain of comparisons. ENOUGH: the test does not reject. HINT: nor does
    it, but the general model predicts better. MISFIT: the test rejects, and held-out judgments do
    not say why. NOT_ADDITIVE: it rejects, and an order that no single number gives predicts
    better. CYCLIC: it rejects, and no order predicts as well as circles do.
    """

    UNDETERMINED = "undetermined"
    ENOUGH = "enough"
    HINT = "hint"
    MISFIT = "misfit"
    NOT_ADDITIVE = "not_additive"
    CYCLIC = "cyclic"


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the energy, and where it lies when one strength per item is the truth."""

    value: float
    expected: Estimate


@dataclass(frozen=True, slots=True)
class HodgeShares:
    """Shares of the weighted squares of log-odds; see `core.hodge`.

    Attributes
    ----------
    energy : float
        Of all judged pairs, in units of the variance of a judgment: about one a pair from noise.
    n_pairs : int
    gradient, curl : Share
        Slope, and what runs round triangles; all that runs round where `harmonic` is None.
    harmonic : Share or None
        What runs round longer circles only. None where there are too many pairs to tell.
    """

    energy: float
    n_pairs: int
    gradient: Share
    curl: Share
    harmonic: Share | None


@dataclass(frozen=True, slots=True)
class LotteryShare:
    """An item's weight; the interval holds 95 % of draws of the model, `n` in number."""

    item: str
    weight: Estimate


@dataclass(frozen=True, slots=True)
class GroupLottery:
    """The maximal lottery of items that comparisons connect, by the general model.

    Attributes
    ----------
    prompt, n_items : int
    shares : tuple of LotteryShare
        The heaviest first; those with next to no weight are left out.
    is_unique : bool
    condorcet_winner : str or None
        The item that is preferred to every other.
    strongest : str
        The item with the largest Bradley-Terry strength, to hold beside it.
    """

    prompt: int
    n_items: int
    shares: tuple[LotteryShare, ...]
    is_unique: bool
    condorcet_winner: str | None
    strongest: str


@dataclass(frozen=True, slots=True)
class CyclesReport:
    """The answer and what it rests on; plain numbers, so that `asdict` of it is JSON.

    Attributes
    ----------
    spectral : SpectralTest or None
        None where no group of items has a closed chain of decided comparisons, and where more
        items are connected than a simulated round has room for.
    observed, fitted : CyclicTriads, FittedTriads or None
        Circles of three in the majorities, and among the favourites of the general model (None
        where it has too many items).
    gain : GainSplit or None
        None where nothing could be held out.
    hodge : HodgeShares or None
        None where `spectral` is, and where every pair was decided as often either way.
    lotteries : tuple of GroupLottery
        Empty where the test does not reject: the order by strengths is then the answer.
    n_lotteries_left_out : int
    """

    verdict: Verdict
    spectral: SpectralTest | None
    observed: CyclicTriads
    fitted: FittedTriads | None
    gain: GainSplit | None
    hodge: HodgeShares | None
    lotteries: tuple[GroupLottery, ...]
    n_lotteries_left_out: int


def report_cycles(
    comparisons: Comparisons,
    plain: BradleyTerry,
    general: GeneralPreference,
    held_out: HeldOut | None,
    *,
    seed: int = 0,
    report: Report | None = None,
) -> CyclesReport:
    """Answer whether one number per item is enough, and if not, why.

    Parameters
    ----------
    plain, general : BradleyTerry, GeneralPreference
        Fitted to all comparisons.
    held_out : HeldOut or None
        From `core.evaluation.held_out`.
    seed : int
        Of all simulated rounds.
    report : callable or None
        Called with ("cycles", steps done, number of steps).
    """
    steps = iter(range(5))

    def advance() -> None:
        if report is not None:
            report("cycles", next(steps), 4)

    advance()
    spectral, hodge = _against_rounds(comparisons, plain.prior_scale, seed)
    advance()
    many = len(comparisons.counts().first) > MANY_PAIRS
    n_rounds = FEW_TRIAD_ROUNDS if many else TRIAD_ROUNDS
    observed = cyclic_triads(comparisons, n_rounds=n_rounds, seed=seed)
    fitted = fitted_triads(general)
    advance()
    gain = split_gain(held_out) if held_out is not None else None
    lotteries: tuple[GroupLottery, ...] = ()
    n_groups = 0
    advance()
    if spectral is not None and spectral.rejects:
        groups = _by_p(general, spectral)
        n_groups, rng = len(groups), np.random.default_rng(seed)
        lotteries = tuple(_lottery(general, plain, g, rng) for g in groups[:MAX_LOTTERIES])
    advance()
    return CyclesReport(
        verdict=_verdict(spectral, gain),
        spectral=spectral,
        observed=observed,
        fitted=fitted,
        gain=gain,
        hodge=hodge,
        lotteries=lotteries,
        n_lotteries_left_out=n_groups - len(lotteries),
    )


def _verdict(spectral: SpectralTest | None, gain: GainSplit | None) -> Verdict:
    if spectral is None:
        return Verdict.UNDETERMINED
    if not spectral.rejects:
        return Verdict.HINT if gain is not None and gain.total.low > 0 else Verdict.ENOUGH
    if gain is None or not gain.total.low > 0:
        return Verdict.MISFIT
    if gain.cyclic_at_least.low > 0:
        return Verdict.CYCLIC
    return Verdict.NOT_ADDITIVE if gain.transitive.low > 0 else Verdict.MISFIT


def _against_rounds(
    comparisons: Comparisons, prior_scale: float, seed: int
) -> tuple[SpectralTest | None, HodgeShares | None]:
    """Both figures that need judgments simulated under the null, from the same rounds."""
    if not (comparisons.outcome != 0).any():
        return None, None
    try:
        null = TransitiveNull.of(comparisons, prior_scale)
    except TooLargeError:
        return None, None
    many = len(null.counts.first) > MANY_PAIRS
    rng = np.random.default_rng(seed)
    rounds = list(draw_rounds(null, rng, FEW_ROUNDS if many else N_ROUNDS))
    spectral = spectral_test(null, comparisons.prompts, rounds)
    if spectral is None:
        return None, None
    return spectral, _hodge(null, [wins for wins, _ in rounds])


def _hodge(null: TransitiveNull, rounds: Iterable[Floats]) -> HodgeShares | None:
    """None where every pair was decided as often either way: there is nothing to share out."""
    counts = null.counts
    chance = logistic(null.model.log_odds(counts.first, counts.second))
    split = HodgeDecomposition(counts, null.layout, counts.total * chance * (1 - chance))
    observed = split.energies(empirical_log_odds(counts))
    simulated = [
        split.energies(
            empirical_log_odds(
                replace(counts, first_better=wins, second_better=counts.total - wins)
            )
        )
        for wins in rounds
    ]
    simulated = [energies for energies in simulated if energies.total > 0]
    if not observed.total > 0 or not simulated:
        return None
    return HodgeShares(
        energy=observed.total,
        n_pairs=len(counts.first),
        gradient=_share("gradient", observed, simulated),
        curl=_share("curl", observed, simulated),
        harmonic=None if np.isnan(observed.harmonic) else _share("harmonic", observed, simulated),
    )


def _share(part: str, observed: Energies, simulated: list[Energies]) -> Share:
    shares = np.array([getattr(energies, part) / energies.total for energies in simulated])
    low, high = np.quantile(shares, [0.025, 0.975])
    expected = Estimate(float(shares.mean()), float(low), float(high), len(shares))
    return Share(float(getattr(observed, part) / observed.total), expected)


def _by_p(general: GeneralPreference, spectral: SpectralTest) -> list[Indices]:
    """Groups of three items or more, those of the prompts with the smallest p first."""
    place: dict[tuple[int, int], int] = {}
    for number, part in enumerate(spectral.parts):
        place.setdefault((part.prompt, part.n_items), number)
    groups = [g for g in connected_groups(general.component) if len(g) > 2]  # noqa: PLR2004
    last = len(spectral.parts)
    return sorted(groups, key=lambda g: place.get((int(general.prompts[g[0]]), len(g)), last))


def _lottery(
    general: GeneralPreference, plain: BradleyTerry, items: Indices, rng: np.random.Generator
) -> GroupLottery:
    found = maximal_lottery(logistic(log_odds_between(general, items)))
    drawn = [
        maximal_lottery(logistic(odds)).weights for odds in _draw_log_odds(general, items, rng)
    ]
    low, high = (
        np.quantile(drawn, [0.025, 0.975], axis=0)
        if drawn
        else (np.full(len(items), -np.inf), np.full(len(items), np.inf))
    )
    heaviest = [i for i in np.argsort(-found.weights).tolist() if found.weights[i] >= LEAST_WEIGHT]
    winner = found.condorcet_winner
    return GroupLottery(
        prompt=int(general.prompts[items[0]]),
        n_items=len(items),
        shares=tuple(
            LotteryShare(
                general.items[items[i]],
                Estimate(float(found.weights[i]), float(low[i]), float(high[i]), len(drawn)),
            )
            for i in heaviest
        ),
        is_unique=found.is_unique,
        condorcet_winner=None if winner is None else general.items[items[winner]],
        strongest=general.items[items[int(np.argmax(plain.strengths[items]))]],
    )


def _draw_log_odds(
    general: GeneralPreference, items: Indices, rng: np.random.Generator
) -> Iterable[Floats]:
    """Log-odds of a group as the covariance of the fit spreads them; none where it has none."""
    if general.covariance is None:
        return
    width = general.covariance.layout.width
    one, other = np.meshgrid(items, items, indexing="ij")
    entries = general.covariance.between(one.ravel(), other.ravel())
    size = len(items)
    block = entries.reshape(size, size, width, width).transpose(0, 2, 1, 3)
    values, vectors = np.linalg.eigh(block.reshape(size * width, size * width))
    # Strengths that sum to zero have a singular covariance: some eigenvalues are zero.
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    for _ in range(N_DRAWS):
        moved = (factor @ rng.normal(size=size * width)).reshape(size, width)
        embeddings = general.embeddings.copy()
        strengths = general.strengths.copy()
        if general.with_strengths:
            strengths[items] += moved[:, 0]
            moved = moved[:, 1:]
        embeddings[items] += moved
        yield log_odds_between(replace(general, strengths=strengths, embeddings=embeddings), items)
