"""What exported files about values hold: their columns with what each means, and the SQL.

What SQL cannot say, as it follows from turns (`storage.value_export`), comes in as `$derived`.
"""

from storage.edge_votes import ANEW
from storage.export_kinds import Column, Content

_WHO = Column("annotator_id", "text", "whose it is, a random id")
_CARDS = (
    Column("first_id", "text", "the card whose id sorts first"),
    Column("second_id", "text", "the other card"),
)

VALUE_COLUMNS = {
    Content.INTERVIEW_TURNS: (
        Column("interview_id", "text", "one person's interview"),
        _WHO,
        Column("number", "value", "place among the turns of the interview, from 0"),
        Column("card_id", "text", "the card that the turn worked on, whether it was ever "
               "confirmed or not; empty where it is about none"),
        Column("kind", "text", "what the turn is: Began, StoryTold, Noticed, DropTested, Phrased, "
               "Proposed (by a language model), Confirmed, …"),
        Column("turn", "json", "the turn itself; empty where its card was taken back"),
        Column("stored_at", "time", "when it was given, UTC"),
    ),
    Content.MODEL_CALLS: (
        Column("call_id", "text", "one call of a language model; a Proposed turn names it"),
        Column("interview_id", "text", "the interview that it was made for"),
        _WHO,
        Column("step", "text", "the step of the interview"),
        Column("model", "text", "as the endpoint knows it"),
        Column("prompt_version", "text", "which released prompts"),
        Column("prompt_hash", "text", "SHA-256 of the instructions sent"),
        Column("called_at", "time", "when, UTC"),
        Column("seconds", "value", "until the end of the reply, or until giving up"),
        Column("tokens_in", "value", "as the endpoint counted; empty if it did not say"),
        Column("tokens_out", "value", "the same of the reply"),
        Column("outcome", "text", "proposed, invalid, timed_out, rate_limited, refused, "
               "unreachable or failed"),
        Column("problem", "text", "why the reply was of no use"),
        Column("reply_hash", "text", "SHA-256 of the reply as it came"),
        Column("acceptance", "text", "what the person made of its drafts: accepted, changed or "
               "refused; empty where there were none, or no answer yet"),
    ),
    Content.VALUES_CARDS: (
        Column("card_id", "text", "one card through all its revisions"),
        Column("revision", "value", "from 0"),
        Column("newest", "value", "whether no later revision takes its place"),
        _WHO,
        Column("interview_id", "text", "the interview that it came from"),
        Column("case_id", "text", "the case that the person started from"),
        Column("title", "text", "in the person's own words, as all of the card; all its texts are "
               "empty once it was taken back"),
        Column("description", "text", "the moment, in one sentence"),
        Column("policies", "texts", "what the person attends to"),
        Column("withdrawn", "value", "the person took the card back"),
        Column("stands_for", "text", "the card that speaks for its group now; empty if withdrawn"),
        Column("saved_at", "time", "when the revision was confirmed, UTC"),
    ),
    Content.CARD_OFFERS: (
        _WHO,
        Column("card_id", "text", "the person's own card"),
        Column("other_id", "text", "the card of somebody else that was shown beside it"),
        Column("similarity", "value", "as the finder saw it; a cosine"),
        Column("finder", "text", "tfidf, or the encoder that found it"),
        Column("offered_at", "time", "when it was offered, UTC"),
        Column("sameness", "text", "same, nearly or different; empty without an answer"),
        Column("revision", "value", "which answer to the offer, from 0"),
        Column("stands", "value", "whether it is the newest answer"),
        Column("answered_at", "time", "when it was answered, UTC"),
    ),
    Content.CANONICAL_HISTORY: (
        Column("number", "value", "place in the history, from 0"),
        Column("kind", "text", "Merged, Split, Represented or Undone"),
        Column("cards", "texts", "the two put together, those split off, or the one that speaks"),
        Column("others", "texts", "those they were split from"),
        Column("undoes", "value", "the number of what was undone"),
        Column("counts", "value", "whether it was not undone since"),
        Column("reason", "text", "what the researcher wrote"),
        Column("made_at", "time", "when, UTC"),
        Column("made_by", "text", "the researcher, a random id"),
    ),
    Content.CARD_TAGS: (
        Column("card_id", "text", "what was tagged"),
        Column("vocabulary", "text", "the id of the vocabulary"),
        Column("version", "value", "its version"),
        Column("concept", "text", "the value of the vocabulary"),
        Column("relevance", "value", "from 0, nothing to do with it, to 1, about it"),
        Column("valence", "text", "supports, opposes or either"),
        Column("tagged_by", "text", "a random id, or the name of a model"),
        Column("tagged_at", "time", "when, UTC"),
        Column("stands", "value", "whether it is the newest of its author on card and value"),
    ),
    Content.EDGE_VOTES: (
        Column("question_id", "text", "one question put to one person once"),
        _WHO,
        Column("context_id", "text", "the context asked about; the manifest has its words"),
        *_CARDS,
        Column("wiser_to", "text", "the card that the question leads to"),
        Column("left_id", "text", "the card on the left of the screen"),
        Column("story", "text", "the story told, if one was"),
        Column("story_kind", "text", "forward (towards wiser_to), backward or none"),
        Column("purpose", "text", "judge, or repeat for a retest"),
        Column("policy", "text", "the rule that chose it; import if it was put elsewhere"),
        Column("probability", "value", "with which the rule chose it; empty without chance"),
        Column("form_probability", "value", "of direction, story and side, given the question"),
        Column("exposed", "value", "whether the person had been shown others' cards before"),
        Column("created_at", "time", "when it was shown, UTC"),
        Column("answer", "text", "first_wiser, second_wiser, both_needed, same_value, depends, "
               "not_sure, or not_wiser (an imported “no”); empty if nobody has answered"),
        Column("relationship", "text", "the same as yes (upgrade), no (no_upgrade) or not_sure"),
        Column("situation", "text", "on what it depends, or when it is the other way round"),
        Column("confidence", "value", "from 1, a guess, to 5, certain"),
        Column("reason", "text", "what the person wrote"),
        Column("duration_ms", "value", "milliseconds from its appearing to the answer"),
        Column("voted_at", "time", "when it was answered, UTC"),
        Column("stands", "value", "answered, and not asked and answered anew"),
    ),
    Content.WISDOM_PICKS: (
        Column("draw_id", "text", "cards shown together to one person once"),
        _WHO,
        Column("case_id", "text", "the case that they are to be considered in"),
        Column("shown", "texts", "all cards, in the order of the screen"),
        Column("picked", "texts", "those wanted considered; empty if nobody has answered"),
        Column("shown_at", "time", "when, UTC"),
        Column("picked_at", "time", "when the choice was saved, UTC"),
    ),
    Content.GOALS: (
        _WHO,
        Column("goal_id", "text", "unique in the person's tree"),
        Column("parent_id", "text", "the goal that it would show; empty for the uppermost"),
        Column("place", "value", "among its sisters, in the person's order, from 0"),
        Column("depth", "value", "0 for the uppermost"),
        Column("text", "text", "in the person's words"),
        Column("worst", "text", "what its swing goes from"),
        Column("best", "text", "what it goes to"),
        Column("points", "value", "of its swing: 100 for the one to make first"),
        Column("weight", "value", "among its sisters, adding up to 1"),
        Column("overall", "value", "in the whole tree"),
    ),
    Content.GOAL_TURNS: (
        _WHO,
        Column("number", "value", "place among the person's turns, from 0"),
        Column("kind", "text", "GoalAdded, GoalReworded, GoalMoved, GoalRemoved, RangeGiven or "
               "SwingsGiven"),
        Column("turn", "json", "the turn itself"),
        Column("stored_at", "time", "when, UTC"),
    ),
    Content.VALUE_SURVEY: (
        _WHO,
        Column("question", "text", "the question, with the id of a card or vignette where it is "
               "about one"),
        Column("answer", "json", "what was answered"),
        Column("revision", "value", "which answer to the question, from 0"),
        Column("stands", "value", "whether it is the newest"),
        Column("answered_at", "time", "when, UTC"),
    ),
    Content.MGE_GRAPHS: (
        Column("graph_id", "text", "a hash of the file"),
        Column("document", "json", "the file, letter by letter"),
        Column("imported_at", "time", "when, UTC"),
    ),
}  # fmt: skip


def _derived(shape: str) -> str:
    """SQL: the rows that came in as JSON."""
    return f"(SELECT unnest(from_json($derived, '[{{{shape}}}]'), recursive := true))"


_TAKEN_BACK = "SELECT card_id FROM values_cards WHERE study_id = $study AND withdrawn"
_GOAL = (
    '"annotator_id":"VARCHAR","goal_id":"VARCHAR","parent_id":"VARCHAR","place":"INTEGER",'
    '"depth":"INTEGER","text":"VARCHAR","worst":"VARCHAR","best":"VARCHAR","points":"DOUBLE",'
    '"weight":"DOUBLE","overall":"DOUBLE","row":"INTEGER"'
)
#: All rows of a content, of the study `$study`.
VALUE_ROWS = {
    Content.INTERVIEW_TURNS: f"""
        SELECT t.interview_id, t.number, t.stored_at, i.person_id AS annotator_id, d.card_id,
               t.turn ->> '$.kind' AS kind,
               CASE WHEN d.card_id IN ({_TAKEN_BACK}) THEN NULL ELSE t.turn END AS turn
        FROM interview_turns t JOIN interviews i USING (interview_id)
        LEFT JOIN {_derived('"interview_id":"VARCHAR","number":"INTEGER","card_id":"VARCHAR"')} d
            ON d.interview_id = t.interview_id AND d.number = t.number
        WHERE i.study_id = $study
    """,  # noqa: S608 - columns and shapes of ours
    Content.MODEL_CALLS: f"""
        SELECT c.call_id, c.interview_id, i.person_id AS annotator_id, c.called_at,
               c.content ->> '$.step' AS step, c.content ->> '$.model' AS model,
               c.content ->> '$.prompt_version' AS prompt_version,
               c.content ->> '$.prompt_hash' AS prompt_hash,
               (c.content ->> '$.seconds')::DOUBLE AS seconds,
               (c.content ->> '$.tokens_in')::BIGINT AS tokens_in,
               (c.content ->> '$.tokens_out')::BIGINT AS tokens_out,
               c.content ->> '$.outcome' AS outcome, c.content ->> '$.problem' AS problem,
               c.content ->> '$.reply_hash' AS reply_hash, d.acceptance
        FROM model_calls c JOIN interviews i USING (interview_id)
        LEFT JOIN {_derived('"call_id":"VARCHAR","acceptance":"VARCHAR"')} d USING (call_id)
        WHERE i.study_id = $study
    """,  # noqa: S608 - columns and shapes of ours
    Content.VALUES_CARDS: f"""
        SELECT v.* REPLACE (
                   CASE WHEN bool_or(v.withdrawn) OVER (PARTITION BY v.card_id) THEN NULL
                        ELSE v.title END AS title,
                   CASE WHEN bool_or(v.withdrawn) OVER (PARTITION BY v.card_id) THEN NULL
                        ELSE v.description END AS description,
                   CASE WHEN bool_or(v.withdrawn) OVER (PARTITION BY v.card_id) THEN NULL
                        ELSE v.policies END AS policies
               ),
               v.person_id AS annotator_id, d.stands_for,
               v.revision = max(v.revision) OVER (PARTITION BY v.card_id) AS newest
        FROM values_cards v
        LEFT JOIN {_derived('"card_id":"VARCHAR","stands_for":"VARCHAR"')} d USING (card_id)
        WHERE v.study_id = $study
    """,  # noqa: S608 - columns and shapes of ours
    Content.CARD_OFFERS: """
        SELECT o.*, o.person_id AS annotator_id, a.sameness, a.revision, a.answered_at,
               a.revision IS NOT NULL AND a.revision
                   = max(a.revision) OVER (PARTITION BY o.card_id, o.other_id) AS stands
        FROM card_offers o LEFT JOIN card_answers a USING (card_id, other_id)
        WHERE o.study_id = $study
    """,
    Content.CANONICAL_HISTORY: f"""
        SELECT e.number, e.event ->> '$.kind' AS kind, e.event ->> '$.reason' AS reason,
               coalesce(from_json(coalesce(e.event -> '$.pair', e.event -> '$.cards'),
                                  '["VARCHAR"]'),
                        CASE WHEN e.event ->> '$.card' IS NOT NULL
                             THEN [e.event ->> '$.card'] END) AS cards,
               from_json(e.event -> '$.others', '["VARCHAR"]') AS others,
               (e.event ->> '$.event')::INTEGER AS undoes, d.number IS NOT NULL AS counts,
               e.made_at, e.made_by
        FROM canonical_events e
        LEFT JOIN {_derived('"number":"INTEGER"')} d USING (number)
        WHERE e.study_id = $study
    """,  # noqa: S608 - columns and shapes of ours
    Content.CARD_TAGS: """
        SELECT *, (tag ->> '$.version')::INTEGER AS version,
               (tag ->> '$.relevance')::DOUBLE AS relevance, tag ->> '$.valence' AS valence,
               revision = max(revision) OVER (
                   PARTITION BY card_id, vocabulary, concept, tagged_by, tag ->> '$.version'
               ) AS stands
        FROM card_tags WHERE study_id = $study
    """,
    Content.EDGE_VOTES: f"""
        SELECT q.*, q.person_id AS annotator_id, v.answer, v.situation, v.confidence, v.reason,
               v.duration_ms, v.voted_at,
               CASE WHEN v.answer IS NULL OR v.answer = 'not_sure' THEN v.answer
                    WHEN (v.answer = 'first_wiser' AND q.wiser_to = q.first_id)
                        OR (v.answer = 'second_wiser' AND q.wiser_to = q.second_id) THEN 'upgrade'
                    ELSE 'no_upgrade' END AS relationship,
               v.answer IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM edge_votes w WHERE w.question_id = q.question_id || '{ANEW}'
               ) AS stands
        FROM edge_questions q LEFT JOIN edge_votes v USING (question_id)
        WHERE q.study_id = $study
    """,  # noqa: S608 - columns and shapes of ours
    Content.WISDOM_PICKS: """
        SELECT d.*, d.person_id AS annotator_id, p.picked, p.picked_at
        FROM wisdom_draws d LEFT JOIN wisdom_picks p USING (draw_id) WHERE d.study_id = $study
    """,
    Content.GOALS: f"SELECT * FROM {_derived(_GOAL)}",  # noqa: S608 - a shape of ours
    Content.GOAL_TURNS: """
        SELECT *, person_id AS annotator_id, turn ->> '$.kind' AS kind
        FROM goal_turns WHERE study_id = $study
    """,
    Content.VALUE_SURVEY: """
        SELECT *, person_id AS annotator_id,
               revision = max(revision) OVER (PARTITION BY person_id, question) AS stands
        FROM survey_answers WHERE study_id = $study
    """,
    Content.MGE_GRAPHS: "SELECT * FROM mge_graphs WHERE study_id = $study",
}

#: The same study gives the same file.
VALUE_ORDER = {
    Content.INTERVIEW_TURNS: "r.interview_id, r.number",
    Content.MODEL_CALLS: "r.called_at, r.call_id",
    Content.VALUES_CARDS: "r.card_id, r.revision",
    Content.CARD_OFFERS: "r.card_id, r.other_id, r.revision",
    Content.CANONICAL_HISTORY: "r.number",
    Content.CARD_TAGS: "r.card_id, r.vocabulary, r.concept, r.revision",
    Content.EDGE_VOTES: "r.created_at, r.question_id",
    Content.WISDOM_PICKS: "r.shown_at, r.draw_id",
    Content.GOALS: "r.annotator_id, r.row",
    Content.GOAL_TURNS: "r.annotator_id, r.number",
    Content.VALUE_SURVEY: "r.annotator_id, r.question, r.revision",
    Content.MGE_GRAPHS: "r.imported_at, r.graph_id",
}
