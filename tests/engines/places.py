"""Places where the same log is put: files, and engines elsewhere where they are installed."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from tests.desk import parquet

PASSWORD = "p@ss/word"
SPARK = "spark:local[2]"
"""Two workers in one process: a cluster of processes, which takes four times as long, is asked by `bench_engines`."""

QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SPARK_DEFAULTS = f"""\
spark.driver.extraJavaOptions {QUICK}
spark.executor.extraJavaOptions {QUICK}
spark.sql.shuffle.partitions 2
"""
"""For a few rows Java's second compiler and 200 parts take most of the time."""


@dataclass(frozen=True)
class Place:
    """Where a log is put.

    Args:
        name: Engine.
        put: Puts what a query of DuckDB gives there; returns the log's name.
    """

    name: str
    put: Callable[[str], str]


def file(query: str) -> str:
    """Put a log into a Parquet file."""
    return parquet("log.parquet", query)


def by_path(head: str) -> Callable[[str], str]:
    """Put a log into a Parquet file that an engine elsewhere reads by its path."""
    return lambda query: f"{head}::{Path(parquet('log.parquet', query)).resolve()}"


# --- PostgreSQL ------------------------------------------------------------------------------------------------------

KINDS = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "UBIGINT": "numeric(20)",
    "HUGEINT": "numeric(38)",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "JSON": "jsonb",
    "VARCHAR[]": "text[]",
}
"""Types of DuckDB, and what they are there."""


def table_in(url: str) -> Callable[[str], str]:
    """Put a log into a table of its own."""

    def put(query: str) -> str:
        import psycopg  # noqa: PLC0415  an extra

        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            found = con.sql(query)
            kinds = [str(kind) for kind in found.types]
            names = [f'"{name}"' for name in found.columns]
            con.execute(f"COPY ({query}) TO 'log.csv' (FORMAT csv, HEADER false, NULLSTR '\\N', FORCE_QUOTE *)")
        columns = ", ".join(f"{name} {KINDS.get(kind, kind.lower())}" for name, kind in zip(names, kinds, strict=True))
        with psycopg.connect(url, password=PASSWORD, autocommit=True) as con:
            con.execute("CREATE SCHEMA IF NOT EXISTS ai")
            con.execute("DROP TABLE IF EXISTS ai.spend")
            con.execute(f"CREATE TABLE ai.spend ({columns})")
            own = ", ".join(names)
            copy = f"COPY ai.spend ({own}) FROM STDIN (FORMAT csv, NULL '\\N', FORCE_NULL ({own}))"
            with con.cursor().copy(copy) as into:
                into.write(Path("log.csv").read_bytes())
        return f"{url}::ai.spend"

    return put


def postgres() -> Iterator[str]:
    """Start a server in a folder of its own, for a user who is not root; stop it and take the folder away."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    initdb = str(programs[-1] / "initdb") if programs else shutil.which("initdb")
    if initdb is None or importlib.util.find_spec("psycopg") is None:
        pytest.skip("no PostgreSQL here (initdb and psycopg); `make test-engines` installs it")
    own = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="pertoken-postgres-"))
    (folder / "password").write_text(PASSWORD)
    if own:
        subprocess.run(["chown", "-R", "postgres", folder], check=True)
    run = [*own, str(Path(initdb).with_name("pg_ctl")), "-D", str(folder / "data"), "-s", "-w"]
    port = free_port()
    said = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=Asia/Tokyo"
    try:
        make = [*own, initdb, "-D", str(folder / "data"), "-U", "ann", "-A", "scram-sha-256", "--no-sync"]
        subprocess.run([*make, f"--pwfile={folder / 'password'}"], check=True, capture_output=True, cwd=folder)
        subprocess.run(
            [*run, "-o", said, "-l", str(folder / "log"), "start"], check=True, capture_output=True, cwd=folder
        )
        yield f"postgres://ann@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*run, "-m", "immediate", "stop"], check=False, capture_output=True, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Find a port that nobody uses."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def with_password(url: str) -> str:
    """A URL that says its password."""
    return url.replace("ann@", f"ann:{quote(PASSWORD, safe='')}@")


# --- Spark -----------------------------------------------------------------------------------------------------------


@contextmanager
def quick_spark() -> Iterator[None]:
    """Let Spark take little time to get going, where it starts in here."""
    with tempfile.TemporaryDirectory(prefix="pertoken-spark-") as folder, pytest.MonkeyPatch.context() as said:
        (Path(folder) / "spark-defaults.conf").write_text(SPARK_DEFAULTS)
        said.setenv("SPARK_CONF_DIR", folder)
        yield


def spark() -> Iterator[str]:
    """Say where Spark is; stop what was started."""
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("no Spark here (pyspark and Java 17); `make test-engines` installs it")
    with quick_spark():
        yield SPARK
    from pyspark.sql import SparkSession  # noqa: PLC0415  an extra

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()


# --- all -------------------------------------------------------------------------------------------------------------

NAMES = ("ibis", "postgres", "spark")


@pytest.fixture(scope="session")
def server_postgres() -> Iterator[str]:
    yield from postgres()


@pytest.fixture(scope="session")
def server_spark() -> Iterator[str]:
    yield from spark()


PLACES = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Each place where a log can be, one after the other."""
    name = request.param
    if name == "ibis":
        return Place(name, by_path("duckdb://"))
    url = request.getfixturevalue(f"server_{name}")
    if name == "spark":
        return Place(name, by_path(url))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return Place(name, table_in(url))
