-- Imports of every kind: which there are is for the code to say.

CREATE TABLE imports_of_every_kind (
    import_id    VARCHAR PRIMARY KEY,
    study_id     VARCHAR NOT NULL,
    kind         VARCHAR NOT NULL,
    file_name    VARCHAR NOT NULL,
    sha256       VARCHAR NOT NULL,
    n_rows       BIGINT NOT NULL,
    imported_at  TIMESTAMPTZ NOT NULL,
    imported_by  VARCHAR
);

INSERT INTO imports_of_every_kind SELECT * FROM imports;
DROP TABLE imports;
ALTER TABLE imports_of_every_kind RENAME TO imports;
