"""One call of a language model behind an OpenAI-compatible address, with all that can go wrong."""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError

from core.errors import DiscernError
from core.interview.calls import CallOutcome

MAX_REPLY_BYTES = 200_000
MAX_TOKENS = 600
#: A rate limit that does not say how long to wait.
USUAL_WAIT = 30.0
LONGEST_WAIT = 3600.0

Messages = Sequence[dict[str, str]]


class InvalidEndpointError(DiscernError):
    """A model cannot be asked at the address given."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model answers, such as vLLM, Ollama, `transformers serve` or a hosted one.

    Attributes
    ----------
    url : str
        Up to and without `/chat/completions`.
    key : str
        Sent to that address only; empty where none is needed. Never shown or stored with calls.
    seconds : float
        For a call and its second try together, however slowly the reply comes.

    Raises
    ------
    InvalidEndpointError
        If the address, the name of the model, the key or the time cannot be.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    seconds: float = 20.0

    def __post_init__(self) -> None:
        if not _is_address(self.url):
            raise InvalidEndpointError(
                f"The address of a model is {self.url!r:.100}; it must be like "
                "http://localhost:8000/v1, without anything after it."
            )
        if not self.model.strip():
            raise InvalidEndpointError("A model has a name. Enter the one its server knows.")
        if not (self.key.isascii() and (self.key.isprintable() or not self.key)):
            raise InvalidEndpointError("The key holds characters that no key has. Copy it again.")
        if not 0 < self.seconds <= LONGEST_WAIT:
            raise InvalidEndpointError(
                f"A model may take {self.seconds} seconds; choose up to {LONGEST_WAIT:,.0f}."
            )


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from one call.

    Attributes
    ----------
    content : str or None
        What the model said; None where it said nothing, for which `outcome` has the reason.
    outcome : CallOutcome
        PROPOSED where there is content; whether it is of use is not decided here.
    retry_after : float
        Seconds to leave the endpoint alone, as it has asked.
    """

    content: str | None
    outcome: CallOutcome
    problem: str = ""
    reply_hash: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    retry_after: float = 0.0


class _UnreadableError(Exception):
    """A reply that goes on and on, or is packed so that its size cannot be told."""


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # which may be no number
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query


def ask(endpoint: Endpoint, messages: Messages, seconds: float) -> Reply:
    """Call a model once; to be called from a thread without an event loop of its own.

    Parameters
    ----------
    messages : sequence of {"role": ..., "content": ...}
    seconds : float
        After which the call is given up, in whatever state it is.
    """
    return asyncio.run(_ask(endpoint, messages, seconds))


async def _ask(endpoint: Endpoint, messages: Messages, seconds: float) -> Reply:
    import openai  # here, as it takes half a second that an app without a model does not have

    try:
        async with asyncio.timeout(seconds), _client(endpoint, seconds) as client:
            response = await client.chat.completions.with_raw_response.create(
                model=endpoint.model,
                messages=messages,
                max_tokens=MAX_TOKENS,
                temperature=0,
                extra_headers={"Accept-Encoding": "identity"},
            )
            return _read(response.http_response.content)
    except (TimeoutError, openai.APITimeoutError):
        return Reply(None, CallOutcome.TIMED_OUT, f"no whole reply within {seconds:.1f} s")
    except openai.APIStatusError as error:
        return _refusal(error.status_code, error.response.headers)
    except _UnreadableError as error:
        return Reply(None, CallOutcome.INVALID, str(error))
    except openai.APIConnectionError as error:
        return Reply(None, CallOutcome.UNREACHABLE, type(error.__cause__ or error).__name__)
    except openai.OpenAIError as error:
        return Reply(None, CallOutcome.INVALID, type(error).__name__)


def _client(endpoint: Endpoint, seconds: float) -> Any:
    """A client that tries once, follows nobody elsewhere, and reads no more than it should."""
    import openai

    http = openai.DefaultAsyncHttpxClient(
        event_hooks={"response": [_limit_size]}, follow_redirects=False
    )
    return openai.AsyncOpenAI(
        base_url=endpoint.url,
        api_key=endpoint.key or "none",
        timeout=seconds,
        max_retries=0,
        http_client=http,
    )


async def _limit_size(response: Any) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _UnreadableError("the reply is compressed, which was not asked for")
    response.stream = _limited(response.stream)


def _limited(stream: Any) -> Any:
    """The same stream, up to the largest reply that is read."""
    from httpx2 import AsyncByteStream  # what openai speaks HTTP with

    class Limited(AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            n_bytes = 0
            async for chunk in stream:
                n_bytes += len(chunk)
                if n_bytes > MAX_REPLY_BYTES:
                    raise _UnreadableError(f"the reply has more than {MAX_REPLY_BYTES:,} bytes")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Limited()


def _refusal(status: int, headers: Mapping[str, str]) -> Reply:
    """What an error of the endpoint means."""
    problem = f"HTTP status {status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = _seconds(headers.get("retry-after"))
        return Reply(None, CallOutcome.RATE_LIMITED, problem, retry_after=wait)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Reply(None, CallOutcome.REFUSED, problem)
    return Reply(None, CallOutcome.FAILED, problem)


def _seconds(retry_after: str | None) -> float:
    """How long to wait, where the endpoint says it in seconds; a date is taken as the usual."""
    try:
        seconds = float(retry_after or USUAL_WAIT)
    except ValueError:
        return USUAL_WAIT
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else USUAL_WAIT


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[Any] | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = Field(default=None, ge=0, lt=2**31)
    completion_tokens: int | None = Field(default=None, ge=0, lt=2**31)


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


def _read(body: bytes) -> Reply:
    """What a reply says, by the few fields of the protocol that are needed."""
    reply_hash = hashlib.sha256(body).hexdigest()
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        return Reply(None, CallOutcome.INVALID, "not a chat completion", reply_hash)
    choice, usage = completion.choices[0], completion.usage or _Usage()
    tokens = (usage.prompt_tokens, usage.completion_tokens)
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return Reply(None, CallOutcome.REFUSED, "the model refused", reply_hash, *tokens)
    if choice.message.tool_calls or not choice.message.content:
        return Reply(None, CallOutcome.INVALID, "no text in the reply", reply_hash, *tokens)
    return Reply(choice.message.content, CallOutcome.PROPOSED, "", reply_hash, *tokens)
