"""Usage that is the same each month: what is said once holds in every month."""

from pertoken.connect.models import model_from
from pertoken.scenario.compile import compiled
from pertoken.scenario.run import run

MODEL = {
    "model": "constant",
    "calendar": {"start": "2027-01", "months": 5},
    "segments": {"shops": {"plan": "shop", "start": 7, "new": 3}},
    "workloads": {
        "chat": {"requests": 100, "tokens": {"input": 1000}, "vendor": "llm", "model": "large"},
        "help": {"each": {"shops": 2}, "tokens": {"input": 1000}, "vendor": "llm", "model": "large"},
    },
    "plans": {
        "shop": {
            "prices": {
                "fee": {"curve": [{"flat": 10}]},
                "tokens": {"measure": {"sum": "total_tokens"}, "curve": [{"rate": 0}]},
            }
        }
    },
    "vendors": {"llm": {"rates": {"large": {"input": 2}}}},
    "costs": {"campaign": {"formula": "4 USD/customer * new.shops", "counts_as": "acquisition"}},
}


def test_a_constant_is_summed_over_the_months():
    found = run(compiled(model_from(MODEL)))
    assert found.total("requests.chat") == 5 * 100
    assert found.total("tokens.chat") == 5 * 100 * 1000
    assert found.total("new.shops") == 5 * 3
    assert found.total("customers.shops") == 7 + 5 * 3
    assert found.total("requests.help") == 2 * (10 + 13 + 16 + 19 + 22)
    assert found.total("revenue") == 10 * (10 + 13 + 16 + 19 + 22)
    assert found.total("cost_of_revenue") == 2 * (5 * 100 * 1000 + 2 * 80 * 1000) / 1e6
    assert found.total("cac") == 4


def test_a_quantity_by_month_has_a_value_in_each_month():
    found = run(compiled(model_from(MODEL)))
    for name in ("requests.chat", "new.shops", "costs.campaign"):
        assert found.row(name).by_month


def test_a_run_keeps_what_nothing_is_made_of():
    model = compiled(model_from(MODEL | {"drivers": {"alone": "month * 2"}}))
    found = run(model)
    assert {row.name for program in (model.before, model.after) for row in program.rows} <= set(found.values)
    assert found.values["alone"].tolist() == [2, 4, 6, 8, 10]
