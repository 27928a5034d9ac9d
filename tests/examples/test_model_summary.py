"""Summaries for ten million users: what a token loses, what levers save together, and what a subscription is worth."""

import pytest

from tests.examples.model_run import months, total

MONTHS = range(12)
LARGE = (2.50, 10.00)  # USD for 1M tokens in and out, openai/gpt-4o, list price of 2026-11-20
SMALL = (0.15, 0.60)  # openai/gpt-4o-mini
TOKENS = (3_000, 250)


def a_summary(price, times=1.0):
    return sum(tokens * each for tokens, each in zip(TOKENS, price, strict=True)) / 1e6 * times


def customers():
    """Free users and subscribers at the end of each month; who subscribes leaves by age: 9 %, 6 %, then 4 %."""
    free, first, second, older = 9.8e6, 0.0, 0.0, 200e3
    rows = []
    for _ in MONTHS:
        moved = free * 0.0010
        free = free * (1 - 0.02) - moved + 200e3
        first, second, older = moved, first * (1 - 0.09), second * (1 - 0.06) + older * (1 - 0.04)
        rows.append({"free": free, "subscribers": first + second + older, "moved": moved})
    return rows


CUSTOMERS = customers()
ASKED = [3 * row["free"] + 12 * row["subscribers"] for row in CUSTOMERS]
REVENUE = [0.80 * row["subscribers"] for row in CUSTOMERS]


def test_customers_follow_from_month_to_month():
    for segment in ("free", "subscribers"):
        assert months("summary", f"customers.{segment}") == pytest.approx(
            [row[segment] for row in CUSTOMERS], rel=1e-12
        )
    assert months("summary", "users")[0] == pytest.approx(10e6, rel=0.01)


def test_the_feature_loses_money_on_every_token():
    assert months("summary", "cost.summaries") == pytest.approx([each * 0.0100 for each in ASKED], rel=1e-9)
    assert months("summary", "revenue") == pytest.approx(REVENUE, rel=1e-9)
    per_million = [
        (earned - asked * 0.0100) / (asked * 3_250) * 1e6 for earned, asked in zip(REVENUE, ASKED, strict=True)
    ]
    assert months("summary", "margin_per_million") == pytest.approx(per_million, rel=1e-9)
    assert max(per_million) < 0


REPEATED, SIMPLE, FORESEEN = 0.45, 0.70, 0.40
SMALLER = (1 - SIMPLE) * a_summary(LARGE) + SIMPLE * a_summary(SMALL)
# a quarter of the prompt never changes; nine tenths of that are read from the cache, at half the price of either model
READ = 0.25 * 0.90
PROMPT = {
    price: (3_000 * price[0] * (1 - READ) + 3_000 * READ * price[0] / 2 + 250 * price[1]) / 1e6
    for price in (LARGE, SMALL)
}
A_SUMMARY = {
    "cache": (1 - REPEATED) * a_summary(LARGE),
    "smaller": SMALLER,
    "ahead": (1 - FORESEEN) * a_summary(LARGE) + FORESEEN * a_summary(LARGE, 0.5),
    "prompt": PROMPT[LARGE],
}


@pytest.mark.parametrize("scenario", A_SUMMARY)
def test_a_lever_changes_what_a_summary_costs(scenario):
    assert months("summary", "cost.summaries", scenario) == pytest.approx(
        [each * A_SUMMARY[scenario] for each in ASKED], rel=1e-9
    )


def batch_of(price):
    """A summary made the night before: half the price, and what is read from the cache is no cheaper for it."""
    return (3_000 * (1 - READ) * price[0] / 2 + 3_000 * READ * price[0] / 2 + 250 * price[1] / 2) / 1e6


def test_levers_together_act_on_what_the_others_leave():
    by_model = [(1 - SIMPLE, LARGE), (SIMPLE, SMALL)]
    each = (1 - REPEATED) * sum(
        share * ((1 - FORESEEN) * PROMPT[price] + FORESEEN * batch_of(price)) for share, price in by_model
    )
    assert months("summary", "cost.summaries", "all_levers") == pytest.approx(
        [asked * each for asked in ASKED], rel=1e-9
    )
    cost = {name: total("summary", "cost.summaries", name) for name in ("base", *A_SUMMARY, "all_levers")}
    assert sum(cost["base"] - cost[name] for name in A_SUMMARY) > cost["base"]  # added up, they save more than there is
    assert cost["all_levers"] > 0.05 * cost["base"]


def test_a_subscription_pays_its_campaign_back():
    margin = 0.80 - 12 * 0.0100
    assert months("summary", "subscription_margin") == pytest.approx([margin] * 12, rel=1e-9)
    assert months("summary", "subscription_payback") == pytest.approx([9 / margin] * 12, rel=1e-9)  # 13.2 months


def test_campaigns_are_paid_for_who_subscribes():
    assert months("summary", "costs.campaigns") == pytest.approx([9 * row["moved"] for row in CUSTOMERS], rel=1e-9)
