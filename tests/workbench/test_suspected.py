"""A step that all customers share and nobody declared is asked about, whatever is asked of the log."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.connect.cards import read_cards
from pertoken.forecast.migration.offer import Offer, PriceChange
from pertoken.present import backtest, migration
from pertoken.present.sheet import Note
from pertoken.workbench.suspected import price_days

WHO, DAYS = 13, 92
STEP = date(2026, 3, 1)
FIRST = date(2026, 1, 1)
PLAIN = "{plan: old, prices: {tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.002}]}}}"
DATED = """
plan: old
prices: {tokens: {measure: {sum: total_tokens, window: month}, curve: {series: price}}}
series: {price: {2025-06-01: 0.002, 2026-03-01: 0.003}}
"""
NEW = "{plan: new, prices: {tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.0015}]}}}"


@pytest.fixture
def desk(tmp_path: Path) -> Callable[[float], str]:
    """Write a log of steady customers who use so many times as much from the first of March on."""
    for name, text in (("plain.yaml", PLAIN), ("dated.yaml", DATED), ("new.yaml", NEW)):
        (tmp_path / name).write_text(text)

    def write(factor: float) -> str:
        rng = np.random.default_rng(3)
        lines = ["date,customer,input_tokens"]
        for day in (FIRST + timedelta(t) for t in range(DAYS)):
            level = factor if day >= STEP else 1.0
            lines += [f"{day},c{i:02},{int(9_000 * (i + 1) * level * rng.lognormal(0, 0.1))}" for i in range(WHO)]
        (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
        return str(tmp_path / "log.csv")

    return write


def moved(log: str, card: str = "plain.yaml", **more: Any) -> Any:
    path = Path(log).parent
    return pt.migrate(log, old=[str(path / card)], new=[str(path / "new.yaml")], months=3, draws=16, **more)


def asked(texts: Any) -> list[str]:
    return [each for each in texts if "From 2026-03-01 on usage fell by 4" in each]


def test_each_command_asks_about_a_step(desk: Callable[[float], str]) -> None:
    log = desk(0.6)
    assert asked(pt.cohorts(log).warns)[0].endswith("It counts as growth, or as loss, of those who were there")
    tested = pt.backtest(log, history=(30,), origins=2, draws=50, peers=())
    assert asked(tested.notes)[0].endswith("Forecasts made before it could not know of it")
    made = moved(log)
    assert asked(made.notes)[0].endswith(
        "With `price_change` in the offer how usage answers is learnt, without it is growth."
    )
    for sheet in (backtest.sheet(tested), migration.sheet(made)):
        (note,) = [each for each in sheet.blocks if isinstance(each, Note) and asked([each.text])]
        assert (note.level, note.text[:4]) == ("warning", "From")


def test_nobody_is_asked_where_nothing_happened(desk: Callable[[float], str]) -> None:
    log = desk(1.0)
    told = (
        *pt.cohorts(log).warns,
        *pt.backtest(log, history=(30,), origins=2, draws=50, peers=()).notes,
        *moved(log).notes,
    )
    assert not any(each.startswith(("From 2026", "! From 2026")) for each in told)


def test_what_the_cards_of_the_old_plan_say_is_declared(desk: Callable[[float], str]) -> None:
    log = desk(0.6)
    plain, dated = moved(log), moved(log, "dated.yaml")
    assert (plain.changes, dated.changes) == ((), (STEP,))
    assert not asked(dated.notes)
    told = [
        " ".join(each.text for each in migration.sheet(made).blocks if isinstance(each, Note))
        for made in (plain, dated)
    ]
    assert "the history has no declared price change" in told[0]
    assert "declared price change" not in told[1]
    assert "the old plan's prices change on 2026-03-01, and the offer says no price_change to learn from" in told[1]


def test_what_the_offer_says_is_not_asked_about_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    lines = ["date,customer,input_tokens"]
    for day in (FIRST + timedelta(t) for t in range(365)):
        level = 0.6 if day >= date(2026, 9, 1) else 1.0
        lines += [f"{day},c{i},{int(9_000 * (i + 1) * level * rng.lognormal(0, 0.1))}" for i in range(5)]
    for name, text in (("plain.yaml", PLAIN), ("new.yaml", NEW), ("log.csv", "\n".join(lines) + "\n")):
        (tmp_path / name).write_text(text)
    offer = Offer(price_change=PriceChange(month="2026-09", factor=1.5))
    silent, told = (moved(str(tmp_path / "log.csv"), offer=each) for each in (None, offer))
    assert any("From 2026-09-01 on usage fell" in each for each in silent.notes)
    assert not any("From 2026-09-01 on usage fell" in each for each in told.notes)


def test_days_on_which_prices_change_are_read_off_all_parts_of_a_card(tmp_path: Path) -> None:
    (tmp_path / "card.yaml").write_text(
        """
plan: old
during: {from: 2026-01-01, to: 2027-01-01}
prices:
  base: {curve: [{flat: 5}], during: {from: 2026-02-11, every: month, prorate: day}}
  tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.002}]}
adjust: [{percent: -10, on: [tokens], during: {to: 2026-03-01}}]
"""
    )
    days = [str(FIRST + timedelta(t)) for t in range(DAYS)]
    assert price_days(read_cards(tmp_path / "card.yaml"), days) == (date(2026, 2, 11), STEP)
