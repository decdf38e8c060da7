"""The guided interview's questions in English, each under the key by which it is translated."""

from collections.abc import Mapping
from dataclasses import dataclass

#: Nouns to begin a policy with.
HEAD_NOUNS = (
    "MOMENTS",
    "SIGNS",
    "QUESTIONS",
    "CHANGES",
    "PEOPLE",
    "WORDS",
    "SILENCES",
    "CHOICES",
    "OPPORTUNITIES",
    "SENSATIONS",
    "GESTURES",
    "PLACES",
    "STORIES",
    "DIFFERENCES",
    "DOUBTS",
)

ENGLISH: Mapping[str, str] = {
    "interview.begin": "Would you like to begin?",
    "interview.case": "Which of these situations would you like to start from?",
    "interview.story": "{case}\n\nWhich time in your own life does this bring to mind?",
    "interview.story.hint": "Tell what happened, in a few sentences. It can be small, and it can "
    "be about somebody whom you watched.",
    "interview.noticed": "Put yourself back into that time. What did you pay attention to?",
    "interview.noticed.hint": "One thing on each line, in your own words: what you looked at, "
    "listened for, waited for.",
    "interview.drop_test": "You paid attention to this: {thing}\n\nSuppose that what it leads to "
    "had come about in another way. Would you still pay attention to it?",
    "interview.more": "A card needs about {fewest} things. What else did you pay attention to?",
    "interview.more.dropped": "Some of what you named was for the sake of something else. Think "
    "of a time when that something else was there. What did you pay attention to then?",
    "interview.more.hint": "One thing on each line. Leave it empty to go on with what there is.",
    "interview.phrase": "You paid attention to this: {thing}\n\nHow would you say it to somebody "
    "who wants to look for it too?",
    "interview.phrase.hint": "Begin with what to look for, in capitals and in the plural, such as "
    "MOMENTS, SIGNS or QUESTIONS. Then say which of them.",
    "interview.review": "This is what you pay attention to, in your words. Which of it would you "
    "like to change?",
    "interview.review.hint": "Remarks are advice. Choose what you want to say anew, or go on.",
    "interview.moment": "Which moment shows all of this at once?",
    "interview.moment.hint": "One sentence, in the present, as you live it. Without names, and "
    "without saying how it feels.",
    "interview.title": "What would you call this way of living?",
    "interview.title.hint": "A few words that tell it apart from others.",
    "interview.confirm": "Does this card say what you mean?",
    "interview.another": "Would you like to speak of something else that matters to you?",
    "interview.paused": "You stopped here, and everything is kept. Would you like to go on?",
    "interview.done": "Your cards are kept. You can come back and change them.",
    "interview.note.no_answer": "The assistant did not answer, so here is the usual question.",
    "interview.note.unfit": "The assistant's answer was of no use, so here is the usual question.",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A text for the screen: the key that a catalogue translates, and the English beside it.

    Attributes
    ----------
    values : tuple of (name, text)
        What stands in the places of the text. It is put in as it is and not read again.
    """

    key: str
    english: str
    values: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.english.format_map(dict(self.values))


def message(key: str, **values: str) -> Message:
    """The text of a key, with what stands in its places."""
    return Message(key, ENGLISH[key], tuple(values.items()))
