"""A catalog as lines of JSON that say all of it: the same catalog makes the same lines, whatever its order."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import sha256
from typing import Any, Protocol

from pertoken.catalog.prices import STANDARD, WEEK, Moment, Rate, Window
from pertoken.catalog.regions import Uplift

Key = tuple[str, str]
"""A provider and one of its models."""

PLAIN: dict[str, Any] = {
    "per": "1", "batch": False, "tier": STANDARD, "speed": STANDARD, "region": "", "above": 0, "window": None,
    "from": "", "to": "", "currency": "USD", "note": "", "basis": "",
}  # fmt: skip
"""What is meant where a row says nothing."""


class Said(Protocol):
    """What a catalog says."""

    @property
    def rates(self) -> Mapping[Key, tuple[Rate, ...]]:
        """What each model costs."""

    @property
    def aliases(self) -> Mapping[str, tuple[Key, ...]]:
        """Other names of models."""

    @property
    def refusals(self) -> Mapping[Key, str]:
        """Models that can't be priced."""

    @property
    def notes(self) -> Mapping[Key, str]:
        """What rates leave out."""

    @property
    def deployments(self) -> Mapping[str, str]:
        """The user's own names."""

    @property
    def uplifts(self) -> tuple[Uplift, ...]:
        """Regional multiples."""


def digest(text: Iterable[str]) -> str:
    """Hash lines of text.

    >>> digest([])[:8]
    'e3b0c442'
    """
    found = sha256()
    for line in text:
        found.update(f"{line}\n".encode())
    return found.hexdigest()


def lines(catalog: Said) -> Iterator[str]:
    """Write a catalog: a line for each model with its rates, then refusals, notes, aliases, deployments, multiples."""
    for key in sorted(catalog.rates):
        yield _json({"model": key, **_model(catalog.rates[key])})
    yield from (_json({"refused": key, "why": text}) for key, text in sorted(catalog.refusals.items()))
    yield from (_json({"note": key, "text": text}) for key, text in sorted(catalog.notes.items()))
    yield from (_json({"alias": name, "of": keys}) for name, keys in sorted(catalog.aliases.items()))
    yield from (_json({"deployment": name, "of": target}) for name, target in sorted(catalog.deployments.items()))
    yield from sorted(_json({"uplift": _uplift(each)}) for each in catalog.uplifts)


def _json(value: Any) -> str:  # noqa: ANN401  any plain value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _model(rates: Sequence[Rate]) -> dict[str, Any]:
    """Rows of a model; a source that all share is said once."""
    source = min((rate.source for rate in rates), default="")
    rows = (_row(rate, source) for rate in rates)
    return {"source": source, "rates": sorted(rows, key=str)}


def _row(rate: Rate, source: str) -> dict[str, Any]:
    said = {
        "meter": rate.meter, "price": plain(rate.price), "per": plain(rate.per), "batch": rate.batch,
        "tier": rate.service_tier, "speed": rate.speed, "region": rate.region, "above": rate.above,
        "window": _window(rate.window), "from": _said(rate.start), "to": _said(rate.end), "currency": rate.currency,
        "note": rate.note, "basis": rate.basis,
    }  # fmt: skip
    row = {word: value for word, value in said.items() if word not in PLAIN or value != PLAIN[word]}
    return row if rate.source == source else {**row, "source": rate.source}


def _said(moment: Moment | None) -> str:
    """Write a day or a moment as it was said."""
    return moment.isoformat() if moment else ""


def plain(number: Decimal) -> str:
    """Write a number in the shortest exact way.

    >>> plain(Decimal("2.50")), plain(Decimal("1E+6"))
    ('2.5', '1000000')
    """
    return f"{number.normalize():f}"


def _window(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    said: dict[str, Any] = {"from": f"{window.start:%H:%M}", "to": f"{window.end:%H:%M}", "timezone": window.timezone}
    said |= {"weekdays": window.weekdays} if window.weekdays != WEEK else {}
    days = {"holidays": window.holidays, "workdays": window.workdays}
    return said | {word: [day.isoformat() for day in each] for word, each in days.items() if each}


def _uplift(each: Uplift) -> list[Any]:
    return [each.provider, each.models, each.region, plain(each.times), each.meters, each.source]


def rates_from(provider: str, model: str, said: dict[str, Any]) -> Iterator[Rate]:
    """Read the rates of a model back from what its line says."""
    for row in said["rates"]:
        full = PLAIN | row
        yield Rate(
            model=model,
            meter=full["meter"],
            price=Decimal(full["price"]),
            per=Decimal(full["per"]),
            provider=provider,
            batch=full["batch"],
            service_tier=full["tier"],
            speed=full["speed"],
            region=full["region"],
            above=full["above"],
            window=_window_from(full["window"]),
            start=moment(full["from"]),
            end=moment(full["to"]),
            currency=full["currency"],
            source=full.get("source", said["source"]),
            note=full["note"],
            basis=full["basis"],
        )


def _window_from(said: dict[str, Any] | None) -> Window | None:
    if said is None:
        return None
    return Window(
        time.fromisoformat(said["from"]),
        time.fromisoformat(said["to"]),
        said["timezone"],
        tuple(said.get("weekdays", WEEK)),
        _days(said.get("holidays", ())),
        _days(said.get("workdays", ())),
    )


def _days(said: Iterable[str]) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day) for day in said)


def moment(text: str) -> Moment | None:
    """Read a day or a moment; None if nothing is said.

    >>> moment("2026-05-01"), moment("")
    (datetime.date(2026, 5, 1), None)
    """
    if not text:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def uplift_from(said: Sequence[Any]) -> Uplift:
    """Read a regional multiple back from what its line says."""
    provider, models, region, times, meters, source = said
    return Uplift(provider, tuple(models), region, Decimal(times), tuple(meters), source)
