"""A local model answers from a process of its own, to nobody but the app."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from core.interview import replay
from core.interview.calls import CallOutcome
from interviewer import Endpoint, LanguageModelInterviewer
from interviewer.local_process import LocalModelError, LocalModelProcess
from tests.core.interviews import WHOLE

N_LETTERS, WIDTH, LENGTH = 257, 16, 8192


def write_model(folder: Path) -> None:
    """Write a GPT-2 of random weights that says nothing of use, with a tokenizer of bytes."""
    alphabet = ["<end>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({letter: n for n, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))
    told = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<end>",
        "pad_token": "<end>",
        "chat_template": "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    config = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": N_LETTERS,
        "n_positions": LENGTH,
        "n_embd": WIDTH,
        "n_layer": 1,
        "n_head": 2,
        "bos_token_id": 0,
        "eos_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(config))
    shapes: dict[str, tuple[int, ...]] = {"wte": (N_LETTERS, WIDTH), "wpe": (LENGTH, WIDTH)}
    shapes |= {"h.0.attn.c_attn": (WIDTH, 3 * WIDTH), "h.0.attn.c_proj": (WIDTH, WIDTH)}
    shapes |= {"h.0.mlp.c_fc": (WIDTH, 4 * WIDTH), "h.0.mlp.c_proj": (4 * WIDTH, WIDTH)}
    shapes |= dict.fromkeys(("h.0.ln_1", "h.0.ln_2", "ln_f"), (WIDTH,))
    rng = np.random.default_rng(0)
    weights = {}
    for name, shape in shapes.items():
        weights[f"transformer.{name}.weight"] = rng.normal(0, 0.5, shape).astype(np.float32)
        if name not in {"wte", "wpe"}:
            weights[f"transformer.{name}.bias"] = np.zeros(shape[-1], dtype=np.float32)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalModelProcess]:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder)
    made = LocalModelProcess(folder, folder / "log.txt")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def endpoint(process: LocalModelProcess) -> Endpoint:
    return process.start()


def test_a_local_model_answers_and_its_nonsense_is_left(endpoint: Endpoint) -> None:
    proposal = LanguageModelInterviewer(endpoint).propose(replay(WHOLE[:3]))
    assert [call.outcome for call in proposal.calls] == [CallOutcome.INVALID] * 2
    assert {call.problem for call in proposal.calls} == {"not JSON"}
    assert all((call.tokens_in or 0) > 1000 for call in proposal.calls)  # of single bytes
    assert all(0 < (call.tokens_out or 0) <= 600 for call in proposal.calls)
    assert proposal.turn is not None
    assert proposal.turn.note == "interview.note.unfit"


def test_nobody_else_is_answered(endpoint: Endpoint) -> None:
    url = f"{endpoint.url}/chat/completions"
    key = {"Authorization": f"Bearer {endpoint.key}"}
    assert httpx.post(url, json={"messages": []}).status_code == 401
    assert httpx.post(url, json={}, headers={b"Authorization": b"Bearer \xe9"}).status_code == 401
    assert httpx.post(url, json={"messages": []}, headers=key).status_code == 400
    assert httpx.post(f"{endpoint.url}/models", json={}, headers=key).status_code == 404
    assert httpx.post(url, content=b"x" * 1_000_001, headers=key).status_code == 413


def test_the_key_is_not_on_the_command_line(process: LocalModelProcess, endpoint: Endpoint) -> None:
    assert process._process is not None
    command = Path(f"/proc/{process._process.pid}/cmdline").read_bytes()
    assert endpoint.key.encode() not in command


def test_the_process_ends_with_the_one_that_started_it(
    process: LocalModelProcess, endpoint: Endpoint
) -> None:
    assert endpoint.url
    started = process._process
    assert started is not None
    assert started.stdin is not None
    started.stdin.close()  # as the system does when a process is gone
    assert started.wait(timeout=10) == 0


def test_a_folder_without_a_model_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LocalModelError, match=r"no config\.json"):
        LocalModelProcess(tmp_path, tmp_path / "log.txt").start()
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(LocalModelError, match="could not be loaded"):
        LocalModelProcess(tmp_path, tmp_path / "log.txt").start()
    assert "Error" in (tmp_path / "log.txt").read_text()
