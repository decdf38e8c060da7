"""How well a value graph is known from simulated votes, how sure it is of it, and how fast."""

import time
from collections.abc import Callable

import numpy as np

from core.fitting.edge_votes import Terms, fit_edge_votes
from core.judgment import Floats, Indices
from core.value_graph.choice import RankingQuestion, expected_information
from core.value_graph.estimate import EdgePosterior, Widths
from core.value_graph.scoring import foretell
from core.value_graph.votes import VoteTable
from tests.bench.table import Row
from tests.core.edge_votes import World

N_WORLDS, N_PEOPLE, VOTES_EACH = 40, 500, 3
#: Studies in which held-out votes are foretold, and folds.
N_FORETOLD, N_FOLDS = 8, 5
TRUE_WIDTHS = Widths(score=0.0, edge=0.58, tendency=0.82)
#: People who answer before the graph is estimated again, where questions are chosen by it.
BATCH = 50
ABOUT = (
    f"{N_WORLDS} simulated studies: 130 edges between 60 values (spread 0.58), {N_PEOPLE} people "
    f"(spread of the tendency to say yes 0.82) with {VOTES_EACH} votes each, log-odds; the mean "
    "tendency 0.9 makes 68 % of answers a yes. Error: root mean square of the share of the "
    "population that says yes. Right side: of one half. “Best possible” is the same model given "
    "the true spreads. Direction: whether the edge itself, without the tendency, points the right "
    "way. Always yes would be on the right side as often as the row says. Held-out votes: "
    f"{N_FORETOLD} studies of 121 pairs asked one way, nine of them the other way too, 506 people "
    "with three votes each, a few questions asked far more often than others; log loss of five "
    "folds, beside that of a model in which every direction is an edge of its own (edge + person), "
    "and of this one without the appeal of pairs."
)
Asked = tuple[Indices, Indices, Floats]
Ask = Callable[[World, np.random.Generator], VoteTable]


def measure() -> list[Row]:
    rows: list[Row] = []
    for name, ask in (
        ("MGE's routing", by_mge),
        ("by lot, one direction", one_way),
        ("by lot, both directions", both_ways),
        ("chosen for information, both directions", chosen),
    ):
        rows += _accuracy(name, ask)
    rows += [_foretold(share) for share in (0.0, 0.5, 1.0)]
    return [*rows, _speed(130, 33_334), _speed(5_000, 33_334)]


def _accuracy(name: str, ask: Ask) -> list[Row]:
    found = np.array([_one_world(seed, ask) for seed in range(N_WORLDS)]).mean(axis=0)
    raw, raw_side, error, side, rates, edges, direction, best, best_side, always = found
    return [
        Row(f"{name}: error, raw shares", f"{raw:.3f}"),
        Row(f"{name}: error", f"{error:.3f}", f"at most 0.09; best possible {best:.3f}"),
        Row(f"{name}: right side, raw shares", _percent(raw_side)),
        Row(
            f"{name}: right side",
            _percent(side),
            f"at least 92 %; best possible {_percent(best_side)}; always yes {_percent(always)}",
        ),
        Row(f"{name}: 90 % intervals hold the share", _percent(rates), "87-93 %"),
        Row(f"{name}: 90 % intervals hold the log-odds", _percent(edges), "87-93 %"),
        Row(f"{name}: direction of the edge", _percent(direction)),
    ]


def _one_world(seed: int, ask: Ask) -> list[float]:
    rng = np.random.default_rng(seed)
    world = World.draw(rng, n_people=N_PEOPLE)
    table = ask(world, rng)
    truth = world.yes_rate
    votes = np.bincount(table.pair, minlength=table.n_pairs)
    yes = np.bincount(table.pair, table.yes, table.n_pairs)
    raw = np.where(votes > 0, yes / np.maximum(votes, 1), 0.5)
    ours = fit_edge_votes(table, rng)
    best = fit_edge_votes(table, rng, widths=TRUE_WIDTHS)
    draws = ours.yes_rate_draws(to_first=True)
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    edge_low, edge_high = ours.interval(0.9)
    rate, best_rate = draws.mean(axis=0), best.yes_rate_draws(to_first=True).mean(axis=0)
    return [
        _error(raw, truth),
        _same_side(raw, truth),
        _error(rate, truth),
        _same_side(rate, truth),
        float(((low <= truth) & (truth <= high)).mean()),
        float(((edge_low <= world.edges) & (world.edges <= edge_high)).mean()),
        float(((ours.mean > 0) == (world.edges > 0)).mean()),
        _error(best_rate, truth),
        _same_side(best_rate, truth),
        float((truth > 0.5).mean()),
    ]


def one_way(world: World, rng: np.random.Generator) -> VoteTable:
    return world.uniform(rng, VOTES_EACH, both_ways=False)


def both_ways(world: World, rng: np.random.Generator) -> VoteTable:
    return world.uniform(rng, VOTES_EACH)


def by_mge(world: World, rng: np.random.Generator) -> VoteTable:
    """Each by a die: 30 % the most agreed edge, 30 % the one with a popular end that few agreed
    to, 40 % the one with the fewest votes; one direction, and never twice the same."""
    n_pairs = len(world.edges)
    agreed, votes = np.zeros(n_pairs), np.zeros(n_pairs)
    asked: list[tuple[int, int, float]] = []
    for person in range(N_PEOPLE):
        own: set[int] = set()
        for _ in range(VOTES_EACH):
            popular = np.bincount(world.first, agreed, int(world.second.max()) + 1)
            worth = (agreed, popular[world.first] - 2 * agreed, -votes)[
                int(rng.choice(3, p=(0.3, 0.3, 0.4)))
            ]
            order = np.lexsort((rng.random(n_pairs), -worth))
            pair = next(int(number) for number in order if int(number) not in own)
            own.add(pair)
            odds = world.tendency + world.tendencies[person] + world.edges[pair]
            yes = float(rng.random() < 1 / (1 + np.exp(-odds)))
            agreed[pair] += yes
            votes[pair] += 1
            asked.append((person, pair, yes))
    who, what, said = (np.array(column) for column in zip(*asked, strict=True))
    return world.table(who, what, np.ones(len(who)), said.astype(np.float64))


def chosen(world: World, rng: np.random.Generator) -> VoteTable:
    """A tenth by lot; else, of a few pairs drawn by lot, what tells most about its direction.

    Until 3 votes an edge by lot alone; the graph is estimated again after every `BATCH` people.
    """
    n_pairs, table, worth = len(world.edges), None, np.zeros(len(world.edges))
    parts: list[Asked] = []
    for start in range(0, N_PEOPLE, BATCH):
        if table is not None and len(table) >= 3 * n_pairs:
            worth = _worth(fit_edge_votes(table, rng), rng)
        person = np.repeat(np.arange(start, start + BATCH), VOTES_EACH)
        pair = np.concatenate([_pick(worth, rng) for _ in range(BATCH)])
        sign = np.where(rng.random(len(pair)) < 0.5, 1.0, -1.0)
        answers = world.answer(person, pair, sign, rng)
        parts.append((np.stack([person, pair]), sign.astype(np.int64), answers.yes))
        who, what = np.concatenate([part[0] for part in parts], axis=1)
        signs, said = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
        table = world.table(who, what, signs.astype(np.float64), said)
    assert table is not None
    return table


def _worth(posterior: EdgePosterior, rng: np.random.Generator) -> Floats:
    return expected_information(posterior, rng, RankingQuestion.EDGES)


def _pick(worth: Floats, rng: np.random.Generator) -> Indices:
    """Pairs for one person. The best of half of all, so that a batch is not one pair."""
    drawn = rng.permutation(len(worth))
    if not worth.any() or rng.random() < 0.1:
        return drawn[:VOTES_EACH]
    half = drawn[: len(worth) // 2]
    return half[np.argsort(-worth[half])[:VOTES_EACH]]


def _foretold(appeal: float) -> Row:
    """Log loss of held-out votes where this share of what tells edges apart is appeal."""
    found = np.array([_losses(seed, appeal) for seed in range(N_FORETOLD)]).mean(axis=0)
    ours, directed, without, constant = found
    return Row(
        f"held-out votes, {appeal:.0%} of the spread of edges is appeal",
        f"{ours:.4f} nats",
        f"edge + person {directed:.4f}; without appeal {without:.4f}; constant {constant:.4f}",
    )


def _losses(seed: int, appeal: float) -> list[float]:
    rng = np.random.default_rng(seed)
    world = World.draw(rng, n_pairs=121, n_people=506, edge_sd=0.58 * (1 - appeal) ** 0.5)
    liked = rng.normal(0, 0.58 * appeal**0.5, 121)
    pair = np.concatenate([np.arange(121), np.arange(9)])
    way = np.where(rng.random(121) < 0.5, 1.0, -1.0)
    way = np.concatenate([way, -way[:9]])
    often = rng.lognormal(0, 1.25, 130)
    asked = np.concatenate(
        [rng.choice(130, 3, replace=False, p=often / often.sum()) for _ in range(506)]
    )
    person = np.repeat(np.arange(506), 3)
    odds = world.tendency + world.tendencies[person] + liked[pair[asked]]
    odds += way[asked] * world.edges[pair[asked]]
    yes = (rng.random(len(asked)) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    table = world.table(person, pair[asked], way[asked], yes)
    named = {name: getattr(table, name) for name in VoteTable.__slots__}
    each = {"first": np.zeros(130, dtype=np.int64), "second": np.arange(1, 131), "pair": asked}
    alone = {"sign": np.ones(len(asked)), "cards": tuple(f"{n:03}" for n in range(131))}
    directed = VoteTable(**named | each | alone)
    share = yes.mean()
    return [
        _held_out(table, Terms(), seed),
        _held_out(directed, Terms(score=False), seed),
        _held_out(table, Terms(appeal=False), seed),
        float(-share * np.log(share) - (1 - share) * np.log1p(-share)),
    ]


def _held_out(table: VoteTable, terms: Terms, seed: int) -> float:
    fold = np.random.default_rng(seed).permutation(len(table)) % N_FOLDS
    losses = np.empty(len(table))
    for number in range(N_FOLDS):
        training, rows = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        rng = np.random.default_rng(seed)
        model = fit_edge_votes(table.where(training), rng, terms=terms, n_draws=2)
        chance, yes = foretell(model, table, training, rows), table.yes[rows]
        losses[rows] = -yes * np.log(chance) - (1 - yes) * np.log1p(-chance)
    return float(losses.mean())


def _speed(n_pairs: int, n_people: int) -> Row:
    rng = np.random.default_rng(0)
    n_cards = 60 if n_pairs < 1000 else 500
    world = World.draw(rng, n_cards=n_cards, n_pairs=n_pairs, n_people=n_people)
    table = world.uniform(rng, VOTES_EACH)
    start = time.perf_counter()
    fit_edge_votes(table, rng)
    took = time.perf_counter() - start
    return Row(f"{len(table):,} votes on {n_pairs:,} edges", f"{took:.1f} s", "under 5 s")


def _error(estimate: Floats, truth: Floats) -> float:
    return float(np.sqrt(((estimate - truth) ** 2).mean()))


def _same_side(estimate: Floats, truth: Floats) -> float:
    return float(((estimate > 0.5) == (truth > 0.5)).mean())


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
