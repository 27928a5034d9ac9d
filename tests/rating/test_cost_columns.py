"""Columns cost what single requests cost, to the last digit; and both what a slow look-up over all rates says."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given as of
from hypothesis import strategies as st

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate, Window
from pertoken.connect.genai import catalog as bundled
from pertoken.core.coded import coded
from pertoken.core.errors import InputError
from pertoken.core.exact import CONTEXT
from pertoken.core.meters import meter
from pertoken.rating.clock import within, within_column
from pertoken.rating.compiled import compiled
from pertoken.rating.cost import cost
from pertoken.rating.cost_columns import CostColumns, cost_columns
from pertoken.rating.multiply import STATUSES
from pertoken.rating.offer import moment
from pertoken.usage.record import UsageRecord

M = Decimal(1_000_000)
DAY = timedelta(days=1)
at = datetime.fromisoformat


def rate(meter, price, model="m", **terms):
    return Rate(**{"model": model, "provider": "p", "meter": meter, "price": Decimal(price), "per": M, **terms})


def book(*rates):
    models = dict.fromkeys(each.model for each in rates)
    return Catalog("b", {("p", model): tuple(r for r in rates if r.model == model) for model in models})


WORDS = ("model", "provider", "service_tier", "speed", "region", "batch", "time")


def columns(catalog, records, **how) -> CostColumns:
    """Put records into columns: the other path to the same costs."""
    meters = sorted({name for record in records for name in record.meters})
    given: dict[str, Any] = {word: [getattr(record, word) for record in records] for word in WORDS}
    given |= {name: np.array([record.meters.get(name, 0) for record in records]) for name in meters}
    return cost_columns(compiled(catalog), **given, **how)


def by_hand(catalog, key, record):
    """Look each meter up the slow way: of the rates on its terms that hold, the latest, of these the longest."""
    total = Decimal(0)
    prompt = sum(n for name, n in record.meters.items() if meter(name).direction == "input")
    for name, quantity in record.meters.items():
        fits = [
            r
            for r in catalog.rates[key]
            if (r.meter, r.batch, r.service_tier, r.speed, r.region)
            == (name, record.batch, record.service_tier, record.speed, record.region)
            and (r.start is None or moment(r.start) <= record.time)
            and (r.above == 0 or prompt > r.above)
            and (r.window is None or within(r.window, record.time))
        ]
        best = max(fits, key=lambda r: (moment(r.start or date.min), r.above, r.window is not None))
        total = CONTEXT.add(total, CONTEXT.multiply(best.unit_price, quantity))
    return total


def every_case(catalog):
    """A record in each cell of each model of a catalog: each terms, interval and band, with each meter priced there."""
    for key, rates in ((key, catalog.rates[key]) for key in catalog.rates):
        terms = dict.fromkeys((r.batch, r.service_tier, r.speed, r.region) for r in rates)
        for batch, tier, speed, region in terms:
            own = [r for r in rates if (r.batch, r.service_tier, r.speed, r.region) == (batch, tier, speed, region)]
            starts = dict.fromkeys(r.start for r in own)
            for start, above in product(starts, dict.fromkeys((0, *(r.above for r in own)))):
                begun = [r for r in own if r.start is None or (start is not None and r.start <= start)]
                names = dict.fromkeys(
                    r.meter for r in begun if r.above == 0 and (r.end is None or r.end > (start or date.min))
                )
                counts = {name: 101 + 7 * i for i, name in enumerate(names)}
                prompts = [name for name in names if meter(name).direction == "input"]
                if above and prompts:
                    counts[prompts[0]] += above
                when = moment(start) if start else at("2020-01-01")
                yield key, UsageRecord(
                    model=key[1], provider=key[0], batch=batch, service_tier=tier, speed=speed, region=region,
                    time=when, meters=counts,
                )  # fmt: skip


def test_every_model_meter_band_and_tier_of_the_catalog_costs_the_same_on_each_path():
    catalog = bundled()
    cases = [(key, record) for key, record in every_case(catalog) if record.meters]
    assert len(cases) > 3_000
    records = [record for _, record in cases]
    single = [cost(record, catalog) for record in records]
    assert {each.status for each in single} <= {"priced", "estimated"}
    assert [each.amount for each in single] == [by_hand(catalog, key, record) for key, record in cases]
    exact = columns(catalog, records, exact=True)
    assert exact.decimals() == [each.amount for each in single]
    assert [STATUSES[code] for code in exact.status] == [each.status for each in single]
    floats = columns(catalog, records)
    np.testing.assert_allclose(floats.amount, [float(each.amount or 0) for each in single], rtol=1e-12)


def test_rates_are_named_row_by_row():
    catalog = book(rate("input_tokens", "1"), rate("input_tokens", "2", above=200_000))
    found = cost_columns(
        compiled(catalog), model="m", input_tokens=np.array([200_000, 200_001]), web_searches=np.array([0, 1])
    )
    ids = [each.id for each in catalog.rates["p", "m"]]
    assert found.rate("input_tokens").column().tolist() == ids
    assert found.rate("web_searches").column().tolist() == ["", ""]


MIXED = book(
    rate("input_tokens", "3", end=at("2026-06-01T12:00")),
    rate("input_tokens", "2", start=date(2026, 7, 1)),
    rate("input_tokens", "4", start=date(2026, 7, 1), above=1_000),
    rate("output_tokens", "9", start=date(2026, 7, 1)),
    rate("cache_read_tokens", "0.3", note="no price of its own: priced as input_tokens"),
    rate("input_tokens", "1", batch=True),
    rate("input_tokens", "0.27", model="n"),
    rate("input_tokens", "0.54", model="n", window=Window(time(9), time(1), "Asia/Shanghai", (0, 1, 2, 3, 4))),
    rate("web_searches", "10", model="n", per=Decimal(1_000)),
    rate("input_tokens", "5", model="n", region="eu"),
    rate("input_tokens", "7", model="o-latest"),
)  # fmt: skip

RECORDS = st.builds(
    UsageRecord,
    model=st.sampled_from(["m", "n", "p/m", "o-latest", "unknown"]),
    provider=st.sampled_from(["", "p"]),
    batch=st.booleans(),
    service_tier=st.sampled_from(["standard", "priority", "batch", "default"]),
    region=st.sampled_from(["", "eu", "us"]),
    time=st.one_of(
        st.none(), st.datetimes(at("2026-05-30"), at("2026-07-03")).map(lambda each: each.replace(microsecond=0))
    ),
    meters=st.fixed_dictionaries(
        {"input_tokens": st.sampled_from([0, 1, 1_000, 1_001, 10**9])},
        optional={
            "output_tokens": st.integers(0, 10**6),
            "cache_read_tokens": st.integers(0, 3),
            "web_searches": st.integers(0, 2),
            "requests": st.integers(1, 3),
        },
    ),
)


@of(records=st.lists(RECORDS, min_size=1, max_size=40), on=st.sampled_from([None, date(2026, 6, 30), date(2026, 7, 2)]))
def test_columns_are_many_single_requests(records, on):
    single = [cost(record, MIXED, on=on) for record in records]
    found = columns(MIXED, records, on=on, exact=True)
    assert found.decimals() == [each.amount for each in single]
    assert [STATUSES[code] for code in found.status] == [each.status for each in single]
    said = {each.text for each in found.reasons}
    assert said == {reason for each in single for reason in each.reasons}
    floats = columns(MIXED, records, on=on).amount
    np.testing.assert_allclose(floats, [np.nan if c.amount is None else float(c.amount) for c in single], rtol=1e-12)


@of(
    st.lists(st.datetimes(at("2026-01-01"), at("2027-01-01")), min_size=1),
    st.sampled_from(["UTC", "Asia/Shanghai", "Australia/Lord_Howe", "America/New_York"]),
    st.times(), st.times(), st.sets(st.integers(0, 6)),
)  # fmt: skip
def test_hours_of_the_week_are_the_same_as_columns(moments, timezone, start, end, weekdays):
    window = Window(
        start.replace(second=0), end.replace(second=0), timezone, tuple(sorted(weekdays)), (date(2026, 3, 4),)
    )
    minutes = np.array(moments, dtype="datetime64[us]").astype("datetime64[m]").view(np.int64)
    assert within_column(window, minutes).tolist() == [within(window, each) for each in moments]


def test_money_too_large_for_64_bits_is_reckoned_in_decimals():
    catalog = book(
        rate("input_tokens", "0.000000000001"),
        rate("cache_read_tokens", "5"),
        rate("output_tokens", "3", per=Decimal(3_600)),
    )
    huge = np.array([10**18, 7])
    found = cost_columns(compiled(catalog), model="m", input_tokens=huge, cache_read_tokens=huge, exact=True)
    assert found.places is None
    assert found.decimals() == [1 + Decimal(5 * 10**12), Decimal("7E-18") + Decimal("0.000035")]
    hours = cost_columns(compiled(catalog), model="m", output_tokens=np.array([3_600 * 7]), exact=True)
    assert hours.decimals() == [cost(UsageRecord(model="m", meters={"output_tokens": 25_200}), catalog).amount]


def test_quantities_may_be_decimals_or_have_fractions():
    catalog = book(rate("audio_seconds", "6", per=Decimal(1_000)))
    parted = np.array([Decimal("0.5"), Decimal(2)], dtype=object)
    assert cost_columns(compiled(catalog), model="m", audio_seconds=parted, exact=True).decimals() == [
        Decimal("0.003"),
        Decimal("0.012"),
    ]
    floats = cost_columns(compiled(catalog), model="m", audio_seconds=np.array([0.5, 2.0]))
    assert floats.amount.tolist() == pytest.approx([0.003, 0.012])


def test_the_dearest_reason_comes_first_with_its_rows_and_money():
    records = [
        UsageRecord(model="m", time=at("2026-07-02"), meters={"cache_read_tokens": 10**6}),
        UsageRecord(model="what", meters={"input_tokens": 5}),
        UsageRecord(model="m", time=at("2026-07-02"), meters={"input_tokens": 5}),
    ]
    lent, unknown = columns(MIXED, records).reasons
    assert (lent.text, lent.rows) == ("cache_read_tokens of p/m: no price of its own: priced as input_tokens", 1)
    assert lent.amount == pytest.approx(0.3)
    assert (unknown.rows, unknown.amount) == (1, 0.0)
    assert "no price for model 'what'" in unknown.text


def test_labels_come_in_every_form_that_tables_hold_them_in():
    class Dictionary:
        indices, dictionary = np.array([0, -1, 0]), ["m"]

    strings = ["m", None, "m"]
    masked = np.ma.masked_array(np.array(["m", "x", "m"], dtype=object), mask=[False, True, False])
    forms = [strings, np.array(strings, dtype=object), masked, Dictionary(), (np.array([0, 1, 0]), ("m", ""))]
    assert [coded(form).column().tolist() for form in forms] == [["m", "", "m"]] * 5
    assert coded(np.array(["m", "", "m"])).column().tolist() == ["m", "", "m"]
    assert coded(np.array([True, False])).labels == ("true", "false")
    with pytest.raises(InputError, match="codes from 0 to 7; expected -1 to 0"):
        coded((np.array([0, 7]), ("m",)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"model": "m", "input_tokens": np.array([3, -1])}, "input_tokens is -1 on row 1"),
        ({"model": "m", "input_tokens": np.array([np.nan])}, "input_tokens is nan on row 0"),
        ({"model": ["m"], "input_tokens": np.array([1, 2])}, "expected columns of 2 rows; found {'model': 1}"),
        ({"model": "m", "input_tokens": np.array([1]), "output_tokens": np.array([1, 2])}, "columns of one length"),
        ({"model": "m", "imput_tokens": np.array([1])}, "unknown meter 'imput_tokens'"),
        ({"model": "m", "input_tokens": np.array(["1"])}, "expected a column of numbers"),
        ({"model": "m"}, "at least one meter"),
    ],
)
def test_columns_that_cannot_be_are_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        cost_columns(compiled(MIXED), **wrong)


def test_no_rows_cost_nothing():
    found = cost_columns(compiled(MIXED), model=[], input_tokens=np.array([], dtype=np.int64), exact=True)
    assert (len(found), found.decimals(), found.reasons) == (0, [], ())
