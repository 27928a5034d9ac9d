"""Part of a log: dates say the same as a file that has no other days, whoever came before or after."""

from pathlib import Path

import numpy as np
import pytest

from tests.desk import result

CARDS = """\
plans:
  free: {where: plan == "free", prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}}
  pro: {where: plan == "pro", prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.01}]}}}
"""
FLAT = """\
plan: flat
prices: {base: {curve: [{flat: 50}]}, tokens: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}
"""
HEAD = "timestamp,customer,plan,input_tokens,output_tokens"
SMALL = ("--draws", "256", "--months", "2", "--no-backtest", "--no-drivers")


def lines(days, last="23:50"):
    """A line a day for ten customers; `early` leaves after a week, `late` comes in the last three days."""
    rng = np.random.default_rng(1)
    made = []
    for number, day in enumerate(days):
        at = last if number == len(days) - 1 else "23:50"
        made += [f"{day}T{at}:00Z,c{i},{'pro' if i % 2 else 'free'},{900 * (i + 1) + rng.integers(99)},0"
                 for i in range(10)]  # fmt: skip
        made += [f"{day}T{at}:00Z,early,pro,500,0"] if number < 7 else []
        made += [f"{day}T{at}:00Z,late,pro,500,0"] if number > len(days) - 4 else []
    return made


@pytest.fixture
def logs(desk):
    """A log of 80 days, and the 60 of it from the 11th on."""
    (desk / "cards.yaml").write_text(CARDS)
    (desk / "other.yaml").write_text(FLAT)
    days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-22"))
    made = lines(days)
    (desk / "whole.csv").write_text("\n".join([HEAD, *made]) + "\n")
    part = [line for line in made if "2026-01-11" <= line[:10] < "2026-03-12"]
    (desk / "part.csv").write_text("\n".join([HEAD, *part]) + "\n")
    return ("whole.csv", "part.csv")


@pytest.mark.parametrize(
    ("command", "names", "more"),
    [
        ("forecast", ("--from", "--to"), ("--card", "cards.yaml", "--segments", "plan", *SMALL)),
        (
            "backtest",
            ("--from", "--to"),
            ("--card", "cards.yaml", "--history", "20", "--horizon", "7", "--draws", "50"),
        ),
        ("cohorts", ("--from", "--to"), ("--revenue", "cards.yaml", "--draws", "200")),
        ("migrate", ("--start", "--end"), ("--from", "cards.yaml", "--to", "other.yaml", "--draws", "32")),
    ],
)
def test_dates_say_the_same_as_a_file_of_these_days(ask, logs, command, names, more):
    dates = (names[0], "2026-01-11", names[1], "2026-03-12")
    whole, part = (result(ask(command, log, *more, *own, "--format", "json"))
                   for log, own in zip(logs, (dates, ()), strict=True))  # fmt: skip
    assert whole["tables"] == part["tables"]
    assert whole["figures"] == part["figures"]
    assert "early" not in str(whole["tables"])


@pytest.mark.parametrize("command", ["forecast", "migrate"])
def test_who_is_only_on_a_last_day_that_is_left_out_stops_nothing(ask, desk, command):
    days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-02-20"))
    (desk / "cards.yaml").write_text(CARDS)
    (desk / "other.yaml").write_text(FLAT)
    more = {
        "forecast": ("--card", "cards.yaml", "--segments", "plan", *SMALL),
        "migrate": ("--from", "cards.yaml", "--to", "other.yaml", "--draws", "32"),
    }[command]
    known = [HEAD, *lines(days, "11:00")]
    Path("known.csv").write_text("\n".join(known) + "\n")
    Path("new.csv").write_text("\n".join([*known, f"{days[-1]}T11:00:00Z,newcomer,pro,700,0"]) + "\n")
    before, after = (result(ask(command, log, *more, "--format", "json")) for log in ("known.csv", "new.csv"))
    assert before["tables"] == after["tables"]
    assert any("only partly in the log, is left out" in note["text"] for note in after["notes"])


@pytest.mark.parametrize(
    ("command", "more"),
    [("forecast", ("--card", "flat.yaml")), ("migrate", ("--from", "flat.yaml", "--to", "flat.yaml"))],
)
def test_a_log_that_knows_only_months_is_told_what_takes_it(ask, desk, command, more):
    (desk / "flat.yaml").write_text(FLAT)
    months = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
    made = [f"{month},c{i},{100 * i + k},0" for k, month in enumerate(months) for i in range(1, 9)]
    (desk / "months.csv").write_text("\n".join(["month,customer,input_tokens,output_tokens", *made]) + "\n")
    said = ask(command, "months.csv", *more)
    assert said.code == 2
    assert "for a log that knows only months `pertoken backtest --grain month`" in " ".join(said.err.split())
    told = ("--grain", "month", "--horizon", "2", "--history", "6", "--draws", "40", "--peers", "seasonal-naive")
    assert ask("backtest", "months.csv", *told).code == 0
    assert ask("cohorts", "months.csv", "--revenue", "flat.yaml", "--window", "month", "--draws", "100").code == 0


def test_customers_of_whom_no_plan_is_said_are_none_of_the_others(ask, desk):
    (desk / "flat.yaml").write_text(FLAT)
    days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-01"))
    made = [line.replace(",pro,", ",,") for line in lines(days)]
    (desk / "log.csv").write_text("\n".join([HEAD, *made]) + "\n")
    told = ("--card", "flat.yaml", "--segments", "plan", "--top", "1", *SMALL, "--format", "json")
    said = result(ask("forecast", "log.csv", *told))
    parts = {key: {row["part"] for row in said["tables"]["parts"]["rows"] if row["key"] == key}
             for key in ("segment", "customer")}  # fmt: skip
    assert parts["segment"] == {"(none)", "free"}
    assert "all others" in parts["customer"]
    assert "Customers without a segment make " in said["notes"][0]["text"]
