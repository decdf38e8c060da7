"""SQL that inserts what was understood of an imported file, from the table `staged`."""

from core.importing import Kind
from storage import import_preferences
from storage.places import BEYOND, PLACES_OF_COHORT

#: Imported people are in no cohort: the last of those places, and of those beyond, that is taken.
_LAST = f"""
    SELECT set_id, max(slot) FILTER (slot < {PLACES_OF_COHORT}) AS within,
           max(slot) FILTER (slot >= {BEYOND}) AS beyond
    FROM presentations WHERE study_id = $study AND slot >= 0 GROUP BY set_id
"""  # noqa: S608 - own numbers
#: The place of the nth new judgment of a set, n from 1, where l is its last.
_SLOT = f"""
    CASE WHEN coalesce(l.within, -1) + nth_new < {PLACES_OF_COHORT}
         THEN coalesce(l.within, -1) + nth_new
         ELSE coalesce(l.beyond, {BEYOND - 1}) + nth_new
              - ({PLACES_OF_COHORT - 1} - coalesce(l.within, -1)) END
"""
_ANNOTATORS = """
    INSERT INTO imported_annotators (annotator_id, study_id, external_id)
    SELECT replace(uuid()::VARCHAR, '-', ''), $study, annotator_id
    FROM (
        SELECT DISTINCT annotator_id FROM staged WHERE annotator_id NOT IN (
            SELECT external_id FROM imported_annotators WHERE study_id = $study
        )
    )
"""

#: Statements that insert what was staged, one after another.
INSERT: dict[Kind, tuple[str, ...]] = {
    Kind.ITEMS: (
        """
        INSERT INTO prompts (study_id, prompt_id, text, kind)
        SELECT DISTINCT $study, prompt_id, prompt_text, prompt_text_kind
        FROM staged WHERE is_new_prompt
        """,
        """
        INSERT INTO items (study_id, item_id, prompt_id, text, kind)
        SELECT $study, item_id, prompt_id, text, kind FROM staged WHERE is_new ORDER BY line
        """,
    ),
    Kind.PAIRS: (
        """
        INSERT INTO pairs (study_id, first_id, second_id)
        SELECT $study, least(first_id, second_id), greatest(first_id, second_id)
        FROM staged WHERE is_new ORDER BY line
        """,
    ),
    Kind.JUDGMENTS: (
        _ANNOTATORS,
        f"""
        CREATE OR REPLACE TEMP TABLE placed AS
        WITH ordered AS (
            SELECT *, first_id < second_id AS in_order,
                   least(first_id, second_id) || chr(31) || greatest(first_id, second_id) AS set_id,
                   CASE WHEN answer NOT IN ('left', 'right') THEN answer
                        WHEN (answer = 'left') = (left_id = first_id) THEN 'first'
                        ELSE 'second'
                   END AS said_of_items
            FROM staged
        ),
        numbered AS (
            SELECT *, row_number() OVER (PARTITION BY set_id ORDER BY line) AS nth_new FROM ordered
        ),
        last AS ({_LAST})
        SELECT replace(uuid()::VARCHAR, '-', '') AS presentation_id, n.annotator_id, o.line,
               o.set_id, least(o.first_id, o.second_id) AS first_id,
               greatest(o.first_id, o.second_id) AS second_id, o.left_id,
               CASE WHEN in_order THEN said_of_items
                    WHEN said_of_items = 'first' THEN 'second'
                    WHEN said_of_items = 'second' THEN 'first'
                    ELSE said_of_items
               END AS outcome,
               o.skip_reason, o.reason, o.margin, o.aspects, o.chips,
               coalesce(o.judged_at, $now) AS judged_at,
               o.took_ms AS duration_ms,
               coalesce(
                   o.started_at, o.judged_at - to_milliseconds(o.duration_ms), o.judged_at, $now
               ) AS created_at,
               {_SLOT} AS slot
        FROM numbered o
        JOIN imported_annotators n ON n.study_id = $study AND n.external_id = o.annotator_id
        LEFT JOIN last l ON l.set_id = o.set_id
        """,  # noqa: S608 - the parts above
        """
        INSERT INTO presentations (
            presentation_id, study_id, settings_version, annotator_id, set_id, first_id, second_id,
            shown, slot, attempt, purpose, policy, probability, created_at, lease_until
        )
        SELECT presentation_id, $study, $version, annotator_id,
               set_id, first_id, second_id,
               CASE left_id WHEN first_id THEN [first_id, second_id]
                            WHEN second_id THEN [second_id, first_id] END,
               slot, 0, 'import', 'import', NULL, created_at, NULL
        FROM placed ORDER BY line
        """,
        """
        INSERT INTO judgments (
            presentation_id, outcome, skip_reason, reason, duration_ms, judged_at, late, margin,
            aspects, chips
        )
        SELECT presentation_id, outcome, skip_reason, reason, duration_ms, judged_at, false, margin,
               aspects, chips
        FROM placed ORDER BY line
        """,
        "DROP TABLE placed",
    ),
}
#: Of orders and of thumbs: a set of items, an outcome, and what was said of several.
_OF_SETS = (
    _ANNOTATORS,
    f"""
    CREATE OR REPLACE TEMP TABLE placed AS
    WITH numbered AS (
        SELECT *, row_number() OVER (PARTITION BY set_id ORDER BY line) AS nth_new FROM staged
    ),
    last AS ({_LAST})
    SELECT replace(uuid()::VARCHAR, '-', '') AS presentation_id, n.annotator_id, o.line, o.set_id,
           o.answer AS outcome, o.said, o.reason, coalesce(o.judged_at, $now) AS judged_at,
           o.duration_ms,
           coalesce(o.judged_at - to_milliseconds(o.duration_ms), o.judged_at, $now) AS created_at,
           {_SLOT} AS slot
    FROM numbered o
    JOIN imported_annotators n ON n.study_id = $study AND n.external_id = o.annotator_id
    LEFT JOIN last l ON l.set_id = o.set_id
    """,  # noqa: S608 - the parts above
    """
    INSERT INTO presentations (
        presentation_id, study_id, settings_version, annotator_id, set_id, first_id, second_id,
        shown, slot, attempt, purpose, policy, probability, created_at, lease_until
    )
    SELECT presentation_id, $study, $version, annotator_id, set_id, NULL, NULL, NULL, slot, 0,
           'import', 'import', NULL, created_at, NULL
    FROM placed ORDER BY line
    """,
    """
    INSERT INTO judgments (presentation_id, outcome, reason, duration_ms, judged_at, late, said)
    SELECT presentation_id, outcome, reason, duration_ms, judged_at, false, said
    FROM placed ORDER BY line
    """,
    "DROP TABLE placed",
)
INSERT[Kind.RANKINGS] = INSERT[Kind.THUMBS] = _OF_SETS
INSERT[Kind.PREFERENCES] = (*import_preferences.INSERT, *INSERT[Kind.JUDGMENTS])
