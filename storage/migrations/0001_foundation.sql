-- Every table is append-only: what changes is a new row with the next revision, the newest counts.

CREATE TABLE people (
    person_id   VARCHAR PRIMARY KEY,
    name        VARCHAR NOT NULL UNIQUE,
    created_at  TIMESTAMPTZ NOT NULL
);

CREATE TABLE passwords (
    person_id   VARCHAR NOT NULL,
    revision    INTEGER NOT NULL,
    hash        VARCHAR NOT NULL,
    set_at      TIMESTAMPTZ NOT NULL,
    set_by      VARCHAR,
    PRIMARY KEY (person_id, revision)
);

CREATE TABLE roles (
    person_id   VARCHAR NOT NULL,
    revision    INTEGER NOT NULL,
    role        VARCHAR NOT NULL CHECK (role IN ('none', 'annotator', 'researcher', 'admin')),
    given_at    TIMESTAMPTZ NOT NULL,
    given_by    VARCHAR,
    PRIMARY KEY (person_id, revision)
);

CREATE TABLE sign_ins (
    sign_in_id    VARCHAR PRIMARY KEY,
    person_id     VARCHAR NOT NULL,
    signed_in_at  TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE sign_outs (
    sign_in_id     VARCHAR PRIMARY KEY,
    signed_out_at  TIMESTAMPTZ NOT NULL
);

CREATE TABLE studies (
    study_id       VARCHAR PRIMARY KEY,
    demonstration  BOOLEAN NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    created_by     VARCHAR
);

CREATE TABLE study_settings (
    study_id       VARCHAR NOT NULL,
    version        INTEGER NOT NULL,
    name           VARCHAR NOT NULL,
    question       VARCHAR NOT NULL,
    guidelines     VARCHAR NOT NULL,
    outcomes       VARCHAR[] NOT NULL,
    overlap        INTEGER NOT NULL CHECK (overlap >= 1),
    random_share   DOUBLE NOT NULL CHECK (random_share BETWEEN 0 AND 1),
    lease_minutes  INTEGER NOT NULL,
    language       VARCHAR NOT NULL,
    fit_every      INTEGER NOT NULL,
    saved_at       TIMESTAMPTZ NOT NULL,
    saved_by       VARCHAR,
    PRIMARY KEY (study_id, version)
);

CREATE TABLE study_states (
    study_id    VARCHAR NOT NULL,
    revision    INTEGER NOT NULL,
    state       VARCHAR NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'archived', 'removed')),
    changed_at  TIMESTAMPTZ NOT NULL,
    changed_by  VARCHAR,
    PRIMARY KEY (study_id, revision)
);

CREATE TABLE memberships (
    study_id    VARCHAR NOT NULL,
    person_id   VARCHAR NOT NULL,
    revision    INTEGER NOT NULL,
    member      BOOLEAN NOT NULL,
    changed_at  TIMESTAMPTZ NOT NULL,
    changed_by  VARCHAR,
    PRIMARY KEY (study_id, person_id, revision)
);

CREATE TABLE prompts (
    study_id   VARCHAR NOT NULL,
    prompt_id  VARCHAR NOT NULL,
    text       VARCHAR NOT NULL,
    PRIMARY KEY (study_id, prompt_id)
);

CREATE TABLE items (
    study_id   VARCHAR NOT NULL,
    item_id    VARCHAR NOT NULL,
    prompt_id  VARCHAR NOT NULL,
    text       VARCHAR NOT NULL,
    PRIMARY KEY (study_id, item_id)
);

-- Ready pairs. A study without any asks all pairs of items that answer the same prompt.
CREATE TABLE pairs (
    study_id   VARCHAR NOT NULL,
    first_id   VARCHAR NOT NULL,
    second_id  VARCHAR NOT NULL CHECK (first_id < second_id),
    PRIMARY KEY (study_id, first_id, second_id)
);

CREATE TABLE imports (
    import_id    VARCHAR PRIMARY KEY,
    study_id     VARCHAR NOT NULL,
    kind         VARCHAR NOT NULL CHECK (kind IN ('items', 'pairs', 'judgments')),
    file_name    VARCHAR NOT NULL,
    sha256       VARCHAR NOT NULL,
    n_rows       BIGINT NOT NULL,
    imported_at  TIMESTAMPTZ NOT NULL,
    imported_by  VARCHAR
);

-- People whose judgments came in a file: a random id here, their name in the file beside it.
CREATE TABLE imported_annotators (
    annotator_id  VARCHAR PRIMARY KEY,
    study_id      VARCHAR NOT NULL,
    external_id   VARCHAR NOT NULL,
    UNIQUE (study_id, external_id)
);

-- One pair shown to one annotator once. The unique key is the lease: a pair has `overlap` slots, and
-- a slot is given out again (the next attempt) only when its last attempt lapsed.
CREATE TABLE presentations (
    presentation_id   VARCHAR PRIMARY KEY,
    study_id          VARCHAR NOT NULL,
    settings_version  INTEGER NOT NULL,
    annotator_id      VARCHAR NOT NULL,
    first_id          VARCHAR NOT NULL,
    second_id         VARCHAR NOT NULL CHECK (first_id < second_id),
    left_id           VARCHAR CHECK (left_id IN (first_id, second_id)),
    slot              INTEGER NOT NULL CHECK (slot >= 0),
    attempt           INTEGER NOT NULL CHECK (attempt >= 0),
    purpose           VARCHAR NOT NULL CHECK (purpose IN ('judge', 'again', 'import')),
    policy            VARCHAR NOT NULL,
    probability       DOUBLE CHECK (probability > 0 AND probability <= 1),
    created_at        TIMESTAMPTZ NOT NULL,
    lease_until       TIMESTAMPTZ,
    UNIQUE (study_id, first_id, second_id, slot, attempt)
);

-- `late`: the answer came after the lease had lapsed and the place had been given to somebody else.
-- It is kept and exported, and counts for neither the overlap nor the models.
CREATE TABLE judgments (
    presentation_id  VARCHAR PRIMARY KEY,
    outcome          VARCHAR NOT NULL CHECK (
        outcome IN ('first', 'second', 'tie', 'both_bad', 'incomparable', 'skipped')
    ),
    skip_reason      VARCHAR CHECK (
        skip_reason IN ('unclear', 'too_hard', 'offensive', 'language', 'broken', 'other')
    ),
    reason           VARCHAR,
    duration_ms      BIGINT CHECK (duration_ms >= 0),
    judged_at        TIMESTAMPTZ NOT NULL,
    late             BOOLEAN NOT NULL DEFAULT false
);

CREATE TABLE retractions (
    presentation_id  VARCHAR PRIMARY KEY,
    retracted_at     TIMESTAMPTZ NOT NULL
);

CREATE TABLE fits (
    fit_id          VARCHAR PRIMARY KEY,
    study_id        VARCHAR NOT NULL,
    snapshot_hash   VARCHAR NOT NULL,
    n_judgments     BIGINT NOT NULL,
    requested_at    TIMESTAMPTZ NOT NULL,
    finished_at     TIMESTAMPTZ NOT NULL,
    device          VARCHAR NOT NULL,
    figures         JSON NOT NULL
);

-- What stands: judgments not taken back and not late, said of the items.
CREATE VIEW standing_judgments AS
SELECT p.study_id, p.presentation_id, p.annotator_id, p.settings_version, p.first_id, p.second_id, p.left_id,
       p.slot, p.attempt, p.purpose, p.policy, p.probability, p.created_at,
       j.outcome, j.skip_reason, j.reason, j.duration_ms, j.judged_at
FROM presentations p
JOIN judgments j USING (presentation_id)
WHERE NOT j.late AND NOT EXISTS (SELECT 1 FROM retractions r WHERE r.presentation_id = p.presentation_id);
