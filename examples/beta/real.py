"""Forecast the last periods of real customers from those before, and hold the ranges against what came.

The data are not part of the repository: `PERTOKEN_DATA` names the folder that holds `traces/` and `consumption/`.

    python examples/beta/real.py
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np

import pertoken as pt
from pertoken.forecast.panel import Panel, panel_of_rows
from pertoken.forecast.prediction import predicted

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
SERVEGEN = "traces/servegen_mlarge_client_10min_days00_10.parquet"
HELIOS = "consumption/helios_earth_vc_gpu_hourly_may2020.parquet"
GITHUB = "consumption/github_innovationgraph_quarterly_to_2024q3.csv.gz"
CDNOW = "consumption/cdnow_transactions_even_ids.csv.gz"
PUSHES = (
    "select iso2_code, year || '-Q' || quarter, sum(value) from read_csv({}, nullstr='') "
    "where metric = 'git_pushes' and iso2_code <> 'EU'"
)
SOURCES = {
    "ServeGen, requests": (SERVEGEN, "select client_id::varchar, t_start_s // 86400, sum(requests) from {}", "day", 3),
    "Helios, GPU-hours": (HELIOS, "select vc, strftime(time, '%Y-%m-%d'), sum(gpus_running) from {}", "day", 7),
    "GitHub, pushes": (
        GITHUB,
        PUSHES,
        "quarter",
        4,
    ),
}
"""Name -> file, question to it, what a period is, and how many are hidden."""

CUT = "1997-03-31"
"""Day up to which the shop's log is known; all of its buyers came in the quarter before."""
CARD = """
currency: USD
plan: shop
prices:
  dollars: {measure: {sum: total_tokens, window: month}, convert: {per: 100}, curve: [{rate: 1}]}
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A forecast, and what came.

    Args:
        name: Of the source.
        customers: How many were there.
        hidden: Periods that are hidden.
        range: P10, P50 and P90 of the total over them.
        came: The total that came.
        inside: Share of customers who stayed within their own P10 to P90.
    """

    name: str
    customers: int
    hidden: str
    range: tuple[float, float, float]
    came: float
    inside: float


def data() -> Path:
    """Find the folder of shared data, by `PERTOKEN_DATA` or beside the repository."""
    return Path(os.environ.get("PERTOKEN_DATA") or BESIDE)


def panel(name: str) -> Panel:
    """Read a source as usage by customer and period."""
    file, question, grain, _ = SOURCES[name]
    with duckdb.connect() as con:
        rows = con.execute(f"{question.format(repr(str(data() / file)))} group by all order by all").fetchall()
    return panel_of_rows(*zip(*rows, strict=True), grain="" if grain == "quarter" else grain)


def held(name: str, seed: int = 0) -> Held:
    """Hide the last periods of a source, forecast them, and compare."""
    whole, (*_, grain, hidden) = panel(name), SOURCES[name]
    known = whole.as_of(len(whole.periods) - hidden)
    row = {customer: i for i, customer in enumerate(whole.customers)}
    came = whole.value[[row[customer] for customer in known.customers], -hidden:].sum(axis=1)
    made = predicted(known, horizon=hidden, seed=seed)
    low, high = np.quantile(made.samples, (0.1, 0.9), axis=0)
    p10, p50, p90 = (float(each) for each in np.quantile(made.total, (0.1, 0.5, 0.9)))
    inside = float(((low <= came) & (came <= high)).mean())
    return Held(name, len(known), f"{hidden} {grain}s", (p10, p50, p90), float(came.sum()), inside)


def told(one: Held) -> str:
    """Say it in two lines."""
    p10, p50, p90 = one.range
    return (
        f"{one.name}, {one.customers} customers, the last {one.hidden}: {p50:,.0f} ({p10:,.0f} to {p90:,.0f})\n"
        f"came: {one.came:,.0f}; {one.inside:.0%} of the customers within their own 80 %"
    )


def sold(months: tuple[int, ...] = (3, 6, 12), seed: int = 0) -> list[tuple[int, tuple[float, ...], float]]:
    """Forecast the dollars of a shop's first buyers from their first quarter: months, P10, P50 and P90, and what came.

    All who buy later were there before, so newcomers, whom a forecast expects, are left out of it.
    """
    table = f"read_csv('{data() / CDNOW}')"
    dollars = (
        "select date::varchar as day, customer_id::varchar as customer, round(sum(usd) * 100)::bigint as input_tokens"
    )
    with TemporaryDirectory() as folder, duckdb.connect() as con:
        log, card = Path(folder, "log.csv"), Path(folder, "card.yaml")
        card.write_text(CARD)
        con.execute(f"copy ({dollars} from {table} where date <= '{CUT}' group by all order by all) to '{log}'")
        by_month = f"select strftime(date, '%Y-%m'), sum(usd) from {table} group by all"
        came = {month: float(usd) for month, usd in con.execute(by_month).fetchall()}
        made = pt.forecast_revenue(log, card=[str(card)], months=max(months), seed=seed, explain=False, tested=False)
    there = made.worlds["revenue"] - made.parts["cohort"]["to come"]["revenue"]
    return [
        (
            count,
            tuple(np.quantile(there[:, :count].sum(axis=1), (0.1, 0.5, 0.9)).tolist()),
            sum(came[month] for month in made.months[:count]),
        )
        for count in months
    ]


if __name__ == "__main__":
    missing = [file for file in (SERVEGEN, HELIOS, GITHUB, CDNOW) if not (data() / file).exists()]
    if missing:
        sys.exit(f"no {missing[0]} in {data()}; set PERTOKEN_DATA to the folder that holds it")
    for source in SOURCES:
        print(told(held(source)))
    for count, (low, middle, high), came in sold():
        print(f"CDNOW, dollars of {count} months after the first quarter: {middle:,.0f} ({low:,.0f} to {high:,.0f})")
        print(f"came: {came:,.0f}")
