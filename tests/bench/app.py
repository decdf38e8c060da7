"""How fast the app starts, how much memory it takes, and how soon an answer is on disk."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import psutil

from tests.bench import load
from tests.bench.annotators import PAIR_VIEW, prepare
from tests.bench.load import Plan
from tests.bench.table import Row
from tests.browser.server import Server

N_STARTS, N_SESSIONS, SETTLE_S = 3, 25, 2.0
MEGABYTE = 10**6


def measure(scratch: Path) -> list[Row]:
    return [
        *_start_and_memory(Server(scratch / "local")),
        *_one_annotator(Server(scratch / "one")),
        *_many_annotators(scratch / "twenty", n_annotators=20),
        *_many_annotators(scratch / "fifty", n_annotators=50),
    ]


def _start_and_memory(server: Server) -> list[Row]:
    """The first start of all makes the database, and is not counted."""
    answers, pages, idle, visited, torch = [], [], [], [], False
    for _ in range(N_STARTS + 1):
        began = time.perf_counter()
        answers.append(server.start())
        _played(server, [""], n_answers=0)
        pages.append(time.perf_counter() - began)
        time.sleep(SETTLE_S)
        visited.append(_memory(server))
        torch |= _has_loaded(server.pid, "torch")
        server.stop()
        server.start()
        time.sleep(SETTLE_S)
        idle.append(_memory(server))
        server.stop()
    server.check_log()
    return [
        Row("start until the app answers", f"{median(answers[1:]):.2f} s"),
        Row("start until the first page is drawn", f"{median(pages[1:]):.2f} s", "< 3 s"),
        Row("memory of the idle app", f"{median(idle[1:]):.0f} MB", "< 150 MB"),
        Row("the same after somebody has opened the first page", f"{median(visited[1:]):.0f} MB"),
        Row("torch in its memory", "yes" if torch else "no", "no"),
    ]


def _memory(server: Server) -> float:
    """The resident set of the app's process, megabytes."""
    return float(psutil.Process(server.pid).memory_info().rss) / MEGABYTE


def _one_annotator(server: Server) -> list[Row]:
    """One session after another; the second answer of each: the first one warms the session up."""
    server.start()
    sessions = [_played(server, [""], n_answers=3)[0] for _ in range(N_SESSIONS)]
    server.stop()
    server.check_log()
    first, second = ([session.answer_ms[i] for session in sessions] for i in (0, 1))
    return [
        Row("one annotator: first answer of a session until on disk, p50", _ms(first, 50)),
        Row("one annotator: second answer until on disk and the next data, p50", _ms(second, 50)),
        Row("the same, p95", _ms(second, 95), "< 60 ms"),
    ]


def _many_annotators(data: Path, *, n_annotators: int) -> list[Row]:
    cookies = prepare(data, n_annotators)
    server = Server(data, mode="accounts")
    server.start()
    sessions = _played(server, cookies, n_answers=10, think_s=2.0, ramp_s=5.0)
    memory = _memory(server)
    server.stop()
    server.check_log()
    answers = [ms for session in sessions for ms in session.answer_ms[1:]]
    return [
        Row(f"{n_annotators} annotators, 2 s of thought: answer on disk, p50", _ms(answers, 50)),
        Row("the same, p95", _ms(answers, 95)),
        Row("memory of the app then", f"{memory:.0f} MB"),
    ]


def _played(
    server: Server,
    cookies: Sequence[str],
    *,
    n_answers: int,
    think_s: float = 0.0,
    ramp_s: float = 0.0,
) -> list[load.Measured]:
    plan = Plan(PAIR_VIEW, cookies, n_answers, think_s=think_s, ramp_s=ramp_s)
    sessions = load.run(server.address, plan)
    errors = [error for session in sessions for error in session.errors]
    if errors:
        raise load.ProtocolError("; ".join(errors[:5]))
    return sessions


def _has_loaded(pid: int, library: str) -> bool:
    maps = psutil.Process(pid).memory_maps()
    return any(library in Path(entry.path).parts for entry in maps)


def _ms(values: Sequence[float], percent: float) -> str:
    return f"{load.percentile(values, percent):.0f} ms"
