"""A local model answers from a process of its own, to nobody but the app."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.interview import replay
from core.interview.calls import CallOutcome
from interviewer import Endpoint, LanguageModelInterviewer
from interviewer.local_process import LocalModelError, LocalModelProcess
from tests.core.interviews import WHOLE

#: Writes a model of random weights that says nothing of use, with a tokenizer of single bytes.
MAKE_MODEL = """
import sys
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
inner = Tokenizer(models.BPE({c: n for n, c in enumerate(["<end>", *alphabet])}, []))
inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
inner.decoder = decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", pad_token="<end>")
tokenizer.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\\n{% endfor %}"
tokenizer.save_pretrained(sys.argv[1])
torch.manual_seed(0)
config = GPT2Config(
    vocab_size=len(tokenizer), n_positions=8192, n_embd=16, n_layer=1, n_head=2,
    bos_token_id=0, eos_token_id=0,
)
GPT2LMHeadModel(config).save_pretrained(sys.argv[1])
"""


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalModelProcess]:
    folder = tmp_path_factory.mktemp("model")
    subprocess.run([sys.executable, "-c", MAKE_MODEL, str(folder)], check=True, timeout=120)
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
