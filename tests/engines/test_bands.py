"""What a price needs to know of a request is cut before requests are folded: length, day, batch or not."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pertoken.connect.cards import card_from
from pertoken.core.errors import InputError
from pertoken.engines.duckdb import fold, opened
from pertoken.rating.needs import question
from pertoken.usage.question import Cut
from pertoken.workbench import statement

LONG = {
    "card": "long",
    "rates": [
        {"model": "m", "input_tokens": "0.001", "cache_read_tokens": "0.001", "output_tokens": "0.01"},
        {
            "model": "m",
            "above": 200_000,
            "input_tokens": "0.002",
            "cache_read_tokens": "0.002",
            "output_tokens": "0.02",
        },
    ],
}
"""Twice the price for the whole request once its prompt is above 200,000 tokens."""


def cost(log, *cards, **more):
    books = statement(log, cost=[card_from(card) for card in cards], by=("customer",), **more)
    return books.statement.total("cost")


def csv(text):
    Path("log.csv").write_text(text)
    return "log.csv"


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ((150_000, 150_000), 300),  # 300,000 at 0.001: neither request is long
        ((300_000,), 600),  # at 0.002
        ((200_000,), 200),  # at the bound is not above it
        ((200_001,), Decimal("400.002")),  # the whole request, not the excess
    ],
)
@pytest.mark.usefixtures("desk")
def test_length_is_cut_for_each_request(prompts, expected):
    log = csv("customer,model,input_tokens\n" + "".join(f"acme,m,{n}\n" for n in prompts))
    assert cost(log, LONG) == expected


@pytest.mark.usefixtures("desk")
def test_what_is_cached_counts_to_the_length_and_the_answer_is_priced_by_it():
    log = csv("customer,model,prompt_tokens,cached_tokens,completion_tokens\nacme,m,250000,100000,1000\n")
    assert cost(log, LONG) == Decimal("520.00")  # 150,000 x 0.002 + 100,000 x 0.002 + 1,000 x 0.02


@pytest.mark.usefixtures("desk")
def test_what_is_cached_beside_the_input_counts_to_the_length():
    log = csv("customer,model,input_tokens,cache_read_input_tokens,output_tokens\nacme,m,150000,100000,0\n")
    assert cost(log, LONG) == 500


@pytest.mark.usefixtures("desk")
def test_a_row_of_several_requests_is_cut_by_their_mean():
    log = csv("customer,model,input_tokens,requests\nacme,m,300000,2\nacme,m,300000,1\n")
    assert cost(log, LONG) == 300 + 600


@pytest.mark.parametrize(("requests", "said"), [("2", True), ("1", False)])
@pytest.mark.usefixtures("desk")
def test_that_a_band_is_that_of_the_mean_is_said(requests, said):
    log = csv(f"customer,model,input_tokens,requests\nacme,m,300000,{requests}\n")
    books = statement(log, cost=[card_from(LONG)])
    mean = "rows hold several requests each; their length band is that of the mean request"
    assert (mean in books.report.says) is said


@pytest.mark.usefixtures("desk")
def test_cards_with_other_bounds_share_one_cut():
    other = {
        "card": "other",
        "rates": [
            {"model": "n", "input_tokens": "0.001"},
            {"model": "n", "above": 128_000, "input_tokens": "0.003"},
        ],
    }
    cards = [card_from(LONG), card_from(other)]
    assert question(cards).cuts == (Cut("prompt_tokens", (128_000, 200_000)),)
    log = csv(
        "customer,model,input_tokens\nacme,m,150000\nacme,n,150000\nacme,m,250000\nacme,n,250000\nacme,n,128000\n"
    )
    assert cost(log, LONG, other) == 150 + 450 + 500 + 750 + 128


DATED = {
    "card": "dated",
    "rates": [
        {"model": "m", "input_tokens": 3},
        {"model": "m", "from": "2026-02-10", "input_tokens": 5},
        {"model": "m", "from": "2026-03-01", "input_tokens": 7},
    ],
}


@pytest.mark.usefixtures("desk")
def test_the_price_of_the_day_is_cut_for_each_request():
    days = ("2026-02-09T23:59:59Z", "2026-02-10T00:00:00Z", "2026-02-28T12:00:00Z", "2026-03-01T00:00:00Z")
    log = csv("timestamp,customer,model,input_tokens\n" + "".join(f"{day},acme,m,100\n" for day in days))
    assert cost(log, DATED) == 300 + 500 + 500 + 700


@pytest.mark.parametrize(("on", "expected"), [("2026-02-09", 300), ("2026-02-10", 500), ("2026-12-31", 700)])
@pytest.mark.usefixtures("desk")
def test_without_times_the_day_said_or_the_end_of_the_period_sets_the_price(on, expected):
    log = csv("customer,model,input_tokens\nacme,m,100\n")
    assert cost(log, DATED, on=date.fromisoformat(on), period="2026-02") == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2026-01", 300),
        ("2026-02", 500),
        ("2026-03", 700),
        ("2025-Q4", 300),
        ("2026-Q1", 700),
        ("2025", 300),
        ("2026", 700),
    ],
)
@pytest.mark.usefixtures("desk")
def test_without_times_the_end_of_the_period_sets_the_price(period, expected):
    assert cost(csv("customer,model,input_tokens\nacme,m,100\n"), DATED, period=period) == expected


@pytest.mark.usefixtures("desk")
def test_a_column_of_months_sets_the_price_of_each_month():
    log = csv("month,customer,model,input_tokens\n2026-01,acme,m,100\n2026-02,acme,m,100\n2026-03,acme,m,100\n")
    assert cost(log, DATED) == 300 + 500 + 700


@pytest.mark.usefixtures("desk")
def test_without_times_and_period_prices_that_changed_are_refused():
    log = csv("customer,model,input_tokens\nacme,m,100\n")
    with pytest.raises(InputError, match="say --period of the log, or --on of the prices"):
        cost(log, DATED)


@pytest.mark.usefixtures("desk")
def test_a_column_of_days_sets_the_price():
    log = csv("day,customer,model,input_tokens\n2026-02-09,acme,m,100\n2026-02-10,acme,m,100\n")
    assert cost(log, DATED) == 300 + 500


BATCH = {
    "card": "batch",
    "rates": [{"model": "m", "input_tokens": 4}, {"model": "m", "batch": True, "input_tokens": 2}],
}


@pytest.mark.parametrize("written", [("true", "false"), ("True", "False"), ("1", "0")])
@pytest.mark.usefixtures("desk")
def test_batch_work_has_its_own_price(written):
    log = csv(f"customer,model,batch,input_tokens\nacme,m,{written[0]},100\nacme,m,{written[1]},100\n")
    assert cost(log, BATCH) == 200 + 400


@pytest.mark.usefixtures("desk")
def test_a_batch_that_is_neither_true_nor_false_is_refused():
    with pytest.raises(InputError, match=r"log\.csv row 1: found batch_7; batch as true or false was expected"):
        cost(csv("customer,model,batch,input_tokens\nacme,m,batch_7,100\n"), BATCH)


@pytest.mark.usefixtures("desk")
def test_a_log_that_says_nothing_of_batches_is_not_one():
    assert cost(csv("customer,model,input_tokens\nacme,m,100\n"), BATCH) == 400


@pytest.mark.usefixtures("desk")
def test_a_line_for_each_meter_has_lost_the_length_of_requests():
    log = csv("customer,model,meter,quantity\nacme,m,input_tokens,300000\n")
    with pytest.raises(InputError, match="prompt_tokens above 200,000 apart; add a column prompt_tokens_above"):
        cost(log, LONG, period="2026-01")


@pytest.mark.usefixtures("desk")
def test_a_line_for_each_meter_may_say_its_band():
    text = "customer,model,prompt_tokens_above,meter,quantity\n"
    text += "acme,m,0,input_tokens,300000\nacme,m,200000,input_tokens,1000\n"
    assert cost(csv(text), LONG, period="2026-01") == 300 + 2


@pytest.mark.usefixtures("desk")
def test_a_line_for_each_meter_takes_the_price_of_its_time():
    text = (
        "time,customer,model,meter,quantity\n2026-02-09,acme,m,input_tokens,100\n2026-02-10,acme,m,input_tokens,100\n"
    )
    assert cost(csv(text), DATED) == 300 + 500


@pytest.mark.usefixtures("desk")
def test_a_fold_keeps_every_token():
    log = csv("customer,model,input_tokens\n" + "".join(f"c{i % 5},m,{i * 1009}\n" for i in range(600)))
    with opened(log) as found:
        usage, report = fold(found, question([card_from(LONG)], ("customer",)))
    assert usage.where(meter="input_tokens").values["quantity"].sum() == sum(i * 1009 for i in range(600))
    assert usage.where(meter="requests").values["quantity"].sum() == report.rows == 600
