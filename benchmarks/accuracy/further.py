"""Further panels, on which nothing was chosen: other slices, grains, measures and horizons than those of `panels`.

Buyers with odd numbers come from the package `lifetimes`, which is installed for tests.
"""

from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.accuracy.panels import Trial, made_up, of, read
from pertoken.forecast.panel import Panel

TRACES = "traces/servegen_"
HELIOS = "consumption/helios_earth_vc_gpu_hourly_may2020.parquet"
GITHUB = "consumption/github_innovationgraph_quarterly_to_2024q3.csv.gz"


@cache
def tokens() -> Panel | None:
    """Tokens of API customers in six hours."""
    sql = (
        "select client_id::varchar, (t_start_s // 21600)::int, "
        "sum(requests_6h * (input_tokens_mean + output_tokens_mean)) from {0} group by all order by all"
    )
    return of(read(sql, f"{TRACES}mlarge_client_tokens_6h_days00_10.parquet"))


@cache
def requests(minutes: int, which: str) -> Panel | None:
    """Requests of API customers in some minutes."""
    sql = f"select client_id::varchar, (t_start_s // {60 * minutes})::int, sum(requests) "
    sql += "from {0} group by all order by all"
    return of(read(sql, f"{TRACES}{which}.parquet"))


MEASURES = {"units": 0, "spend": 1}
"""Where each stands in a line; purchases are neither, since a period with some counts once."""


def shipped(name: str) -> list[list[str]]:
    """Read a table that `lifetimes` ships; an empty list where it is not installed."""
    found = find_spec("lifetimes")
    if found is None or found.origin is None:
        return []
    text = (Path(found.origin).parent / "datasets" / name).read_text()
    return [each.split() for each in text.splitlines()]


def bought(lines: list[tuple[str, str, float, float]], what: str, grain: str) -> Panel | None:
    """Make a panel of customers, days, units and dollars: purchases (a period with some counts once) or a measure."""
    length = 6 if grain == "month" else 8
    if what in MEASURES:
        rows = [(each[0], each[1][:length], (each[2], each[3])[MEASURES[what]]) for each in lines]
    else:
        rows = list({(who, day[:length], 1.0) for who, day, _, _ in lines})
    named = [(who, "-".join(filter(None, (day[:4], day[4:6], day[6:]))), value) for who, day, value in sorted(rows)]
    return of(named, "" if grain == "month" else grain)


@cache
def odd(what: str, grain: str) -> Panel | None:
    """Buyers of CDNOW whose number is odd: purchases a day, units or dollars."""
    lines = [each for each in shipped("CDNOW_master.txt") if each[0].isdecimal() and int(each[0]) % 2]
    return bought([(who, day, float(n), float(usd)) for who, day, n, usd in lines], what, grain)


@cache
def sample(what: str, grain: str) -> Panel | None:
    """The tenth of CDNOW's buyers that papers forecast, 2,357 customers: purchases a day, units or dollars."""
    lines = shipped("CDNOW_sample.txt")
    return bought([(who, day, float(n), float(usd)) for _, who, day, n, usd in lines], what, grain)


@cache
def helios(what: str) -> Panel | None:
    """Something of the teams of a research cluster by day."""
    sql = f"select vc, strftime(time, '%Y-%m-%d'), sum({what}) from {{0}} group by all order by all"
    return of(read(sql, HELIOS))


@cache
def github(metric: str, *, new: bool) -> Panel | None:
    """A measure of GitHub by economy and quarter; what is new of a stock."""
    value = "greatest(value - lag(value) over (partition by iso2_code order by year, quarter), 0)" if new else "value"
    sql = (
        f"select * from (select iso2_code, year || '-Q' || quarter as q, {value} as v from "
        "read_csv({0}, nullstr='', all_varchar=false, types={{'iso2_code': 'VARCHAR'}}) "
        f"where metric = '{metric}' and iso2_code <> 'EU') where v is not null order by all"
    )
    return of(read(sql, GITHUB))


def further() -> tuple[Trial, ...]:
    """Trials on which nothing was chosen."""
    weeks, r1 = (26, 39, 52), "deepseek_r1_client_10min_1day"
    hours = partial(requests, which="mlarge_client_10min_days00_10")
    return (
        made_up(5),
        Trial("simulated-6-7-days", made_up(6).panel, 7, (28, 60), (70, 120, 170, 220)),
        Trial("simulated-7-84-days", made_up(7).panel, 84, (60, 90), (90, 120, 150)),
        Trial("odd-transactions-13-weeks", lambda: odd("transactions", "week"), 13, (26, 39), (26, 39, 52, 65)),
        Trial("odd-spend-26-weeks", lambda: odd("spend", "week"), 26, (26, 39), weeks),
        Trial("odd-units-3-months", lambda: odd("units", "month"), 3, (6, 12), (6, 9, 12, 15)),
        Trial("odd-spend-90-days", lambda: odd("spend", "day"), 90, (90,), (120, 210, 300, 400)),
        Trial("tokens-1-day", tokens, 4, (20, 28), (28, 32, 36, 40)),
        Trial("tokens-3-days", tokens, 12, (20, 28), (28, 30, 32)),
        Trial("requests-24-half-hours", lambda: hours(30), 24, (144, 288), (200, 300, 400, 500)),
        Trial("r1-6-half-hours", lambda: requests(30, r1), 6, (16, 24), (24, 30, 36, 42)),
        Trial("helios-jobs-7-days", lambda: helios("jobs_running"), 7, (14, 21), (14, 17, 21, 24)),
        Trial("helios-waiting-3-days", lambda: helios("gpus_pending"), 3, (14, 21), (14, 18, 22, 26)),
        Trial("helios-3-days", lambda: helios("gpus_running"), 3, (14, 21), (14, 18, 22, 26, 28)),
        Trial("github-new-repositories", lambda: github("repositories", new=True), 4, (8, 10), (8, 10, 12, 14)),
        Trial("github-new-developers", lambda: github("developers", new=True), 2, (8, 10), (8, 10, 12, 14, 16)),
        Trial("github-developers", lambda: github("developers", new=False), 4, (8, 12), (8, 11, 13, 15)),
        Trial("github-repositories", lambda: github("repositories", new=False), 2, (8, 12), (8, 12, 16)),
        Trial("github-pushes-2-quarters", lambda: github("git_pushes", new=False), 2, (8, 12), (8, 10, 12, 14, 16)),
    )
