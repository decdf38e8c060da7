"""The released prompts, and what of an interview a model is told."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.interview.state import Draft, State
from core.interview.turns import StepKey

#: Released prompts are never edited: a change is a new folder.
VERSION = "1"
_FOLDER = Path(__file__).parent / "prompts"
#: Where a model may propose. The drop test and what confirms are worded the same for everybody.
ASKING = frozenset({StepKey.NOTICED, StepKey.MORE})
DRAFTING = frozenset({StepKey.PHRASE, StepKey.MOMENT, StepKey.TITLE})


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is told at a step: instructions of ours, and the person's words as data."""

    instructions: str
    data: str

    @property
    def hash(self) -> str:
        """SHA-256 of the instructions."""
        return hashlib.sha256(self.instructions.encode()).hexdigest()


def prompt_for(state: State) -> Prompt | None:
    """What to ask a model where an interview stands; None where none is asked."""
    step, draft = state.place.step, state.draft
    if draft is None or step not in ASKING | DRAFTING:
        return None
    return Prompt(instructions(step), json.dumps(_data(state, draft), ensure_ascii=False, indent=1))


@cache
def instructions(step: StepKey, version: str = VERSION) -> str:
    """The released instructions for a step."""
    folder = _FOLDER / version
    parts = (folder / "interviewer.txt", folder / f"{step}.txt")
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


def own_words(state: State) -> str:
    """All that the person has said of the value that is spoken of."""
    if state.draft is None:
        return ""
    things = [text for thing in state.draft.things for text in (thing.text, thing.policy or "")]
    return " ".join([state.draft.story or "", *things, state.draft.moment or ""])


def _data(state: State, draft: Draft) -> dict[str, object]:
    """Only of this person, and only of the value that is spoken of."""
    told: dict[str, object] = {
        "language": state.language,
        "situation": state.case.text if state.case else "",
        "story": draft.story,
    }
    if state.place.step is StepKey.MORE:
        told["kept"] = [thing.text for thing in draft.things if thing.kept]
        told["dropped"] = [thing.text for thing in draft.things if not thing.kept]
    if state.place.thing is not None:
        told["thing"] = draft.things[state.place.thing].text
    if draft.policies:
        told["policies"] = draft.policies
    if draft.moment:
        told["moment"] = draft.moment
    return told
