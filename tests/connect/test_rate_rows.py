"""Rows of prices that a user writes: what can not be meant is refused by its line; other terms stand beside."""

from pathlib import Path

import pytest

import pertoken as pt
from pertoken.connect.overlay import overlay_catalog
from pertoken.core.errors import InputError

ROW = "rates:\n  - {provider: p, model: m, input_tokens: 1, per: 1_000_000, %s}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("window: {from: '22:00+02:00', to: '06:00'}", "hours and minutes of its `timezone`"),
        ("window: {from: '22:00:30', to: '06:00'}", "hours and minutes"),
        ("window: {from: 1320, to: 1440}", "hours and minutes"),
        ("from: 2026-07-01, to: 2026-06-01", "never holds"),
        ("from: 2026-06-01, to: '2026-06-01T00:00:00'", "never holds"),
        ("output_tokens: 2, per: 0", "for 1 unit or more"),
        ("output_tokens: 2, per: -1000", "for 1 unit or more"),
    ],
)
def test_a_row_that_can_not_be_meant_is_refused(words: str, said: str) -> None:
    row = ROW.replace(", per: 1_000_000", "") if "per:" in words else ROW
    with pytest.raises(InputError, match=said):
        overlay_catalog(row % words, "mine.yaml")


def test_a_second_price_for_the_same_requests_is_refused_with_its_line() -> None:
    text = ROW % "region: eu" + (ROW % "region: eu").partition("\n")[2]
    with pytest.raises(InputError, match=r"mine\.yaml:3: second price for input_tokens of p/m"):
        overlay_catalog(text, "mine.yaml")


def test_a_currency_is_the_same_in_small_letters() -> None:
    (rate,) = overlay_catalog(ROW % "currency: eur", "mine.yaml").rates["p", "m"]
    assert rate.currency == "EUR"


CARD = """card: v
rates:
  - {model: m, per: 1000, input_tokens: 4}
  - {model: m, per: 1000, input_tokens: 5, region: eu}
  - {model: m, per: 1000, input_tokens: 6, speed: fast}
  - {model: m, per: 1000, input_tokens: 2, window: {from: '16:30', to: '00:30'}}
"""


def test_a_card_prices_by_region_speed_and_hour(tmp_path: Path) -> None:
    card, log = tmp_path / "card.yaml", tmp_path / "log.csv"
    card.write_text(CARD)
    log.write_text("timestamp,model,region,speed,input_tokens\n2026-06-01T12:00:00Z,m,,standard,1000\n"
                   "2026-06-01T12:00:00Z,m,eu,standard,1000\n2026-06-01T12:00:00Z,m,,fast,1000\n"
                   "2026-06-01T18:00:00Z,m,,standard,1000\n")  # fmt: skip
    assert pt.check([card]).faults == ()
    assert pt.statement(log, cost=[str(card)], by=["model"]).statement.total("cost") == 4 + 5 + 6 + 2


def test_a_later_price_for_all_hours_must_not_hide_one_for_some(tmp_path: Path) -> None:
    card = tmp_path / "card.yaml"
    card.write_text(CARD + "  - {model: m, per: 1000, input_tokens: 3, from: 2026-07-01}\n")
    (found,) = pt.check([card]).faults
    assert "has a price within 16:30-00:30 UTC, but a later one for all hours" in found.found
