"""The names of the roles, as people read them."""

from core.study import Role
from ui.messages import deferred, say_deferred

NAMES = {
    Role.ANNOTATOR: deferred("annotator"),
    Role.RESEARCHER: deferred("researcher"),
    Role.ADMIN: deferred("admin"),
}


def said(role: Role) -> str:
    """Return what a role is called in this person's language."""
    return say_deferred(NAMES[role])
