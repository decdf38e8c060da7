"""The interviewer without a model: the guided questions are all it needs."""

from core.interview.state import State
from interviewer.protocol import Proposal


class GuidedInterviewer:
    """Proposes nothing, as `core.interview` has a question for every step."""

    def propose(self, state: State) -> Proposal:  # noqa: ARG002 - the protocol's
        return Proposal()
