"""What the rows of an imported file come to: SQL that reads them, counts them and inserts them.

`said` is the file, a column of text for each of ours; `staged` is what was understood of it.
"""

from core.importing import Kind

#: Understand what is `said`, in the study `$study`.
STAGE = {
    Kind.ITEMS: """
        WITH named AS (
            SELECT line, item_id, text, prompt, CASE
                WHEN $has_prompt_ids THEN prompt_id
                WHEN prompt IS NULL THEN 'no prompt'
                WHEN length(prompt) <= $max_id THEN prompt
                ELSE sha256(prompt)
            END AS prompt_id
            FROM said
        )
        SELECT n.line, n.item_id, n.prompt_id, n.text, n.prompt,
               coalesce(p.text, arg_min(n.prompt, n.line) FILTER (n.prompt IS NOT NULL) OVER (
                   PARTITION BY n.prompt_id
               ), '') AS prompt_text,
               p.prompt_id IS NULL AS is_new_prompt,
               row_number() OVER (PARTITION BY n.item_id ORDER BY n.line) AS nth,
               i.item_id IS NULL AS is_new, i.text AS known_text, i.prompt_id AS known_prompt_id
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
               count(reason) AS "with reasons"
        FROM staged
    """,
}

#: What a preview shows of each row, as understood.
SHOWN = {
    Kind.ITEMS: "line, item_id, prompt_id, prompt_text AS prompt, text",
    Kind.PAIRS: "line, first_id, second_id",
    Kind.JUDGMENTS: "line, first_id, second_id, left_id, answer AS outcome, annotator_id,"
    " judged_at::VARCHAR AS judged_at, took_ms AS duration_ms, skip_reason, reason",
}

#: Statements that insert what was staged, one after another.
INSERT = {
    Kind.ITEMS: (
        """
        INSERT INTO prompts (study_id, prompt_id, text)
        SELECT DISTINCT $study, prompt_id, prompt_text FROM staged WHERE is_new_prompt
        """,
        """
        INSERT INTO items (study_id, item_id, prompt_id, text)
        SELECT $study, item_id, prompt_id, text FROM staged WHERE is_new ORDER BY line
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
        """
        INSERT INTO imported_annotators (annotator_id, study_id, external_id)
        SELECT replace(uuid()::VARCHAR, '-', ''), $study, annotator_id
        FROM (
            SELECT DISTINCT annotator_id FROM staged WHERE annotator_id NOT IN (
                SELECT external_id FROM imported_annotators WHERE study_id = $study
            )
        )
        """,
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
               o.skip_reason, o.reason, coalesce(o.judged_at, $now) AS judged_at,
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
            presentation_id, outcome, skip_reason, reason, duration_ms, judged_at, late
        )
        SELECT presentation_id, outcome, skip_reason, reason, duration_ms, judged_at, false
        FROM placed ORDER BY line
        """,
        "DROP TABLE placed",
    ),
}
