"""What the interview and the advice say, in the language of the person in front of it.

The English is that of `core`, written out once more so that catalogues are asked for it; a test
holds the two together.
"""

from collections.abc import Mapping

from core.interview.turns import StepKey
from core.interview.wording import Message
from core.values_card.card import GOOD_POLICIES
from core.values_card.lint import TITLE_WORDS, Advice, Rule
from ui.messages import deferred, say, say_deferred
from workbench.catalogue import Deferred

QUESTIONS: Mapping[str, Deferred] = {
    "interview.begin": deferred("Would you like to begin?"),
    "interview.case": deferred("Which of these situations would you like to start from?"),
    "interview.story": deferred("{case}\n\nWhich time in your own life does this bring to mind?"),
    "interview.story.hint": deferred(
        "Tell what happened, in a few sentences. It can be small, and it can be about somebody "
        "whom you watched."
    ),
    "interview.noticed": deferred(
        "Put yourself back into that time. What did you pay attention to?"
    ),
    "interview.noticed.hint": deferred(
        "One thing on each line, in your own words: what you looked at, listened for, waited for."
    ),
    "interview.drop_test": deferred(
        "You paid attention to this: {thing}\n\nSuppose that what it leads to had come about in "
        "another way. Would you still pay attention to it?"
    ),
    "interview.more": deferred(
        "A card needs about {fewest} things. What else did you pay attention to?"
    ),
    "interview.more.dropped": deferred(
        "Some of what you named was for the sake of something else. Think of a time when that "
        "something else was there. What did you pay attention to then?"
    ),
    "interview.more.hint": deferred(
        "One thing on each line. Leave it empty to go on with what there is."
    ),
    "interview.phrase": deferred(
        "You paid attention to this: {thing}\n\nHow would you say it to somebody who wants to look "
        "for it too?"
    ),
    "interview.phrase.hint": deferred(
        "Begin with what to look for, in capitals and in the plural, such as MOMENTS, SIGNS or "
        "QUESTIONS. Then say which of them."
    ),
    "interview.review": deferred(
        "This is what you pay attention to, in your words. Which of it would you like to change?"
    ),
    "interview.review.hint": deferred(
        "Remarks are advice. Choose what you want to say anew, or go on."
    ),
    "interview.moment": deferred("Which moment shows all of this at once?"),
    "interview.moment.hint": deferred(
        "One sentence, in the present, as you live it. Without names, and without saying how it "
        "feels."
    ),
    "interview.title": deferred("What would you call this way of living?"),
    "interview.title.hint": deferred("A few words that tell it apart from others."),
    "interview.confirm": deferred("Does this card say what you mean?"),
    "interview.another": deferred("Would you like to speak of something else that matters to you?"),
    "interview.paused": deferred(
        "You stopped here, and everything is kept. Would you like to go on?"
    ),
    "interview.done": deferred("Your cards are kept. You can come back and change them."),
    "interview.note.no_answer": deferred(
        "The assistant did not answer, so here is the usual question."
    ),
    "interview.note.unfit": deferred(
        "The assistant's answer was of no use, so here is the usual question."
    ),
}
ADVICE: Mapping[Rule, Deferred] = {
    Rule.INSTRUMENTAL: deferred(
        "This sounds like a means to something else. Name what you would still attend to if that "
        "came about in another way."
    ),
    Rule.ABOUT_ACCEPTABILITY: deferred(
        "This is about what is proper or expected. Name what you look out for yourself, even when "
        "nobody expects it."
    ),
    Rule.TOO_ABSTRACT: deferred(
        "This is a big word that many things fit under. Name what one would see or hear when it is "
        "there."
    ),
    Rule.CASE_SPECIFIC: deferred(
        "This belongs to one person or one occasion. Say it in words that would also fit another "
        "time."
    ),
    Rule.NEGATIVE: deferred("This says what to keep away from. Say what you look for instead."),
    Rule.DUPLICATE: deferred(
        "Two of the policies say nearly the same. Join them, or say what tells them apart."
    ),
    Rule.NOT_CHECKABLE: deferred(
        "Nobody could tell whether somebody was attending to this. Say which things to look for, "
        "and what marks them."
    ),
    Rule.FORM: deferred(
        "Begin with what you look for, in capitals and in the plural, such as MOMENTS, SIGNS or "
        "QUESTIONS; then say which of them."
    ),
    Rule.NUMBER: deferred(
        "A card is clearest with {fewest} to {most} policies that belong together."
    ),
    Rule.TITLE: deferred(
        "A title of {fewest} to {most} words that is not one big word, and not another card's "
        "title, is easiest to tell apart."
    ),
    Rule.MOMENT: deferred(
        "Describe one moment in one sentence, in the present, as you live it: without names, and "
        "without saying how it makes you feel."
    ),
}
_RANGES = {Rule.NUMBER: GOOD_POLICIES, Rule.TITLE: TITLE_WORDS}
STEPS: Mapping[StepKey, Deferred] = {
    StepKey.CASE: deferred("Situation"),
    StepKey.STORY: deferred("Your story"),
    StepKey.NOTICED: deferred("What you paid attention to"),
    StepKey.DROP_TEST: deferred("For its own sake?"),
    StepKey.MORE: deferred("What else"),
    StepKey.PHRASE: deferred("In your words"),
    StepKey.REVIEW: deferred("Reading it over"),
    StepKey.MOMENT: deferred("A moment"),
    StepKey.TITLE: deferred("Title"),
    StepKey.CONFIRM: deferred("The card"),
}
#: Nouns to begin a policy with: those of `core.interview.wording`, in the person's language.
HEAD_NOUNS = (
    deferred("MOMENTS"),
    deferred("SIGNS"),
    deferred("QUESTIONS"),
    deferred("CHANGES"),
    deferred("PEOPLE"),
    deferred("WORDS"),
    deferred("SILENCES"),
    deferred("CHOICES"),
    deferred("OPPORTUNITIES"),
    deferred("SENSATIONS"),
    deferred("GESTURES"),
    deferred("PLACES"),
    deferred("STORIES"),
    deferred("DIFFERENCES"),
    deferred("DOUBTS"),
)


def said(message: Message) -> str:
    """A text of the interview in this person's language."""
    return say_deferred(QUESTIONS[message.key], **dict(message.values))


def note(key: str) -> str:
    return say_deferred(QUESTIONS[key]) if key in QUESTIONS else ""


def advice(remark: Advice) -> str:
    """What is advised, with the words that led to it."""
    good = _RANGES.get(remark.rule)
    values = {} if good is None else {"fewest": good.start, "most": good.stop - 1}
    sentence = say_deferred(ADVICE[remark.rule], **values)
    return (
        say("{advice} (“{words}”)", advice=sentence, words=remark.found)
        if remark.found
        else (sentence)
    )


def step_name(step: StepKey) -> str:
    return say_deferred(STEPS[step])


def keeps_name(keeps: str) -> str:
    """The answers of the drop test."""
    return {
        "yes": say("Yes, I still would"),
        "no": say("No, I would not"),
        "unsure": say("I am not sure"),
    }[keeps]
