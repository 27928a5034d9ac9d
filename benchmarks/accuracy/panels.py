"""Panels that forecasts are scored on: real customers from the shared data, and customers that are made up.

A trial says from how much history how far ahead is forecast, and as of when. Shared data that are not there give None.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.accuracy.simulated import simulated
from pertoken.core.keys import Key
from pertoken.forecast.panel import Indices, Panel, panel_of_rows
from pertoken.forecast.segments import Segmented, by_name

DATA = Path(os.environ.get("PERTOKEN_DATA") or Path(__file__).parents[3] / "shared" / "data")


@dataclass(frozen=True, slots=True)
class Trial:
    """One panel, and what is forecast on it.

    Args:
        name: Of the trial.
        panel: Makes the panel; None where its data are not there.
        horizon: How many periods ahead; the total over them is scored.
        histories: Of how many periods each forecast is made.
        origins: How many periods had gone by at each forecast.
        families: Groups that are scored apart and of which no forecaster is told whose usage follows which law, shape
            `(customer,)`; their sums are forecast too. Where there are none, thirds of customers by size.
    """

    name: str
    panel: Callable[[], Panel | None]
    horizon: int
    histories: tuple[int, ...]
    origins: tuple[int, ...]
    families: Callable[[], Key] | None = None

    def segmented(self) -> Segmented:
        """Tell customers apart whose sums are forecast."""
        panel, families = self.panel(), self.families and self.families()
        if panel is None or families is None:
            return thirds
        return by_name(dict(zip(panel.customers, families.column().tolist(), strict=True)))


def thirds(panel: Panel) -> Key:
    """Tell the smallest third of customers, the middle and the largest apart, by what each used in a period."""
    size = np.nan_to_num(panel.value).sum(axis=1) / np.maximum(np.isfinite(panel.value).sum(axis=1), 1)
    rank = np.argsort(np.argsort(size, kind="stable"), kind="stable")
    return Key((3 * rank // len(size)).astype(np.int32), ("1 small", "2 middle", "3 large"))


def read(sql: str, *names: str) -> list[tuple]:
    """Ask shared files; an empty list where one is not there."""
    paths = [DATA / name for name in names]
    if not all(path.exists() for path in paths):
        return []
    return duckdb.connect().execute(sql.format(*(f"'{path}'" for path in paths))).fetchall()


def of(rows: list[tuple], grain: str = "") -> Panel | None:
    """Make a panel of rows, if there are any."""
    if not rows:
        return None
    customers, periods, values = zip(*rows, strict=True)
    return panel_of_rows(customers, periods, values, grain=grain)


CDNOW = "consumption/cdnow_transactions_even_ids.csv.gz"
WHAT = {"transactions": "count(*)", "spend": "sum(usd)"}


@cache
def cdnow(what: str, grain: str) -> Panel | None:
    """Buyers of a shop who came in one quarter: purchases, or dollars."""
    # a day with purchases counts once, as in the literature
    sql = f"select customer_id::varchar, date::varchar, {WHAT[what]} from read_csv({{0}}) group by all order by all"
    rows = read(sql, CDNOW)
    if what == "transactions":
        rows = [(who, day, 1) for who, day, _ in rows]
    return of(rows, grain)


@cache
def servegen(grain: str) -> Panel | None:
    """Requests of API customers of a large language model; dates are not published, so periods are numbered."""
    size = {"hour": 3600, "day": 86400}[grain]
    sql = f"select client_id::varchar, t_start_s // {size}, sum(requests) from {{0}} group by all order by all"
    return of(read(sql, "traces/servegen_mlarge_client_10min_days00_10.parquet"), grain)


@cache
def helios(grain: str) -> Panel | None:
    """GPU-hours of the teams of a research cluster."""
    form = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d"}[grain]
    sql = f"select vc, strftime(time, '{form}'), sum(gpus_running) from {{0}} group by all order by all"
    return of(read(sql, "consumption/helios_earth_vc_gpu_hourly_may2020.parquet"))


@cache
def github() -> Panel | None:
    """Pushes to GitHub by economy and quarter; `EU` is a sum of others, `NA` is Namibia."""
    sql = (
        "select iso2_code, year || '-Q' || quarter, value from read_csv({0}, nullstr='', all_varchar=false, "
        "types={{'iso2_code': 'VARCHAR'}}) where metric = 'git_pushes' and iso2_code <> 'EU' order by all"
    )
    return of(read(sql, "consumption/github_innovationgraph_quarterly_to_2024q3.csv.gz"))


@cache
def made(seed: int) -> tuple[Panel, Key]:
    """Customers of an API that are made up."""
    return simulated(seed)


def made_up(seed: int) -> Trial:
    """The trial on customers that are made up."""
    panel, families = (lambda: made(seed)[0]), (lambda: made(seed)[1])
    return Trial(f"simulated-{seed}", panel, 28, (30, 60, 90), (100, 140, 180, 210), families)


def trials() -> tuple[Trial, ...]:
    """All trials, in the order in which they are reported."""
    month, ways = 28, (30, 60, 90)
    days = (90, 150, 210, 300, 400)
    return (
        *(made_up(seed) for seed in (1, 2)),
        Trial("cdnow-transactions", lambda: cdnow("transactions", "day"), month, ways, days),
        Trial("cdnow-spend", lambda: cdnow("spend", "day"), month, ways, days),
        Trial("cdnow-26-weeks", lambda: cdnow("transactions", "week"), 26, (39,), (39, 52)),
        Trial("servegen-1-day", lambda: servegen("day"), 1, (7, 10), (7, 8, 9, 10)),
        Trial("servegen-3-days", lambda: servegen("day"), 3, (7,), (7, 8)),
        Trial("servegen-24-hours", lambda: servegen("hour"), 24, (168, 240), (168, 192, 216, 240)),
        Trial("servegen-72-hours", lambda: servegen("hour"), 72, (168, 192), (168, 180, 192)),
        Trial("helios-7-days", lambda: helios("day"), 7, (14, 21), (14, 17, 21, 24)),
        Trial("helios-168-hours", lambda: helios("hour"), 168, (336, 504), (336, 408, 504, 576)),
        Trial("github-4-quarters", github, 4, (8, 11), (8, 11, 13, 15)),
    )


def sampled(panel: Panel, most: int, seed: int = 0) -> Indices:
    """Pick some customers at random, in their order; all if there are no more."""
    if len(panel) <= most:
        return np.arange(len(panel))
    return np.sort(np.random.default_rng([7, seed]).choice(len(panel), most, replace=False))
