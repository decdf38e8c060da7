"""Two interviewers behind one protocol: guided, without a model, and one that asks a model."""

from interviewer.endpoint import Endpoint
from interviewer.guided import GuidedInterviewer
from interviewer.language_model import LanguageModelInterviewer
from interviewer.protocol import Interviewer, Proposal

__all__ = [
    "Endpoint",
    "GuidedInterviewer",
    "Interviewer",
    "LanguageModelInterviewer",
    "Proposal",
]
