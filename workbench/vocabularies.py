"""Vocabularies to tag cards against: those that come with the product, and those added as files."""

from pathlib import Path

from core.vocabularies import InvalidVocabularyError, Vocabulary, read_vocabulary
from workbench.opening import Workbench

FOLDER = Path(__file__).resolve().parents[1] / "core" / "vocabularies"
MAX_ADDED = 100


def available(workbench: Workbench) -> tuple[Vocabulary, ...]:
    """All that can be read, by title; one that was added takes the place of an older version."""
    found: dict[str, Vocabulary] = {}
    for path in [*sorted(FOLDER.glob("*.toml")), *sorted(_added(workbench).glob("*.toml"))]:
        vocabulary = read_vocabulary(path.read_text(encoding="utf-8"))
        before = found.get(vocabulary.id)
        if before is None or before.version < vocabulary.version:
            found[vocabulary.id] = vocabulary
    return tuple(sorted(found.values(), key=lambda vocabulary: vocabulary.title))


def add(workbench: Workbench, content: bytes) -> Vocabulary:
    """Keep a file of a vocabulary.

    Raises
    ------
    InvalidVocabularyError
        If it cannot be read, or one of the same id has this version or a later one.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidVocabularyError("The file is not text in UTF-8. Save it as that.") from error
    vocabulary = read_vocabulary(text)
    known = {known.id: known.version for known in available(workbench)}
    if vocabulary.version <= known.get(vocabulary.id, 0):
        raise InvalidVocabularyError(
            f"There is version {known[vocabulary.id]} of {vocabulary.id!r:.80} already. Tags name "
            "the version: give yours a higher one."
        )
    folder = _added(workbench)
    if len(list(folder.glob("*.toml"))) >= MAX_ADDED:
        raise InvalidVocabularyError(f"{MAX_ADDED} vocabularies were added already.")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{len(list(folder.glob('*.toml'))):03}.toml"
    path.write_text(text, encoding="utf-8")
    return vocabulary


def _added(workbench: Workbench) -> Path:
    return workbench.settings.data / "vocabularies"
