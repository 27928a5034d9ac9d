"""Which engine answers for a log: files are read by DuckDB in the box, tables elsewhere through Ibis."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pertoken.engines.remote.table import Table
from pertoken.engines.remote.url import names_engine


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine does; another one is another record of such functions.

    Args:
        name: What it is called.
        opened: Opens a log by its name: a context that gives what the others take.
        fold: Folds an opened log to what a question asks for.
        labels: Lists the combinations of some keys.
        reported: Sums what the log says that it cost.
        currency: Tells the currency of that.
    """

    name: str
    opened: Callable[..., Any]
    fold: Callable[..., Any]
    labels: Callable[..., Any]
    reported: Callable[..., Any]
    currency: Callable[..., str]


def engine(log: object) -> Engine:
    """Pick the engine of a log, named or opened.

    >>> engine("logs/*.parquet").name
    'duckdb'
    """
    return _remote() if isinstance(log, Table) or (isinstance(log, str) and names_engine(log)) else _files()


def _files() -> Engine:
    from pertoken.engines import duckdb  # noqa: PLC0415  the calculator must start fast

    return Engine("duckdb", duckdb.opened, duckdb.fold, duckdb.labels, duckdb.reported, duckdb.currency)


def _remote() -> Engine:
    from pertoken.core.errors import InputError  # noqa: PLC0415  only here

    try:
        from pertoken.engines.remote.fold import fold, labels  # noqa: PLC0415  an extra
        from pertoken.engines.remote.opened import opened  # noqa: PLC0415
        from pertoken.engines.remote.reported import currency, reported  # noqa: PLC0415
    except ModuleNotFoundError as error:
        msg = f"a log behind a URL needs {error.name}; install it with: pip install 'pertoken[sql]'"
        raise InputError(msg) from error
    return Engine("ibis", opened, fold, labels, reported, currency)
