"""Words and turns of phrase that the lint of values cards and of questions looks for in English."""

import re


def _any_of(*alternatives: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """A pattern that finds any of the alternatives as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", flags)


#: A result that is wanted, or words that say that the rest is a means to one.
INSTRUMENTAL = _any_of(
    r"in order to",
    r"so as to",
    r"as a (?:means|way) (?:to|of)",
    r"to (?:get|achieve|obtain|win|gain|secure|ensure|guarantee|maximi[sz]e|succeed|earn)",
    r"to make sure",
    r"(?:that|which|to) (?:will )?(?:leads?|results? in|pays? off|brings? about)",
    r"leads? to (?:success|results|better|more|higher)",
    r"(?:better|good|best|higher) (?:results?|outcomes?|grades?|marks|scores?|performance)",
    r"(?:grades?|marks|scores?|results?|outcomes?|profits?|sales) (?:that|which)? ?"
    r"(?:improve|rise|grow|go up)",
    r"productivity|efficiency|effectiveness",
)

#: What is proper, expected or harmless, and not what one looks out for.
ABOUT_ACCEPTABILITY = _any_of(
    r"should(?:n['’]t)?|ought to|supposed to|must|have to|has to",
    r"(?:a )?(?:good|decent|responsible|moral|proper) "
    r"(?:person|people|human|parent|mother|father|friend|citizen|christian|muslim)",
    r"expected of|what (?:is|others|people|society|everyone) expects?",
    r"(?:is|are|be|being|seem|look) (?:acceptable|appropriate|proper|polite|respectable)",
    r"(?:socially|morally) \w+",
    r"the right thing",
    r"without (?:harming|hurting|offending|upsetting|disturbing|judging)",
    r"(?:every(?:one|body)|all)(?:['’]s)? (?:feelings?|needs|opinions?|sides?)",
    r"political(?:ly)? correct(?:ness)?",
)

#: Big words, wherever they stand.
ABSTRACT_WORDS = _any_of(
    r"meaning(?:ful(?:ly|ness)?)?",
    r"profound(?:ly)?|deeply|authentic(?:ity|ally)?|holistic(?:ally)?",
    r"deep(?:er)? (?:connections?|understanding|bonds?|love|truths?|levels?)",
    r"true (?:self|selves|nature|essence)|inner (?:self|truth|being)",
    r"wholeness|oneness|essence|transcendence|the universe",
)

#: Big words where they are what is attended to: a policy or a title that begins with one of them.
ABSTRACT_HEADS = re.compile(
    r"\A\W*(?:understanding|recognition|awareness|respect|clarity|support|empathy|compassion|"
    r"love|presence|connection|growth|wisdom|honesty|integrity|freedom|justice|fairness|kindness|"
    r"trust|harmony|balance|happiness|peace|truth|beauty|respectfulness|openness|autonomy|"
    r"equality|dignity|safety|community|family|creativity|mindfulness|acceptance|gratitude|"
    r"courage|patience|humility|loyalty|success|wellbeing|well-being|authenticity|values?)(?!\w)",
    re.IGNORECASE,
)

#: One person, one occasion, one tool.
CASE_SPECIFIC = _any_of(
    r"chat ?gpt|(?:the|this|that) (?:ai|chat ?bot|assistant|user|model)",
    r"(?:the|this|that) (?:girl|boy|man|woman|guy|lady|client|customer|patient|student|colleague|"
    r"boss|teacher|neighbou?r|person|child|kid|case|situation)(?:['’]s)?",
    r"my (?:son|daughter|wife|husband|mother|mum|mom|father|dad|brother|sister|boss|partner|"
    r"girlfriend|boyfriend|neighbou?r|colleague|dog|cat|ex)(?:['’]s)?",
    r"yesterday|last (?:week|month|year|summer|winter|night)|on (?:mon|tues|wednes|thurs|fri)day",
    r"(?:19|20)\d\d",
)

#: A name in the midst of a sentence. Words in capitals are heads of policies and no names.
NAME = re.compile(r"(?<=[a-z,;] )(?!(?:I|God|Earth)\b)[A-Z][a-z]+(?:['’]s)?\b")

#: What to keep away from.
NEGATIVE = re.compile(
    r"\A\W*(?:no|not|never|none|without|absence|lack|don['’]?t|do not|stop(?:ping)?|freedom from)"
    r"(?!\w)|(?<!\w)(?:avoid(?:s|ed|ing|ance)?|prevent(?:s|ed|ing|ion)?|refrain(?:s|ed|ing)?|"
    r"keep(?:s|ing)? away|stay(?:s|ing)? away|steer(?:s|ing)? clear)(?!\w)",
    re.IGNORECASE,
)

#: States of oneself, attempts and poetry, which nobody could look for.
NOT_CHECKABLE = re.compile(
    r"\A\W*(?:being|feeling|having|trying|becoming|staying|living|knowing|wanting|I|to)(?!\w)|"
    r"(?<!\w)(?:feel(?:ing|s)? (?:good|happy|right|safe|alive|whole|at peace|at home|better)|"
    r"(?:good|positive|right) (?:energy|vibes?|attitude)|vibes?|aura|soul|souls|"
    r"dance of|song of|music of|light of|magic of|river of|flow of life|heart of hearts)(?!\w)",
    re.IGNORECASE,
)

#: A moment that is told as past, as a rule, to somebody, or by its feeling.
#: A past in the midst of a sentence ("because I said so") is no past of the moment.
PAST = re.compile(
    r"\A\W*(?:\w+,? ){0,2}I (?:was|had|did|felt|went|saw|said|told|came|took|gave|made|found|knew|"
    r"got|\w{2,}ed)\b",
    re.IGNORECASE,
)
RULE_FOR_OTHERS = _any_of(
    r"should|ought to|must|you(?:rs?|rself)?|one (?:can|could|has)|people (?:can|need)|chat ?gpt"
)
FEELING = _any_of(
    r"(?:feel|feels|feeling|felt)(?: \w+)? (?:happy|proud|good|sad|angry|joy(?:ful)?|loved|calm|"
    r"content|fulfilled|grateful|relieved|peaceful|alive|whole|connected|better|great|warm)",
    r"(?:makes|making|made) me (?:\w+ )?(?:happy|proud|good|sad|feel|smile|cry|whole|calm)",
    r"I (?:am|['’]m) (?:so |very )?(?:happy|proud|sad|angry|grateful|relieved|content|fulfilled)",
    r"fills? me with|(?:with|in) (?:joy|pride|bliss)",
)

_EMPTY = """
a about after all am an and any are as at be because been before being but by can could did do does
for from had has have he her his how i if in into is it its just may me might more most my no not of
off on one or other our out over own s she so some someone something such than that the their them
then there these they this those to too under until up us was we were what when where which while
who whom whose why will with would you your
"""
#: Words that tell nothing about what a policy attends to.
EMPTY_WORDS = frozenset(_EMPTY.split())
