"""A few values such that nobody who is many enough is left out: justified representation."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction

from core.errors import DiscernError
from core.value_graph.votes import EdgeVote


class NoSlateError(DiscernError):
    """A slate was asked for that cannot be made."""


@dataclass(frozen=True, slots=True)
class Slate:
    """Values chosen together.

    Attributes
    ----------
    values : tuple of str
        In the order in which they were chosen.
    n_justified : int
        How many of them the guarantee needed; the rest fill the slate.
    n_people, n_left_out : int
        People who approve of anything, and those of them who approve of nothing chosen.
    left_out_approve : mapping of str to int
        For values not chosen: how many of those left out approve of each, most first. Counts
        below the smallest that may be shown are left out.
    """

    values: tuple[str, ...]
    n_justified: int
    n_people: int
    n_left_out: int
    left_out_approve: Mapping[str, int]


def choose_slate(approvals: Mapping[str, Set[str]], n_values: int, *, min_shown: int = 5) -> Slate:
    r"""Choose by the Greedy Justified Candidate Rule, then fill up.

    For :math:`\ell = k, k-1, \dots, 1`: while some value not chosen is approved by at least
    :math:`\ell n / k` people who each approve of fewer than :math:`\ell` of those chosen, the one
    with most such people is chosen. This never chooses more than k and satisfies EJR+ [1]_: there
    is no value left out on which :math:`\ell n / k` people agree while each of them has fewer
    than :math:`\ell` of theirs; so every n/k people who agree on a value have at least one of
    them with a value of theirs on the slate (justified representation). Places that are left go
    to the values that most people without any approve of, then to those that raise the sum of
    1 + 1/2 + … + 1/(number of own values chosen) the most (greedy proportional approval).

    Parameters
    ----------
    approvals : mapping of str to sets of str
        The values that each person approves of; whoever approves of none is not counted.
    n_values : int
        k.
    min_shown : int
        Smallest number of people that is told in `left_out_approve`.

    Raises
    ------
    NoSlateError
        If there are fewer values than wanted, or nobody approves of any.

    References
    ----------
    .. [1] Brill and Peters, "Robust and verifiable proportionality axioms for multiwinner
       voting", EC 2023.
    """
    people = [frozenset(values) for values in approvals.values() if values]
    values = sorted(set().union(*people))
    if not 1 <= n_values <= len(values):
        raise NoSlateError(
            f"A slate of {n_values} was asked for, and people approve of {len(values)} values. "
            "Choose between 1 and as many values as there are."
        )
    chosen: list[str] = []
    for wanted in range(n_values, 0, -1):
        quota = Fraction(wanted * len(people), n_values)
        while (value := _most_wanted(people, values, chosen, wanted, quota)) is not None:
            chosen.append(value)
    n_justified = len(chosen)
    while len(chosen) < n_values:
        chosen.append(_best_filling(people, values, chosen))
    left = [approved for approved in people if not approved & set(chosen)]
    counts = {value: sum(value in approved for approved in left) for value in values}
    shown = {value: n for value, n in counts.items() if n >= min_shown}
    ordered = dict(sorted(shown.items(), key=lambda entry: (-entry[1], entry[0])))
    return Slate(tuple(chosen), n_justified, len(people), len(left), ordered)


def unjustified(
    approvals: Mapping[str, Set[str]], slate: Sequence[str], n_values: int
) -> tuple[tuple[str, int], ...]:
    """Values left out against EJR+, each with the largest number of places its people deserve.

    Empty: the slate satisfies EJR+, whoever chose it.
    """
    people = [frozenset(values) for values in approvals.values() if values]
    chosen = set(slate)
    found = []
    for value in sorted(set().union(*people) - chosen if people else ()):
        for deserved in range(n_values, 0, -1):
            quota = Fraction(deserved * len(people), n_values)
            if _n_short(people, value, chosen, deserved) >= quota:
                found.append((value, deserved))
                break
    return tuple(found)


def approvals_of(votes: Sequence[EdgeVote]) -> dict[str, set[str]]:
    """What each person approves of: values called wiser at least once, and never less wise."""
    wiser: dict[str, set[str]] = {}
    less: dict[str, set[str]] = {}
    for vote in votes:
        if vote.wiser is not None:
            other = vote.second if vote.wiser == vote.first else vote.first
            wiser.setdefault(vote.person, set()).add(vote.wiser)
            less.setdefault(vote.person, set()).add(other)
    return {person: values - less[person] for person, values in wiser.items()}


def _n_short(people: Sequence[frozenset[str]], value: str, chosen: Set[str], wanted: int) -> int:
    """People who approve of the value and of fewer than `wanted` chosen ones."""
    return sum(value in approved and len(approved & chosen) < wanted for approved in people)


def _most_wanted(
    people: Sequence[frozenset[str]],
    values: Sequence[str],
    chosen: Sequence[str],
    wanted: int,
    quota: Fraction,
) -> str | None:
    taken = set(chosen)
    counts = {
        value: _n_short(people, value, taken, wanted) for value in values if value not in taken
    }
    best = max(counts, key=lambda value: counts[value], default=None)
    return best if best is not None and counts[best] >= quota else None


def _best_filling(
    people: Sequence[frozenset[str]], values: Sequence[str], chosen: Sequence[str]
) -> str:
    taken = set(chosen)

    def gain(value: str) -> tuple[int, Fraction]:
        have = [len(approved & taken) for approved in people if value in approved]
        return have.count(0), sum((Fraction(1, n + 1) for n in have), Fraction(0))

    return max((value for value in values if value not in taken), key=gain)
