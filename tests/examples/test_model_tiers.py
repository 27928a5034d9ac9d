"""Free, Pro and Enterprise: customers, bills of real customers instead of the mean one, and the margin, by hand."""

from itertools import pairwise
from statistics import NormalDist

import pytest

from tests.examples.model_run import months, total

NORMAL = NormalDist()
MONTHS = range(12)
TOKENS = 1_500 + 300  # of a query
QUERY_COST = (1_500 * 0.25 + 300 * 2.00) / 1e6  # openai/gpt-5-mini, list price of 2026-11-20


def customers():
    """Customers at the end of each month: they leave or move on first, then others come."""
    free, pro, enterprise = 6_000.0, 60.0, 4.0
    rows = []
    for month in MONTHS:
        upgraded, grown = free * 0.002, pro * 0.01
        new = 1_200 * 1.04**month
        free, pro, enterprise = (
            free * (1 - 0.08) - upgraded + new,
            pro * (1 - 0.025) - grown + upgraded,
            enterprise * (1 - 0.008) + grown,
        )
        rows.append({"free": free, "pro": pro, "enterprise": enterprise, "new": new, "upgraded": upgraded})
    return rows


CUSTOMERS = customers()


def classes(spread, count=5):
    """Usage by the mean usage in equally large classes of a lognormal spread: the mean within each class."""
    edges = [NORMAL.inv_cdf(k / count) - spread for k in range(1, count)]
    below = [0.0, *(NORMAL.cdf(edge) for edge in edges), 1.0]
    return [count * (high - low) for low, high in pairwise(below)]


def free_queries(wanted=120, limit=100_000, spread=1.2, points=200_000):
    """Mean of the smaller of wish and limit, customer by customer: a slow twin of the formula in the model."""
    mean_log = -(spread**2) / 2
    asked = 0.0
    for k in range(points):
        factor = pow(2.718281828459045, mean_log + spread * NORMAL.inv_cdf((k + 0.5) / points))
        asked += min(wanted * factor, limit / TOKENS)
    return asked / points


def pro_bill(queries):
    return 500 + round(queries * TOKENS / 1000 * 0.001, 2)


def enterprise_bill(queries):
    used = queries * TOKENS / 1000
    price = min(used, 1e6) * 0.0010 + max(min(used, 10e6) - 1e6, 0) * 0.0008 + max(used - 10e6, 0) * 0.0006
    return max(round(price, 2), 1_500)


def acme_price(month):
    used = 3.3e6 * 1.06**month * TOKENS / 1000
    return min(used, 5e6) * 0.0008 + max(used - 5e6, 0) * 0.0005


def test_customers_follow_from_month_to_month():
    for segment in ("free", "pro", "enterprise"):
        assert months("tiers", f"customers.{segment}") == pytest.approx([row[segment] for row in CUSTOMERS], rel=1e-12)
    assert months("tiers", "moved.free.pro") == pytest.approx([row["upgraded"] for row in CUSTOMERS], rel=1e-12)
    assert months("tiers", "customers.acme") == [1.0] * 12


def test_free_customers_use_the_mean_of_wish_and_limit():
    assert months("tiers", "free_queries")[0] == pytest.approx(free_queries(), rel=1e-4)
    assert months("tiers", "free_queries")[0] < min(120, 100_000 / TOKENS)  # less than the limit of the mean customer
    assert months("tiers", "free_queries", "unlimited")[0] == pytest.approx(120, rel=1e-3)


def test_five_classes_keep_the_mean():
    for spread in (0.01, 0.9, 1.1):
        assert sum(classes(spread)) / 5 == pytest.approx(1, abs=1e-12)


def test_pro_pays_a_fee_and_by_the_token():
    bill = sum(pro_bill(60_000 * factor) for factor in classes(0.9)) / 5
    assert bill == pytest.approx(608, abs=0.01)  # 500 + 108,000 thousands of tokens at 0.001
    assert months("tiers", "revenue.pro") == pytest.approx([row["pro"] * bill for row in CUSTOMERS], rel=1e-6)


@pytest.mark.parametrize(("scenario", "spread"), [("base", 1.1), ("all_alike", 0.01)])
def test_enterprise_bills_each_class_by_its_own_tiers(scenario, spread):
    revenue = [
        row["enterprise"] * sum(enterprise_bill(2e6 * 1.02**month * factor) for factor in classes(spread)) / 5
        for month, row in enumerate(CUSTOMERS)
    ]
    assert months("tiers", "revenue.enterprise", scenario) == pytest.approx(revenue, rel=1e-6)


def test_the_mean_customer_is_billed_wrongly():
    """Tiers fall, and a minimum lifts the small ones: the bill of the mean is not the mean of the bills."""
    mean = enterprise_bill(2e6)
    real = sum(enterprise_bill(2e6 * factor) for factor in classes(1.1)) / 5
    assert abs(real / mean - 1) > 0.01
    assert total("tiers", "revenue.enterprise") != pytest.approx(
        total("tiers", "revenue.enterprise", "all_alike"), rel=0.01
    )


def test_acme_uses_less_than_it_committed_to_and_pays_it_all_the_same():
    assert sum(acme_price(month) for month in MONTHS) < 84_000
    assert total("tiers", "revenue.acme") == pytest.approx(84_000, abs=0.01)


def test_every_query_costs_its_tokens():
    asked = [
        row["free"] * months("tiers", "free_queries")[month]
        + row["pro"] * 60_000
        + row["enterprise"] * 2e6 * 1.02**month
        + 3.3e6 * 1.06**month
        for month, row in enumerate(CUSTOMERS)
    ]
    assert months("tiers", "cost.chat") == pytest.approx([queries * QUERY_COST for queries in asked], rel=1e-9)


def test_the_statement_is_revenue_less_cost():
    support = [35 * row["pro"] + 900 * row["enterprise"] for row in CUSTOMERS]
    margin = [
        revenue - cost - helped
        for revenue, cost, helped in zip(months("tiers", "revenue"), months("tiers", "cost.chat"), support, strict=True)
    ]
    assert months("tiers", "gross_margin") == pytest.approx(margin, abs=0.01)
    campaigns = [20 * row["new"] for row in CUSTOMERS]
    result = [
        each - paid - 45_000 - (18_000 if month == 3 else 0)
        for month, (each, paid) in enumerate(zip(margin, campaigns, strict=True))
    ]
    assert months("tiers", "operating_result") == pytest.approx(result, abs=0.01)
