"""Prices of the package model-prices (MIT): dated history, batch and speeds, hours of the week with holidays."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pertoken.catalog.asked import WhenAsked
from pertoken.catalog.book import Catalog, Key
from pertoken.catalog.lending import lent_note, loans
from pertoken.catalog.names import seller_of
from pertoken.catalog.prices import STANDARD, WEEK, Rate, Window
from pertoken.catalog.terms import iso
from pertoken.core.errors import Fault, InputError
from pertoken.core.exact import CONTEXT

FORM = 1
"""Form of the snapshot that is read."""

METERS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
}
"""What a price list says, and our meters."""

LONG_LIFE = {"openai": "cache_write_12h_tokens"}
"""The cache write that `cache_write_1h_multiple` is of; an hour unless said here."""

MODES = {"standard": (False, STANDARD, STANDARD), "batch": (True, STANDARD, STANDARD)}
MODES |= {"flex": (False, "flex", STANDARD), "thinking": (False, "thinking", STANDARD)}
MODES |= {speed: (False, STANDARD, speed) for speed in ("fast", "ultrafast")}
"""Batch, service tier and speed of a mode."""

THINKING = "requests in thinking mode cost otherwise; their price stands under the service tier `thinking`"

MILLION = Decimal(1_000_000)

Spell = tuple[datetime | None, datetime | None, Mapping[str, Any]]
"""From when, until when, and what holds."""


def catalog() -> Catalog:
    """Open the snapshot that is bundled with the installed model-prices; nothing is fetched.

    Raises:
        InputError: The package isn't there.
    """
    spec = find_spec("model_prices")
    places = list((spec and spec.submodule_search_locations) or [])
    if not places:
        found, expected = "the catalog model-prices needs the package of that name", "it beside pertoken"
        mend = "pip install 'pertoken[history]', or give the path of its snapshot.json"
        raise InputError.of([Fault("", found, expected, mend)])
    text = (Path(places[0]) / "snapshot.json").read_text(encoding="utf-8")
    return catalog_of(json.loads(text, parse_float=Decimal), f"model-prices {version('model-prices')}")


def catalog_of(data: Mapping[str, Any], source: str) -> Catalog:
    """Compile a snapshot; the rates of a model are made when they are asked for.

    Args:
        data: The snapshot, its numbers exact.
        source: The package with its version, or the file.

    Raises:
        InputError: The snapshot is of another form.
    """
    if data.get("schema") != FORM or not isinstance(data.get("prices"), Mapping):
        found = f"a snapshot of form {data.get('schema')!r}"
        raise InputError.of([Fault(source, found, f"form {FORM}", "use a release of model-prices from 0.0.5 on")])
    snapshot = _Snapshot(data, source, _homes(data))
    return Catalog(
        name=source,
        rates=WhenAsked(snapshot.homes, snapshot.rates),
        aliases=_aliases(snapshot),
        notes={key: text for key, home in snapshot.homes.items() if (text := _note(data, *home))},
        refusals={
            (seller_of(each["provider"]), each["model"]): f"no price for it is published; it is like {each['like']}"
            for each in data.get("estimates", ())
        },
    )


def _note(data: Mapping[str, Any], vendor: str, model: str) -> str:
    status = data.get("status", {}).get(vendor, {}).get(model)
    thinks = "thinking" in data["prices"][vendor][model]
    said = [f"{status} by its seller" if status else "", THINKING if thinks else ""]
    return "; ".join(filter(None, said))


def _aliases(snapshot: "_Snapshot") -> dict[str, tuple[Key, ...]]:
    """Names that the snapshot lists for its models."""
    data = snapshot.data
    known = {home: key for key, home in snapshot.homes.items()}
    found: dict[str, tuple[Key, ...]] = {}
    said = [(name, tuple(target.split("/", 1))) for name, target in data.get("aliases", {}).get("models", {}).items()]
    said += [(name, (vendor, model)) for vendor, each in data.get("bases", {}).items() for name, model in each.items()]
    for key, (vendor, model) in snapshot.homes.items():
        said += [(dated, (vendor, model)) for dated in snapshot.dated(key)]
    for name, home in said:
        if home in known and known[home] not in found.get(name.lower(), ()):
            found[name.lower()] = (*found.get(name.lower(), ()), known[home])
    return found


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A snapshot and where it is from.

    Args:
        data: What it says.
        source: The package with its version, or the file.
        homes: Vendor and model in it by provider and model of ours.
    """

    data: Mapping[str, Any]
    source: str
    homes: Mapping[Key, tuple[str, str]]

    def rates(self, key: Key) -> tuple[Rate, ...]:
        """Make the rates of a model."""
        return tuple(_of_model(key, self.modes(key), self.schedules(key), self.source))

    def modes(self, key: Key) -> Mapping[str, Any]:
        """The price lists of a model by mode."""
        vendor, model = self.homes[key]
        found: Mapping[str, Any] = self.data["prices"][vendor][model]
        return found

    def dated(self, key: Key) -> set[str]:
        """Dated names under which the model's prices were recorded."""
        rows = (each["rates"] for rows in self.modes(key).values() for each in rows)
        return {said["model"] for said in rows if said and said.get("model", key[1]) != key[1]} - {
            model for seller, model in self.homes if seller == key[0]
        }

    def schedules(self, key: Key) -> list[Spell]:
        """When the model costs by the clock, and how."""
        vendor, model = self.homes[key]
        own = [each for each in self.data.get("schedules", {}).get("schedule", ()) if each["provider"] == vendor]
        return [
            (_moment(each["valid_from"]), _moment(each.get("valid_until")), self.hours(each, model))
            for each in own
            if "peak_hours_utc" in each or model in each["off_peak_multiplier"]
        ]

    def hours(self, said: Mapping[str, Any], model: str) -> Mapping[str, Any]:
        """Windows of a schedule, and what prices are multiplied by in them."""
        if "off_peak_hours_utc" in said:
            times = said["off_peak_multiplier"][model]
            return {"times": Decimal(str(times)), "windows": _windows(said["off_peak_hours_utc"], said, None)}
        calendar = self.data["schedules"].get("holidays", {}).get(said.get("holidays", ""))
        windows = _windows(said["peak_hours_utc"], said, calendar)
        return {"times": Decimal(str(said["peak_multiplier"])), "windows": windows}


def _homes(data: Mapping[str, Any]) -> dict[Key, tuple[str, str]]:
    """Where the models stand that have ever had a price."""
    return {
        (seller_of(vendor), model): (vendor, model)
        for vendor, models in data["prices"].items()
        for model, modes in models.items()
        if any(each["rates"] for rows in modes.values() for each in rows)
    }


def _windows(
    spans: Sequence[Sequence[str]], said: Mapping[str, Any], calendar: Mapping[str, Any] | None
) -> list[Window]:
    """Hours of UTC; the days of a calendar are those on which they begin, as its own clock has it."""
    days = tuple(day for day in WEEK if day < 5) if said.get("weekdays_only") else WEEK  # noqa: PLR2004  Saturday
    ahead = timedelta(hours=calendar["utc_offset_hours"]) if calendar else timedelta()
    off = tuple(date.fromisoformat(day) for day in calendar["dates"]) if calendar else ()
    made = []
    for begin, end in spans:
        start = time.fromisoformat(begin)
        moved = (datetime.combine(date(2000, 1, 2), start, UTC) + ahead).date() - date(2000, 1, 2)
        made.append(Window(start, time.fromisoformat(end), "UTC", days, tuple(day - moved for day in off)))
    return made


@dataclass(frozen=True, slots=True)
class _List:
    """A price list and when it holds.

    Args:
        said: What it says.
        start: Since when; None for as far back as is asked.
        later: When the next one begins; None if it is the last.
        gone: Whether there is no price from then on.
    """

    said: Mapping[str, Any]
    start: datetime | None
    later: datetime | None
    gone: bool


def _of_model(key: Key, modes: Mapping[str, Any], schedules: Sequence[Spell], source: str) -> Iterator[Rate]:
    for mode, rows in modes.items():
        terms = MODES.get(mode, (False, mode, STANDARD))
        for each in _lists(rows):
            for since, hours in _cut(each, schedules):
                yield from _priced(key, terms, each, source, (since, hours))


def _lists(rows: Sequence[Mapping[str, Any]]) -> Iterator[_List]:
    """The price lists of a mode, one after another; one that says the same prices as the one before is left out."""
    kept: list[Mapping[str, Any]] = []
    for row in rows:
        if not kept or _money(row["rates"]) != _money(kept[-1]["rates"]):
            kept.append(row)
    for row, following in zip(kept, [*kept[1:], None], strict=True):
        if row["rates"]:
            later = _moment(following["start"]) if following else None
            yield _List(row["rates"], _moment(row["start"]), later, bool(following and not following["rates"]))


def _money(said: Mapping[str, Any] | None) -> dict[str, Any]:
    return {word: said.get(word) for word in (*METERS, "tiers", "cache_write_1h_multiple")} if said else {}


def _cut(each: _List, schedules: Sequence[Spell]) -> Iterator[tuple[datetime | None, Mapping[str, Any] | None]]:
    """Cut the time of a price list where prices by the clock begin and end."""
    edges = sorted({edge for begun, ended, _ in schedules for edge in (begun, ended) if edge})
    inner = [edge for edge in edges if iso(each.start) < iso(edge) and _before(edge, each.later)]
    for since in (each.start, *inner):
        holding = [hours for begun, ended, hours in schedules if iso(begun) <= iso(since) and _before(since, ended)]
        yield since, holding[0] if holding else None


def _before(moment: datetime | None, end: datetime | None) -> bool:
    return end is None or moment is None or moment < end


def _priced(
    key: Key,
    terms: tuple[bool, str, str],
    each: _List,
    source: str,
    when: tuple[datetime | None, Mapping[str, Any] | None],
) -> Iterator[Rate]:
    """The rates of one price list in one time, with those of its windows."""
    provider, model = key
    batch, tier, speed = terms
    since, hours = when
    base = Rate(
        model=model, meter="", price=Decimal(0), per=MILLION, provider=provider, batch=batch, service_tier=tier,
        speed=speed, start=since, end=each.later if each.gone else None, source=f"{source}, {each.said['source']}",
        basis=str(each.said.get("valid_from_basis") or ""),
    )  # fmt: skip
    for above, prices in _bands(each.said, provider):
        yield from _rows(replace(base, above=above), prices)
        for window in hours["windows"] if hours else ():
            moved = {meter: CONTEXT.multiply(price, hours["times"]) for meter, price in prices.items()} if hours else {}
            yield from _rows(replace(base, above=above, window=window), moved)


def _rows(base: Rate, prices: Mapping[str, Decimal]) -> Iterator[Rate]:
    """A rate for each price, and for each meter that takes one over."""
    yield from (replace(base, meter=meter, price=price) for meter, price in prices.items())
    for meter, lender in loans(prices):
        yield replace(base, meter=meter, price=prices[lender], note=lent_note(lender))


def _bands(said: Mapping[str, Any], provider: str) -> Iterator[tuple[int, dict[str, Decimal]]]:
    """Prices by length of the prompt; a longer band says what differs from the shorter ones."""
    prices: dict[str, Any] = {word: said[word] for word in METERS if said.get(word) is not None}
    for band in ({"above": 0}, *sorted(said.get("tiers") or (), key=lambda tier: int(tier["above"]))):
        prices |= {word: band[word] for word in METERS if band.get(word) is not None}
        found = {METERS[word]: Decimal(str(price)) for word, price in prices.items()}
        if (times := said.get("cache_write_1h_multiple")) is not None:
            long = LONG_LIFE.get(provider, "cache_write_1h_tokens")
            found[long] = CONTEXT.multiply(found["input_tokens"], Decimal(str(times)))
        yield int(band["above"]), found


def _moment(text: str | None) -> datetime | None:
    """Read a moment of UTC."""
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
