"""Whether a question leaves the answer to the person: one at a time, not leading, no flattery."""

import re
from dataclasses import dataclass
from enum import StrEnum

from core.interview.turns import MAX_QUESTION

_END = re.compile(r"[?？؟]+")


class QuestionRule(StrEnum):
    """What a question of an interviewer keeps to."""

    ONE_QUESTION = "question.one"
    NOT_LEADING = "question.not_leading"
    NO_FLATTERY = "question.no_flattery"
    PLAIN = "question.plain"
    SHORT = "question.short"


@dataclass(frozen=True, slots=True)
class QuestionFault:
    """A rule that a question breaks, and the words by which."""

    rule: QuestionRule
    found: str


_LEADING = re.compile(
    r"(?<!\w)(?:(?:do|did|are|were|is|was|would|could|have|has|does|should|ca|wo)n['’]t "
    r"(?:you|it|that|there|this|they|he|she|we)|"
    r"(?:wouldn['’]t|would|do|don['’]t) you (?:also |not )?(?:agree|say that|think that)|"
    r"(?:right|correct|no|yes|isn['’]t it|aren['’]t you)\s*\?|"
    r"could it be|might it be|(?:was|is) (?:it|that|this) (?:perhaps |maybe )?because|"
    r"did (?:you|it|that) (?:make you )?(?:feel|realise|realize)|how (?:good|bad|happy|sad|proud|"
    r"angry|painful|wonderful)|so you (?:\w+ )?(?:felt|valued|care|wanted|believe|think)|"
    r"you must have|surely|obviously|clearly|of course|naturally|as (?:anyone|everyone) would|"
    r"most people|(?:good|decent) people)(?!\w)|(?:right|correct|no)\s*\?",
    re.IGNORECASE,
)
_FLATTERY = re.compile(
    r"(?<!\w)(?:(?:what|such) an? (?:\w+ )?(?:great|beautiful|wonderful|amazing|lovely|powerful|"
    r"touching|moving|thoughtful|insightful|profound|inspiring|story|answer|insight)|"
    r"(?:great|beautiful|wonderful|amazing|excellent|brilliant|fantastic|powerful|touching|moving|"
    r"thoughtful|insightful|inspiring|lovely|impressive) "
    r"(?:story|answer|question|point|insight|example|reflection|value|moment|job|work|choice|of)|"
    r"(?:that|this|it)(?: i|['’])s (?:so |really |very |truly )?(?:great|beautiful|wonderful|"
    r"amazing|brilliant|fantastic|powerful|touching|moving|insightful|inspiring|lovely|impressive|"
    r"profound)|thank you (?:so much )?for (?:sharing|your|being|opening)|thanks for sharing|"
    r"i (?:love|admire|appreciate|am touched|am moved)|well (?:said|done|put)|wow|"
    r"you (?:are|['’]re) (?:so |very |really |clearly )?(?:\w+ly )?(?:wise|thoughtful|kind|brave|"
    r"caring|insightful|perceptive|remarkable|amazing|special))(?!\w)",
    re.IGNORECASE,
)
#: Links, markup and words of the trade.
_NOT_PLAIN = re.compile(
    r"https?:|www\.|\w@\w|[<>{}\[\]`|]|\*\*|__|^#|attentional|constitutive|source of meaning|"
    r"values? card|as an ai|language model",
    re.IGNORECASE | re.MULTILINE,
)


def lint_question(question: str) -> tuple[QuestionFault, ...]:
    """Say by which rules a question would steer the person; the words looked for are English."""
    faults = []
    marks = _END.findall(question)
    if len(marks) != 1 or not _END.search(question[-3:]):
        faults.append(QuestionFault(QuestionRule.ONE_QUESTION, " ".join(marks)))
    if len(question) > MAX_QUESTION:
        return (*faults, QuestionFault(QuestionRule.SHORT, str(len(question))))
    looked_for = (
        (QuestionRule.NOT_LEADING, _LEADING),
        (QuestionRule.NO_FLATTERY, _FLATTERY),
        (QuestionRule.PLAIN, _NOT_PLAIN),
    )
    found = [(rule, pattern.search(question)) for rule, pattern in looked_for]
    return (*faults, *(QuestionFault(rule, words[0]) for rule, words in found if words))


def is_plain(text: str) -> bool:
    """Whether a text is without links, markup and words of the trade."""
    return _NOT_PLAIN.search(text) is None
