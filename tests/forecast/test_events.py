"""Events in the history and ahead, by hand arithmetic; breaks that nobody declared, found and not invented."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.forecast.breaks import found, unit_prices
from pertoken.forecast.event import Event
from pertoken.forecast.events import adjusted, ahead, told_ahead
from pertoken.forecast.panel import Panel, panel_of_rows

START = date(2026, 1, 1)


def days(count):
    return tuple(str(START + timedelta(days=i)) for i in range(count))


def panel(value, **known):
    value = np.asarray(value, dtype=float)
    names = tuple(f"c{i}" for i in range(len(value)))
    return Panel(names, days(value.shape[1]), value[None], "day", np.zeros(len(value), dtype=np.int64),
                 known={name: Key.of(labels) for name, labels in known.items()})  # fmt: skip


def rng(seed=1):
    return np.random.default_rng(seed)


def test_days_of_an_outage_are_not_watched_and_no_zeros():
    made = adjusted(panel([[5, 5, 0, 0, 5]]), [Event(on=date(2026, 1, 3), kind="outage", until=date(2026, 1, 5))])
    assert np.isnan(made.panel.value[0]).tolist() == [False, False, True, True, False]
    assert made.notes == ("outage from 2026-01-03: 2 periods are not watched or brought up to the whole",)


def test_a_month_with_days_of_an_outage_is_brought_up_to_the_whole():
    monthly = panel_of_rows(["a", "a"], ["2026-01", "2026-02"], [310, 210])
    said = Event(on=date(2026, 2, 8), kind="outage", until=date(2026, 2, 15))
    assert adjusted(monthly, [said]).panel.value[0] == pytest.approx([310, 210 / 0.75])  # 7 of 28 days
    most = replace(said, until=date(2026, 2, 27))
    assert np.isnan(adjusted(monthly, [most]).panel.value[0, 1])


def test_history_is_brought_to_the_level_of_after_a_price_change():
    made = adjusted(panel([[10, 10, 10, 8, 8]]), [Event(on=date(2026, 1, 4), kind="price", level=0.8)])
    assert made.panel.value[0] == pytest.approx([8, 8, 8, 8, 8])
    assert made.notes[0] == "price on 2026-01-04: history is brought to the level of after it, x0.8 as said"


def test_an_event_moves_whom_it_is_about():
    two = panel([[10, 10, 8], [10, 10, 10]], tier=["pro", "free"])
    event = Event(on=date(2026, 1, 3), kind="price", level=0.8, where="pro")
    assert adjusted(two, [event]).panel.value == pytest.approx(np.array([[8, 8, 8], [10, 10, 10]]))
    by_name = replace(event, where="c1")
    assert adjusted(two, [by_name]).panel.value[1] == pytest.approx([8, 8, 10])
    with pytest.raises(InputError, match="of 'team', whom nobody in the history is"):
        adjusted(two, [replace(event, where="team")])


def test_the_level_of_an_event_is_found_in_the_history():
    size, count = 60, 61
    value = rng(5).lognormal(0, 1, (count, 1)) * rng(6).lognormal(0, 0.3, (count, size))
    value[:, 30:] *= 1.3
    made = adjusted(panel(value), [Event(on=START + timedelta(days=30), kind="launch")])
    (event,) = made.events
    assert event.level == pytest.approx(1.3, rel=0.04)
    assert (event.low or 9) < 1.3 < (event.high or 0)
    assert "as found in the history (P10" in made.notes[0]
    assert made.panel.value[:, :30] == pytest.approx(value[:, :30] * event.level)
    with pytest.raises(InputError, match="only 2 customers have usage before and after it; say its level"):
        adjusted(panel(value[:2]), [Event(on=START + timedelta(days=30), kind="launch")])


@given(
    level=st.floats(0.5, 2), slope=st.floats(-0.1, 0.1), half_life=st.none() | st.floats(1, 9), at=st.integers(1, 58)
)
def test_what_an_event_did_is_taken_out_to_the_last_day(level, slope, half_life, at):
    event = Event(on=START + timedelta(days=at), kind="other", level=level, slope=slope, half_life=half_life)
    flat = adjusted(panel(np.ones((1, 60))), [event]).panel.value[0]
    moved = adjusted(panel(1 / flat[None]), [event]).panel.value[0]  # what the event makes of level usage
    assert moved == pytest.approx(np.ones(60))
    assert flat[-1] == pytest.approx(1, abs=0.03)  # at the level of the last day
    age = (60 - at) / 30.4375
    left = 0.5 ** (age / half_life) if half_life else 1.0
    risen = (1 - left) * half_life / np.log(2) if half_life else age
    assert np.log(flat[0]) == pytest.approx(np.log(level) * left + slope * risen, abs=1e-3)


def test_an_event_ahead_counts_from_its_day():
    event = Event(on=date(2026, 4, 16), kind="price", level=0.8, low=0.7, high=0.9, where="pro")
    months, rows = ("2026-03", "2026-04", "2026-05"), [("acme", "pro"), ("globex", "free")]
    made = ahead([event], months, rows)
    assert np.exp(made.log) == pytest.approx(np.array([[1, 0.9, 0.8], [1, 1, 1]]), rel=1e-6)  # half of April
    drawn = np.exp(made.drawn(40_009, rng()))
    ends = [0.8 * (7 / 9) ** 0.5, 0.8 * (9 / 7) ** 0.5]
    assert np.quantile(drawn[:, 0, 2], [0.1, 0.9]) == pytest.approx(ends, rel=0.01)
    assert (drawn[:, 1] == 1).all()


def test_an_event_that_fades_comes_back_ahead():
    event = Event(on=START, kind="launch", level=2, half_life=1)
    made = ahead([event], ("2026-02", "2026-03"), [("acme",)])
    # the history ends on 1 February, 31 days after: log 2 x 2^-1.018; by the middle of March less is left
    now = np.log(2) * 0.5 ** (31 / 30.4375)
    later = np.log(2) * 0.5 ** ((31 + 28 + 15.5) / 30.4375)
    assert made.log[0, 1] == pytest.approx(later - now, abs=0.005)


def test_an_event_that_stays_changes_nothing_more_ahead():
    event = Event(on=START, kind="price", level=0.8, low=0.7, high=0.9)
    made = ahead([event], ("2026-02", "2026-03"), [("acme",)])
    assert made.log == pytest.approx(np.zeros((1, 2)))
    assert made.doubt == pytest.approx(np.zeros((1, 1, 2)))


def test_an_outage_ahead_takes_its_days():
    made = ahead([Event(on=date(2026, 4, 1), kind="outage", until=date(2026, 4, 4))], ("2026-04",), [("acme",)])
    assert np.exp(made.log) == pytest.approx(0.9)


def test_an_event_to_come_says_its_level():
    event = Event(on=date(2026, 4, 1), kind="price")
    assert adjusted(panel(np.ones((3, 20))), [event]).events == (event,)
    with pytest.raises(InputError, match="the price on 2026-04-01 says no level"):
        ahead([event], ("2026-04",), [("acme",)])


@pytest.mark.parametrize("level", [None, 2.0])
def test_an_event_before_the_history_changes_nothing(level):
    made = adjusted(panel(np.ones((3, 20))), [Event(on=START, kind="price", level=level)])
    assert (made.panel.value == 1).all()
    assert made.events == ()
    assert made.notes == ("price on 2026-01-01: it came before the history, which knows no other level",)


def test_an_event_before_the_history_that_fades_is_taken_out_of_it():
    fading = Event(on=START, kind="launch", level=4.0, half_life=0.5)
    made = adjusted(panel(np.ones((3, 60))), [fading])
    assert made.events == (fading,)
    assert np.nansum(made.panel.value[0, :10]) < np.nansum(made.panel.value[0, -10:])


def test_what_events_to_come_do_is_told_and_which_come_too_late():
    said = [
        Event(on=START, kind="price", level=0.9),
        Event(on=date(2026, 4, 5), kind="launch", level=1.15, low=1.0, high=1.4),
        Event(on=date(2026, 4, 7), kind="launch", level=2.0, half_life=1.0, where="acme"),
        Event(on=date(2026, 4, 9), kind="outage", until=date(2026, 4, 12)),
        Event(on=date(2026, 6, 1), kind="plan", level=0.5),
    ]
    assert list(told_ahead(said, ("2026-04", "2026-05"), date(2026, 3, 31))) == [
        "launch on 2026-04-05: usage is x1.15 (P10 1, P90 1.4) from then on, as said",
        "launch on 2026-04-07: usage of acme is x2 at first, as said",
        "outage on 2026-04-09: nothing is used until 2026-04-12, as said",
        "! plan on 2026-06-01: it comes after 2026-05, the last month ahead, and moves nothing here",
    ]


def test_events_need_dates():
    numbered = panel_of_rows(["a", "a"], [1, 2], [3, 4])
    with pytest.raises(InputError, match="only numbered"):
        adjusted(numbered, [Event(on=START, kind="price", level=0.9)])


def stationary(seed, customers=47, size=84, shock=0.1):
    """Customers with levels, weeks, zeros, bursts and a shared shock of each day; nothing happens."""
    draw = rng(seed)
    level = draw.lognormal(3, 1.2, (customers, 1))
    week = np.where(np.arange(size) % 7 >= 5, 0.4, 1.0)
    shared = draw.lognormal(0, shock, size)
    idle = draw.random((customers, size)) < draw.beta(1, 4, (customers, 1))
    return np.where(idle, 0.0, level * week * shared * draw.gamma(2, 0.5, (customers, size)))


def test_nothing_is_found_in_95_of_100_panels_where_nothing_happened():
    wrong = sum(bool(found(panel(stationary(seed)), rng=rng(seed))) for seed in range(200))
    assert wrong <= 10  # 5 % of 200


def test_a_break_that_nobody_declared_is_found_and_asked_about():
    hits = 0
    for seed in range(20):
        value = stationary(1_000 + seed)
        value[:, 45:] *= 1.7
        told = found(panel(value), rng=rng(seed))
        hits += any(abs(days(84).index(one.on) - 45) <= 3 and 1.4 < one.ratio < 2.1 for one in told)
    assert hits >= 18
    assert "Was there a price change, a new plan, a launch?" in told[0].question
    assert "rose by" in str(told[0])


def test_a_change_within_thirty_days_is_asked_about_and_none_is_invented():
    asked = wrong = 0
    for seed in range(60):
        value = stationary(2_000 + seed, customers=101, size=30, shock=0.03)
        wrong += bool(found(panel(value), rng=rng(seed)))
        value[:, 16:] *= 0.6
        told = found(panel(value), rng=rng(seed))
        asked += any(abs(days(30).index(one.on) - 16) <= 3 and 0.45 < one.ratio < 0.8 for one in told)
    assert asked >= 45
    assert wrong <= 5


def swinging(draw, size, shock, stays):
    """A log that swings by `shock`, of which a part stays from day to day."""
    shared = draw.normal(0, shock, size)
    for day in range(1, size):
        shared[day] = stays * shared[day - 1] + np.sqrt(1 - stays**2) * shared[day]
    return shared


def lasting(seed, stays, shock=0.05):
    """75 days of customers who share shocks, a part of which stays from day to day."""
    draw = rng(3_000 + seed)
    shared = swinging(draw, 75, shock, stays)
    week = np.where(np.arange(75) % 7 >= 5, 0.6, 1.0)
    return draw.lognormal(6, 1.2, (31, 1)) * week * np.exp(shared + draw.normal(0, 0.5, (31, 75)))


@pytest.mark.parametrize(("stays", "least"), [(0.0, 44), (0.7, 34)])
def test_in_75_days_a_step_of_30_percent_is_found_and_none_is_invented(stays, least):
    asked = wrong = 0
    for seed in range(60):
        value, at = lasting(seed, stays), 25 + seed % 25
        wrong += bool(found(panel(value), rng=rng(seed)))
        value[:, at:] *= 1.3 if seed % 2 else 1 / 1.3
        asked += any(abs(days(75).index(one.on) - at) <= 3 for one in found(panel(value), rng=rng(seed)))
    assert wrong <= 2
    assert asked >= least


@pytest.mark.parametrize("shock", [0.05, 0.1, 0.2])
def test_swings_of_everybody_that_stay_for_ten_days_are_asked_about_in_one_panel_of_twenty(shock):
    wrong = sum(bool(found(panel(lasting(seed, np.exp(-1 / 10), shock)), rng=rng(seed))) for seed in range(100))
    assert wrong <= 5


@pytest.mark.parametrize(("size", "shock"), [(84, 0.02), (84, 0.05), (84, 0.1), (35, 0.05), (35, 0.1)])
def test_a_unit_price_that_swings_for_all_is_no_step_of_it_in_nineteen_of_twenty_panels(size, shock):
    wrong = 0
    for seed in range(100):
        draw, value = rng(6_000 + seed), stationary(6_000 + seed, customers=23, size=size)
        swings = swinging(draw, size, shock, np.exp(-1 / 10)) + draw.normal(0, 0.1, (23, size))
        prices = unit_prices(panel(value), value * draw.lognormal(0, 0.5, (23, 1)) * np.exp(swings))
        wrong += bool(found(prices, rng=rng(seed), of="price"))
    assert wrong <= 5


def test_a_break_that_was_declared_is_not_told_again():
    value = stationary(7)
    value[:, 45:] *= 0.5
    assert len(found(panel(value), rng=rng(7))) == 1
    declared = Event(on=START + timedelta(days=45), kind="price", level=0.5)
    assert found(panel(value), [declared], rng=rng(7)) == ()
    assert found(adjusted(panel(value), [declared]).panel, rng=rng(7)) == ()


def test_steady_growth_is_no_break():
    grown = stationary(11) * np.exp(np.arange(84) * 0.01)
    assert found(panel(grown), rng=rng(11)) == ()


def test_too_little_history_has_no_breaks():
    value = stationary(3)
    assert found(panel(value[:, :27]), rng=rng()) == ()
    assert found(panel(value[:2]), rng=rng()) == ()


def test_an_outage_that_began_before_the_history_goes_on_in_it():
    made = adjusted(panel(np.ones((1, 5))), [Event(on=date(2025, 12, 30), kind="outage", until=date(2026, 1, 3))])
    assert np.isnan(made.panel.value[0]).tolist() == [True, True, False, False, False]


def priced(seed, step=1.0, at=45, noise=0.1, size=84):
    """What 23 customers paid for a unit: a price of their own mix of models, which moves with each day's mix."""
    draw = rng(seed)
    value = stationary(seed, customers=23, size=size)
    price = draw.lognormal(0, 0.5, (23, 1)) * np.exp(draw.normal(0, noise, (23, size)))
    price[:, at:] *= step
    return unit_prices(panel(value), value * price)


def test_a_step_of_a_tenth_in_unit_price_alone_is_found_and_asked_about():
    hits = 0
    for seed in range(20):
        told = found(priced(4_000 + seed, step=1.1), rng=rng(seed), of="price")
        hits += any(abs(days(84).index(one.on) - 45) <= 2 and 1.06 < one.ratio < 1.14 for one in told)
    assert hits >= 18
    assert "a unit's price in the log rose by" in told[0].question
    assert "Did prices change?" in told[0].question


def test_no_change_of_price_is_invented():
    wrong = sum(bool(found(priced(5_000 + seed), rng=rng(seed), of="price")) for seed in range(60))
    assert wrong <= 4
    assert found(priced(1, noise=0.0), rng=rng(1), of="price") == ()  # the dust of floats is no change


def test_a_list_price_that_changes_for_all_on_one_day_is_found_exactly():
    (one,) = found(priced(2, step=0.8, noise=0.0), rng=rng(2), of="price")
    assert (one.on, round(one.ratio, 9), one.share) == (days(84)[45], 0.8, 1.0)


def test_what_nobody_paid_or_used_has_no_unit_price():
    made = unit_prices(panel(np.array([[2.0, 0.0, 4.0]])), np.array([[3.0, 1.0, 0.0]]))
    assert made.value.tolist() == pytest.approx(np.array([[1.5, np.nan, np.nan]]), nan_ok=True)
