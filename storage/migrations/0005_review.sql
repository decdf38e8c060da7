-- Looking again, and whom a study should speak for. Everything is append-only: the newest counts.

-- What came of looking at a set of items again. It stands beside the judgments and changes none.
CREATE TABLE resolutions (
    study_id     VARCHAR NOT NULL,
    set_id       VARCHAR NOT NULL,
    revision     INTEGER NOT NULL,
    verdict      VARCHAR NOT NULL CHECK (verdict IN ('decided', 'stands_divided', 'unusable')),
    outcome      VARCHAR CHECK (
        outcome IN ('first', 'second', 'tie', 'both_bad', 'incomparable')
    ),
    kind         VARCHAR NOT NULL CHECK (
        kind IN ('underspecified', 'style', 'facts', 'values', 'error')
    ),
    reason       VARCHAR NOT NULL,
    resolved_at  TIMESTAMPTZ NOT NULL,
    resolved_by  VARCHAR,
    CHECK ((verdict = 'decided') = (outcome IS NOT NULL)),
    PRIMARY KEY (study_id, set_id, revision)
);

-- The population that a study should speak for, one margin (such as age) a row; no groups: not any
-- more. `purpose` says why people are asked to which group they belong.
CREATE TABLE population_targets (
    study_id   VARCHAR NOT NULL,
    margin     VARCHAR NOT NULL,
    revision   INTEGER NOT NULL,
    groups     VARCHAR[] NOT NULL,
    shares     DOUBLE[] NOT NULL,
    purpose    VARCHAR NOT NULL DEFAULT '',
    set_at     TIMESTAMPTZ NOT NULL,
    set_by     VARCHAR,
    PRIMARY KEY (study_id, margin, revision)
);

-- Groups of people, apart from their judgments; an empty one takes the person out of all.
CREATE TABLE person_groups (
    study_id   VARCHAR NOT NULL,
    person_id  VARCHAR NOT NULL,
    margin     VARCHAR NOT NULL,
    revision   INTEGER NOT NULL,
    member_of  VARCHAR NOT NULL,
    set_at     TIMESTAMPTZ NOT NULL,
    set_by     VARCHAR,
    PRIMARY KEY (study_id, person_id, margin, revision)
);

-- What a study wants to have covered before it stops; JSON.
CREATE TABLE coverage_goals (
    study_id   VARCHAR NOT NULL,
    revision   INTEGER NOT NULL,
    content    JSON NOT NULL,
    set_at     TIMESTAMPTZ NOT NULL,
    set_by     VARCHAR,
    PRIMARY KEY (study_id, revision)
);
