"""Edge votes that were given elsewhere, put beside those given here."""

import json
from collections.abc import Sequence
from hashlib import sha256

from core.value_graph.votes import EdgeVote
from storage.database import Cursor

#: The policy of questions that were put elsewhere; with which probability is not known.
IMPORTED = "import"

_ROW = (
    '{"question_id":"VARCHAR","external_id":"VARCHAR","context_id":"VARCHAR","first_id":"VARCHAR",'
    '"second_id":"VARCHAR","wiser_to":"VARCHAR","left_id":"VARCHAR","story":"VARCHAR",'
    '"answer":"VARCHAR","reason":"VARCHAR","judged_at":"TIMESTAMPTZ"}'
)
_ROWS = f"(SELECT unnest(from_json($rows, '[{_ROW}]'), recursive := true))"
_PEOPLE = f"""
    INSERT INTO imported_annotators (annotator_id, study_id, external_id)
    SELECT replace(uuid()::VARCHAR, '-', ''), $study, external_id
    FROM (SELECT DISTINCT external_id FROM {_ROWS})
    WHERE external_id NOT IN (
        SELECT external_id FROM imported_annotators WHERE study_id = $study
    )
"""  # noqa: S608 - a shape of ours
_QUESTIONS = f"""
    INSERT INTO edge_questions (
        question_id, study_id, person_id, context_id, first_id, second_id, wiser_to, left_id, story,
        story_kind, purpose, policy, exposed, created_at
    )
    SELECT question_id, $study, annotator_id, context_id, first_id, second_id, wiser_to, left_id,
           nullif(story, ''), 'forward', 'judge', '{IMPORTED}', $exposed, judged_at
    FROM {_ROWS} JOIN imported_annotators USING (external_id) WHERE study_id = $study
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - as above
_VOTES = f"""
    INSERT INTO edge_votes (question_id, answer, reason, voted_at)
    SELECT question_id, answer, reason, judged_at FROM {_ROWS} ON CONFLICT DO NOTHING
"""  # noqa: S608 - as above


def put(
    cursor: Cursor, study_id: str, votes: Sequence[tuple[EdgeVote, str]], *, exposed: bool
) -> None:
    """Keep votes with the stories told in their direction; a second of one person is nothing.

    People get random ids, and the names that they have in the file stand beside these.

    Parameters
    ----------
    exposed : bool
        Whether people had been shown others' cards there.
    """
    rows = json.dumps([_row(study_id, vote, story) for vote, story in votes])
    for sql in (_PEOPLE, _QUESTIONS, _VOTES):
        known = {"rows": rows, "study": study_id, "exposed": exposed}
        given = {name: value for name, value in known.items() if f"${name}" in sql}
        cursor.execute(sql, given)


def _row(study_id: str, vote: EdgeVote, story: str) -> dict[str, object]:
    key = "\x1f".join([study_id, vote.person, vote.less_wise, vote.wiser_to])
    return {
        "question_id": sha256(key.encode()).hexdigest()[:32],
        "external_id": vote.person,
        "context_id": vote.context,
        "first_id": vote.first,
        "second_id": vote.second,
        "wiser_to": vote.wiser_to,
        "left_id": vote.left,
        "story": story,
        "answer": vote.answer.value,
        "reason": vote.reason,
        "judged_at": vote.answered_at.isoformat(),
    }
