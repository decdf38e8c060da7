"""What exported files hold: their columns with what each means, and the SQL that says it."""

from collections.abc import Sequence

from core.media import NAME
from storage.export_kinds import Column, Content, Format
from storage.value_export_columns import VALUE_COLUMNS, VALUE_ORDER, VALUE_ROWS

_SHOWN = (
    Column("presentation_id", "text", "what was shown to one annotator once"),
    Column("annotator_id", "text", "who it was shown to, a random id"),
    Column("settings_version", "value", "version of the study's settings it was shown under"),
)
_SAID_BESIDE = (
    Column("skip_reason", "text", "why it was skipped"),
    Column("reason", "text", "what the annotator wrote about the answer"),
    Column("chips", "texts", "the reasons that the annotator ticked"),
    Column("duration_ms", "value", "milliseconds from its appearing to the answer"),
    Column("created_at", "time", "when it was given out, UTC"),
    Column("judged_at", "time", "when the answer was given, UTC"),
    Column("retracted_at", "time", "when the annotator took the answer back, UTC"),
    Column("late", "value", "the answer came when the place had gone to somebody else"),
    Column("stands", "value", "answered, not taken back, not late: models and agreement use these "
           "rows only, and of them those with a slot from 0"),
    Column("slot", "value", "which of the places of the overlap it took, from 0; -1 beside them"),
    Column("attempt", "value", "how many had that place before and let it lapse"),
    Column("purpose", "text", "judge, again (shown again after being taken back), repeat, gold, "
           "training, opinion or import"),
    Column("policy", "text", "the rule that chose it"),
    Column("probability", "value", "with which the rule chose it; empty without chance"),
)  # fmt: skip
#: All three are text; in a study with chats all three are lists of messages.
_CHOSEN = (
    Column("prompt", "text", "text of the prompt"),
    Column("chosen", "text", "the item that was judged better"),
    Column("rejected", "text", "the other one"),
)
#: The shape of a chat, as JSON is read with.
_SHAPE = '[{"role": "VARCHAR", "content": "VARCHAR"}]'

COLUMNS = {
    Content.JUDGMENTS: (
        *_SHOWN,
        Column("prompt_id", "text", "the prompt that both items answer"),
        Column("first_id", "text", "the item whose id sorts first"),
        Column("second_id", "text", "the other item"),
        Column("left_id", "text", "the item on the left of the screen; empty if not known"),
        Column("outcome", "text", "first, second, tie, both_bad, incomparable or skipped, said of "
               "first_id and second_id; empty if nobody has answered"),
        Column("screen_outcome", "text", "the same said of the screen: left and right instead of "
               "first and second; empty if the sides are not known"),
        Column("margin", "value", "how much better, from 1, in the grades of the study"),
        Column("aspects", "json", "first, second or tie by aspect"),
        *_SAID_BESIDE,
    ),
    Content.ANSWERS: (
        *_SHOWN,
        Column("form", "text", "ranking, best_worst, best_few, thumbs or triplet"),
        Column("prompt_id", "text", "the prompt that the items answer"),
        Column("items", "texts", "what was shown, in the order of the ids"),
        Column("shown", "texts", "the same in the order of the screen; empty if not known"),
        Column("outcome", "text", "answered, up or down (thumbs), incomparable, both_bad or "
               "skipped; empty if nobody has answered"),
        Column("ranking", "json", "places from best to worst, each a list of items that tie; of "
               "the best few the chosen, of a triplet the two that are closer"),
        Column("rest", "texts", "items that were not told apart"),
        Column("worst", "text", "the worst one, where best and worst were asked for"),
        *_SAID_BESIDE,
    ),
    Content.ITEMS: (
        Column("item_id", "text", "unique in the study"),
        Column("prompt_id", "text", "the prompt that the item answers"),
        Column("prompt", "text", "text of that prompt, Markdown; empty if it is a chat"),
        Column("prompt_messages", "messages", "or the chat that it is: role and content"),
        Column("text", "text", "the item, Markdown; empty if it is a chat"),
        Column("messages", "messages", "or the chat that it is: role and content"),
    ),
    Content.GOLD: (
        Column("first_id", "text", "the item whose id sorts first"),
        Column("second_id", "text", "the other item"),
        Column("item_id", "text", "or one item alone, where thumbs are given"),
        Column("outcome", "text", "the right answer, said of the items; answered: an order"),
        Column("ranking", "json", "the right order of several items, as under answers"),
        Column("rest", "texts", "items that it does not tell apart"),
        Column("worst", "text", "its worst one, where best and worst are asked for"),
        Column("feedback", "text", "what is said after the answer in training, Markdown"),
        Column("training", "value", "whether it is for the training, or among the real questions"),
        Column("source", "text", "import or adjudication"),
        Column("set_at", "time", "when it was said last, UTC"),
    ),
    Content.PREFERENCES: _CHOSEN,
    Content.MARGINS: (
        *_CHOSEN,
        Column("margin", "value", "how much better, from 1.0, in the grades of the study"),
    ),
    **VALUE_COLUMNS,
}  # fmt: skip

#: All rows of a content, of the study `$study`.
ROWS = {
    Content.JUDGMENTS: """
        SELECT p.*, p.shown[1] AS left_id, i.prompt_id, j.outcome, j.skip_reason, j.reason,
               j.duration_ms, j.judged_at, j.late, r.retracted_at, j.margin, j.aspects, j.chips,
               CASE WHEN j.outcome NOT IN ('first', 'second') THEN j.outcome
                    WHEN p.shown IS NULL THEN NULL
                    WHEN (j.outcome = 'first') = (p.shown[1] = p.first_id) THEN 'left'
                    ELSE 'right'
               END AS screen_outcome,
               j.presentation_id IS NOT NULL AND NOT j.late AND r.presentation_id IS NULL AS stands
        FROM presentations p
        LEFT JOIN judgments j USING (presentation_id)
        LEFT JOIN retractions r USING (presentation_id)
        LEFT JOIN items i ON i.study_id = p.study_id AND i.item_id = p.first_id
        WHERE p.study_id = $study AND p.first_id IS NOT NULL
          AND j.outcome IS DISTINCT FROM 'answered'
    """,
    Content.ANSWERS: """
        SELECT p.*, i.prompt_id, coalesce(v.details ->> '$.form.kind', 'pair') AS form,
               string_split(p.set_id, chr(31)) AS items, j.outcome, j.said -> '$.places' AS ranking,
               from_json(j.said -> '$.rest', '["VARCHAR"]') AS rest, j.said ->> '$.worst' AS worst,
               j.skip_reason, j.reason, j.chips, j.duration_ms, j.judged_at, j.late, r.retracted_at,
               j.presentation_id IS NOT NULL AND NOT j.late AND r.presentation_id IS NULL AS stands
        FROM presentations p
        JOIN study_settings v ON v.study_id = p.study_id AND v.version = p.settings_version
        LEFT JOIN judgments j USING (presentation_id)
        LEFT JOIN retractions r USING (presentation_id)
        LEFT JOIN items i
            ON i.study_id = p.study_id AND i.item_id = string_split(p.set_id, chr(31))[1]
        WHERE p.study_id = $study AND (p.first_id IS NULL OR j.outcome = 'answered')
    """,
    Content.ITEMS: """
        SELECT i.item_id, i.prompt_id,
               CASE WHEN p.kind = 'chat' THEN NULL ELSE coalesce(p.text, '') END AS prompt,
               CASE WHEN p.kind = 'chat' THEN p.text END AS prompt_messages,
               CASE WHEN i.kind <> 'chat' THEN i.text END AS text,
               CASE WHEN i.kind = 'chat' THEN i.text END AS messages
        FROM items i LEFT JOIN prompts p USING (study_id, prompt_id)
        WHERE i.study_id = $study
    """,
    Content.GOLD: """
        SELECT set_id, CASE WHEN said IS NULL AND len(items) > 1 THEN items[1] END AS first_id,
               CASE WHEN said IS NULL THEN items[2] END AS second_id,
               CASE WHEN len(items) = 1 THEN items[1] END AS item_id,
               outcome, said::JSON -> '$.places' AS ranking,
               from_json(said::JSON -> '$.rest', '["VARCHAR"]') AS rest,
               said::JSON ->> '$.worst' AS worst, feedback, training, source, set_at
        FROM (
            SELECT * FROM gold WHERE study_id = $study
            QUALIFY row_number() OVER (PARTITION BY set_id ORDER BY revision DESC) = 1
        ) WHERE source <> 'removed'
    """,
    Content.PREFERENCES: """
        SELECT s.first_id, s.second_id, s.slot, s.attempt, s.margin::DOUBLE AS margin,
               coalesce(p.text, '') AS prompt,
               CASE s.outcome WHEN 'first' THEN a.text ELSE b.text END AS chosen,
               CASE s.outcome WHEN 'first' THEN b.text ELSE a.text END AS rejected
        FROM standing_judgments s
        JOIN items a ON a.study_id = s.study_id AND a.item_id = s.first_id
        JOIN items b ON b.study_id = s.study_id AND b.item_id = s.second_id
        LEFT JOIN prompts p ON p.study_id = s.study_id AND p.prompt_id = a.prompt_id
        WHERE s.study_id = $study AND s.outcome IN ('first', 'second')
    """,
    **VALUE_ROWS,
}

ROWS[Content.MARGINS] = f"SELECT * FROM ({ROWS[Content.PREFERENCES]}) WHERE margin IS NOT NULL"  # noqa: S608


def _messages(text: str, kind: str, role: str) -> str:
    """SQL: a text as a chat; Markdown is one message of that role, nothing is none."""
    return f"""
        CASE WHEN {kind} = 'chat' THEN from_json({text}, '{_SHAPE}')
             WHEN coalesce({text}, '') = '' THEN []
             ELSE [{{'role': '{role}', 'content': {text}}}] END
    """


#: The same preferences where a prompt or an item is a chat. Items that are whole conversations
#: begin alike: what both share is the prompt, and a message of each remains as the answer. Without
#: any prompt there is an empty message of the user, since loaders look at the first message.
CHATS = f"""
    WITH said AS (
        SELECT s.first_id, s.second_id, s.slot, s.attempt, s.margin::DOUBLE AS margin, s.outcome,
               {_messages("p.text", "p.kind", "user")} AS opening,
               {_messages("a.text", "a.kind", "assistant")} AS one,
               {_messages("b.text", "b.kind", "assistant")} AS other
        FROM standing_judgments s
        JOIN items a ON a.study_id = s.study_id AND a.item_id = s.first_id
        JOIN items b ON b.study_id = s.study_id AND b.item_id = s.second_id
        LEFT JOIN prompts p ON p.study_id = s.study_id AND p.prompt_id = a.prompt_id
        WHERE s.study_id = $study AND s.outcome IN ('first', 'second')
    ),
    shared AS (
        SELECT *, CASE WHEN one[1].role IN ('system', 'user')
                       THEN len(list_filter(range(1, least(len(one), len(other))),
                                            lambda i: one[1:i] = other[1:i]))
                       ELSE 0 END AS n
        FROM said
    )
    SELECT first_id, second_id, slot, attempt, margin,
           CASE WHEN len(opening) + n > 0 THEN list_concat(opening, one[1:n])
                ELSE [{{'role': 'user', 'content': ''}}] END AS prompt,
           CASE outcome WHEN 'first' THEN one[n + 1:] ELSE other[n + 1:] END AS chosen,
           CASE outcome WHEN 'first' THEN other[n + 1:] ELSE one[n + 1:] END AS rejected
    FROM shared
"""  # noqa: S608 - the columns above

#: Whether the study `$study` has chats, so that its preferences are between chats.
HAS_CHATS = """
    SELECT EXISTS (SELECT 1 FROM items WHERE study_id = $study AND kind = 'chat')
        OR EXISTS (SELECT 1 FROM prompts WHERE study_id = $study AND kind = 'chat')
"""

#: The pictures and sounds that the texts of the study `$study` show.
MEDIA = f"""
    WITH written AS (
        SELECT text FROM items WHERE study_id = $study
        UNION ALL SELECT text FROM prompts WHERE study_id = $study
        UNION ALL SELECT feedback FROM gold WHERE study_id = $study
        UNION ALL SELECT guidelines FROM study_settings WHERE study_id = $study
    ),
    named AS (
        SELECT DISTINCT unnest(regexp_extract_all(text, 'media:({NAME})', 1)) AS media_id
        FROM written WHERE contains(text, 'media:')
    )
    SELECT media_id FROM media JOIN named USING (media_id) ORDER BY media_id
"""  # noqa: S608 - a pattern of ours

#: The same study gives the same file.
ORDER = {
    Content.JUDGMENTS: "r.first_id, r.second_id, r.slot, r.attempt, r.presentation_id",
    Content.ANSWERS: "r.set_id, r.slot, r.attempt, r.presentation_id",
    Content.ITEMS: "r.prompt_id, r.item_id",
    Content.GOLD: "r.set_id",
    Content.PREFERENCES: "r.first_id, r.second_id, r.slot, r.attempt",
    Content.MARGINS: "r.first_id, r.second_id, r.slot, r.attempt",
    **VALUE_ORDER,
}

#: Preferences are for training and only come as JSON lines.
FORMATS = {
    Content.JUDGMENTS: tuple(Format),
    Content.ANSWERS: tuple(Format),
    Content.ITEMS: tuple(Format),
    Content.GOLD: tuple(Format),
    Content.PREFERENCES: (Format.JSON_LINES,),
    Content.MARGINS: (Format.JSON_LINES,),
    **dict.fromkeys(VALUE_COLUMNS, tuple(Format)),
}


def select(
    content: Content, form: Format, *, chats: bool = False, judged: str = "standing_judgments"
) -> str:
    """SQL for a file. CSV guards text against spreadsheets; times in text are ISO 8601.

    Parameters
    ----------
    chats : bool
        Whether the study has chats; only preferences differ then.
    judged : str
        Of preferences, the relation that says who was preferred.
    """
    rows, columns = ROWS[content], COLUMNS[content]
    if chats and content in {Content.PREFERENCES, Content.MARGINS}:
        graded = " WHERE margin IS NOT NULL" if content is Content.MARGINS else ""
        rows = f"SELECT * FROM ({CHATS}){graded}"  # noqa: S608
    rows = rows.replace("standing_judgments", judged)
    said = said_in(form, columns)
    return f"SELECT {said} FROM ({rows}) r ORDER BY {ORDER[content]}"  # noqa: S608


def said_in(form: Format, columns: Sequence[Column]) -> str:
    """The columns of a relation r as a file of that form says them."""
    return ", ".join(f"{_said(column, form)} AS {column.name}" for column in columns)


def _said(column: Column, form: Format) -> str:
    cell = f"r.{column.name}"
    if column.type in _NESTED:
        return _nested(column.type, cell, form)
    if column.type == "time" and form is not Format.PARQUET:
        return f"strftime({cell} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    if column.type == "text" and form is Format.CSV:
        begins = f"{cell} <> '' AND contains($formula_begins, left({cell}, 1))"
        return f"CASE WHEN {begins} THEN chr(39) || {cell} ELSE {cell} END"  # chr(39) is '
    return cell


_NESTED = frozenset({"texts", "json", "messages"})


def _nested(kind: str, cell: str, form: Format) -> str:
    """What is no single value: as such where the format can hold it, else as JSON."""
    if kind == "messages":
        return cell if form is Format.CSV else f"from_json({cell}, '{_SHAPE}')"
    if kind == "json":
        return f"{cell}::JSON" if form is Format.JSON_LINES else f"{cell}::VARCHAR"
    return f"to_json({cell})::VARCHAR" if form is Format.CSV else cell
