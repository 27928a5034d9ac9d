"""The same usage at another day's prices, or on other models."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pertoken.catalog.book import MAKERS, Catalog, find
from pertoken.core.errors import InputError, UnpricedUsage
from pertoken.core.lines import Key, Usage
from pertoken.rating.card import Card
from pertoken.usage.question import PRICE_FROM
from pertoken.workbench.cards import CATALOG, sides
from pertoken.workbench.costs import Prices
from pertoken.workbench.costs import prices as opened
from pertoken.workbench.reading import Contracts, Terms, folded, reading, stated

if TYPE_CHECKING:
    from pertoken.books.repriced import Repriced
    from pertoken.engines.duckdb import Log, Watch
    from pertoken.usage.report import Report
    from pertoken.usage.schema import LogMapping

ALL = "*"
"""All models of a log."""


def reprice(
    log: "str | Path",
    *,
    at: date | None = None,
    models: Mapping[str, str] | None = None,
    cost: Iterable[str | Card] = (CATALOG,),
    by: Iterable[str] = ("model", "meter"),
    catalog: Prices = None,
    watch: "Watch | None" = None,
    **how: Any,  # noqa: ANN401  as `statement` takes them
) -> "Repriced":
    """Price a log's usage at another day's prices or on other models, beside what it costs now.

    Lengths and hours of requests stay what they were; only the day whose prices hold, and the model, are others. What
    either side can't price is left out of the comparison and told.

    Args:
        log: Requests or usage, as for `statement`.
        at: Day whose prices hold for all requests; None for the time of each.
        models: Model of the log to the one that its requests are priced as; `*` for all others.
        cost: Cards of what we pay; list prices if not said.
        by: Keys to report by.
        catalog: List prices that `catalog` as a card means: a catalog, its name, or a file; the bundled ones if None.
        watch: Told how far the fold is, 0 to 1.
        **how: How the log is read, as for `statement`: `mapping`, `layout`, `period`, `timezone`, `rejects`, `on`,
            `contracts`, `start`, `end`.

    Returns:
        Cost before and after, by model, meter and the keys asked for.

    Raises:
        InputError: Neither a day nor a model is said, or the log names no such model.
        UnknownModel: No such model to price as.
        UnpricedUsage: Nothing of the log can be priced on both sides.
    """
    from pertoken.books.repriced import Repriced, cells  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.unsure import unsure  # noqa: PLC0415
    from pertoken.rating.rate import rate  # noqa: PLC0415

    swaps, given, keys = dict(models or {}), list(cost), tuple(by)
    if at is None and not swaps:
        raise InputError("reprice at what? say a day (--at 2026-01-01) or other models (--model A=B)")
    book = opened(catalog)
    targets = _targets(swaps, book) if any(str(each).startswith(CATALOG) for each in given) else ()
    rest = tuple(key for key in keys if key not in {"model", "meter", "to"})
    read = _read(log, rest, lambda found: sides(found, {"cost": given}, "report", book, also=targets), watch, **how)
    swaps = _known(swaps, read.usage.key("model").labels)
    other = _moved(_swapped(read.usage, swaps), at)
    now, then = (rate(usage, read.cards, unpriced="keep", **read.terms) for usage in (read.usage, other))
    whole = Repriced(
        cells(other, now, then, rest), keys, read.cards[0].currency, read.report, read.cards,
        at=at, models=swaps, makers=_makers(swaps, book), unsure=unsure(then),
    )  # fmt: skip
    if not whole.compared:
        raise UnpricedUsage("nothing of the log has a price both now and then; look at it with `pertoken statement`")
    return whole


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A log as it was read, for both ratings of it."""

    usage: Usage
    report: "Report"
    cards: tuple[Card, ...]
    terms: Mapping[str, Any]


def _read(
    log: "str | Path",
    by: tuple[str, ...],
    cards_of: "Callable[[Log], Mapping[str, tuple[Card, ...]]]",
    watch: "Watch | None",
    *,
    mapping: "LogMapping | str | Path | None" = None,
    layout: str = "",
    period: str = "",
    timezone: str = "UTC",
    rejects: bool = False,
    on: date | None = None,
    contracts: Contracts = (),
    start: date | None = None,
    end: date | None = None,
) -> Read:
    """Read a log by model and the keys asked for; the model stays known under a second name."""
    from pertoken.books.repriced import MODEL  # noqa: PLC0415  the calculator must start fast

    terms = Terms(stated(contracts), start, end, timezone)
    with reading(log, mapping, period, timezone, layout=layout, watch=watch) as found:
        cards = cards_of(found)["cost"]
        usage, report, _ = folded(found, cards, ("model", *by), terms=terms, on=on, rejects=rejects, watch=watch)
    return Read(usage.with_keys(**{MODEL: usage.key("model")}), report, cards, terms.said(usage))


def _targets(swaps: Mapping[str, str], book: Catalog) -> tuple[str, ...]:
    """Check that there are the models to price as."""
    for model in swaps.values():
        find(book, model)
    return tuple(dict.fromkeys(swaps.values()))


def _known(swaps: Mapping[str, str], labels: Iterable[str]) -> dict[str, str]:
    """Spell out which models of the log are priced as which."""
    known = list(labels)
    strange = sorted(set(swaps) - {ALL, *known})
    if strange:
        raise InputError(f"the log has no requests to {' or '.join(strange)}; it has {', '.join(sorted(known))}")
    rest = {model: swaps[ALL] for model in known if model not in swaps} if ALL in swaps else {}
    return {model: to for model, to in (*swaps.items(), *rest.items()) if model not in {ALL, to}}


def _swapped(usage: Usage, swaps: Mapping[str, str]) -> Usage:
    """Give requests their other model; who sold the one says nothing of the other."""
    if not swaps:
        return usage
    model = usage.key("model")
    keys: dict[str, Key] = {"model": model.relabel({label: swaps.get(label, label) for label in model.labels})}
    if "provider" in usage.keys:
        moved = np.array([label in swaps for label in model.labels], dtype=bool)[model.codes]
        keys["provider"] = Key.of(np.where(moved, "", usage.keys["provider"].column()).tolist())
    return usage.with_keys(**keys)


def _moved(usage: Usage, at: date | None) -> Usage:
    """Let the prices of one day hold for all requests."""
    if at is None or PRICE_FROM not in usage.keys:
        return usage
    return usage.with_keys(**{PRICE_FROM: at.isoformat()})


def _makers(swaps: Mapping[str, str], book: Catalog) -> tuple[tuple[str, str], ...]:
    """List the swaps to a model of another maker, or of one that isn't known."""
    return tuple(
        (old, new) for old, new in swaps.items() if not _maker(book, old) or _maker(book, old) != _maker(book, new)
    )


def _maker(book: Catalog, name: str) -> str:
    """Find who made a model: as its name says, or as its own maker sells it; empty if that can't be told."""
    said = [part for part in re.split(r"[./]", name.lower()) if part in MAKERS]
    if said:
        return said[0]
    try:
        return find(book, name)[0]
    except InputError:
        return ""
