"""Where torch computes: found without loading torch where there is nothing to be found."""

import ctypes
import sys
from pathlib import Path

#: The driver through which torch reaches a GPU: NVIDIA's library, or AMD's device.
NVIDIA = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
AMD = Path("/dev/kfd")


def found_device() -> str:
    """Return "cuda" if torch can use a GPU here, else "cpu".

    Torch takes seconds to load, and a fit without encoders does without it on a CPU: where no
    driver is, it is not asked.
    """
    if not _has_driver():
        return "cpu"
    import torch

    torch.set_num_threads(1)  # annotators come first
    return "cuda" if torch.cuda.is_available() else "cpu"


def device_name(device: str) -> str:
    """What a report says about where a fit was computed."""
    if device == "cpu":
        return device
    import torch

    return f"cuda ({torch.cuda.get_device_name()})"


def _has_driver() -> bool:
    try:
        ctypes.CDLL(NVIDIA)
    except OSError:
        return AMD.exists()
    return True
