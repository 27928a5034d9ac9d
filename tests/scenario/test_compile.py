"""What does not fit together is refused before anything runs, with the place and the mend."""

import numpy as np
import pytest

from pertoken.core.errors import InputError
from pertoken.scenario.run import run
from pertoken.scenario.simulate import Draws, simulate
from pertoken.scenario.worlds import named, of_inputs
from tests.scenario.small import PRICES, base, made, plan

CHAT = {"chat": {"requests": "asks", "tokens": {"input": 100}, "vendor": "llm", "model": "m"}}


def test_usage_that_follows_from_what_is_earned_is_refused():
    with pytest.raises(InputError, match=r"follows from what is earned or paid.*break the ring"):
        made(workloads=CHAT, drivers={"asks": {"formula": "100 [request] * (1 + 0 * total(revenue) / 1 [USD])"}},
             segments={"pro": {"plan": "pro", "start": 1}}, plans={"pro": plan(0.1)}, **PRICES)  # fmt: skip


def test_a_name_said_twice_is_refused():
    with pytest.raises(InputError, match=r"'revenue' is said twice.*rename one"):
        made(assumptions={"revenue": 3}, costs={"team": 1})


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean asks"):
        made(workloads=CHAT, assumptions={"ask": {"value": 5, "unit": "request"}, "asks_": 1}, **PRICES)


def test_units_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"costs\.team"):
        made(assumptions={"asks": {"value": 5, "unit": "request"}}, costs={"team": "asks"})


@pytest.mark.parametrize("more", [{"growth": "2%"}, {"walk": 0.1}, {"season": {"nov": 2}}, {"steps": {"2027-02": 3}}])
def test_a_price_on_a_card_stays_the_same_in_all_months(more):
    """A card holds one number; a plan that changes by month says so by phases, a vendor's by `change`."""
    price = {"price": {"value": 0.01, "unit": "USD / 1K token", **more}}
    with pytest.raises(InputError, match=r"price.*(change|phases)"):
        made(assumptions=price, segments={"pro": {"plan": "pro", "start": 1}}, plans={"pro": plan("price")},
             workloads={"chat": {"each": {"pro": 5}, "tokens": {"input": 100}}})  # fmt: skip


def test_a_row_before_rating_is_there_beside_those_after_it():
    found = base(made(assumptions={"free": {"value": 5}}, drivers={"twice": "2 * free"}, costs={"team": 1},
                      checks={"small": "twice <= 10"}))  # fmt: skip
    assert found.values["twice"].tolist() == [10]
    assert (found.values["checks.small"] > 0).all()


def test_a_check_without_results_is_counted_in_worlds():
    model = made(
        assumptions={"free": {"value": 5, "p10": 1, "p90": 12}}, costs={"team": 1}, checks={"small": "free <= 5"}
    )
    assert simulate(model, Draws(count=1_000)).held["checks.small"] == pytest.approx(0.5, abs=0.01)


LEVER = {
    "workloads": {"chat": {"requests": 1_000, "tokens": {"input": 100}, "vendor": "llm", "model": "m"}},
    "levers": {"cache": {"kind": "exact_cache", "workload": "chat", "hit_share": "20%", "on": True}},
    **PRICES,
}


def test_a_lever_out_of_bounds_in_some_worlds_is_refused_by_its_number():
    model = made(LEVER)
    worlds = of_inputs(model, {"levers.cache.hit_share": np.array([20.0, 50.0, 130.0])})
    with pytest.raises(InputError, match="hit_share"):
        run(model, worlds)


@pytest.mark.parametrize(
    ("part", "said"), [("leaving", {"churn": "130%"}), ("start", {"start": -5}), ("new", {"new": -1})]
)
def test_customers_below_zero_are_refused(part, said):
    model = made(segments={"pro": {"plan": "pro", "start": 10, **said}}, plans={"pro": plan(0, 5)})
    with pytest.raises(InputError, match=rf"pro.*{part}|{part}.*pro"):
        run(model, named(model))
