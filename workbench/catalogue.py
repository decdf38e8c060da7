"""The sentences of the interface in other languages: gettext catalogues, one file a language.

English is the source text. A file `<code>.po` in the folder is a language, without further ado.
"""

import gettext
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal, NewType

import polib

FOLDER = Path(__file__).resolve().parents[1] / "ui" / "translations"
ENGLISH = "en"
#: Where a browser keeps the language that somebody chose.
COOKIE = "discern_language"
#: Languages that are written from right to left, by their first subtag (CLDR).
RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"}
ISOLATE, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
MAX_HEADER = 500

Direction = Literal["ltr", "rtl"]
#: An English sentence that is written in one place, before anybody is there, and said in another.
Deferred = NewType("Deferred", str)


def deferred(text: str) -> Deferred:
    """Mark an English sentence of a constant for translation; `say_deferred` says it."""
    return Deferred(text)


# For translators: the name of your own language, in your own language.
OWN_NAME = deferred("English")


@lru_cache(maxsize=1)
def languages() -> dict[str, str]:
    """The codes of all languages, and their own names for themselves."""
    codes = sorted({ENGLISH, *(path.stem for path in FOLDER.glob("*.po"))})
    return {code: _catalogue(code).gettext(OWN_NAME) for code in codes}


def direction(language: str) -> Direction:
    """The direction in which a language is written."""
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def translated(language: str, text: str, values: dict[str, object]) -> str:
    """Return a sentence in a language, with its `{fields}` filled; English where that has none."""
    return _filled(language, _catalogue(language).gettext(text), values)


def translated_number(language: str, one: str, many: str, n: int, values: dict[str, object]) -> str:
    """Return the form of a sentence that goes with the number `n`, which fills the field `{n}`."""
    text = _catalogue(language).ngettext(one, many, n)
    return _filled(language, text, {"n": n, **values})


def chosen(*wanted: str | None, accepted: str = "") -> str:
    """Return the first wanted language that there is, else what a browser accepts, else English.

    Parameters
    ----------
    wanted
        Codes from the most to the least important; None or an unknown one does not count.
    accepted
        The header Accept-Language (RFC 9110, section 12.5.4).
    """
    for code in wanted:
        if code is not None and code in languages():
            return code
    return _accepted(accepted)


@lru_cache(maxsize=256)
def _accepted(header: str) -> str:
    """The language of ours that a browser likes best; `de-AT` is content with `de`."""
    weighed = []
    for entry in header[:MAX_HEADER].split(","):
        tag, _, weight = entry.partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        code = _ours(tag.strip())
        if code is not None and quality > 0:
            weighed.append((quality, code))
    return max(weighed, key=lambda pair: pair[0])[1] if weighed else ENGLISH


def _ours(tag: str) -> str | None:
    known = {code.lower(): code for code in languages()}
    return known.get(tag.lower()) or known.get(tag.lower().partition("-")[0])


@lru_cache(maxsize=64)
def _catalogue(language: str) -> gettext.NullTranslations:
    """Read a catalogue the first time that it is needed; entries marked fuzzy do not count."""
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    return gettext.GNUTranslations(BytesIO(polib.pofile(str(path)).to_binary()))


def _filled(language: str, text: str, values: dict[str, object]) -> str:
    """Fill in the values; a name in other letters must not tear a sentence from right to left."""
    if direction(language) == "rtl":
        values = {name: _isolated(value) for name, value in values.items()}
    return text.format_map(values)


def _isolated(value: object) -> object:
    return f"{ISOLATE}{value}{END}" if isinstance(value, str) else value
