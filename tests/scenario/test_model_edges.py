"""Models at their edges: plans that nobody uses, prices that lack, contracts from before, events without a chance."""

import numpy as np
import pytest

from pertoken.connect.models import model_from
from pertoken.core.errors import InputError, UnpricedUsage
from pertoken.scenario.compile import compiled
from pertoken.scenario.drawn_worlds import drawn
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.run import run
from pertoken.scenario.swing import sensitive
from pertoken.scenario.whole import whole
from pertoken.scenario.worlds import named


def model(**parts):
    """A model of four months from February on."""
    return compiled(model_from({"model": "edge", "calendar": {"start": "2027-02", "months": 4}, **parts}))


def rated_and_in_rows(made, name, but=None):
    """A row as rating fills it, and as the rows of the cards come to it."""
    worlds = named(made, but=but)
    return run(made, worlds).values[name].tolist(), evaluate(whole(made), worlds.given)[name].tolist()


BUNDLE = {"id": "bundle", "unit": "tokens", "grant": 1000, "every": "month", "price": 30, "eligible": ["tokens"],
          "unused": "forfeit"}  # fmt: skip
TOKENS = {"measure": {"sum": "total_tokens"}, "convert": {"per": 1000}, "curve": [{"rate": 0.01}]}


def test_who_uses_nothing_pays_for_the_bundle_all_the_same():
    made = model(
        segments={"idle": {"plan": "pro", "start": 7}}, plans={"pro": {"prices": {"tokens": TOKENS}, "pools": [BUNDLE]}}
    )
    assert rated_and_in_rows(made, "revenue.idle") == ([210] * 4, [210] * 4)


CHAT = {"requests": 1000, "tokens": {"input": 1000}, "vendor": "llm", "model": "big"}


def test_what_has_no_price_costs_nothing_in_rows_until_it_is_used():
    lever = {"kind": "compress", "workload": "chat", "ratio": 2, "on": True}
    made = model(workloads={"chat": CHAT}, vendors={"llm": {"rates": {"big": {"input": 4}}}}, levers={"short": lever})
    assert rated_and_in_rows(made, "cost.chat") == ([2] * 4, [2] * 4)
    used = named(made, but={"levers.short.priced_share": 0.5})
    with pytest.raises(UnpricedUsage, match="no price"):
        run(made, used)
    assert not np.isfinite(evaluate(whole(made), used.given)["cost.chat"]).any()


def test_a_yearly_fee_of_a_vendor_is_due_in_the_first_month():
    fee = {"curve": [{"flat": 120}], "during": {"every": "year", "prorate": "none"}}
    made = model(workloads={"chat": CHAT}, vendors={"llm": {"card": "llm", "prices": {"tokens": TOKENS, "fee": fee}}})
    assert rated_and_in_rows(made, "shared.llm") == ([120, 0, 0, 0], [120, 0, 0, 0])


@pytest.mark.parametrize(
    ("dates", "new", "churned"),
    [
        ({"begins": "2026-06"}, [0, 0, 0, 0], [0, 0, 0, 0]),
        ({"begins": "2027-02"}, [1, 0, 0, 0], [0, 0, 0, 0]),
        ({"begins": "2026-06", "ends": "2027-04"}, [0, 0, 0, 0], [0, 0, 1, 0]),
    ],
)
def test_a_contract_from_before_the_model_is_not_won_in_it(dates, new, churned):
    made = model(
        segments={"acme": {"plan": "pro", **dates}}, plans={"pro": {"prices": {"base": {"curve": [{"flat": 9}]}}}}
    )
    values = run(made).values
    assert (values["new.acme"].tolist(), values["churned.acme"].tolist()) == (new, churned)


def test_who_pays_by_the_month_for_a_pool_is_a_customer_who_pays():
    pool = {**BUNDLE, "unused": "forfeit", "pay": [{"every": "month", "amount": 25}]}
    del pool["price"]
    free = {**TOKENS, "curve": [{"rate": 0}]}
    made = model(
        segments={"pro": {"plan": "pro", "start": 4}}, plans={"pro": {"prices": {"tokens": free}, "pools": [pool]}}
    )
    assert run(made).values["arpu"].tolist() == [25] * 4


def test_churn_and_moves_that_together_take_more_than_all_are_refused():
    made = model(segments={"one": {"start": 100, "churn": "60%", "to": {"two": "50%"}}, "two": {"start": 1}})
    with pytest.raises(InputError, match="churn and moves together"):
        run(made)


def cut(chance, **more):
    return {"events": {"cut": {"probability": chance, "between": ["2027-03", "2027-04"]}}, **more}


DEAR = {
    "vendors": {"llm": {"rates": {"big": {"input": 4}}, "change": "1 - 0.5 * event.cut"}},
    "workloads": {"chat": CHAT},
}


def test_an_event_is_never_where_its_chance_is_none_and_always_where_it_is_sure():
    shares = np.linspace(0.001, 0.999, 101)[:, np.newaxis]
    never, always = (run(m, drawn(m, shares)).values["event.cut"] for m in (model(**cut(0)), model(**cut("100%"))))
    assert not never.any()
    assert always[:, -1].all()
    assert not always[:, 0].any()


def test_an_event_without_a_chance_swings_nothing():
    assert sensitive(model(**cut(0), **DEAR), "total_cost").swings == ()
    assert [each.name for each in sensitive(model(**cut(0.3), **DEAR), "total_cost").swings] == ["event.cut"]


def test_a_scenario_can_not_make_an_event_surer_than_sure():
    made = model(**cut("50%", scenarios={"sure": {"event.cut.probability": "150%"}}))
    with pytest.raises(InputError, match=r"probability of event cut is 1\.5"):
        drawn(made, np.full((3, 1), 0.5), "sure")
