"""What each kind of answer adds to the joint likelihood of strengths and further parameters."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.blocks import Layout
from core.judgment import Floats, Indices


class Part(Protocol):
    """Answers of one kind. Concave: its log-likelihood has no hill but one."""

    def log_likelihood(self, strengths: Floats, further: Floats) -> float:
        """At strengths (n_items,) and further parameters (n_further,), nats."""
        ...

    def add_slopes(self, slopes: "Slopes", strengths: Floats, further: Floats) -> None:
        """Add first and second derivatives at that place."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """First derivatives of a log-likelihood, and minus the second: sums that parts add to.

    Attributes
    ----------
    score : ndarray, shape (n_items,)
    further_score : ndarray, shape (n_further,)
    information : ndarray, shape (layout.n_values,)
        Of strengths with strengths, block by block.
    border : ndarray, shape (n_items, n_further)
        Of strengths with further parameters.
    further_information : ndarray, shape (n_further, n_further)
    """

    layout: Layout
    score: Floats
    further_score: Floats
    information: Floats
    border: Floats
    further_information: Floats

    @classmethod
    def zero(cls, layout: Layout, n_further: int) -> "Slopes":
        n_items = len(layout.component)
        return cls(
            layout=layout,
            score=np.zeros(n_items),
            further_score=np.zeros(n_further),
            information=np.zeros(layout.n_values),
            border=np.zeros((n_items, n_further)),
            further_information=np.zeros((n_further, n_further)),
        )

    def add(self, items: Indices, score: Floats, information: Floats) -> None:
        """Add what answers about sets of r items say of their strengths.

        Parameters
        ----------
        items : ndarray of int64, shape (n, r)
            Of one component in each row.
        score : ndarray, shape (n, r)
        information : ndarray, shape (n, r, r)
        """
        layout = self.layout
        component = layout.component[items[:, 0]]
        rows = layout.slot[items] * layout.sizes[component][:, None]
        rows += layout.starts[component][:, None]
        places = rows[:, :, None] + layout.slot[items][:, None, :]
        np.add.at(self.score, items, score)
        np.add.at(self.information, places, information)
