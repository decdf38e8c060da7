"""A values card: a title, a moment, and what one attends to."""

from dataclasses import dataclass

from core.errors import DiscernError
from core.written import InvalidTextError, written

MAX_TITLE = 100
MAX_DESCRIPTION = 600
MAX_POLICY = 400
#: What can be kept at all. How many make a good card is advice: see `core.values_card.lint`.
MAX_POLICIES = 20
GOOD_POLICIES = range(3, 8)


class InvalidCardError(DiscernError):
    """A card cannot be kept as it is."""


@dataclass(frozen=True, slots=True)
class ValuesCard:
    """One way of living that matters to somebody, recognised by what they attend to.

    Attributes
    ----------
    title : str
        A few words.
    description : str
        One moment in one sentence, as one lives it.
    policies : tuple of str
        Attentional policies: what one attends to in a choice, each for its own sake. A good card
        has 3 to 7; a card with fewer or more can be kept, with advice.

    Raises
    ------
    InvalidCardError
        If a text is empty, too long or not text, or there are no policies or too many.
    """

    title: str
    description: str
    policies: tuple[str, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.policies, list | tuple):  # a file may hold anything
            raise InvalidCardError("The policies of a card are a list of texts. Give one a line.")
        if not 1 <= len(self.policies) <= MAX_POLICIES:
            raise InvalidCardError(
                f"A card has 1 to {MAX_POLICIES} policies, this one has {len(self.policies)}. "
                f"{GOOD_POLICIES.start} to {GOOD_POLICIES.stop - 1} are usual."
            )
        try:
            policies = tuple(written("A policy", text, MAX_POLICY) for text in self.policies)
            object.__setattr__(self, "title", written("The title", self.title, MAX_TITLE))
            description = written("The description", self.description, MAX_DESCRIPTION)
        except InvalidTextError as error:
            raise InvalidCardError(str(error)) from error
        object.__setattr__(self, "description", description)
        object.__setattr__(self, "policies", policies)
