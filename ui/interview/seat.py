"""Where somebody sits: their interview as the page drew it, and how an answer is given."""

from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import DiscernError
from core.interview.state import State
from core.interview.turns import Place, Turn
from core.study import Study
from core.value_study import ValueSettings
from storage import drafts, interviews
from storage.drafts import DraftTooLongError
from storage.interviews import Interview, TurnTakenError
from ui import session
from ui.messages import say
from workbench import interviewing

_PROBLEM = "problem of the interview"
#: The number of answers after the last one that was given from this browser session.
_GIVEN = "answers given to the interview"


@dataclass(frozen=True, slots=True)
class Seat:
    """What every step needs to know."""

    here: session.Here
    study: Study
    settings: ValueSettings
    interview: Interview
    state: State

    @property
    def field(self) -> str:
        """The key of the field of this step. What an assistant proposes meanwhile keeps it."""
        return f"answer {self.interview.id} {self.interview.n_answers}"

    def subject(self, place: Place | None = None) -> str:
        return interviewing.draft_subject(self.interview, place or self.state.place)

    @property
    def unsent(self) -> str:
        """Under which name a text is kept that came too late."""
        return f"interview {self.interview.id} unsent"


def give(seat: Seat, *turns: Turn, text: str = "") -> None:
    """Give an answer, in a callback; `text` is what was written, kept where it cannot be taken."""
    session.keep(_PROBLEM, "")
    try:
        interviews.append(
            seat.here.db,
            seat.interview.id,
            turns,
            n_answers=seat.interview.n_answers,
            now=datetime.now(UTC),
        )
    except TurnTakenError:
        _went_on(seat, text)
    except DiscernError as error:
        refuse(str(error))
    else:
        session.keep(_GIVEN, seat.interview.n_answers + len(turns))
        if text and read_draft(seat, seat.subject()):
            write_draft(seat, seat.subject(), {})


def keep_writing(seat: Seat, text: str, begun_from: int | None) -> None:
    """Keep what is being written, in a callback; nothing where it was given just before."""
    n_answers = interviews.get(seat.here.db, seat.interview.id).n_answers
    if n_answers == seat.interview.n_answers:
        write_draft(seat, seat.subject(), {"text": text, "draft": begun_from})
    elif n_answers != session.kept(_GIVEN, 0):
        _went_on(seat, text)


def _went_on(seat: Seat, text: str) -> None:
    if text.strip():
        write_draft(seat, seat.unsent, {"text": text})
    refuse(say("The interview went on in another window. Go on from where it stands now."))


def refuse(sentence: str) -> None:
    """Say above the question why an answer was not taken."""
    session.keep(_PROBLEM, sentence)


def problem() -> str:
    return str(session.kept(_PROBLEM, ""))


def read_draft(seat: Seat, subject: str) -> dict[str, object]:
    return drafts.newest(seat.here.db, seat.here.person.id, [subject]).get(subject, {})


def write_draft(seat: Seat, subject: str, content: dict[str, object]) -> None:
    try:
        drafts.save(seat.here.db, seat.here.person.id, subject, content, datetime.now(UTC))
    except DraftTooLongError:
        refuse(
            say(
                "This is too long to be kept while you write. It is kept in full when you go on; "
                "until then, do not close the page."
            )
        )
