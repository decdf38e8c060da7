"""Near cards are found by what one attends to, and how well is said with its interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from core.estimates import NotDeterminedError
from core.values_card import ValuesCard
from core.values_card.canonical import Sameness
from core.values_card.finder import Offer, finder_precision
from core.values_card.nearest import card_text, nearest, term_weights
from tests.core.values_cards import GOOD_CARDS

OTHERS = {f"card {number:02}": card for number, card in enumerate(GOOD_CARDS)}
TEXTS = [card_text(card) for card in GOOD_CARDS]


def test_similarities_are_those_of_scikit_learn() -> None:
    vectorizer = TfidfVectorizer(
        sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"\w+", smooth_idf=True
    )
    rows = vectorizer.fit_transform([*TEXTS, ""])[:-1]  # an empty text has its place
    expected = (rows @ rows.T).toarray()
    weights = term_weights([*TEXTS, ""])
    found = np.array([weights.similarities(text) for text in TEXTS])
    assert np.abs(found[:, :-1] - expected).max() < 1e-12
    assert (found[:, -1] == 0).all()


def test_a_small_example_by_hand() -> None:
    """Two texts of one word each, N = 2: rarities log(3/2) + 1 each, and a stranger as rare."""
    weights = term_weights(["rain", "snow"])
    assert weights.rarity == pytest.approx([np.log(1.5) + 1] * 2)
    assert weights.similarities("rain").tolist() == pytest.approx([1, 0])
    # Terms of the query: rain, wind (strange) and their pair (strange), all of the same weight.
    assert weights.similarities("rain wind").tolist() == pytest.approx([1 / np.sqrt(3), 0])


@pytest.mark.parametrize("number", range(len(GOOD_CARDS)))
def test_a_card_in_other_words_is_found_first(number: int) -> None:
    card = GOOD_CARDS[number]
    first, second, *_ = card.policies
    other = ValuesCard("Something", "Said otherwise.", (f"THINGS and {second.lower()}", first))
    found = nearest(other, OTHERS, n=3)
    assert found[0].card_id == f"card {number:02}"
    assert found[0].similarity > 2 * found[1].similarity


def test_what_has_nothing_in_common_is_not_offered() -> None:
    assert nearest(ValuesCard("A", "B", ("漢字",)), OTHERS) == ()
    assert nearest(GOOD_CARDS[0], {}) == ()
    assert len(nearest(GOOD_CARDS[0], OTHERS, n=2)) == 2


def test_given_embeddings_take_the_place_of_words() -> None:
    embeddings = {"card 00": np.array([0.0, 2.0]), "card 01": np.array([3.0, 3.0])}
    found = nearest(GOOD_CARDS[0], OTHERS, embedding=np.array([1.0, 0.0]), embeddings=embeddings)
    [only] = found
    assert (only.card_id, only.similarity == pytest.approx(np.sqrt(0.5))) == ("card 01", True)
    with pytest.raises(ValueError, match="or of neither"):
        nearest(GOOD_CARDS[0], OTHERS, embeddings=embeddings)
    with pytest.raises(ValueError, match="cannot be compared"):
        nearest(GOOD_CARDS[0], OTHERS, embedding=np.ones(3), embeddings=embeddings)


@given(
    st.lists(st.text("abc ", max_size=12), min_size=1, max_size=6), st.text("abcd ", max_size=12)
)
def test_similarities_lie_between_nothing_and_all(texts: list[str], query: str) -> None:
    weights = term_weights(texts)
    assert ((weights.similarities(query) >= 0) & (weights.similarities(query) <= 1 + 1e-9)).all()
    for place, text in enumerate(texts):
        itself = weights.similarities(text)[place]
        assert itself == pytest.approx(1 if text.strip() else 0)


def offers(*rows: tuple[float, Sameness]) -> list[Offer]:
    return [Offer(f"person {number}", *row) for number, row in enumerate(rows)]


def test_precision_is_counted_by_similarity() -> None:
    found = finder_precision(
        offers(
            (0.95, Sameness.SAME),
            (1.0, Sameness.SAME),
            (0.9, Sameness.NEARLY),
            (0.15, Sameness.DIFFERENT),
            (0.1, Sameness.NEARLY),
        )
    )
    assert [(p.low, p.high, p.same.n) for p in found] == [(0.1, 0.2, 2), (0.9, 1.0, 3)]
    assert [p.same.value for p in found] == pytest.approx([0, 2 / 3])
    assert [p.near.value for p in found] == pytest.approx([1 / 2, 1])
    # Wilson with two of three: (2/3 + z²/6) / (1 + z²/3) -/+ z sqrt(2/27 + z²/36) / (1 + z²/3),
    # where the three people's variance has the factor 3/2: n is 2, not 3.
    z2, n, p = 1.959964**2, 2.0, 2 / 3
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    assert (found[1].same.low, found[1].same.high) == pytest.approx(
        (centre - reach, centre + reach)
    )


def test_nothing_is_said_of_a_finder_that_nobody_has_answered() -> None:
    with pytest.raises(NotDeterminedError, match="nobody has said"):
        finder_precision([])
    with pytest.raises(ValueError, match="must increase"):
        finder_precision(offers((0.5, Sameness.SAME)), edges=(0, 0.5, 0.5))


def test_the_interval_of_precision_holds_the_truth() -> None:
    """400 finders, 60 answers of 20 people each with tastes of their own, truth 0.4.

    With 95 % intervals 380 are expected to hold it, +/- 3 sd = 367 to 393; that the number of
    people is small costs a little, so that 360 is asked.
    """
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        taste = rng.beta(8, 12, 20)  # mean 0.4
        said = rng.random((20, 3)) < taste[:, None]
        found = finder_precision(
            [
                Offer(str(person), 0.5, Sameness.SAME if yes else Sameness.DIFFERENT)
                for person, row in enumerate(said)
                for yes in row
            ]
        )
        held += found[0].same.low <= 0.4 <= found[0].same.high
    assert held >= 360
