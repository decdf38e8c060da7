"""A study with as many simulated judgments as wanted, in a real database."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from core.coverage import CoverageGoal
from core.judgment import Floats, Indices
from core.study import Asking, State, Study, StudySettings
from storage import people_groups, studies
from storage.database import Cursor, Database
from storage.people_groups import COHORT, Target

PER_PROMPT = 20
BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
#: Ten weeks, in seconds: what drift and weeks are about.
LASTED = 70 * 86_400
WORDS = [f"{one}{other}" for one in ("re", "in", "ex", "con") for other in ("sist", "tend", "form")]


def fill(db: Database, n_judgments: int) -> Study:
    """Make a running study: 20 items a prompt, about ten judgments a pair, 500 a person.

    Strengths are normal, scales of people log-normal; one answer in ten is a tie, one in fifty is
    skipped.
    """
    rng = np.random.default_rng(0)
    n_prompts = max(n_judgments // 2_000, 1)
    n_people = max(n_judgments // 500, 12)
    first, second = _pairs(n_prompts)
    n_each = -(-n_judgments // len(first))
    settings = StudySettings(
        "Large",
        "Which answer is better?",
        overlap=n_each + 2,
        fit_every=10**6,
        asking=Asking(goal_width=1.0),
    )
    study = studies.create(db, settings, by=None)
    tables = {
        "texts": _texts(n_prompts, rng),
        "said": _said(n_judgments, first, second, n_people, rng),
        "joined": pa.table(
            {
                "person": [_person(i) for i in range(n_people)],
                "cohort": [("north", "south", "west")[i % 3] for i in range(n_people)],
            }
        ),
    }
    db.write(lambda cursor: _insert(cursor, study.id, tables))
    studies.set_state(db, study.id, State.RUNNING, by=None)
    target = Target(COHORT, {"north": 0.5, "south": 0.3, "west": 0.2}, "")
    people_groups.put_target(db, study.id, target, by=None, now=BEGAN)
    goal = CoverageGoal(n_each, 1.0, 0.5, 2 * n_people)
    people_groups.put_goal(db, study.id, goal, by=None, now=BEGAN)
    return studies.get(db, study.id)


def _pairs(n_prompts: int) -> tuple[Indices, Indices]:
    one, other = np.triu_indices(PER_PROMPT, 1)
    start = PER_PROMPT * np.arange(n_prompts)[:, None]
    return (start + one).ravel(), (start + other).ravel()


def _texts(n_prompts: int, rng: np.random.Generator) -> pa.Table:
    n = n_prompts * PER_PROMPT
    words = rng.choice(WORDS, size=(n, 40))
    return pa.table(
        {
            "item": [_item(i) for i in range(n)],
            "prompt": [f"q{i // PER_PROMPT:04}" for i in range(n)],
            "text": [" ".join(row) for row in words.tolist()],
        }
    )


def _said(
    n: int, first: Indices, second: Indices, n_people: int, rng: np.random.Generator
) -> pa.Table:
    pair, slot = np.arange(n) % len(first), np.arange(n) // len(first)
    person = (rng.integers(n_people, size=len(first))[pair] + slot) % n_people
    strength = rng.normal(0, 1.2, int(second.max()) + 1)
    scale = rng.lognormal(0, 0.4, n_people)
    odds = scale[person] * (strength[first[pair]] - strength[second[pair]])
    outcome = _outcomes(odds, rng)
    left = rng.random(n) < 0.5
    order = rng.permutation(n)
    one, other = (np.array([_item(i) for i in range(len(strength))]) for _ in range(2))
    one, other = one[first[pair]], other[second[pair]]
    return pa.table(
        {
            "id": [f"j{i:07}" for i in range(n)],
            "person": np.array([_person(i) for i in range(n_people)])[person],
            "first": one,
            "second": other,
            "left": np.where(left, one, other),
            "right": np.where(left, other, one),
            "slot": slot,
            "outcome": outcome,
            "ms": rng.lognormal(9.5, 0.6, n).astype(np.int64),
            "after": (order / n * LASTED).astype(np.int64),
        }
    )


def _outcomes(odds: Floats, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    drawn = rng.random(len(odds))
    wins = np.where(rng.random(len(odds)) < 1 / (1 + np.exp(-odds)), "first", "second")
    return np.where(drawn < 0.02, "skipped", np.where(drawn < 0.12, "tie", wins))


def _insert(cursor: Cursor, study_id: str, tables: dict[str, pa.Table]) -> None:
    known = {"study": study_id, "began": BEGAN}
    for name, table in tables.items():
        cursor.register(name, table)
    for sql in (
        "INSERT INTO prompts (study_id, prompt_id, text) "
        "SELECT DISTINCT $study, prompt, 'Which of these explains ' || prompt || ' best?' "
        "FROM texts WHERE $began IS NOT NULL",
        "INSERT INTO items (study_id, item_id, prompt_id, text) "
        "SELECT $study, item, prompt, text FROM texts WHERE $began IS NOT NULL",
        "INSERT INTO memberships (study_id, person_id, revision, member, changed_at, cohort) "
        "SELECT $study, person, 0, true, $began, cohort FROM joined",
        "INSERT INTO presentations (presentation_id, study_id, settings_version, annotator_id, "
        "set_id, first_id, second_id, shown, slot, attempt, purpose, policy, probability, "
        "created_at, lease_until) SELECT id, $study, 1, person, first || chr(31) || second, first, "
        "second, [\"left\", \"right\"], slot, 0, 'judge', 'random', 0.01, "
        "$began + to_seconds(after), $began + to_seconds(after + 1800) FROM said ORDER BY after",
        "INSERT INTO judgments (presentation_id, outcome, skip_reason, duration_ms, judged_at, "
        "late) SELECT id, outcome, CASE outcome WHEN 'skipped' THEN 'too_hard' END, ms, "
        "$began + to_seconds(after) + to_milliseconds(ms), false FROM said "
        "WHERE $study IS NOT NULL ORDER BY after",
    ):
        cursor.execute(sql, known)
    for name in tables:
        cursor.unregister(name)


def _item(number: int) -> str:
    return f"i{number:05}"


def _person(number: int) -> str:
    return f"p{number:04}"
