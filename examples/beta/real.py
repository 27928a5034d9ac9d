"""Forecast the last days of real customers from the days before, and hold the ranges against what came.

The data are not part of the repository: `PERTOKEN_DATA` names the folder that holds `traces/` and `consumption/`.

    python examples/beta/real.py
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from pertoken.forecast.panel import Panel, panel_of_rows
from pertoken.forecast.prediction import predicted

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
SERVEGEN = "traces/servegen_mlarge_client_10min_days00_10.parquet"
HELIOS = "consumption/helios_earth_vc_gpu_hourly_may2020.parquet"
SOURCES = {
    "ServeGen, requests": (SERVEGEN, "client_id::varchar, t_start_s // 86400, sum(requests)", 3),
    "Helios, GPU-hours": (HELIOS, "vc, strftime(time, '%Y-%m-%d'), sum(gpus_running)", 7),
}
"""Name -> file, customer with day and usage, days that are hidden."""


@dataclass(frozen=True, slots=True)
class Held:
    """A forecast, and what came.

    Args:
        name: Of the source.
        customers: How many were there.
        days: Days that are hidden.
        range: P10, P50 and P90 of the total over them.
        came: The total that came.
        inside: Share of customers who stayed within their own P10 to P90.
    """

    name: str
    customers: int
    days: int
    range: tuple[float, float, float]
    came: float
    inside: float


def data() -> Path:
    """Find the folder of shared data, by `PERTOKEN_DATA` or beside the repository."""
    return Path(os.environ.get("PERTOKEN_DATA") or BESIDE)


def panel(name: str) -> Panel:
    """Read a source as usage by customer and day."""
    file, columns, _ = SOURCES[name]
    with duckdb.connect() as con:
        rows = con.execute(f"select {columns} from '{data() / file}' group by all order by all").fetchall()
    return panel_of_rows(*zip(*rows, strict=True), grain="day")


def held(name: str, seed: int = 0) -> Held:
    """Hide the last days of a source, forecast them, and compare."""
    whole, days = panel(name), SOURCES[name][2]
    known = whole.as_of(len(whole.periods) - days)
    row = {customer: i for i, customer in enumerate(whole.customers)}
    came = whole.value[[row[customer] for customer in known.customers], -days:].sum(axis=1)
    made = predicted(known, horizon=days, seed=seed)
    low, high = np.quantile(made.samples, (0.1, 0.9), axis=0)
    p10, p50, p90 = (float(each) for each in np.quantile(made.total, (0.1, 0.5, 0.9)))
    inside = float(((low <= came) & (came <= high)).mean())
    return Held(name, len(known), days, (p10, p50, p90), float(came.sum()), inside)


def told(one: Held) -> str:
    """Say it in two lines."""
    p10, p50, p90 = one.range
    return (
        f"{one.name}, {one.customers} customers, the last {one.days} days: {p50:,.0f} ({p10:,.0f} to {p90:,.0f})\n"
        f"came: {one.came:,.0f}; {one.inside:.0%} of the customers within their own 80 %"
    )


if __name__ == "__main__":
    missing = [file for file, _, _ in SOURCES.values() if not (data() / file).exists()]
    if missing:
        sys.exit(f"no {missing[0]} in {data()}; set PERTOKEN_DATA to the folder that holds it")
    for source in SOURCES:
        print(told(held(source)))
