"""The three forms that end in being signed in: who may see each, its inputs, and what it does."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from api.sign_in_page import Field
from core.credentials import MAX_NAME, PASSWORD_LENGTH, name_key
from core.errors import DiscernError
from storage import people
from storage.people import Person
from workbench.opening import Workbench

PASSWORD_HINT = f"At least {PASSWORD_LENGTH.start} characters; a few words in a row will do."

_codes: dict[Path, str] = {}

Values = Mapping[str, str]


class WrongGuessError(DiscernError):
    """Something secret was not right; it counts as a failed attempt."""


class DifferentPasswordsError(DiscernError):
    """Somebody mistyped the password that they want."""

    def __init__(self) -> None:
        super().__init__("The two new passwords are not the same. Type both again.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form was filled in with, and by whom as far as that is known."""

    workbench: Workbench
    values: Values
    person: Person | None


class Form(Protocol):
    """One form and its page."""

    title: str
    action: str
    button: str

    def elsewhere(self, asked: Asked) -> str | None:
        """Where somebody goes instead for whom this form is not."""

    def fields(self, asked: Asked) -> list[Field]:
        """The inputs, with what was typed already; never a password."""

    def guessed(self, asked: Asked) -> str:
        """Whose secret is guessed here: failed attempts are counted by it."""

    def act(self, asked: Asked) -> tuple[str, str]:
        """Do it and return the ids of the person and of the new sign-in."""


class SignIn:
    title = "Sign in"
    action = "/sign-in"
    button = "Sign in"

    def elsewhere(self, asked: Asked) -> str | None:
        return "/set-up" if people.needs_setup(asked.workbench.db) else None

    def fields(self, asked: Asked) -> list[Field]:
        return [
            Field(
                "name", "Name", "username", value=asked.values.get("name", ""), max_length=MAX_NAME
            ),
            Field("password", "Password", "current-password", kind="password"),
        ]

    def guessed(self, asked: Asked) -> str:
        return name_key(asked.values.get("name", ""))

    def act(self, asked: Asked) -> tuple[str, str]:
        signed_in = people.sign_in_with_password(
            asked.workbench.db,
            asked.values.get("name", ""),
            asked.values.get("password", ""),
            now=datetime.now(UTC),
        )
        if signed_in is None:
            raise WrongGuessError(
                "No account fits this name and password. Check both; an admin of this workbench "
                "can give you a new password."
            )
        return signed_in[0].id, signed_in[1]


class SetUp:
    title = "Set up this workbench"
    action = "/set-up"
    button = "Make the first account"

    def elsewhere(self, asked: Asked) -> str | None:
        return None if people.needs_setup(asked.workbench.db) else "/sign-in"

    def fields(self, asked: Asked) -> list[Field]:
        return [
            Field(
                "code",
                "Set-up code",
                "one-time-code",
                hint="It stands in the log of the workbench, since its last start.",
                value=asked.values.get("code", ""),
                max_length=100,
            ),
            Field(
                "name",
                "Your name",
                "username",
                hint="This account is an admin: it can add people and give roles.",
                value=asked.values.get("name", ""),
                max_length=MAX_NAME,
            ),
            *_new_password(),
        ]

    def guessed(self, asked: Asked) -> str:  # noqa: ARG002 - everybody guesses the same code
        return "the set-up code"

    def act(self, asked: Asked) -> tuple[str, str]:
        data = asked.workbench.settings.data
        if not _fits(_codes.get(data), asked.values.get("code", "")):
            raise WrongGuessError(
                "This is not the set-up code. Take the one from the newest start in the log; "
                "starting the workbench again makes another."
            )
        person = people.set_up(
            asked.workbench.db, asked.values.get("name", ""), _typed_twice(asked.values)
        )
        _codes.pop(data, None)
        return person.id, people.sign_in(asked.workbench.db, person.id, now=datetime.now(UTC))


class ChangePassword:
    title = "Change your password"
    action = "/password"
    button = "Change password"

    def elsewhere(self, asked: Asked) -> str | None:
        return "/sign-in?next=/password" if asked.person is None else None

    def fields(self, asked: Asked) -> list[Field]:
        return [
            Field("name", "Name", "username", value=_known(asked).name, read_only=True),
            Field("current", "Password until now", "current-password", kind="password"),
            *_new_password(),
        ]

    def guessed(self, asked: Asked) -> str:
        return name_key(_known(asked).name)

    def act(self, asked: Asked) -> tuple[str, str]:
        db, person = asked.workbench.db, _known(asked)
        if people.check_password(db, person.name, asked.values.get("current", "")) is None:
            raise WrongGuessError("This is not the password that you have now. Type it again.")
        people.set_password(db, person.id, _typed_twice(asked.values), by=person.id)
        return person.id, people.sign_in(db, person.id, now=datetime.now(UTC))


def announce_set_up(workbench: Workbench) -> str | None:
    """Make a new set-up code; return the sentence for the log, or None where none is needed."""
    if workbench.settings.local or not people.needs_setup(workbench.db):
        _codes.pop(workbench.settings.data, None)
        return None
    letters = base64.b32encode(secrets.token_bytes(10)).decode()
    code = "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))
    _codes[workbench.settings.data] = code
    return f"Nobody is an admin yet. Open /set-up and enter this code, valid once: {code}"


def _fits(code: str | None, typed: str) -> bool:
    """Capitals, spaces and hyphens do not count."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    expected = "" if code is None else code.replace("-", "")
    return bool(expected) and hmac.compare_digest(letters.encode(), expected.encode())


def _known(asked: Asked) -> Person:
    if asked.person is None:
        raise ValueError("Only somebody who is signed in has a password to change.")
    return asked.person


def _new_password() -> list[Field]:
    first, last = PASSWORD_LENGTH.start, PASSWORD_LENGTH.stop - 1
    return [
        Field("new", "New password", "new-password", "password", PASSWORD_HINT, "", first, last),
        Field("again", "New password again", "new-password", "password", "", "", first, last),
    ]


def _typed_twice(values: Values) -> str:
    if values.get("new", "") != values.get("again", ""):
        raise DifferentPasswordsError
    return values.get("new", "")
