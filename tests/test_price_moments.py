"""When a price begins: a day, its first moment, a log with times or only days, and a day that is asked for agree."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import pertoken as pt
from pertoken.catalog.book import Catalog
from pertoken.catalog.layers import layered
from pertoken.catalog.prices import Rate
from pertoken.catalog.terms import begin

MILLION = 1_000_000
MIDNIGHT, NOON = datetime(2026, 6, 1), datetime(2026, 7, 1, 12)  # noqa: DTZ001  moments of prices are UTC


def rate(price: int, start: date | None = None) -> Rate:
    return Rate(model="m", meter="input_tokens", price=Decimal(price), per=Decimal(MILLION), provider="p", start=start)


BOOK = Catalog("book", {("p", "m"): (rate(1), rate(3, date(2026, 5, 1)), rate(5, MIDNIGHT), rate(7, NOON))})


def spent(log: Path, by: str, on: date | None = None) -> Decimal:
    total: Decimal = pt.statement(log, cost=["catalog"], catalog=BOOK, by=[by], on=on).statement.total("cost")
    return total


@pytest.mark.parametrize(
    ("label", "price"),
    [
        ("2026-04-30", 1), ("2026-05-01", 3), ("2026-05-31", 3), ("2026-06-01", 5), ("2026-07-01", 7),
        ("2026-06-01T00", 5), ("2026-07-01T11", 5), ("2026-07-01T12", 7), ("2026-05", 3), ("2026-06", 5),
    ],
)  # fmt: skip
def test_a_period_without_times_has_the_price_at_its_end(tmp_path: Path, label: str, price: int) -> None:
    by = {10: "day", 13: "hour", 7: "month"}[len(label)]
    log = tmp_path / "log.csv"
    log.write_text(f"{by},provider,model,input_tokens\n{label},p,m,{MILLION}\n")
    assert spent(log, by) == price


def test_a_day_that_is_asked_for_means_its_beginning_everywhere(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(f"provider,model,input_tokens\np,m,{MILLION}\n")
    for day, price in ((date(2026, 5, 31), 3), (date(2026, 6, 1), 5), (date(2026, 7, 1), 5), (date(2026, 7, 2), 7)):
        assert spent(log, "model", on=day) == price
        assert pt.reprice(log, at=day, on=day, catalog=BOOK).after == price
        assert pt.cost({"input_tokens": MILLION}, model="p/m", catalog=BOOK, on=day).amount == price


def test_an_overlay_from_a_day_takes_the_place_of_a_price_from_its_first_moment() -> None:
    both = layered(BOOK, Catalog("mine", {("p", "m"): (rate(4, date(2026, 6, 1)),)}))
    own = [each for each in both.rates["p", "m"] if each.meter == "input_tokens"]
    assert [each.price for each in sorted(own, key=begin)] == [1, 3, 4]
