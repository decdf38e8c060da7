"""Cards of others near one's own: by an encoder where the study has one, else by their words."""

import hashlib
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.judgment import Floats
from core.study import Study
from core.values_card.card import ValuesCard
from core.values_card.nearest import Neighbour, card_text, nearest
from storage.card_offers import TFIDF
from trainer.text_files import EncodingFailedError, FeatureFiles, encode_by
from workbench.opening import Workbench

log = logging.getLogger("discern.near_cards")

#: Longer than this, in seconds, nobody waits for an encoder: words then take its place.
LONGEST_WAIT = 60.0
#: An encoder that failed is left alone for so long, in seconds.
PAUSE = 600.0


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest cards, and what found them."""

    neighbours: tuple[Neighbour, ...]
    finder: str = TFIDF


@dataclass(slots=True)
class _Reading:
    """What this process knows of the encoders that read cards for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    #: Since when each encoder reads, and when it failed last; monotonic seconds.
    since: dict[str, float] = field(default_factory=dict)
    failed: dict[str, float] = field(default_factory=dict)


_reading = _Reading()


def near(
    workbench: Workbench,
    study: Study,
    card: ValuesCard,
    others: Mapping[str, ValuesCard],
    *,
    n: int,
) -> Near | None:
    """The cards nearest to one; None while the encoder reads them, so that it is asked again."""
    encoder = study.settings.fitting.encoder
    found = _encoded(workbench, encoder, [card, *others.values()]) if encoder and others else {}
    if found is None:
        return None
    if not found:
        return Near(nearest(card, others, n=n))
    neighbours = nearest(
        card,
        others,
        n=n,
        embedding=found[card_text(card)],
        embeddings={name: found[card_text(other)] for name, other in others.items()},
    )
    return Near(neighbours, f"{encoder} {_print_of(encoder)[:12]}")


def prepare(workbench: Workbench, study: Study, cards: list[ValuesCard]) -> None:
    """Let the study's encoder, if it has one, read cards before they are compared."""
    encoder = study.settings.fitting.encoder
    if encoder and cards:
        _encoded(workbench, encoder, cards)


def _encoded(
    workbench: Workbench, encoder: str, cards: list[ValuesCard]
) -> dict[str, Floats] | None:
    """Encodings by text; None while they are being made, nothing where they cannot be."""
    files = FeatureFiles(workbench.settings.data / "card-encodings")
    identity = _print_of(encoder)
    keys = {text: _key(identity, text) for text in dict.fromkeys(map(card_text, cards))}
    known = files.read(list(keys.values()))
    missing = {text: key for text, key in keys.items() if key not in known}
    if not missing:
        return {text: known[key].astype("float64") for text, key in keys.items()}
    now = time.monotonic()
    with _reading.lock:
        if now - _reading.failed.get(encoder, float("-inf")) < PAUSE:
            return {}
        since = _reading.since.get(encoder)
        if since is not None:
            return None if now - since < LONGEST_WAIT else {}
        _reading.since[encoder] = now
    threading.Thread(
        target=_read, args=(encoder, files, missing), name="card encodings", daemon=True
    ).start()
    return None


def _read(encoder: str, files: FeatureFiles, missing: dict[str, str]) -> None:
    try:
        vectors = encode_by(encoder, list(missing))
        rows = zip(missing.values(), vectors.astype("float32"), strict=True)
        files.write(dict(rows))
    except EncodingFailedError as error:
        log.warning("Near cards are found by their words. %s", error)
        _reading.failed[encoder] = time.monotonic()
    finally:
        with _reading.lock:
            _reading.since.pop(encoder, None)


def _key(identity: str, text: str) -> str:
    return hashlib.sha256(f"{identity}/{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _print_of(encoder: str) -> str:
    """An encoder changed under the same name is another one: its files, their sizes and times."""
    folder = Path(encoder)
    files = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(f"{encoder}/{stats}".encode()).hexdigest()
