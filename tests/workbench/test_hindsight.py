"""What earlier forecasts would have charged: usage rated by the cards, against what came, rated by the same."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.forecast.scored import rates
from pertoken.rating.rate import amount, rate

pytestmark = pytest.mark.xdist_group("forecast")  # one process compiles the simulation

LINEAR = "{plan: linear, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.002}]}}}"
TIERS = """
plan: tiers
prices:
  tokens:
    measure: {sum: total_tokens}
    curve: {mode: marginal, tiers: [{up_to: 20_000, rate: 0}, {up_to: 60_000, rate: 0.004}, {rate: 0.0015}]}
"""
DAYS = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-12"))
WHO = 13
HORIZON = 7
MONTH = 30.4375


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Thirteen customers over ten weeks, who use every day; small ones are on another tier."""
    path = tmp_path_factory.mktemp("hindsight")
    rng = np.random.default_rng(5)
    used = (np.geomspace(200, 9_000, WHO)[:, None] * rng.lognormal(0, 0.3, (WHO, len(DAYS)))).astype(int)
    lines = ["day,customer,tier,input_tokens,output_tokens"]
    for i, row in enumerate(used):
        lines += [f"{day},c{i:02},{'small' if i < 5 else 'large'},{n},0" for day, n in zip(DAYS, row, strict=True)]
    (path / "log.csv").write_text("\n".join(lines) + "\n")
    (path / "linear.yaml").write_text(LINEAR)
    (path / "tiers.yaml").write_text(TIERS)
    return path, used


def scored(path, card, **more):
    told: dict[str, Any] = {"horizon": HORIZON, "history": (30,), "origins": 3, "draws": 100, "peers": ("lognormal",)}
    return pt.backtest(str(path / "log.csv"), card=[str(path / card)], **told, **more)


def test_at_one_price_revenue_of_a_segment_is_off_by_as_much_as_its_usage(desk):
    path, _ = desk
    made = scored(path, "linear.yaml", by=("tier",))
    for tier in ("small", "large"):
        parts = made.scored.segments.where(segment=tier), made.money.where(of=tier)
        usage, money = (rates(lines, ["forecaster"]) for lines in parts)
        for name in ("crps", "wape", "bias", "coverage"):
            np.testing.assert_allclose(getattr(money, name), getattr(usage, name), rtol=1e-5, err_msg=f"{tier} {name}")
    whole = made.scored.totals.where(of="there").values["actual"].sum()
    assert made.scored.segments.values["actual"].sum() == pytest.approx(whole)


def test_at_one_price_revenue_is_off_by_as_much_as_usage(desk):
    path, _ = desk
    made = scored(path, "linear.yaml")
    usage, money = (rates(lines, ["forecaster"]) for lines in (made.scored.totals.where(of="there"), made.money))
    for name in ("crps", "wape", "bias", "coverage"):
        np.testing.assert_allclose(getattr(money, name), getattr(usage, name), rtol=1e-5, err_msg=name)
    summed = [each.lines.values["actual"].sum() for each in (usage, money)]
    assert summed[1] == pytest.approx(0.002 * summed[0], rel=1e-9)


def test_what_came_is_what_the_exact_engine_charges_for_it_at_a_months_pace(desk):
    path, used = desk
    made = scored(path, "tiers.yaml")
    from pertoken.connect.cards import read_cards  # noqa: PLC0415

    ours = made.money.where(forecaster="pertoken")
    for origin, actual in zip(ours.keys["origin"].column(), ours.values["actual"], strict=True):
        start = int((np.datetime64(origin) - DAYS[0]).astype(int)) + 1
        month = used[:, start : start + HORIZON].sum(axis=1) * MONTH / HORIZON
        keys = {
            "customer": Key.of([f"c{i:02}" for i in range(WHO)]),
            "month": Key.constant("2026-02", WHO),
            "meter": Key.constant("input_tokens", WHO),
        }
        due = rate(Usage(keys, {"quantity": month}), read_cards(str(path / "tiers.yaml")), exact=False)
        whole = amount(due.ledger, "effective").values["amount"].sum()
        assert actual == pytest.approx(whole * HORIZON / MONTH, rel=1e-4)  # lines of the books are rounded to cents


def test_parts_by_a_key_come_to_the_whole(desk):
    path, _ = desk
    made = scored(path, "tiers.yaml", by=("tier",))
    actual = {of: made.money.where(of=of).values["actual"].sum() for of in ("all", "small", "large")}
    assert actual["all"] == pytest.approx(actual["small"] + actual["large"], rel=1e-9)
    assert 0 < actual["small"] < actual["large"]


def test_a_forecast_from_outside_that_knew_is_nearer_and_would_get_all_the_weight(desk):
    path, used = desk
    start = len(DAYS) - HORIZON
    rows = ["customer,period,quantile,value"]
    for i, row in enumerate(used[:, start:]):
        for day, n in zip(DAYS[start:], row, strict=True):
            rows += [f"c{i:02},{day},{share},{n * factor}" for share, factor in ((0.1, 0.99), (0.5, 1), (0.9, 1.01))]
    (path / "knew.csv").write_text("\n".join(rows) + "\n")
    made = scored(path, "linear.yaml", outside=[path / "knew.csv"])
    outside, lognormal = (made.scored.customers.where(forecaster=name) for name in ("outside", "lognormal"))
    last = str(DAYS[start - 1])
    assert set(outside.keys["origin"].column()) == {last}
    assert rates(outside, ["forecaster"]).crps[0] < 0.2 * rates(lognormal.where(origin=last), ["forecaster"]).crps[0]
    assert any("weight of 100%" in note for note in made.notes)


def test_a_forecast_from_outside_of_days_ahead_is_no_back_test(desk):
    path, _ = desk
    later = date(2026, 3, 12)
    (path / "later.csv").write_text(
        f"customer,period,quantile,value\nc00,{later},0.1,{Decimal(5)}\nc00,{later},0.9,{Decimal(9)}\n"
    )
    with pytest.raises(InputError, match="nothing of it came in the history"):
        scored(path, "linear.yaml", outside=[path / "later.csv"])


@pytest.mark.parametrize(("day", "words"), [(DAYS[-3], "67 periods before it and 3 after"), (DAYS[9], "9 periods")])
def test_a_forecast_from_outside_that_can_not_be_held_against_what_came_is_refused(desk, day, words):
    path, _ = desk
    rows = [f"c00,{day + k},{share},{5 + share}" for k in range(HORIZON) for share in (0.1, 0.9)]
    (path / "edge.csv").write_text("\n".join(["customer,period,quantile,value", *rows]) + "\n")
    with pytest.raises(InputError, match=words):
        scored(path, "linear.yaml", outside=[path / "edge.csv"])


def test_one_meter_is_not_charged(desk):
    path, _ = desk
    with pytest.raises(InputError, match="a card charges days of all meters"):
        scored(path, "linear.yaml", meter="input_tokens")


def with_movers(path, used, since):
    """The same log, but eight customers move from `large` to `new` on some day."""
    lines = ["day,customer,tier,input_tokens,output_tokens"]
    for i, row in enumerate(used):
        tier = ["small" if i < 5 else "large" if t < since else "new" for t in range(len(DAYS))]
        lines += [f"{day},c{i:02},{own},{n},0" for day, own, n in zip(DAYS, tier, row, strict=True)]
    (path / "log.csv").write_text("\n".join(lines) + "\n")
    (path / "tiers.yaml").write_text(TIERS)
    return path


def test_who_changes_segment_later_counts_where_they_were_at_each_origin(desk, tmp_path):
    since = len(DAYS) - HORIZON - 3
    made = scored(with_movers(tmp_path, desk[1], since), "tiers.yaml", by=("tier",))
    of = {last: set(made.money.where(origin=last).keys["of"].column()) for last in made.money.keys["origin"].labels}
    before, after = {"all", "small", "large"}, {"all", "small", "new"}
    assert of == {last: before if last < str(DAYS[since]) else after for last in made.origins}
    assert list(of.values()) == [before, before, after]


@pytest.mark.parametrize(("segments", "parts"), [("tier", {"all", "small", "large"}), ("behaviour", {"all"})])
def test_the_back_test_of_a_forecast_knows_segments_as_they_were(desk, tmp_path, segments, parts):
    path = with_movers(tmp_path, desk[1], len(DAYS) - 9)
    told: dict[str, Any] = {"months": 1, "draws": 640, "explain": False}
    made = pt.forecast_revenue(str(path / "log.csv"), card=[str(path / "tiers.yaml")], segments=segments, **told)
    assert made.backtest is not None
    assert made.backtest.money is not None
    assert set(made.backtest.money.keys["of"].column()) == parts
