"""Encode texts by an encoder, in a process of its own: python -m trainer.encoding.

A question as JSON comes in on standard input, the encodings go out on standard output.
"""

import json
import sys

from core.errors import DiscernError
from core.fitting.text.encoders import Passage, encode_frozen, load_encoder
from trainer.device import found_device


def main() -> int:
    """Answer one question."""
    question = json.load(sys.stdin)
    try:
        encoder = load_encoder(question["encoder"], found_device())
        encoded = encode_frozen(encoder, [Passage("", text) for text in question["texts"]])
    except DiscernError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the answer to who has asked
        return 1
    print(json.dumps(encoded.tolist()))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
