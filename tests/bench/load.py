"""Many annotators at once, over the protocol that a browser speaks with Streamlit. Loopback only.

A session connects, runs the page to its end, then answers through one component: it sends the
component's next state and waits for the data that say the answer was taken.
"""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Data = dict[str, Any]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Player:
    """How a simulated person uses a component.

    Attributes
    ----------
    component : pattern
        Found in the component's name.
    answer : function
        The next state to send, from the data on the screen; None if there is nothing to answer.
    taken : function
        Whether data that came back (first) say that this state (second) is on disk.
    """

    component: re.Pattern[str]
    answer: Callable[[Data, random.Random], Data | None]
    taken: Callable[[Data, Data], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the sessions do.

    Attributes
    ----------
    cookies : sequence of str
        One session for each, one after another begun within `ramp_s` seconds; "" for none.
    n_answers : int
        How many answers each session gives.
    think_s : float
        Mean of the exponentially distributed time before an answer, seconds; 0 for none.
    """

    player: Player
    cookies: Sequence[str]
    n_answers: int
    think_s: float = 0.0
    ramp_s: float = 0.0
    page: str = ""
    timeout_s: float = 60.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one session saw: milliseconds to the first page and for each answer, and what failed."""

    first_page_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class ProtocolError(RuntimeError):
    """The app showed an error, or what was looked for is not on the page."""


def run(address: str, plan: Plan) -> list[Measured]:
    """Let all sessions of the plan run; one result each."""
    if urlsplit(address).hostname not in LOOPBACK:
        raise ValueError(f"Only this machine may be put under load, not {address}.")
    return asyncio.run(_run(address, plan))


def percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent))


async def _run(address: str, plan: Plan) -> list[Measured]:
    sessions = [_session(address, plan, number) for number in range(len(plan.cookies))]
    return list(await asyncio.gather(*sessions))


async def _session(address: str, plan: Plan, number: int) -> Measured:
    measured, rng = Measured(), random.Random(plan.seed * 1_000_003 + number)
    await asyncio.sleep(plan.ramp_s * number / len(plan.cookies))
    cookie = plan.cookies[number]
    try:
        async with connect(
            f"{address.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            origin=address,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookie} if cookie else None,
            compression=None,
            max_size=None,
        ) as socket:
            began = time.perf_counter()
            tab = _Tab(socket, plan)
            await tab.open()
            measured.first_page_ms.append((time.perf_counter() - began) * 1000)
            for _ in range(plan.n_answers):
                if plan.think_s:
                    await asyncio.sleep(min(rng.expovariate(1 / plan.think_s), 10 * plan.think_s))
                measured.answer_ms.append(await tab.answer(rng) * 1000)
    except (OSError, TimeoutError, ProtocolError) as error:
        measured.errors.append(f"session {number}: {type(error).__name__}: {error}")
    return measured


class _Tab:
    """One browser tab: knows the component on its page and the page's hash."""

    def __init__(self, socket: ClientConnection, plan: Plan) -> None:
        self.socket = socket
        self.plan = plan
        self.page_hash = ""
        self.component: BidiComponent | None = None
        self.fragment = ""

    async def open(self) -> None:
        await self._rerun()
        async with asyncio.timeout(self.plan.timeout_s):
            while not await self._receive():
                pass

    async def answer(self, rng: random.Random) -> float:
        """Send one answer; return the seconds until it is known to be on disk and more has come."""
        if self.component is None:
            raise ProtocolError(f"There is no component {self.plan.player.component.pattern!r}.")
        state = self.plan.player.answer(_data(self.component), rng)
        if state is None:
            raise ProtocolError("There is nothing to answer any more.")
        began, took = time.perf_counter(), None
        await self._rerun(WidgetState(id=self.component.id, json_value=json.dumps(state)))
        async with asyncio.timeout(self.plan.timeout_s):
            finished = False
            while not finished:
                finished = await self._receive()
                if took is None and self.plan.player.taken(_data(self.component), state):
                    took = time.perf_counter() - began
        if took is None:
            raise ProtocolError("The app ran, but did not say that it took the answer.")
        return took

    async def _rerun(self, *states: WidgetState) -> None:
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page_hash
        message.rerun_script.page_name = "" if self.page_hash else self.plan.page
        message.rerun_script.fragment_id = self.fragment if states else ""
        message.rerun_script.widget_states.widgets.extend(states)
        await self.socket.send(message.SerializeToString())

    async def _receive(self) -> bool:
        """Take one message; return whether it says that the script has run to its end."""
        content = await self.socket.recv()
        message = ForwardMsg.FromString(content if isinstance(content, bytes) else content.encode())
        match message.WhichOneof("type"):
            case "new_session":
                self.page_hash = message.new_session.page_script_hash
            case "delta":
                self._take(message)
            case "script_finished":
                # A run that makes way for the next one is not the end.
                return bool(message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN)
        return False

    def _take(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        match element.WhichOneof("type"):
            case "exception":
                raise ProtocolError(f"{element.exception.type}: {element.exception.message}")
            case "bidi_component":
                if self.plan.player.component.search(element.bidi_component.component_name):
                    self.component = element.bidi_component
                    self.fragment = message.delta.fragment_id


def _data(component: BidiComponent) -> Data:
    data: Data = json.loads(component.json or component.mixed.json or "[{}]")[0]
    return data
