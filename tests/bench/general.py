"""The general model and the test of one number per item, on judgments with a known truth."""

import time
from dataclasses import replace

import numpy as np

from core.fitting import (
    PENALTY_SHARES,
    PLANES,
    choose_general_preference,
    fit_bradley_terry,
    fit_general_preference,
)
from core.fitting.penalty import BRADLEY_TERRY, Candidate
from core.fitting.skew_loss import CompiledLoss, Terms
from core.intransitivity import draw_rounds, spectral_test
from core.judgment import Comparisons, Floats
from core.predictions import PreferenceModel, averaged, logistic
from core.simulation import possible_pairs, simulate
from core.transitive_null import TransitiveNull
from tests.bench.table import Row

N_ITEMS, N_SEEDS, N_STARTS, N_STUDIES, N_ROUNDS = 100, 3, 20, 100, 99
ABOUT = (
    f"{N_ITEMS} items, {N_SEEDS} simulated studies each, pairs drawn uniformly: a normal order of "
    "spread 1.5; a circle of amplitude 4; rock-paper-scissors in three groups, 2 nats; order and "
    "circle of amplitude 3 together; three circles of amplitude 2.5 at once. Excess: expected log "
    "loss of a judgment above that of the truth, nats, planes and penalty chosen on held-out "
    "judgments. Regret: the same above that of the best candidate, known only where the truth is "
    "(8 studies each)."
)
#: Truth, judgments, most excess wanted.
WANTED = (
    ("order", 5_000, 0.0125),
    ("circle", 5_000, 0.036),
    ("rock-paper-scissors", 5_000, 0.036),
    ("order and circle", 20_000, 0.015),
)
TRUTHS = ("order", "circle", "rock-paper-scissors", "three circles", "order and circle")
#: Judgments, most regret wanted.
REGRETS = ((500, 0.01), (1_000, 0.01), (2_000, 0.003))
N_REGRETS = 8


def measure() -> list[Row]:
    return [
        *(row for truth, size, most in WANTED for row in _excess(truth, size, most)),
        *(_regret(truth, size, most) for size, most in REGRETS for truth in TRUTHS),
        _starts(),
        _averaging(),
        *_test_size(),
        _test_power(),
        *_seconds(),
    ]


def true_log_odds(truth: str, rng: np.random.Generator, n_items: int = N_ITEMS) -> Floats:
    """Log-odds of every pair, shape (n_items, n_items)."""
    order = rng.normal(0, 1.5, n_items)
    angle = rng.uniform(0, 2 * np.pi, n_items)
    around: Floats = np.sin(angle[:, None] - angle)
    odds: Floats = order[:, None] - order
    if truth == "order":
        return odds
    if truth == "circle":
        return 4 * around
    if truth == "order and circle":
        return odds + 3 * around
    if truth == "three circles":
        angles = rng.uniform(0, 2 * np.pi, (n_items, 3))
        circles: Floats = 2.5 * np.sin(angles[:, None] - angles).sum(axis=2)
        return circles
    group = rng.integers(3, size=n_items)
    ahead = (group[None, :] - group[:, None]) % 3
    return np.select([ahead == 1, ahead == 2], [2.0, -2.0], 0.0)


def study(truth: str, size: int, seed: int) -> tuple[Comparisons, Floats]:
    rng = np.random.default_rng(seed)
    odds = true_log_odds(truth, rng)
    return simulate(np.zeros(N_ITEMS), skew=odds, rng=rng, n_judgments=size), odds


def expected_log_loss(model: PreferenceModel | None, data: Comparisons, odds: Floats) -> float:
    """Of a judgment of a random pair; of the truth itself where there is no model."""
    pairs = possible_pairs(data.prompts)
    truth = logistic(odds[pairs])
    return _log_loss(truth if model is None else model.probability(*pairs), truth)


def _log_loss(said: Floats, truth: Floats) -> float:
    return float(-(truth * np.log(said) + (1 - truth) * np.log1p(-said)).mean())


def _excess(truth: str, size: int, most: float) -> list[Row]:
    ours, plainly, chosen = [], [], []
    for seed in range(N_SEEDS):
        data, odds = study(truth, size, seed)
        plain, choice = fit_bradley_terry(data), choose_general_preference(data, seed=seed)
        general = fit_general_preference(
            data,
            n_planes=choice.n_planes,
            penalty_share=choice.share,
            start=plain,
            intervals=False,
            seed=seed,
        )
        best = expected_log_loss(None, data, odds)
        ours.append(expected_log_loss(general, data, odds) - best)
        plainly.append(expected_log_loss(plain, data, odds) - best)
        chosen.append(f"{choice.n_planes} × {choice.share:g}")
    return [
        Row(
            f"{truth}, {size:,} judgments: excess (chosen planes × share: {', '.join(chosen)}; "
            f"Bradley-Terry {np.mean(plainly):.4f})",
            f"{np.mean(ours):.4f}",
            f"≤ {most}",
        )
    ]


def _regret(truth: str, size: int, most: float) -> Row:
    """How much worse the chosen candidate is than the best, and than the best of most planes."""
    regret, of_most, n_left = [], [], 0
    for seed in range(N_REGRETS):
        data, odds = study(truth, size, seed)
        losses = _expected_of_all(data, odds)
        choice = choose_general_preference(data, seed=seed)
        chosen = losses[choice.n_planes, choice.share]
        regret.append(chosen - min(losses.values()))
        of_most.append(
            chosen - min(loss for (n, _), loss in losses.items() if n in {0, max(PLANES)})
        )
        n_left += choice.n_planes > 0
    error = np.std(regret, ddof=1) / np.sqrt(N_REGRETS)
    return Row(
        f"{truth}, {size:,} judgments: regret (with {max(PLANES)} planes or none as candidates to "
        f"hold it against {np.mean(of_most):.4f}; Bradley-Terry left {n_left} times)",
        f"{np.mean(regret):.4f} ± {error:.4f}",
        f"≤ {most}",
    )


def _expected_of_all(data: Comparisons, odds: Floats) -> dict[Candidate, float]:
    plain = fit_bradley_terry(data)
    losses = {BRADLEY_TERRY: expected_log_loss(plain, data, odds)}
    for n_planes in PLANES:
        near = None
        for share in sorted(PENALTY_SHARES, reverse=True)[1:]:
            near = fit_general_preference(
                data,
                n_planes=n_planes,
                penalty_share=share,
                start=plain,
                near=near,
                n_starts=1,
                intervals=False,
            )
            losses[n_planes, share] = expected_log_loss(near, data, odds)
    return losses


def _starts() -> Row:
    """Distance of the objective between random starts, where optima are several."""
    widest = 0.0
    for truth in ("circle", "rock-paper-scissors"):
        data, _ = study(truth, 5_000, 0)
        plain = fit_bradley_terry(data)
        terms = Terms(
            data.counts(), 0.0, plain.prior_scale**-2, 1 / 9, with_strengths=True, with_ties=False
        )
        losses = []
        for seed in range(N_STARTS):
            model = fit_general_preference(
                data, n_planes=4, penalty_share=0.1, start=plain, intervals=False, seed=seed
            )
            place = np.hstack([model.strengths, model.embeddings.ravel(), 0.0])
            losses.append(CompiledLoss(replace(terms, penalty=model.penalty))(place)[0])
        widest = max(widest, float(np.ptp(losses)))
    return Row(
        f"largest distance between the objectives of {N_STARTS} seeds (four planes, share .1)",
        f"{widest:.1g}",
        "< 0.001",
    )


def _averaging() -> Row:
    """What averaging over the planes too would cost, each with the share that suits it best."""
    excess = np.zeros(3)
    for seed in range(N_SEEDS):
        data, odds = study("circle", 5_000, seed)
        pairs = possible_pairs(data.prompts)
        truth, plain, losses = logistic(odds[pairs]), fit_bradley_terry(data), []
        for share in PENALTY_SHARES[:-1]:
            model = fit_general_preference(
                data, n_planes=1, penalty_share=share, start=plain, n_starts=1, seed=seed
            )
            middle, whole = model.log_odds(*pairs), model.log_odds_variance(*pairs)
            everything = averaged(model.outcomes_at, middle, whole)[:, 0]
            said = model.probability(*pairs), logistic(middle), everything
            losses.append([_log_loss(chance, truth) - _log_loss(truth, truth) for chance in said])
        excess += np.min(losses, axis=0) / N_SEEDS
    return Row(
        "circle, 5,000 judgments, one plane, best share: excess (at the middle of the posterior "
        f"{excess[1]:.4f}, averaged over planes too {excess[2]:.4f})",
        f"{excess[0]:.4f}",
    )


def _rejections(n_judgments: int, amplitude: float, n_annotators: int, taste: float = 0.0) -> float:
    rejected = 0
    for seed in range(N_STUDIES):
        rng = np.random.default_rng(seed)
        angle = rng.permutation(2 * np.pi * np.arange(30) / 30)
        skew, order = amplitude * np.sin(angle[:, None] - angle), rng.normal(size=30)
        parts = []
        for person in range(n_annotators):
            strengths = order + rng.normal(0, taste, 30)
            size = n_judgments // n_annotators
            part = simulate(strengths, skew=skew, rng=rng, n_judgments=size)
            parts.append(replace(part, annotator=np.full(size, person)))
        data = replace(
            parts[0],
            first=np.concatenate([part.first for part in parts]),
            second=np.concatenate([part.second for part in parts]),
            outcome=np.concatenate([part.outcome for part in parts]),
            annotator=np.concatenate([part.annotator for part in parts]),
        )
        null = TransitiveNull.of(data, 1.5)
        result = spectral_test(null, data.prompts, list(draw_rounds(null, rng, N_ROUNDS)))
        rejected += result is not None and result.rejects
    return rejected / N_STUDIES


def _test_size() -> list[Row]:
    cases = (
        ("20 people of one taste, 400 judgments", 400, 20, 0.0),
        ("8 people of different taste (1 nat), 900 judgments", 900, 8, 1.0),
    )
    return [
        Row(f"spectral test at 5 %: rejections of a true order, {what}", f"{share:.0%}", "≤ 6 %")
        for what, size, people, taste in cases
        for share in [_rejections(size, 0.0, people, taste)]
    ]


def _test_power() -> Row:
    return Row(
        "spectral test at 5 %: circles of amplitude 1.5 found, 30 items, 40 judgments an item",
        f"{_rejections(600, 1.5, 20):.0%}",
        "≥ 85 %",
    )


def _seconds() -> list[Row]:
    rng = np.random.default_rng(0)
    data = simulate(rng.normal(size=1_000), rng=rng, n_judgments=100_000)
    plain = fit_bradley_terry(data, prior_scale=1.0)
    rows = []
    for planes in (1, 4):
        began = time.perf_counter()
        fit_general_preference(
            data, n_planes=planes, penalty_share=0.3, start=plain, intervals=False, n_starts=1
        )
        seconds = time.perf_counter() - began
        what = f"1,000 items × 100,000 judgments, planes: {planes}, one start, no intervals"
        rows.append(Row(what, f"{seconds:.2f} s"))
    return rows
