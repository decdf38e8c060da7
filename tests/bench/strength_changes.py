"""How often changes of strengths are found, rightly or not, how often their intervals hold."""

import time
from dataclasses import dataclass

import numpy as np

from core.fitting.strength_changes import StrengthChanges, strength_changes
from core.judgment import Comparisons, Floats, Indices
from tests.bench.table import Row

N_STUDIES, N_LARGE = 200, (100_000, 1_000_000)
MINUTE = 60_000_000
#: Variance of a standard logistic against that of the normal next to it: strengths of a crowd
#: are nearer to each other than those of its people.
LOGISTIC = 0.3458
ABOUT = (
    f"{N_STUDIES} simulated studies for each row, strengths normal with scale 1, a judgment a "
    "minute; people judge in five sittings, scattered over the time or one person after the other. "
    "Some items get better by so many nats at one time. Intervals of the changes are to hold all "
    "items at once."
)


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of study."""

    name: str
    n: int = 2000
    n_items: int = 12
    n_people: int = 20
    sittings: int = 5
    taste: float = 0.0
    blocks: bool = False
    n_moved: int = 1
    shift: float = 0.0
    when: float = 0.5

    def judged(self, rng: np.random.Generator) -> Comparisons:
        """In the order of time."""
        common, row = rng.normal(size=self.n_items), np.arange(self.n)
        person = np.minimum(row * self.n_people // self.n, self.n_people - 1)
        if not self.blocks:
            begin = rng.random((self.n_people, self.sittings))
            sitting = rng.integers(begin.size, size=self.n)
            order = np.argsort(begin.ravel()[sitting] + rng.random(self.n) * 0.02)
            person = sitting[order] // self.sittings
        own = common + rng.normal(0, self.taste, (self.n_people, self.n_items))
        one = rng.integers(self.n_items, size=self.n)
        other = (one + rng.integers(1, self.n_items, size=self.n)) % self.n_items
        first, second = np.minimum(one, other), np.maximum(one, other)
        better = self.shift * (np.arange(self.n_items) < self.n_moved)
        odds = own[person, first] - own[person, second]
        odds += (row >= self.when * self.n) * (better[first] - better[second])
        outcome = np.where(rng.random(self.n) < 1 / (1 + np.exp(-odds)), 1, -1)
        items = tuple(map(str, range(self.n_items)))
        prompts = np.zeros(self.n_items, dtype=np.int64)
        return Comparisons(items, prompts, first, second, outcome, person)

    def found(self, seed: int) -> StrengthChanges:
        rng = np.random.default_rng(seed)
        data = self.judged(rng)
        return strength_changes(data, self.times, prior_scale=1.5, rng=rng)

    @property
    def times(self) -> Indices:
        """Microseconds; who comes one after the other makes pauses of two hours."""
        row = np.arange(self.n)
        pauses = row * self.n_people * self.sittings // self.n if self.blocks else 0
        return np.asarray((row + 120 * pauses) * MINUTE, dtype=np.int64)

    @property
    def truth(self) -> Floats:
        """Changes of the crowd's strengths against their mean, about."""
        moved = self.shift * (np.arange(self.n_items) < self.n_moved)
        moved = moved / np.sqrt(1 + 2 * LOGISTIC * self.taste**2)
        return np.asarray(moved - moved.mean(), dtype=np.float64)


CALM = (
    Case("20 people all the time"),
    Case("20 people one after the other, tastes 1 nat apart", taste=1.0, blocks=True),
    Case("30 people, 40 items, tastes .7", n=3000, n_items=40, n_people=30, taste=0.7),
)
CHANGED = (
    Case("1.3 nats, what is to be found 4 times of 5", shift=1.3),
    Case("2 nats, tastes .7", n_people=40, taste=0.7, shift=2.0, when=0.4),
    Case(
        "2.5 nats, tastes .7, 40 people one after the other",
        n_people=40,
        taste=0.7,
        blocks=True,
        shift=2.5,
    ),
    Case(
        "3 of 30 items, 2 nats, tastes .5",
        n=3000,
        n_items=30,
        n_people=60,
        taste=0.5,
        n_moved=3,
        shift=2.0,
    ),
)


def measure() -> list[Row]:
    rows = []
    for case in CALM:
        found = [bool(case.found(seed).changes) for seed in range(N_STUDIES)]
        rows.append(Row(f"Found without change: {case.name}", _percent(found), "≤ 5 %"))
    for case in CHANGED:
        rows += _of_changed(case)
    return rows + [_seconds(n) for n in N_LARGE]


def _of_changed(case: Case) -> list[Row]:
    found, place, all_items = [], [], []
    moment = int(case.times[int(case.when * case.n)])
    for seed in range(N_STUDIES):
        changes = case.found(seed).changes
        found.append(bool(changes))
        if changes:
            change = min(changes, key=lambda one: abs(one.at - moment))
            place.append(change.low <= moment <= change.high)
            inside = (change.shifts.low <= case.truth) & (case.truth <= change.shifts.high)
            all_items.append(bool(inside.all()))
    return [
        Row(f"Found: {case.name}", _percent(found), ""),
        Row(f"Time held: {case.name}", _percent(place), "95 %"),
        Row(f"Changes of all items held: {case.name}", _percent(all_items), "95 %"),
    ]


def _seconds(n: int) -> Row:
    case = Case("large", n=n, n_items=100, n_people=n // 500)
    rng = np.random.default_rng(0)
    data = case.judged(rng)
    begin = time.perf_counter()
    strength_changes(data, case.times, prior_scale=1.5, rng=rng)
    seconds = time.perf_counter() - begin
    return Row(f"Time for {n:,} judgments of 100 items", f"{seconds:.1f} s", "")


def _percent(hits: list[bool]) -> str:
    return f"{np.mean(hits):.1%}".replace("%", " %")
