"""What a dry run tells of the rows that were understood, in the table `staged`."""

from core.importing import Kind
from storage import import_preferences

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
    Kind.THUMBS: """
        SELECT count(*) AS thumbs, count(DISTINCT item_id) AS items,
               count(*) FILTER (answer = 'up') AS up, count(*) FILTER (answer = 'down') AS down,
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
    Kind.THUMBS: "line, item_id, answer AS outcome, annotator_id, judged_at::VARCHAR AS judged_at,"
    " duration_ms, reason",
    Kind.GOLD: "line, items, answer AS outcome, said, training, feedback",
}
