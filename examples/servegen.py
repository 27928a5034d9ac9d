"""From a real trace of API customers to the margin on each of them, at three models and two price lists.

ServeGen's m-large trace counts the requests of 153 customers over 11 days. Where it also has the lengths of their
prompts and answers, tokens are counted, cost is taken from the catalog, and each customer is put on its cheapest plan.

    python examples/servegen.py demo/servegen
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np

import pertoken as pt
from pertoken.books.answer import Books
from pertoken.books.statement import by_margin
from pertoken.core.lines import Usage
from pertoken.present.excel import workbook
from pertoken.present.files import write_whole
from pertoken.present.html import page
from pertoken.present.numbers import show
from pertoken.present.sheet import Column, Note, Sheet, Table
from pertoken.rating.card import Card

HERE = Path(__file__).parent
METERED, PLANS = HERE / "servegen" / "metered.yaml", HERE / "servegen" / "plans.yaml"
TRACE = "servegen_mlarge_client_10min_days00_10.parquet"
LENGTHS = "servegen_mlarge_client_tokens_6h_days00_10.parquet"
MODELS = ("gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash")
SHOWN = "gemini-2.5-flash"
"""Model of the statement that is printed and written."""
DAY_0 = "2026-09-01"
"""The trace has no calendar dates; this one puts its 11 days into one month."""
FREE_TOKENS = 1_000_000
"""Tokens a month up to which a customer can be on Free."""

USAGE = f"""
    WITH counted AS (
        SELECT client_id, t_start_s // 21600 * 21600 AS t_start_s, sum(requests) AS requests FROM trace GROUP BY ALL
    ), typical AS (
        SELECT sum(requests_6h * input_tokens_mean) / sum(requests_6h) AS input,
               sum(requests_6h * output_tokens_mean) / sum(requests_6h) AS output FROM lengths WHERE $fill
    ), measured AS (
        SELECT client_id, t_start_s, requests, coalesce(input_tokens_mean, typical.input) AS input,
               coalesce(output_tokens_mean, typical.output) AS output
        FROM counted LEFT JOIN lengths USING (client_id, t_start_s), typical
    )
    SELECT TIMESTAMP '{DAY_0}' + to_seconds(t_start_s) AS timestamp, printf('customer-%03d', client_id) AS customer,
           requests::BIGINT AS requests, round(requests * input)::BIGINT AS input_tokens,
           round(requests * output)::BIGINT AS output_tokens
    FROM measured WHERE input IS NOT NULL ORDER BY ALL
"""
"""A row for each customer and window of six hours: its requests times the mean lengths of that window."""


@dataclass(frozen=True)
class Coverage:
    """What customers and requests the trace holds, and how many of them have lengths."""

    customers: int
    requests: int
    customers_measured: int
    requests_measured: int


@dataclass(frozen=True)
class Study:
    """What comes out: the books by model, metered and on the cheapest plan of each customer."""

    coverage: Coverage
    plans: Mapping[str, str]
    metered: Mapping[str, Books]
    planned: Mapping[str, Books]


def traces() -> Path:
    """Find the folder of traces, by `PERTOKEN_DATA` or beside the repository."""
    said = os.environ.get("PERTOKEN_DATA")
    return (Path(said) if said else HERE.parents[1] / "shared" / "data") / "traces"


def build(log: Path, *, fill: bool = False) -> Coverage:
    """Write the trace as a log of usage.

    Args:
        log: Parquet file to write.
        fill: True to give customers without lengths the mean lengths of all others; False to leave them out.
    """
    with duckdb.connect() as con:
        con.read_parquet(str(traces() / TRACE)).create_view("trace")
        con.read_parquet(str(traces() / LENGTHS)).create_view("lengths")
        con.sql(USAGE, params={"fill": fill}).write_parquet(str(log))
        con.read_parquet(str(log)).create_view("usage")
        each = "SELECT count(DISTINCT {}), sum(requests)::BIGINT FROM {}"
        counts = [con.sql(each.format(*pair)).fetchall()[0] for pair in (("client_id", "trace"), ("customer", "usage"))]
    return Coverage(*counts[0], *counts[1])


def bills(usage: Usage, cards: Sequence[Card]) -> dict[str, dict[str, Decimal]]:
    """Reckon what each customer would pay on each plan, in USD."""
    return {
        card.name: {
            row["customer"]: row["amount"]
            for row in pt.rate(usage.with_keys(plan=card.name), cards).ledger.fold(["customer"]).records()
        }
        for card in cards
    }


def cheapest(books: Books, cards: Sequence[Card]) -> dict[str, str]:
    """Put each customer on the cheapest plan that it can have."""
    offers = bills(books.usage, cards)
    chosen = {}
    for row in books.statement.lines.records():
        can_have = [plan for plan in offers if plan != "free" or row["tokens"] <= FREE_TOKENS]
        chosen[row["customer"]] = min(can_have, key=lambda plan: offers[plan][row["customer"]])
    return chosen


def add_plans(log: Path, plans: Mapping[str, str], out: Path) -> None:
    """Write the log again with the plan of each customer."""
    with duckdb.connect() as con:
        columns = {"customer": list(plans), "plan": list(plans.values())}
        con.register("chosen", {name: np.array(column, dtype=object) for name, column in columns.items()})
        con.read_parquet(str(log)).create_view("usage")
        con.sql("SELECT * FROM usage JOIN chosen USING (customer) ORDER BY ALL").write_parquet(str(out))


def study(folder: Path, *, fill: bool = False) -> Study:
    """Build the logs in a folder and rate them: three models, metered and on plans."""
    folder.mkdir(parents=True, exist_ok=True)
    log, with_plans = folder / "usage.parquet", folder / "usage_on_plans.parquet"
    coverage = build(log, fill=fill)
    metered = {m: pt.statement(log, cost=[f"catalog:{m}"], revenue=[str(METERED)]) for m in MODELS}
    plans = cheapest(metered[MODELS[0]], pt.read_cards(PLANS))
    add_plans(log, plans, with_plans)
    by = ("customer", "plan")
    planned = {m: pt.statement(with_plans, cost=[f"catalog:{m}"], revenue=[str(PLANS)], by=by) for m in MODELS}
    return Study(coverage, plans, metered, planned)


def under_water(books: Books) -> int:
    """Count the customers that cost more than they pay."""
    return int((by_margin(books.statement).margin < 0).sum())


def top(books: Books, side: str) -> tuple[str, Decimal]:
    """Name the customer with the most of a side, and its share of it."""
    lines = books.statement.fold(["customer"]).lines.records()
    most = max(lines, key=lambda row: row[side])
    return most["customer"], most[side] / books.statement.total(side)


def margins(found: Study) -> Table:
    """One row for each model and price list."""
    columns = (
        Column("model", "Cost at", "text"),
        Column("prices", "Prices", "text"),
        Column("revenue", "Revenue", "money", "USD"),
        Column("cost", "Cost", "money", "USD"),
        Column("margin", "Margin", "money", "USD", "revenue - cost"),
        Column("under_water", "Under water", "count"),
    )
    rows = []
    for prices, each in (("metered", found.metered), ("cheapest plan", found.planned)):
        for model, books in each.items():
            revenue, cost = (books.statement.total(side) for side in ("revenue", "cost"))
            rows.append((model, prices, revenue, cost, revenue - cost, under_water(books)))
    note = f"Under water: customers, of {found.coverage.customers_measured}, whose margin is below zero."
    return Table("margins", "At each model and price list", columns, tuple(rows), note, total=False)


def by_plan(found: Study) -> Table:
    """Customers and revenue of each plan."""
    lines = found.planned[SHOWN].statement.fold(["plan"]).lines.records()
    size = {plan: list(found.plans.values()).count(plan) for plan in ("free", "pro", "enterprise")}
    revenue = {row["plan"]: row["revenue"] for row in lines}
    columns = (
        Column("plan", "Plan", "text"),
        Column("customers", "Customers", "count", total="sum"),
        Column("revenue", "Revenue", "money", "USD", total="sum"),
    )
    rows = tuple((plan, n, revenue.get(plan, Decimal(0))) for plan, n in size.items())
    return Table("plans", "Each customer on its cheapest plan", columns, rows)


def tops(found: Study) -> Table:
    """The largest customer's share of what is earned and of what is spent."""
    columns = (
        Column("what", "Share of", "text"),
        Column("customer", "Top customer", "text"),
        Column("share", "Share", "share"),
    )
    revenues = [("metered revenue", found.metered[SHOWN]), ("revenue on plans", found.planned[SHOWN])]
    rows = [(what, *top(books, "revenue")) for what, books in revenues]
    rows += [(f"cost at {model}", *top(books, "cost")) for model, books in found.planned.items()]
    return Table("top", "The top customer", columns, tuple(rows), total=False)


def notes(seen: Coverage) -> tuple[Note, ...]:
    """What a reader must know beside the numbers."""
    out, requests = seen.customers - seen.customers_measured, seen.requests - seen.requests_measured
    lacking = (
        f"{out} of {seen.customers} customers have no published lengths and are left out, with {requests:,} of "
        f"{seen.requests:,} requests ({show(requests / seen.requests, 'share')}): no tokens, no revenue, no cost."
    )
    filled = "Customers without published lengths were given the mean lengths of all others."
    days = f"The trace has 11 days and no dates: taken as from {DAY_0}, billed as one month, not scaled up."
    models = "The customers used another model: its token counts are priced as they stand, without cache or batch."
    return Note(lacking if out else filled, "warning"), Note(days, "warning"), Note(models)


def lay(found: Study, most: int | None = None) -> Sheet:
    """The statement at one model on plans, with the comparison above and the assumptions below."""
    sheet = pt.sheet(found.planned[SHOWN], top=most)
    figures, *rest = sheet.blocks
    blocks = (figures, margins(found), by_plan(found), tops(found), *rest, *notes(found.coverage))
    return replace(sheet, title=f"ServeGen, 11 days: margin by customer and plan, cost at {SHOWN}", blocks=blocks)


def main() -> None:
    """Build, rate, print, and write the page and the workbook."""
    parser = argparse.ArgumentParser(description="Margin per customer of the ServeGen m-large trace.")
    into, fill = "where files go (%(default)s)", "give customers without lengths the mean lengths of all others"
    parser.add_argument("folder", type=Path, nargs="?", default=Path("demo/servegen"), help=into)
    parser.add_argument("--fill", action="store_true", help=fill)
    said = parser.parse_args()
    if not (traces() / TRACE).exists():
        parser.exit(2, f"no {TRACE} in {traces()}; set PERTOKEN_DATA to the folder that holds traces/\n")
    found = study(said.folder, fill=said.fill)
    write_whole(said.folder / "statement.html", page(lay(found)).encode())
    write_whole(said.folder / "statement.xlsx", workbook(lay(found)))
    print(lay(found, 10))


if __name__ == "__main__":
    main()
