"""How SQL understands the rows of an imported file.

`said` is the file, a column of text for each of ours; `staged` is what was understood of it.
"""

from core.importing import Kind
from storage import import_preferences

#: Of each line that names several items: one that the study does not have, and of how many prompts.
_MEMBERS = """
        member AS (SELECT line, unnest(items) AS item_id FROM said),
        place AS (
            SELECT m.line, min(m.item_id) FILTER (i.item_id IS NULL) AS unknown,
                   count(DISTINCT i.prompt_id) AS n_prompts
            FROM member m LEFT JOIN items i ON i.study_id = $study AND i.item_id = m.item_id
            GROUP BY m.line
        )
"""
#: What imported people have answered so far.
_KNOWN_SETS = """
        known AS (
            SELECT n.external_id, p.set_id, j.judged_at
            FROM imported_annotators n
            JOIN presentations p ON p.study_id = n.study_id AND p.annotator_id = n.annotator_id
            JOIN judgments j USING (presentation_id)
            WHERE n.study_id = $study
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
    Kind.RANKINGS: f"""
        WITH {_MEMBERS},
        {_KNOWN_SETS},
        typed AS (
            SELECT *, TRY_CAST(judged_at AS TIMESTAMPTZ) AS judged FROM said
        )
        SELECT s.line, s.annotator_id, s.ranking, s.set_id, s.items, s.said, s.reason, p.unknown,
               p.n_prompts, s.judged_at AS judged_at_said,
               CASE WHEN s.judged BETWEEN $earliest AND $latest THEN s.judged END AS judged_at,
               s.duration_ms AS duration_said, TRY_CAST(s.duration_ms AS BIGINT) AS duration_ms,
               'answered' AS answer, true AS is_new,
               row_number() OVER (
                   PARTITION BY s.annotator_id, s.set_id, s.judged ORDER BY s.line
               ) AS nth_at_once,
               (s.annotator_id, s.set_id, s.judged)
                   IN (SELECT (external_id, set_id, judged_at) FROM known) AS is_known
        FROM typed s LEFT JOIN place p USING (line)
    """,  # noqa: S608 - the parts above
    Kind.THUMBS: f"""
        WITH {_KNOWN_SETS},
        typed AS (
            SELECT s.*, w.answer, i.prompt_id AS item_prompt,
                   TRY_CAST(s.judged_at AS TIMESTAMPTZ) AS judged
            FROM said s
            LEFT JOIN outcome_words w
                ON w.word = replace(replace(lower(trim(s.outcome)), ' ', '_'), '-', '_')
            LEFT JOIN items i ON i.study_id = $study AND i.item_id = s.item_id
        )
        SELECT line, annotator_id, item_id, item_id AS set_id, item_prompt, answer,
               outcome AS outcome_said, NULL::VARCHAR AS said, reason,
               judged_at AS judged_at_said,
               CASE WHEN judged BETWEEN $earliest AND $latest THEN judged END AS judged_at,
               duration_ms AS duration_said, TRY_CAST(duration_ms AS BIGINT) AS duration_ms,
               true AS is_new,
               row_number() OVER (PARTITION BY annotator_id, item_id, judged ORDER BY line)
                   AS nth_at_once,
               (annotator_id, item_id, judged)
                   IN (SELECT (external_id, set_id, judged_at) FROM known) AS is_known
        FROM typed
    """,  # noqa: S608 - the parts above
    Kind.GOLD: f"""
        WITH {_MEMBERS},
        typed AS (
            SELECT s.* EXCLUDE (items, said), coalesce(y.yes, false) AS is_training,
                   y.yes IS NULL AS no_word, s.said,
                   p.unknown, p.n_prompts,
                   CASE WHEN s.items IS NOT NULL THEN 'answered' ELSE w.answer END AS answer,
                   CASE WHEN s.items IS NOT NULL THEN s.items
                        WHEN s.item_id IS NOT NULL THEN [s.item_id]
                        WHEN s.first_id < s.second_id THEN [s.first_id, s.second_id]
                        ELSE [s.second_id, s.first_id] END AS items,
                   i.prompt_id AS item_prompt, a.prompt_id AS first_prompt,
                   b.prompt_id AS second_prompt
            FROM said s
            LEFT JOIN outcome_words w
                ON w.word = replace(replace(lower(trim(s.outcome)), ' ', '_'), '-', '_')
            LEFT JOIN yes_or_no y ON y.word = lower(trim(s.training))
            LEFT JOIN place p ON p.line = s.line
            LEFT JOIN items i ON i.study_id = $study AND i.item_id = s.item_id
            LEFT JOIN items a ON a.study_id = $study AND a.item_id = s.first_id
            LEFT JOIN items b ON b.study_id = $study AND b.item_id = s.second_id
        ),
        known AS (
            SELECT set_id, arg_max(outcome, revision) AS outcome,
                   arg_max(coalesce(said, ''), revision) AS said,
                   arg_max(feedback, revision) AS feedback, arg_max(training, revision) AS training
            FROM gold WHERE study_id = $study
            GROUP BY set_id HAVING arg_max(source, revision) <> 'removed'
        ),
        turned AS (
            SELECT line, item_id, first_id, second_id, items, item_prompt, first_prompt,
                   second_prompt, array_to_string(items, chr(31)) AS set_id, said, ranking,
                   unknown, n_prompts,
                   outcome AS outcome_said, training AS training_said, no_word,
                   is_training AS training, coalesce(feedback, '') AS feedback,
                   CASE WHEN item_id IS NULL AND first_id > second_id AND answer = 'first'
                        THEN 'second'
                        WHEN item_id IS NULL AND first_id > second_id AND answer = 'second'
                        THEN 'first' ELSE answer END AS answer
            FROM typed
        )
        SELECT t.*, CASE WHEN t.set_id <> ''
                         THEN row_number() OVER (PARTITION BY t.set_id ORDER BY t.line) END AS nth,
               (k.outcome, k.said, k.feedback, k.training)
                   IS DISTINCT FROM (t.answer, coalesce(t.said, ''), t.feedback, t.training)
                   AS is_new
        FROM turned t LEFT JOIN known k USING (set_id)
    """,  # noqa: S608 - the parts above
}
