"""The queries of README.md, and the indexes that answer them."""

import re
from pathlib import Path

import psycopg
import pytest

from evsys_postgres.testing import PostgresServer

README = (Path(__file__).parents[1] / "README.md").read_text()
QUERIES = re.findall(r"^-- (.*)\n([^;]*);", README, re.MULTILINE)

# Ten runs of twenty curves, a thousand points each: a table that is worth an index.
FILL = """
INSERT INTO evsys.runs (run) SELECT 'run-' || n FROM generate_series(1, 10) AS n;
INSERT INTO evsys.writers (run_id, rank) SELECT run_id, 0 FROM evsys.runs;
INSERT INTO evsys.series (run_id, key, split)
SELECT run_id, key, 'train' FROM evsys.runs, unnest('{loss,acc}'::text[]) AS key
UNION ALL SELECT run_id, 'k' || n, 'train' FROM evsys.runs, generate_series(1, 18) AS n;
INSERT INTO evsys.points (series_id, step, value, writer_id, call)
SELECT series_id, step, 1.0 / step, writer_id, step
FROM evsys.series JOIN evsys.writers USING (run_id), generate_series(1, 1000) AS step;
"""


@pytest.fixture(scope="module")
def filled() -> object:
    with PostgresServer() as server:
        from evsys_postgres import PostgresLogStore

        store = PostgresLogStore(conninfo=server.conninfo, run="run-0")
        store.log_hyperparams({"lr": 0.1})
        store.close()
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            connection.execute(FILL.encode())
            connection.execute("VACUUM ANALYZE")
            yield connection


@pytest.mark.parametrize(
    "query", [query for _, query in QUERIES], ids=[name for name, _ in QUERIES]
)
def test_a_query_of_the_readme_reads_what_it_needs_and_no_whole_table(
    filled: psycopg.Connection, query: str
) -> None:
    rows = filled.execute(query.encode()).fetchall()
    assert rows
    plan = "\n".join(row[0] for row in filled.execute(b"EXPLAIN " + query.encode()))
    assert "Seq Scan on points" not in plan, plan
    if "evsys.metrics" in query:
        assert "curve" in plan, plan
