"""The files of the text level in a run directory, for the trainer and for the app.

text.json               with which encoder, and how
text_model.npz          the fitted text model
text_held_out.parquet   what each text model predicted for judgments it had not seen
text_training/          checkpoints, and the weights of trained networks
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.judgment import Floats
from core.text.evaluation import TextHeldOut
from core.text.text_model import Mode, TextModel, from_arrays, to_arrays
from trainer.run_directory import write_json

SETTINGS, MODEL, HELD_OUT = "text.json", "text_model.npz", "text_held_out.parquet"
TRAINING = "text_training"
#: The name of the text model among those that are recalibrated.
TEXT = "text"
ROOT = Path(__file__).resolve().parents[1]
#: How long the encoder may take for one new text, loading included, in seconds.
PATIENCE = 180
_INTEGERS = ("first", "second", "outcome", "prompt", "fold")
_MODELS = ("chance", "bradley_terry", "general", "judged")


class EncodingFailedError(DiscernError):
    """The encoder of a fit did not answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The text could not be encoded: {reason}")


@dataclass(frozen=True, slots=True)
class TextSettings:
    """Which encoder reads the texts, and how.

    Attributes
    ----------
    mode : str
        "tfidf" needs no encoder; "frozen", "full" and "lora" do.
    encoder : str or None
        A path or a name on the hub, for transformers.
    cache : str or None
        Folder for encodings of a frozen encoder, shared by fits; None: none are kept.
    n_folds, n_members : int
        Parts that are held out in turn; networks that differ by seed.
    n_epochs, learning_rate, batch_pairs, max_tokens, gradient_checkpointing
        See `core.fitting.text.network.TrainingSettings`.
    """

    mode: Mode = "tfidf"
    encoder: str | None = None
    cache: str | None = None
    n_planes: int = 2
    n_folds: int = 5
    n_members: int = 1
    n_epochs: int = 2
    learning_rate: float | None = None
    batch_pairs: int = 64
    max_tokens: int = 1_024
    gradient_checkpointing: bool = False


def write_settings(directory: Path, settings: TextSettings, seed: int) -> None:
    write_json(directory / SETTINGS, {**asdict(settings), "seed": seed})


def read_settings(directory: Path) -> tuple[TextSettings, int]:
    said = json.loads((directory / SETTINGS).read_text())
    seed = int(said.pop("seed"))
    return TextSettings(**said), seed


def write_text_model(directory: Path, model: TextModel) -> None:
    """Write, then rename: a reader sees a whole model or none."""
    partial = directory / "text_model.partial.npz"
    arrays: dict[str, Any] = to_arrays(model)
    np.savez(partial, **arrays)
    partial.replace(directory / MODEL)


def read_text_model(directory: Path) -> TextModel | None:
    """Return the text model of a run, or None where there is none."""
    path = directory / MODEL
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return from_arrays(dict(arrays))


def write_text_held_out(directory: Path, held_out: TextHeldOut) -> None:
    """One row a judgment: what it was, and what each model said of it before seeing it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: getattr(held_out, name) for name in _INTEGERS}
    for model in _MODELS:
        for place, name in enumerate(("first", "tie", "second")):
            columns[f"{model}_{name}"] = getattr(held_out, model)[:, place]
    partial = directory / "text_held_out.partial"
    pq.write_table(pa.table(columns), partial)
    partial.replace(directory / HELD_OUT)


class FeatureFiles:
    """Encodings in a folder, by hash of content; a file for each time that some were added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        wanted = set(keys)
        found: dict[str, NDArray[np.float32]] = {}
        for path in sorted(self.folder.glob("*.npz")):
            with np.load(path, allow_pickle=False) as arrays:
                held = {key: row for row, key in enumerate(arrays["keys"].tolist())}
                here = wanted & held.keys() - found.keys()
                if here:
                    features = arrays["features"]
                    found |= {key: features[held[key]] for key in here}
        return found

    def write(self, features: dict[str, NDArray[np.float32]]) -> None:
        """Written, then renamed; the name follows from the keys, so that twice is once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        keys = sorted(features)
        name = hashlib.sha256("".join(keys).encode()).hexdigest()[:32]
        partial = self.folder / f"{name}.partial"
        with partial.open("wb") as file:
            np.savez(file, keys=np.array(keys), features=np.stack([features[key] for key in keys]))
        partial.replace(self.folder / f"{name}.npz")


def encode_elsewhere(directory: Path, texts: Sequence[str], prompt: str) -> Floats:
    """Let a process of its own, with torch in it, encode new texts as the fit's encoder does.

    Parameters
    ----------
    directory : Path
        Of a finished run.
    prompt : str
        Text of the prompt that they answer; may be empty.

    Raises
    ------
    EncodingFailedError
        If the encoder is not there any more, or takes too long.
    """
    return _ask("trainer.text_networks", str(directory), texts=list(texts), prompt=prompt)


def encode_by(encoder: str, texts: Sequence[str]) -> Floats:
    """Let a process of its own, with torch in it, encode texts by an encoder as it is.

    Parameters
    ----------
    encoder : str
        A path or a name on the hub, for transformers.

    Returns
    -------
    ndarray, shape (n_texts, n_hidden)

    Raises
    ------
    EncodingFailedError
        If there is no such encoder, or it takes too long.
    """
    return _ask("trainer.encoding", encoder=encoder, texts=list(texts))


def _ask(module: str, *arguments: str, **question: Any) -> Floats:
    try:
        answer = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as error:
        raise EncodingFailedError(f"it took more than {PATIENCE} seconds.") from error
    if answer.returncode != 0:
        lines = answer.stderr.strip().splitlines() or ["the process ended without a word."]
        raise EncodingFailedError(lines[-1])
    return np.array(json.loads(answer.stdout.splitlines()[-1]), dtype=np.float64)
