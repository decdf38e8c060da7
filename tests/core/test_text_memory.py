"""What becomes of the work with a network where memory really runs out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import BertConfig, BertModel

from core.fitting.text.encoders import Passage, encode_frozen, load_encoder
from tests.core.judged_texts import tiny_encoder

ROOT = Path(__file__).resolve().parents[2]
#: Of a layer: 64 texts of 42 tokens make 340 MiB of it, 8 texts 42 MiB.
WIDE = 32_768
TEXTS = [f"{number} " + "clear kind true short " * 10 for number in range(64)]
#: The process may take so much more than it has before a piece of work.
SPARE, NEARLY_NONE = 450 * 2**20, 2**20
WORK = """
import json, resource, sys
import numpy as np
import psutil
import torch
from core.fitting.text.encoders import Passage, TooLittleMemoryError, encode_frozen, load_encoder
from core.fitting.text.network import PairNetwork, TrainingSettings, judged_pairs
from core.fitting.text.training import Reading, Training
from core.judgment import Comparisons

def leave(spare):
    room = psutil.Process().memory_info().vms + spare
    resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))

path, spare, nearly_none, texts = json.load(sys.stdin)
encoder, passages = load_encoder(path, "cpu"), [Passage("", text) for text in texts]
encode_frozen(encoder, passages[:1])
encoding, training = [], []

leave(spare)
found = encode_frozen(encoder, passages, log=encoding.append)

leave(nearly_none)
hoard = []  # also what the allocator keeps of what it was given before
for size in (2**26, 2**24, 2**22):
    try:
        while True:
            hoard.append(bytearray(size))
    except MemoryError:
        pass
try:
    encode_frozen(encoder, passages)
    refusal = ""
except TooLittleMemoryError as error:
    refusal = str(error)
hoard.clear()

n = len(texts)
first, ones = np.arange(n - 1), np.ones(n - 1, np.int64)
data = Comparisons(tuple(texts), 0 * np.arange(n), first, first + 1, ones, 0 * ones)
settings = TrainingSettings(n_epochs=1, batch_pairs=32, micro_pairs=32, n_planes=0)
network = PairNetwork(encoder, settings)
reading = Reading.of(network, passages, data.prompts)
run = Training(network, judged_pairs([data]), reading, settings, log=training.append)
leave(spare)
run.run()
print(json.dumps({
    "encoding": encoding, "found": found.tolist(), "refusal": refusal, "training": training,
    "steps": [run.step, run.n_steps],
    "finite": all(bool(p.isfinite().all()) for p in network.trainable().values()),
}))
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An encoder of one layer that needs much more memory for what it does than for itself."""
    folder = tiny_encoder(tmp_path_factory.mktemp("wide"))
    config = BertConfig.from_pretrained(folder)
    config.num_hidden_layers, config.intermediate_size = 1, WIDE
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def said(path: str) -> dict[str, Any]:
    """What a process says that has too little memory for its work as it begins it."""
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        input=json.dumps([path, SPARE, NEARLY_NONE, TEXTS]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_encoding_goes_on_with_smaller_batches_and_finds_the_same(
    path: str, said: dict[str, Any]
) -> None:
    assert said["encoding"]
    assert all("Out of memory: texts are now encoded" in line for line in said["encoding"])
    roomy = encode_frozen(load_encoder(path, "cpu"), [Passage("", text) for text in TEXTS])
    np.testing.assert_allclose(np.array(said["found"]), roomy, atol=1e-4)


def test_training_goes_on_with_fewer_pairs_at_a_time(said: dict[str, Any]) -> None:
    assert said["training"]
    assert all("Out of memory: pairs are now read" in line for line in said["training"])
    assert said["steps"] == [2, 2]
    assert said["finite"]


def test_no_room_for_a_single_text_is_a_sentence(said: dict[str, Any]) -> None:
    assert "too little memory for a single text" in said["refusal"]
