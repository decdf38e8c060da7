"""How many judgments it takes to know an order, by which rule; how fast and how honest that is."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.acquisition import (
    Aids,
    Beliefs,
    OpenPairs,
    PromptPairs,
    attend,
    choose_next,
    concern_of,
)
from core.fitting import fit_bradley_terry
from core.judgment import Comparisons, Floats, Indices
from core.models import BradleyTerry, logistic
from core.study import Policy
from tests.bench.acquisition_limits import judgments_for
from tests.bench.acquisition_rules import Asap, CrowdBt, RandomPairs, Rule
from tests.bench.interval_coverage import N_ITEMS, N_JUDGMENTS
from tests.bench.table import Row

#: Items, scale of the strengths, studies simulated.
SETTINGS = [(n, scale) for n in (20, 50, 200) for scale in (0.75, 1.5, 3.0)]
N_STUDIES = {20: 150, 50: 50, 200: 4}
TARGETS = (0.90, 0.95)
OURS = {"ranking": Policy.RANKING, "expected information": Policy.EXPECTED_INFORMATION}
RULES = ("random", "ranking", "expected information", "ASAP", "Crowd-BT")
#: Where all rules are measured; elsewhere expected information is left out, to save time.
USUAL_SCALE = 1.5
#: Judgments a person at most needs for .95 by chance, for an item: where a simulation gives up.
GIVE_UP = 150
#: Of Newton's method, in nats.
LONGEST_STEP = 1.0
N_COVERAGE_STUDIES = 200
#: Draws of the studies with which the ends of 95 % intervals are found.
N_DRAWS = 400
WANTED_MS = {100: 0.5, 1_000: 5.0, 10_000: 50.0}
ABOUT = (
    "Judgments until the mean Spearman correlation of estimated and true strengths over "
    f"{', '.join(f'{n} ({items} items)' for items, n in N_STUDIES.items())} simulated studies is "
    ".90 and .95: checked every half judgment an item, interpolated in between; with the reach of "
    "its 95 % interval, from studies drawn anew, the same ones for all rules. Strengths are "
    "normal; their scale is in nats, so that a small one is much noise. All rules choose one pair "
    "after the other with no random share, and all estimates are maximum a posteriori under the "
    "true prior. Ours are refitted every half judgment an item and move in between. ASAP and "
    "Crowd-BT are written from their papers; see tests/bench/acquisition_rules.py for what is "
    "simplified. The share of random follows in brackets. By information: as many as carry the "
    "bits that strengths known so well take if every answer told as much as one can about items "
    "all equally well known (tests/bench/acquisition_limits.py); in brackets its share of what "
    "pairs drawn at random would take by the same count. A rule that minds ranks alone may do with "
    "fewer: extremes need not be known so well. Times are medians of processor time in "
    "one thread; a choice is made with one pair in ten closed or, of very many pairs, 10,000 of "
    f"them. Coverage: {N_COVERAGE_STUDIES} studies as under Intervals, with pairs chosen by "
    "ranking and a random share of 10 %; and as many of random pairs."
)


@dataclass(slots=True, eq=False)
class Chosen:
    """Pairs chosen by the product, for many studies side by side."""

    policy: Policy
    n_studies: int
    n_items: int
    scale: float
    rng: np.random.Generator
    random_share: float = 0.0
    beliefs: list[Beliefs] = field(init=False)
    #: First, second, outcome of every judgment; each of shape (n_studies,).
    judged: list[tuple[Indices, Indices, Indices]] = field(default_factory=list)

    def __post_init__(self) -> None:
        prior = [self._prior() for _ in range(self.n_studies)]
        self.beliefs = [self._prepared(beliefs) for beliefs in prior]

    def choose(self) -> tuple[Indices, Indices]:
        space = OpenPairs.without(
            PROMPT_PAIRS[self.n_items], self.n_items, *np.empty((2, 0), dtype=np.int64)
        )
        pairs = []
        for beliefs in self.beliefs:
            chosen = choose_next(
                beliefs, space, self.policy, random_share=self.random_share, rng=self.rng
            )
            if chosen is None:
                raise AssertionError("A study without pairs.")
            pairs.append((chosen.first, chosen.second))
        first, second = np.array(pairs, dtype=np.int64).T
        return first, second

    def learn(self, first: Indices, second: Indices, won: NDArray[np.bool_]) -> None:
        self.judged.append((first, second, np.where(won, 1, -1)))
        if len(self.judged) % (self.n_items // 2) == 0:
            fits = [self.fit(study) for study in range(self.n_studies)]
            self.beliefs = [self._prepared(Beliefs.of(fit)) for fit in fits]
            return
        for study, beliefs in enumerate(self.beliefs):
            outcome = 1 if won[study] else -1
            beliefs.answer(int(first[study]), int(second[study]), outcome)

    def fit(self, study: int) -> BradleyTerry:
        first, second, outcome = np.array(self.judged)[:, :, study].T
        nobody = np.zeros(len(first), dtype=np.int64)
        items, prompts = _names(self.n_items), np.zeros(self.n_items, dtype=np.int64)
        data = Comparisons(items, prompts, first, second, outcome, nobody)
        return fit_bradley_terry(data, prior_scale=self.scale)

    def _prior(self) -> Beliefs:
        prompts = np.zeros(self.n_items, dtype=np.int64)
        return Beliefs.prior(_names(self.n_items), prompts, scale=self.scale)

    def _prepared(self, beliefs: Beliefs) -> Beliefs:
        concern = concern_of(self.policy, Aids())
        if concern is not None:
            attend(beliefs, concern)
        return beliefs


PROMPT_PAIRS = {n: PromptPairs(np.zeros(n, dtype=np.int64)) for n in (20, N_ITEMS, 50, 200)}


def measure() -> list[Row]:
    with ProcessPoolExecutor(2, initializer=_one_thread) as pool:
        jobs = [(n, scale, name) for n, scale in reversed(SETTINGS) for name in _rules(scale)]
        needed = dict(zip(jobs, pool.map(_needed, jobs), strict=True))
        arms = [(seed, share) for share in (0.1, 1.0) for seed in range(N_COVERAGE_STUDIES)]
        studies = np.array(list(pool.map(_held_and_sums, arms, chunksize=10)))
    rows = []
    for n_items, scale in SETTINGS:
        for target, _ in enumerate(TARGETS):
            rows += _rows(n_items, scale, target, needed)
    chosen, by_chance = studies.reshape(2, N_COVERAGE_STUDIES, -1)
    return [*rows, *_times(), *_honesty(chosen, by_chance)]


def _rules(scale: float) -> list[str]:
    return [name for name in RULES if scale == USUAL_SCALE or name != "expected information"]


def _rows(
    n_items: int, scale: float, target: int, needed: dict[tuple[int, float, str], Floats]
) -> list[Row]:
    counts = {
        name: (n_items // 2) * _counts(needed[n_items, scale, name], TARGETS[target])
        for name in _rules(scale)
    }
    asap, crowd_bt = counts["ASAP"][0], counts["Crowd-BT"][0]
    wanted = {"ranking": f"at most 0.65, ASAP {asap:.0f}, Crowd-BT {crowd_bt:.0f}"}
    if (n_items, scale) == (50, 1.5):
        wanted["ranking"] = f"at most {(275, 575)[target]}; " + wanted["ranking"]
    what = f"{n_items} items, scale {scale:g}, Spearman {TARGETS[target]:.2f}"
    bits = [judgments_for(TARGETS[target], n_items, scale, best=best) for best in (True, False)]
    return [
        *(
            Row(f"{what}: {name}", _with_share(count, counts["random"]), wanted.get(name, ""))
            for name, count in counts.items()
        ),
        Row(f"{what}: by information", f"{bits[0]:.0f} ({bits[0] / bits[1]:.2f})", ""),
    ]


def _counts(correlations: Floats, target: float) -> Floats:
    """Checks until the target, and in the studies drawn anew; (1 + N_DRAWS,)."""
    n_studies = correlations.shape[1]
    rng = np.random.default_rng(0)
    drawn = rng.integers(n_studies, size=(N_DRAWS, n_studies))
    studies = [np.arange(n_studies), *drawn]
    return np.array([_crossing(correlations[:, one].mean(axis=1), target) for one in studies])


def _with_share(counts: Floats, of_random: Floats) -> str:
    """The count and its share of that of random pairs, each with the reach of its interval."""
    shares = counts / of_random
    return f"{counts[0]:.0f} ± {_reach(counts):.0f} ({shares[0]:.2f} ± {_reach(shares):.2f})"


def _reach(drawn: Floats) -> float:
    return 1.959964 * float(np.nanstd(drawn[1:]))


def _needed(job: tuple[int, float, str]) -> Floats:
    """Rank correlation of every study at each check, until all reached the last; (n, n_studies)."""
    n_items, scale, name = job
    n_studies = N_STUDIES[n_items]
    truth = np.random.default_rng(n_items).normal(size=(n_studies, n_items)) * scale
    rng = np.random.default_rng(sum(map(ord, name)))
    rule = _rule(name, n_studies, n_items, scale, rng)
    step, study = n_items // 2, np.arange(n_studies)
    wins = np.zeros((n_studies, n_items, n_items))
    strengths, found = np.zeros((n_studies, n_items)), [np.zeros(n_studies)]
    for number in range(1, GIVE_UP * n_items):
        first, second = rule.choose()
        chance = logistic(truth[study, first] - truth[study, second])
        won = rng.random(n_studies) < chance
        rule.learn(first, second, won)
        wins[study, np.where(won, first, second), np.where(won, second, first)] += 1
        if number % step == 0:
            strengths = _most_likely(wins, strengths, scale)
            found.append(_spearman(strengths, truth))
            doubt = 2 * found[-1].std() / np.sqrt(n_studies)
            if found[-1].mean() - doubt >= TARGETS[-1]:
                break
    return np.array(found)


def _rule(name: str, n_studies: int, n_items: int, scale: float, rng: np.random.Generator) -> Rule:
    made: dict[str, Callable[[], Rule]] = {
        "random": lambda: RandomPairs(n_studies, n_items, rng),
        "ASAP": lambda: Asap(n_studies, n_items, rng, every=max(1, n_items // 20)),
        "Crowd-BT": lambda: CrowdBt(n_studies, n_items, rng, every=max(1, n_items // 20)),
    }
    if name in made:
        return made[name]()
    return Chosen(OURS[name], n_studies, n_items, scale, rng)


def _crossing(means: Floats, target: float) -> float:
    """Where the means first reach the target, in checks; between two of them on a line."""
    reached = np.flatnonzero(means >= target)
    if not len(reached):
        return np.nan
    after = int(reached[0])
    beyond = (means[after] - target) / (means[after] - means[after - 1])
    return float(after - beyond)


def _most_likely(wins: Floats, strengths: Floats, scale: float) -> Floats:
    """Maximum a posteriori strengths of each study by Newton's method from the last ones."""
    n_items = wins.shape[1]
    totals, here = wins + wins.transpose(0, 2, 1), np.arange(n_items)
    for _ in range(100):
        chance = logistic(strengths[:, :, None] - strengths[:, None, :])
        gradient = (wins - totals * chance).sum(axis=2) - strengths / scale**2
        weight = totals * chance * (1 - chance)
        curvature = -weight
        curvature[:, here, here] = weight.sum(axis=2) + 1 / scale**2
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        farthest = np.abs(step).max(axis=1, keepdims=True)
        # Newton's own steps may overshoot where answers are few.
        strengths = strengths + step / np.maximum(farthest / LONGEST_STEP, 1)
        if farthest.max() < 1e-6:
            return strengths
    raise AssertionError("The strengths were not found.")


def _spearman(one: Floats, other: Floats) -> Floats:
    ranks = [rankdata(values, axis=1) for values in (one, other)]
    left, right = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    lengths = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    correlation: Floats = (left * right).sum(axis=1) / lengths
    return correlation


def _times() -> list[Row]:
    """Medians of a choice, and of what a presentation changes, in milliseconds."""
    rows = []
    with threadpool_limits(1):
        for n_items, wanted in WANTED_MS.items():
            for name, policy in OURS.items():
                choice, change = _time(n_items, policy)
                what = f"the next of {n_items:,} items by {name}"
                rows.append(Row(what, f"{choice:.2f} ms", f"at most {wanted:g} ms"))
                rows.append(Row(f"{what}: beliefs of it being shown", f"{change:.2f} ms"))
    return rows


def _time(n_items: int, policy: Policy) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    prompts = np.zeros(n_items, dtype=np.int64)
    beliefs, space = Beliefs.prior(_names(n_items), prompts), PromptPairs(prompts)
    truth = 1.5 * rng.normal(size=n_items)
    concern = concern_of(policy, Aids())
    if concern is not None:
        attend(beliefs, concern)
    numbers = rng.choice(len(space), min(len(space) // 10, 10_000), replace=False)
    pairs = OpenPairs.without(space, n_items, *space.at(numbers))
    choices, changes = [], []
    for _ in range(200):
        start = time.process_time()
        chosen = choose_next(beliefs, pairs, policy, random_share=0.1, rng=rng)
        middle = time.process_time()
        if chosen is None:
            raise AssertionError("A study without pairs.")
        beliefs.expect(chosen.first, chosen.second)
        choices.append(middle - start)
        changes.append(time.process_time() - middle)
        chance = logistic(truth[[chosen.first]] - truth[[chosen.second]])[0]
        beliefs.answer(chosen.first, chosen.second, 1 if rng.random() < chance else -1)
    return float(np.median(choices)) * 1e3, float(np.median(changes)) * 1e3


def _held_and_sums(job: tuple[int, float]) -> Floats:
    """Share of 95 % intervals that hold strengths and differences; and two sums for the slope.

    They are of estimated times true strengths, and of estimated strengths squared.
    """
    seed, random_share = job
    n_items, scale, n_judgments = N_ITEMS, 1.0, N_JUDGMENTS
    rng = np.random.default_rng(seed)
    truth = scale * rng.normal(size=n_items)
    truth -= truth.mean()
    rule = Chosen(Policy.RANKING, 1, n_items, scale, rng, random_share)
    for _ in range(n_judgments):
        first, second = rule.choose()
        won = rng.random(1) < logistic(truth[first] - truth[second])
        rule.learn(first, second, won)
    first, second, outcome = np.array(rule.judged)[:, :, 0].T
    nobody = np.zeros(n_judgments, dtype=np.int64)
    prompts = np.zeros(n_items, dtype=np.int64)
    model = fit_bradley_terry(Comparisons(_names(n_items), prompts, first, second, outcome, nobody))
    one, other = np.triu_indices(n_items, 1)
    low, high = model.strengths_interval()
    odds = model.log_odds(one, other)
    reach = 1.959964 * np.sqrt(model.log_odds_variance(one, other))
    missed = np.abs(odds - (truth[one] - truth[other])) > reach
    held = ((low <= truth) & (truth <= high)).mean()
    sums = model.strengths @ truth, model.strengths @ model.strengths
    return np.array([held, 1 - missed.mean(), *sums])


def _honesty(chosen: Floats, by_chance: Floats) -> list[Row]:
    strengths, differences = chosen.mean(axis=0)[:2]
    wanted = [f"93-97 %; from random pairs {share:.1%}" for share in by_chance.mean(axis=0)[:2]]
    return [
        Row("95 % intervals from chosen pairs: strengths", f"{strengths:.1%}", wanted[0]),
        Row("the same: differences", f"{differences:.1%}", wanted[1]),
        Row(
            "true strengths for one nat of estimated strength, from chosen pairs",
            _slope(chosen),
            f"from random pairs {_slope(by_chance)}",
        ),
    ]


def _slope(studies: Floats) -> str:
    """Of true on estimated strengths through the origin, with its 95 % interval."""
    product, square = studies[:, 2], studies[:, 3]
    slope = product.sum() / square.sum()
    error = np.std(product - slope * square) / square.mean() / np.sqrt(len(studies))
    return f"{slope:.3f} ± {1.96 * error:.3f}"


def _names(n_items: int) -> tuple[str, ...]:
    return tuple(f"{number:05}" for number in range(n_items))


def _one_thread() -> None:
    threadpool_limits(1)


if __name__ == "__main__":
    for row in measure():
        print(row.what, "|", row.measured, "|", row.beside)
