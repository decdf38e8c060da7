"""Which code made a fit."""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("numba", "numpy", "peft", "scipy", "scikit-learn", "torch", "transformers")


def versions() -> dict[str, str]:
    """Versions of Python, of the libraries, and a hash of our own code that fits."""
    return {
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
        "code": code_hash(),
    }


def code_hash() -> str:
    """The first 12 hex digits of a SHA-256 of all sources of core and trainer.

    It names the code also where there is no version control, and changes with every edit.
    """
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("trainer/*.py")]):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
