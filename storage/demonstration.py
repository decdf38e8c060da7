"""The demonstration study: everyday questions with four answers each, and two cases for values."""

from datetime import UTC, datetime
from pathlib import Path

from core.study import Item, State, Study, StudySettings
from core.value_study import Case, Context, ValueSettings, Vignette
from storage import studies, value_settings
from storage.database import Cursor, Database
from storage.study_rows import Stamp, insert_state, insert_study
from storage.value_settings import SavedValueSettings

STUDY_ID = "demonstration"
TEXTS = Path(__file__).with_suffix("")
#: Stands on a line of its own before each answer.
MARKER = "<!-- answer -->"

GUIDELINES = """\
This study is a **demonstration**: look around, judge a few pairs, and remove it when you are done.

Somebody has asked an assistant a question. Read both answers to the end, then choose **the one you
would rather have been given**.

- **Right before pleasant.** A confident mistake is worse than an honest "I do not know".
- **Fit before length.** A short answer that helps is better than a long one that does not; a longer
  one is better where the question asks for it.
- **The person before the text.** Does it answer what this person needs, in a tone they could bear?

Choose *tie* if you really have no preference, *both bad* if you would not want either, and *cannot
be ranked* if they are good in ways that cannot be compared. There are no right answers here: what
you prefer is what we would like to know.
"""

SETTINGS = StudySettings(
    name="Demonstration: answers to everyday questions",
    question="Which answer would you rather have been given?",
    guidelines=GUIDELINES,
    overlap=2,  # agreement can be tried with one more person
    random_share=0.5,  # enough for calibration after a few judgments
    fit_every=10,
)

VALUES = ValueSettings(
    cases=(
        Case(
            "second-exam",
            "After the second exam",
            "A student writes to an assistant: I have failed the exam for the second time. Should "
            "I give up?",
        ),
        Case(
            "news-for-a-father",
            "News for a father",
            "A woman asks an assistant whether she should tell her old father, who is in good "
            "spirits these days, that his brother is seriously ill.",
        ),
    ),
    contexts=(
        Context("soon", "somebody has to decide soon"),
        Context("sad", "somebody is sad and has not asked for advice"),
    ),
    vignettes=(
        Vignette(
            "exam-ways",
            "second-exam",
            "It asks what went wrong both times, and what the student would miss after giving up.",
            "It lays out the ways that are open now, with their dates, and says which it would "
            "take.",
        ),
        Vignette(
            "exam-first",
            "second-exam",
            "It begins with how such a letter must feel to write.",
            "It begins with the answer, and gives its reasons.",
        ),
        Vignette(
            "news-ways",
            "news-for-a-father",
            "It says that he has a right to know, and helps her to find the first sentence.",
            "It asks how he has taken such news before, and what she is afraid of.",
        ),
        Vignette(
            "news-who",
            "news-for-a-father",
            "It asks what the brother himself would want.",
            "It asks what she would want to be told in her father's place.",
        ),
    ),
)


def prompts_and_items() -> list[tuple[str, str, list[Item]]]:
    """Each prompt's id and text, and its answers."""
    return [_read(path) for path in sorted(TEXTS.glob("*.md"))]


def add(db: Database, *, by: str | None) -> Study:
    """Add the demonstration, running; put back after it was removed, it has its old judgments."""
    texts, stamp = prompts_and_items(), Stamp(by, datetime.now(UTC))

    def change(cursor: Cursor) -> None:
        if not cursor.execute("SELECT 1 FROM studies WHERE study_id = ?", [STUDY_ID]).fetchall():
            _insert(cursor, texts, stamp)
        elif _state(cursor) is not State.RUNNING:
            insert_state(cursor, STUDY_ID, State.RUNNING, stamp)

    db.write(change)
    return studies.get(db, STUDY_ID)


def add_if_empty(db: Database) -> None:
    """Add the demonstration to a workbench that never had a study: a removed one stays away."""
    if not db.read("SELECT 1 FROM studies LIMIT 1"):
        add(db, by=None)


def _insert(cursor: Cursor, texts: list[tuple[str, str, list[Item]]], stamp: Stamp) -> None:
    study = Study(STUDY_ID, 1, SETTINGS, State.RUNNING, demonstration=True, created_at=stamp.time)
    insert_study(cursor, study, stamp.by)
    saved = SavedValueSettings(1, VALUES, stamp.time, stamp.by)
    value_settings.put(cursor, STUDY_ID, saved)
    for prompt_id, text, items in texts:
        cursor.execute(
            "INSERT INTO prompts (study_id, prompt_id, text) VALUES (?, ?, ?)",
            [STUDY_ID, prompt_id, text],
        )
        for item in items:
            cursor.execute(
                "INSERT INTO items (study_id, item_id, prompt_id, text) VALUES (?, ?, ?, ?)",
                [STUDY_ID, item.id, item.prompt_id, item.text],
            )


def _state(cursor: Cursor) -> State:
    ((state,),) = cursor.execute(
        "SELECT arg_max(state, revision) FROM study_states WHERE study_id = ?", [STUDY_ID]
    ).fetchall()
    return State(state)


def _read(path: Path) -> tuple[str, str, list[Item]]:
    prompt_id = path.stem.split("-", 1)[1]
    prompt, *answers = path.read_text(encoding="utf-8").split(f"\n{MARKER}\n")
    items = [
        Item(f"{prompt_id}-{number}", prompt_id, answer.strip())
        for number, answer in enumerate(answers, start=1)
    ]
    return prompt_id, prompt.strip(), items
