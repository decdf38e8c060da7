"""Errors that a person can do something about. Everything else is a bug and may crash."""


class DiscernError(Exception):
    """Says in one sentence what was wrong, what was received and what to do.

    Pages and commands catch this class, and no other, and show the sentence.
    """


class NotAllowedError(DiscernError):
    """Somebody asked for what their role does not give them."""

    def __init__(self, needed: str) -> None:
        super().__init__(
            f"This needs the role {needed}. Ask an admin of this workbench to give it to you."
        )


class NotFoundError(DiscernError):
    """Something was named that is not there."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(
            f"There is no {what} {name!r}. It may have been removed; go back and choose again."
        )


class SettingsChangedError(DiscernError):
    """Two researchers edited the settings at once."""

    def __init__(self, edited: int, current: int) -> None:
        super().__init__(
            f"Somebody saved version {current} while you were editing version {edited}. Nothing is "
            "lost: your text is still in the form. Compare it with the new version, then save "
            "again."
        )


class NoComparisonsError(DiscernError):
    """A figure was asked for that needs at least one decided or tied pair."""

    def __init__(self) -> None:
        super().__init__(
            "No pair has been judged better, worse or tied yet. Judge at least one pair first."
        )


class NotConvergedError(DiscernError):
    """The optimiser stopped before the gradient vanished."""

    def __init__(self, gradient_norm: float, tolerance: float, n_iterations: int) -> None:
        super().__init__(
            f"The fit stopped after {n_iterations} iterations with gradient norm "
            f"{gradient_norm:.2e} (needed {tolerance:.0e}). Allow more iterations, or use a "
            "stronger prior."
        )
