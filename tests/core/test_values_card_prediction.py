"""A card that represents somebody predicts what they choose, and one that does not is found out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values_card import ValuesCard
from core.values_card.prediction import HeldOutChoice, predict_choices

CARD = ValuesCard(
    "Hosting strangers",
    "Pulling up one more chair.",
    ("PEOPLE who stand at the edge of a room", "TOPICS that let newcomers speak", "LULLS"),
)
WALK = "walk alone in the forest"
PARTY = "invite the newcomers and let people speak"


def choice(name: str, first: str, second: str, *, chose_first: bool) -> HeldOutChoice:
    return HeldOutChoice(name, first, second, chose_first)


def test_the_option_nearer_to_the_card_is_predicted() -> None:
    found = predict_choices(
        CARD,
        [
            choice("hit", PARTY, WALK, chose_first=True),
            choice("hit too", WALK, PARTY, chose_first=False),
            choice("miss", PARTY, "sleep", chose_first=False),
            choice("silent", "漢字", "sleep", chose_first=True),
        ],
    )
    assert [choice.hit for choice in found.choices] == [True, True, False, None]
    assert found.hit_rate is not None
    assert found.hit_rate.value == pytest.approx(2 / 3)
    assert (found.hit_rate.n, found.n_silent) == (3, 1)
    assert found.failed == ("miss",)
    assert found.beats_chance is None  # of three one cannot tell


def test_what_says_nothing_has_no_hit_rate() -> None:
    assert predict_choices(CARD, []).hit_rate is None
    found = predict_choices(CARD, [choice("silent", "漢字", "漢字", chose_first=True)])
    assert (found.hit_rate, found.n_silent, found.beats_chance) == (None, 1, None)


def test_given_scores_take_the_place_of_words_and_the_worst_misses_come_first() -> None:
    choices = [choice(name, "a", "b", chose_first=name != "c") for name in "abcd"]
    scores = {"a": (0.1, 0.9), "b": (0.4, 0.5), "c": (1.0, 0.0), "d": (1.0, 0.0)}
    found = predict_choices(CARD, choices, scores=scores)
    assert found.failed == ("c", "a", "b")
    with pytest.raises(ValueError, match="no score for choice 'd'"):
        predict_choices(CARD, choices, scores={name: scores[name] for name in "abc"})
    with pytest.raises(ValueError, match="not a number"):
        predict_choices(CARD, choices, scores=scores | {"a": (float("nan"), 0)})


def test_choices_under_one_prompt_count_as_one_cluster() -> None:
    many = [HeldOutChoice(str(n), PARTY, WALK, n > 3, prompt="ab"[n > 3]) for n in range(12)]
    alone = [HeldOutChoice(str(n), PARTY, WALK, n > 3) for n in range(12)]
    wide, narrow = (predict_choices(CARD, choices).hit_rate for choices in (many, alone))
    assert wide is not None
    assert narrow is not None
    assert wide.high - wide.low > narrow.high - narrow.low


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.booleans())
def test_the_sides_do_not_matter(chosen: list[bool], swap: bool) -> None:  # noqa: FBT001
    choices = [choice(str(n), PARTY, WALK, chose_first=yes) for n, yes in enumerate(chosen)]
    swapped = [choice(c.id, WALK, PARTY, chose_first=not c.chose_first) for c in choices]
    one, other = predict_choices(CARD, choices), predict_choices(CARD, swapped if swap else choices)
    assert one.hit_rate == other.hit_rate
    assert one.failed == other.failed


WORDS = [f"word{number}" for number in range(60)]


def test_people_who_choose_by_their_card_are_told_from_those_who_do_not() -> None:
    """Simulated: options of six words of sixty, a card of twenty of them; 40 choices each.

    Somebody who takes the option with more words of the card in 80 % of the choices is to be found
    in most of 60 cases: 0.8 of 40 is 4.7 sd of chance (0.079) above one half, less what TF-IDF and
    equal numbers cost. Somebody who tosses a coin passes for one in 2.5 % of cases: of 60 at most 6
    (mean 1.5, sd 1.2). The hit rate of those who do has the interval around what they really do.
    """
    rng = np.random.default_rng(5)
    found = {True: 0, False: 0}
    for follows in (True, False):
        for _ in range(60):
            own = set(rng.choice(60, 20, replace=False).tolist())
            card = ValuesCard("A", "B", (" ".join(WORDS[number] for number in sorted(own)),))
            choices = []
            for number in range(40):
                one, other = rng.choice(60, 6, replace=False), rng.choice(60, 6, replace=False)
                lead = len(own & set(one.tolist())) - len(own & set(other.tolist()))
                by_card = (lead > 0) == (rng.random() < 0.8) if lead else rng.random() < 0.5
                chose_first = bool(by_card if follows else rng.random() < 0.5)
                first, second = (" ".join(WORDS[w] for w in words) for words in (one, other))
                choices.append(HeldOutChoice(str(number), first, second, chose_first))
            found[follows] += predict_choices(card, choices).beats_chance is True
    assert found[True] >= 45
    assert found[False] <= 6
