"""What people write: which characters are kept, and how long a text may be."""

import unicodedata

from core.errors import DiscernError

#: Line ends and tabs are the only control characters that a text may hold.
KEPT_CONTROLS = frozenset("\n\t")


class InvalidTextError(DiscernError):
    """Something that was written is empty, too long, or not text."""


def written(what: str, text: object, longest: int, *, empty: bool = False) -> str:
    """Return a text as it is kept: line ends as one character, no blanks around it.

    Parameters
    ----------
    what : str
        What it is, to begin the sentence of an error with.
    longest : int
        Characters that it may have.
    empty : bool
        Whether it may say nothing.

    Raises
    ------
    InvalidTextError
        If it is no text, empty, too long, or holds characters that cannot be kept.
    """
    if not isinstance(text, str):
        raise InvalidTextError(f"{what} is {type(text).__name__} and not text. Write it in words.")
    if len(text) > 2 * longest + 1000:  # before anything is done with it
        raise InvalidTextError(_too_long(what, len(text), longest))
    kept = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not kept and not empty:
        raise InvalidTextError(f"{what} is empty. Write it in a few words.")
    if len(kept) > longest:
        raise InvalidTextError(_too_long(what, len(kept), longest))
    for character in kept:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in KEPT_CONTROLS:
            raise InvalidTextError(
                f"{what} contains the character {character!a}, which cannot be kept. Remove it."
            )
    return kept


def _too_long(what: str, length: int, longest: int) -> str:
    return f"{what} has {length:,} characters; it may have {longest:,}. Say it in fewer words."
