"""Agreement and annotators' reports: seconds, against the peer; intervals and flags, by truth."""

import time
from collections.abc import Callable

import krippendorff
import numpy as np

from core.agreement import (
    Coefficient,
    Ratings,
    agreement_by_group,
    measure_agreement,
)
from core.agreement.coefficients import Scale, Weighing
from core.agreement.coefficients import krippendorff as alpha_of
from core.agreement.coincidences import Coincidences, draw_units, influence, kinds_of
from core.annotator_report import LEFT, RIGHT, Records, report_annotators
from core.judgment import Floats, Indices
from tests.bench.table import Row
from tests.core.crowd import judge

N_UNITS, N_RATERS, N_CATEGORIES, N_TIMES = 100_000, 20, 5, 7
N_STUDIES, N_CROWDS = 1_000, 100
ABOUT = (
    f"Alpha: {N_UNITS:,} units, {N_RATERS} raters, {N_CATEGORIES} answers, as a table of numbers; "
    f"the best of {N_TIMES}. The peer is krippendorff 0.9.0 (fast-krippendorff), which has no "
    "interval: its bootstrap is as many times its own time as ours has rounds. A million "
    "judgments: three people a pair, 300 people, all five coefficients, each with four intervals. "
    f"Intervals: {N_STUDIES:,} simulated studies of 150 pairs, four of 25 people each. Flags: "
    f"{N_CROWDS} crowds of 40 people with 60 judgments each, of answers alone; honest people's "
    "scales are 1 ± 0.2."
)


def measure() -> list[Row]:
    return [*_alpha(), *_million(), *_intervals(), *_flags()]


def matrix() -> np.ndarray[tuple[int, int], np.dtype[np.int8]]:
    rng = np.random.default_rng(0)
    truth, shape = rng.integers(N_CATEGORIES, size=N_UNITS), (N_RATERS, N_UNITS)
    return np.where(rng.random(shape) < 0.6, truth, rng.integers(N_CATEGORIES, size=shape)).astype(
        np.int8
    )


def best(work: Callable[[], object], n_times: int = N_TIMES) -> float:
    """Least seconds of several times."""
    seconds = []
    for _ in range(n_times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _alpha() -> list[Row]:
    said = matrix()
    floats, weighing = said.astype(np.float64), Weighing.of(Scale.NOMINAL, N_CATEGORIES)
    counts = np.stack([(said == kind).sum(axis=0) for kind in range(N_CATEGORIES)], axis=1)
    plain = counts.astype(np.float64)
    from_table = best(lambda: krippendorff.alpha(floats, level_of_measurement="nominal"))
    from_counts = best(
        lambda: krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    )

    def statistic(sums: Coincidences) -> Floats:
        return alpha_of(sums, weighing)

    def analytic() -> object:
        kinds, place = kinds_of(plain)
        times = np.bincount(place).astype(np.float64)
        return influence(statistic, Coincidences.of(kinds, times), kinds)

    alone = best(lambda: statistic(Coincidences.of(plain)))
    rng = np.random.default_rng(0)
    drawn = best(lambda: statistic(draw_units(plain, rng, 1000)))
    return [
        _row(
            "alpha from counts", alone, f"peer {_ms(from_counts)}, from answers {_ms(from_table)}"
        ),
        _row("its analytic interval", best(analytic), ""),
        _row("its bootstrap of 1,000 rounds", drawn, f"peer {from_counts * 1000:.0f} s, ≤ 2.3 s"),
    ]


def million() -> tuple[Indices, Indices, Indices]:
    """Unit, annotator and answer of about a million judgments, in random order."""
    rng = np.random.default_rng(1)
    n_units, n = 333_333, 999_999
    truth = rng.integers(N_CATEGORIES, size=n_units)
    unit = rng.permutation(np.repeat(np.arange(n_units), 3))
    said = np.where(rng.random(n) < 0.6, truth[unit], rng.integers(N_CATEGORIES, size=n))
    return unit, rng.integers(300, size=n), said


def _million() -> list[Row]:
    unit, annotator, said = million()

    def overall() -> object:
        return measure_agreement(Ratings.of(unit, annotator, said, n_categories=N_CATEGORIES))

    def by_prompt() -> object:
        return agreement_by_group(unit % 500, unit, annotator, said, n_categories=N_CATEGORIES)

    screen = np.where(said < 2, said, 2)
    words, seconds = np.full(len(said), 200.0), np.random.default_rng(2).lognormal(3, 1, len(said))
    records = Records.of(
        annotator,
        unit,
        np.minimum(said, 2),
        n_categories=3,
        screen=screen,
        seconds=seconds,
        words=words,
        items=(unit % 1000, 1000 + unit % 999),
    )
    return [
        _row("a million judgments: all coefficients and intervals", best(overall), "< 2 s"),
        _row("the same: alpha and its intervals in each of 500 groups", best(by_prompt), "< 2 s"),
        _row(
            "the same: reports of all annotators", best(lambda: report_annotators(records)), "< 5 s"
        ),
    ]


def _study(rng: np.random.Generator, skill: Floats, truth: Indices) -> Ratings:
    order = np.tile(np.arange(len(skill)), (len(truth), 1))
    who = rng.permuted(order, axis=1)[:, :4]
    seen = np.where(
        rng.random(who.shape) < skill[who], truth[:, None], rng.integers(3, size=who.shape)
    )
    unit = np.repeat(np.arange(len(truth)), 4)
    return Ratings.of(unit, who.ravel(), seen.ravel(), n_categories=3)


def _intervals() -> list[Row]:
    rows = []
    for about in ("pair", "annotator"):
        rng = np.random.default_rng(9)
        truth, skill = rng.choice(3, p=[0.5, 0.35, 0.15], size=150), rng.uniform(0.35, 0.95, 25)
        ends = []
        for _ in range(N_STUDIES):
            if about == "pair":
                truth = rng.choice(3, p=[0.5, 0.35, 0.15], size=150)
            else:
                skill = rng.uniform(0.35, 0.95, 25)
            report = measure_agreement(_study(rng, skill, truth))
            ends.append([_ends(report.found[which], about) for which in Coefficient])
        table = np.array(ends)
        value = table[..., 0].mean(axis=0)
        for number, kind in ((1, "analytic"), (3, "bootstrap")):
            held = (table[..., number] <= value) & (value <= table[..., number + 1])
            shares = held.mean(axis=0)
            rows.append(
                Row(
                    f"95 % intervals by {about}, {kind}: least and most of five coefficients",
                    f"{shares.min():.1%} – {shares.max():.1%}",
                    "93 – 97 %",
                )
            )
    return rows


def _ends(found: object, about: str) -> list[float]:
    one, drawn = getattr(found, f"by_{about}"), getattr(found, f"by_{about}_drawn")
    return [one.value, one.low, one.high, drawn.low, drawn.high]


def _flags() -> list[Row]:
    alarms: list[bool] = []
    found: list[bool] = []
    for seed in range(N_CROWDS):
        rng = np.random.default_rng(seed)
        scale = np.maximum(rng.normal(1, 0.2, 40), 0.05)
        scale[:4] = 0
        data = judge(rng.normal(0, 1.5, 30), scale, np.full(40, 0.3), 60, rng=rng)
        order = rng.permutation(len(data))
        said = np.array([1, 2, 0])[data.outcome + 1][order]
        left = rng.random(len(order)) < 0.5
        records = Records.of(
            data.annotator[order],
            (data.first * 30 + data.second)[order],
            said,
            n_categories=3,
            screen=np.where(said == 2, 2, np.where((said == 0) == left, LEFT, RIGHT)),
            items=(data.first[order], data.second[order]),
        )
        flagged = report_annotators(records).flags.flagged
        found += flagged[:4].tolist()
        alarms += flagged[4:].tolist()
    return [
        Row("honest people flagged", f"{np.mean(alarms):.1%}", "≤ 5 %"),
        Row("people who click at random found", f"{np.mean(found):.1%}", "≥ 90 %"),
    ]


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms"


def _row(what: str, seconds: float, beside: str) -> Row:
    return Row(what, _ms(seconds), beside)
