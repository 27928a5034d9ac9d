"""The price book of genai-prices (MIT, by Pydantic), compiled to rates."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from pertoken.catalog.asked import WhenAsked
from pertoken.catalog.book import Catalog, Key
from pertoken.catalog.prices import STANDARD, Rate, Window
from pertoken.connect import catalog_cache
from pertoken.connect.catalog_cache import Table

WORKDAY_PEAKS = frozenset({("deepseek", model) for model in ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro")})
"""Models whose peak hours are those of a Chinese workday (https://api-docs.deepseek.com/quick_start/pricing, read on
2026-11-22: Monday to Friday but for Chinese public holidays); these hours are of one day in China and in UTC."""

WORKDAYS = (0, 1, 2, 3, 4)

HOLIDAYS = tuple(
    date.fromisoformat(first) + timedelta(days=day)
    for first, days in (
        ("2026-01-01", 3), ("2026-02-15", 9), ("2026-04-04", 3), ("2026-05-01", 5), ("2026-06-19", 3),
        ("2026-09-25", 3), ("2026-10-01", 7),
    )
    for day in range(days)
)  # fmt: skip
"""Public holidays of China in 2026 (https://www.gov.cn/zhengce/content/202511/content_7047090.htm)."""


def catalog() -> Catalog:
    """Open the price book that is bundled with the installed genai-prices.

    It is compiled once and then kept in a cache folder (`$PERTOKEN_CACHE`, else `$XDG_CACHE_HOME/pertoken`, else
    `~/.cache/pertoken`). The rates of a model are made when they are asked for.
    """
    path = catalog_cache.file()
    table = catalog_cache.read(path)
    if table is None:
        table = _compiled()
        catalog_cache.write(path, table)
    return _catalog(table)


def catalog_of(text: str, source: str) -> Catalog:
    """Make a catalog of a data file that genai-prices publishes (`data.json`, a list of providers).

    Raises:
        InputError: The file is not of the published form.
    """
    from pertoken.connect.genai_table import read, table  # noqa: PLC0415  half a second

    return _catalog(table(read(text, source), source=f"genai-prices data {source}"))


def _compiled() -> Table:
    from pertoken.connect.genai_table import table  # noqa: PLC0415  half a second, which the cache saves

    return table()


def _catalog(table: Table) -> Catalog:
    keys = ((provider, model) for provider, models in table["models"].items() for model in models)
    return Catalog(
        name=table["source"],
        rates=WhenAsked(keys, lambda key: tuple(_rates(table, key))),
        aliases={alias: tuple((seller, model) for seller, model in keys) for alias, keys in table["aliases"].items()},
        refusals={(seller, model): text for seller, model, text in table["refusals"]},
        notes={(seller, model): text for seller, model, text in table["notes"]},
    )


def _rates(table: Table, key: Key) -> Iterator[Rate]:
    provider, model = key
    blocks, lent = table["models"][provider][model], ""
    if isinstance(blocks, str):
        blocks, lent = _standard(table["models"][blocks][model]), f"priced as {blocks}/{model}"
    source = ", ".join(filter(None, [table["source"], table["urls"].get(provider)]))
    for batch, tier, speed, region, start, hours, prices in blocks:
        day = date.fromisoformat(start) if start else None
        window = _window(hours, key) if hours else None
        for meter, above, price, per, note in _priced(table["meters"], prices):
            yield Rate(
                model=model,
                meter=meter,
                price=Decimal(price),
                per=Decimal(per),
                provider=provider,
                batch=batch,
                service_tier=tier,
                speed=speed,
                region=region,
                above=above,
                window=window,
                start=day,
                source=source,
                note="; ".join(filter(None, [note, lent])),
            )


def _window(hours: list[str], key: Key) -> Window:
    """Make the hours in which another price holds; of what genai-prices says each day, some hold on workdays only."""
    whole = Window(time.fromisoformat(hours[0]), time.fromisoformat(hours[1]))
    return replace(whole, weekdays=WORKDAYS, holidays=HOLIDAYS) if key in WORKDAY_PEAKS else whole


def _standard(blocks: list[Any]) -> list[Any]:
    """Only the ordinary terms: nothing is known of another seller's batch or priority."""
    return [block for block in blocks if block[:4] == [False, STANDARD, STANDARD, ""]]


def _priced(meters: Mapping[str, Any], prices: Mapping[str, Any]) -> Iterator[tuple[str, int, str, int, str]]:
    """Price each leaf meter at the most specific unit that has a price."""
    for meter, chain in meters.items():
        for unit, per, note in chain:
            if unit in prices:
                base, *tiers = [prices[unit]] if isinstance(prices[unit], str) else prices[unit]
                for above, price in [(0, base), *tiers]:
                    yield meter, above, price, per, note
                break
