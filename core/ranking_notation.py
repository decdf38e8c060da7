"""Orders of items as people write them into files, and what they say in a study's form."""

import json
from collections.abc import Sequence

from core.answer_form import Form, ListSaid
from core.errors import DiscernError

MIN_RANKED, MAX_RANKED = 3, 100

Places = tuple[tuple[str, ...], ...]


class InvalidRankingError(DiscernError):
    """A ranking that cannot be read, or that is no answer to what the study asks."""


def places_of(written: str) -> Places:
    """Read an order, best first: `a > b = c`, or JSON such as `["a", ["b", "c"]]`.

    Raises
    ------
    InvalidRankingError
        If a place is empty.
    """
    if written.lstrip().startswith("["):
        listed = [place if isinstance(place, list) else [place] for place in _json_list(written)]
    else:
        listed = [place.split("=") for place in written.split(">")]
    places = tuple(tuple(_item(name) for name in place) for place in listed)
    if not places or not all(places):
        raise InvalidRankingError("A place of a ranking must not be empty.")
    return places


def items_of(written: str) -> tuple[str, ...]:
    """Read a list of items: JSON, or names with commas between them.

    Raises
    ------
    InvalidRankingError
        If it is none.
    """
    is_json = written.lstrip().startswith("[")
    return tuple(_item(name) for name in (_json_list(written) if is_json else written.split(",")))


def said_in(form: Form, places: Places, rest: Sequence[str], worst: str | None) -> ListSaid:
    """What an order says in a study of that form.

    Parameters
    ----------
    places : tuple of tuples of str
        Best first. Of best and worst the last place may be the worst, and what lies between them
        the rest; of the best few and of three of which two are closer the second place may be the
        rest.
    rest : sequence of str
        What was shown and not told apart.
    worst : str or None

    Raises
    ------
    InvalidRankingError
        If an item stands twice, there are too few or too many, or it is no answer in that form.
    """
    every = [item for place in places for item in place] + list(rest)
    every += [] if worst is None else [worst]
    if len(set(every)) < len(every):
        raise InvalidRankingError("An item stands only once in a ranking.")
    if not MIN_RANKED <= len(every) <= MAX_RANKED:
        raise InvalidRankingError(
            f"A ranking has {MIN_RANKED} to {MAX_RANKED} items; two are a judgment."
        )
    if worst is not None and form is not Form.BEST_WORST:
        raise InvalidRankingError("The worst item is named where best and worst were asked for.")
    if form is Form.RANKING:
        return ListSaid(_sorted(places), tuple(sorted(rest)))
    if form is Form.BEST_WORST:
        return _best_and_worst(places, list(rest), worst)
    return _chosen(form, places, list(rest))


def _best_and_worst(places: Places, rest: list[str], worst: str | None) -> ListSaid:
    between, ends = list(places[1:]), worst
    if ends is None and between and len(between[-1]) == 1:
        ends = between.pop()[0]
    rest += [item for place in between for item in place]
    if len(places[0]) != 1 or ends is None or len(between) > 1:
        raise InvalidRankingError(
            "Best and worst are written as best > others, with = between them > worst."
        )
    return ListSaid((places[0],), tuple(sorted(rest)), ends)


def _chosen(form: Form, places: Places, rest: list[str]) -> ListSaid:
    rest += [item for place in places[1:] for item in place]
    if len(places) > 2 or not rest:  # noqa: PLR2004 - the chosen and the others
        raise InvalidRankingError("What was chosen is written as chosen = chosen > other = other.")
    if form is Form.TRIPLET and (len(places[0]), len(rest)) != (2, 1):
        raise InvalidRankingError("Of three items, the two that are closer: one = other > third.")
    return ListSaid(_sorted(places[:1]), tuple(sorted(rest)))


def _sorted(places: Places) -> Places:
    return tuple(tuple(sorted(place)) for place in places)


def _json_list(written: str) -> list[object]:
    try:
        listed = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InvalidRankingError('A list of items is JSON such as ["a", "b"].') from error
    if not isinstance(listed, list):
        raise InvalidRankingError('A list of items is JSON such as ["a", "b"].')
    return listed


def _item(name: object) -> str:
    text = name.strip() if isinstance(name, str) else ""
    if not text or "\0" in text or not _is_unicode(text):
        raise InvalidRankingError("A ranking names items by their ids; one of them is no text.")
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON may escape half of a surrogate pair
        return False
    return True
