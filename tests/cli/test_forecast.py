"""`pertoken forecast`: the terminal leads, the page says what it rests on, and nothing that is read is written over."""

from pathlib import Path

import numpy as np
import pytest

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
    for title in ("What it rests on", "Who makes it?"):
        assert title in page
        assert title not in said


def test_with_nothing_moving_the_sum_lies_within_the_range_and_the_drivers_around_it(ask, log):
    said = result(ask("forecast", log, *SMALL, "--format", "json"))
    (whole,) = (row for row in said["tables"]["totals"]["rows"] if row["over"] == "Revenue, 3 months")
    lows, highs = ([float(row[end]) for row in said["tables"]["drivers"]["rows"]] for end in ("low", "high"))
    assert float(whole["p10"]) < max(lows)
    assert min(highs) < float(whole["p90"])
    assert all(low <= high for low, high in zip(lows, highs, strict=True))
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
