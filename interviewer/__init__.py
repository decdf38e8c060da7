"""Language models that propose wordings in an interview, which `core.interview` guides."""

from interviewer.endpoint import Endpoint
from interviewer.language_model import LanguageModelInterviewer
from interviewer.proposal import Proposal

__all__ = [
    "Endpoint",
    "LanguageModelInterviewer",
    "Proposal",
]
