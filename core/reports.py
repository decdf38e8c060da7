"""Figures of a fit as its report holds them: what older code did not work out is said to be so."""

from typing import Any

from core.errors import DiscernError


class OlderFitError(DiscernError):
    """A page asked a fit for something that the code that made it did not know."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"This fit was made by another version, which did not work out “{name}”. Fit again on "
            "the page Fits to see it."
        )


class Report(dict[str, Any]):
    """A part of a report: a mapping that says what it lacks in a sentence for the page."""

    def __missing__(self, name: str) -> Any:
        raise OlderFitError(name)
