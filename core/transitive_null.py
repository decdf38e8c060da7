"""Judgments as they would be if one strength per item were everybody's truth, annotators aside."""

from dataclasses import dataclass

import numpy as np

from core.blocks import BlockMatrix, Layout
from core.comparison_graph import components
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.laplace import hold_levels, to_items
from core.judgment import Comparisons, Floats, Indices, PairCounts
from core.models import BradleyTerry, logistic

#: Ratio of the scales of a normal and a logistic that are nearly alike, squared: adding normal
#: noise of variance V to log-odds shrinks their average by 1 / sqrt(1 + SHRINKAGE V).
SHRINKAGE = (16 * np.sqrt(3) / (15 * np.pi)) ** 2
#: More variance than this, nats squared, is not believed of annotators.
MAX_VARIANCE = 25.0
#: Refits of a round stop at this difference between the two sides of a score equation, in wins.
SCORE_TOLERANCE = 0.01
#: Sums of weights below this are rounding errors of zero.
TINY = 1e-9
MAX_STEPS = 10


@dataclass(frozen=True, slots=True)
class Spread:
    """How far annotators differ from each other, as standard deviations in nats.

    Attributes
    ----------
    taste : float
        Of one person's strength of an item from everybody's.
    habit : float
        Of what one person thinks of one pair beyond that, seen where they judged it repeatedly.
    """

    taste: float
    habit: float


@dataclass(frozen=True, slots=True, eq=False)
class TransitiveNull:
    r"""A parametric bootstrap of decided judgments that respects annotators and repeats.

    With w the annotator, a judgment of (i, j) prefers i with log-odds

    .. math::
        c\,(\theta_i - \theta_j) + u_{wi} - u_{wj} + h_{w,ij}, \quad
        u \sim N(0, \tau^2), \quad h \sim N(0, \omega^2)

    where :math:`\theta` is the Bradley-Terry fit, :math:`\tau` and :math:`\omega` are those of
    `estimate_spread`, and :math:`c = \sqrt{1 + 0.346\,(2\tau^2 + \omega^2)}` keeps the average
    over people at :math:`\theta_i - \theta_j` [1]_. So everybody has one number per item (but for
    :math:`h`), people differ, and votes of one person hang together as they do in the data. Which
    pairs were judged, by whom and how often stays as it was.

    Attributes
    ----------
    counts : PairCounts
        Of the judgments that were not ties.
    model : BradleyTerry
        Fitted to these.
    pair, taste_of_first, taste_of_second, habit : ndarray of int64, shape (n_judgments,)
        Numbers of the judgment's pair and of its annotator's deviations.

    References
    ----------
    .. [1] Zeger, Liang and Albert, "Models for longitudinal data: a generalized estimating
       equation approach", Biometrics 44, 1988.
    """

    counts: PairCounts
    model: BradleyTerry
    spread: Spread
    pair: Indices
    taste_of_first: Indices
    taste_of_second: Indices
    habit: Indices
    layout: Layout
    inverse: BlockMatrix

    @classmethod
    def of(cls, comparisons: Comparisons, prior_scale: float) -> "TransitiveNull":
        """Fit the null to judgments of which at least one was not a tie.

        Raises
        ------
        NoComparisonsError
            If all were ties.
        TooLargeError
            If more items are connected than `core.blocks` has room for.
        """
        decisive = comparisons.where(comparisons.outcome != 0)
        model = fit_bradley_terry(decisive, prior_scale=prior_scale, approximation="laplace")
        counts = decisive.counts()
        n_items = counts.n_items
        pair = np.searchsorted(
            counts.first * n_items + counts.second, decisive.first * n_items + decisive.second
        )
        sides = np.concatenate([decisive.first, decisive.second])
        people = np.concatenate([decisive.annotator, decisive.annotator])
        taste = np.unique(people * n_items + sides, return_inverse=True)[1].astype(np.int64)
        habit = np.unique(decisive.annotator * len(counts.first) + pair, return_inverse=True)[1]
        layout = Layout.of(components(n_items, counts.first, counts.second), 1)
        return cls(
            counts=counts,
            model=model,
            spread=estimate_spread(decisive, model),
            pair=pair.astype(np.int64),
            taste_of_first=taste[: len(decisive)],
            taste_of_second=taste[len(decisive) :],
            habit=habit.astype(np.int64),
            layout=layout,
            inverse=_inverse_information(counts, model, layout),
        )

    def draw(self, rng: np.random.Generator) -> Floats:
        """Judge everything anew; how often the first of each pair wins, shape (n_pairs,)."""
        counts, strengths = self.counts, self.model.strengths
        odds = strengths[counts.first] - strengths[counts.second]
        taste, habit = self.spread.taste, self.spread.habit
        if taste == habit == 0:
            wins: Floats = rng.binomial(counts.total.astype(np.int64), logistic(odds)).astype(float)
            return wins
        odds = (odds * np.sqrt(1 + SHRINKAGE * (2 * taste**2 + habit**2)))[self.pair]
        if taste > 0:
            n_tastes = 1 + int(max(self.taste_of_first.max(), self.taste_of_second.max()))
            u = rng.normal(scale=taste, size=n_tastes)
            odds = odds + u[self.taste_of_first] - u[self.taste_of_second]
        if habit > 0:
            odds = odds + rng.normal(scale=habit, size=1 + int(self.habit.max()))[self.habit]
        won = rng.random(len(odds)) < logistic(odds)
        return np.bincount(self.pair, won, len(counts.first)).astype(np.float64)

    def refit(self, wins: Floats) -> Floats:
        """Strengths fitted to a round, by Newton's method with the curvature of the null."""
        counts, precision = self.counts, self.model.prior_scale**-2
        strengths = self.model.strengths.copy()
        for _ in range(MAX_STEPS):
            chance = logistic(strengths[counts.first] - strengths[counts.second])
            excess = wins - counts.total * chance
            score = to_items(counts, excess, -excess) - precision * strengths
            if np.abs(score).max() <= SCORE_TOLERANCE:
                break
            for items, blocks in self.layout.stacks(self.inverse.values):
                strengths[items] += (blocks @ score[items][:, :, None])[:, :, 0]
        return strengths


def estimate_spread(comparisons: Comparisons, model: BradleyTerry) -> Spread:
    r"""Estimate from decided judgments how far people differ, by moments of the residuals.

    Let e be the residual of a judgment, said of item i, and v = p (1 - p). To first order, two
    judgments of one person w on *different* pairs that share i have

    .. math:: E[e\,e'] = v v' \tau^2 f_{wi} - v v' / V_i, \qquad
        f_{wi} = 1 - 2 \tfrac{V_{wi}}{V_i} + \sum_{w'} \tfrac{V_{w'i}^2}{V_i^2}

    with V the sums of v: f says how much of a person's taste the fitted strengths have taken up
    (all of it where there is one person), the last term how much of the noise. Equating sums of
    both sides gives :math:`\tau^2`. Two judgments of one person on the *same* pair have
    :math:`v v' (2\tau^2 + \omega^2 + k^2)`, two judgments of it by different people
    :math:`v v' k^2`, where k is what the pair has beyond strengths (a circle, say); the difference
    gives :math:`\omega^2`. What is less than one standard error above zero is taken as zero, and
    what is not far above is shrunk. A circle that people share does not count as spread: within
    one person its products over different pairs cancel.

    Parameters
    ----------
    comparisons : Comparisons
        Without ties.
    model : BradleyTerry
        Fitted to them.
    """
    n = len(comparisons.items)
    chance = logistic(model.log_odds(comparisons.first, comparisons.second))
    e, v = (comparisons.outcome > 0) - chance, chance * (1 - chance)
    pair = comparisons.first * n + comparisons.second
    same, of_same = np.unique(comparisons.annotator * n * n + pair, return_inverse=True)
    e_same, v_same = np.bincount(of_same, e), np.bincount(of_same, v)
    items = np.concatenate([same % (n * n) // n, same % n])
    person, of_person = np.unique(np.tile(same // (n * n), 2) * n + items, return_inverse=True)
    signed, weight = np.concatenate([e_same, -e_same]), np.tile(v_same, 2)
    e_person, v_person = np.bincount(of_person, signed), np.bincount(of_person, weight)
    v_item = np.bincount(items, weight, n)
    item = person % n
    share = v_person / v_item[item]
    taken = 1 - 2 * share + np.bincount(item, share**2, n)[item]
    cross = v_person**2 - np.bincount(of_person, weight**2)
    products = e_person**2 - np.bincount(of_person, signed**2) + cross / v_item[item]
    taste = _excess(products.sum(), (cross * taken).sum(), cross.sum())
    of_pair = np.unique(same % (n * n), return_inverse=True)[1]
    e_pair, v_pair = np.bincount(of_pair, e_same), np.bincount(of_pair, v_same)
    repeats, others = (v_same**2 - np.bincount(of_same, v**2)).sum(), (v_pair**2).sum()
    others -= (v_same**2).sum()
    habit = 0.0
    if others > TINY:  # else nobody but them judged these pairs, and habit and circle are one
        within = _excess((e_same**2).sum() - (e**2).sum(), repeats, repeats)
        between = _excess((e_pair**2).sum() - (e_same**2).sum(), others, others)
        habit = max(within - between - 2 * taste, 0.0)
    # Averaged over people, log-odds are smaller, and so are these: invert V / (1 + SHRINKAGE V).
    shrunk = 1 - SHRINKAGE * (2 * taste + habit)
    grown = 1 / shrunk if shrunk > 0 else np.inf
    taste, habit = (min(part * grown, MAX_VARIANCE) if part else 0.0 for part in (taste, habit))
    return Spread(float(np.sqrt(taste)), float(np.sqrt(habit)))


def _excess(products: float, weight: float, noise: float) -> float:
    """Ratio of sums over products, r, shrunk to r (1 - (s / r)²), and zero below its error s.

    Products of independent residuals have variance v v', and each stands in the sum twice.
    """
    error = np.sqrt(2 * noise)
    if weight <= TINY or products <= error:
        return 0.0
    return float(products / weight * (1 - (error / products) ** 2))


def _inverse_information(counts: PairCounts, model: BradleyTerry, layout: Layout) -> BlockMatrix:
    """Inverse curvature at the fit; the level of a component gets a precision of its own."""
    chance = logistic(model.log_odds(counts.first, counts.second))
    curvature = counts.total * chance * (1 - chance)
    # An item never compared has a block of its own, and never moves.
    diagonal = to_items(counts, curvature, curvature) + model.prior_scale**-2
    hessian = BlockMatrix.assemble(
        layout, diagonal[:, None, None], counts.first, counts.second, -curvature[:, None, None]
    )
    hold_levels(hessian)
    return hessian.inverse()
