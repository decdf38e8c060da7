"""Find a study by what somebody typed."""

from core.errors import DiscernError
from core.study import Study
from storage import studies
from storage.database import Database


class UnclearStudyError(DiscernError):
    """No study, or more than one, is called so."""


def find_study(db: Database, typed: str) -> Study:
    """Return the study of this id, or the only one of this name."""
    there = studies.all_studies(db)
    found = [study for study in there if study.id == typed] or [
        study for study in there if study.settings.name == typed
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnclearStudyError(
            f"{len(found)} studies are called {typed!r}. Say which by its id: {_listed(found)}"
        )
    raise UnclearStudyError(
        f"There is no study {typed!r}. There are: {_listed(there) or 'none yet'}"
    )


def is_taken(db: Database, name: str) -> bool:
    """Whether a study has this name or id."""
    there = studies.all_studies(db)
    return any(name in {s.id, s.settings.name} for s in there)


def _listed(studies: list[Study]) -> str:
    return ", ".join(f"{study.id} ({study.settings.name})" for study in studies)
