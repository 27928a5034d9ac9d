"""Unit economics by hand: each number is worked out in the test, as `docs/glossary.md` defines it.

The definitions are those of D. Skok, "SaaS Metrics 2.0" (forentrepreneurs.com): CAC = sales and marketing by new
customers, LTV = gross margin of a customer a month by churn, months to recover CAC = CAC by that margin; retention as
start + expansion - contraction - churn by start, gross without the expansion.
"""

from typing import Any

import numpy as np
import pytest

from tests.scenario.small import base, made, plan

TWO: dict[str, Any] = {
    "segments": {"pro": {"plan": "pro", "start": 100, "new": 10, "churn": "5%"}},
    "plans": {"pro": {"prices": {"fee": {"curve": [{"flat": 50}]}}}},
    "costs": {
        "hosting": {"formula": "10 USD/customer * customers.pro", "counts_as": "cost_of_revenue"},
        "ads": {"formula": 600, "counts_as": "acquisition"},
        "team": {"formula": 1_000, "counts_as": "operating"},
    },
}
"""100 customers at 50 a month; each costs 10 to host; 5 % leave, 10 join for 600 a month."""


def total(model, name, **but):
    return float(base(model, **but).total(name))


def test_cac_ltv_and_payback_of_one_plan():
    """Margin of a customer 50 - 10 = 40; CAC 600 / 10 = 60; LTV 40 / 5 % = 800; payback 60 / 40 = 1.5 months."""
    model = made(TWO)
    assert total(model, "arpu") == pytest.approx(50)
    assert total(model, "cost_to_serve") == pytest.approx(10)
    assert total(model, "cac") == pytest.approx(60)
    assert total(model, "ltv") == pytest.approx(800)
    assert total(model, "ltv_to_cac") == pytest.approx(800 / 60)
    assert total(model, "payback_months") == pytest.approx(1.5)


def test_customers_and_money_month_by_month():
    """100 - 5 + 10 = 105, 105 - 5.25 + 10 = 109.75; the first month earns 105 * 50 = 5,250 and keeps 40 of each."""
    found = base(made(TWO, months=2)).values
    np.testing.assert_allclose(found["customers.pro"], [105, 109.75])
    np.testing.assert_allclose(found["revenue"], [5_250, 5_487.5])
    np.testing.assert_allclose(found["gross_margin"], [4_200, 4_390])
    np.testing.assert_allclose(found["contribution"], [3_600, 3_790])
    np.testing.assert_allclose(found["operating_result"], [2_600, 2_790])
    np.testing.assert_allclose(found["cash"], [2_600, 2_790])
    np.testing.assert_allclose(found["burn"], [0, 0])


def test_without_churn_a_lifetime_has_no_end():
    model = made({**TWO, "segments": {"pro": {"plan": "pro", "start": 100, "new": 10}}})
    assert np.isinf(total(model, "ltv"))
    assert np.isinf(total(model, "ltv_to_cac"))
    assert total(model, "payback_months") == pytest.approx(1.5)


def test_where_nobody_joins_no_customer_has_a_cost_to_be_won():
    model = made({**TWO, "segments": {"pro": {"plan": "pro", "start": 100, "churn": "5%"}}})
    assert np.isinf(total(model, "cac"))
    assert np.isinf(total(model, "payback_months"))


def test_a_negative_margin_is_never_paid_back():
    """50 - 60 = -10 a customer: LTV -10 / 5 % = -200, and no month in which 60 is earned back."""
    dear = {**TWO["costs"], "hosting": {"formula": "60 USD/customer * customers.pro", "counts_as": "cost_of_revenue"}}
    model = made({**TWO, "costs": dear})
    assert total(model, "ltv") == pytest.approx(-200)
    assert not np.isfinite(total(model, "payback_months"))


def test_who_converts_from_a_free_tier_is_a_new_customer_who_pays():
    """1,000 free, 2 % convert: 20 in the first month. Ads of 600 won 20 payers: CAC 30.

    Who is free is served from the margin of who pays: (50 * 20 - 1 * 980) / 20 = 1.
    """
    model = made(
        segments={"free": {"plan": "free", "start": 1_000, "to": {"pro": "2%"}}, "pro": {"plan": "pro", "churn": "5%"}},
        plans={"free": plan(0), "pro": {"prices": {"fee": {"curve": [{"flat": 50}]}}}},
        costs={
            "hosting": {"formula": "1 USD/customer * customers.free", "counts_as": "cost_of_revenue"},
            "ads": {"formula": 600, "counts_as": "acquisition"},
        },
        months=1,
    )
    found = base(model)
    assert found.values["new.paying"].tolist() == [20]
    assert float(found.total("cac")) == pytest.approx(30)
    assert float(found.total("arpu")) == pytest.approx(50)
    assert float(found.total("margin_each")) == pytest.approx((50 * 20 - 980) / 20)
    assert float(found.total("cost_to_serve")) == pytest.approx(980 / 1_000)


def test_a_named_contract_is_one_new_customer_and_one_lost():
    """It begins in the second month of four and is over in the fourth: won once, there for two months, lost once."""
    model = made(
        segments={"acme": {"plan": "pro", "begins": "2027-02", "ends": "2027-04"}},
        plans={"pro": {"prices": {"fee": {"curve": [{"flat": 900}]}}}},
        costs={"sales": {"formula": 500, "in": "2027-02", "counts_as": "acquisition"}},
        months=4,
    )
    found = base(model)
    assert found.values["customers.acme"].tolist() == [0, 1, 1, 0]
    assert found.values["new.acme"].tolist() == [0, 1, 0, 0]
    assert found.values["churned.acme"].tolist() == [0, 0, 0, 1]
    assert float(found.total("cac")) == pytest.approx(500)
    assert float(found.total("arpu")) == pytest.approx(900)
    assert float(found.total("paying_churn")) == pytest.approx(1 / 2)


MOVING: dict[str, Any] = {
    "segments": {
        "small": {"plan": "small", "start": 100, "churn": "4%", "to": {"large": "2%"}},
        "large": {"plan": "large", "start": 10, "churn": "1%", "to": {"small": "10%"}},
    },
    "plans": {n: {"prices": {"fee": {"curve": [{"flat": f}]}}} for n, f in (("small", 10), ("large", 100))},
}


def test_net_and_gross_retention_of_a_month():
    """Of the month before, 100 * 10 + 10 * 100 = 2,000 at the start of the model; the second month is worked out.

    Month 1: small 100 - 4 - 2 + 1 = 95, large 10 - 0.1 - 1 + 2 = 10.9: 950 + 1,090 = 2,040.
    Month 2: leave 3.8 and 0.109; move up 1.9, down 1.09. Small 95 - 3.8 - 1.9 + 1.09 = 90.39, large 10.9 - 0.109 - 1.09
    + 1.9 = 11.601. Nobody is new: net (903.9 + 1,160.1) / 2,040. Gross leaves out what who move up pay more:
    10 * (95 - 3.8) + 100 * (10.9 - 0.109 - 1.09) + 10 * 1.09 = 912 + 970.1 + 10.9 = 1,893, by 2,040.
    """
    found = base(made(MOVING, months=2)).values
    np.testing.assert_allclose(found["revenue"], [2_040, 2_064])
    assert found["nrr.month"][1] == pytest.approx(2_064 / 2_040)
    assert found["grr.month"][1] == pytest.approx(1_893 / 2_040)
    assert float(found["nrr"][0]) == pytest.approx((2_064 / 2_040) ** 12)
    assert float(found["grr"][0]) == pytest.approx((1_893 / 2_040) ** 12)


def test_new_customers_do_not_lift_retention():
    grown = {n: dict(s) for n, s in MOVING["segments"].items()}
    grown["small"]["new"] = 50
    plain, more = base(made(MOVING, months=2)).values, base(made({**MOVING, "segments": grown}, months=2)).values
    assert more["revenue"][1] > plain["revenue"][1]
    assert more["grr.month"][1] < 1


def test_one_month_has_no_retention():
    assert np.isnan(total(made(MOVING, months=1), "nrr"))


def test_costs_alone_have_no_unit_economics():
    model = made(costs={"team": 100})
    assert not {"arpu", "cac", "ltv", "gross_margin_share"} & set(model.headline)
    assert total(model, "total_cost") == 300
    assert total(model, "burn") == 300
