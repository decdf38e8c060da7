-- Value interviews, values cards, and votes between them. Everything is append-only: what changes is
-- a new row with the next number or revision.

-- What a study asks about values: cases, contexts, stories, whether and how. JSON, versioned.
CREATE TABLE value_settings (
    study_id   VARCHAR NOT NULL,
    version    INTEGER NOT NULL,
    content    JSON NOT NULL,
    saved_at   TIMESTAMPTZ NOT NULL,
    saved_by   VARCHAR,
    PRIMARY KEY (study_id, version)
);

CREATE TABLE interviews (
    interview_id  VARCHAR PRIMARY KEY,
    study_id      VARCHAR NOT NULL,
    person_id     VARCHAR NOT NULL,
    begun_at      TIMESTAMPTZ NOT NULL,
    UNIQUE (study_id, person_id)
);

-- The state of an interview is a function of its turns. A turn whose number is taken is refused.
CREATE TABLE interview_turns (
    interview_id  VARCHAR NOT NULL,
    number        INTEGER NOT NULL CHECK (number >= 0),
    turn          JSON NOT NULL,
    stored_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (interview_id, number)
);

CREATE TABLE model_calls (
    call_id       VARCHAR PRIMARY KEY,
    interview_id  VARCHAR NOT NULL,
    content       JSON NOT NULL,
    called_at     TIMESTAMPTZ NOT NULL
);

CREATE TABLE goal_turns (
    study_id   VARCHAR NOT NULL,
    person_id  VARCHAR NOT NULL,
    number     INTEGER NOT NULL CHECK (number >= 0),
    turn       JSON NOT NULL,
    stored_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (study_id, person_id, number)
);

-- Confirmed cards. A revision by its author is a new row; `withdrawn` takes the card out.
CREATE TABLE values_cards (
    card_id       VARCHAR NOT NULL,
    revision      INTEGER NOT NULL,
    study_id      VARCHAR NOT NULL,
    person_id     VARCHAR,
    interview_id  VARCHAR,
    case_id       VARCHAR,
    title         VARCHAR NOT NULL,
    description   VARCHAR NOT NULL,
    policies      VARCHAR[] NOT NULL,
    withdrawn     BOOLEAN NOT NULL DEFAULT false,
    saved_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (card_id, revision)
);

-- Others' cards offered after one's own was confirmed, and what the author said: same, nearly, different.
CREATE TABLE card_offers (
    study_id    VARCHAR NOT NULL,
    person_id   VARCHAR NOT NULL,
    card_id     VARCHAR NOT NULL,
    other_id    VARCHAR NOT NULL,
    similarity  DOUBLE NOT NULL,
    offered_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (card_id, other_id)
);

CREATE TABLE card_answers (
    card_id      VARCHAR NOT NULL,
    other_id     VARCHAR NOT NULL,
    revision     INTEGER NOT NULL,
    sameness     VARCHAR NOT NULL CHECK (sameness IN ('same', 'nearly', 'different')),
    answered_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (card_id, other_id, revision)
);

-- What researchers do with canonical cards: merge, split, represent, undo. The fold is in core.
CREATE TABLE canonical_events (
    study_id  VARCHAR NOT NULL,
    number    INTEGER NOT NULL,
    event     JSON NOT NULL,
    made_at   TIMESTAMPTZ NOT NULL,
    made_by   VARCHAR,
    PRIMARY KEY (study_id, number)
);

CREATE TABLE card_tags (
    study_id    VARCHAR NOT NULL,
    card_id     VARCHAR NOT NULL,
    vocabulary  VARCHAR NOT NULL,
    concept     VARCHAR NOT NULL,
    revision    INTEGER NOT NULL,
    tag         JSON NOT NULL,
    tagged_at   TIMESTAMPTZ NOT NULL,
    tagged_by   VARCHAR,
    PRIMARY KEY (study_id, card_id, vocabulary, concept, revision)
);

-- One edge question shown to one person once: two cards in a context, first_id < second_id.
-- `wiser_to` is the card to which the question leads, `left_id` the one on the left.
CREATE TABLE edge_questions (
    question_id       VARCHAR PRIMARY KEY,
    study_id          VARCHAR NOT NULL,
    person_id         VARCHAR NOT NULL,
    context_id        VARCHAR NOT NULL,
    first_id          VARCHAR NOT NULL,
    second_id         VARCHAR NOT NULL CHECK (first_id < second_id),
    wiser_to          VARCHAR NOT NULL CHECK (wiser_to IN (first_id, second_id)),
    left_id           VARCHAR NOT NULL CHECK (left_id IN (first_id, second_id)),
    story             VARCHAR,
    story_kind        VARCHAR NOT NULL CHECK (story_kind IN ('forward', 'backward', 'none')),
    purpose           VARCHAR NOT NULL CHECK (purpose IN ('judge', 'repeat')),
    policy            VARCHAR NOT NULL,
    probability       DOUBLE CHECK (probability > 0 AND probability <= 1),
    form_probability  DOUBLE CHECK (form_probability > 0 AND form_probability <= 1),
    exposed           BOOLEAN NOT NULL DEFAULT false,
    created_at        TIMESTAMPTZ NOT NULL
);

CREATE TABLE edge_votes (
    question_id  VARCHAR PRIMARY KEY,
    answer       VARCHAR NOT NULL,
    situation    VARCHAR,
    confidence   INTEGER CHECK (confidence BETWEEN 1 AND 5),
    reason       VARCHAR,
    duration_ms  BIGINT CHECK (duration_ms >= 0),
    voted_at     TIMESTAMPTZ NOT NULL
);

-- "Which of these would you want considered?": all that were shown, and those that were picked.
CREATE TABLE wisdom_draws (
    draw_id    VARCHAR PRIMARY KEY,
    study_id   VARCHAR NOT NULL,
    person_id  VARCHAR NOT NULL,
    case_id    VARCHAR NOT NULL,
    shown      VARCHAR[] NOT NULL,
    shown_at   TIMESTAMPTZ NOT NULL
);

CREATE TABLE wisdom_picks (
    draw_id    VARCHAR PRIMARY KEY,
    picked     VARCHAR[] NOT NULL,
    picked_at  TIMESTAMPTZ NOT NULL
);

-- The exit survey, "fair position?", "same value?", and where a card failed to predict its author.
CREATE TABLE survey_answers (
    study_id     VARCHAR NOT NULL,
    person_id    VARCHAR NOT NULL,
    question     VARCHAR NOT NULL,
    revision     INTEGER NOT NULL,
    answer       JSON NOT NULL,
    answered_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (study_id, person_id, question, revision)
);
