"""Single keys: which does what, unless this person has set others or none (WCAG 2.1.4)."""

from collections.abc import Mapping
from typing import Any

from core.errors import DiscernError
from ui.messages import say

#: Names of keys as browsers report them. What a key does depends on the form: the first choice is
#: the left item of a pair, the first item of a list, the first grade.
DEFAULT_KEYS: dict[str, tuple[str, ...]] = {
    "choice_1": ("1",),
    "choice_2": ("2",),
    "choice_3": ("3",),
    "choice_4": ("4",),
    "choice_5": ("5",),
    "choice_6": ("6",),
    "choice_7": ("7",),
    "choice_8": ("8",),
    "left": ("ArrowLeft",),
    "right": ("ArrowRight",),
    "up": ("ArrowUp",),
    "down": ("ArrowDown",),
    "tie": ("t",),
    "both_bad": ("b",),
    "incomparable": ("x",),
    "skip": ("s",),
    "submit": ("Enter",),
    "undo": ("u", "Backspace"),
    "reasons": ("e",),
    "sentence": ("w",),
    "differences": ("d",),
    "scrolling": ("g",),
    "flag": ("f",),
}
#: What these do belongs to the browser: leaving, and reaching the next button.
RESERVED = frozenset({"Tab", "Escape", " ", "Shift", "Control", "Alt", "Meta"})
MAX_KEYS, MAX_LENGTH = 3, 20


class KeysRefusedError(DiscernError):
    """Keys that cannot be set; the sentence says why."""


def set_by(preferences: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The keys of somebody with these preferences; those never set as they are for all."""
    own = preferences.get("keys") or {}
    return {slot: tuple(own.get(slot, keys)) for slot, keys in DEFAULT_KEYS.items()}


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return preferences that came from a browser, if they are such.

    Raises
    ------
    KeysRefusedError
        If a key does two things or none that is known, or is one that browsers need.
    """
    known: dict[str, Any] = {}
    if "keys" in changes:
        known["keys"] = _checked_keys(changes["keys"])
    if "single_keys" in changes:
        known["single_keys"] = changes["single_keys"] is not False
    if "scrolling" in changes:
        known["scrolling"] = "together" if changes["scrolling"] == "together" else "apart"
    return known


def _checked_keys(keys: object) -> dict[str, list[str]] | None:
    """The keys that differ from those for all; None if none does."""
    if not isinstance(keys, Mapping) or not set(keys) <= set(DEFAULT_KEYS):
        raise KeysRefusedError(say("These are no keys of this page. Reload it and set them again."))
    whole = {slot: list(default) for slot, default in DEFAULT_KEYS.items()}
    for slot, own in keys.items():
        if not _is_list_of_keys(own):
            raise KeysRefusedError(
                say("{key} cannot be a key here. Choose another one.", key=str(own)[:40])
            )
        whole[slot] = list(own)
    pressed = [key for own in whole.values() for key in own]
    twice = sorted({key for key in pressed if pressed.count(key) > 1})
    if twice:
        raise KeysRefusedError(
            say("The key {key} cannot do two things. Choose another one.", key=twice[0])
        )
    return {s: own for s, own in whole.items() if tuple(own) != DEFAULT_KEYS[s]} or None


def _is_list_of_keys(own: object) -> bool:
    return (
        isinstance(own, list)
        and 1 <= len(own) <= MAX_KEYS
        and all(isinstance(key, str) and 1 <= len(key) <= MAX_LENGTH for key in own)
        and not RESERVED & set(own)
    )
