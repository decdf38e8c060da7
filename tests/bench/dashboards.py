"""How soon a dashboard is there, and what its figures cost those who judge meanwhile."""

import threading
import time
from pathlib import Path

from core.errors import DiscernError
from core.study import Role
from storage import people, studies
from tests.bench import large_study, load
from tests.bench.annotators import PAIR_VIEW, signed_in
from tests.bench.app import memory_of, two_cores
from tests.bench.load import Plan
from tests.bench.table import Row
from tests.browser.server import Server
from trainer.launch import RunStatus
from workbench import training
from workbench.opening import close_workbench, open_workbench
from workbench.settings import Settings

#: Judgments, seconds that a dashboard may take, and seconds after the start in which the app has
#: read its log, so that it is at rest when anything is measured.
SIZES = ((100_000, 2.0, 10.0), (1_000_000, 5.0, 45.0))
PAGES = ("results", "calibration", "coverage", "agreement", "evaluation", "review", "fits")
N_ANNOTATORS, N_ANSWERS, THINK_S = 10, 20, 3.0
PATIENCE_S = 300.0
ABOUT = (
    "Simulated judgments in a real database, fitted by the trainer before. A real server process "
    "on two cores, started anew for each page; one websocket session after another opens the page "
    "until its script has finished. "
    f"Then {N_ANNOTATORS} annotators with {THINK_S:.0f} s of thought, while another session opens "
    "one dashboard after the other without pause."
)


class FitFailedError(DiscernError):
    """The trainer left nothing to show."""


def measure(scratch: Path) -> list[Row]:
    rows = []
    for n, goal, settle_s in SIZES:
        data = scratch / f"{n}"
        rows += of_size(data, n, goal, settle_s, prepare(data, n))
    return rows


def of_size(data: Path, n: int, goal: float, settle_s: float, cookies: list[str]) -> list[Row]:
    """What stands in the table of one size; the data and cookies are those of `prepare`."""
    rows = []
    with two_cores():
        rows.append(_first_question(Server(data, mode="accounts"), cookies[0], n))
        for page in PAGES:
            seconds = _views(Server(data), page, settle_s)
            rows.append(
                Row(
                    f"{n:,} judgments: {page}, first and second view",
                    f"{seconds[0]:.2f} s, {seconds[1]:.2f} s",
                    f"< {goal:.0f} s",
                )
            )
        rows += _beside(Server(data, mode="accounts"), cookies, n, settle_s)
    return rows


def _first_question(server: Server, cookie: str, n: int) -> Row:
    """Somebody waits for a question while the app starts."""
    began = time.perf_counter()
    server.start()
    load.run(server.address, Plan(PAIR_VIEW, [cookie], 0, timeout_s=PATIENCE_S))
    seconds = time.perf_counter() - began
    server.stop()
    server.check_log()
    return Row(f"{n:,} judgments: start of the app until the first question", f"{seconds:.1f} s")


def prepare(data: Path, n: int) -> list[str]:
    """Fill and fit; return the cookies of annotators, and last that of an admin."""
    workbench = open_workbench(Settings(data, local=False))
    study = large_study.fill(workbench.db, n)
    run = training.start_fit(workbench, study.id)
    if workbench.trainer.wait(run) is not RunStatus.DONE:
        raise FitFailedError((run / "log.txt").read_text())
    training.record_finished(workbench)
    cookies = []
    for number in range(N_ANNOTATORS + 1):
        role = Role.ADMIN if number == N_ANNOTATORS else Role.ANNOTATOR
        person, cookie = signed_in(workbench.settings, workbench.db, f"Person {number}", role)
        studies.set_member(workbench.db, study.id, person, member=True, by=None)
        cookies.append(cookie)
    people.ensure_local(workbench.db)
    close_workbench(workbench)
    return cookies


def _views(server: Server, page: str, settle_s: float) -> list[float]:
    server.start()
    time.sleep(settle_s)
    plan = Plan(PAIR_VIEW, [""], 0, page=page, timeout_s=PATIENCE_S)
    seconds = [_seconds(server, plan) for _ in range(2)]
    server.stop()
    server.check_log()
    return seconds


def _seconds(server: Server, plan: Plan) -> float:
    [session] = load.run(server.address, plan)
    if session.errors:
        raise load.ProtocolError(f"{plan.page}: {session.errors[0]}")
    return session.first_page_ms[0] / 1000


def _beside(server: Server, cookies: list[str], n: int, settle_s: float) -> list[Row]:
    """Answers of annotators without and with somebody who looks at dashboards all the time."""
    server.start()
    time.sleep(settle_s)
    alone = _answered(server, cookies[:-1])
    looking = threading.Event()
    seen: list[float] = []

    def look() -> None:
        while not looking.is_set():
            page = PAGES[len(seen) % len(PAGES)]
            plan = Plan(PAIR_VIEW, cookies[-1:], 0, page=page, timeout_s=PATIENCE_S)
            seen.append(_seconds(server, plan))

    watcher = threading.Thread(target=look)
    watcher.start()
    beside = _answered(server, cookies[:-1])
    looking.set()
    watcher.join()
    used = memory_of(server)
    server.stop()
    server.check_log()
    return [
        Row(f"{n:,} judgments: answers on disk of {N_ANNOTATORS} annotators, p95", _ms(alone)),
        Row(
            f"the same beside {len(seen)} views of dashboards, the slowest {max(seen):.1f} s",
            _ms(beside),
            "≤ 120 ms",
        ),
        Row("memory of the app then", f"{used:.0f} MB"),
    ]


def _answered(server: Server, cookies: list[str]) -> list[float]:
    plan = Plan(
        PAIR_VIEW, cookies, N_ANSWERS, think_s=THINK_S, ramp_s=THINK_S, timeout_s=PATIENCE_S
    )
    sessions = load.run(server.address, plan)
    errors = [error for session in sessions for error in session.errors]
    if errors:
        raise load.ProtocolError("; ".join(errors[:5]))
    return [ms for session in sessions for ms in session.answer_ms[1:]]


def _ms(values: list[float]) -> str:
    return f"{load.percentile(values, 95):.0f} ms"
