"""Lists of values that others have named, to tag cards against."""

from core.vocabularies.tagging import Tag, Tagging, Valence, tag_cards
from core.vocabularies.vocabulary import (
    InvalidVocabularyError,
    NamedValue,
    Vocabulary,
    read_vocabulary,
)

__all__ = [
    "InvalidVocabularyError",
    "NamedValue",
    "Tag",
    "Tagging",
    "Valence",
    "Vocabulary",
    "read_vocabulary",
    "tag_cards",
]
