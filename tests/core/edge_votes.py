"""Simulated people whose votes on pairs of values have a known truth."""

from dataclasses import dataclass

import numpy as np

from core.judgment import Floats, Indices
from core.predictions import logistic
from core.value_graph.estimate import population_rate
from core.value_graph.votes import VoteTable


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Edges between cards, and people who differ in how they like to say yes; log-odds, nats."""

    first: Indices
    second: Indices
    edges: Floats
    tendency: float
    tendencies: Floats
    tendency_sd: float

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        *,
        n_cards: int = 60,
        n_pairs: int = 130,
        n_people: int = 500,
        edge_sd: float = 0.58,
        tendency: float = 0.9,
        tendency_sd: float = 0.82,
    ) -> "World":
        one, other = np.triu_indices(n_cards, 1)
        chosen = np.sort(rng.choice(len(one), n_pairs, replace=False))
        return cls(
            one[chosen],
            other[chosen],
            rng.normal(0, edge_sd, n_pairs),
            tendency,
            rng.normal(0, tendency_sd, n_people),
            tendency_sd,
        )

    @property
    def yes_rate(self) -> Floats:
        """Of the population, asked whether the first is wiser; shape (n_pairs,)."""
        return population_rate(self.tendency + self.edges, self.tendency_sd)

    def answer(
        self, person: Indices, pair: Indices, sign: Floats, rng: np.random.Generator
    ) -> VoteTable:
        """One answer to each question, without story and sides."""
        odds = self.tendency + self.tendencies[person] + sign * self.edges[pair]
        return self.table(
            person, pair, sign, (rng.random(len(pair)) < logistic(odds)).astype(np.float64)
        )

    def table(self, person: Indices, pair: Indices, sign: Floats, yes: Floats) -> VoteTable:
        n_cards, none = int(self.second.max()) + 1, np.zeros(len(pair))
        return VoteTable(
            cards=tuple(f"card {number:03}" for number in range(n_cards)),
            people=tuple(f"person {number}" for number in range(len(self.tendencies))),
            contexts=("any",),
            first=self.first,
            second=self.second,
            pair=pair,
            context=np.zeros(len(pair), dtype=np.int64),
            person=person,
            sign=sign,
            side=none,
            story=none,
            yes=yes,
            weight=np.ones(len(pair)),
        )

    def uniform(
        self, rng: np.random.Generator, votes_each: int = 3, *, both_ways: bool = True
    ) -> VoteTable:
        """Everybody answers about pairs drawn by lot, each of them once."""
        n_people, n_pairs = len(self.tendencies), len(self.edges)
        pair = np.concatenate(
            [rng.choice(n_pairs, votes_each, replace=False) for _ in range(n_people)]
        )
        person = np.repeat(np.arange(n_people), votes_each)
        sign = np.where(rng.random(len(pair)) < 0.5, 1.0, -1.0)
        return self.answer(person, pair, sign if both_ways else np.ones(len(pair)), rng)
