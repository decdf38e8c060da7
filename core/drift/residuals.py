"""What decided judgments say beside a fit, split into people's tastes and the rest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.curvature import conjugate_gradients
from core.judgment import Comparisons, Floats, Indices
from core.predictions import logistic

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Rounds, at least and at most, and so many times judgments at most.
N_ROUNDS, MOST_ROUNDS_TIMES_N = (299, 999), 150_000_000
#: Of more people, or sittings, several share a sign: then none matters by itself.
MOST_SIGNS = 1_000
#: With more of what is known of a person in one sitting, taste and sitting are one.
MOST_IN_ONE = 0.5
#: Rounds of pure noise that say what taking tastes out leaves of a sitting: at most so many, and
#: so many judgments in all of them. And the least that is left.
N_PROBES, JUDGMENTS_PROBED, LEAST_LEFT = 8, 400_000, 0.1
#: Of the tastes, which are estimates anyway.
ACCURACY, MOST_STEPS = 1e-3, 200


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Decided judgments in the order of time.

    Attributes
    ----------
    comparisons : Comparisons
        Without ties.
    sitting : ndarray of int64, shape (n,)
        What one person said in one go.
    step : ndarray of int64, shape (n,)
        0, 1, …: a change lies between two steps.
    """

    comparisons: Comparisons
    sitting: Indices
    step: Indices

    def __len__(self) -> int:
        return len(self.step)

    @property
    def n_items(self) -> int:
        return len(self.comparisons.items)

    @property
    def ends(self) -> Indices:
        """First and second items; shape (2, n)."""
        return np.stack([self.comparisons.first, self.comparisons.second])

    def between(self, begin: int, end: int) -> "Decisions":
        """Those of the steps from `begin` to before `end`, numbered from 0."""
        inside = (self.step >= begin) & (self.step < end)
        chosen = self.comparisons.where(inside)
        return Decisions(chosen, self.sitting[inside], self.step[inside] - begin)

    def gap(self, values: Floats) -> Floats:
        """What the first item has more than the second; values (n_items,), result (n,)."""
        more: Floats = values[self.comparisons.first] - values[self.comparisons.second]
        return more

    def curvature(self, weight: Floats) -> Floats:
        """Minus the second derivatives of the log likelihood, a Laplacian; (n_items, n_items)."""
        n, (first, second) = self.n_items, self.ends
        beside = np.bincount(first * n + second, weight, n * n).reshape(n, n)
        beside = beside + beside.T
        laplacian: Floats = np.diag(beside.sum(axis=1)) - beside
        return laplacian


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Items seen by somebody, each item once for each of those who saw it.

    Attributes
    ----------
    one, other : ndarray of int64, shape (n,)
        Nodes of the first and the second item of each judgment.
    owner : ndarray of int64, shape (n_nodes,)
        Number of who, or what, saw it.
    """

    one: Indices
    other: Indices
    owner: Indices

    @classmethod
    def of(cls, decisions: Decisions, owner: Indices) -> "Nodes":
        """Of what each of these, (n,), has compared."""
        n = decisions.n_items
        keys, place = np.unique((owner * n + decisions.ends).ravel(), return_inverse=True)
        one, other = np.split(place, 2)
        return cls(one, other, keys // n)

    def sums(self, values: Floats) -> Floats:
        """What is said of the first item, and the reverse of the second; (n,) to (n_nodes,)."""
        n = len(self.owner)
        total = np.bincount(self.one, values, n) - np.bincount(self.other, values, n)
        return total.astype(np.float64)

    def energy(self, values: Floats) -> Floats:
        """Squares of these sums by owner."""
        return np.bincount(self.owner, self.sums(values) ** 2).astype(np.float64)

    def explained(self, weight: Floats, pull: Floats) -> Floats:
        r"""Gaps of what solves :math:`J_a t_a = \sum_r \text{pull}_r (e_i - e_j)`; (n,).

        :math:`J_a` is the curvature of what owner a has compared, with these weights, (n,).
        """
        n = len(self.owner)
        own = np.bincount(self.one, weight, n) + np.bincount(self.other, weight, n)
        t, _ = conjugate_gradients(
            lambda x: self.sums(weight * (x[self.one] - x[self.other])),
            lambda x: x / own,
            self.sums(pull),
            ACCURACY,
            MOST_STEPS,
        )
        gap: Floats = t[self.one] - t[self.other]
        return gap


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    r"""Scores :math:`u = y - p` of a fit, and two parts whose signs chance may turn.

    Judgments of one person lean one way, as far as tastes differ. With :math:`w = p (1 - p)`, the
    taste :math:`t_a` of person a solves :math:`J_a t_a = U_a`, one Newton step from the common
    strengths. Of a judgment of (i, j) the part of taste is :math:`w (t_{ai} - t_{aj})`, the rest is
    the rest. As taking tastes out takes noise along, the rest is scaled up, sitting by sitting, by
    what it takes of pure noise; and tastes are scaled down, so that :math:`\sum_a \|U_a\|^2` of
    both together is what it is. Of a person most of whose judgments are of one sitting all is
    taste.

    Attributes
    ----------
    weight, score, taste, rest : ndarray, shape (n,)
        w, u, and the two parts.
    """

    decisions: Decisions
    weight: Floats
    score: Floats
    taste: Floats
    rest: Floats

    @classmethod
    def around(
        cls, decisions: Decisions, log_odds: Floats, part: Indices | None = None
    ) -> "Residuals":
        """Of a fit that gives the first item these log-odds, (n,).

        Parameters
        ----------
        part : ndarray of int64, shape (n,), or None
            Which of several fits each judgment was part of.
        """
        chance = logistic(log_odds)
        score, weight = (decisions.comparisons.outcome > 0) - chance, chance * (1 - chance)
        person = np.unique(decisions.comparisons.annotator, return_inverse=True)[1]
        sitting = np.unique(decisions.sitting, return_inverse=True)[1]
        of_person = np.bincount(person, weight)
        largest = np.zeros(len(of_person))
        np.maximum.at(largest, person, np.bincount(sitting, weight)[sitting])
        several = (largest <= MOST_IN_ONE * of_person)[person]
        taste, rest = score.copy(), np.zeros(len(score))
        if several.any():
            taste[several], rest[several] = _parts(
                Decisions(decisions.comparisons.where(several), sitting[several], sitting[several]),
                score[several],
                weight[several],
            )
        # A fit follows people who judged much of it.
        part = np.zeros(len(score), dtype=np.int64) if part is None else part
        of_part = np.bincount(part, weight)
        both = np.bincount(person * len(of_part) + part, weight, len(of_person) * len(of_part))
        followed = (both.reshape(-1, len(of_part)) ** 2 / of_part).sum(axis=1) / of_person
        left = np.maximum(1 - followed, MOST_IN_ONE)
        return cls(decisions, weight, score, taste / np.sqrt(left)[person], rest)

    def turned(self, signs: "Signs", cells: Indices, values: Floats, n_cells: int) -> "csr_array":
        """The matrix that makes from signs the sums of values times both parts by cell.

        Parameters
        ----------
        cells : ndarray of int64, shape (n_times, n)
            Where each judgment counts, once or several times.
        values : ndarray, shape (n_times, n)
            As how much.

        Returns
        -------
        csr_array, shape (n_cells, n_signs)
        """
        from scipy.sparse import coo_array  # here, as scipy takes long to import

        data = values[:, None, :] * np.stack([self.taste, self.rest])
        row, column = np.broadcast_arrays(
            cells[:, None, :], np.stack([signs.person, signs.sitting])
        )
        places = (row.ravel(), column.ravel())
        return coo_array((data.ravel(), places), (n_cells, len(signs.values))).tocsr()

    def seen(self, cells: Indices, values: Floats, n_cells: int) -> Floats:
        """Sums of values times scores by cell; (n_cells,)."""
        sums = np.bincount(cells.ravel(), (values * self.score).ravel(), n_cells)
        return sums.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """Random signs, one for each person's taste and one for what else each sitting says.

    Attributes
    ----------
    person, sitting : ndarray of int64, shape (n,)
        Row of `values` of each judgment.
    values : ndarray, shape (n_signs, n_rounds)
        +1 or -1.
    """

    person: Indices
    sitting: Indices
    values: Floats

    @classmethod
    def draw(cls, decisions: Decisions, rng: np.random.Generator) -> "Signs":
        person, sitting = _numbered(decisions.comparisons.annotator), _numbered(decisions.sitting)
        n_people, n_sittings = int(person.max()) + 1, int(sitting.max()) + 1
        n_rounds = int(np.clip(MOST_ROUNDS_TIMES_N // len(decisions), *N_ROUNDS))
        values = rng.choice([-1.0, 1.0], size=(n_people + n_sittings, n_rounds))
        return cls(person, n_people + sitting, values)


def _parts(decisions: Decisions, score: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Tastes and the rest, both scaled, of people with several sittings."""
    by_person = Nodes.of(decisions, decisions.comparisons.annotator)
    by_sitting = Nodes.of(decisions, decisions.sitting)
    gap = by_person.explained(weight, score)
    # Always the same ones: they measure what the projection does and decide nothing.
    rng = np.random.default_rng(0)
    spread = np.sqrt(weight) * decisions.comparisons.outcome  # so that names of items do not matter
    noise, before, after = 0.0, np.zeros(1), np.zeros(1)
    n_probes = max(1, min(N_PROBES, JUDGMENTS_PROBED // len(weight)))
    for _ in range(n_probes):
        pure = spread * rng.choice([-1.0, 1.0], size=len(weight))
        its = by_person.explained(weight, pure)
        noise += float(by_person.energy(pure).sum()) / n_probes
        before = before + by_sitting.energy(pure)
        after = after + by_sitting.energy(pure - weight * its)
    # A sitting whose noise cancels in every round says nothing of what is left: all of it.
    left = np.divide(after, before, out=np.ones_like(before), where=before > 0)
    left = np.clip(left, LEAST_LEFT, 1 / LEAST_LEFT)
    rest = (score - weight * gap) / np.sqrt(left[decisions.sitting])
    # Where tastes differ, less than w of a judgment's variance is noise.
    noise *= float(by_sitting.energy(rest).sum() / np.sum(before)) * n_probes
    found = float(by_person.energy(score).sum())
    share = np.sqrt(max(0.0, 1 - noise / found)) if found > 0 else 0.0
    return share * weight * gap, rest


def _numbered(label: Indices) -> Indices:
    number: Indices = np.unique(label, return_inverse=True)[1] % MOST_SIGNS
    return number
