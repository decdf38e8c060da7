"""What the rows of an imported file come to: SQL that reads them, counts them and inserts them.

`said` is the file, a column of text for each of ours; `staged` is what was understood of it.
"""

from core.importing import Kind
from storage import import_preferences

_ANNOTATORS = """
    INSERT INTO imported_annotators (annotator_id, study_id, external_id)
    SELECT replace(uuid()::VARCHAR, '-', ''), $study, annotator_id
    FROM (
        SELECT DISTINCT annotator_id FROM staged WHERE annotator_id NOT IN (
            SELECT external_id FROM imported_annotators WHERE study_id = $study
        )
    )
"""

#: Understand what is `said`, in the study `$study`.
STAGE = {
    Kind.ITEMS: """
        WITH named AS (
            SELECT line, item_id, text, kind, prompt, prompt_kind, CASE
                WHEN $has_prompt_ids THEN prompt_id
                WHEN prompt IS NULL THEN 'no prompt'
                WHEN prompt_kind = 'markdown' AND length(prompt) <= $max_id THEN prompt
                ELSE sha256(prompt)
            END AS prompt_id
            FROM said
        )
        SELECT n.line, n.item_id, n.prompt_id, n.text, n.kind, n.prompt,
               coalesce(p.text, arg_min(n.prompt, n.line) FILTER (n.prompt IS NOT NULL) OVER (
                   PARTITION BY n.prompt_id
               ), '') AS prompt_text,
               coalesce(p.kind, arg_min(n.prompt_kind, n.line) FILTER (n.prompt IS NOT NULL) OVER (
                   PARTITION BY n.prompt_id
               ), 'markdown') AS prompt_text_kind,
               p.prompt_id IS NULL AS is_new_prompt,
               row_number() OVER (PARTITION BY n.item_id ORDER BY n.line) AS nth,
               i.item_id IS NULL AS is_new, i.text AS known_text, i.prompt_id AS known_prompt_id,
               i.kind AS known_kind
        FROM named n
        LEFT JOIN items i ON i.study_id = $study AND i.item_id = n.item_id
        LEFT JOIN prompts p ON p.study_id = $study AND p.prompt_id = n.prompt_id
    """,
    Kind.PAIRS: """
        SELECT s.line, s.first_id, s.second_id,
               a.prompt_id AS first_prompt, b.prompt_id AS second_prompt,
               k.study_id IS NULL AND row_number() OVER (
                   PARTITION BY least(s.first_id, s.second_id), greatest(s.first_id, s.second_id)
                   ORDER BY s.line
               ) = 1 AS is_new
        FROM said s
        LEFT JOIN items a ON a.study_id = $study AND a.item_id = s.first_id
        LEFT JOIN items b ON b.study_id = $study AND b.item_id = s.second_id
        LEFT JOIN pairs k ON k.study_id = $study
            AND k.first_id = least(s.first_id, s.second_id)
            AND k.second_id = greatest(s.first_id, s.second_id)
    """,
    Kind.JUDGMENTS: """
        WITH known AS (
            SELECT n.external_id, p.first_id, p.second_id, j.judged_at
            FROM imported_annotators n
            JOIN presentations p ON p.study_id = n.study_id AND p.annotator_id = n.annotator_id
            JOIN judgments j USING (presentation_id)
            WHERE n.study_id = $study
        ),
        timed AS (
            SELECT *, TRY_CAST(started_at AS TIMESTAMPTZ) AS started,
                   TRY_CAST(judged_at AS TIMESTAMPTZ) AS judged
            FROM said
        ),
        typed AS (
            SELECT s.line, s.first_id, s.second_id, s.right_id, s.annotator_id, s.skip_reason,
                   s.reason, s.judgment_id, s.outcome AS outcome_said, w.answer,
                   s.aspects, s.chips, s.margin AS margin_said,
                   TRY_CAST(s.margin AS INTEGER) AS margin, $largest AS largest,
                   coalesce(s.left_id, CASE s.right_id
                       WHEN s.first_id THEN s.second_id WHEN s.second_id THEN s.first_id
                   END) AS left_id,
                   s.started_at AS started_at_said, s.judged_at AS judged_at_said,
                   CASE WHEN s.started BETWEEN $earliest AND $latest THEN s.started
                   END AS started_at,
                   CASE WHEN s.judged BETWEEN $earliest AND $latest THEN s.judged
                   END AS judged_at,
                   s.duration_ms AS duration_said,
                   TRY_CAST(s.duration_ms AS BIGINT) AS duration_ms,
                   a.prompt_id AS first_prompt, b.prompt_id AS second_prompt
            FROM timed s
            LEFT JOIN outcome_words w
                ON w.word = replace(replace(lower(trim(s.outcome)), ' ', '_'), '-', '_')
            LEFT JOIN items a ON a.study_id = $study AND a.item_id = s.first_id
            LEFT JOIN items b ON b.study_id = $study AND b.item_id = s.second_id
        )
        SELECT *, true AS is_new,
               coalesce(duration_ms, epoch_ms(judged_at) - epoch_ms(started_at)) AS took_ms,
               CASE WHEN judgment_id IS NOT NULL
                    THEN row_number() OVER (PARTITION BY judgment_id ORDER BY line)
               END AS nth,
               row_number() OVER (
                   PARTITION BY annotator_id, least(first_id, second_id),
                                greatest(first_id, second_id), judged_at
                   ORDER BY line
               ) AS nth_at_once,
               (annotator_id, least(first_id, second_id), greatest(first_id, second_id), judged_at)
                   IN (SELECT (external_id, first_id, second_id, judged_at) FROM known) AS is_known
        FROM typed
    """,
    Kind.PREFERENCES: import_preferences.STAGE,
    Kind.RANKINGS: """
        WITH member AS (SELECT line, unnest(items) AS item_id FROM said),
        place AS (
            SELECT m.line, min(m.item_id) FILTER (i.item_id IS NULL) AS unknown,
                   count(DISTINCT i.prompt_id) AS n_prompts
            FROM member m LEFT JOIN items i ON i.study_id = $study AND i.item_id = m.item_id
            GROUP BY m.line
        ),
        known AS (
            SELECT n.external_id, p.set_id, j.judged_at
            FROM imported_annotators n
            JOIN presentations p ON p.study_id = n.study_id AND p.annotator_id = n.annotator_id
            JOIN judgments j USING (presentation_id)
            WHERE n.study_id = $study
        ),
        typed AS (
            SELECT *, TRY_CAST(judged_at AS TIMESTAMPTZ) AS judged FROM said
        )
        SELECT s.line, s.annotator_id, s.ranking, s.set_id, s.items, s.said, s.reason, p.unknown,
               p.n_prompts, s.judged_at AS judged_at_said,
               CASE WHEN s.judged BETWEEN $earliest AND $latest THEN s.judged END AS judged_at,
               s.duration_ms AS duration_said, TRY_CAST(s.duration_ms AS BIGINT) AS duration_ms,
               true AS is_new,
               row_number() OVER (
                   PARTITION BY s.annotator_id, s.set_id, s.judged ORDER BY s.line
               ) AS nth_at_once,
               (s.annotator_id, s.set_id, s.judged)
                   IN (SELECT (external_id, set_id, judged_at) FROM known) AS is_known
        FROM typed s LEFT JOIN place p USING (line)
    """,
    Kind.GOLD: """
        WITH typed AS (
            SELECT s.*, w.answer, coalesce(y.yes, false) AS is_training, y.yes IS NULL AS no_word,
                   CASE WHEN s.item_id IS NOT NULL THEN [s.item_id]
                        WHEN s.first_id < s.second_id THEN [s.first_id, s.second_id]
                        ELSE [s.second_id, s.first_id] END AS items,
                   i.prompt_id AS item_prompt, a.prompt_id AS first_prompt,
                   b.prompt_id AS second_prompt
            FROM said s
            LEFT JOIN outcome_words w
                ON w.word = replace(replace(lower(trim(s.outcome)), ' ', '_'), '-', '_')
            LEFT JOIN yes_or_no y ON y.word = lower(trim(s.training))
            LEFT JOIN items i ON i.study_id = $study AND i.item_id = s.item_id
            LEFT JOIN items a ON a.study_id = $study AND a.item_id = s.first_id
            LEFT JOIN items b ON b.study_id = $study AND b.item_id = s.second_id
        ),
        known AS (
            SELECT set_id, arg_max(outcome, revision) AS outcome,
                   arg_max(feedback, revision) AS feedback, arg_max(training, revision) AS training
            FROM gold WHERE study_id = $study
            GROUP BY set_id HAVING arg_max(source, revision) <> 'removed'
        ),
        turned AS (
            SELECT line, item_id, first_id, second_id, items, item_prompt, first_prompt,
                   second_prompt, array_to_string(items, chr(31)) AS set_id,
                   outcome AS outcome_said, training AS training_said, no_word,
                   is_training AS training, coalesce(feedback, '') AS feedback,
                   CASE WHEN item_id IS NULL AND first_id > second_id AND answer = 'first'
                        THEN 'second'
                        WHEN item_id IS NULL AND first_id > second_id AND answer = 'second'
                        THEN 'first' ELSE answer END AS answer
            FROM typed
        )
        SELECT t.*, row_number() OVER (PARTITION BY t.set_id ORDER BY t.line) AS nth,
               (k.outcome, k.feedback, k.training)
                   IS DISTINCT FROM (t.answer, t.feedback, t.training) AS is_new
        FROM turned t LEFT JOIN known k USING (set_id)
    """,
}

#: What a dry run counts, in words.
COUNTS = {
    Kind.ITEMS: """
        SELECT count(DISTINCT prompt_id) AS prompts, count(*) AS items,
               count(*) FILTER (NOT is_new) AS "items already there" FROM staged
    """,
    Kind.PAIRS: """
        SELECT count(*) AS pairs,
               count(*) FILTER (NOT is_new) AS "pairs already there or listed twice" FROM staged
    """,
    Kind.JUDGMENTS: """
        SELECT count(*) AS judgments,
               count(DISTINCT (least(first_id, second_id), greatest(first_id, second_id))) AS pairs,
               count(DISTINCT annotator_id) AS annotators,
               count(left_id) AS "with sides", count(judged_at) AS "with times",
               count(took_ms) AS "with durations",
               count(reason) AS "with reasons", count(margin) AS "with grades",
               count(aspects) AS "with aspects"
        FROM staged
    """,
    Kind.PREFERENCES: import_preferences.COUNTS,
    Kind.RANKINGS: """
        SELECT count(*) AS rankings, count(DISTINCT set_id) AS "sets of items",
               count(DISTINCT annotator_id) AS annotators, count(judged_at) AS "with times"
        FROM staged
    """,
    Kind.GOLD: """
        SELECT count(*) AS "known answers", count(*) FILTER (training) AS "for training",
               count(*) FILTER (NOT is_new) AS "known already" FROM staged
    """,
}

#: What a preview shows of each row, as understood.
SHOWN = {
    Kind.ITEMS: "line, item_id, prompt_id, prompt_text AS prompt, text",
    Kind.PAIRS: "line, first_id, second_id",
    Kind.JUDGMENTS: "line, first_id, second_id, left_id, answer AS outcome, annotator_id,"
    " judged_at::VARCHAR AS judged_at, took_ms AS duration_ms, margin, aspects, skip_reason,"
    " reason",
    Kind.PREFERENCES: import_preferences.SHOWN,
    Kind.RANKINGS: "line, annotator_id, said, judged_at::VARCHAR AS judged_at, duration_ms, reason",
    Kind.GOLD: "line, items, answer AS outcome, training, feedback",
}

#: Statements that insert what was staged, one after another.
INSERT = {
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
        """
        CREATE OR REPLACE TEMP TABLE placed AS
        WITH ordered AS (
            SELECT *, first_id < second_id AS in_order,
                   CASE WHEN answer NOT IN ('left', 'right') THEN answer
                        WHEN (answer = 'left') = (left_id = first_id) THEN 'first'
                        ELSE 'second'
                   END AS said_of_items
            FROM staged
        ),
        last AS (
            SELECT first_id, second_id, max(slot) AS slot FROM presentations
            WHERE study_id = $study AND slot >= 0 GROUP BY first_id, second_id
        )
        SELECT replace(uuid()::VARCHAR, '-', '') AS presentation_id, n.annotator_id, o.line,
               least(o.first_id, o.second_id) AS first_id,
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
               coalesce(l.slot + 1, 0) + row_number() OVER (
                   PARTITION BY least(o.first_id, o.second_id), greatest(o.first_id, o.second_id)
                   ORDER BY o.line
               ) - 1 AS slot
        FROM ordered o
        JOIN imported_annotators n ON n.study_id = $study AND n.external_id = o.annotator_id
        LEFT JOIN last l ON l.first_id = least(o.first_id, o.second_id)
            AND l.second_id = greatest(o.first_id, o.second_id)
        """,
        """
        INSERT INTO presentations (
            presentation_id, study_id, settings_version, annotator_id, set_id, first_id, second_id,
            shown, slot, attempt, purpose, policy, probability, created_at, lease_until
        )
        SELECT presentation_id, $study, $version, annotator_id,
               first_id || chr(31) || second_id, first_id, second_id,
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
    Kind.RANKINGS: (
        _ANNOTATORS,
        """
        CREATE OR REPLACE TEMP TABLE placed AS
        WITH last AS (
            SELECT set_id, max(slot) AS slot FROM presentations
            WHERE study_id = $study AND slot >= 0 GROUP BY set_id
        )
        SELECT replace(uuid()::VARCHAR, '-', '') AS presentation_id, n.annotator_id, o.line,
               o.set_id, o.said, o.reason, coalesce(o.judged_at, $now) AS judged_at, o.duration_ms,
               coalesce(o.judged_at - to_milliseconds(o.duration_ms), o.judged_at, $now)
                   AS created_at,
               coalesce(l.slot + 1, 0)
                   + row_number() OVER (PARTITION BY o.set_id ORDER BY o.line) - 1 AS slot
        FROM staged o
        JOIN imported_annotators n ON n.study_id = $study AND n.external_id = o.annotator_id
        LEFT JOIN last l ON l.set_id = o.set_id
        """,
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
        INSERT INTO judgments (
            presentation_id, outcome, reason, duration_ms, judged_at, late, said
        )
        SELECT presentation_id, 'answered', reason, duration_ms, judged_at, false, said
        FROM placed ORDER BY line
        """,
        "DROP TABLE placed",
    ),
}
INSERT[Kind.PREFERENCES] = (*import_preferences.INSERT, *INSERT[Kind.JUDGMENTS])
