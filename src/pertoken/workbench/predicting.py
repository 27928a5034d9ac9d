"""Usage ahead from a plain history: who used how much when, as samples of what each and all will use."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.forecast.outside import Outside

if TYPE_CHECKING:
    from pertoken.forecast.expert import Experts
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.predicted import Predicted

COLUMNS = ("customer", "period", "value")

MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(:00(\.0+)?)?$")
QUARTER = re.compile(r"(\d{4})-?Q([1-4])$")


def predict(
    rows: "Panel | str | Path | Any",  # noqa: ANN401  any table that has the three columns
    *,
    horizon: int,
    history: int | None = None,
    draws: int = 1000,
    seed: int = 0,
    grain: str = "",
    season: int | None = None,
    steps: bool = False,
    outside: "Sequence[Outside | tuple[Outside, float]]" = (),
    experts: "Experts | None" = None,
) -> "Predicted":
    """Forecast what each customer and all of them will use over a horizon.

    Periods without a row are zeros from a customer's first row on; NaN says that a period was not watched.

    Args:
        rows: A panel, a CSV or Parquet file, or a table of columns `customer`, `period` and `value`: a mapping of
            columns, an Arrow table, a data frame, or a sequence of triples or mappings. Periods are hours, days,
            months, quarters, or whole numbers.
        horizon: Periods ahead.
        history: How many of the last periods are looked at; all if None.
        draws: Worlds to sample.
        seed: The same seed gives the same bits.
        grain: `week` adds days up to weeks that end with the last day.
        season: Periods of a cycle; of the grain, or found in numbered periods, if None.
        steps: Say period by period too.
        outside: Forecasts made elsewhere, each alone (counts for half) or with what it counts for, 0 to 1.
        experts: Makers of paths of your own, by name, weighed by what they would have said earlier.

    Returns:
        Samples by customer and of the total; the weights of experts; notes on what was found.

    Raises:
        InputError: A column is missing, or what is in it can't be forecast from.

    >>> made = predict({"customer": ["a"] * 9, "period": range(9), "value": [4.0] * 9}, horizon=3, draws=100)
    >>> made.quantiles([0.5]).round(0).tolist()
    [[12.0]]
    """
    from pertoken.forecast.panel import Panel, panel_of_rows  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.prediction import predicted  # noqa: PLC0415

    if isinstance(rows, Panel):
        panel = rows
    else:
        customer, when, value = _columns(rows)
        panel = panel_of_rows(customer, when, value, grain=grain)
    if history is not None:
        panel = panel.window(max(len(panel.periods) - history, 0), len(panel.periods))
    told = {"horizon": horizon, "draws": draws, "seed": seed, "season": season, "steps": steps, "experts": experts}
    made = predicted(panel, **told)  # type: ignore[arg-type]
    return _with_outside(made, outside, seed)


def _with_outside(made: "Predicted", outside: "Sequence[Outside | tuple[Outside, float]]", seed: int) -> "Predicted":
    from pertoken.forecast.outside import taken_in  # noqa: PLC0415  seldom asked for

    for number, each in enumerate(outside):
        other, weight = each if isinstance(each, tuple) else (each, 0.5)
        made = taken_in(made, other, weight=weight, rng=np.random.default_rng([seed, 3, number]))
    return made


def _columns(rows: Any) -> tuple[list[str], list[str | int], list[float]]:  # noqa: ANN401
    """Take the three columns out of whatever table it is."""
    if isinstance(rows, (str, Path)):
        from pertoken.engines.panel_rows import panel_rows  # noqa: PLC0415

        read = panel_rows(rows)
        if read is None:
            raise InputError(f"{rows} has no columns {', '.join(COLUMNS)}; expected a CSV or Parquet file with them")
        rows = read
    if hasattr(rows, "column_names"):  # an Arrow table
        columns = {name: rows.column(name).to_pylist() for name in COLUMNS if name in rows.column_names}
    elif isinstance(rows, Mapping) or hasattr(rows, "columns"):
        columns = {name: list(rows[name]) for name in COLUMNS if name in rows}
    else:
        columns = _of_rows(list(rows))
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        found = (
            list(getattr(rows, "columns", rows))[:8] if isinstance(rows, Mapping) or hasattr(rows, "columns") else []
        )
        near = f"; {nearest(missing[0], [str(each) for each in found])}" if found else ""
        raise InputError(f"no column {', '.join(missing)} in the history; expected {', '.join(COLUMNS)}{near}")
    values = [float("nan") if each is None else float(each) for each in columns["value"]]
    return [str(each) for each in columns["customer"]], _periods(columns["period"]), values


def _of_rows(rows: list[Any]) -> dict[str, list[Any]]:
    if rows and isinstance(rows[0], Mapping):
        return {name: [row[name] for row in rows] for name in COLUMNS if name in rows[0]}
    wrong = next((k for k, row in enumerate(rows) if not hasattr(row, "__len__") or len(row) != len(COLUMNS)), None)
    if wrong is not None:
        raise InputError(f"row {wrong + 1} of the history is {rows[wrong]!r}; expected {', '.join(COLUMNS)}")
    return {name: [row[k] for row in rows] for k, name in enumerate(COLUMNS)}


def _periods(given: Sequence[Any]) -> list[str | int]:
    """Name periods as the house does: whole numbers, days without midnight, quarters with a dash."""
    if all(isinstance(each, (int, float, np.integer, np.floating)) and each == int(each) for each in given):
        return [int(each) for each in given]
    names = [str(each) for each in given]
    if all(MIDNIGHT.match(each) for each in names):
        return [each[:10] for each in names]
    return [QUARTER.sub(r"\1-Q\2", each) for each in names]
