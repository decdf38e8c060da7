-- Every form of question: what is shown is a set of one to eight items, a pair being a set of two.

DROP VIEW standing_judgments;

-- `set_id`: the sorted item ids, joined by the unit separator. The unique key is the lease: a set has
-- `overlap` slots, and a slot is given out again (the next attempt) only when its last attempt
-- lapsed. Slot -1 stands beside the overlap: repeats, gold, training, second opinions.
CREATE TABLE presentations_of_sets (
    presentation_id   VARCHAR PRIMARY KEY,
    study_id          VARCHAR NOT NULL,
    settings_version  INTEGER NOT NULL,
    annotator_id      VARCHAR NOT NULL,
    set_id            VARCHAR NOT NULL,
    first_id          VARCHAR,
    second_id         VARCHAR CHECK (first_id < second_id),
    shown             VARCHAR[],
    slot              INTEGER NOT NULL CHECK (slot >= -1),
    attempt           INTEGER NOT NULL CHECK (attempt >= 0),
    purpose           VARCHAR NOT NULL CHECK (
        purpose IN ('judge', 'again', 'import', 'repeat', 'gold', 'training', 'opinion')
    ),
    policy            VARCHAR NOT NULL,
    probability       DOUBLE CHECK (probability > 0 AND probability <= 1),
    created_at        TIMESTAMPTZ NOT NULL,
    lease_until       TIMESTAMPTZ,
    UNIQUE (study_id, set_id, slot, attempt)
);

INSERT INTO presentations_of_sets
SELECT presentation_id, study_id, settings_version, annotator_id, first_id || chr(31) || second_id,
       first_id, second_id,
       CASE left_id WHEN first_id THEN [first_id, second_id]
                    WHEN second_id THEN [second_id, first_id] END,
       slot, attempt, purpose, policy, probability, created_at, lease_until
FROM presentations;

DROP TABLE presentations;
ALTER TABLE presentations_of_sets RENAME TO presentations;

-- `margin`: how much better, from 1. `aspects`: first, second or tie by name. `said`: what was said of
-- several items. All in item space.
CREATE TABLE judgments_of_sets (
    presentation_id  VARCHAR PRIMARY KEY,
    outcome          VARCHAR NOT NULL CHECK (outcome IN (
        'first', 'second', 'tie', 'both_bad', 'incomparable', 'skipped', 'answered', 'up', 'down'
    )),
    skip_reason      VARCHAR CHECK (
        skip_reason IN ('unclear', 'too_hard', 'offensive', 'language', 'broken', 'other')
    ),
    reason           VARCHAR,
    duration_ms      BIGINT CHECK (duration_ms >= 0),
    judged_at        TIMESTAMPTZ NOT NULL,
    late             BOOLEAN NOT NULL DEFAULT false,
    margin           INTEGER CHECK (margin >= 1),
    aspects          JSON,
    chips            VARCHAR[],
    said             JSON
);

INSERT INTO judgments_of_sets
SELECT presentation_id, outcome, skip_reason, reason, duration_ms, judged_at, late,
       NULL, NULL, NULL, NULL
FROM judgments;

DROP TABLE judgments;
ALTER TABLE judgments_of_sets RENAME TO judgments;

-- What the columns of the first version do not say: form, choice, fitting.
ALTER TABLE study_settings ADD COLUMN details JSON DEFAULT '{}';
ALTER TABLE memberships ADD COLUMN cohort VARCHAR DEFAULT '';
-- `chat`: the text is a JSON list of messages with role and content.
ALTER TABLE prompts ADD COLUMN kind VARCHAR DEFAULT 'markdown';
ALTER TABLE items ADD COLUMN kind VARCHAR DEFAULT 'markdown';

-- Pictures and sounds that texts name as media:ID.
CREATE TABLE media (
    media_id   VARCHAR PRIMARY KEY,
    type       VARCHAR NOT NULL,
    content    BLOB NOT NULL,
    added_at   TIMESTAMPTZ NOT NULL,
    added_by   VARCHAR
);

-- Items whose sets are asked before all others, while they have open places.
CREATE TABLE targets (
    study_id   VARCHAR NOT NULL,
    item_id    VARCHAR NOT NULL,
    revision   INTEGER NOT NULL,
    targeted   BOOLEAN NOT NULL,
    set_at     TIMESTAMPTZ NOT NULL,
    set_by     VARCHAR,
    PRIMARY KEY (study_id, item_id, revision)
);

-- Questions whose answer is known. The answer is a judgment in item space, as JSON.
CREATE TABLE gold (
    study_id   VARCHAR NOT NULL,
    set_id     VARCHAR NOT NULL,
    revision   INTEGER NOT NULL,
    items      VARCHAR[] NOT NULL,
    outcome    VARCHAR,
    feedback   VARCHAR NOT NULL DEFAULT '',
    training   BOOLEAN NOT NULL DEFAULT false,
    source     VARCHAR NOT NULL CHECK (source IN ('import', 'adjudication', 'removed')),
    set_at     TIMESTAMPTZ NOT NULL,
    set_by     VARCHAR,
    PRIMARY KEY (study_id, set_id, revision)
);

CREATE TABLE drafts (
    person_id   VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    revision    INTEGER NOT NULL,
    content     JSON NOT NULL,
    saved_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, subject, revision)
);

CREATE TABLE flags (
    flag_id          VARCHAR PRIMARY KEY,
    study_id         VARCHAR NOT NULL,
    presentation_id  VARCHAR NOT NULL,
    person_id        VARCHAR NOT NULL,
    note             VARCHAR NOT NULL,
    flagged_at       TIMESTAMPTZ NOT NULL
);

CREATE TABLE flag_resolutions (
    flag_id      VARCHAR PRIMARY KEY,
    note         VARCHAR NOT NULL,
    resolved_at  TIMESTAMPTZ NOT NULL,
    resolved_by  VARCHAR
);

CREATE TABLE guideline_reads (
    study_id    VARCHAR NOT NULL,
    person_id   VARCHAR NOT NULL,
    version     INTEGER NOT NULL,
    read_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (study_id, person_id, version)
);

-- Keys, language, breaks: how one person wants the pages.
CREATE TABLE preferences (
    person_id   VARCHAR NOT NULL,
    revision    INTEGER NOT NULL,
    content     JSON NOT NULL,
    saved_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, revision)
);

-- What stands: answers not taken back and not late, said of the items.
CREATE VIEW standing_answers AS
SELECT p.study_id, p.presentation_id, p.annotator_id, p.settings_version, p.set_id, p.first_id,
       p.second_id, p.shown, p.slot, p.attempt, p.purpose, p.policy, p.probability, p.created_at,
       j.outcome, j.skip_reason, j.reason, j.duration_ms, j.judged_at, j.margin, j.aspects, j.chips,
       j.said
FROM presentations p
JOIN judgments j USING (presentation_id)
WHERE NOT j.late AND NOT EXISTS (SELECT 1 FROM retractions r WHERE r.presentation_id = p.presentation_id);

-- Of these the pairs within the overlap: what models, agreement and exports of pairs are made from.
CREATE VIEW standing_judgments AS
SELECT *, CASE WHEN first_id IS NULL THEN NULL ELSE shown[1] END AS left_id
FROM standing_answers WHERE slot >= 0 AND first_id IS NOT NULL;
