"""What a study can ask, read from its items, ready pairs, targets and cohorts."""

from core.answer_form import Form
from core.designs import AllPairs, ListedSets, SetSpace, design
from core.study import Study
from storage.database import Cursor


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
