"""Our Bradley-Terry fit beside the fastest others, on the same simulated comparisons."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from core.fitting import fit_bradley_terry
from core.fitting.bradley_terry import fit_pair_counts
from core.judgment import Comparisons, Floats
from core.models import logistic
from tests.bench.table import Row

#: So weak a prior that all of them look for the same optimum, the most likely strengths.
WEAK = 100.0
SIZES = ((1_000, 100_000), (1_000, 1_000_000), (10_000, 1_000_000))
LARGE = (100_000, 10_000_000)
N_ROUNDS, N_LARGE, N_RESAMPLES = 15, 3, 100
ABOUT = (
    f"Simulated comparisons without ties, medians of {N_ROUNDS} rounds in turn in "
    "one process; compiled before. All look for the most likely strengths (under a prior so weak "
    "that it does not matter); what each misses of the highest log-likelihood stands beside it, in "
    "nats a comparison. Ours starts from the comparisons, the others from their own input format. "
    "A warm refit starts from the last fit and keeps its prior scale, which a cold one finds; from "
    "pair counts, both start from what the store has added up by pair. The largest is fitted in "
    "a process of its own, in turn with the other: the ratio is the median of "
    f"{N_LARGE}; memory is the highest of that process."
)
#: evalica fills a dense table of items by items, which takes a minute beyond this.
MOST_ITEMS_OF_EVALICA = 1_000
#: Log-likelihood, nats a comparison, that a fit may miss and still count as converged.
CONVERGED = 1e-6
Fit = Callable[[], Floats]


def measure() -> list[Row]:
    rows = []
    for n_items, n_comparisons in SIZES:
        comparisons = simulate(n_items, n_comparisons + 1_000)
        before = comparisons.where(np.arange(len(comparisons)) < n_comparisons)
        rows += _of_size(before)
        rows += _of_refits(before, comparisons)
    return rows + _of_large()


def _of_size(comparisons: Comparisons) -> list[Row]:
    size = _size(len(comparisons.items), len(comparisons))
    others = _others(comparisons)
    fits: dict[str, Fit] = {
        "ours": lambda: fit_bradley_terry(comparisons, prior_scale=WEAK).strengths,
        "ours, prior scale by evidence": lambda: fit_bradley_terry(comparisons).strengths,
        "ours, with a 95 % interval for every item": lambda: fit_bradley_terry(
            comparisons, prior_scale=WEAK
        ).strengths_interval()[0],
        **others,
    }
    seconds, strengths = _in_turn(fits)
    likelihood = {name: _log_likelihood(comparisons, strengths[name]) for name in ["ours", *others]}
    best, ours = max(likelihood.values()), seconds["ours"]
    missed = {name: (best - value) / len(comparisons) for name, value in likelihood.items()}
    rows = [
        Row(
            f"{size}: {name}" + (f" (misses {missed[name]:.0e})" if name in missed else ""),
            _milliseconds(spent),
            f"{spent / ours:.1f} times",
        )
        for name, spent in seconds.items()
    ]
    fastest = min(seconds[name] for name in others if missed[name] < CONVERGED)
    resampled = seconds["ours, with a 95 % interval for every item"] / (N_RESAMPLES * fastest)
    rows.append(Row(f"{size}: ours / fastest converged (goal 0.1)", f"{ours / fastest:.3f}", ""))
    what = f"{size}: ours with intervals / {N_RESAMPLES} fits of the fastest (goal 0.01)"
    return [*rows, Row(what, f"{resampled:.4f}", "")]


def _others(comparisons: Comparisons) -> dict[str, Fit]:
    """The others, with their own input made ready beforehand."""
    first_won = comparisons.outcome > 0
    others = _with_scikit_learn(_design(comparisons), first_won)
    if len(comparisons.items) <= MOST_ITEMS_OF_EVALICA:
        others["evalica"] = _with_evalica(comparisons, first_won)
    return others


def _with_scikit_learn(design: csr_matrix, first_won: NDArray[np.bool_]) -> dict[str, Fit]:
    from sklearn.linear_model import LogisticRegression  # here: not in the memory of ours

    def fit(tolerance: float) -> Fit:
        newton = LogisticRegression(
            C=WEAK**2, fit_intercept=False, solver="newton-cg", tol=tolerance, max_iter=1_000
        )
        return lambda: np.asarray(newton.fit(design, first_won).coef_[0], dtype=np.float64)

    name = "scikit-learn, newton-cg, sparse, tolerance"
    return {f"{name} {tolerance:.0e}": fit(tolerance) for tolerance in (1e-5, 1e-6)}


def _with_evalica(comparisons: Comparisons, first_won: NDArray[np.bool_]) -> Fit:
    import evalica

    one, other = comparisons.first.tolist(), comparisons.second.tolist()
    winners = [evalica.Winner.X if won else evalica.Winner.Y for won in first_won]

    def fit() -> Floats:
        scores = evalica.bradley_terry(one, other, winners).scores
        strengths: Floats = np.log(scores.sort_index().to_numpy(dtype=np.float64))
        return strengths

    return fit


def _of_refits(before: Comparisons, after: Comparisons) -> list[Row]:
    """A refit from the last fit, with its prior scale, against one from nothing."""
    size = _size(len(before.items), len(before))
    start = fit_bradley_terry(before)
    n_before = len(before)
    one_more = after.where(np.arange(len(after)) <= n_before)
    scale, counts, items, prompts = start.prior_scale, after.counts(), after.items, after.prompts
    fits: dict[str, Fit] = {
        "cold": lambda: fit_bradley_terry(after).strengths,
        "cold, from pair counts": lambda: fit_pair_counts(counts, items, prompts).strengths,
        "after 1,000 new, from pair counts": lambda: (
            fit_pair_counts(counts, items, prompts, prior_scale=scale, start=start).strengths
        ),
        "after 1,000 new": lambda: (
            fit_bradley_terry(after, prior_scale=scale, start=start).strengths
        ),
        "after one new": lambda: (
            fit_bradley_terry(one_more, prior_scale=scale, start=start).strengths
        ),
    }
    seconds, _ = _in_turn(fits)
    return [
        Row(
            f"{size}: warm refit {name} (goal {goal})",
            _milliseconds(seconds[name]),
            f"{seconds[name] / seconds[cold]:.2f} of {cold}",
        )
        for name, goal, cold in (
            ("after 1,000 new", "0.3 of cold", "cold"),
            ("after 1,000 new, from pair counts", "0.3 of cold", "cold, from pair counts"),
            ("after one new", "30 ms", "cold"),
        )
    ]


def _of_large() -> list[Row]:
    """Each in a process of its own, for its memory; in turn, as others use the machine too."""
    size = _size(*LARGE)
    runs = [{name: _alone(name) for name in ("ours", "scipy")} for _ in range(N_LARGE)]
    ratios = [run["ours"]["seconds"] / run["scipy"]["seconds"] for run in runs]
    by_ratio = sorted(zip(ratios, runs, strict=True), key=lambda pair: pair[0])
    ratio, found = by_ratio[len(runs) // 2]
    best = max(of["likelihood"] for of in found.values())
    return [
        Row(
            f"{size}: {name} (misses {(best - of['likelihood']) / LARGE[1]:.0e})",
            f"{of['seconds']:.2f} s, {of['peak']:.0f} MiB",
            f"{of['seconds'] / found['ours']['seconds']:.0f} times",
        )
        for name, of in (("ours", found["ours"]), ("scipy, L-BFGS", found["scipy"]))
    ] + [
        Row(
            f"{size}: ours / scipy (goal 0.05, 600 MiB)",
            f"{ratio:.3f} ({min(ratios):.3f} to {max(ratios):.3f})",
        )
    ]


def _alone(name: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bradley_terry", name]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def large(name: str) -> dict[str, float]:
    """Fit once what takes most memory; seconds, highest memory in MiB, log-likelihood."""
    comparisons = simulate(*LARGE)
    fit: Callable[[Comparisons], Floats] = _with_scipy
    if name == "ours":
        fit = _with_ours
        fit(simulate(50_000, 5_000_000))  # compiled for arrays of this kind, as on any later call
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    began = time.perf_counter()
    strengths = fit(comparisons)
    seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    likelihood = _log_likelihood(comparisons, strengths)
    return {"seconds": seconds, "peak": peak, "likelihood": likelihood}


def _with_ours(comparisons: Comparisons) -> Floats:
    return fit_bradley_terry(comparisons, prior_scale=WEAK).strengths


def _with_scipy(comparisons: Comparisons) -> Floats:
    n_items, first, second = len(comparisons.items), comparisons.first, comparisons.second
    won = np.where(comparisons.outcome > 0, first, second)
    lost = first + second - won

    def loss(strengths: Floats) -> tuple[float, Floats]:
        odds = strengths[won] - strengths[lost]
        surprise = logistic(-odds)
        slope = np.bincount(lost, surprise, n_items) - np.bincount(won, surprise, n_items)
        prior = strengths / WEAK**2
        return float(-np.log1p(-surprise).sum() + prior @ strengths / 2), slope + prior

    options = {"maxiter": 500, "maxfun": 1_000, "gtol": 1e-2, "ftol": 1e-12}
    found: Floats = minimize(
        loss, np.zeros(n_items), jac=True, method="L-BFGS-B", options=options
    ).x
    return found


def simulate(n_items: int, n_comparisons: int, seed: int = 0) -> Comparisons:
    """Pairs drawn uniformly, judged by Bradley-Terry with normal strengths, without ties."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(size=n_items)
    first, second, outcome = (np.empty(n_comparisons, np.int64) for _ in range(3))
    for begin in range(0, n_comparisons, 1_000_000):
        part = slice(begin, min(begin + 1_000_000, n_comparisons))
        n = part.stop - part.start
        one = rng.integers(n_items, size=n)
        other = (one + rng.integers(1, n_items, size=n)) % n_items
        first[part], second[part] = np.minimum(one, other), np.maximum(one, other)
        chance = logistic(strengths[first[part]] - strengths[second[part]])
        outcome[part] = np.where(rng.random(n) < chance, 1, -1)
    names = tuple(f"{number:06}" for number in range(n_items))
    nobody = np.zeros(n_comparisons, np.int64)
    return Comparisons(names, np.zeros(n_items, np.int64), first, second, outcome, nobody)


def _in_turn(fits: dict[str, Fit]) -> tuple[dict[str, float], dict[str, Floats]]:
    """Median seconds and results; in turn, so that all meet the same state of the machine."""
    seconds: dict[str, list[float]] = {name: [] for name in fits}
    results = {name: fit() for name, fit in fits.items()}  # compiled and in the caches
    for _ in range(N_ROUNDS):
        for name, fit in fits.items():
            began = time.perf_counter()
            results[name] = fit()
            seconds[name].append(time.perf_counter() - began)
    return {name: median(times) for name, times in seconds.items()}, results


def _design(comparisons: Comparisons) -> csr_matrix:
    n = len(comparisons)
    columns = np.column_stack([comparisons.first, comparisons.second]).ravel()
    signs = np.tile([1.0, -1.0], n)
    return csr_matrix((signs, columns, np.arange(0, 2 * n + 1, 2)), (n, len(comparisons.items)))


def _log_likelihood(comparisons: Comparisons, strengths: Floats) -> float:
    total = 0.0
    for begin in range(0, len(comparisons), 1_000_000):
        part = slice(begin, begin + 1_000_000)
        odds = strengths[comparisons.first[part]] - strengths[comparisons.second[part]]
        total -= float(np.logaddexp(0, -odds * comparisons.outcome[part]).sum())
    return total


def _size(n_items: int, n_comparisons: int) -> str:
    return f"{n_items:,} × {n_comparisons:,}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def main(arguments: Sequence[str]) -> None:
    print(json.dumps(large(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
