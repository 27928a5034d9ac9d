"""The lines that travel: what a query gives, as columns of Arrow."""

from typing import Any

from pertoken.engines.remote.table import Expr


def fetched(rows: Expr) -> Any:  # noqa: ANN401  Arrow is published without types
    """Run a query and fetch what it gives.

    Args:
        rows: A query of Ibis.
    """
    con = rows.get_backend()
    if con.name == "pyspark":  # which Ibis would lead through pandas, and that loses whole numbers beside nothing
        return con.raw_sql(con.compile(rows)).toArrow()
    return rows.to_pyarrow()


def first(rows: Expr) -> dict[str, Any]:
    """Fetch the one row of an aggregate."""
    out: dict[str, Any] = fetched(rows).to_pylist()[0]
    return out
