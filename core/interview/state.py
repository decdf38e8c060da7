"""Where an interview stands: a function of its turns."""

from dataclasses import dataclass, field

from core.interview.turns import Case, Keeps, Place, Proposed, StepKey
from core.values_card.card import GOOD_POLICIES, ValuesCard


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that the person attended to, and what they said of it since.

    Attributes
    ----------
    policy : str or None
        The same, phrased so that others could look for it.
    """

    text: str
    keeps: Keeps | None = None
    policy: str | None = None

    @property
    def kept(self) -> bool:
        """Whether it passed the drop test. A doubt keeps it, for the person to decide on."""
        return self.keeps in {Keeps.YES, Keeps.UNSURE}


@dataclass(frozen=True, slots=True)
class Draft:
    """One value on its way to a card.

    Attributes
    ----------
    enough : bool
        The person has nothing to add, though few things passed the drop test.
    reviewed : bool
        The policies were read over as they stand.
    cards : tuple of ValuesCard
        What the person confirmed, the last version last.
    confirmed : bool
        Whether the draft as it stands is the last of the cards.
    proposals : tuple of Proposed
        The last one at each place.
    """

    case_id: str | None = None
    story: str | None = None
    things: tuple[Thing, ...] = ()
    enough: bool = False
    reviewed: bool = False
    moment: str | None = None
    title: str | None = None
    cards: tuple[ValuesCard, ...] = ()
    confirmed: bool = False
    proposals: tuple[Proposed, ...] = ()

    @property
    def kept(self) -> tuple[int, ...]:
        """The things noticed that passed the drop test."""
        return tuple(number for number, thing in enumerate(self.things) if thing.kept)

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies so far."""
        return tuple(thing.policy for thing in self.things if thing.kept and thing.policy)

    @property
    def card(self) -> ValuesCard | None:
        """The card that the person confirmed last."""
        return self.cards[-1] if self.cards else None

    def proposal(self, place: Place) -> Proposed | None:
        return next((made for made in self.proposals if made.place == place), None)

    def answered(self, place: Place) -> bool:
        """Whether there is an answer at a place, to which one could go back."""
        number = len(self.things) if place.thing is None else place.thing
        thing = self.things[number] if number < len(self.things) else None
        answers: dict[StepKey, object] = {
            StepKey.CASE: self.case_id,
            StepKey.STORY: self.story,
            StepKey.NOTICED: self.things or None,
            StepKey.DROP_TEST: thing and thing.keeps,
            StepKey.PHRASE: (thing and thing.kept and thing.policy) or None,
            StepKey.REVIEW: self.policies if self.reviewed else None,
            StepKey.MOMENT: self.moment,
            StepKey.TITLE: self.title,
        }
        return answers.get(place.step) is not None

    def first_missing(self) -> Place:
        """The first place without an answer, in the order of the interview."""
        if self.case_id is None:
            return Place(StepKey.CASE)
        if self.story is None:
            return Place(StepKey.STORY)
        if not self.things:
            return Place(StepKey.NOTICED)
        return self._missing_of_things() or self._missing_of_card()

    def _missing_of_things(self) -> Place | None:
        for number, thing in enumerate(self.things):
            if thing.keeps is None:
                return Place(StepKey.DROP_TEST, number)
        if not self.kept or (len(self.kept) < GOOD_POLICIES.start and not self.enough):
            return Place(StepKey.MORE)
        for number in self.kept:
            if self.things[number].policy is None:
                return Place(StepKey.PHRASE, number)
        return None

    def _missing_of_card(self) -> Place:
        if not self.reviewed:
            return Place(StepKey.REVIEW)
        if self.moment is None:
            return Place(StepKey.MOMENT)
        return Place(StepKey.TITLE if self.title is None else StepKey.CONFIRM)


@dataclass(frozen=True, slots=True)
class State:
    """Where an interview stands.

    Attributes
    ----------
    cases : tuple of Case
        Empty before it began.
    values : tuple of Draft
        One for each value that the person spoke of.
    current : int or None
        The one that is spoken of now.
    reopened : tuple of Place
        Answers to be given anew, the next one first.
    n_turns : int
        How many turns led here; two states with the same answers are the same.
    """

    cases: tuple[Case, ...] = ()
    language: str = "en"
    values: tuple[Draft, ...] = ()
    current: int | None = None
    reopened: tuple[Place, ...] = ()
    stopped: bool = False
    finished: bool = False
    n_turns: int = field(default=0, compare=False)

    @property
    def draft(self) -> Draft | None:
        """The value that is spoken of now."""
        return None if self.current is None else self.values[self.current]

    @property
    def cards(self) -> tuple[ValuesCard, ...]:
        """The cards that the person confirmed, each in its last version."""
        return tuple(draft.card for draft in self.values if draft.card is not None)

    @property
    def case(self) -> Case | None:
        """The case that is spoken of now."""
        chosen = None if self.draft is None else self.draft.case_id
        return next((case for case in self.cases if case.id == chosen), None)

    @property
    def place(self) -> Place:
        """What is asked next."""
        if not self.cases:
            return Place(StepKey.BEGIN)
        if self.stopped:
            return Place(StepKey.PAUSED)
        if self.draft is None:
            return Place(StepKey.DONE if self.finished else StepKey.ANOTHER)
        return self.reopened[0] if self.reopened else self.draft.first_missing()
