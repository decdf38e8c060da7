"""Which two values to ask about next, in which direction, and with which probability."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np

from core.judgment import Floats
from core.ranks import ranks_of
from core.value_graph.estimate import EdgePosterior, population_rate
from core.value_graph.ranks import connected_cards, standing_draws
from core.value_graph.votes import Story

COVERAGE, INFORMATION, RANDOM, RETEST = "coverage_first", "information", "random", "retest"


class RankingQuestion(StrEnum):
    """What one wants to know: who is wisest, who is among the top, or which way edges point."""

    WISEST = "wisest"
    TOP = "top"
    EDGES = "edges"


@dataclass(frozen=True, slots=True, order=True)
class EdgeQuestion:
    """Two cards in a context; `first` sorts before `second`."""

    context: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, order=True)
class Form:
    """How a question is put: the card shown as wiser, the story told, the card on the left."""

    wiser_to: str
    story: Story
    left: str


@dataclass(frozen=True, slots=True)
class ChoiceSettings:
    """How questions are chosen.

    Attributes
    ----------
    min_shown : int
        Every question is shown so often before information decides.
    random_share : float
        The floor of exploration.
    retest_share : float
        Of questions that the person has answered already, once there is one: about 1 in 6.
    """

    min_shown: int = 5
    random_share: float = 0.1
    retest_share: float = 1 / 6


@dataclass(frozen=True, slots=True)
class EdgeChoice:
    """What to ask, by which policy, and with which probabilities.

    Attributes
    ----------
    probability : float
        Of the question, whatever policy chose it.
    form_probability : float
        Of the form, given the question.
    """

    question: EdgeQuestion
    form: Form
    policy: str
    probability: float
    form_probability: float


def choose_question(
    questions: Sequence[EdgeQuestion],
    shown: Mapping[EdgeQuestion, Mapping[Form, int]],
    own: Set[EdgeQuestion],
    information: Mapping[EdgeQuestion, float],
    rng: np.random.Generator,
    *,
    settings: ChoiceSettings = ChoiceSettings(),
) -> EdgeChoice | None:
    r"""Choose a question for one person; None where there is nothing to ask.

    With O the open questions (not answered by this person), A those answered, :math:`\rho` the
    retest share (0 where A is empty, 1 where O is) and :math:`\epsilon` the random share,

    .. math:: P(q) = \rho\,[q \in A] / |A|
        + (1 - \rho)\bigl(\epsilon\,[q \in O] / |O| + (1 - \epsilon)\,[q \in L] / |L|\bigr)

    where L are the open questions shown least often, while one has been shown fewer than
    `min_shown` times, and after that those with the most information.

    Parameters
    ----------
    shown : mapping of EdgeQuestion to mappings of Form to int
        How often each question was shown in each form.
    own : set of EdgeQuestion
        Those that this person has answered.
    information : mapping of EdgeQuestion to float
        From `expected_information`; a question that is not here has none.
    """
    open_ = [question for question in questions if question not in own]
    answered = sorted(own & set(questions))
    retest = settings.retest_share if answered and open_ else float(bool(answered))
    if not open_ and not answered:
        return None
    if rng.random() < retest:
        question = answered[int(rng.integers(len(answered)))]
        policy, probability = RETEST, retest / len(answered)
    else:
        policy, wanted = _wanted(open_, shown, information, settings.min_shown)
        at_random = rng.random() < settings.random_share
        among = open_ if at_random else wanted
        question = among[int(rng.integers(len(among)))]
        policy = RANDOM if at_random else policy
        share = settings.random_share / len(open_)
        share += (1 - settings.random_share) * (question in set(wanted)) / len(wanted)
        probability = (1 - retest) * share
    form, form_probability = choose_form(question, shown.get(question, {}), rng)
    return EdgeChoice(question, form, policy, probability, form_probability)


def _wanted(
    open_: Sequence[EdgeQuestion],
    shown: Mapping[EdgeQuestion, Mapping[Form, int]],
    information: Mapping[EdgeQuestion, float],
    min_shown: int,
) -> tuple[str, list[EdgeQuestion]]:
    counts = [sum(shown.get(question, {}).values()) for question in open_]
    least = min(counts)
    if least < min_shown or not information:
        return COVERAGE, [q for q, n in zip(open_, counts, strict=True) if n == least]
    worth = [information.get(question, 0.0) for question in open_]
    most = max(worth)
    return INFORMATION, [q for q, bits in zip(open_, worth, strict=True) if bits == most]


def choose_form(
    question: EdgeQuestion, shown: Mapping[Form, int], rng: np.random.Generator
) -> tuple[Form, float]:
    """Even out directions, then stories within the direction, then sides; what ties, by lot.

    Returns
    -------
    tuple of Form and float
        The form and the probability with which it was chosen.
    """
    cards = (question.first, question.second)
    left = [Form(*parts) for parts in product(cards, Story, cards)]
    probability = 1.0
    for field in ("wiser_to", "story", "left"):
        counts = {getattr(form, field): 0 for form in left}
        for form in left:
            counts[getattr(form, field)] += shown.get(form, 0)
        fewest = [value for value, number in counts.items() if number == min(counts.values())]
        value = fewest[int(rng.integers(len(fewest)))]
        probability /= len(fewest)
        left = [form for form in left if getattr(form, field) == value]
    return left[0], probability


def expected_information(
    posterior: EdgePosterior,
    rng: np.random.Generator,
    about: RankingQuestion = RankingQuestion.WISEST,
    *,
    top: int = 3,
) -> Floats:
    r"""Mutual information of one more answer with what one wants to know, nats; (n_pairs,).

    With :math:`p_s` the share of the population that calls the first wiser in draw s of the
    posterior and :math:`w_s` the answer to the question about the ranking in that draw,

    .. math:: I = h(\bar p) - \sum_w \frac{n_w}{S} h(\bar p_w), \qquad
        h(p) = -p \log p - (1 - p) \log (1 - p)

    minus its mean under independence, about :math:`(G - 1) \text{var}(p) / (2 S \bar p (1 - \bar
    p))` for G answers [1]_; never below 0. "Top" adds up over values whether each is among the
    top; both are about the largest connected part of the graph. "Edges" is about the direction of
    the edge asked.

    References
    ----------
    .. [1] Lindley, "On a measure of the information provided by an experiment", Annals of
       Mathematical Statistics 27(4), 1956; the correction is that of Miller, "Note on the bias of
       information estimates", 1955, for probabilities in place of outcomes.
    """
    chance = population_rate(posterior.draws, posterior.widths.tendency)
    if about is RankingQuestion.EDGES:
        return _about_own_direction(posterior.draws, chance)
    voted = connected_cards(posterior)[0]
    ranks = ranks_of(standing_draws(posterior, voted, rng))
    if about is RankingQuestion.WISEST:
        return _information(chance, (ranks == 1).astype(np.float64))
    total = np.zeros(chance.shape[1])
    for place in range(len(voted)):
        inside = (ranks[:, place] <= top).astype(np.float64)
        total += _information(chance, np.stack([inside, 1 - inside], axis=1))
    return total


def _information(chance: Floats, membership: Floats) -> Floats:
    """Of answers with chances (S, n) about classes (S, G) of draws."""
    sizes = membership.sum(axis=0)
    classes = membership[:, sizes > 0]
    shares = classes.mean(axis=0)
    within = (classes.T @ chance) / sizes[sizes > 0][:, None]
    mean = chance.mean(axis=0)
    gained = _entropy(mean) - shares @ _entropy(within)
    spurious = (classes.shape[1] - 1) * chance.var(axis=0) / (2 * len(chance) * mean * (1 - mean))
    return np.asarray(np.maximum(gained - spurious, 0.0))


def _about_own_direction(draws: Floats, chance: Floats) -> Floats:
    up = draws > 0
    share = up.mean(axis=0)
    n_up = np.maximum(up.sum(axis=0), 1)
    n_down = np.maximum((~up).sum(axis=0), 1)
    within_up, within_down = (chance * up).sum(axis=0) / n_up, (chance * ~up).sum(axis=0) / n_down
    whole = _entropy(chance.mean(axis=0))
    gained = whole - share * _entropy(within_up) - (1 - share) * _entropy(within_down)
    return np.asarray(np.maximum(gained, 0.0))


def _entropy(chance: Floats) -> Floats:
    from scipy.special import entr  # here, as scipy takes long to import

    both: Floats = entr(chance) + entr(1 - chance)
    return both
