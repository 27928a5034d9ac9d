"""Where usage lives, as a URL: engine, table, and a password that is never shown."""

from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from pertoken.core.errors import InputError, nearest

PASSWORDS = {
    "postgres": "PGPASSWORD",
    "postgresql": "PGPASSWORD",
    "clickhouse": "CLICKHOUSE_PASSWORD",
    "snowflake": "SNOWFLAKE_PASSWORD",
    "databricks": "DATABRICKS_TOKEN",
    "bigquery": "",
    "spark": "",
    "sc": "",
    "duckdb": "",
}
"""Engines by the head of their URL, and the variable that holds the password; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a table is.

    Args:
        scheme: Head of the URL.
        place: The URL without the table; it may hold a password.
        table: Table, with its schema before a dot; for Spark and DuckDB also a path.
        shown: What may be shown: no password, no options.
        password: What must never be shown.
    """

    scheme: str
    place: str = field(repr=False)
    table: str
    shown: str
    password: str = field(repr=False, default="")

    def safe(self, text: str) -> str:
        """Take the password out of what an engine says."""
        return text.replace(self.password, "***") if self.password else text


def names_engine(log: str | Path) -> bool:
    """Tell whether a log is named by a URL.

    >>> names_engine("postgres://db/usage::spend"), names_engine("spark:local[2]::logs"), names_engine("logs/*.parquet")
    (True, True, False)
    """
    head, colon, _ = str(log).partition(":")
    return isinstance(log, str) and bool(colon) and ("://" in log or head in PASSWORDS)


def address(log: str) -> Address:
    """Take a URL apart.

    Raises:
        InputError: An engine that isn't known, or no table.

    >>> address("postgres://ann:secret@db/usage::public.spend").shown
    'postgres://ann@db/usage::public.spend'
    """
    scheme = log.partition(":")[0].lower()
    if scheme not in PASSWORDS:
        msg = f"no engine {scheme!r}; {nearest(scheme, PASSWORDS)}; expected for example {EXAMPLE}"
        raise InputError(msg)
    place, _, table = log.partition("::") if scheme in ("spark", "duckdb") else log.rpartition("::")
    if not place or not table or (scheme not in ("spark", "duckdb") and set(table) & set("/]@")):
        msg = f"{_shown(place or log)} names no table; expected it after two colons, as {EXAMPLE}"
        raise InputError(msg)
    said = urlsplit(place).password or "" if scheme != "spark" else ""
    return Address(
        scheme=scheme,
        place=place,
        table=table,
        shown=f"{_shown(place)}::{table}",
        password=said or environ.get(PASSWORDS[scheme] or " ", ""),
    )


EXAMPLE = "postgres://user@host/database::schema.table"


def _shown(place: str) -> str:
    """A URL without password and options."""
    if "://" not in place:
        return place
    parts = urlsplit(place)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, user.partition(":")[0] + at + host, parts.path, "", "")) or place


def with_password(address: Address) -> str:
    """The URL with its password, for the driver."""
    parts = urlsplit(address.place)
    user, _, host = parts.netloc.rpartition("@")
    if not address.password or parts.password or not user:
        return address.place
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(address.password, safe='')}@{host}"))
