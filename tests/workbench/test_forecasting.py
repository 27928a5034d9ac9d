"""A log and cards become ranges of revenue: what holds for every forecast, and what bad input is told."""

import importlib.util
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict

import numpy as np
import pytest

import pertoken as pt
from pertoken.books.statement import statement, unit_economics
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.forecast.agreement import Agreement
from pertoken.forecast.event import Event
from pertoken.forecast.population import FACTORS
from pertoken.forecast.replayed import Books, charged
from pertoken.forecast.tariff_bill import bill
from pertoken.present.forecast import sheet
from pertoken.present.sheet import Table
from pertoken.rating.rate import amount
from pertoken.workbench.charging import charging
from pertoken.workbench.forecasting import forecast_revenue, foretold
from pertoken.workbench.preparing import prepared

ROOT = Path(__file__).parents[2]
CARD = str(ROOT / "examples/beta/card.yaml")
PLANS = str(ROOT / "examples/growth/plans.yaml")
VENDOR = str(ROOT / "examples/growth/vendor.yaml")
MARKET = """
market: teams that build on it
currency: USD
launch: 2026-01
size: {value: 40k, p10: 25k, p90: 60k, source: a register}
reach: {value: 30%, p10: 20%, p90: 45%, source: an estimate}
ceiling: {value: 25%, p10: 12%, p90: 40%, source: an analog}
usage: {value: 30M, p10: 15M, p90: 60M, unit: token, source: pilots}
price: 1.00 USD / 1M token
churn: 2%
"""


PHASED = """
plans:
  free:
    where: plan == "free"
    prices: {tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0}]}}
  paid:
    where: plan != "free"
    prices:
      base: {curve: [{flat: 500}]}
      tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.001}]}
    phases: [{during: {months: 3}, adjust: [{percent: -50, on: [base]}]}, {during: {}}]
"""


class Few(TypedDict):
    draws: int
    explain: bool
    tested: bool


FEW: Few = {"draws": 1280, "explain": False, "tested": False}

pytestmark = pytest.mark.xdist_group("forecast")  # one process compiles the simulation


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"examples/{name.removeprefix('make_')}/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def beta(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("beta") / "beta.csv"
    script("make_beta").write(path, 30)
    return str(path)


@pytest.fixture(scope="module")
def growth(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("growth") / "growth.csv"
    script("make_growth").write(path)
    return str(path)


@pytest.fixture(scope="module")
def made(growth):
    return prepared(growth, card=[PLANS, VENDOR], months=6, segments="plan", how={})


@pytest.fixture(scope="module")
def answer(made):
    return foretold(made, **FEW)


def test_revenue_of_beta_users_is_their_tokens_times_the_price(beta):
    answer = forecast_revenue(beta, card=[CARD], months=3, **FEW)
    # one linear price: 0.002 for 1,000 tokens, in each world and month; the simulation reckons in single precision
    np.testing.assert_allclose(answer.worlds["revenue"], answer.worlds["usage"] * 0.002 / 1000, rtol=2e-5)


def test_the_ledger_of_a_forecast_folds_to_a_statement_and_its_unit_economics(beta):
    """0.002 for 1,000 tokens is 2 for a million, in each world."""
    answer = forecast_revenue(beta, card=[CARD], months=3, **FEW)
    about = {"meter": Key.constant("input_tokens", 3), "month": Key.of(answer.months)}
    used = Usage(about, {"quantity": answer.worlds["usage"]})
    folded = statement(used, {"revenue": answer.ledger()}, ["month"])
    assert folded.lines.keys["month"].column().tolist() == list(answer.months)
    (million,) = unit_economics(folded)
    np.testing.assert_allclose(million.count, answer.worlds["usage"].sum(axis=1) / 1e6)
    np.testing.assert_allclose(million.revenue, np.full(len(answer.worlds["usage"]), 2.0), rtol=2e-5)


def test_parts_add_up_to_the_total_in_each_world(answer):
    for labels in answer.parts.values():
        for measure in ("revenue", "cost", "customers"):
            whole = sum(each[measure] for each in labels.values())
            np.testing.assert_allclose(whole, answer.worlds[measure], rtol=1e-5, atol=1e-3)


def test_the_worlds_are_a_ledger_that_folds_like_any_other(answer):
    ledger = answer.ledger()
    months = amount(ledger.where(account="revenue"), "effective").fold(["month"])
    assert months.keys["month"].column().tolist() == list(answer.months)
    np.testing.assert_allclose(months.values["amount"], answer.worlds["revenue"], rtol=1e-6)
    cost = ledger.where(account="cost").fold(["month"]).values["amount"]
    np.testing.assert_allclose(cost, answer.worlds["cost"], rtol=1e-6)


def test_margin_is_revenue_less_cost_of_the_same_world(answer):
    np.testing.assert_allclose(answer.worlds["margin"], answer.worlds["revenue"] - answer.worlds["cost"], rtol=1e-9)


def test_free_customers_cost_and_bring_nothing(answer):
    free = answer.parts["plan"]["free"]
    assert (free["cost"] > 0).all()
    assert not free["revenue"].any()  # who becomes pro pays as pro
    came = answer.parts["segment"]["free"]["revenue"].sum()
    assert came > 0.02 * answer.worlds["revenue"].sum()
    assert answer.parts["plan"]["pro"]["revenue"].sum() == pytest.approx(
        answer.parts["segment"]["pro"]["revenue"].sum() + came, rel=1e-6
    )


def test_history_is_told_in_whole_months(answer):
    labels, values = answer.past["revenue"]
    assert labels == ("2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
    assert (values > 30_000).all()


def test_same_seed_same_worlds_and_another_seed_others(made, answer):
    again = foretold(made, **FEW)
    np.testing.assert_array_equal(again.worlds["revenue"], answer.worlds["revenue"])


def test_the_first_months_go_on_from_the_last(answer):
    last = answer.past["revenue"][1][-1]
    first = answer.band("revenue")
    assert 0.8 * last < first.p50[0] < 1.3 * last
    assert first.p10[0] < first.p50[0] < first.p90[0]


def test_ranges_widen_with_the_months(answer):
    band = answer.band("revenue")
    relative = (band.p90 - band.p10) / band.p50
    assert relative[-1] > relative[0]


def test_a_contract_is_settled_at_the_end_of_its_term(growth):
    signed = Agreement(
        customer="team-337", card="enterprise", signed=date(2026, 10, 20), start=date(2026, 11, 1),
        end=date(2027, 5, 1), committed=Decimal(600_000), per="contract",
    )  # fmt: skip
    with_it = foretold(prepared(growth, card=[PLANS], months=6, segments="plan", how={"contracts": [signed]}), **FEW)
    plain = foretold(prepared(growth, card=[PLANS], months=6, segments="plan", how={}), **FEW)
    revenue = with_it.worlds["revenue"].sum(axis=1) - plain.worlds["revenue"].sum(axis=1)
    # usage of about 1,500 a month never reaches 600,000: what is missing is due in April, whatever the world
    named = with_it.worlds["revenue"][:, 5] - plain.worlds["revenue"][:, 5]
    assert (named > 500_000).all()
    assert (revenue < 600_001).all()


def signed_for(customer, start, end, **more):
    one = Agreement(
        customer=customer, card="enterprise", signed=date(2026, 1, 1), start=start, end=end,
        committed=Decimal(60_000), renewal=1.0,
    )  # fmt: skip
    return replace(one, **more)


def test_two_contracts_of_a_customer_on_one_card_are_settled_one_after_the_other(growth):
    both = [
        signed_for("team-337", date(2026, 2, 1), date(2026, 12, 1)),
        signed_for("team-337", date(2026, 12, 1), date(2027, 12, 1), committed=Decimal(90_000), per="quarter"),
    ]
    made = prepared(growth, card=[PLANS], months=6, segments="plan", how={"contracts": both})
    due = made.promises
    assert due is not None
    assert due.due[0].tolist() == [60_000, 0, 0, 90_000, 0, 0]  # to the end of November, to that of February
    late = signed_for("team-337", date(2026, 11, 1), date(2027, 11, 1))
    with pytest.raises(InputError, match=r"team-337.*2026-12-01"):
        prepared(growth, card=[PLANS], months=6, segments="plan", how={"contracts": [both[0], late]})


def test_who_has_signed_and_is_not_in_the_log_is_in_the_forecast_by_name(growth):
    newco = signed_for(
        "newco", date(2027, 1, 1), date(2028, 1, 1), committed=Decimal(0), planned=Decimal(4_000), ramp=2
    )
    found = forecast_revenue(growth, card=[PLANS], months=6, segments="plan", contracts=[newco], **FEW)
    revenue = found.parts["customer"]["newco"]["revenue"]
    assert not revenue[:, :2].any()
    # a quarter, then three quarters of what was planned, with its segment's growth from then on; 1,500 at least
    assert np.median(revenue, axis=0)[2:] == pytest.approx([1_500, 3_000, 4_000, 4_000], rel=0.15)
    assert found.parts["cohort"]["signed, not there yet"]["revenue"] == pytest.approx(revenue)
    assert "newco" not in found.concentration
    assert not any("newco has signed" in note for note in found.notes)


def test_of_who_has_signed_without_a_plan_it_is_said_what_they_are_taken_for(growth):
    newco = signed_for("newco", date(2027, 1, 1), date(2028, 1, 1), committed=Decimal(0), renewal=0.5)
    found = forecast_revenue(growth, card=[PLANS], months=6, segments="plan", contracts=[newco], **FEW)
    assert found.parts["customer"]["newco"]["usage"][:, 2:].any()
    assert any("newco has signed" in note and "say `planned`" in note for note in found.notes)


def test_a_renewal_that_is_lost_takes_the_customer_along(growth):
    lost = signed_for("team-337", date(2026, 2, 1), date(2027, 2, 1), renewal=0.0)
    found = forecast_revenue(growth, card=[PLANS], months=6, segments="plan", contracts=[lost], **FEW)
    customers = found.parts["customer"]["team-337"]["customers"]
    assert customers.mean(axis=0).tolist() == [1, 1, 1, 0, 0, 0]
    (row,) = found.committed
    assert (row.goes_on, row.renewal, row.until) == ("2027-02", 0.0, "2027-01")


def test_cards_rated_line_by_line_make_the_same_revenue_as_inside_the_simulation(growth):
    made = prepared(growth, card=[PLANS], months=3, segments="plan", how={})
    labels = made.standing.plan.labels
    books = Books(made.plans, tuple({"plan": label} for label in labels), "month")
    fast = made.charging.simulated(made.fitted.of, draws=20, seed=1)
    slow = replace(made.charging, books=books).simulated(made.fitted.of, draws=20, seed=1)
    assert slow.money() == pytest.approx(fast.money(), rel=1e-5, abs=2.0)  # lines are rounded to the cent, 340 of them
    assert fast.money().sum() > 1_000_000


def test_no_legal_card_stops_a_forecast_and_the_answer_says_what_it_cost(growth, tmp_path):
    plans = tmp_path / "phased.yaml"
    plans.write_text(PHASED)
    told: list[float] = []
    found = forecast_revenue(
        growth, card=[str(plans)], months=2, segments="plan", draws=40, tested=False, progress=told.append
    )
    (note,) = (each for each in found.notes if "line by line" in each)
    assert note.startswith("rated line by line in 40 worlds; what makes the range wide is told from 16 worlds")
    assert "months from a contract's start" in note
    assert "rate it line by line" not in note  # it has been
    assert (found.worlds["revenue"].shape, told[-1]) == ((40, 2), 1.0)
    assert {each.factor for each in found.drivers} == set(FACTORS) - {"renewals"}
    assert all(each.low <= 0 <= each.high for each in found.drivers)
    assert any(each.low < 0 < each.high for each in found.drivers)
    assert found.more[0].days == 184


def test_what_makes_the_range_wide_is_the_same_line_by_line_in_the_same_worlds(growth):
    made = prepared(growth, card=[PLANS], months=2, segments="plan", how={})
    labels = made.standing.plan.labels
    books = Books(made.plans, tuple({"plan": label} for label in labels), "month")
    held = frozenset({"growth", "arrivals", "shocks"})
    how: dict[str, Any] = {"draws": 16, "seed": 1, "held": held, "replicates": 1}
    fast = made.charging.simulated(made.fitted.of, **how)
    slow = replace(made.charging, books=books).simulated(made.fitted.of, **how)
    assert slow.money() == pytest.approx(fast.money(), rel=1e-5, abs=2.0)


def test_who_makes_the_revenue_is_the_same_line_by_line_at_list(growth):
    made = prepared(growth, card=[PLANS], months=2, segments="plan", how={})
    books = Books(made.plans, tuple({"plan": label} for label in made.standing.plan.labels), "month")
    slow = replace(made, charging=replace(made.charging, books=books))
    one, other = (foretold(each, draws=20, explain=False, tested=False).concentration for each in (made, slow))
    paying = [name for name, money in one.items() if 50 < money < 1_450 or money > 1_600]  # no minimum at list
    assert [other[name] for name in paying] == pytest.approx([one[name] for name in paying], rel=0.05)
    assert len(paying) > 10


def test_the_back_test_of_revenue_is_the_same_line_by_line(growth):
    made = prepared(growth, card=[PLANS], months=2, segments="plan", how={})
    rng = np.random.default_rng(4)
    used = rng.lognormal(16, 2, (3, len(made.read.panel))) * (rng.random(len(made.read.panel)) < 0.9)
    books = Books(made.plans, tuple({"plan": label} for label in made.standing.plan.labels), "month")
    people, cells = made.fitted.of.people, made.read.panel.cells
    age = np.arange(len(made.read.panel)) % 5
    slow = charged(books, cells, "2026-11", people.plan, people.mix, used, age, people.names)
    here = (used > 0).astype(float)[:, :, None]
    fast = bill(_of_one_month(made), people.plan, people.mix, used[:, :, None], here=here)[:, :, 0]
    assert slow == pytest.approx(fast, rel=1e-6, abs=0.02)
    assert (slow.sum(), (slow[used == 0]).sum()) == (pytest.approx(fast.sum(), rel=1e-6), 0)


def _of_one_month(made):
    return charging(made.read, made.plans, made.standing.plan, ["2026-11"]).tariffs


def test_cards_that_are_rated_line_by_line_have_a_back_test_of_revenue(growth, tmp_path):
    plans = tmp_path / "phased.yaml"
    plans.write_text(PHASED)
    found = forecast_revenue(growth, card=[str(plans)], months=1, segments="plan", draws=40, explain=False)
    assert found.backtest is not None
    assert found.backtest.money is not None
    told = found.backtest.money
    assert set(told.key("of").column()) == {"all", "enterprise", "free", "pro"}
    free = told.where(of="free").values
    assert (free["mean"].max(), free["actual"].max() > 0) == (0, True)  # who was free then, and has paid since
    ours = (told.key("of").column() == "all") & (told.key("forecaster").column() == "pertoken")
    bias = told.values["mean"][ours].sum() / told.values["actual"][ours].sum() - 1
    assert abs(bias) < 0.1  # the phase of a contract is that of the origin, both foretold and come


def test_a_launch_ahead_moves_the_months_after_it(growth, answer):
    launch = Event(on=date(2027, 2, 1), kind="launch", level=1.5)
    moved = forecast_revenue(growth, card=[PLANS, VENDOR], months=6, segments="plan", events=[launch], **FEW)
    ratio = np.median(moved.worlds["usage"], axis=0) / np.median(answer.worlds["usage"], axis=0)
    np.testing.assert_allclose(ratio, [1, 1, 1, 1.5, 1.5, 1.5], rtol=1e-3)


def test_an_unsure_launch_widens_the_months_after_it(growth, answer):
    launch = Event(on=date(2027, 2, 1), kind="launch", level=1.0, low=0.5, high=2.0)
    moved = forecast_revenue(growth, card=[PLANS, VENDOR], months=6, segments="plan", events=[launch], **FEW)
    width = moved.band("usage").width / answer.band("usage").width
    np.testing.assert_allclose(width[:3], 1, rtol=1e-3)
    assert (width[3:] > 1.5).all()


def test_two_days_are_no_history(tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("day,customer,input_tokens,output_tokens\n2026-01-01,acme,10,2\n2026-01-02,acme,10,2\n")
    with pytest.raises(
        InputError, match=r"the log has 2 days.*10 input_tokens, 2 output_tokens, 1 requests a day.*needs 7 days"
    ):
        forecast_revenue(str(path), card=[CARD])


def test_a_log_without_customers_is_told(tmp_path):
    path = tmp_path / "nobody.csv"
    path.write_text("day,input_tokens,output_tokens\n2026-01-01,10,2\n")
    with pytest.raises(InputError, match="names no customers"):
        forecast_revenue(str(path), card=[CARD])


def test_one_customer_of_nine_tenths_is_named_and_said(tmp_path):
    rows = ["day,customer,input_tokens,output_tokens"]
    rng = np.random.default_rng(1)
    for day in np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-02-15")):
        rows.append(f"{day},whale,{int(rng.lognormal(14, 0.2))},10")
        rows += [f"{day},small-{i},{int(rng.lognormal(9, 0.4))},10" for i in range(10)]
    path = tmp_path / "whale.csv"
    path.write_text("\n".join(rows) + "\n")
    answer = forecast_revenue(str(path), card=[CARD], months=3, **FEW)
    assert any("whale is 9" in note and "ask what they plan" in note for note in answer.notes)
    assert "whale" in answer.parts["customer"]


def test_a_market_draws_the_forecast_towards_it(growth, tmp_path):
    path = tmp_path / "market.yaml"
    path.write_text(MARKET)
    both = forecast_revenue(growth, card=[PLANS, VENDOR], months=6, segments="plan", market=str(path), **FEW)
    assert both.above is not None
    below, above = both.above.below[1], both.above.above[1]
    plan = float(both.total("revenue").p50)
    assert min(below, above) <= plan <= max(below, above)
    (views,) = (table for table in sheet(both).of(Table) if table.name == "views")
    assert views.rows[2][2] == plan  # one number, told once
    assert any("reached" in note for note in both.notes)


def test_a_market_in_another_currency_is_refused(growth, tmp_path):
    path = tmp_path / "market.yaml"
    path.write_text(MARKET.replace("USD", "EUR"))
    with pytest.raises(InputError, match="market is in EUR, the cards are in USD"):
        forecast_revenue(growth, card=[PLANS], segments="plan", market=str(path), **FEW)


def test_the_public_function_is_the_workbenchs():
    assert pt.forecast_revenue is forecast_revenue


def test_what_more_history_brings_is_told_about_the_range_that_is_told(beta):
    found = forecast_revenue(beta, card=[CARD], months=2, draws=1280, tested=False)
    told, (now, *longer) = found.total("revenue"), found.more
    assert now.days == 30
    assert (now.p10, now.p50, now.p90) == tuple(float(each) for each in (told.p10, told.p50, told.p90))
    assert [each.days for each in longer] == [60, 90]
    assert all(each.p90 - each.p10 < now.p90 - now.p10 for each in longer)
    assert {each.factor for each in found.drivers} == set(FACTORS) - {"renewals"}  # there are no contracts
    assert all(each.low <= 0 <= each.high and 0 <= each.share < 1 for each in found.drivers)


def test_a_gap_between_two_contracts_on_one_card_is_a_gap(growth, tmp_path):
    file = tmp_path / "contracts.csv"
    rows = [
        "plan,customer,signed,from,to,committed,per,renewal",
        "enterprise,team-337,2026-01-01,2026-02-01,2026-12-01,60000,contract,1",
        "enterprise,team-337,2026-01-01,2027-02-01,2027-05-01,90000,contract,1",
    ]
    file.write_text("\n".join(rows) + "\n")
    made = prepared(growth, card=[PLANS], months=6, segments="plan", how={"contracts": file})
    assert made.promises is not None
    assert made.promises.due[0].tolist() == [60_000, 0, 0, 0, 0, 90_000]
    assert made.promises.counts[0].tolist() == [1, 0, 0, 1, 1, 1]
    file.write_text("\n".join([*rows, "enterprise,team-337,2026-01-01,2027-04-01,2028-05-01,1,contract,1"]) + "\n")
    with pytest.raises(InputError, match=r"overlapping contract"):
        prepared(growth, card=[PLANS], months=6, segments="plan", how={"contracts": file})


def test_a_contract_on_another_card_puts_its_customer_on_that_plan_from_its_first_day(growth):
    move = signed_for("team-337", date(2027, 1, 1), date(2028, 1, 1), card="pro", committed=Decimal(0), renewal=1.0)
    found = forecast_revenue(growth, card=[PLANS], months=6, segments="plan", contracts=[move], **FEW)
    mine = amount(found.ledger().where(customer="team-337"), "effective").fold(["plan", "month"])
    paid = dict(zip(zip(mine.key("plan").column(), mine.key("month").column(), strict=True),
                    mine.values["amount"].mean(axis=0), strict=True))  # fmt: skip
    assert [paid["enterprise", month] > 0 for month in found.months] == [True, True, False, False, False, False]
    assert [paid["pro", month] > 0 for month in found.months] == [False, False, True, True, True, True]
    tokens = found.parts["customer"]["team-337"]["usage"][:, 2:]
    revenue = found.parts["customer"]["team-337"]["revenue"][:, 2:]
    np.testing.assert_allclose(revenue, 500 + tokens * 0.001 / 1000, rtol=1e-4)
    assert "team-337 is charged by pro from 2027-01 on, by contract" in found.notes


def test_who_begins_before_the_month_is_over_is_in_where_it_lands(growth, tmp_path):
    header, *lines = Path(growth).read_text().splitlines()
    until = tmp_path / "until.csv"
    until.write_text("\n".join([header, *(line for line in lines if line[:10] <= "2026-10-20")]) + "\n")
    newco = signed_for("newco", date(2026, 10, 26), date(2027, 11, 1), committed=Decimal(0), planned=Decimal(40_000))
    landed = []
    for start in (newco.start, date(2026, 11, 1), date(2026, 10, 1)):
        contracts = [replace(newco, start=start)]
        found = forecast_revenue(until, card=[PLANS], months=2, segments="plan", contracts=contracts, **FEW)
        assert found.landing is not None
        landed.append({name: np.median(found.landing.worlds[name]) for name in ("revenue", "customers")})
    with_it, without, silent = landed
    assert silent == without  # who began on a day that is known, and has used nothing, is no news
    assert with_it["customers"] == without["customers"] + 1
    assert with_it["revenue"] - without["revenue"] == pytest.approx(40_000 * 6 / 31, rel=0.15)  # six days of 31


def test_a_contract_without_a_commitment_is_told_with_the_others(growth):
    held = signed_for("team-337", date(2026, 2, 1), date(2027, 2, 1), committed=Decimal(0), renewal=0.5)
    late = signed_for("team-334", date(2026, 2, 1), date(2028, 2, 1), committed=Decimal(0), renewal=None)
    found = forecast_revenue(growth, card=[PLANS], months=6, segments="plan", contracts=[held, late], **FEW)
    rows = {row.customer: row for row in found.committed}
    one, other = rows["team-337"], rows["team-334"]
    assert (one.until, one.due, one.goes_on, one.renewal) == ("2027-01", 0.0, "2027-02", 0.5)
    assert (other.until, other.due, other.goes_on) == ("", 0.0, "")
