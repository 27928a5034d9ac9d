"""Words of FOCUS for ours: periods as moments, meters and their units, names of columns of our own."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.meters import COMPOSITES, meter


def bounds(label: str, timezone: str = "UTC") -> tuple[datetime, datetime]:
    """Begin and end of a period, the end no longer in it.

    >>> [each.isoformat() for each in bounds("2026-Q4")]
    ['2026-10-01T00:00:00+00:00', '2027-01-01T00:00:00+00:00']
    """
    zone, utc = period.zone(timezone), period.zone("UTC")
    start, end = local(label)
    return start.replace(tzinfo=zone).astimezone(utc), end.replace(tzinfo=zone).astimezone(utc)


def local(label: str) -> tuple[datetime, datetime]:
    """Begin and end of a period on the clock of its zone."""
    if "T" in label:
        start = datetime.strptime(label, "%Y-%m-%dT%H")  # noqa: DTZ007  the caller knows the zone
        return start, start + timedelta(hours=1)
    if "Q" in label:
        year, quarter = int(label[:4]), int(label[-1])
        return _months(year, 3 * quarter - 2, 3)
    parts = [int(part) for part in label.split("-")]
    if len(parts) == len(("year", "month", "day")):
        start = datetime.combine(date(*parts), datetime.min.time())
        return start, start + timedelta(days=1)
    return _months(parts[0], parts[1], 1) if len(parts) > 1 else _months(parts[0], 1, 12)


def _months(year: int, month: int, count: int) -> tuple[datetime, datetime]:
    last = year * 12 + month - 1 + count
    return datetime(year, month, 1), datetime(last // 12, last % 12 + 1, 1)  # noqa: DTZ001  the caller knows the zone


def sku_meter(name: str) -> str:
    """What people call a meter.

    >>> sku_meter("cache_read_tokens"), sku_meter("gpu_hours"), sku_meter("input_tokens + 4 * output_tokens")
    ('Cache Read Tokens', 'GPU Hours', 'Input Tokens + 4 * Output Tokens')
    """
    return name.removeprefix("x_").replace("_", " ").title().replace("Gpu ", "GPU ")


def unit_of(name: str) -> str:
    """The unit of a meter or of a sum of meters, in the plural.

    >>> unit_of("input_tokens"), unit_of("gpu_hours"), unit_of("input_tokens + output_tokens"), unit_of("what")
    ('Tokens', 'Hours', 'Tokens', 'Units')
    """
    words = [word for word in name.replace("+", " ").replace("*", " ").split() if not word[0].isdigit()]
    found = set()
    for word in words:
        try:
            found.add("token" if word in COMPOSITES else meter(word).unit)
        except InputError:
            return "Units"
    return f"{found.pop().capitalize()}s" if len(found) == 1 else "Units"


def pascal(name: str) -> str:
    """Write a key as the standard writes names of columns.

    >>> pascal("service_tier")
    'ServiceTier'
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def own_name(key: str) -> str:
    """The column of a key that the standard has no column for.

    >>> own_name("customer"), own_name("above_100k"), own_name("Team")
    ('x_Customer', 'x_above_100k', 'x_Team_')
    """
    name = f"x_{pascal(key)}"
    if key_of(name) == key:
        return name
    return f"x_{key}" if key_of(f"x_{key}") == key else f"x_{key}_"


def key_of(name: str) -> str:
    """The key of a column of our own.

    >>> key_of("x_ServiceTier"), key_of("x_above_100k"), key_of("x_Team_")
    ('service_tier', 'above_100k', 'Team')
    """
    bare = name.removeprefix("x_")
    if bare.endswith("_"):
        return bare[:-1]
    if not bare[:1].isupper():
        return bare
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(bare))


def finest(keys: Mapping[str, str]) -> tuple[str, str]:
    """The finest period that keys name, and its label; both empty for none.

    >>> finest({"month": "2026-01", "day": ""})
    ('month', '2026-01')
    """
    return next(((grain, keys[grain]) for grain in period.GRAINS if keys.get(grain)), ("", ""))


def coarsest(grains: Iterable[str]) -> str:
    """The longest of some periods; empty for none.

    >>> coarsest(["hour", "", "month"])
    'month'
    """
    known = [period.GRAINS.index(grain) for grain in grains if grain]
    return period.GRAINS[max(known)] if known else ""
