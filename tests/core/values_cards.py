"""Values cards for tests: good ones, written for the purpose, about different ways of living."""

from core.values_card import ValuesCard

GOOD_CARDS = (
    ValuesCard(
        "Room to change one's mind",
        "Saying nothing on the phone while a friend hears herself say the opposite of her plan.",
        (
            "SHIFTS in what someone says they want once they were heard",
            "QUESTIONS they start asking without being led",
            "PAUSES before a decision that had been rehearsed",
        ),
    ),
    ValuesCard(
        "Competence through struggle",
        "Sitting on my hands while a child turns the same puzzle piece round for the tenth time.",
        (
            "MOMENTS in which a child could be left to work it out",
            "SIGNS that help now would take the discovery away",
            "DIFFICULTIES just beyond what someone managed last time",
            "GLANCES that ask for company and not for the answer",
        ),
    ),
    ValuesCard(
        "Hosting strangers",
        "Pulling one more chair up to a table that is already full when the bell rings again.",
        (
            "PEOPLE who stand at the edge of a room and look for a way in",
            "TOPICS that let newcomers speak of what they know",
            "DISHES and stories that someone brings from elsewhere",
            "LULLS in which two guests could be left to each other",
            "GESTURES by which a guest begins to act like a host",
        ),
    ),
    ValuesCard(
        "Letting the wood decide",
        "Turning a plank over in my hands until I see where the grain wants the cut.",
        (
            "KNOTS and grain that suggest another shape than the one planned",
            "SOUNDS of a blade that tell when it works against the fibre",
            "MISTAKES from which a better joint could be made",
        ),
    ),
    ValuesCard(
        "Arguing to find out",
        "Writing my opponent's best point on the board before I answer it.",
        (
            "REASONS on the other side that I had not thought of",
            "WORDS that two people use for different things",
            "CONCESSIONS that someone makes against their own interest",
            "EXAMPLES that would show that I am wrong",
        ),
    ),
    ValuesCard(
        "Keeping the dead company",
        "Reading the old letters aloud at the kitchen table on the evening of her birthday.",
        (
            "HABITS of theirs that turn up in my own hands",
            "STORIES about them that the young ask to hear again",
            "OBJECTS that still carry the wear of their use",
            "QUESTIONS I would have put to them today",
        ),
    ),
    ValuesCard(
        "Playing as one band",
        "Leaving out half my notes because the singer has found something and needs the space.",
        (
            "GAPS that another player leaves open on purpose",
            "CHANGES of tempo that nobody announced and everybody follows",
            "BREATHS taken together before a phrase begins",
        ),
    ),
    ValuesCard(
        "Telling it straight",
        "Putting the bad number on the first page of the report, in the largest letters.",
        (
            "FACTS that would change the plan if they were said aloud",
            "SILENCES in a meeting when everyone knows the answer",
            "PHRASES that soften a thing until it says nothing",
            "FACES that relax when somebody finally names the problem",
        ),
    ),
    ValuesCard(
        "Walking without a map",
        "Taking the left fork because a bird I cannot name is calling from there.",
        (
            "PATHS that bend out of sight",
            "PLANTS and birds whose names I do not know yet",
            "CHANGES in light that make a known place strange",
            "DETOURS that the weather offers",
        ),
    ),
    ValuesCard(
        "Standing by an oath",
        "Driving three hours in the rain because I said in spring that I would come.",
        (
            "PROMISES that have become hard to keep",
            "PEOPLE who arranged their lives around my word",
            "OCCASIONS to say early that a plan has changed",
        ),
    ),
    ValuesCard(
        "Prayerful attention",
        "Kneeling in an empty chapel before work and waiting for what the day asks of me.",
        (
            "NUDGES towards someone I was about to pass by",
            "VERSES that read differently than they did before",
            "STRANGERS in whom God might be met",
            "HOURS that I could leave unplanned",
        ),
    ),
    ValuesCard(
        "Growing a team",
        "Handing over the microphone just when the talk is going well.",
        (
            "TASKS that someone eyes but does not dare to ask for",
            "SKILLS that a newcomer has and the group lacks",
            "MEETINGS that would go on without me",
            "CREDIT that could be given by name and in public",
        ),
    ),
)
