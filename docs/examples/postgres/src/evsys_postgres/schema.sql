-- Every process that logs is a writer. It numbers its calls, and (writer_id, call) is unique: a call
-- that is sent again, because the connection broke before the server answered, is recorded once.

CREATE SCHEMA IF NOT EXISTS evsys;

CREATE TABLE evsys.runs (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL UNIQUE,
    created timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE evsys.writers (
    writer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES evsys.runs ON DELETE CASCADE,
    rank integer NOT NULL,
    opened timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX writers_of_run ON evsys.writers (run_id);

-- The texts of a curve stand here once, and not in each of its points.
CREATE TABLE evsys.series (
    series_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES evsys.runs ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    split text COLLATE "C" NOT NULL,
    UNIQUE (run_id, key, split)
);

-- A foreign key to series would lock the row of a series for each point, and all ranks of a run
-- write to the same few. One to the writer locks a row that is this process's own. A run that is
-- deleted takes its points along, and a process that still writes to it gets an error.
CREATE TABLE evsys.points (
    series_id bigint NOT NULL,
    step bigint NOT NULL,
    value double precision NOT NULL,
    ts timestamptz NOT NULL DEFAULT now(),
    writer_id bigint NOT NULL REFERENCES evsys.writers ON DELETE CASCADE,
    call bigint NOT NULL,
    PRIMARY KEY (writer_id, call, series_id)
);
CREATE INDEX curve ON evsys.points (series_id, step) INCLUDE (value);

-- json keeps the text as it was sent. jsonb would lose -0.0 and the order of keys, turn 1e22 into an
-- integer, and refuse a text with a NUL in it.
CREATE TABLE evsys.hyperparam_calls (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    params json NOT NULL,
    ts timestamptz NOT NULL DEFAULT now(),
    writer_id bigint NOT NULL REFERENCES evsys.writers ON DELETE CASCADE,
    call bigint NOT NULL,
    UNIQUE (writer_id, call)
);

CREATE TABLE evsys.artifact_calls (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    path text NOT NULL,
    kind text NOT NULL,
    ts timestamptz NOT NULL DEFAULT now(),
    writer_id bigint NOT NULL REFERENCES evsys.writers ON DELETE CASCADE,
    call bigint NOT NULL,
    UNIQUE (writer_id, call)
);

-- The tables as a person asks for them. What a query does not name is not looked up.

CREATE VIEW evsys.metrics AS
SELECT run, split, key, step, value, points.ts, rank, points.writer_id, call
FROM evsys.points
JOIN evsys.series USING (series_id)
JOIN evsys.runs USING (run_id)
LEFT JOIN evsys.writers ON writers.writer_id = points.writer_id;

-- The latest value of each. SQL has no text with a NUL, so that U+FFFD stands for it here.
CREATE VIEW evsys.hyperparams AS
SELECT DISTINCT ON (run, key) run, key, value
FROM evsys.hyperparam_calls
JOIN evsys.writers USING (writer_id)
JOIN evsys.runs USING (run_id)
CROSS JOIN LATERAL json_each(
    regexp_replace(params::text, '(?<!\\)((\\\\)*)\\u0000', '\1\\ufffd', 'g')::json
)
ORDER BY run, key, id DESC;

CREATE VIEW evsys.artifacts AS
SELECT run, name, path, kind, artifact_calls.ts, rank, id
FROM evsys.artifact_calls
JOIN evsys.writers USING (writer_id)
JOIN evsys.runs USING (run_id);
