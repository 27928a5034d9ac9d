"""Outside forecasts come in by this door: quantiles or paths by customer and period, as CSV or Parquet.

Columns are `customer`, `period`, `value`, and either `quantile` (0.1, 0.5, ...) or `draw` (1, 2, ...).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pertoken.core.errors import Fault, InputError
from pertoken.forecast.outside import Outside

COLUMNS = ("customer", "period", "value")

KEYS = ("quantile", "draw")
"""What tells rows of one customer and period apart: one of these columns."""

MOST_FAULTS = 20
"""Faults of a kind that are told."""

READERS = {".csv": "read_csv(?, all_varchar = true, header = true)", ".parquet": "read_parquet(?)"}
"""How files are read, by the end of their name."""

WRONG = {
    "customer IS NULL": ("no customer", "a name under customer"),
    "period IS NULL": ("no period", "a label under period, as 2026-08-01"),
    "value IS NULL": ("value is {value}", "a number, as 1250.5"),
    "value < 0 OR NOT isfinite(value)": ("value is {value}", "a number of 0 or more"),
    "key IS NULL": ("{kind} is {key}", "a number"),
    "kind = 'quantile' AND (key <= 0 OR key >= 1)": ("quantile is {key}", "a share between 0 and 1, as 0.1 for P10"),
}
"""What can be wrong with a row, as found and expected."""


def read_outside(path: str | Path) -> Outside:
    """Read a forecast that was made elsewhere.

    Args:
        path: CSV or Parquet, one row for each customer, period and quantile (or draw), in any order.

    Raises:
        InputError: All that is wrong, each with its row, what was expected and the mend: a column that is not there, a
            value that is no number or below zero, a row twice or missing, quantiles that fall as their share rises.
    """
    import duckdb  # noqa: PLC0415  only those who have such a file need it

    name = str(path)
    with duckdb.connect() as con:
        try:
            kind = _loaded(con, name)
        except duckdb.Error as error:
            msg = f"can't read the outside forecast {name}: {str(error).splitlines()[0]}"
            raise InputError(msg) from error
        faults = [*_rows(con, name)]
        faults = faults or [*_twice(con, name, kind), *_missing(con, name, kind)]
        faults = faults or ([*_falling(con, name)] if kind == "quantile" else [])
        if faults:
            raise InputError.of(faults)
        return _outside(con, kind)


def _loaded(con: Any, name: str) -> str:  # noqa: ANN401  DuckDB's connection
    """Load the file into a table, as text and as numbers; say whether it has quantiles or draws."""
    reader = READERS.get(Path(name).suffix)
    if reader is None:
        raise InputError(f"{name} is no outside forecast that can be read; expected a .csv or .parquet file")
    found = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {reader}", [name]).fetchall()]  # noqa: S608
    keys = [each for each in KEYS if each in found]
    gone = [each for each in COLUMNS if each not in found]
    if gone or len(keys) != 1:
        expected = f"{', '.join(COLUMNS)}, and either quantile or draw"
        raise InputError.of([Fault(f"{name}:1", f"columns {', '.join(found)}", expected, "name the columns so")])
    con.execute(
        "CREATE TABLE said AS SELECT row_number() OVER () AS row, nullif(trim(customer::VARCHAR), '') AS customer, "  # noqa: S608
        f"nullif(trim(period::VARCHAR), '') AS period, {keys[0]}::VARCHAR AS key_said, value::VARCHAR AS value_said, "
        f"TRY_CAST({keys[0]} AS DOUBLE) AS key, TRY_CAST(value AS DOUBLE) AS value, '{keys[0]}' AS kind FROM {reader}",
        [name],
    )
    if not con.execute("SELECT count(*) FROM said").fetchall()[0][0]:
        raise InputError(f"{name} has no rows; expected one for each customer, period and {keys[0]}")
    return keys[0]


def _rows(con: Any, name: str) -> Iterator[Fault]:  # noqa: ANN401
    """Rows that are wrong by themselves."""
    for where, (found, expected) in WRONG.items():
        asked = f"SELECT row, key_said, value_said, kind FROM said WHERE {where} ORDER BY row LIMIT {MOST_FAULTS}"  # noqa: S608
        for row, key, value, kind in con.execute(asked).fetchall():
            words = found.format(key=_quoted(key), value=_quoted(value), kind=kind)
            yield Fault(f"{name}: row {row}", words, expected)


def _quoted(text: str | None) -> str:
    return repr(text) if text else "empty"


def _twice(con: Any, name: str, kind: str) -> Iterator[Fault]:  # noqa: ANN401
    """Rows that stand more than once."""
    asked = (
        "SELECT customer, period, key, max(row) FROM said GROUP BY ALL HAVING count(*) > 1 ORDER BY max(row) "  # noqa: S608
        f"LIMIT {MOST_FAULTS}"
    )
    for customer, period, key, row in con.execute(asked).fetchall():
        found = f"{customer} in {period} at {kind} {key:g} stands twice"
        yield Fault(f"{name}: row {row}", found, "one row", "remove one of the two")


def _missing(con: Any, name: str, kind: str) -> Iterator[Fault]:  # noqa: ANN401
    """Rows that are not there: every customer has every period and quantile (or draw)."""
    asked = (
        "SELECT c.customer, p.period, k.key FROM (SELECT DISTINCT customer FROM said) c "  # noqa: S608
        "CROSS JOIN (SELECT DISTINCT period FROM said) p CROSS JOIN (SELECT DISTINCT key FROM said) k "
        f"ANTI JOIN said USING (customer, period, key) ORDER BY ALL LIMIT {MOST_FAULTS}"
    )
    for customer, period, key in con.execute(asked).fetchall():
        found = f"no {kind} {key:g} of {customer} in {period}, which others have"
        yield Fault(name, found, f"every customer with every period and {kind}")


def _falling(con: Any, name: str) -> Iterator[Fault]:  # noqa: ANN401
    """Quantiles that fall as their share rises."""
    asked = (
        "SELECT row, customer, period, key, value, below FROM (SELECT *, lag(value) OVER "  # noqa: S608
        "(PARTITION BY customer, period ORDER BY key) AS below FROM said) "
        f"WHERE value < below ORDER BY row LIMIT {MOST_FAULTS}"
    )
    for row, customer, period, key, value, below in con.execute(asked).fetchall():
        found = f"quantile {key:g} of {customer} in {period} is {value:g}, below {below:g} of the one before"
        yield Fault(f"{name}: row {row}", found, "quantiles that rise with their share")


def _outside(con: Any, kind: str) -> Outside:  # noqa: ANN401
    """Make the record of a table that is whole."""
    customers = [row[0] for row in con.execute("SELECT DISTINCT customer FROM said ORDER BY customer").fetchall()]
    in_time = "TRY_CAST(period AS BIGINT) NULLS LAST, period"
    periods = [row[0] for row in con.execute(f"SELECT period FROM said GROUP BY period ORDER BY {in_time}").fetchall()]  # noqa: S608
    keys = con.execute("SELECT DISTINCT key FROM said ORDER BY key").fetchnumpy()["key"]
    values = con.execute(f"SELECT value FROM said ORDER BY key, customer, {in_time}").fetchnumpy()["value"]  # noqa: S608
    shape = (len(keys), len(customers), len(periods))
    shares = np.asarray(keys, dtype=np.float64) if kind == "quantile" else None
    return Outside(tuple(customers), tuple(periods), np.asarray(values, dtype=np.float64).reshape(shape), shares)
