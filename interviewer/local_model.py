"""Answer as an OpenAI-compatible endpoint with a local model: python -m interviewer.local_model.

A process of its own, so that the app loads neither torch nor transformers. It listens on this
computer only, answers to whoever knows the key in the variable DISCERN_LOCAL_MODEL_KEY, prints
its address in one line once it can answer, and ends when its standard input does.
"""

import json
import os
import secrets
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from interviewer.local_process import KEY_VARIABLE

MAX_REQUEST_BYTES = 1_000_000
MAX_NEW_TOKENS = 600


class _Message(BaseModel):
    role: str
    content: str


class _Request(BaseModel):
    messages: list[_Message] = Field(min_length=1)
    max_tokens: int = Field(default=MAX_NEW_TOKENS, ge=1, le=MAX_NEW_TOKENS)


#: A reply, and the tokens read and written for it.
Generated = tuple[str, int, int]
Generate = Callable[[_Request], Generated]


def load(folder: Path) -> Generate:
    """A function that answers with the model in a folder, always the likeliest words.

    Weights are read as safetensors, and no code that lies beside them is run.
    """
    import transformers

    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    import torch  # after what fails first in a folder that holds no model

    model: Any = transformers.AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
    )
    model.eval()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    one_at_a_time = threading.Lock()

    def generate(request: _Request) -> Generated:
        messages = [message.model_dump() for message in request.messages]
        told = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(device)
        n_told = told["input_ids"].shape[1]
        with one_at_a_time, torch.inference_mode():
            tokens = model.generate(**told, max_new_tokens=request.max_tokens, do_sample=False)
        said = tokens[0, n_told:]
        return tokenizer.decode(said, skip_special_tokens=True), n_told, len(said)

    return generate


def completion(name: str, generated: Generated) -> dict[str, Any]:
    """A reply in the form of a chat completion."""
    text, n_told, n_said = generated
    message = {"role": "assistant", "content": text}
    return {
        "object": "chat.completion",
        "model": name,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": n_told, "completion_tokens": n_said},
    }


def server(name: str, key: str, generate: Generate) -> ThreadingHTTPServer:
    """A server on a free port of this computer that answers with a model."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.headers.get("Authorization", "")
            length = self.headers.get("Content-Length", "")
            if not secrets.compare_digest(sent.encode(), f"Bearer {key}".encode()):
                self.send_error(HTTPStatus.UNAUTHORIZED)
            elif self.path != "/v1/chat/completions":
                self.send_error(HTTPStatus.NOT_FOUND)
            elif not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
                self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            else:
                self._answer(self.rfile.read(int(length)))

        def _answer(self, body: bytes) -> None:
            try:
                request = _Request.model_validate_json(body)
            except ValidationError:
                self.send_error(HTTPStatus.BAD_REQUEST)
                return
            reply = json.dumps(completion(name, generate(request))).encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            """Nothing: what people say is not for a log."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    return listening


def main(folder: Path) -> None:
    listening = server(folder.name, os.environ[KEY_VARIABLE], load(folder))
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{listening.server_address[1]}/v1", flush=True)  # noqa: T201
    sys.stdin.buffer.read()  # until whoever started this is gone


if __name__ == "__main__":
    main(Path(sys.argv[1]))
