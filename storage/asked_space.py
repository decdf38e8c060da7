"""What a study can ask, read from its items, ready pairs, targets and cohorts."""

from core.answer_form import Form
from core.designs import AllPairs, ListedSets, SetSpace, design, n_sets
from core.study import Item, Prompt, Study
from storage.database import Cursor, Database
from storage.study_rows import count_possible_pairs


def space(cursor: Cursor, study: Study) -> SetSpace:
    """What the study can ask: its ready pairs if it has any, else sets of items within prompts."""
    form = study.settings.form
    if form.kind is Form.PAIR:
        ready = cursor.execute(
            "SELECT first_id, second_id FROM pairs WHERE study_id = ? ORDER BY ALL", [study.id]
        ).fetchall()
        if ready:
            return ListedSets(ready)
    groups = [
        group
        for (group,) in cursor.execute(
            "SELECT list(item_id ORDER BY item_id) FROM items WHERE study_id = ?"
            " GROUP BY prompt_id ORDER BY prompt_id",
            [study.id],
        ).fetchall()
    ]
    return (
        AllPairs(groups) if form.kind is Form.PAIR else design(groups, form.n_shown, form.n_least)
    )


def ready_pairs(db: Database, study_id: str) -> list[tuple[str, str]]:
    """The pairs that a study asks about, where it does not ask about all within prompts."""
    return [
        (first, second)
        for first, second in db.read(
            "SELECT first_id, second_id FROM pairs WHERE study_id = ? ORDER BY ALL", [study_id]
        )
    ]


def targeted(cursor: Cursor, study_id: str, within: SetSpace) -> ListedSets | None:
    """The sets with an item that is a target; None where there is no target."""
    rows = cursor.execute(
        "SELECT t.item_id, list(DISTINCT i.item_id) FROM ("
        "  SELECT item_id FROM targets WHERE study_id = $study GROUP BY item_id"
        "  HAVING arg_max(targeted, revision)"
        ") t JOIN items o ON o.study_id = $study AND o.item_id = t.item_id"
        " JOIN items i ON i.study_id = $study AND i.prompt_id = o.prompt_id"
        " GROUP BY t.item_id",
        {"study": study_id},
    ).fetchall()
    if not rows:
        return None
    if isinstance(within, AllPairs):
        pairs = {
            (min(item, other), max(item, other)): None
            for item, others in rows
            for other in others
            if other != item
        }
        return ListedSets(tuple(sorted(pairs)))
    targets = {item for item, _ in rows}
    sets = (within[number] for number in range(len(within)))
    return ListedSets(tuple(items for items in sets if targets.intersection(items)))


def cohort_numbers(cursor: Cursor, study_id: str) -> dict[str, int]:
    """The number of each cohort in the order of their coming, from 1; whoever is in none has 0."""
    rows = cursor.execute(
        "SELECT cohort FROM memberships WHERE study_id = ? AND coalesce(cohort, '') <> ''"
        " GROUP BY cohort ORDER BY min(changed_at), cohort",
        [study_id],
    ).fetchall()
    return {"": 0} | {cohort: number for number, (cohort,) in enumerate(rows, start=1)}


def sizes(cursor: Cursor, study_id: str) -> tuple[int, int]:
    """How many items and ready pairs the study has: rows are only ever added."""
    [(n_items, n_pairs)] = cursor.execute(
        "SELECT (SELECT count(*) FROM items WHERE study_id = $study),"
        " (SELECT count(*) FROM pairs WHERE study_id = $study)",
        {"study": study_id},
    ).fetchall()
    return n_items, n_pairs


def n_questions(cursor: Cursor, study: Study) -> int:
    """How many different questions the study can ask, without listing them."""
    form = study.settings.form
    if form.kind is Form.PAIR:
        return count_possible_pairs(cursor, study.id)
    rows = cursor.execute(
        "SELECT count(*) FROM items WHERE study_id = ? GROUP BY prompt_id", [study.id]
    ).fetchall()
    return n_sets([n_items for (n_items,) in rows], form.n_shown, form.n_least)


def sample(db: Database, study: Study) -> tuple[Prompt, list[Item]] | None:
    """The items of one question with their prompt, always the same; None if there is none."""
    form = study.settings.form
    # No join of items with items: a prompt may have very many.
    rows = db.read(
        """
        WITH ready AS (
            SELECT first_id, second_id FROM pairs WHERE study_id = $study AND $of_pairs
            ORDER BY first_id, second_id LIMIT 1
        ), first_prompt AS (
            SELECT min(prompt_id) AS prompt_id FROM (
                SELECT prompt_id FROM items WHERE study_id = $study
                GROUP BY prompt_id HAVING count(*) >= $n_least
            )
        ), first_items AS (
            SELECT item_id FROM items WHERE study_id = $study
            AND prompt_id = (SELECT prompt_id FROM first_prompt) ORDER BY item_id LIMIT $n_shown
        ), chosen AS (
            SELECT first_id AS item_id FROM ready UNION ALL SELECT second_id FROM ready
            UNION ALL SELECT item_id FROM first_items WHERE NOT EXISTS (SELECT 1 FROM ready)
        )
        SELECT p.prompt_id, p.text, p.kind, i.item_id, i.prompt_id, i.text, i.kind
        FROM chosen
        JOIN items i ON i.study_id = $study AND i.item_id = chosen.item_id
        JOIN prompts p ON p.study_id = $study AND p.prompt_id = i.prompt_id
        ORDER BY i.item_id
        """,
        {
            "study": study.id,
            "of_pairs": form.kind is Form.PAIR,
            "n_least": form.n_least,
            "n_shown": form.n_shown,
        },
    )
    return (Prompt(*rows[0][:3]), [Item(*row[3:]) for row in rows]) if rows else None
