"""The hierarchical model of edge votes: edges, people, and the way of asking."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.errors import DiscernError
from core.fitting.edge_votes.design import Design, lay_out
from core.fitting.edge_votes.posterior import FEW_EFFECTS, Mode, find_mode
from core.fitting.edge_votes.summary import Summary
from core.fitting.edge_votes.widths import (
    FARTHEST,
    MEDIANS,
    Scenario,
    likeliest_widths,
    scenarios,
)
from core.judgment import Floats, Indices
from core.value_graph.estimate import EdgePosterior, Widths
from core.value_graph.votes import VoteTable

#: Pairs and votes from which widths are found; more would not move them by what matters.
MAX_PAIRS, MAX_VOTES = 500, 9_000
#: Of a logistic of normal log-odds, by how much its mean is flatter.
FLATTER = 0.3459
#: Nats of evidence from which votes speak against a term. Below, it stays: what they do not tell
#: must not look settled.
AGAINST = 1.0
#: Draws from the posterior, and how many of so many effects that memory counts.
N_DRAWS, FEW_DRAWS = 2_000, 400


class NoVotesError(DiscernError):
    """An estimate was asked for before anybody said anything."""

    def __init__(self) -> None:
        super().__init__(
            "No vote says anything about two values yet: there is none, or all are “not sure”. "
            "Ask some people first."
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What the model may explain votes with, beside the mean tendency, side and story."""

    score: bool = True
    edge: bool = True
    tendency: bool = True
    appeal: bool = True


def fit_edge_votes(
    table: VoteTable,
    rng: np.random.Generator,
    *,
    group: Indices | None = None,
    covariates: Mapping[str, Floats] | None = None,
    terms: Terms = Terms(),
    widths: Widths | None = None,
    n_draws: int | None = None,
) -> EdgePosterior:
    r"""Fit edges, people and the way of asking together.

    Person p, asked whether the card shown as wiser is the wiser one of the pair e, in context c
    and direction :math:`d = \pm 1`, says yes with the log-odds

    .. math::
        \mu + b_p + \gamma_e + d\,(\theta_e + u_{ec})
        + \beta_{side} x_{side} + \beta_{story} x_{story},
        \qquad \theta_e = s_i - s_j + \epsilon_e

    with normal :math:`b_p, \gamma_e, s_i, \epsilon_e, u_{ec}` whose widths maximise the marginal
    likelihood times weak log-normal priors (empirical Bayes). Contexts are shrunk to the pooled
    edge; with groups there is one more deviation of the same kind, and a tendency of each group.
    People are integrated out by quadrature, the rest by Laplace's method around its mode
    (`core.fitting.edge_votes.posterior`), and the width of the edges over three values.

    A tendency to say yes makes no edge: :math:`\mu`, :math:`b_p` and the appeal :math:`\gamma_e`
    of a pair (both of its stories may persuade) keep their sign when an edge is asked the other
    way round, :math:`\theta_e` changes it. How far pairs differ in appeal is learned from those
    asked both ways, and makes edges that were asked one way as unsure as they are. Where no pair
    was asked both ways, or the votes speak against it, there is no such term: what makes people
    say yes to a pair is then counted as what makes the value wiser. What all edges asked one way
    only have in common is counted as tendency, because :math:`\theta` has mean 0. Exchanging yes
    and no together with the direction of every vote leaves all :math:`\theta` as they are.

    Parameters
    ----------
    table : VoteTable
        At least one vote.
    group : ndarray of int64, shape (n,), or None
        The group of the person of each vote; below 0: none.
    covariates : mapping of str to ndarrays, shape (n,), or None
        What else moves the log-odds of a yes.
    widths : Widths or None
        Instead of those of the evidence.
    n_draws : int or None
        None: `N_DRAWS`, or `FEW_DRAWS` where there are very many effects.

    Raises
    ------
    NoVotesError
        If there is no vote.
    """
    if len(table) == 0:
        raise NoVotesError
    several = _in_several_contexts(table)
    deviations = {} if not several else {"context": table.context}
    if group is not None:
        deviations["group"] = group
    covariates = dict(covariates or {})
    if group is not None:
        for number in np.unique(group[group >= 0]).tolist():
            covariates[f"group {number}"] = (group == number).astype(np.float64)
    if widths is None:
        found = _found_widths(table, terms, deviations, covariates)
        settled, free = found, tuple(_free(found))
    else:
        settled, free = widths, ()
    design = lay_out(table, settled, deviations, covariates)
    best = find_mode(design, settled)
    few = len(best.effects) <= FEW_EFFECTS
    mixture = scenarios(best, free) if few and len(table) <= MAX_VOTES else [Scenario(best, 1.0)]
    if n_draws is None:
        n_draws = N_DRAWS if few else FEW_DRAWS
    return Summary(table, mixture, n_draws, rng).posterior()


def _found_widths(
    table: VoteTable,
    terms: Terms,
    deviations: Mapping[str, Indices],
    covariates: Mapping[str, Floats],
) -> Widths:
    kept = {name: name in deviations for name in ("context", "group")}
    kept |= {"score": terms.score, "edge": terms.edge, "tendency": terms.tendency}
    start = Widths(**{name: MEDIANS.of(name) if keep else 0.0 for name, keep in kept.items()})
    part, rows = _enough(table)

    def laid_out(widths: Widths) -> Design:
        return lay_out(
            part,
            widths,
            {name: label[rows] for name, label in deviations.items()},
            {name: values[rows] for name, values in covariates.items()},
        )

    mode = likeliest_widths(laid_out(start), start, tuple(_free(start)))
    if terms.edge and terms.appeal and _any_both_ways(part):
        mode = _with_appeal(mode, laid_out)
    found = mode.widths
    if len(part.first) < table.n_pairs and terms.tendency:
        return replace(found, tendency=_tendency_alone(table, found))
    return found


def _with_appeal(without: Mode, laid_out: Callable[[Widths], Design]) -> Mode:
    """Let pairs differ in appeal too, unless the votes speak against even the least of it."""
    least = replace(without.widths, appeal=MEDIANS.appeal / FARTHEST)
    tried = find_mode(laid_out(least), least)
    if tried.log_evidence(tried.factor()) < without.log_evidence(without.factor()) - AGAINST:
        return without
    start = replace(without.widths, appeal=MEDIANS.appeal)
    return likeliest_widths(laid_out(start), start, tuple(_free(start)))


def _tendency_alone(table: VoteTable, widths: Widths) -> float:
    """The width of people's tendencies where pairs were left out to find the others.

    Then hardly anybody has two votes left. So people are taken with all their votes, and edges,
    which differ from vote to vote of a person, are averaged over: that flattens the log-odds by
    about √(1 + .346 var) (Zeger, Liang and Albert, Biometrics 44(4), 1988).
    """
    rows = np.flatnonzero(table.person < _first_people(table))
    start = Widths(score=0.0, edge=0.0, tendency=MEDIANS.tendency)
    design = lay_out(table.where(rows), start, {}, {})
    flat = likeliest_widths(design, start, ("tendency",)).widths.tendency
    spread = 2 * widths.score**2 + widths.edge**2 + widths.appeal**2
    return flat * float(np.sqrt(1 + FLATTER * spread))


def _first_people(table: VoteTable) -> int:
    """How many people have `MAX_VOTES` votes together."""
    votes = np.cumsum(np.bincount(table.person))
    return int(np.searchsorted(votes, MAX_VOTES)) + 1


def _free(widths: Widths) -> list[str]:
    return [name for name in Widths.__slots__ if widths.of(name) > 0]


def _enough(table: VoteTable) -> tuple[VoteTable, Indices]:
    """Votes between evenly spaced cards, and of evenly spaced people, until they are few enough.

    Returns
    -------
    tuple of VoteTable and ndarray
        The votes with only those cards and pairs, and their rows in `table`.
    """
    n_cards = len(table.cards)
    n_kept = min(n_cards, int(np.ceil(n_cards * np.sqrt(MAX_PAIRS / table.n_pairs))))
    cards = np.linspace(0, n_cards - 1, n_kept).astype(np.int64)
    place = np.full(n_cards, -1)
    place[cards] = np.arange(n_kept)
    pairs = np.flatnonzero((place[table.first] >= 0) & (place[table.second] >= 0))
    number = np.full(table.n_pairs, -1)
    number[pairs] = np.arange(len(pairs))
    rows = np.flatnonzero(number[table.pair] >= 0)
    people = np.unique(table.person[rows])
    share = min(1.0, MAX_VOTES / max(len(rows), 1))
    kept = people[:: max(int(np.round(1 / share)), 1)]
    rows = rows[np.isin(table.person[rows], kept)]
    part = replace(
        table.where(rows),
        cards=tuple(table.cards[card] for card in cards),
        first=place[table.first[pairs]],
        second=place[table.second[pairs]],
        pair=number[table.pair[rows]],
    )
    return part, rows


def _any_both_ways(table: VoteTable) -> bool:
    ways = np.bincount(table.pair, table.sign, table.n_pairs)
    return bool((np.abs(ways) < np.bincount(table.pair, minlength=table.n_pairs)).any())


def _in_several_contexts(table: VoteTable) -> bool:
    cells = np.unique(np.stack([table.pair, table.context]), axis=1)
    return bool(np.bincount(cells[0]).max(initial=0) > 1)
