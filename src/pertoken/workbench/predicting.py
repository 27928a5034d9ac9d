"""Usage ahead from a plain history: who used how much when, as samples of what each and all will use."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.forecast.outside import Outside
from pertoken.workbench.preparing import BEHAVIOUR

if TYPE_CHECKING:
    from pertoken.forecast.expert import Experts
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.predicted import Predicted
    from pertoken.forecast.segments import Segmented


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
    segment: "str | Mapping[str, str] | None" = None,
    outside: "Sequence[Outside | tuple[Outside, float]]" = (),
    experts: "Experts | None" = None,
) -> "Predicted":
    """Forecast what each customer and all of them will use over a horizon.

    Periods without a row are zeros from a customer's first row on; NaN says that a period was not watched.

    Args:
        rows: A panel, a CSV or Parquet file, or a table of columns `customer`, `period` and `value`: a mapping of
            columns, an Arrow table, a data frame, or a sequence of triples or mappings. Periods are hours, days,
            weeks, months, quarters, years, or whole numbers; dates that lie weeks, months or quarters apart all
            through are such periods.
        horizon: Periods ahead.
        history: How many of the last periods are looked at; all if None.
        draws: Worlds to sample.
        seed: The same seed gives the same bits.
        grain: What periods are, if their distance should not say it: `day` for dates that lie weeks apart; `week` adds
            days up to weeks that end with the last day.
        season: Periods of a cycle; of the grain, or found in numbered periods, if None.
        steps: Say period by period too.
        segment: What customers are told apart by, so that the sum of each segment has a range of its own: a column of
            the rows (or a key of the panel) that says it, and may change with time; a mapping from customers to
            segments; or `behaviour`. Earlier dates are told apart by what was known then.
        outside: Forecasts made elsewhere, each alone (counts for half) or with what it counts for, 0 to 1.
        experts: Makers of paths of your own, by name, weighed by what they would have said earlier.

    Returns:
        Samples by customer, of segments and of the total; the weights of experts; notes on what was found.

    Raises:
        InputError: A column is missing, what is in it can't be forecast from, or a number is none.

    >>> made = predict({"customer": ["a"] * 9, "period": range(9), "value": [4.0] * 9}, horizon=3, draws=100)
    >>> made.quantiles([0.5]).round(0).tolist()
    [[12.0]]
    """
    from pertoken.forecast.prediction import predicted  # noqa: PLC0415  the calculator must start fast

    horizon, draws, seed = _whole("horizon", horizon), _whole("draws", draws, 2), _whole("seed", seed, 0)
    season = None if season is None else _whole("season", season)
    panel, notes = _panel(rows, grain, (segment,) if isinstance(segment, str) and segment != BEHAVIOUR else ())
    if history is not None:
        panel = panel.window(max(len(panel.periods) - _whole("history", history), 0), len(panel.periods))
    told = {"horizon": horizon, "draws": draws, "seed": seed, "season": season, "steps": steps, "experts": experts}
    made = predicted(panel, segment=_segmented(segment), **told)  # type: ignore[arg-type]
    return _with_outside(replace(made, notes=(*notes, *made.notes)), outside, seed)


def _segmented(segment: "str | Mapping[str, str] | None") -> "Segmented | None":
    """Tell customers apart as is asked."""
    from pertoken.forecast.behaviour import segmented  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.segments import by_key, by_name  # noqa: PLC0415

    if segment is None:
        return None
    if isinstance(segment, str):
        return segmented if segment == BEHAVIOUR else by_key(segment)
    return by_name(segment)


def _panel(rows: "Panel | Any", grain: str, also: Sequence[str]) -> "tuple[Panel, tuple[str, ...]]":  # noqa: ANN401  as `predict`
    """Make a panel, and say what was understood of its periods beyond their labels."""
    from pertoken.forecast.panel import Panel, panel_of_rows  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.timed import NUMBERED  # noqa: PLC0415
    from pertoken.workbench.columns import columns  # noqa: PLC0415

    if isinstance(rows, Panel):
        if grain not in {"", rows.grain}:
            raise InputError(f"the panel is by {rows.grain}, and the grain is {grain!r}; leave the grain out")
        return rows, ()
    read = columns(rows, also)
    panel = panel_of_rows(read.customers, read.periods, read.values, grain=grain or read.grain, tracks=read.also)
    if grain or read.grain or not _respaced(panel, read.periods[0]):
        return panel, ()
    label, apart = read.periods[0], "by how far they lie apart"
    said = "counted in steps" if panel.grain == NUMBERED else f"{panel.grain}s"
    return panel, (f"periods are named as {label} and taken as {said}, {apart}; say the grain if they are not",)


def _respaced(panel: "Panel", label: str | int) -> bool:
    """Whether periods are longer than their labels say."""
    from pertoken.core.period import grain_of  # noqa: PLC0415  the calculator must start fast

    if isinstance(label, int):
        return len(panel.periods) > 1 and int(panel.periods[1]) - int(panel.periods[0]) > 1
    return grain_of(label[:13].replace(" ", "T")) != panel.grain


def _whole(name: str, given: object, least: int = 1) -> int:
    """Read a whole number.

    Raises:
        InputError: It is none, or too small.
    """
    try:
        number = operator.index(int(given) if isinstance(given, float) and given.is_integer() else given)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(f"{name} is {given!r}; expected a whole number from {least} on") from None
    if number < least:
        raise InputError(f"{name} is {number}; expected {least} or more")
    return number


def _with_outside(made: "Predicted", outside: "Sequence[Outside | tuple[Outside, float]]", seed: int) -> "Predicted":
    from pertoken.forecast.outside import taken_in  # noqa: PLC0415  seldom asked for

    for number, each in enumerate(outside):
        other, weight = each if isinstance(each, tuple) else (each, 0.5)
        made = taken_in(made, other, weight=weight, rng=np.random.default_rng([seed, 3, number]))
    return made
