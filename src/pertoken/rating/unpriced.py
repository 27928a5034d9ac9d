"""Unpriced: which usage has no price, and whose, where it is time outside of contracts that has none."""

from collections.abc import Iterator, Sequence

import numpy as np

from pertoken.catalog.prices import STANDARD
from pertoken.core import period
from pertoken.core.errors import Fault, UnpricedUsage
from pertoken.core.lines import Lines, Usage
from pertoken.rating.contract import Contract
from pertoken.rating.windows import ALWAYS, NEVER
from pertoken.usage.question import PRICE_FROM

CUSTOMER = "customer"

PRICE = "Price it on a card (at 0 if it is given away), or set it aside with --unpriced report (unpriced='keep')."
COVER = (
    "Move the dates of a contract, add one for the days between (it need not commit to anything), or price them on "
    "a card that is not by contract."
)


def without_price(lines: Usage, contracts: Sequence[Contract] = ()) -> UnpricedUsage:
    """Say which usage has no price.

    Args:
        lines: Usage that no card prices.
        contracts: When contracts begin and end; customers who used it outside of theirs are named.
    """
    by = [n for n in ("provider", "model", "meter", "batch", "service_tier", PRICE_FROM) if n in lines.keys]
    faults = []
    quantity = lines.values["quantity"]
    typical = quantity if quantity.ndim == 1 else quantity.reshape(-1, len(lines)).mean(axis=0)
    for row in Lines(lines.keys, {"quantity": typical}).fold(by).records():
        about = " ".join(row[name] for name in by if name in ("provider", "model") and row[name])
        said = [name for name in ("batch", "service_tier", PRICE_FROM) if name in by]
        special = [name for name in said if row[name] not in ("", "false", STANDARD)]
        extra = ", ".join(f"{n}={row[n]}" for n in special)
        found = f"no price for {_count(row['quantity'])} {row['meter']} of {about or 'all models'}"
        found += f" ({extra})" if extra else ""
        faults.append(Fault("", found))
    outside = [Fault("", each) for each in outside_contracts(lines, contracts)]
    mend = [UnpricedUsage.of(outside, most=8), COVER] if outside else []
    return UnpricedUsage("\n".join(map(str, [UnpricedUsage.of(faults, most=8), *mend, PRICE])), [*faults, *outside])


def outside_contracts(lines: Usage, contracts: Sequence[Contract]) -> Iterator[str]:
    """Say who used something outside of their contracts, and from when to when.

    Args:
        lines: With customers and periods, else nothing is said.
        contracts: Of customers; one without dates leaves no time outside.
    """
    grain = period.finest(set(lines.keys))
    if grain is None or CUSTOMER not in lines.keys:
        return
    who, when = lines.keys[CUSTOMER], lines.period(grain)
    begin = period.begins(when.labels)
    theirs: dict[str, list[Contract]] = {}
    for each in contracts:
        if CUSTOMER in each.labels:
            theirs.setdefault(each.labels[CUSTOMER], []).append(each)
    quantity = lines.values["quantity"]
    some = np.flatnonzero(quantity.any(axis=tuple(range(quantity.ndim - 1))))
    some = some[np.argsort(who.codes[some], kind="stable")]
    edges = np.searchsorted(who.codes[some], np.arange(len(who.labels) + 1))
    code = {label: each for each, label in enumerate(who.labels)}
    for name in filter(code.__contains__, theirs):
        own = sorted(theirs[name], key=_start)
        used = np.unique(begin[when.codes[some[edges[code[name]] : edges[code[name] + 1]]]])
        used = used[~np.any([(_start(each) <= used) & (used < _end(each)) for each in own], axis=0)]
        place = np.searchsorted(np.sort([edge for each in own for edge in (_start(each), _end(each))]), used, "right")
        for stretch in np.unique(place):
            first, last = (period.label(each, grain) for each in used[place == stretch][[0, -1]])
            terms = " and ".join(f"{each.card} from {each.start} to {each.end or 'on'}" for each in own)
            yield f"{name} used some of it from {first} to {last}, outside of contracts: {terms}"


def _start(each: Contract) -> np.datetime64:
    return NEVER if each.start is None else np.datetime64(each.start, "s")


def _end(each: Contract) -> np.datetime64:
    return ALWAYS if each.end is None else np.datetime64(each.end, "s")


def _count(quantity: float) -> str:
    return f"{int(quantity) if quantity == int(quantity) else quantity}"
