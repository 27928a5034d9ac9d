"""A migration adds up: against its slow twin, in every world, and to nothing where nothing changes."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.forecast.migration import simulate
from pertoken.forecast.migration.chance import luck
from pertoken.forecast.migration.migration import SCALES, STEPS
from pertoken.forecast.migration.offer import NEVER, Offer, Wave, timetable
from pertoken.forecast.migration.priors import PRIORS
from pertoken.forecast.migration.simulate import migrate
from tests.forecast.migration import twin
from tests.forecast.migration.made import BUNDLE, METERED, MONTHS, Hybrid, drawn, plain, setting, used

OFFERS = {
    "open": Offer(),
    "forced": Offer(start="2027-03", notice=0, sunset="2027-06", wave=Wave(months=2, reach=0.7)),
    "bass": Offer(start="2027-02", notice=2, wave=Wave(kind="bass", p=0.1, q=0.4, reach=0.9)),
}


def one(traits, world):
    return SimpleNamespace(**{name: float(getattr(traits, name)[world]) for name in PRIORS})


@pytest.mark.parametrize("name", OFFERS)
def test_it_agrees_with_its_slow_twin(name):
    offer, draws = OFFERS[name], 23
    usage = used(7, draws)
    made = setting(usage, offer)
    traits = drawn(draws)
    own = luck(np.arange(7), draws, made.seed)
    found = migrate(made, traits)
    months = slice(made.times.start, len(MONTHS))
    for world in range(draws):
        before, after = np.zeros(len(MONTHS)), np.zeros(len(MONTHS))
        for i in range(7):
            told = {
                "wave": offer.wave, "times": made.times, "trait": one(traits, world), "leave": 0.02,
                "taste": own.taste[world, i], "look": own.look[world, i], "patience": own.patience[world, i],
            }  # fmt: skip
            known = usage[:, i, months].tolist()
            was, became = twin.lived(METERED, BUNDLE, known, usage[world, i].tolist(), **told)
            before, after = before + np.array(was), after + np.array(became)
        np.testing.assert_allclose(found.old[world], before, rtol=1e-9)
        np.testing.assert_allclose(found.new[world], after, rtol=1e-9)


plans = st.builds(
    Hybrid,
    fee=st.floats(0, 60),
    units=st.floats(1, 200),
    price=st.floats(0, 80),
    rate=st.floats(0, 2),
)
offers = st.builds(
    Offer,
    start=st.sampled_from(["", "2027-02", "2027-03"]),
    notice=st.integers(0, 3),
    wave=st.builds(Wave, months=st.integers(1, 6), reach=st.floats(0, 1)),
    sunset=st.sampled_from(["", "2027-03", "2027-07"]),
    grandfather_above=st.none() | st.floats(0, 0.5),
    cap=st.none() | st.floats(0, 0.5),
    cap_months=st.integers(0, 9),
)


@settings(max_examples=40, deadline=None)
@given(old=plans, new=plans, offer=offers, seed=st.integers(0, 99))
def test_the_bridge_adds_up_in_every_world_and_month(old, new, offer, seed):
    made = migrate(setting(used(5, 17, seed=seed), offer, old=old, new=new), drawn(17, seed=seed))
    steps = np.sum([made.steps[name] for name in STEPS], axis=0)
    np.testing.assert_allclose(made.old + steps, made.new, rtol=1e-9, atol=1e-9)
    # a fee of 1e-57 beside bills of 100 is lost in one order of adding up and not in the other
    np.testing.assert_allclose(made.change, made.new.sum(axis=1) - made.old.sum(axis=1), atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(plan=plans, offer=offers)
def test_the_same_plan_changes_nothing_at_all(plan, offer):
    made = migrate(setting(used(5, 17), replace(offer, cap=None), old=plan, new=plan), drawn(17))
    for value in (*made.steps.values(), made.new - made.old, made.new_cost - made.old_cost, made.optimisers):
        assert not value.any()
    assert not made.customers.asked.any()
    assert not made.customers.lost.any()
    assert not any(each.change.any() for each in made.rationality)


def test_how_customers_are_divided_into_blocks_does_not_matter(monkeypatch):
    made = setting(used(11, 13), OFFERS["forced"])
    whole = migrate(made, drawn(13))
    monkeypatch.setattr(simulate, "HELD", 13 * len(MONTHS) * 3)
    parts = migrate(made, drawn(13))
    np.testing.assert_allclose(parts.new, whole.new, rtol=1e-12)
    np.testing.assert_allclose(parts.adoption, whole.adoption)
    np.testing.assert_allclose(parts.customers.change, whole.customers.change)
    assert parts.customers.names == whole.customers.names


def test_the_end_of_the_old_plan_moves_all_but_those_who_may_keep_it():
    offer = OFFERS["forced"]
    usage = used(11, 13)
    made = migrate(replace(setting(usage, offer), kept=np.arange(11) < 2), plain(13, taste=-50.0))
    assert (made.adoption[:, MONTHS.index("2027-05")] == 0).all()
    assert made.customers.forced.tolist() == [0, 0] + [1] * 9
    assert made.customers.moved.tolist() == [0, 0] + [1] * 9


def test_a_cap_holds_new_bills_for_its_months():
    """Metered 1 a unit, so 40 for 40; then a plan of 100 flat, capped at a fifth more, for two customers."""
    flat = Hybrid(100.0, 0.0, 0.0, 0.0)
    usage = np.full((3, 2, len(MONTHS)), 40.0)
    offer = Offer(sunset="2027-01", cap=0.2, cap_months=4)
    made = migrate(setting(usage, offer, new=flat, leave=0.0), plain(3))
    assert made.new[0].tolist() == [96.0] * 4 + [200.0] * 7
    assert made.old[0].tolist() == [80.0] * 11


def test_who_moves_decides_the_sign():
    """Movers drawn by lot bring a gain, all who would save a loss: neutral on average is not neutral."""
    usage = used(60, 31)
    mean = usage.mean()
    made = migrate(setting(usage, new=Hybrid(1.05 * mean, 0.0, 0.0, 0.0)), plain(31, scale=0.05))
    assert (made.random_movers.sum(axis=1) > 0).mean() > 0.9
    assert (made.movers.sum(axis=1) < 0).all()
    assert (made.optimisers.sum(axis=1) <= made.movers.sum(axis=1) + 1e-9).all()


def test_the_less_rational_customers_are_the_more_the_dearer_plan_earns():
    usage = used(60, 31)
    made = migrate(setting(usage, new=Hybrid(2.0 * usage.mean(), 0.0, 0.0, 0.0)), plain(31))
    earned = [each.movers.mean() for each in made.rationality]
    assert [each.scale for each in made.rationality] == list(SCALES)
    assert earned == sorted(earned)
    assert earned[0] < 0 < earned[-1]


def test_signals_are_what_is_seen_in_three_months():
    """All move at once from 1 a unit to 0.7 beyond 50 for 40 a month: who uses 200 pays 145, who uses 20 pays 40."""
    usage = np.broadcast_to(np.array([200.0, 20.0])[:, None], (5, 2, len(MONTHS))).copy()
    made = migrate(setting(usage, Offer(sunset="2027-01"), leave=0.0), plain(5))
    seen = {name: value[0] for name, value in made.signals.items()}
    assert seen == {"adoption": 1.0, "bill fell": 0.5, "usage": 1.0, "churn": 0.0}
    assert made.months[made.seen] == "2027-03"


def test_margin_counts_what_the_answer_of_usage_costs():
    """Free units lift usage by a tenth in full after some months: cost rises by as much, the flat bill does not."""
    flat = Hybrid(100.0, 0.0, 0.0, 0.0)
    usage = np.full((3, 1, len(MONTHS)), 80.0)
    made = migrate(setting(usage, Offer(sunset="2027-01"), new=flat, leave=0.0), plain(3, uplift=0.1, lag=0.1))
    np.testing.assert_allclose(made.new_cost[:, -1] / made.old_cost[:, -1], np.exp(0.1), rtol=1e-4)
    np.testing.assert_allclose(made.margin_change, made.change - (made.new_cost - made.old_cost).sum(axis=1))


def test_a_timetable_outside_of_the_months_is_refused():
    assert timetable(Offer(), MONTHS).sunset == NEVER
    with pytest.raises(Exception, match="the offer starts in 2029-01; expected a month"):
        timetable(Offer(start="2029-01"), MONTHS)
    with pytest.raises(Exception, match="the old plan ends in 2029-01"):
        timetable(Offer(sunset="2029-01"), MONTHS)
