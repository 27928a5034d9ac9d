"""Rates compiled from model-prices charge what its own calculator charges, at every moment and in every mode."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pertoken.catalog.book import find, rates_of
from pertoken.catalog.gaps import gaps
from pertoken.catalog.names import seller_of
from pertoken.connect import model_prices
from pertoken.connect.catalogs import read_catalog
from pertoken.core.errors import InputError, UnpricedUsage
from pertoken.rating.assign import RateBook

theirs = pytest.importorskip("model_prices", reason="the extra `history` is not installed")
SNAPSHOT = Path(str(theirs.__file__)).with_name("snapshot.json")
HOMES = {
    (seller_of(vendor), model): (vendor, model)
    for vendor, models in json.loads(SNAPSHOT.read_text())["prices"].items()
    for model in models
}
MODES = {spot: mode for mode, spot in model_prices.MODES.items()}
LEAVES = {
    "input_tokens": 1009,
    "output_tokens": 1201,
    "cache_read_tokens": 2003,
    "cache_write_5m_tokens": 401,
    "cache_write_1h_tokens": 503,
}


@pytest.fixture(scope="module")
def book():
    return read_catalog("model-prices")


def within(window, moment):
    """A slow, readable answer for windows by UTC that do not begin on the day before."""
    after = moment.time() >= window.start
    inside = after and moment.time() < window.end if window.start < window.end else after or moment.time() < window.end
    day = moment.date() if after or window.start < window.end else moment.date() - timedelta(days=1)
    listed = day in window.workdays or (day.weekday() in window.weekdays and day not in window.holidays)
    return inside and listed


def charged(rates, leaves, moment, terms, book):
    batch, tier, speed = terms
    total = Decimal(0)
    for meter, count in leaves.items():
        labels = {
            "model": rates[0].model,
            "provider": rates[0].provider,
            "meter": meter,
            "batch": str(batch).lower(),
            "service_tier": tier,
            "speed": speed,
            "price_from": moment.isoformat(),
            "prompt_tokens_above": str(sum(leaves.values()) - leaves["output_tokens"] - 1),
        }
        labels |= {r.window.key: str(within(r.window, moment)).lower() for r in rates if r.window}
        rate = book.find(labels)
        if rate is None:
            return None
        total += rate.unit_price * count
    return total


def moments(rates):
    starts = sorted({r.start for r in rates if r.start} | {r.end for r in rates if r.end})
    near = [s + timedelta(seconds=n) for s in starts for n in (-1, 0, 1)]
    edges = {edge for r in rates if r.window for edge in (r.window.start, r.window.end)}
    days = [date(2026, 9, 21), date(2026, 9, 26), date(2026, 10, 5), date(2025, 4, 1), date(2026, 10, 20)]
    clock = [datetime.combine(day, edge) + timedelta(seconds=n) for day in days for edge in edges for n in (-1, 0, 1)]
    return [*near, *clock, datetime(2025, 1, 1), datetime(2026, 10, 20, 2)]  # noqa: DTZ001  moments of UTC


def differences(book, keys):
    for key in keys:
        rates = book.rates[key]
        own = RateBook.of(rates)
        vendor, model = HOMES[key]
        for terms in sorted({(r.batch, r.service_tier, r.speed) for r in rates}):
            lengths = {0, *(r.above for r in rates)}
            for moment in moments(rates):
                for above in sorted(lengths):
                    leaves = dict(LEAVES)
                    leaves["input_tokens"] += above
                    if vendor == "openai":  # its multiple is of 12 hours, which theirs calls one
                        leaves["cache_write_12h_tokens"] = leaves.pop("cache_write_1h_tokens")
                    ours = charged(rates, leaves, moment, terms, own)
                    found = _lookup(vendor, model, moment, MODES[terms])
                    usage = {"cache_write_tokens": 401, "cache_write_1h_tokens": 503, "cache_read_tokens": 2003}
                    usage |= {"input_tokens": leaves["input_tokens"], "output_tokens": 1201}
                    same = found.cost(**usage) if found else None
                    if (ours is None) != (same is None) or (
                        ours is not None and float(ours) != pytest.approx(same, rel=1e-12)
                    ):
                        yield f"{key} {terms} {moment} {above}: {ours} is not {same}"


def _lookup(vendor, model, moment, mode):
    """Their answer for exactly this model, without looking for another name."""
    at = moment.replace(tzinfo=UTC)
    found = theirs._lookup(vendor, model, at, mode, corrected=True)
    period = theirs._period(vendor, at, model)
    return theirs._scaled(found, *period) if found and period else found


@pytest.mark.parametrize("provider", ["deepseek", "anthropic", "alibaba", "x-ai", "google", "openai"])
def test_every_model_costs_what_the_package_says_at_every_change_and_hour(book, provider):
    keys = [key for key in book.rates if key[0] == provider]
    assert len(keys) > 5
    assert not list(differences(book, keys))


def test_the_weekend_and_a_public_holiday_are_off_peak(book):
    # DeepSeek's page: peak is Monday to Friday, 01:00-04:00 and 06:00-10:00 UTC, not on Chinese public holidays.
    rates = rates_of(book, "deepseek/deepseek-v4-flash")
    usage = {"input_tokens": 1_000_000, "output_tokens": 0}
    at = {
        datetime(2026, 9, 21, 2): "0.30",  # noqa: DTZ001  a Monday at peak
        datetime(2026, 9, 26, 2): "0.15",  # noqa: DTZ001  a Saturday
        datetime(2026, 10, 5, 2): "0.15",  # noqa: DTZ001  a Monday of the National Day holidays
        datetime(2026, 9, 21, 5): "0.15",  # noqa: DTZ001  between the peaks
    }
    own = RateBook.of(rates)
    assert {moment: charged(rates, usage, moment, (False, "standard", "standard"), own) for moment in at} == {
        moment: Decimal(price) for moment, price in at.items()
    }


def test_a_bound_of_a_window_is_inside_at_its_start_and_outside_at_its_end(book):
    (window, *_) = {
        r.window for r in rates_of(book, "deepseek/deepseek-v4-pro") if r.window and r.window.start == time(1)
    }
    day = date(2026, 9, 21)
    clock = (time(0, 59, 59), time(1), time(3, 59), time(4))
    assert [within(window, datetime.combine(day, each)) for each in clock] == [False, True, True, False]


def test_a_rate_names_the_page_it_is_from_and_how_its_day_is_known(book):
    rate = next(r for r in rates_of(book, "deepseek/deepseek-v4-flash") if r.start == datetime(2026, 8, 16, 16))  # noqa: DTZ001
    assert rate.source.startswith("model-prices ")
    assert "https://" in rate.source
    assert rate.basis == "documented"


def test_dated_names_and_aliases_are_found(book):
    assert find(book, "deepseek-v4-pro-0813") == ("deepseek", "deepseek-v4-pro")
    assert find(book, "deepseek-v4.1-flash") == ("deepseek", "deepseek-flash")


def test_a_model_without_a_published_price_is_refused(book):
    with pytest.raises(UnpricedUsage, match="no price for it is published"):
        rates_of(book, "meta/muse-wonder-full-1.0")


def test_days_on_which_a_price_was_only_noticed_are_told(book):
    assert any("noticed" in text for text in gaps(book, ("openai", "gpt-4o")))


def test_a_snapshot_is_also_read_from_a_path(book):
    assert dict(read_catalog(SNAPSHOT).rates).keys() == dict(book.rates).keys()


def test_a_snapshot_of_another_form_is_refused(tmp_path):
    path = tmp_path / "new.json"
    path.write_text('{"schema": 2, "prices": {}}')
    with pytest.raises(InputError, match="form 2; expected form 1"):
        read_catalog(path)


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setattr(model_prices, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'pertoken\[history\]'"):
        read_catalog("model-prices")
