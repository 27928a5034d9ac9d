"""Contracts in the simulation: renewed by chance, settled by days, ramped; against closed forms and the twin."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.forecast.agreed import Invoiced, Terms, agreed
from pertoken.forecast.agreement import Agreement
from pertoken.forecast.population import FACTORS
from pertoken.forecast.promised import lifted, promised
from pertoken.forecast.promises import Promises
from pertoken.forecast.replayed import Books, replayed
from pertoken.forecast.replayed import listed as by_line
from pertoken.forecast.settlement import settled
from pertoken.forecast.sharded import simulate_sharded
from pertoken.forecast.signed import SIGNED, SignedPrior, headed, joined, level_of, listed
from pertoken.forecast.simulate import pick, simulate
from pertoken.forecast.tariff import tariffs
from pertoken.forecast.tariff_bill import bill, billed
from pertoken.forecast.under_contract import losses
from tests.forecast.population import MONTHS, TIERS, converting, population
from tests.forecast.test_kernel import BUNDLE, same, twin_sums
from tests.made import card

FIRST = date(2027, 1, 1)
STEADY = ("growth", "shocks", "level", "leaving", "arrivals", "whales", "customers")
"""All but renewals."""


def contract(customer="c0", start=date(2026, 1, 1), end=date(2027, 3, 1), **more):
    said = {"card": "x", "signed": start, "committed": Decimal(1), "renewal": 0.7} | more
    return Agreement(customer=customer, start=start, end=end, **said)


def steady(months=5, **more):
    """Customers who neither grow nor leave of their own accord."""
    model = population(months=months, spread=0.0, arrivals=0.0, alive=1.0, segments=1, age=0, groups=1, **more)
    law = replace(model.laws[0], leave=np.zeros(1))
    people = replace(model.people, level=np.round(model.people.level))
    shared = replace(model.shared, growth=np.zeros((1, months)))
    return replace(model, laws=(law,), people=people, shared=shared)


def held_to(model, *agreements, billed=None):
    """Promises of contracts of a model's customers."""
    names = model.people.names
    invoiced = billed or Invoiced(("2026-12",), np.zeros((len(names), 1)))
    return promised(agreed(agreements, model.months, names, invoiced), model, len(names))


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.75, 1.0])
def test_expected_revenue_after_a_renewal_is_its_chance_times_what_is_paid(chance):
    model = steady()
    priced = tariffs([card(TIERS)], model.cells, model.months)
    due = held_to(model, contract(committed=Decimal(0), renewal=chance))
    months = np.broadcast_to(model.people.level[:, 4][:, None], (11, 5))[None]
    each = bill(priced, 0, model.people.mix, np.ascontiguousarray(months))[0]
    stays = np.array([1, 1, chance, chance, chance])  # it ends on the first of March, and would be over again in 2028
    wanted = each.sum(axis=0) - each[0] * (1 - stays)
    found = simulate(model, priced, paths=1_280, seed=3, held=STEADY, promises=due)
    assert found.money().sum(axis=2).mean(axis=0) == pytest.approx(wanted, rel=1e-4)
    assert found.sums["customers"].sum(axis=2).mean(axis=0) == pytest.approx(10 + stays, abs=1e-2)
    middle = simulate(model, priced, paths=1, seed=3, held=FACTORS, promises=due)  # expected, not drawn
    assert middle.money().sum(axis=2)[0] == pytest.approx(wanted, rel=1e-4)


def test_a_contract_that_is_renewed_for_sure_is_charged_as_if_it_never_ended():
    model = steady(months=7)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    much = {"committed": Decimal(90_000), "per": "month"}
    short = held_to(model, contract(renewal=1.0, **much))
    long = held_to(model, contract(end=date(2028, 1, 1), **much))
    one, two = (simulate(model, priced, paths=1, seed=3, held=FACTORS, promises=each) for each in (short, long))
    assert one.money().tolist() == two.money().tolist()
    assert one.sums["minimum"].sum() > 7 * 80_000


def test_a_contract_that_is_not_renewed_ends_with_its_commitment_and_its_customer():
    model = steady()
    priced = tariffs([card(TIERS)], model.cells, model.months)
    due = held_to(model, contract(renewal=0.0, committed=Decimal(90_000), per="month"))
    found = simulate(model, priced, paths=1, seed=3, held=FACTORS, promises=due)
    paid = bill(priced, 0, model.people.mix[:1], model.people.level[:1, 4:5][:, :, None] * np.ones(5))[0, 0]
    assert found.sums["minimum"].sum(axis=(0, 2)) == pytest.approx([*(90_000 - paid[:2]), 0, 0, 0], abs=0.005)
    assert found.sums["customers"].sum(axis=(0, 2)).tolist() == [11, 11, 10, 10, 10]


def test_where_nobody_said_a_chance_it_is_that_to_stay_for_as_long():
    model = steady(months=7)
    leave = np.array([0.05, 0.04, 0.03])
    model = replace(model, laws=(replace(model.laws[0], leave=leave),))
    due = held_to(model, contract(start=date(2026, 12, 1), end=date(2027, 3, 1), renewal=None))
    once = 0.95 * 0.96 * 0.97
    assert due.chance[0] == pytest.approx([1, 1, once, 1, 1, 0.97**3, 1])  # again after three months, now older
    assert due.unsure.tolist() == [True]


def test_of_all_paths_of_a_replicate_as_many_renew_as_should():
    due = replace(
        Promises.of(np.arange(2), ("a", "b"), 6), chance=np.array([[1, 1, 0.8, 1, 0.5, 1], [1, 1, 1, 1, 1, 1]])
    )
    lost = losses(due, np.zeros(1000), replicates=10, seed=1, held=())
    assert [(part == 2).sum() for part in np.split(lost[0], 10)] == [20] * 10
    assert [(part == 6).sum() for part in np.split(lost[0], 10)] == [40] * 10
    assert (lost[1] == 6).all()
    assert (losses(due, np.zeros(1000), replicates=10, seed=1, held=["renewals"]) == 6).all()


def test_how_fast_all_leave_moves_only_the_chances_that_nobody_said():
    made = replace(
        Promises.of(np.arange(2), ("a", "b"), 2), chance=np.full((2, 2), 0.8), unsure=np.array([True, False])
    )
    lost = losses(made, np.full(1000, 0.4), replicates=10, seed=1, held=())
    odds = 0.25 * np.exp(0.4)
    assert (lost[0] == 0).mean() == pytest.approx(odds / (1 + odds), abs=0.01)
    assert (lost[1] == 0).mean() == pytest.approx(0.2, abs=1e-9)


BUSY = population(customers=11, months=7, idle=0.1, back=0.1)


def busy(model=BUSY):
    """Contracts of every kind: renewed in the middle of a month, ramping, committed by quarter, begun later."""
    due = held_to(
        model,
        contract("c1", date(2026, 5, 17), date(2027, 2, 17), committed=Decimal(3000), per="quarter", renewal=0.5),
        contract("c4", date(2026, 11, 1), date(2027, 5, 1), committed=Decimal(900), per="month", ramp=5),
        contract("c6", date(2027, 3, 9), date(2028, 3, 9), committed=Decimal(0), renewal=0.4),
        contract("c7", date(2026, 12, 5), date(2027, 1, 20), committed=Decimal(700), per="contract", renewal=0.9),
    )
    begins = due.begins.copy()
    begins[0] = 1
    return replace(due, begins=begins)


@pytest.mark.parametrize("held", [[], ["renewals"], ["customers"], ["customers", "renewals"], ["whales"]])
@pytest.mark.parametrize("text", [TIERS, BUNDLE])
def test_contracts_in_the_compiled_simulation_are_those_of_the_twin(held, text):
    priced = tariffs([card(text)], BUSY.cells, BUSY.months)
    due = busy()
    assert ((due.lift != 1).any(), len(due)) == (True, 3)  # what ends after the months and lifts nothing is left out
    same(simulate(BUSY, priced, paths=40, seed=3, held=held, promises=due),
         twin_sums(BUSY, priced, paths=40, held=held, promises=due))  # fmt: skip


def test_who_is_under_contract_stays_on_the_plan_and_uses_no_more_for_a_change():
    model = steady(months=7, customers=11)
    moving = converting(model, [[0, 0.3], [0.2, 0]])
    due = held_to(moving, *(contract(name, end=date(2028, 1, 1)) for name in model.people.names))
    priced = tariffs([card(TIERS), card(BUNDLE)], model.cells, model.months)
    signed, still, free = (
        simulate(each, priced, paths=40, seed=3, promises=said).sums
        for each, said in ((moving, due), (model, None), (moving, None))
    )
    for name in ("driver", "list"):
        np.testing.assert_allclose(signed[name], still[name], rtol=1e-5)
        assert np.abs(free[name] / still[name] - 1).max() > 0.01


def test_contracts_among_those_who_change_their_plan_are_those_of_the_twin():
    model = converting(BUSY, [[0, 0.3], [0.2, 0]])
    priced = tariffs([card(TIERS), card(BUNDLE)], model.cells, model.months)
    same(
        simulate(model, priced, paths=40, seed=3, promises=busy()), twin_sums(model, priced, paths=40, promises=busy())
    )


def test_renewals_have_the_same_bits_on_any_number_of_threads_and_in_shards():
    priced = tariffs([card(TIERS)], BUSY.cells, BUSY.months)
    one, two = (simulate(BUSY, priced, paths=60, seed=3, threads=n, promises=busy()) for n in (1, 3))
    assert all((one.sums[name] == two.sums[name]).all() for name in one.sums)
    parts = simulate_sharded(BUSY, priced, paths=60, seed=3, shard=5, jobs=1, promises=busy())
    for name, each in one.sums.items():
        assert parts.sums[name] == pytest.approx(each, rel=1e-5, abs=1e-6 * np.abs(each).max())


@settings(max_examples=25, deadline=None)
@given(
    start=st.dates(date(2026, 2, 1), date(2027, 2, 25)),
    days=st.integers(33, 500),
    committed=st.integers(1, 4000),
    per=st.sampled_from(["month", "quarter", "year", "contract"]),
    seed=st.integers(0, 999),
)
def test_terms_that_begin_and_end_inside_a_month_are_settled_by_days(start, days, committed, per, seed):
    """The oracle is `settled`, which goes term by term in NumPy."""
    end = date.fromordinal(start.toordinal() + days)
    model = steady()
    each = contract("c0", start, end, committed=Decimal(committed), per=per, renewal=1.0)
    past = Invoiced(("2026-11", "2026-12"), np.random.default_rng(seed).uniform(0, 900, (11, 2)))
    made = agreed([each], model.months, model.people.names, past)
    signed_only = Terms(*(getattr(made.renewed, each.name)[:0] for each in fields(Terms)))
    made = replace(made, renewed=signed_only)
    ends = made.terms.expires[made.terms.expires < 5].tolist()
    assume(len(set(ends)) == len(ends))  # two that end in one month are settled together
    due = promised(made, model, 11)
    assume(len(due))
    priced = tariffs([card(TIERS)], model.cells, model.months)
    driver = np.random.default_rng(seed).gamma(0.5, 3e5, (1, 5, 3))
    plain, found = (
        billed(priced, np.zeros(1, dtype=np.int64), priced.counts(np.ones((1, 1))), np.zeros(1, dtype=np.int64),
               driver, np.ones_like(driver), rounded=False, due=said)
        for said in (None, due.arrays(due.row[:1]))
    )  # fmt: skip
    charges = np.zeros((3, 11, 5))
    charges[:, 0] = plain.sum(axis=0)[0].T
    wanted = settled(made, charges).true_up[:, 0]
    assert pytest.approx(wanted, abs=1e-6) == (found - plain)[2, 0].T


def test_two_contracts_of_a_customer_that_follow_each_other_are_settled_one_after_the_other():
    model = steady()
    one = contract(end=date(2027, 2, 15), committed=Decimal(1000), renewal=None)
    other = contract(start=date(2027, 2, 15), end=date(2027, 5, 1), committed=Decimal(2000), renewal=1.0)
    due = held_to(model, other, one)
    assert due.due[0].tolist() == [0, 1000, 0, 2000, 0]
    assert due.counts[0] == pytest.approx([1, 0.5, 1, 1, 1])  # renewed for 75 days more, until the middle of July
    assert due.later[0] == pytest.approx([0, 0.5, 0, 0, 0])
    assert due.chance[0].tolist() == [1] * 5
    with pytest.raises(InputError, match="overlapping contracts of c0: x until 2027-02-15, x from 2027-02-14"):
        held_to(model, one, replace(other, start=date(2027, 2, 14)))


def test_a_ramp_has_the_growth_in_it_and_growth_goes_on_after():
    names = ("c0", "c1")
    each = contract(start=date(2026, 11, 1), end=date(2027, 11, 1), ramp=4)
    made = agreed([each], MONTHS[:5], names)
    growth = np.log(1.1) * np.arange(1, 6) * np.ones((2, 1))
    lift = lifted(made, growth, np.array([False, False]))
    now = 0.375  # of the second month of four
    assert lift[0] * np.exp(growth[0]) == pytest.approx([0.625 / now, 0.875 / now, 1.1 / now, 1.21 / now, 1.331 / now])
    assert lift[1].tolist() == [1] * 5


def test_who_has_signed_begins_with_the_contract_ramps_to_the_plan_and_is_doubted():
    model = population(months=12, noise=0.0, walk=0.0, arrivals=0.0, segments=1, groups=3)
    shared = replace(model.shared, error=0.0, shock=0.0, segment_shock=0.0)
    model = replace(model, shared=shared)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    each = contract("newco", date(2027, 4, 1), date(2029, 1, 1), committed=Decimal(120), per="year", ramp=2,
                    planned=Decimal(600))  # fmt: skip
    made = agreed([each], model.months, model.people.names)
    more = joined(model, made, (priced.plans, [0]), partial(listed, priced, model), SignedPrior())
    due = promised(made, more, 11)
    found = simulate(more, priced, paths=5_120, seed=3, promises=due, held=["arrivals"])
    assert found.groups["tier"].labels[-1] == SIGNED
    money, there = found.money()[:, :, -1], found.sums["customers"][:, :, -1]
    assert not money[:, :3].any()
    assert there.mean(axis=0).tolist() == [0] * 3 + [1] * 9
    level = level_of(lambda usage: listed(priced, model, 0, 0, usage, 3), 600.0)
    by_engine = partial(by_line, model, Books(((card(TIERS),),), ({},), "month"), 0, 0)
    assert level_of(lambda usage: by_engine(usage, 3), 600.0) == pytest.approx(level, rel=1e-4)
    assert bill(priced, 0, np.ones((1, 1)), np.full((1, 1, 12), level))[0, 0, 3] == pytest.approx(600)
    driver = found.sums["driver"][:, :, -1]
    low, middle, high = np.quantile(driver, [0.1, 0.5, 0.9], axis=0) / level
    growth = np.exp(model.shared.growth[0])
    assert middle[3:6] == pytest.approx([0.25, 0.75, growth[5] / growth[4]], rel=0.03)  # then its segment's growth
    assert high[3:5] / middle[3:5] == pytest.approx(np.exp(0.5 * 1.2816), rel=0.06)
    assert low[3:5] / middle[3:5] == pytest.approx(np.exp(-0.5 * 1.2816), rel=0.06)


def test_without_a_plan_the_pace_of_the_commitment_stands_in_for_it():
    names = ("c0",)
    by = {"year": 100, "quarter": 400, "month": 1200, "contract": 60}
    for per, pace in by.items():
        each = contract("newco", date(2027, 2, 1), date(2028, 10, 1), committed=Decimal(1200), per=per)
        assert agreed([each], MONTHS[:5], names).planned[1] == pytest.approx(pace)


def test_a_plan_that_never_charges_so_much_says_so():
    assert level_of(lambda usage: np.full(len(usage), 500.0), 600.0) is None  # a fee, and nothing for usage
    assert level_of(lambda usage: 500 + 2 * usage, 600.0) == pytest.approx(300)


@pytest.mark.parametrize(("planned", "factor"), [(1.0, 1.0), (4.0, 2.0), (0.25, 0.5), (1e9, 4.0)])
def test_who_is_in_the_middle_of_a_ramp_heads_for_the_plan_by_the_part_that_is_ahead(planned, factor):
    """Half of the ramp is over, so that the plan counts by a half: four times what usage says is twice in the end."""
    model = steady(months=4)
    name = model.people.names[0]
    told = agreed([contract(name, start=date(2026, 11, 16), end=date(2027, 12, 1), ramp=2)], model.months, [name])
    told = replace(told, ramp=np.array([[0.75, 1.0, 1.0, 1.0]]), ramp_now=np.array([0.5]))
    present = float(np.interp(0.5, model.people.shares, model.people.level[0]))
    told = replace(told, planned=np.array([planned * 2 * present]))

    def worth(_plan, _segment, usage, _month):
        return usage

    model = replace(model, people=pick(model, np.array([0])).people)
    made = headed(model, told, {name}, worth)
    assert made.growing[0] == pytest.approx([1.5 * factor**0.5, *[2 * factor] * 3], rel=0.02)
    assert headed(model, told, {"another"}, worth).growing[0] == pytest.approx([1.5, 2, 2, 2])


def moving(month=2, *, day=1, old=Decimal(0), new=Decimal(0), **more):
    """Customer 0 has signed for plan `two` from a month on, and is on `one` under a contract until then."""
    start = date(2027, 1 + month, day)
    first = contract(card="one", end=start, committed=old, renewal=1.0)
    then = contract(card="two", start=start, end=date(2029, 1, 1), committed=new, per="month", renewal=1.0)
    model = steady(**more)
    names = model.people.names
    made = agreed([first, then], model.months, names, Invoiced(("2026-12",), np.zeros((len(names), 1))))
    return model, promised(made, model, len(names), plans={"one": [0], "two": [1]})


def two_plans(model):
    return tariffs({"one": card(TIERS), "two": card(BUNDLE)}, model.cells, model.months)


def test_a_contract_on_another_card_changes_the_plan_from_its_first_month_on():
    model, due = moving(old=Decimal(70_000))
    assert due.plan.tolist() == [[-1, -1, 1, 1, 1]]
    model = replace(model, groups={"plan": Key.of(["one"])})
    found = simulate(model, two_plans(model), paths=1, seed=3, held=FACTORS, promises=due)
    plan = found.groups["plan"].column().tolist()
    assert plan == ["one", "two"]
    assert found.sums["customers"][0].tolist() == [[11, 0]] * 2 + [[10, 1]] * 3
    used, there = model.people.level[None, :, 4:5] * np.ones(5), np.array([[[0.0, 0, 1, 1, 1]]])
    others = bill(two_plans(model), 0, model.people.mix, used)[0]
    fresh = bill(two_plans(model), 1, model.people.mix[:1], used[:, :1] * there, here=there)[0, 0]
    assert found.money()[0, :, 1] == pytest.approx(fresh, abs=0.02)
    missing = 70_000 - others[0, :2].sum()  # of the first contract, whose last month is the second
    paid = others[1:].sum(axis=0) + others[0] * [1, 1, 0, 0, 0] + [0, missing, 0, 0, 0]
    assert found.money()[0, :, 0] == pytest.approx(paid, abs=0.1)
    assert fresh[2:].sum() != pytest.approx(others[0, 2:].sum(), rel=0.01)  # else nothing would be told apart


@pytest.mark.parametrize("day", [1, 15, 16])
def test_a_commitment_is_held_against_what_is_billed_on_both_plans(day):
    model, due = moving(day=day, old=Decimal(70_000), new=Decimal(8_000))
    priced = two_plans(model)
    found = simulate(model, priced, paths=20, seed=3, promises=due)
    same(found, twin_sums(model, priced, promises=due))
    assert found.sums["minimum"].max() > 50_000
    steadily = simulate(model, priced, paths=20, seed=3, held=STEADY, promises=due)
    certain = simulate(model, priced, paths=1, seed=3, held=FACTORS, promises=due)
    assert certain.money()[0] == pytest.approx(steadily.money()[0], abs=0.1)


def test_the_day_by_which_most_of_a_month_is_left_decides_its_plan():
    assert moving(day=16)[1].plan.tolist() == [[-1, -1, 1, 1, 1]]  # 16 of 31 days
    assert moving(day=18)[1].plan.tolist() == [[-1, -1, -1, 1, 1]]


def test_a_contract_on_the_plan_that_its_customer_is_on_changes_nothing():
    model, _ = moving()
    names = model.people.names
    again = contract(card="one", start=date(2027, 3, 1), end=date(2028, 3, 1))
    made = agreed([again], model.months, names)
    assert made.changes == ((0, 2, "one"),)
    assert (promised(made, model, len(names), plans={"one": [0]}).plan == -1).all()


def test_a_renewal_on_one_of_the_cards_of_a_plan_leaves_its_customer_on_all_of_them():
    model, _ = moving()
    names = model.people.names
    again = contract(card="one", start=date(2027, 3, 1), end=date(2028, 3, 1))
    made = agreed([again], model.months, names)
    assert (promised(made, model, len(names), plans={"one": [1, 0]}).plan == -1).all()
    assert promised(made, model, len(names), plans={"one": [1, 2]}).plan[0].tolist() == [-1, -1, 1, 1, 1]


def test_a_contract_that_begins_after_the_log_and_before_the_first_month_changes_the_plan_at_once():
    model, _ = moving()
    names = model.people.names
    soon = contract(card="two", start=date(2026, 12, 25), end=date(2028, 1, 1))
    made = agreed([soon], model.months, names, after=date(2026, 12, 21))
    assert promised(made, model, len(names), plans={"two": [1]}).plan[0].tolist() == [1] * 5
    assert agreed([soon], model.months, names, after=date(2026, 12, 26)).changes == ()  # the log knows


def test_of_two_contracts_that_lead_in_the_same_month_the_later_one_tells():
    model, _ = moving()
    names = model.people.names
    first = contract(card="two", start=date(2027, 3, 1), end=date(2027, 3, 10))
    then = contract(card="another", start=date(2027, 3, 10), end=date(2028, 3, 1))
    made = agreed([then, first], model.months, names)
    due = promised(made, model, len(names), plans={"two": [1], "another": [2]})
    assert due.plan[0].tolist() == [-1, -1, 2, 2, 2]


def test_line_by_line_a_contract_changes_the_plan_as_by_the_arrays():
    model, due = moving(old=Decimal(70_000), new=Decimal(8_000))
    known = ({"plan": "one"}, {"plan": "two"})
    cards = {"one": TIERS + "where: plan == 'one'\n", "two": BUNDLE + "where: plan == 'two'\n"}
    plans = {name: card(text) for name, text in cards.items()}
    priced = tariffs(plans, model.cells, model.months, known=known)
    books = Books(tuple((each,) for each in plans.values()), known, "month")
    fast = simulate(model, priced, paths=20, seed=3, promises=due)
    slow = replayed(model, priced, books, paths=20, seed=3, promises=due)
    for name in ("list", "minimum", "customers", "drawn"):
        assert slow.sums[name] == pytest.approx(fast.sums[name], rel=1e-5, abs=0.02), name
