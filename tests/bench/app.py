"""How fast the app starts, how much memory it takes, and how soon an answer is on disk."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from storage.database import Database
from tests.bench import load
from tests.bench.annotators import PAIR_VIEW, SETTINGS, prepare
from tests.bench.load import Plan
from tests.bench.table import Row
from tests.browser.server import Server
from workbench.settings import Settings

N_STARTS, N_SESSIONS, N_ANSWERS, SETTLE_S = 3, 25, 10, 2.0
#: How many people open the first page in a second.
ARRIVALS = 5
MEGABYTE = 10**6
ERROR = re.compile(r"\b(?:ERROR|CRITICAL|Traceback)\b")
ABOUT = (
    "A real server process on loopback, real websocket sessions without a browser: the time until "
    "painted comes on top. An answer counts from its sending until the server says that it is on "
    "disk and sends the next data. Memory is the resident set of the server process."
)


def measure(scratch: Path) -> list[Row]:
    return [
        *_start_and_memory(Server(scratch / "local")),
        *_one_annotator(Server(scratch / "one")),
        *_many_annotators(scratch / "fifty", n_annotators=50),
        *_many_annotators(scratch / "hundred", n_annotators=100),
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
        visited.append(memory_of(server))
        torch |= _has_loaded(server.pid, "torch")
        server.stop()
        server.start()
        time.sleep(SETTLE_S)
        idle.append(memory_of(server))
        server.stop()
    server.check_log()
    return [
        Row("start until the app answers", f"{median(answers[1:]):.2f} s"),
        Row("start until the first page is drawn", f"{median(pages[1:]):.2f} s", "< 3 s"),
        Row("memory of the idle app", f"{median(idle[1:]):.0f} MB", "< 150 MB"),
        Row("the same after somebody has opened the first page", f"{median(visited[1:]):.0f} MB"),
        Row("torch in its memory", "yes" if torch else "no", "no"),
    ]


def memory_of(server: Server) -> float:
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
    """Sessions and server share two cores; nothing that was said to be saved may be missing."""
    cookies = prepare(data, n_annotators)
    server = Server(data, mode="accounts")
    with two_cores():
        server.start()
        ramp_s = n_annotators / ARRIVALS
        sessions = _played(server, cookies, n_answers=N_ANSWERS, think_s=3.0, ramp_s=ramp_s)
        memory = memory_of(server)
        server.stop()
    server.check_log()
    answers = [ms for session in sessions for ms in session.answer_ms[1:]]
    first = [ms for session in sessions for ms in session.first_page_ms]
    n_saved = sum(len(session.answer_ms) for session in sessions)
    n_kept, n_above = _on_disk(data)
    who = f"{n_annotators} annotators, 3 s of thought, two cores"
    return [
        Row(f"{who}: answer on disk and the next data, p50", _ms(answers, 50)),
        Row("the same, p95", _ms(answers, 95), "≤ 120 ms"),
        Row(f"first page while {ARRIVALS} a second come in, p95", _ms(first, 95)),
        Row(
            f"judgments lost of {n_saved:,} that were said to be saved", f"{n_saved - n_kept}", "0"
        ),
        Row("pairs with more answers and leases than their overlap", f"{n_above}", "0"),
        Row("errors in the log", f"{len(ERROR.findall(server.read_log()))}", "0"),
        Row("memory of the app then", f"{memory:.0f} MB", "< 500 MB"),
    ]


@contextmanager
def two_cores() -> Iterator[None]:
    """This process and what it starts run on two cores."""
    process = psutil.Process()
    before = process.cpu_affinity()
    process.cpu_affinity(before[:2])
    try:
        yield
    finally:
        process.cpu_affinity(before)


def _on_disk(data: Path) -> tuple[int, int]:
    """How many judgments are there, and how many pairs with more places taken than there are."""
    db = Database(Settings(data, local=False).database)
    [(n_kept,)] = db.read("SELECT count(*) FROM judgments")
    [(n_above,)] = db.read(
        "SELECT count(*) FROM (SELECT count(*) AS n FROM presentations WHERE slot >= 0"
        " GROUP BY study_id, set_id) WHERE n > ?",
        [SETTINGS.overlap],
    )
    db.close()
    return n_kept, n_above


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
