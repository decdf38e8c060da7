"""Judging in a real browser, against the app as its users start it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from core.study import Asking, Role
from storage import demonstration, people
from storage.database import Database
from tests.browser.conftest import StartServer
from tests.browser.room import Room, all_saved, gone, press, room, shown
from tests.browser.screen import open_page, settle, visible_problems
from tests.browser.server import Server

PASSWORD = "a long enough password"
SIDES = {"ArrowLeft": "left", "1": "left", "ArrowRight": "right", "2": "right"}
OUTCOMES = {"t": "tie", "b": "both_bad", "x": "incomparable"}
KEYS = ["ArrowLeft", "2", "t", "1", "ArrowRight", "b", "1", "x", "2", "ArrowLeft"] * 2
ROWS = """
SELECT presentation_id, outcome, shown[1] = first_id, policy, probability, duration_ms,
       settings_version, created_at, judged_at, annotator_id
FROM standing_answers
"""
#: Keeps the ids of all pairs in the order in which they were painted.
RECORD_PAINTED = """
() => {
  const host = [...document.querySelectorAll('*')].find(
    (element) => element.shadowRoot?.querySelector('[data-part=pair]'));
  const pair = host.shadowRoot.querySelector('[data-part=pair]');
  window.painted = [pair.dataset.painted];
  new MutationObserver(() => window.painted.push(pair.dataset.painted))
    .observe(pair, { attributes: true, attributeFilter: ['data-painted'] });
}
"""


#: Keeps, of each press, whether the frame right after it has another pair in it than before.
RECORD_FRAMES = """
() => {
  const host = [...document.querySelectorAll('*')].find(
    (element) => element.shadowRoot?.querySelector('[data-part=pair]'));
  const texts = () => [...host.shadowRoot.querySelectorAll('[data-position] .text')]
    .map((text) => text.textContent).join('|');
  window.frames = [];
  document.addEventListener("keydown", () => {
    const before = texts();
    requestAnimationFrame(() => window.frames.push(texts() !== before));
  }, true);
}
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    names = ("fast", "quick", "held", "undone", "skipped")
    studies = {name: {"sizes": (12,), "asking": Asking(repeat_share=0)} for name in names}
    with room(tmp_path_factory.mktemp("judging") / "data", studies) as opened:
        yield opened


def with_demonstration(server: Server) -> Server:
    """A workbench with accounts starts empty: put the demonstration there before people come."""
    server.stop()
    db = Database(server.data / "discern.duckdb")
    assert db.read("SELECT count(*) FROM studies") == [(0,)]
    demonstration.add(db, by=None)
    db.close()
    server.start()
    return server


def set_up_and_sign_in(page: Page, server: Server) -> None:
    """Make the first account with the code of the log, sign out, and sign in again."""
    code = re.findall(r"valid once: (\S+)", server.read_log())[-1]
    page.goto(f"{server.address}/set-up")
    page.get_by_label("Set-up code").fill(code)
    page.get_by_label("Your name").fill("first admin")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button").click()
    settle(page)
    page.goto(f"{server.address}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{server.address}/compare")  # leads to the sign-in page, and back from there
    page.get_by_label("Name").fill("First Admin")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button").click()
    settle(page)
    assert "/sign-in" not in page.url


def check_store(
    server: Server, given: dict[str, str], *, taken_back: str, again: str, began: datetime
) -> None:
    """The store holds exactly these judgments, with sides, times, policy and probability."""
    db = Database(server.data / "discern.duckdb")
    rows = {row[0]: row[1:] for row in db.read(ROWS)}
    [admin] = [person for person in people.all_people(db) if person.role is Role.ADMIN]
    retracted = db.read("SELECT presentation_id FROM retractions")
    n_fits = db.read("SELECT count(*) FROM fits")
    db.close()
    assert set(rows) == set(given)
    assert retracted == [(taken_back,)]
    assert n_fits[0][0] >= 1
    for presentation, key in given.items():
        outcome, first_is_left, policy, probability, duration, version, made, at, who = rows[
            presentation
        ]
        side = SIDES.get(key)
        expected = OUTCOMES.get(key) or ("first" if first_is_left == (side == "left") else "second")
        assert outcome == expected
        assert who == admin.id
        assert version == 1
        assert 0 < duration < 60_000
        assert began <= made <= at <= datetime.now(UTC)
        if presentation == again:
            assert (policy, probability) == ("again", None)
        else:
            assert policy in {"coverage_first", "random", "repeat"}
            assert 0 < probability <= 1


def test_from_the_first_sign_in_to_a_result(page: Page, start_server: StartServer) -> None:
    """Twenty judgments by key, a reload in the middle, one taken back, a fit, and its result."""
    server = with_demonstration(start_server(mode="accounts"))
    began = datetime.now(UTC)
    set_up_and_sign_in(page, server)
    open_page(page, f"{server.address}/results")
    expect(page.get_by_text("There is no finished fit yet")).to_be_visible()
    open_page(page, server.address)
    given: dict[str, str] = {}
    for number, key in enumerate(KEYS):
        if number == 7:
            before = shown(page)
            all_saved(page)
            page.reload()
            settle(page)
            assert shown(page) == before
        given[press(page, key)] = key
    all_saved(page)
    last = list(given)[-1]
    page.keyboard.press("u")
    expect(page.locator("[data-part=progress]")).to_contain_text("19 judged by you")
    again = shown(page)
    assert again != last
    del given[last]
    given[press(page, "t")] = "t"
    assert again in given
    expect(page.locator("[data-part=progress]")).to_contain_text("20 judged by you")
    all_saved(page)

    open_page(page, f"{server.address}/fits")
    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=60_000)
    open_page(page, f"{server.address}/results")
    expect(page.get_by_role("heading", name="Strengths")).to_be_visible()
    expect(page.get_by_text("comparisons of").first).to_be_visible()
    assert visible_problems(page) == []
    server.stop()

    check_store(server, given, taken_back=last, again=again, began=began)


def test_fast_presses_answer_only_pairs_that_were_painted(page: Page, at: Room) -> None:
    """Twelve presses 20 ms apart: each answer is for a pair that had reached the screen."""
    at.open(page, "fast")
    shown(page)
    page.evaluate(RECORD_PAINTED)
    for _ in range(12):
        page.keyboard.press("1")
        page.wait_for_timeout(20)
    shown(page)
    all_saved(page)
    painted = page.evaluate("window.painted")
    answered = [answer["id"] for answer in at.answers("fast")]
    assert 1 <= len(answered) <= 12
    assert set(answered) <= set(painted)


def test_the_next_pair_is_in_the_next_frame(page: Page, at: Room) -> None:
    """Nothing is waited for between a key press and the next pair, the network least of all."""
    at.open(page, "quick")
    shown(page)
    page.evaluate(RECORD_FRAMES)
    for _ in range(10):
        press(page, "2")
        all_saved(page)  # and the queue is full again
    assert page.evaluate("window.frames") == [True] * 10


def test_a_held_key_answers_once(page: Page, at: Room) -> None:
    at.open(page, "held")
    shown(page)
    for _ in range(5):  # without a release between them, the browser marks these as repeats
        page.keyboard.down("1")
    page.keyboard.up("1")
    expect(page.locator("[data-part=progress]")).to_contain_text("1 judged by you")
    all_saved(page)


def test_several_answers_are_taken_back(page: Page, at: Room) -> None:
    """The last one first; each comes back as it stood, and nothing of them is left."""
    at.open(page, "undone")
    sides = []
    for key in ("1", "t", "x"):
        shown(page)
        sides.append(page.locator("[data-position] .text").all_inner_texts())
        press(page, key)
    all_saved(page)
    for before in reversed(sides):
        presentation = shown(page)
        page.keyboard.press("u")
        gone(page, presentation)
        shown(page)
        assert page.locator("[data-position] .text").all_inner_texts() == before
    expect(page.locator("[data-part=undo]")).to_be_disabled()
    all_saved(page)
    assert at.answers("undone") == []


def test_a_skipped_pair_has_its_reason(page: Page, at: Room) -> None:
    """While a reason is chosen, keys that would answer do nothing."""
    at.open(page, "skipped")
    presentation = shown(page)
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    for key in ("t", "ArrowLeft", "9"):
        page.keyboard.press(key)
    assert shown(page) == presentation
    press(page, "4")
    all_saved(page)
    [answer] = at.answers("skipped")
    assert (answer["outcome"], answer["skipped"]) == ("skipped", "language")


def test_answers_outlive_a_killed_server(page: Page, server: Server) -> None:
    """Killed in the middle: the page keeps what is not saved, and sends it to the next server."""
    open_page(page, server.address)
    given = [press(page, "1")]
    all_saved(page)
    server.kill()
    given += [press(page, "2") for _ in range(3)]
    expect(page.locator("[data-part=saved]")).to_contain_text("3 not yet saved")
    server.start()
    expect(page.locator("[data-part=saved]")).to_have_text("All answers saved", timeout=60_000)
    given.append(press(page, "t"))
    all_saved(page)
    server.stop()
    db = Database(server.data / "discern.duckdb")
    on_disk = [i for (i,) in db.read("SELECT presentation_id FROM judgments ORDER BY judged_at")]
    db.close()
    assert sorted(on_disk) == sorted(given)


def test_answers_outlive_a_reload_without_a_server(page: Page, server: Server) -> None:
    """What was not saved when the page was closed is sent when it is opened again."""
    open_page(page, server.address)
    shown(page)
    server.kill()
    given = [press(page, "1"), press(page, "2")]
    page.goto("about:blank")
    server.start()
    open_page(page, server.address)
    all_saved(page)
    expect(page.locator("[data-part=progress]")).to_contain_text("2 judged by you")
    server.stop()
    db = Database(server.data / "discern.duckdb")
    on_disk = {i for (i,) in db.read("SELECT presentation_id FROM judgments")}
    db.close()
    assert on_disk == set(given)


def test_the_first_key_press_is_the_first_judgment(page: Page, server: Server) -> None:
    """From the first page to a judgment on disk: open the address, press one key."""
    open_page(page, server.address)
    press(page, "1")
    all_saved(page)
    assert page.locator("[data-part=left]").get_attribute("lang") == "en"
    expect(page.get_by_text("Local mode: one person, all roles")).to_be_visible()
