"""How well votes that a model has not seen are foretold, beside simpler models."""

from dataclasses import dataclass

import numpy as np

from core.errors import DiscernError
from core.estimates import Estimate, clustered_mean
from core.fitting.edge_votes import Terms, fit_edge_votes
from core.judgment import Floats, Indices
from core.value_graph.estimate import EdgePosterior, population_rate
from core.value_graph.votes import VoteTable

#: What each model may explain votes with.
MODELS = {
    "constant": Terms(score=False, edge=False, tendency=False),
    "one score per value": Terms(score=True, edge=False, tendency=False),
    "edge": Terms(score=True, edge=True, tendency=False),
    "person": Terms(score=False, edge=False, tendency=True),
    "edge + person": Terms(score=True, edge=True, tendency=True),
}
N_FOLDS = 10


class TooFewVotesError(DiscernError):
    """Votes cannot be split into as many parts as asked for."""

    def __init__(self, n_votes: int, n_folds: int) -> None:
        super().__init__(
            f"{n_votes} votes cannot be split into {n_folds} parts. Ask more people, or use "
            "fewer parts."
        )


@dataclass(frozen=True, slots=True)
class VoteScores:
    """Mean log loss of votes held out, nats a vote, with 95 % intervals clustered by person.

    Attributes
    ----------
    losses : mapping of str to Estimate
        By the names of `MODELS`.
    gain : Estimate
        Of "edge + person" over "constant": loss of the former minus that of the latter, vote by
        vote; below 0, it foretells better.
    """

    losses: dict[str, Estimate]
    gain: Estimate


def score_votes(table: VoteTable, *, n_folds: int = N_FOLDS, seed: int = 0) -> VoteScores:
    """Foretell every vote from the other folds, by each model of `MODELS`.

    Votes are split by lot, so that most people and edges of a fold are also in the others: it is
    about further answers of the same people to the same questions. All models know the direction
    shown, side and story.

    Raises
    ------
    TooFewVotesError
    """
    if not 1 < n_folds <= len(table):
        raise TooFewVotesError(len(table), n_folds)
    fold = np.random.default_rng(seed).permutation(len(table)) % n_folds
    losses = {name: np.empty(len(table)) for name in MODELS}
    for number in range(n_folds):
        training, held_out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        for name, terms in MODELS.items():
            rng = np.random.default_rng(seed)
            model = fit_edge_votes(table.where(training), rng, terms=terms, n_draws=2)
            chance = foretell(model, table, training, held_out)
            yes = table.yes[held_out]
            losses[name][held_out] = -yes * np.log(chance) - (1 - yes) * np.log1p(-chance)
    gain = clustered_mean(losses["edge + person"] - losses["constant"], table.person)
    return VoteScores(
        {name: clustered_mean(loss, table.person) for name, loss in losses.items()}, gain
    )


def foretell(
    posterior: EdgePosterior, table: VoteTable, training: Indices, rows: Indices
) -> Floats:
    """P(yes) of the votes in `rows`, from a posterior given those in `training`; shape (n,).

    The uncertainty of the edge and of the person's tendency is averaged over as a normal one. A
    person without a vote in `training` has the tendency of the population.
    """
    votes = table.where(rows)
    way = (votes.sign < 0).astype(np.int64)
    mean = posterior.asked.mean[way, votes.pair]
    variance = posterior.asked.sd[way, votes.pair] ** 2
    deviations = posterior.deviations.get("context")
    if deviations is not None:
        mean, variance = _in_context(posterior, votes)
    named = {"yes tendency": np.ones(len(rows)), "side": votes.side, "story": votes.story}
    for name, effect in zip(posterior.fixed.names, posterior.fixed.mean, strict=True):
        mean = mean + named[name] * effect
    known = np.unique(table.person[training])
    place = np.searchsorted(known, votes.person).clip(max=len(known) - 1)
    seen = known[place] == votes.person
    mean = mean + np.where(seen, posterior.tendency_mean[place], 0.0)
    spread = posterior.widths.tendency
    variance = variance + np.where(seen, posterior.tendency_sd[place] ** 2, spread**2)
    chance = _rates(mean, np.sqrt(variance))
    return np.clip(chance, 1e-9, 1 - 1e-9)


def _in_context(posterior: EdgePosterior, votes: VoteTable) -> tuple[Floats, Floats]:
    """Of each vote in its own context; where the pair was not asked there, of a new context."""
    cells = posterior.deviations["context"]
    width = len(votes.contexts)
    keys = cells.cells.pair * width + cells.cells.label
    wanted = votes.pair * width + votes.context
    place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    known = keys[place] == wanted
    way, pooled = (votes.sign < 0).astype(np.int64), posterior.asked
    unknown = pooled.sd[way, votes.pair] ** 2 + posterior.widths.context**2
    mean = np.where(known, cells.asked.mean[way, place], pooled.mean[way, votes.pair])
    return mean, np.where(known, cells.asked.sd[way, place] ** 2, unknown)


def _rates(mean: Floats, spread: Floats) -> Floats:
    """E σ(mean + spread z), each with its own spread, from a few tabled spreads."""
    grid = np.linspace(0.0, float(spread.max()), 25)
    table = np.stack([population_rate(mean, float(width)) for width in grid])
    at = spread / max(float(grid[-1]), 1e-12) * (len(grid) - 1)
    low = np.floor(at).astype(np.int64).clip(max=len(grid) - 2)
    share, rows = at - low, np.arange(len(mean))
    rates: Floats = (1 - share) * table[low, rows] + share * table[low + 1, rows]
    return rates
