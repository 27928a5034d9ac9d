"""The same usage at another day's prices, or on other models."""

import re
from collections.abc import Iterable, Mapping
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
    from pertoken.engines.duckdb import Watch
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
    mapping: "LogMapping | str | Path | None" = None,
    layout: str = "",
    period: str = "",
    timezone: str = "UTC",
    rejects: bool = False,
    on: date | None = None,
    contracts: Contracts = (),
    start: date | None = None,
    end: date | None = None,
    catalog: Prices = None,
    watch: "Watch | None" = None,
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
        mapping: What the log's columns mean, where their names don't say.
        layout: Format of the log; recognised if empty.
        period: The month (or day, quarter, year) that a log without times is of.
        timezone: Zone in which periods are reckoned.
        rejects: True to set rows aside that can't be used.
        on: Day whose prices hold now where the log has no times.
        contracts: As for `statement`.
        start: First day that is looked at; that of the log if None.
        end: The day after the last that is looked at.
        catalog: List prices that `catalog` as a card means: a catalog, its name, or a file; the bundled ones if None.
        watch: Told how far the fold is, 0 to 1.

    Returns:
        Cost before and after, by model, meter and the keys asked for.

    Raises:
        InputError: Neither a day nor a model is said, or the log names no such model.
        UnknownModel: No such model to price as.
        UnpricedUsage: Nothing of the log can be priced on both sides.
    """
    from pertoken.books.repriced import MODEL, Repriced, cells  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.unsure import unsure  # noqa: PLC0415
    from pertoken.rating.rate import rate  # noqa: PLC0415

    swaps, given, keys = dict(models or {}), list(cost), tuple(by)
    if at is None and not swaps:
        raise InputError("reprice at what? say a day (--at 2026-01-01) or other models (--model A=B)")
    terms, book = Terms(stated(contracts), start, end, timezone), opened(catalog)
    targets = _targets(swaps, book) if any(str(each).startswith(CATALOG) for each in given) else ()
    with reading(log, mapping, period, timezone, layout=layout, watch=watch) as found:
        cards = sides(found, {"cost": given}, "report", book, also=targets)["cost"]
        asked = ("model", *(key for key in keys if key not in {"model", "meter", "to"}))
        usage, report, _ = folded(found, cards, asked, terms=terms, on=on, rejects=rejects, watch=watch)
    known = usage.with_keys(**{MODEL: usage.key("model")})
    swaps = _known(swaps, usage.key("model").labels)
    other = _moved(_swapped(known, swaps), at)
    how: dict[str, Any] = {"unpriced": "keep", **terms.said(usage)}
    now, then = rate(known, cards, **how), rate(other, cards, **how)
    made = cells(other, now, then, tuple(key for key in asked if key != "model"))
    makers, unit = _makers(swaps, book), cards[0].currency
    whole = Repriced(made, keys, unit, report, cards, at=at, models=swaps, makers=makers, unsure=unsure(then))
    if not whole.compared:
        raise UnpricedUsage("nothing of the log has a price both now and then; look at it with `pertoken statement`")
    return whole


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
