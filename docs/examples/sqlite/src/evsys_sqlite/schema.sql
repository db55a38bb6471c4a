-- One row per value, in the order in which they were logged. NULL is NaN, and nothing else is:
-- AVG, MIN and MAX pass over it. The column has no type, since one of type REAL stores -0.0 as 0.
CREATE TABLE metrics (
    id    INTEGER PRIMARY KEY,
    ts    REAL NOT NULL,     -- seconds since the Unix epoch, the same for all values of a call
    step  INTEGER NOT NULL,
    split TEXT NOT NULL,
    key   TEXT NOT NULL,
    value
);
CREATE INDEX metrics_by_key ON metrics (key, split, step);

-- The merged hyperparameters; value is JSON: json_extract(value, '$') is the plain value.
CREATE TABLE hyperparams (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE artifacts (
    id   INTEGER PRIMARY KEY,
    ts   REAL NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL
);
