"""What a person may be called, which names are the same, and which passwords will do."""

import unicodedata

from core.errors import DiscernError

MAX_NAME = 100
PASSWORD_LENGTH = range(10, 1001)
#: Unassigned, private and control characters, and line ends, would make a name unreadable.
UNFIT_CATEGORIES = {"Cc", "Cn", "Co", "Cs", "Zl", "Zp"}
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class InvalidNameError(DiscernError):
    """A person cannot be called this."""


class InvalidPasswordError(DiscernError):
    """A password is too short to be safe, or absurdly long."""

    def __init__(self, n_characters: int) -> None:
        super().__init__(
            f"The password has {n_characters} characters; it needs {PASSWORD_LENGTH.start} to "
            f"{PASSWORD_LENGTH.stop - 1}. A few words in a row are easy to remember."
        )


def fit_name(name: str) -> str:
    """Return the name as it is kept: one space between words, none around."""
    fit = " ".join(unicodedata.normalize("NFC", name).split())
    if not name_key(fit) or len(fit) > MAX_NAME:
        raise InvalidNameError(
            f"A name has 1 to {MAX_NAME} characters; this one has {len(fit)}. Enter another one."
        )
    unfit = [c for c in fit if unicodedata.category(c) in UNFIT_CATEGORIES or c in BIDI_CONTROLS]
    if unfit:
        raise InvalidNameError(
            f"The name contains the unprintable character {unfit[0]!a}. Enter it without."
        )
    return fit


def name_key(name: str) -> str:
    """Equal for names that look the same: case, width and invisible marks do not count."""
    visible = "".join(c for c in _one_spelling(name) if unicodedata.category(c) != "Cf")
    return " ".join(_one_spelling(visible.casefold()).split())


def password_text(password: str) -> str:
    """The password as it is hashed; keyboards differ in how they spell accents."""
    return _one_spelling(password)


def fit_password(password: str) -> str:
    """Return the password as it is hashed, if it will do."""
    text = _one_spelling(password)
    if len(text) not in PASSWORD_LENGTH:
        raise InvalidPasswordError(len(text))
    return text


def _one_spelling(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
