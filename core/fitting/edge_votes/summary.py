"""From the modes of several scenarios to means, standard deviations and draws of the graph."""

import numpy as np
from scipy.sparse import coo_array, csr_array

from core.fitting.edge_votes.design import Design
from core.fitting.edge_votes.posterior import FEW_EFFECTS
from core.fitting.edge_votes.widths import Scenario
from core.judgment import Floats, Indices
from core.value_graph.estimate import Asked, Deviations, EdgePosterior, FixedEffects
from core.value_graph.votes import VoteTable


class Summary:
    """Everything that is linear in the effects, over all scenarios.

    Where effects are few, means and standard deviations are those of the mixture of Gaussians;
    else standard deviations are those of the draws.
    """

    def __init__(
        self,
        table: VoteTable,
        mixture: list[Scenario],
        n_draws: int,
        rng: np.random.Generator,
    ) -> None:
        self.table, self.mixture = table, mixture
        self.design: Design = mixture[0].mode.design
        ends = np.round(np.cumsum([0.0, *(part.share for part in mixture)]) * n_draws)
        self.draws = np.concatenate(
            [
                part.mode.draw(int(number), rng)
                for part, number in zip(mixture, np.diff(ends), strict=True)
            ]
        )
        # Draws of a scenario lie together; whoever takes every tenth must see all scenarios.
        rng.shuffle(self.draws)
        few = len(mixture[0].mode.effects) <= FEW_EFFECTS
        self.covariances = [part.mode.covariance() for part in mixture] if few else []

    def posterior(self) -> EdgePosterior:
        table, best = self.table, self.mixture[0].mode
        pairs, scores = self._pairs(), self._picked("score", len(table.cards))
        appeal = self._picked("appeal", table.n_pairs)
        fixed = self._picked("fixed", len(self.design.fixed))
        mean, sd = self._moments(pairs)
        score_mean, score_sd = self._moments(scores)
        return EdgePosterior(
            cards=table.cards,
            first=table.first,
            second=table.second,
            mean=mean,
            sd=sd,
            draws=self._drawn(pairs),
            appeal_draws=self._drawn(appeal),
            asked=self._asked(pairs, appeal),
            score_mean=score_mean,
            score_sd=score_sd,
            score_draws=self._drawn(scores),
            fixed=FixedEffects(self.design.fixed, *self._moments(fixed), self._drawn(fixed)),
            deviations={name: self._deviations(name, pairs, appeal) for name in self.design.cells},
            tendency_mean=best.found.mean,
            tendency_sd=np.sqrt(best.found.variance),
            widths=best.widths,
            n_votes=len(table),
            log_evidence=best.log_evidence(best.factor()) if self.covariances else np.nan,
        )

    def _picked(self, name: str, n_rows: int) -> csr_array:
        """One row for each effect of a block; empty rows where the model has no such block."""
        if name not in self.design.blocks:
            return csr_array((n_rows, len(self.mixture[0].mode.effects)))
        columns = np.arange(n_rows) + self.design.blocks[name].start
        return self._rows(n_rows, np.arange(n_rows), columns, np.ones(n_rows))

    def _pairs(self) -> csr_array:
        """The log-odds of every pair: two scores and what the edge has of its own."""
        table, n = self.table, self.table.n_pairs
        scores = self._picked("score", len(table.cards))
        own = self._picked("edge", n)
        return csr_array(own + scores[table.first] - scores[table.second])

    def _asked(self, towards_first: csr_array, appeal: csr_array) -> Asked:
        """Both directions; there the log-odds of the edge and the appeal of its pair add up."""
        moments = [self._moments(csr_array(appeal + sign * towards_first)) for sign in (1, -1)]
        means, sds = zip(*moments, strict=True)
        return Asked(np.stack(means), np.stack(sds))

    def _deviations(self, name: str, pairs: csr_array, appeal: csr_array) -> Deviations:
        cells = self.design.cells[name]
        rows = self._picked(name, len(cells.pair))
        total = csr_array(pairs[cells.pair] + rows)
        return Deviations(
            cells,
            *self._moments(rows),
            *self._moments(total),
            self._asked(total, csr_array(appeal[cells.pair])),
            self._drawn(rows),
        )

    def _rows(self, n_rows: int, row: Indices, column: Indices, entry: Floats) -> csr_array:
        shape = (n_rows, len(self.mixture[0].mode.effects))
        return coo_array((entry, (row, column)), shape).tocsr()

    def _drawn(self, rows: csr_array) -> Floats:
        return np.asarray((rows @ self.draws.T).T)

    def _moments(self, rows: csr_array) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each row, shape (n_rows,)."""
        if not self.covariances:
            effects = self.mixture[0].mode.effects
            return rows @ effects, np.asarray((rows @ self.draws.T).std(axis=1))
        means = np.stack([rows @ part.mode.effects for part in self.mixture])
        variances = np.stack(
            [
                np.asarray(rows.multiply(rows @ covariance).sum(axis=1)).ravel()
                for covariance in self.covariances
            ]
        )
        shares = np.array([[part.share] for part in self.mixture])
        mean = (shares * means).sum(axis=0)
        variance = (shares * (variances + (means - mean) ** 2)).sum(axis=0)
        return mean, np.sqrt(np.maximum(variance, 0.0))
