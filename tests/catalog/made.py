"""Rates and catalogs for tests of the catalog room."""

from datetime import date, time
from decimal import Decimal

from hypothesis import strategies as st

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate, Window

DAYS = [None, date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1), date(2026, 11, 1)]
NIGHT = Window(time(22), time(6))


def rate(price="1", **terms):
    return Rate(**{"model": "m", "meter": "input_tokens", "price": Decimal(price), "provider": "p", **terms})


def catalog(*rates, name="book", **more):
    found: dict = {}
    for each in rates:
        found[each.provider, each.model] = (*found.get((each.provider, each.model), ()), each)
    return Catalog(name, found, **more)


def one_each(rates):
    """Keep one rate for each set of terms and start, as a catalog has it."""
    return list({(r.meter, r.region, r.above, r.window, r.start): r for r in rates}.values())


RATES = st.lists(
    st.builds(
        rate,
        price=st.sampled_from(["1", "2", "3", "5", "7"]),
        meter=st.sampled_from(["input_tokens", "output_tokens"]),
        region=st.sampled_from(["", "", "eu"]),
        above=st.sampled_from([0, 0, 200_000]),
        window=st.sampled_from([None, None, NIGHT]),
        start=st.sampled_from(DAYS),
    ),
    min_size=1,
    max_size=7,
).map(one_each)
"""Rates of one model."""


def labels(*, meter="input_tokens", moment="2026-05-05T12:00:00", prompt=0, night=False, region="", batch=False):
    return {
        "model": "m", "provider": "p", "meter": meter, "batch": str(batch).lower(), "service_tier": "standard",
        "region": region, "price_from": moment, "prompt_tokens_above": str(prompt), NIGHT.key: str(night).lower(),
    }  # fmt: skip


EVERYWHERE = [
    labels(meter=meter, moment=moment, prompt=prompt, night=night, region=region)
    for meter in ("input_tokens", "output_tokens")
    for moment in ("2025-06-01T00:00:00", "2026-02-01T00:00:00", "2026-05-05T12:00:00", "2026-09-01T00:00:00")
    for prompt in (0, 200_000)
    for night in (False, True)
    for region in ("", "eu", "us")
]
"""Requests on all sides of every bound."""
