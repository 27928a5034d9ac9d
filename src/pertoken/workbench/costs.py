"""What single requests cost, under the bundled price book or a file of prices."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from pertoken.catalog.book import Catalog
from pertoken.core.errors import InputError
from pertoken.rating.compiled import PriceTable
from pertoken.rating.compiled import compiled as made_ready
from pertoken.rating.cost import Costed
from pertoken.rating.cost import cost as priced
from pertoken.usage.record import Count, UsageRecord

Prices = Catalog | str | Path | None
"""A catalog, its name or file; None for the bundled one."""


def cost(
    usage: UsageRecord | Sequence[UsageRecord] | Mapping[str, Count],
    *,
    catalog: Prices = None,
    on: date | None = None,
    model: str = "",
    **terms: Any,  # noqa: ANN401  as `UsageRecord` takes them
) -> Costed:
    """Price a usage under a catalog: what each meter costs, exactly, and what is missing or unsure.

    Args:
        usage: A record of usage, the records of one request (as `usage_of` returns them), or how much by leaf meter.
        catalog: Prices: a catalog, its name, or a frozen file of one; the bundled price book if None.
        on: Day whose prices hold where a record doesn't say when it was; today (UTC) if None.
        model: The model, where meters are given.
        **terms: What else `UsageRecord` says, where meters are given: `provider`, `time`, `batch`, `service_tier`,
            `speed`, `region`.

    Returns:
        The amount (None if nothing of it has a price), its lines with their rates, a status and its reasons.

    Raises:
        InputError: There is no such catalog, a count is below zero, or there is no such meter.

    >>> import pertoken as pt
    >>> costed = pt.cost({"input_tokens": 1_000, "output_tokens": 300}, model="openai/gpt-4o")
    >>> print(costed.amount, costed.status)
    0.0055000 priced
    """
    records = UsageRecord(meters=usage, model=model, **terms) if isinstance(usage, Mapping) else usage
    try:
        return priced(records, prices(catalog), on=on or datetime.now(tz=UTC).date())
    except (TypeError, ArithmeticError):
        for each in (records,) if isinstance(records, UsageRecord) else records:
            _readable(each)
        raise


def _readable(usage: UsageRecord) -> None:
    """Refuse counts that are no exact numbers, and a time that is not of UTC."""
    for meter, count in usage.meters.items():
        if type(count) is not int and not (isinstance(count, Decimal) and count.is_finite()):
            msg = f"{meter} is {count!r}; expected a whole number, or a Decimal for parts of a unit"
            raise InputError(msg)
    if usage.time is not None and (not isinstance(usage.time, datetime) or usage.time.tzinfo):
        msg = f"time is {usage.time!r}; expected a datetime of UTC without a zone: {UTC_TIME}"
        raise InputError(msg)


UTC_TIME = "time.astimezone(UTC).replace(tzinfo=None)"
"""How a time with a zone is brought to UTC."""


def compiled(catalog: Prices = None) -> PriceTable:
    """Make a catalog ready to price columns with, for `cost_columns`.

    Args:
        catalog: Prices: a catalog, its name, or a frozen file of one; the bundled price book if None.

    Returns:
        A table of prices; keep it for as long as there are columns to price.

    Raises:
        InputError: There is no such catalog.
    """
    return made_ready(prices(catalog))


def prices(said: Prices = None) -> Catalog:
    """Open the catalog that is said, once for as long as its file stays as it is."""
    if isinstance(said, Catalog):
        return said
    if said is None:
        return _opened("", 0)
    from pertoken.connect.catalogs import UPDATED, updated  # noqa: PLC0415  only where a catalog is said

    path = updated() if str(said) == UPDATED else Path(said)
    return _opened(str(said), path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=8)
def _opened(name: str, changed: int) -> Catalog:  # noqa: ARG001  a changed file is read anew
    from pertoken.connect.catalogs import read_catalog  # noqa: PLC0415  costs time, and only some questions need it

    return read_catalog(name) if name else read_catalog()
