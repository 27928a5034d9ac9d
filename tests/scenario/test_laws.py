"""Laws that any model keeps: the statement adds up, costs are whole, customers neither appear nor vanish."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenario.small import PRICES, base, made, plan

NAMES = ("a", "b", "c")
CLASSES = ("cost_of_revenue", "acquisition", "operating", "one_off")
SHARES = st.integers(0, 30).map(lambda each: f"{each}%")
COUNTS = st.integers(0, 5_000)


@st.composite
def specs(draw):
    """Segments that churn and move in all directions, on plans and vendors, with costs of every class."""
    names = NAMES[: draw(st.integers(1, 3))]
    segments = {}
    for name in names:
        to = {other: draw(SHARES) for other in names if other != name and draw(st.booleans())}
        leave = {"churn": draw(SHARES)} if draw(st.booleans()) else {"churn_by_age": [draw(SHARES), draw(SHARES)]}
        segments[name] = {"plan": name, "start": draw(COUNTS), "new": draw(COUNTS), "to": to, **leave}
    segments["acme"] = {"plan": "a", "begins": "2027-02", "ends": draw(st.sampled_from(["2027-03", "2027-05"]))}
    costs = {each: {"formula": draw(COUNTS), "counts_as": each} for each in CLASSES}
    work = {
        "each": {name: draw(st.integers(0, 50)) for name in segments},
        "tokens": {"input": draw(st.integers(1, 900)), "output": 200},
        "vendor": "llm",
        "model": "m",
    }
    more = {"requests": draw(COUNTS), "tokens": {"input": 100}, "vendor": "llm", "model": "m"}
    return {
        "segments": segments,
        "plans": {name: plan(rate=draw(st.integers(0, 9)) / 1000, flat=draw(st.integers(0, 40))) for name in names},
        "workloads": {"chat": work, "search": more},
        "costs": costs,
        "income": {"setup": draw(COUNTS)},
        **PRICES,
    }


@settings(max_examples=20, deadline=None)
@given(specs())
def test_the_statement_adds_up_and_customers_are_kept(said):
    found = base(made(said, months=4)).values

    def money(name):
        return np.broadcast_to(found[name], (4,))

    left = money("revenue") - sum(money(each) for each in CLASSES)
    np.testing.assert_allclose(money("operating_result"), left, atol=1e-6)
    np.testing.assert_allclose(money("total_cost"), sum(money(each) for each in CLASSES), atol=1e-6)
    np.testing.assert_allclose(money("cost.vendor.llm"), money("cost.chat") + money("cost.search"), atol=1e-9)
    each = sum(money(f"cost.chat.{name}") for name in said["segments"])
    np.testing.assert_allclose(money("cost.chat"), each, atol=1e-9)
    np.testing.assert_allclose(money("cost_of_revenue"), money("serving_cost") + money("costs.cost_of_revenue"))
    earned = sum(money(f"revenue.{name}") for name in said["segments"])
    np.testing.assert_allclose(money("revenue"), earned + money("income.setup"), atol=1e-6)
    for name, segment in said["segments"].items():
        into = sum(
            money(f"moved.{other}.{name}").sum() for other, own in said["segments"].items() if name in own.get("to", {})
        )
        out = sum(money(f"moved.{name}.{to}").sum() for to in segment.get("to", {}))
        kept = segment.get("start", 0) + money(f"new.{name}").sum() + into - money(f"churned.{name}").sum() - out
        np.testing.assert_allclose(money(f"customers.{name}")[-1], kept, atol=1e-6)
