"""Any cards as a tariff: the same money as the exact rating of the books, world by world."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from pertoken.connect.cards import card_from
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.forecast.migration.ahead import forecast_ahead, leaving_ahead
from pertoken.forecast.migration.arrayed import ArrayTariff, tariff_of
from pertoken.forecast.migration.tariff import RatedTariff, rated_tariff
from pertoken.forecast.population import Forecastable, Law, Population, Shared
from pertoken.rating.rate import amount, rate

MONTHS = ("2027-01", "2027-02", "2027-03")
NAMES = ("zeta", "acme")
CELLS = {"meter": Key.of(["input_tokens", "output_tokens"])}
MIX = np.array([[0.8, 0.2], [0.5, 0.5]])
HYBRID = {
    "plan": "hybrid",
    "prices": {
        "platform": {"curve": [{"flat": 30}]},
        "overage": {"measure": {"sum": "total_tokens", "window": "month"}, "convert": {"per": 1000},
                    "curve": [{"rate": "0.004"}]},
    },
    "pools": {"bundle": {"unit": "tokens", "grant": 10_000_000, "every": "month", "price": 20,
                         "eligible": ["overage"], "unused": "forfeit"}},
}  # fmt: skip


def tariff(*cards, known=None):
    return rated_tariff([card_from(each) for each in cards], NAMES, MONTHS, mix=MIX, cells=CELLS, known=known)


def test_it_charges_what_the_books_would():
    usage = np.random.default_rng(1).integers(0, 40_000_000, (3, 2, 3)).astype(float) // 10 * 10
    found = tariff(HYBRID)(usage, np.array([0, 1]))
    for world in usage:
        rows = [
            (who, month, meter, int(world[i, t] * MIX[i, c]))
            for i, who in enumerate(NAMES)
            for t, month in enumerate(MONTHS)
            for c, meter in enumerate(("input_tokens", "output_tokens"))
        ]
        who, month, meter, quantity = zip(*rows, strict=True)
        lines = Usage(
            {"customer": Key.of(who), "month": Key.of(month), "meter": Key.of(meter)},
            {"quantity": np.array([Decimal(q) for q in quantity], dtype=object)},
        )
        ledger = rate(lines, [card_from(HYBRID)], span=(date(2027, 1, 1), date(2027, 4, 1))).ledger
        exact = {
            (r["customer"], r["month"]): r["amount"]
            for r in amount(ledger, "effective").fold(["customer", "month"]).records()
        }
        idle = {
            (r["customer"], r["month"]): r["amount"]
            for r in ledger.where(stage="unused").fold(["customer", "month"]).records()
        }
        at = next(d for d, each in enumerate(usage) if each is world or (each == world).all())
        for i, name in enumerate(NAMES):
            for t, label in enumerate(MONTHS):
                assert found.total[at, i, t] == pytest.approx(float(exact[name, label]), abs=1e-9)
                assert found.idle[at, i, t] == pytest.approx(float(idle.get((name, label), 0)), abs=1e-9)


def test_customers_may_be_asked_for_in_any_order():
    usage = np.array([[[1e6, 2e7, 3e7], [4e7, 5e6, 6e6]]])
    every, one = tariff(HYBRID)(usage, np.array([0, 1])), tariff(HYBRID)(usage[:, ::-1], np.array([1, 0]))
    np.testing.assert_allclose(one.total[:, ::-1], every.total)


def test_without_usage_the_fee_and_the_bundle_are_left():
    found = tariff(HYBRID)(np.zeros((1, 2, 3)), np.array([0, 1]))
    assert found.total.tolist() == [[[50.0] * 3] * 2]
    assert found.idle.tolist() == [[[20.0] * 3] * 2]


def test_cards_are_told_apart_by_what_customers_are():
    free = {
        "plan": "free",
        "where": 'tier == "free"',
        "prices": {"a": {"measure": {"sum": "total_tokens"}, "curve": [{"rate": 0}]}},
    }
    paid = {
        "plan": "paid",
        "where": 'tier == "paid"',
        "prices": {"a": {"measure": {"sum": "total_tokens"}, "curve": [{"rate": 1}]}},
    }
    made = tariff(free, paid, known={"tier": Key.of(["paid", "free"])})
    assert made(np.full((1, 2, 3), 7.0), np.array([0, 1])).total.tolist() == [[[7.0] * 3, [0.0] * 3]]


def test_an_account_without_customers_cannot_be_moved():
    account = {
        "plan": "all",
        "scope": [],
        "prices": {"a": {"measure": {"sum": "total_tokens"}, "curve": [{"rate": 1}]}},
    }
    with pytest.raises(InputError, match="customers can only move one by one"):
        tariff(account)


def forecastable(**more):
    """Two customers at 100 and 10 a month, certain but for what is said."""
    level = np.repeat([[100.0], [10.0]], 3, axis=1)
    said = {"noise": np.zeros(2), "walk": np.zeros(2), "idle": np.zeros(2), "alive": np.ones(2)} | more
    people = Population(
        names=NAMES, segment=np.zeros(2, np.int32), plan=np.zeros(2, np.int32), group=np.zeros(2, np.int32),
        age=np.array([1, 5]), shares=np.array([0.1, 0.5, 0.9]), level=said.pop("level", level), mix=MIX,
        cost=np.zeros(2), bound=np.array([1, 3]), whales=np.arange(0), noise=said["noise"], walk=said["walk"],
        idle=said["idle"], alive=said["alive"],
    )  # fmt: skip
    law = Law("all", np.array([0.5, 0.3, 0.1]), 0.0, np.array([0.0, 0.0, 0.5]), np.ones(3), 0.0, 0.0, 0.0, 0.0,
              MIX[0], 0.0, 0, np.zeros(4, np.int32))  # fmt: skip
    shared = Shared(
        growth=np.log(1.1) * np.arange(1, 5)[None], error=said.get("error", 0.0), lasting=0.5,
        shock=said.get("shock", 0.0),
        shock_stays=0.5, segment_shock=0.0, level=np.array([said.get("together", 0.0)]), leave=0.0,
        arrivals=np.zeros((1, 4)), arrivals_error=np.zeros(4), arrivals_size=1.0,
    )  # fmt: skip
    return Forecastable(tuple(f"2027-0{m}" for m in range(1, 5)), people, (law,), shared)


def test_certain_usage_ahead_is_level_times_growth_times_ramp():
    """Aged 1: the ramp of e^0.5 comes with the second month; aged 5 it has been gone through."""
    made = forecast_ahead(forecastable(), draws=16, seed=1)(np.array([0, 1]))
    growth = 1.1 ** np.arange(1, 5)
    np.testing.assert_allclose(made[0, 0], 100 * growth * np.exp([0, 0.5, 0.5, 0.5]))
    np.testing.assert_allclose(made[:, 1], np.repeat(10 * growth[None], 16, axis=0))


def test_what_a_world_shares_moves_all_its_customers():
    of = forecastable(shock=0.2, error=0.1)
    made = np.log(forecast_ahead(of, draws=512, seed=1)(np.array([0, 1])))
    apart = made - made.mean(axis=0)
    np.testing.assert_allclose(apart[:, 0], apart[:, 1], atol=1e-9)
    months = np.cumsum(0.5 ** np.arange(4))
    shocks = 0.04 * np.cumsum(0.25 ** np.arange(4))
    np.testing.assert_allclose(apart[:, 0].std(axis=0), np.sqrt(0.01 * months**2 + shocks), rtol=0.1)


def test_a_customers_own_noise_keeps_the_mean():
    of = forecastable(noise=np.full(2, 0.4), walk=np.full(2, 0.1), idle=np.array([0.0, 0.25]))
    made = forecast_ahead(of, draws=16_384, seed=1)(np.array([1]))
    np.testing.assert_allclose(made[:, 0].mean(axis=0), 0.75 * 10 * 1.1 ** np.arange(1, 5), rtol=0.03)
    assert (made == 0).mean() == pytest.approx(0.25, abs=0.01)


def test_levels_that_move_together_are_ranked_alike():
    level = np.array([[50.0, 100.0, 200.0], [5.0, 10.0, 20.0]])
    made = forecast_ahead(forecastable(level=level, together=1.0), draws=64, seed=1)(np.array([0, 1]))[..., 0]
    np.testing.assert_allclose(made[:, 0], 10 * made[:, 1])
    alone = forecast_ahead(forecastable(level=level), draws=512, seed=1)(np.array([0, 1]))[..., 0]
    assert abs(np.corrcoef(np.log(alone.T))[0, 1]) < 0.15


def test_leaving_follows_age_contract_and_silence():
    """Bound for 1 and 3 months; aged 1 and 5; the second may be gone already with a chance of 0.4."""
    found = leaving_ahead(forecastable(alive=np.array([1.0, 0.6])))
    np.testing.assert_allclose(found, [[0, 0.1, 0.1, 0.1], [0.4, 0, 0, 0.1]], atol=1e-8)


FREE = {
    "plan": "free", "where": 'tier == "free"',
    "prices": {"a": {"measure": {"sum": "total_tokens"}, "convert": {"per": 1000}, "curve": [{"rate": 0}]}},
}  # fmt: skip
TIERS = {"mode": "marginal", "tiers": [{"up_to": 5000, "rate": "0.005"}, {"rate": "0.003"}]}
PAID = {
    "plan": "paid", "where": 'tier == "paid"', "clamp": {"min": 40, "window": "month"},
    "prices": {"a": {"measure": {"sum": "total_tokens", "window": "month"}, "convert": {"per": 1000}, "curve": TIERS}},
}  # fmt: skip


@pytest.mark.parametrize("cards", [(HYBRID,), (FREE, PAID)])
def test_arrays_charge_what_rating_does(cards):
    """To half a cent a line: arrays do not round the lines of an invoice."""
    known = {"tier": Key.of(["paid", "free"])}
    cards = [card_from(each) for each in cards]
    slow, fast = (make(cards, NAMES, MONTHS, mix=MIX, cells=CELLS, known=known) for make in (rated_tariff, tariff_of))
    assert isinstance(fast, ArrayTariff)
    usage = np.random.default_rng(1).lognormal(16, 1.2, (7, 2, 3))
    for rows in (np.array([0, 1]), np.array([1])):
        one, other = slow(usage[:, rows], rows), fast(usage[:, rows], rows)
        np.testing.assert_allclose(other.total, one.total, atol=0.02)
        np.testing.assert_allclose(other.idle, one.idle, atol=0.02)


def test_what_arrays_cannot_hold_is_rated():
    peak = {
        "plan": "peak",
        "prices": {"a": {"measure": {"max": "total_tokens", "every": "day"}, "curve": [{"rate": 1}]}},
    }
    assert isinstance(tariff_of([card_from(peak)], NAMES, MONTHS, mix=MIX, cells=CELLS), RatedTariff)
