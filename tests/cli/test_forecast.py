"""`pertoken forecast`: the terminal leads, the page says what it rests on, and nothing that is read is written over."""

import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from pertoken.connect.forecast_worlds import read_worlds
from tests.desk import result

SMALL = ("--card", "plan.yaml", "--months", "3", "--draws", "256", "--no-backtest")


@pytest.fixture
def log(desk):
    """Twelve customers over six weeks, a line a day, from 1,000 to 30,000 tokens."""
    (desk / "plan.yaml").write_text("{plan: api, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}}")
    rng = np.random.default_rng(1)
    level = np.geomspace(1_000, 30_000, 12)
    lines = ["day,customer,input_tokens,output_tokens"]
    for day in np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-02-12")):
        lines += [f"{day},c{i:02},{int(n)},0" for i, n in enumerate(level * rng.lognormal(0, 0.3, 12))]
    Path("log.csv").write_text("\n".join(lines) + "\n")
    return "log.csv"


def test_the_page_says_what_it_rests_on_and_the_terminal_has_no_room_for_it(ask, log):
    said = ask("forecast", log, *SMALL, "--html", "f.html", "--quiet").out
    page = Path("f.html").read_text()
    assert said.startswith("Revenue over 3 months\nRevenue from 2026-03 to 2026-05: ")
    assert max(map(len, said.splitlines())) <= 80
    for title in ("What it rests on", "Who makes it?", "What becomes of each cohort?"):
        assert title in page
        assert title not in said


def test_each_driver_alone_reaches_to_both_sides_of_the_plan(ask, log):
    said = result(ask("forecast", log, *SMALL, "--format", "json"))
    (whole,) = (row for row in said["tables"]["totals"]["rows"] if row["over"] == "Revenue, 3 months")
    lows, highs = ([float(row[end]) for row in said["tables"]["drivers"]["rows"]] for end in ("low", "high"))
    plan = float(whole["p50"])
    assert all(low <= plan <= high for low, high in zip(lows, highs, strict=True))
    assert min(lows) < plan < max(highs)
    assert f"plan with {float(whole['p50']):,.0f}" in said["notes"][0]["text"]


def test_a_card_is_never_written_over(ask, log):
    before = Path("plan.yaml").read_text()
    done = ask("forecast", log, *SMALL, "--html", "plan.yaml")
    assert done.code == 2
    assert "is also read" in done.err
    assert Path("plan.yaml").read_text() == before


def test_where_only_cost_is_charged_nothing_is_called_revenue(ask, log):
    Path("vendor.yaml").write_text(
        "{card: vendor, party: vendor, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}}"
    )
    said = ask("forecast", log, "--card", "vendor.yaml", *SMALL[2:], "--html", "c.html", "--quiet").out
    assert said.startswith("Cost over 3 months\nCost from 2026-03 to 2026-05: ")
    assert "Revenue by month" not in Path("c.html").read_text()


def test_of_cost_three_in_four_worlds_stay_within_what_is_committed_to(ask, log):
    Path("vendor.yaml").write_text(
        "{card: vendor, party: vendor, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}}"
    )
    more = (*SMALL[2:], "--no-drivers", "--format", "json")
    cost = result(ask("forecast", log, "--card", "vendor.yaml", *more))
    charged = result(ask("forecast", log, "--card", "plan.yaml", *more))  # the same rate: the same worlds
    ends = {}
    for of, said in (("cost", cost), ("revenue", charged)):
        named = {name: float(each["value"]) for name, each in said["figures"].items()}
        (whole,) = (row for row in said["tables"]["totals"]["rows"] if row["over"] == f"{of.capitalize()}, 3 months")
        ends[of] = [named[name] for name in ("commit", "plan", "stretch")]
        assert sorted(ends[of]) == pytest.approx([float(whole[end]) for end in ("p25", "p50", "p75")])
    assert ends["revenue"] == sorted(ends["revenue"])
    assert ends["cost"] == pytest.approx(ends["revenue"][::-1])
    assert "(3 in 4 worlds stay within it)" in cost["notes"][0]["text"]


def lines(rng, days, customers, *, states=None):
    """A line a day for customers of some size; each state holds from a day on."""
    made = ["time,customer,state,input_tokens,output_tokens"]
    for i, level in enumerate(np.geomspace(5_000, 9_000, customers)):
        for at, day in enumerate(days):
            said = [name for first, name in (states or {}).get(i, [(0, "paid")]) if at >= first]
            made.append(f"{day},c{i:02},{said[-1]},{int(level * rng.lognormal(0, 0.2))},0")
    return made


def ranges(ask, *more, log="log.csv"):
    said = result(ask("forecast", log, *SMALL, "--no-drivers", *more, "--format", "json"))
    tables = {name: each["rows"] for name, each in said["tables"].items()}
    return tables, [note["text"] for note in said["notes"]]


DAYS = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-01"))
STATES = """
currency: USD
plans:
  trial: {where: state == "trial", prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}}
  api: {where: state == "paid", prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}}
"""


@pytest.mark.usefixtures("desk")
def test_trial_and_paid_are_apart_and_who_came_to_pay_is_paid_for(ask):
    # ten pay, ten are in a trial; four of these came to pay on the thirtieth day
    states = {i: [(0, "trial"), *([(30, "paid")] if i < 14 else [])] for i in range(10, 20)}
    Path("log.csv").write_text("\n".join(lines(np.random.default_rng(1), DAYS, 20, states=states)) + "\n")
    Path("plan.yaml").write_text(STATES)
    tables, notes = ranges(ask, "--segments", "state")
    found = {row["part"]: float(row["p50"]) for row in tables["by_segment"]}
    months = [float(row["customers_p50"]) for row in tables["months"]]
    assert months[0] > 12
    # six are left in the trial: they use, and bring only what those bring who come to pay
    assert 0 < found["trial"] < 6 / 14 * found["paid"]
    assert not any("charged like those who pay" in note for note in notes)


@pytest.mark.usefixtures("log")
def test_a_card_that_charges_trials_is_asked_about(ask):
    states = {i: [(0, "trial")] for i in range(10, 20)}
    Path("log.csv").write_text("\n".join(lines(np.random.default_rng(1), DAYS, 20, states=states)) + "\n")
    _, notes = ranges(ask)
    assert any("in state 'trial' are charged like those who pay" in note for note in notes)


def usage_of(ask, kept):
    """Median usage of the first month where only some lines are in the log."""
    every = lines(np.random.default_rng(1), DAYS, 12)
    Path("some.csv").write_text("\n".join([every[0], *(line for line in every[1:] if kept(line.split(",")))]) + "\n")
    tables, notes = ranges(ask, log="some.csv")
    return float(tables["months"][0]["usage_p50"]), notes


@pytest.mark.usefixtures("log")
def test_a_gap_of_all_is_not_watched_and_a_gap_of_one_is_zeros(ask):
    gone = {str(day) for day in DAYS[40:46]}
    whole, _ = usage_of(ask, lambda row: True)  # noqa: ARG005  every line
    unwatched, notes = usage_of(ask, lambda row: row[0] not in gone)
    assert unwatched == pytest.approx(whole, rel=0.05)
    assert any("taken as an outage, not as zeros" in note for note in notes)
    silent, notes = usage_of(ask, lambda row: not (row[1] in {"c10", "c11"} and row[0] >= str(DAYS[30])))
    assert silent < 0.9 * whole
    assert not any("outage" in note for note in notes)


@pytest.mark.usefixtures("log")
def test_the_rest_of_a_last_day_that_is_partly_in_the_log_is_no_zero(ask):
    every = lines(np.random.default_rng(1), DAYS, 12)
    early = [f"{line.split(',')[0]}T09:00:00,{line.split(',', 1)[1]}" for line in every[1:]]
    late = [f"{line.split(',')[0]}T23:59:59,{line.split(',', 1)[1]}" for line in every[1:]]
    last = str(DAYS[-1])
    cut = [line for line in early + late if not (line.startswith(last) and "T23" in line)]
    amounts = []
    for rows in (early + late, cut):
        Path("part.csv").write_text("\n".join([every[0], *rows]) + "\n")
        tables, notes = ranges(ask, log="part.csv")
        amounts.append(float(tables["months"][0]["usage_p50"]))
    assert amounts[1] == pytest.approx(amounts[0], rel=0.02)
    assert any(f"{last}, only partly in the log, is left out" in note for note in notes)
    (landing,) = tables["landing"][:1]
    assert landing["of"] == "Revenue"


@pytest.mark.usefixtures("log")
def test_a_month_that_lands_has_as_many_digits_of_usage_as_it_needs_beside_large_money(ask):
    Path("dear.yaml").write_text(
        "{plan: api, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 1000}]}}}"  # 1 token is 1,000 USD
    )
    done = ask("forecast", "log.csv", "--card", "dear.yaml", *SMALL[2:], "--no-drivers")
    landed = done.out.partition("Where 2026-02 lands")[2]
    usage = next(line for line in landed.splitlines() if re.match("Usage +M tokens ", line))
    assert re.search(r"\d\.\d\d", usage), usage


@pytest.mark.usefixtures("log")
def test_who_is_largest_is_told_by_usage_of_a_month_in_its_unit_where_nobody_charges(ask):
    Path("vendor.yaml").write_text(
        "{card: vendor, party: vendor, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}}"
    )
    asked = (*SMALL[2:], "--no-drivers", "--format", "json")
    priced, free = (
        result(ask("forecast", "log.csv", "--card", card, *asked))["tables"] for card in ("plan.yaml", "vendor.yaml")
    )
    assert (priced["largest"]["columns"][1]["unit"], free["largest"]["columns"][1]["unit"]) == ("USD", "tokens")
    worth = [{row["customer"]: float(row["mean"]) for row in each["largest"]["rows"]} for each in (priced, free)]
    assert worth[1] == pytest.approx(worth[0], rel=0.02)  # 1 USD a token, of a month either way


def test_usage_without_a_price_is_refused_or_set_aside_and_forecast_for_nothing(ask, desk, log):
    """Twice the usage, half of it of a meter without a price: what is charged is that of the other half alone."""
    rows = Path(log).read_text().splitlines()
    head, *rest = [row.rsplit(",", 1)[0] for row in rows]
    Path("inputs.csv").write_text("\n".join([head, *rest]) + "\n")
    both = [f"{row},{row.rsplit(',', 1)[1]}" for row in rest]
    Path("both.csv").write_text("\n".join([f"{head},output_tokens", *both]) + "\n")
    (desk / "plan.yaml").write_text("{plan: api, prices: {tokens: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}}")
    refused = ask("forecast", "both.csv", *SMALL, "--no-drivers")
    assert refused.code == 1
    assert "output_tokens" in refused.err
    (aside, notes), (alone, _) = ranges(ask, "--unpriced", "report", log="both.csv"), ranges(ask, log="inputs.csv")
    for name, factor in (("revenue_p50", 1), ("usage_p50", 2)):
        first, other = (float(each["months"][0][name]) for each in (aside, alone))
        assert first == pytest.approx(factor * other, rel=1e-3, abs=0.15)
    assert any("no price on the revenue cards for some output_tokens" in note for note in notes)


@pytest.mark.parametrize("command", ["reprice", "reconcile", "migrate"])
def test_who_always_tells_what_has_no_price_has_no_option_for_it(ask, log, command):
    answer = ask(command, log, "--unpriced", "report")
    assert answer.code == 2
    assert "No such option" in answer.err


def test_who_is_most_of_the_usage_is_said_once_and_named(ask, log):
    lines = Path(log).read_text().splitlines()
    large = [line.replace(",c03,", ",c03,999") for line in lines[1:]]
    Path("whale.csv").write_text("\n".join([lines[0], *large]) + "\n")
    said = result(ask("forecast", "whale.csv", *SMALL, "--no-drivers", "--format", "json"))
    told = [note for note in said["notes"] if "of all usage" in note["text"]]
    assert [note["level"] for note in told] == ["warning"]
    assert told[0]["text"].startswith("c03 is ")
    assert said["tables"]["by_customer"]["rows"][0]["part"] == "c03"


@pytest.fixture
def tiers(desk):
    """Thirty customers over ten weeks; five of the twenty who are free change to pro, a week after each other."""
    (desk / "plans.yaml").write_text(
        "plans:\n  free: {where: plan == 'free', prices: {all: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}}\n"
        "  pro: {where: plan == 'pro', prices: {all: {measure: {sum: total_tokens}, curve: [{rate: 0.01}]}}}\n"
    )
    rng, lines = np.random.default_rng(2), ["day,customer,plan,input_tokens"]
    for k, day in enumerate(np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-12"))):
        lines += [
            f"{day},c{i:02},{'pro' if i >= 20 or (i < 5 and k >= 21 + 7 * i) else 'free'},{int(n)}"
            for i, n in enumerate(1_000 * rng.lognormal(0, 0.3, 30))
        ]
    Path("tiers.csv").write_text("\n".join(lines) + "\n")
    return "tiers.csv"


def test_each_part_is_told_by_month_and_in_all_and_who_changes_plan(ask, tiers):
    words = ("--card", "plans.yaml", "--segments", "plan", *SMALL[2:], "--no-drivers")
    tables = result(ask("forecast", tiers, *words, "--format", "json"))["tables"]
    pro = [row for row in tables["parts"]["rows"] if (row["key"], row["part"]) == ("plan", "pro")]
    assert [row["month"] for row in pro] == ["2026-04", "2026-05", "2026-06", "all months"]
    whole, free = (next(row for row in tables["by_plan"]["rows"] if row["part"] == part) for part in ("pro", "free"))
    assert float(free["p90"]) == 0  # who comes free and becomes pro pays as pro
    assert float(whole["share"]) == 1
    assert [pro[-1][f"revenue_{end}"] for end in ("p10", "p50", "p90")] == [whole[end] for end in ("p10", "p50", "p90")]
    assert sum(float(row["revenue_p50"]) for row in pro[:-1]) == pytest.approx(float(pro[-1]["revenue_p50"]), rel=0.1)
    (change,) = tables["changes"]["rows"]
    assert (change["from"], change["to"]) == ("free", "pro")
    months = (15 * 70 + 5 * (21 + 14)) / 30.4375  # customer-months seen on free, on which five changed
    assert float(change["chance"]) == pytest.approx((5 + 0.005 * 20) / (months + 20), rel=0.01)
    cohorts: dict[str, list[str]] = {row["part"]: [] for row in tables["by_cohort"]["rows"] if row["part"] != "to come"}
    assert list(cohorts) == ["2026-01 or before"]
    assert "Parts month by month" not in ask("forecast", tiers, *words).out


def test_means_add_up_by_formulas_in_the_workbook_and_quantiles_are_numbers(ask, log):
    Path("vendor.yaml").write_text(
        "{card: vendor, party: vendor, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.25}]}}}"
    )
    how = (*SMALL, "--card", "vendor.yaml", "--xlsx", "f.xlsx", "--format", "json")
    months = result(ask("forecast", log, *how))["tables"]["months"]
    whole = sum(float(row["margin_mean"]) for row in months["rows"])
    assert float(months["total"]["margin_mean"]) == pytest.approx(whole)
    assert whole == pytest.approx(0.75 * float(months["total"]["revenue_mean"]))
    pages = openpyxl.load_workbook("f.xlsx").worksheets
    live = [str(each.value) for page in pages for row in page.iter_rows() for each in row if each.data_type == "f"]
    assert sum("SUM(" in each or "SUBTOTAL(" in each for each in live) >= 3
    assert any("-" in each for each in live)


PAID = """
plans:
  free: {where: plan == 'free', prices: {all: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}}
  pro: {where: plan == 'pro', prices: {all: {measure: {sum: total_tokens}, curve: [{rate: 0.01}]}}}
"""


def test_who_is_named_and_who_is_most_is_by_what_they_are_charged(ask, desk):
    (desk / "paid.yaml").write_text(PAID)
    rng, rows = np.random.default_rng(3), ["day,customer,plan,input_tokens"]
    for day in DAYS:  # a free customer uses most, and one who pays pays most
        size = 1_000 * rng.lognormal(0, 0.3, 12) * np.array([500, 30, *[1] * 10])
        rows += [f"{day},c{i:02},{'free' if i == 0 else 'pro'},{int(n)}" for i, n in enumerate(size)]
    Path("paid.csv").write_text("\n".join(rows) + "\n")
    said = result(ask("forecast", "paid.csv", "--card", "paid.yaml", *SMALL[2:], "--no-drivers", "--format", "json"))
    assert [row["part"] for row in said["tables"]["by_customer"]["rows"]] == ["c01", "all others"]
    told = [note["text"] for note in said["notes"] if note["level"] == "warning"]
    assert any(text.startswith("c00 is ") and "of all usage" in text for text in told)
    assert any(text.startswith("c01 is ") and "of all revenue" in text for text in told)


def test_a_log_in_which_nobody_is_charged_anything_is_forecast_with_a_warning(ask, desk):
    (desk / "paid.yaml").write_text(PAID)
    rows = [f"{day},c{i},pro,0" for day in DAYS for i in range(4)]
    Path("zeros.csv").write_text("\n".join(["day,customer,plan,input_tokens", *rows]) + "\n")
    said = result(ask("forecast", "zeros.csv", "--card", "paid.yaml", *SMALL[2:], "--no-drivers", "--format", "json"))
    told = [note["text"] for note in said["notes"] if note["level"] == "warning"]
    assert any(text.startswith("nobody was charged anything in the last two months") for text in told)
    assert float(said["tables"]["totals"]["rows"][0]["p90"]) == 0


def priced_log(currency="USD"):
    rng, rows = np.random.default_rng(5), ["day,customer,input_tokens,cost,currency"]
    for k, day in enumerate(DAYS):
        price = 2e-6 if k < 35 else 2.5e-6
        rows += [f"{day},c{i},{n:.0f},{n * price:.9f},{currency if i else 'USD'}"
                 for i, n in enumerate(10_000 * rng.lognormal(0, 0.3, 12))]  # fmt: skip
    Path("priced.csv").write_text("\n".join(rows) + "\n")
    return "priced.csv"


@pytest.mark.usefixtures("log")
def test_a_unit_price_that_changed_and_nobody_declared_is_asked_about(ask):
    _, notes = ranges(ask, log=priced_log())
    (asked,) = (note for note in notes if "a unit's price" in note)
    assert asked.startswith(f"From {DAYS[35]} on a unit's price in the log rose by 25%, for 100% of the customers")


@pytest.mark.usefixtures("log")
def test_costs_in_several_currencies_are_left_alone_and_that_is_said(ask):
    _, notes = ranges(ask, log=priced_log("EUR"))
    assert any("reports costs in EUR and USD" in note and "no change of unit prices" in note for note in notes)


def test_a_model_on_the_worlds_of_a_forecast_says_of_revenue_what_the_forecast_says(ask, log):
    """320 worlds, all of them kept; 3,200 draws take each ten times."""
    Path("m.yaml").write_text(
        "{model: m, calendar: {start: 2026-03, months: 3}, forecasts: {growth: w.parquet}, income: {a: growth.revenue}}"
    )
    said = result(ask("forecast", log, *SMALL, "--no-drivers", "--for-model", "w.parquet", "--format", "json"))
    (whole,) = (row for row in said["tables"]["totals"]["rows"] if row["over"] == "Revenue, 3 months")
    found = result(ask("run", "m.yaml", "--draws", "3200", "--format", "json"))
    (revenue,) = (row for row in found["tables"]["results"]["rows"] if row["name"] == "revenue")
    own = read_worlds("w.parquet", Path("w.parquet").read_bytes()).values["revenue", "", ""].sum(axis=1)
    assert len(own) == 320
    assert float(revenue["mean"]) == pytest.approx(own.mean(), rel=1e-9)
    for name, share in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        assert float(whole[name]) == pytest.approx(np.quantile(own, share), rel=1e-9)
        assert float(revenue[name]) == pytest.approx(np.quantile(np.repeat(own, 10), share), rel=1e-9)


def test_worlds_for_a_model_are_a_table_and_never_written_over_what_is_read(ask, log):
    done = ask("forecast", log, *SMALL, "--for-model", "w.xlsx")
    assert done.code == 2
    assert "w.xlsx is no file for worlds; expected a .parquet or .csv file" in done.err
    done = ask("forecast", log, *SMALL, "--for-model", "log.csv")
    assert done.code == 2
    assert "--for-model log.csv is also read or written by this command; say another file" in done.err
