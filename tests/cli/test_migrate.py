"""`pertoken migrate`: an offer to customers of a log, what it comes to, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

import pertoken as pt
from tests.desk import result, snapshot

BUNDLE = """\
plan: bundle
prices:
  platform: {curve: [{flat: 3}]}
  tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.03}]}
pools:
  bundle: {unit: tokens, grant: 900, every: month, price: 18, eligible: [tokens], unused: forfeit}
"""
MOVE = ("--from", "plan.yaml", "--to", "bundle.yaml", "--draws", "64", "--months", "6")


@pytest.fixture
def log(desk):
    """Nine customers over two months, a request a day, from 10 to 300 tokens."""
    (desk / "bundle.yaml").write_text(BUNDLE)
    (desk / "offer.yaml").write_text("{start: 2026-04, notice: 0, sunset: 2026-06, wave: {campaign: 2}}")
    rng = np.random.default_rng(1)
    level = np.geomspace(10, 300, 9)
    lines = ["timestamp,customer,model,input_tokens,output_tokens"]
    for day in np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-01")):
        used = np.round(level * rng.lognormal(0, 0.4, 9)).astype(int)
        lines += [f"{day}T23:50:00Z,c{i},small,{n},{n // 5}" for i, n in enumerate(used)]
    Path("log.csv").write_text("\n".join(lines) + "\n")
    return "log.csv"


def test_the_terminal_says_the_finding_first_and_the_page_shows_it(ask, log):
    said = ask("migrate", log, *MOVE, "--cost", "vendor.yaml", "--html", "m.html", "--xlsx", "m.xlsx", "--quiet").out
    assert said.startswith("What if plan.yaml is moved to bundle.yaml?\nOver 6 months revenue changes by ")
    assert max(map(len, said.splitlines())) <= 80
    for title in ("Decision over 6 months", "From the old plan to the new one", "Bounds: who moves",
                  "How rational customers are", "What to watch in the first months", "Would pay more",
                  "Would pay less", "What is assumed of customers"):  # fmt: skip
        assert f"\n{title}\n" in said
    for word in ("random movers", "perfect optimisers", "self-selection", "breakage", "prior, not data"):
        assert word in said
    assert Path("m.html").read_text().count("<svg") == 3
    assert Path("m.xlsx").stat().st_size > 0


def test_the_conclusion_in_words_says_the_numbers_of_the_tables(ask, log):
    said = result(ask("migrate", log, *MOVE, "--format", "json"))
    words = said["notes"][0]["text"]
    (revenue,) = said["tables"]["decision"]["rows"]
    assert f"{100 * float(revenue['wins']):.1f} % of the worlds)" in words
    more, less = (len(said["tables"][name]["rows"]) for name in ("pay_more", "pay_less"))
    assert f"{more} customers would pay more and {less} less" in words
    lot = next(row for row in said["tables"]["bounds"]["rows"] if row["movers"] == "random movers")
    assert f"{100 * float(lot['of_old']):.1f} % of revenue before usage and churn" in words.replace("−", "-")
    steps = {row["step"]: float(row["mean"]) for row in said["tables"]["bridge"]["rows"][1:-1]}
    assert f"Most comes by {max(steps, key=lambda name: steps[name])} (" in words
    assert f"Most goes by {min(steps, key=lambda name: steps[name])} (" in words


def test_a_plan_that_charges_next_to_nothing_very_likely_loses(ask, log, desk):
    low = "{plan: low, prices: {tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.0000001}]}}}"
    (desk / "low.yaml").write_text(low)
    move = ("--from", "plan.yaml", "--to", "low.yaml", "--offer", "offer.yaml", *MOVE[4:])
    said = result(ask("migrate", log, *move, "--format", "json"))
    (revenue,) = said["tables"]["decision"]["rows"]
    assert (float(revenue["p90"]) < 0, float(revenue["wins"])) == (True, 0)
    assert said["notes"][0]["text"].startswith("Revenue very likely falls (100.0 % of the worlds).")


def test_the_same_plan_changes_nothing(ask, log):
    said = result(ask("migrate", log, "--from", "plan.yaml", "--to", "plan.yaml", "--draws", "64", "--format", "json"))
    (revenue,) = said["tables"]["decision"]["rows"]
    assert [float(revenue[name]) for name in ("p10", "p50", "p90", "wins", "loss")] == [0] * 5
    assert any("would be billed otherwise" in note["text"] for note in said["notes"])


def test_python_and_the_command_line_say_the_same(ask, log):
    """An offer that ends the old plan in June moves everybody then; the bridge adds up."""
    answer = pt.migrate(log, old=["plan.yaml"], new=["bundle.yaml"], offer="offer.yaml", months=6, draws=64)
    said = result(ask("migrate", log, *MOVE, "--offer", "offer.yaml", "--format", "json"))["tables"]
    mean = {row["step"]: float(row["mean"]) for row in said["bridge"]["rows"]}
    assert list(mean) == [
        "old revenue", "price", "platform fee", "breakage", "self-selection", "usage response", "churn", "new revenue",
    ]  # fmt: skip
    assert sum(mean.values()) == pytest.approx(2 * mean["new revenue"])
    assert mean["new revenue"] == pytest.approx(answer.made.new.sum(axis=1).mean())
    assert pt.sheet(answer).title == "What if plan.yaml is moved to bundle.yaml?"
    months = {row["month"]: float(row["adoption_p50"]) for row in said["months"]["rows"]}
    assert (months["2026-03"], months["2026-06"]) == (0, 1)
    assert 0 < months["2026-05"] < 1


def test_a_price_change_in_the_history_is_learned_from(ask, desk):
    """A year; usage falls by a fifth as the price doubles in September: an elasticity of log(1.25) / log(2) = 0.32."""
    (desk / "bundle.yaml").write_text(BUNDLE)
    (desk / "offer.yaml").write_text("price_change: {month: 2026-09, change: 100%}")
    rng = np.random.default_rng(1)
    level = np.geomspace(100, 3000, 9)
    lines = ["timestamp,customer,model,input_tokens,output_tokens"]
    for day in np.arange(np.datetime64("2026-01-01"), np.datetime64("2027-01-01")):
        used = np.round(level * rng.lognormal(0, 0.2, 9) * (0.8 if str(day) >= "2026-09" else 1.0)).astype(int)
        lines += [f"{day}T23:50:00Z,c{i},small,{n},0" for i, n in enumerate(used)]
    Path("log.csv").write_text("\n".join(lines) + "\n")
    said = result(ask("migrate", "log.csv", *MOVE, "--offer", "offer.yaml", "--format", "json"))
    (prior,) = [row for row in said["tables"]["priors"]["rows"] if row["name"] == "elasticity"]
    assert 0.2 < float(prior["low"]) < 0.32 < float(prior["high"]) < 0.5
    assert prior["from"] == "the price change in the history, and the prior"
    assert not any("prior, not data" in note["text"] for note in said["notes"])


@pytest.mark.parametrize(
    ("offer", "message"),
    [
        ("who: {plan: pro}", "who of the offer asks for 'plan'"),
        ("who: {customer: c77}", "no customer of customer 'c77'"),
        ("start: 2031-01", "the offer starts in 2031-01; expected a month that is looked at, 2026-03 to 2026-08"),
        ("price_change: {month: 2020-01, change: 10%}", "the price change of the offer is in 2020-01"),
        ("price_change: {month: 2026-02, change: 10%}", "its effect can be told with 7 months before it"),
    ],
)
def test_offers_that_do_not_fit_the_log(ask, log, desk, offer, message):
    (desk / "offer.yaml").write_text(offer)
    answer = ask("migrate", log, *MOVE, "--offer", "offer.yaml")
    assert answer.code == 2
    assert message in answer.err


def test_a_plan_without_a_price_for_usage_is_named(ask, log, desk):
    (desk / "fee.yaml").write_text("{plan: club, prices: {base: {curve: [{flat: 5}]}}}")
    said = ask("migrate", log, "--from", "plan.yaml", "--to", "fee.yaml")
    assert said.code == 1
    assert "plan 'club' has no price for input_tokens" in " ".join(said.err.split())


def test_wrong_use_writes_nothing(ask, log, desk):
    before = snapshot(desk)
    assert "Missing option '--to'" in ask("migrate", log, "--from", "plan.yaml").err
    assert "needs a plan of ours" in ask("migrate", log, "--from", "plan.yaml", "--to", "vendor.yaml").err
    (desk / "euro.yaml").write_text("currency: EUR\n" + BUNDLE)
    before = snapshot(desk)
    assert "one currency" in ask("migrate", log, "--from", "plan.yaml", "--to", "euro.yaml").err
    assert snapshot(desk) == before


def test_a_log_of_a_week_is_too_short(ask, log):
    short = "".join(Path(log).read_text().splitlines(keepends=True)[: 1 + 7 * 9])
    Path("short.csv").write_text(short)
    answer = ask("migrate", "short.csv", *MOVE)
    assert answer.code == 2
    assert "the log has 7 days (2026-01-01 to 2026-01-07); a migration is simulated from 14 or more" in answer.err


def test_a_last_day_that_the_log_has_in_part_is_left_out(ask, log):
    whole = result(ask("migrate", log, *MOVE, "--format", "json"))
    with Path(log).open("a") as more:
        more.writelines(f"2026-03-01T00:30:00Z,c{i},small,1,0\n" for i in range(9))
    part = result(ask("migrate", log, *MOVE, "--format", "json"))
    assert any("2026-03-01, only partly in the log, is left out" in each["text"] for each in part["notes"])
    assert part["tables"] == whole["tables"]
