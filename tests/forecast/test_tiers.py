"""Tiers: customers who change their plan are added up under the one that they are on in each month."""

from dataclasses import replace

import numpy as np
import pytest

from pertoken.core.keys import Key
from pertoken.forecast.promises import Promises
from pertoken.forecast.sharded import simulate_sharded
from pertoken.forecast.simulate import simulate
from pertoken.forecast.tariff import tariffs
from pertoken.forecast.tiers import NOWHERE, tiers
from tests.forecast.population import TIERS, converting, population
from tests.forecast.test_kernel import BUNDLE, same, twin_sums
from tests.forecast.test_replayed import both
from tests.made import card

FREE = "card: free\nscope: [customer]\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}"
UP = [[0.0, 0.2, 0.0], [0.0, 0.0, 0.1], [0.0, 0.0, 0.0]]
"""Chances of a month to go from free to pro, and from pro to enterprise."""


def upgrading(**about):
    """Everybody begins on the first of three plans; there are a named customer and the others."""
    model = converting(population(months=6, groups=2, **about), UP)
    return replace(model, groups={"plan": Key.of(["free", "free"]), "customer": Key.of(["", "acme"])})


def placed(model):
    nobody = Promises.none(len(model.people.names), len(model.months))
    return tiers(model, ["free", "pro", "enterprise"], nobody)


def priced(model):
    plans = {"free": card(FREE), "pro": card(TIERS), "enterprise": card(BUNDLE)}
    return tariffs(plans, model.cells, model.months)


def test_a_group_has_a_place_for_each_plan_that_leads_on_from_its_own():
    model = upgrading()
    made = placed(model)
    assert made.place.tolist() == [[0, 2, 3], [1, 4, 5]]
    assert made.groups["plan"].column().tolist() == ["free", "free", "pro", "enterprise", "pro", "enterprise"]
    assert made.groups["customer"].column().tolist() == ["", "acme", "", "", "acme", "acme"]
    down = placed(converting(model, np.array(UP).T))
    assert down.place.tolist() == [[0, NOWHERE, NOWHERE], [1, NOWHERE, NOWHERE]]


def test_who_changes_to_the_plan_of_another_group_is_added_up_there():
    model = upgrading()
    some = replace(model, groups={"plan": Key.of(["free", "pro"])})
    people = replace(model.people, plan=model.people.group)
    made = placed(replace(some, people=people))
    assert made.place.tolist() == [[0, 1, 2], [NOWHERE, 1, 2]]


@pytest.mark.parametrize("arrivals", [1.0, 40.0])
def test_parts_by_the_plan_of_the_month_are_those_of_the_twin(arrivals):
    model = upgrading(customers=5, arrivals=arrivals, back=0.1)
    same(simulate(model, priced(model), paths=20, seed=3), twin_sums(model, priced(model)))


def test_parts_add_up_to_what_they_were_without_plans_to_the_cent_in_each_path():
    model = upgrading()
    alone = replace(model, groups={"customer": model.groups["customer"]})
    apart, whole = (simulate(each, priced(each), paths=20, seed=3) for each in (model, alone))
    assert whole.money().sum() > 500
    assert apart.money().sum(axis=2) == pytest.approx(whole.money().sum(axis=2), abs=0.005)
    assert (apart.sums["customers"].sum(axis=2) == whole.sums["customers"].sum(axis=2)).all()


def test_the_free_plan_brings_nothing_however_many_leave_it():
    found = simulate(upgrading(), priced(upgrading()), paths=20, seed=3)
    plan = found.groups["plan"].column()
    assert found.money()[:, :, plan == "free"].sum() == 0
    assert found.money()[:, :, plan == "pro"].sum() > 0
    free = found.sums["customers"][:, :, plan == "free"].sum(axis=2).mean(axis=0)
    assert free[-1] < free[0]


def test_line_by_line_the_plan_of_the_month_is_the_same():
    one, two = TIERS + "where: plan == 'one'\n", BUNDLE.replace("card: bundle", "card: two\nwhere: plan == 'two'")
    model = replace(converting(population(months=6, groups=1), [[0, 0.2], [0.1, 0]]), groups={"plan": Key.of(["x"])})
    fast, slow = both(model, [one, two])
    assert fast.groups["plan"].column().tolist() == slow.groups["plan"].column().tolist() == ["x", "two"]
    assert slow.money("billed") == pytest.approx(fast.money("billed"), rel=1e-5, abs=0.02)


def test_shards_put_those_who_change_plan_in_the_same_places():
    model = upgrading()
    people = replace(model.people, plan=np.arange(11, dtype=np.int32) % 3)  # not all plans are in each shard
    model = replace(model, people=replace(people, group=np.zeros(11, dtype=np.int32)))
    whole = simulate(model, priced(model), paths=20, seed=3)
    parts = simulate_sharded(model, priced(model), paths=20, seed=3, shard=2, jobs=1)
    assert parts.groups["plan"].column().tolist() == whole.groups["plan"].column().tolist()
    assert parts.money() == pytest.approx(whole.money(), rel=1e-5, abs=0.005)
