-- Graphs in the format of Moral Graph Elicitation, as they were imported: cards are made from them,
-- their counted edges are no votes. The id is a hash of the study and the text.
CREATE TABLE mge_graphs (
    study_id     VARCHAR NOT NULL,
    graph_id     VARCHAR NOT NULL,
    document     VARCHAR NOT NULL,
    imported_at  TIMESTAMPTZ NOT NULL,
    imported_by  VARCHAR,
    PRIMARY KEY (study_id, graph_id)
);
