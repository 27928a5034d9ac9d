"""Connections: an engine behind a URL, opened through Ibis; what goes wrong there in our words."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import ibis

from pertoken.core.errors import Fault, InputError, PertokenError, nearest
from pertoken.engines.remote.table import Expr
from pertoken.engines.remote.url import Address, with_password


@dataclass(frozen=True, slots=True)
class Server:
    """How an engine is connected to.

    Args:
        extra: Name of the extra of this package that brings its driver.
        drivers: Modules that must be there.
        connect: Opens a connection.
    """

    extra: str
    drivers: tuple[str, ...]
    connect: Callable[[Address], Any]


def _by_url(**options: object) -> Callable[[Address], Any]:
    return lambda address: ibis.connect(with_password(address), **options)


def _duckdb(address: Address) -> Any:  # noqa: ANN401  Ibis is published without types
    file = address.place.removeprefix("duckdb:").removeprefix("//")
    return ibis.duckdb.connect(file, read_only=True) if file else ibis.duckdb.connect()


SPARK = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # a number that doesn't fit is an error, never nothing
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",  # and never rounded
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""What a Spark session is told, if it is ours; the first four hold for a session that is there already, too."""


def _spark(address: Address) -> Any:  # noqa: ANN401  the same
    from pyspark.sql import SparkSession  # noqa: PLC0415  an extra

    builder = SparkSession.builder.appName("pertoken")
    if address.scheme == "sc":
        builder = builder.remote(address.place)
    elif master := _master(address.place):
        builder = builder.master(master)
    for name, value in SPARK.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    if address.scheme != "sc":
        session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)


def _master(place: str) -> str:
    """The master of a Spark cluster: `spark://host:7077` is one, `spark:local[2]` says one, `spark:` says none."""
    return place if place.startswith("spark://") and place != "spark://" else place.removeprefix("spark:").strip("/")


SERVERS: Mapping[str, Server] = {
    "postgres": Server("postgres", ("psycopg",), _by_url()),
    "postgresql": Server("postgres", ("psycopg",), _by_url()),
    "clickhouse": Server(
        "clickhouse", ("clickhouse_connect",), _by_url(settings={"session_timezone": "UTC", "readonly": 2})
    ),
    "snowflake": Server("snowflake", ("snowflake.connector",), _by_url(create_object_udfs=False)),
    "bigquery": Server("bigquery", ("google.cloud.bigquery",), _by_url()),
    "databricks": Server("databricks", ("databricks.sql",), _by_url()),
    "spark": Server("spark", ("pyspark",), _spark),
    "sc": Server("spark", ("pyspark",), _spark),
    "duckdb": Server("sql", ("duckdb",), _duckdb),
}


@contextmanager
def connected(address: Address) -> Iterator[Any]:
    """Connect to an engine, and leave it as it was.

    Raises:
        InputError: Its driver is missing, or it can't be reached.
    """
    server = SERVERS[address.scheme]
    for driver in server.drivers:
        if not _there(driver):
            msg = f"reading {address.shown} needs {driver}; install it with: pip install 'pertoken[{server.extra}]'"
            raise InputError(msg)
    with told(address.shown, address):
        con = server.connect(address)
    try:
        yield con
    finally:
        with suppress(Exception):  # what was read is read
            if address.scheme not in ("spark", "sc"):  # a session may be someone else's, and starts slowly
                con.disconnect()


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def told(name: str, address: Address | None = None) -> Iterator[None]:
    """Turn an engine's errors into ours; a password in them is not shown."""
    try:
        yield
    except OURS:
        raise
    except Exception as error:  # noqa: BLE001  each driver has errors of its own
        text = f"{error}".strip() or type(error).__name__
        first = (address.safe(text) if address else text).splitlines()[0].rstrip(". ")
        found = f"can't read {name}: {first}"
        raise InputError.of([Fault("", found, "an engine that answers", MEND)]) from None


OURS = (PertokenError, AssertionError, AttributeError, LookupError, NameError, TypeError)
"""Errors that are told already, or that are mistakes of ours."""

MEND = "check the address, the rights of the user and the table; the password comes from the environment"


def table_of(con: Any, address: Address) -> Expr:  # noqa: ANN401  the same
    """Find the table, or the files of a path.

    Raises:
        InputError: There is no such table.
    """
    if address.scheme in ("spark", "duckdb") and _path(address.table):
        with told(address.shown, address):
            return con.read_parquet(address.table)
    *schema, name = address.table.split(".")
    where = tuple(schema) if len(schema) > 1 else schema[0] if schema else None
    with told(address.shown, address):
        names = _names(con, where)
    if name not in names:
        msg = f"{address.shown}: no such table; {nearest(name, names)}"
        raise InputError(msg)
    with told(address.shown, address):
        return con.table(name, database=where)


def _names(con: Any, where: str | tuple[str, ...] | None) -> Sequence[str]:  # noqa: ANN401  the same
    """List the tables; DuckDB 2 is asked itself, since Ibis 12 does so in a way that is gone."""
    if con.name == "duckdb":
        return [row[0] for row in con.raw_sql("SELECT table_name FROM information_schema.tables").fetchall()]
    out: Sequence[str] = con.list_tables(database=where)
    return out


def _path(table: str) -> bool:
    return "/" in table or table.endswith(".parquet")
