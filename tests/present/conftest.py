"""One statement that every output of the house is tried on."""

from decimal import Decimal

import pytest

from pertoken.present.charts import bars
from pertoken.present.sheet import Chart, Column, Figure, Figures, Note, Sheet, Table, total_row
from tests.browser import chromium

__all__ = ["chromium"]

CUSTOMERS = (
    "Northwind Legal", "Halden Robotics", "Bluefin Analytics", "Kestrel Health", "Orchard Retail", "Tidewater Bank",
    "Papyrus Publishing", "Quarry Games", "Solstice Energy", "Marigold Travel", "Ironbridge Insurance", "Lumen Tutors",
    "Copperleaf Farms", "Atlas Freight", "Verdant Foods", "Juniper Support", "Stellar Labs", "Foxglove Pharma",
    "Granite Build", "Harbor Media", "Indigo Apparel", "Jasper Audio", "Kiln Ceramics", "Larkspur Dental",
    "Meridian HR", "Nimbus Weather", "Opal Jewellers", "Pinecrest Schools", "Quill & Co", "Rosewater Hotels",
)  # fmt: skip
TABLE = "customers"


def row(index: int, name: str) -> tuple[str | int | Decimal | None, ...]:
    """One customer's line: the costs are made from primes, the margin follows."""
    requests = 2_003 * (31 - index) ** 2 % 89_989 + 1_009
    revenue = Decimal(requests) * Decimal("0.0225") if index != 28 else Decimal("0.00")
    revenue = revenue.quantize(Decimal("0.01"))
    costs = [
        (Decimal(requests) * Decimal(prime) / 10_000).quantize(Decimal("0.01"))
        for prime in (29, 7, 61 + 13 * (index % 11))
    ]
    cost = sum(costs, Decimal(0))
    margin = revenue - cost
    per_request = cost / requests
    share = margin / revenue if revenue else None
    return (name, "pro" if index % 3 else "free trial", requests, revenue, *costs, cost, margin, share, per_request)


@pytest.fixture(scope="session")
def customers() -> Table:
    """Thirty customers, one of them without revenue."""
    columns = (
        Column("customer", "Customer", "text"),
        Column("plan", "Plan", "text"),
        Column("requests", "Requests", "count", total="sum"),
        Column("revenue", "Revenue", "money", "USD", total="sum"),
        Column("input_tokens", "Input tokens", "money", "USD", total="sum"),
        Column("cache_read_tokens", "Cache read tokens", "money", "USD", total="sum"),
        Column("output_tokens", "Output tokens", "money", "USD", total="sum"),
        Column(
            "cost", "Cost", "money", "USD", formula="input_tokens + cache_read_tokens + output_tokens", total="formula"
        ),
        Column("margin", "Margin", "money", "USD", formula="revenue - cost", total="formula"),
        Column("margin_share", "Margin share", "share", "of revenue", formula="margin / revenue", total="formula"),
        Column("cost_per_request", "Cost per request", "unit_money", "USD", formula="cost / requests", total="formula"),
    )
    rows = tuple(row(index, name) for index, name in enumerate(CUSTOMERS))
    return Table(TABLE, "Customers", columns, rows, note="Costs at list price, before discounts.")


@pytest.fixture(scope="session")
def statement(customers: Table) -> Sheet:
    """A month's statement as a finance team reads it."""
    margins = sorted(((str(row[0]), Decimal(str(row[8]))) for row in customers.rows), key=lambda pair: -pair[1])
    total = dict(zip((column.name for column in customers.columns), total_row(customers) or (), strict=True))
    figures = Figures(
        (
            Figure("revenue", "Revenue", total["revenue"], "money", "USD"),
            Figure("cost", "Cost", total["cost"], "money", "USD", note="list price"),
            Figure("margin", "Margin", total["margin"], "money", "USD"),
            Figure("margin_share", "Margin share", total["margin_share"], "share", note="P10 24.1 %, P90 29.0 %"),
            Figure("cost_per_request", "Cost per request", total["cost_per_request"], "unit_money", "USD"),
            Figure("worst", "Worst customer", margins[-1][1], "money", "USD", note=margins[-1][0]),
        )
    )
    chart = Chart(
        "margin_by_customer",
        "Which customers lose us money?",
        lambda: bars(margins, title="Margin [USD]"),
        "Horizontal bars of margin by customer, from the largest gain to the largest loss.",
        TABLE,
    )
    warning = Note("1.4 % of the tokens had no price on 2026-09-30 and are priced as of 2026-10-01.", "warning")
    info = Note("Free trials are charged at price 0 on the card, and are not missing.")
    meta = {
        "period": "2026-09",
        "cost card": "providers-2026-09.yaml",
        "revenue card": "plans.yaml",
        "pertoken": "0.1.0",
    }
    return Sheet(
        "Statement for September 2026",
        "Margin was 27.6 % of revenue; three customers lose money, and output tokens are why.",
        (figures, chart, customers, warning, info),
        meta,
    )
