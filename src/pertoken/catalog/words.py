"""Words for what a rate is for, as a price list would say it."""

from decimal import Decimal

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import STANDARD, Rate, Window
from pertoken.core.meters import meter

MILLION = Decimal(1_000_000)
"""Tokens that a price is written for."""

ROUND = 1000
"""Thresholds are multiples of it; one that is a token less than a multiple includes the multiple."""


def named(catalog: Catalog) -> str:
    """Name a catalog, with its short hash where that is known without reckoning.

    >>> named(Catalog("prices of May", {}, digest="7c75731da711acea")), named(Catalog("prices of May", {}))
    ('prices of May #7c75731d', 'prices of May')
    """
    return f"{catalog.name} #{catalog.hash[:8]}" if catalog.digest or catalog.reckon else catalog.name


def band(above: int) -> str:
    """Write how many tokens a prompt has that a price is for, with the operator; empty for any.

    >>> band(199_999), band(272_000), band(0)
    ('>= 200,000', '> 272,000', '')
    """
    if not above:
        return ""
    return f">= {above + 1:,}" if (above + 1) % ROUND == 0 else f"> {above:,}"


def hours(window: Window | None) -> str:
    """Write hours of the week; empty for all.

    >>> from datetime import date, time
    >>> hours(Window(time(16, 30), time(0, 30)))
    '16:30-00:30 UTC'
    >>> hours(Window(time(9), time(12), "Asia/Shanghai", (0, 1, 2, 3, 4), (date(2026, 10, 1),), (date(2026, 10, 10),)))
    '09:00-12:00 Asia/Shanghai Mon-Fri, not on 1 holiday, also on 1 other day'
    """
    if window is None:
        return ""
    days = window.key.partition(" on ")[2].partition(" but ")[0]
    parts = [f"{window.start:%H:%M}-{window.end:%H:%M} {window.timezone}{f' {_run(days)}' if days else ''}"]
    parts += [f"not on {_some(len(window.holidays), 'holiday')}"] if window.holidays else []
    parts += [f"also on {_some(len(window.workdays), 'other day')}"] if window.workdays else []
    return ", ".join(parts)


def terms(rate: Rate) -> str:
    """Write the terms of a rate besides its model and meter; empty for an ordinary request.

    >>> terms(Rate(model="m", meter="input_tokens", price=Decimal(1), batch=True, above=272_000))
    'batch, prompt > 272,000'
    """
    words = ["batch"] if rate.batch else []
    words += [rate.service_tier] if rate.service_tier != STANDARD else []
    words += [rate.speed] if rate.speed != STANDARD else []
    words += [f"region {rate.region}"] if rate.region else []
    words += [f"prompt {band(rate.above)}"] if rate.above else []
    return ", ".join([*words, *([hours(rate.window)] if rate.window else [])])


def per(rate: Rate) -> Decimal:
    """How many units the price of a rate is written for: a million tokens, else what its source says."""
    return MILLION if meter(rate.meter).unit == "token" else rate.per


def priced(rate: Rate) -> Decimal:
    """Money of a rate for as many units as it is written for.

    >>> print(priced(Rate(model="m", meter="input_tokens", price=Decimal("2.50"), per=Decimal(1_000_000))))
    2.50
    """
    return rate.price if rate.per == per(rate) else rate.unit_price * per(rate)


def size(per: Decimal) -> str:
    """Write what a price is for.

    >>> size(Decimal(1000)), size(Decimal(1_000_000)), size(Decimal(60))
    ('1K', '1M', '60')
    """
    for step, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1000, "K")):
        if per >= step and per % step == 0:
            return f"{per / step:f}{letter}"
    return f"{per:,f}"


def unit(rate: Rate) -> str:
    """Write what the price of a rate is for.

    >>> unit(Rate(model="m", meter="output_tokens", price=Decimal(1)))
    '1M tokens'
    >>> unit(Rate(model="m", meter="web_searches", price=Decimal(10), per=Decimal(1000)))
    '1K searches'
    >>> unit(Rate(model="m", meter="gpu_hours", price=Decimal(2)))
    'hour'
    """
    name, many = meter(rate.meter).unit, per(rate)
    return name if many == 1 else f"{size(many)} {_plural(name)}"


def _plural(name: str) -> str:
    return f"{name}es" if name.endswith(("ch", "s")) else f"{name}s"


def _run(days: str) -> str:
    return {"Mon,Tue,Wed,Thu,Fri": "Mon-Fri", "Sat,Sun": "Sat-Sun"}.get(days, days)


def _some(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"
