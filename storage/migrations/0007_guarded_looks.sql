-- Looks at the guarded hold-out of a study: each is counted, for everybody and for good. A fit is
-- asked once about each of its models; whoever asks again is told what was said then.
-- `shift` is the part of the threshold's noise that stays until the hold-out disagrees; it is not
-- shown, as who knew it could see more than the answer. After a disagreement it is empty.
CREATE TABLE guarded_looks (
    study_id       VARCHAR NOT NULL,
    number         INTEGER NOT NULL,
    fit_id         VARCHAR NOT NULL,
    model          VARCHAR NOT NULL,
    training       DOUBLE NOT NULL,
    answer         DOUBLE NOT NULL,
    from_hold_out  BOOLEAN NOT NULL,
    n_pairs        BIGINT NOT NULL,
    shift          DOUBLE,
    looked_at      TIMESTAMPTZ NOT NULL,
    looked_by      VARCHAR,
    PRIMARY KEY (study_id, number),
    UNIQUE (study_id, fit_id, model)
);
