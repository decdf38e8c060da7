"""The three forms that end in being signed in: who may see each, its inputs, and what it does."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from api.sign_in_language import deferred, say, say_number
from api.sign_in_page import Field
from core.credentials import MAX_NAME, PASSWORD_LENGTH, name_key, password_text
from core.errors import DiscernError
from storage import people
from storage.people import Person
from workbench.catalogue import Deferred
from workbench.opening import Workbench

_codes: dict[Path, str] = {}

Values = Mapping[str, str]


class WrongGuessError(DiscernError):
    """Something secret was not right; it counts as a failed attempt."""


class DifferentPasswordsError(DiscernError):
    """Somebody mistyped the password that they want."""

    def __init__(self) -> None:
        super().__init__(say("The two new passwords are not the same. Type both again."))


class UnfitPasswordError(DiscernError):
    """A new password is too short, or absurdly long."""

    def __init__(self, n_characters: int) -> None:
        super().__init__(
            say_number(
                "The password has {n} character; it needs {least} to {most}. A few words in a row "
                "are easy to remember.",
                "The password has {n} characters; it needs {least} to {most}. A few words in a row "
                "are easy to remember.",
                n_characters,
                least=PASSWORD_LENGTH.start,
                most=PASSWORD_LENGTH.stop - 1,
            )
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form was filled in with, and by whom as far as that is known."""

    workbench: Workbench
    values: Values
    person: Person | None


class Form(Protocol):
    """One form and its page."""

    title: Deferred
    action: str
    button: Deferred

    def elsewhere(self, asked: Asked) -> str | None:
        """Where somebody goes instead for whom this form is not."""

    def fields(self, asked: Asked) -> list[Field]:
        """The inputs, with what was typed already; never a password."""

    def guessed(self, asked: Asked) -> str:
        """Whose secret is guessed here: failed attempts are counted by it."""

    def act(self, asked: Asked) -> tuple[str, str]:
        """Do it and return the ids of the person and of the new sign-in."""


class SignIn:
    title = deferred("Sign in")
    action = "/sign-in"
    button = deferred("Sign in")

    def elsewhere(self, asked: Asked) -> str | None:
        return "/set-up" if people.needs_setup(asked.workbench.db) else None

    def fields(self, asked: Asked) -> list[Field]:
        return [
            Field(
                "name",
                say("Name"),
                "username",
                value=asked.values.get("name", ""),
                max_length=MAX_NAME,
            ),
            Field("password", say("Password"), "current-password", kind="password"),
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
                say(
                    "No account fits this name and password. Check both; an admin of this "
                    "workbench can give you a new password."
                )
            )
        return signed_in[0].id, signed_in[1]


class SetUp:
    title = deferred("Set up this workbench")
    action = "/set-up"
    button = deferred("Make the first account")

    def elsewhere(self, asked: Asked) -> str | None:
        return None if people.needs_setup(asked.workbench.db) else "/sign-in"

    def fields(self, asked: Asked) -> list[Field]:
        return [
            Field(
                "code",
                say("Set-up code"),
                "one-time-code",
                hint=say("It stands in the log of the workbench, since its last start."),
                value=asked.values.get("code", ""),
                max_length=100,
            ),
            Field(
                "name",
                say("Your name"),
                "username",
                hint=say("This account is an admin: it can add people and give roles."),
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
                say(
                    "This is not the set-up code. Take the one from the newest start in the log; "
                    "starting the workbench again makes another."
                )
            )
        person = people.set_up(
            asked.workbench.db, asked.values.get("name", ""), _typed_twice(asked.values)
        )
        _codes.pop(data, None)
        return person.id, people.sign_in(asked.workbench.db, person.id, now=datetime.now(UTC))


class ChangePassword:
    title = deferred("Change your password")
    action = "/password"
    button = deferred("Change password")

    def elsewhere(self, asked: Asked) -> str | None:
        return "/sign-in?next=/password" if asked.person is None else None

    def fields(self, asked: Asked) -> list[Field]:
        return [
            Field("name", say("Name"), "username", value=_known(asked).name, read_only=True),
            Field("current", say("Password until now"), "current-password", kind="password"),
            *_new_password(),
        ]

    def guessed(self, asked: Asked) -> str:
        return name_key(_known(asked).name)

    def act(self, asked: Asked) -> tuple[str, str]:
        db, person = asked.workbench.db, _known(asked)
        if people.check_password(db, person.name, asked.values.get("current", "")) is None:
            raise WrongGuessError(say("This is not the password that you have now. Type it again."))
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
    new, again = say("New password"), say("New password again")
    hint = say_number(
        "At least {n} character; a few words in a row will do.",
        "At least {n} characters; a few words in a row will do.",
        first,
    )
    return [
        Field("new", new, "new-password", "password", hint, "", first, last),
        Field("again", again, "new-password", "password", "", "", first, last),
    ]


def _typed_twice(values: Values) -> str:
    new = values.get("new", "")
    if new != values.get("again", ""):
        raise DifferentPasswordsError
    n_characters = len(password_text(new))
    if n_characters not in PASSWORD_LENGTH:
        raise UnfitPasswordError(n_characters)
    return new
