"""Plans of Meteroid: components with a fee, which is a rate, slots, a capacity, usage, or due once.

A tier begins at its `first_unit`. By volume that unit is already the higher tier's, so the tier below ends one unit
before it; graduated tiers instead hold as many units as lie between their first units. Nothing is due without usage.

Source: the REST model and the tests of invoice lines of meteroid-oss/meteroid.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pertoken.connect.draft import Draft, Words, apart, asks, card, curve, fee, once, tier, usage
from pertoken.connect.imported import Imported, Part, Reading, listed, slug
from pertoken.core import meters, money
from pertoken.core.errors import InputError
from pertoken.core.expression import weights

WINDOWS = {"monthly": "month", "quarterly": "quarter", "annual": "year", "": "month"}
_LEFT_OF_PLAN = {
    "trial": "a trial is no price; leave its days out of the log or begin the contract after it",
    "net_terms": "when it is paid is not part of a price",
    "add_ons": "add-ons are plans of their own",
}
_KNOWN_OF_PLAN = listed(
    """
    id name description created_at updated_at plan_type status product_family version_id version currency
    price_components available_parameters local_id
    """
)


def plans(document: Any, said: Mapping[str, str], source: str = "") -> Imported:  # noqa: ANN401  unchecked input
    """Read a plan, or a list of them under `data`.

    Args:
        document: Plain values as they stand in the JSON file.
        said: Our meters for codes: the metric's id, or the name of a slot.
        source: Name of the file.
    """
    reading = Reading(engine="meteroid", source=source, said=said)
    top = Part({"data": document} if isinstance(document, list) else document, "", reading)
    found = top.parts("data") or [top]
    return reading.done(apart([made for part in found for made in _plan(part)]))


def tagged(part: Part, tag: str) -> tuple[str, Part]:
    """Find the kind of a part: under a tag, or as its only name.

    >>> tagged(Part({"PerUnit": {"rate": 1}}, "", Reading(engine="", source="", said={})), "model")[0]
    'per_unit'
    """
    if part.get(tag):
        return part.get(tag).text.lower(), part
    names = list(part)
    if len(names) != 1:
        part.refuse("a part of no kind", expected=f"{tag}, or one name as {{Rate: ...}}")
        return "", part
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in names[0]).strip("_")
    return name, part.get(names[0])


def _plan(plan: Part) -> list[Words]:
    """Make a card for each term that the plan's rates offer."""
    name, currency = plan.get("name").text or "plan", plan.get("currency").text.upper() or "USD"
    plan.leave_all(_LEFT_OF_PLAN)
    plan.strangers(_KNOWN_OF_PLAN | set(_LEFT_OF_PLAN))
    fees = [
        (part.get("name").text or "fee", *tagged(part.get("fee"), "fee_type"))
        for part in plan.parts("price_components")
    ]
    offered = dict.fromkeys(
        _term(rate) for _, kind, each in fees if kind in ("rate", "slot") for rate in each.parts("rates")
    )
    terms = list(offered) or [""]
    out = []
    for term in terms:
        called = plan.reading.plan(name if len(terms) == 1 else f"{name} {term}", plan.place)
        draft = Draft(reading=plan.reading, path=(called,))
        for label, kind, each in fees:
            if kind in FEES:
                FEES[kind](each, draft, name=label, term=term, currency=currency)
            else:
                each.refuse(f"component {label!r} is {kind!r}", expected=f"one of {', '.join(FEES)}")
        out.append(card(called, currency, draft, order=""))
    return out


def _term(rate: Part) -> str:
    return rate.get("term").text.lower()


def _window(part: Part, name: str) -> str:
    held = part.get(name)
    lower = Part(held.text.lower(), held.place, held.reading)
    return str(lower.one_of(WINDOWS, "period", "a card has periods of a month, a quarter or a year"))


def _of_term(each: Part, name: str, term: str) -> Part:
    rates = [rate for rate in each.parts("rates") if _term(rate) == term]
    if len(rates) != 1:
        each.refuse(f"component {name!r} has {len(rates)} rates for {term or 'no term'}", expected="one for each term")
    return rates[0] if rates else each


def _rate(each: Part, draft: Draft, *, name: str, term: str, currency: str) -> None:
    del currency
    rate = _of_term(each, name, term)
    draft.add(name, fee(rate.get("price").number, _window(rate, "term"), "day"), f"meteroid: component {name!r}, rate")


def _slot(each: Part, draft: Draft, *, name: str, term: str, currency: str) -> None:
    del currency
    unit, rate = each.get("slot_unit_name").text or name, _of_term(each, name, term)
    if unit not in each.reading.said:
        mend = f"say --meter '{unit}=seats' if the log counts the slots that are billed in a period"
        each.refuse(f"component {name!r} is priced by slots, whose number stands on the subscription", mend=mend)
    if each.get("quota"):
        each.get("quota").leave("a quota is a limit of slots, not a price")
    window, price = _window(rate, "term"), rate.get("price").number
    meter = each.reading.meter(unit, each.place)
    made = draft.add(name, usage(meter, window, [tier(price)]), f"meteroid: component {name!r}, slots of {unit!r}")
    if least := each.get("minimum_count").number:
        draft.limit(min=least * price, window=window, on=[made])


def _capacity(each: Part, draft: Draft, *, name: str, term: str, currency: str) -> None:
    del term
    rows = each.parts("thresholds")
    if len(rows) != 1:
        mend = "keep the threshold that the subscription has chosen"
        each.refuse(f"component {name!r} offers {len(rows)} capacities, one of which is chosen later", mend=mend)
        return
    included, over = rows[0].get("included_amount").number, rows[0].get("per_unit_overage").number
    if over != round(over, money.places(currency)):
        rows[0].leave(
            "meteroid rounds the rate of overage to the smallest unit of the currency; here it keeps its digits"
        )
    first = tier(Decimal(0), rows[0].get("price").number, included)
    tiers = [{"rate": Decimal(0), **first}, tier(over)] if included else [tier(over, rows[0].get("price").number)]
    meter = each.reading.meter(each.get("metric_id").text, each.place)
    priced = curve(tiers, "marginal", flat_on_zero=True)
    draft.add(name, usage(meter, _window(each, "cadence"), priced), f"meteroid: component {name!r}, capacity")


def _usage(each: Part, draft: Draft, *, name: str, term: str, currency: str) -> None:
    del term, currency
    model, pricing = tagged(each.get("pricing"), "model")
    window = _window(each, "cadence")
    code = each.get("metric_id").text or name
    meter = each.reading.meter(code, each.place)
    origin = f"meteroid: component {name!r}, usage, {model}"
    if model == "matrix":
        _matrix(pricing, draft, meter, window, name=name)
    elif model == "per_unit":
        draft.add(name, usage(meter, window, [tier(pricing.get("rate").number)]), origin)
    elif model == "package":
        packages = {"per": pricing.get("block_size").count, "round": "up"}
        draft.add(name, usage(meter, window, [tier(pricing.get("rate").number)], convert=packages), origin)
    elif model in ("tiered", "volume"):
        draft.add(name, usage(meter, window, _tiers(pricing, model, meter, name)), origin)
    else:
        pricing.refuse(f"component {name!r} is {model!r}", expected="per_unit, tiered, volume, package or matrix")


def _tiers(pricing: Part, model: str, meter: str, name: str) -> Any:  # noqa: ANN401  a curve
    rows = sorted(pricing.parts("tiers"), key=lambda row: row.get("first_unit").number)
    if not rows:
        pricing.refuse(f"component {name!r} has no tiers", expected="at least one tier")
        return []
    if pricing.get("block_size").number > 1:
        found = f"component {name!r} has tiers with a block_size, which the engine does not price yet"
        pricing.get("block_size").refuse(found, mend="take it out, or use a package")
    firsts = [row.get("first_unit").number for row in rows]
    if any(one >= two for one, two in pairwise(firsts)):
        pricing.refuse(f"component {name!r} has two tiers from one unit", expected="a first_unit for each tier")
    ends = (
        _volume_ends(pricing, firsts, meter, name) if model == "volume" else [each - firsts[0] for each in firsts[1:]]
    )
    tiers = [
        tier(
            row.get("rate").number,
            row.get("flat_fee").number,
            end,
            row.get("flat_cap").number if row.get("flat_cap") else None,
        )
        for row, end in zip(rows, [*ends, None], strict=True)
    ]
    if model == "volume" and firsts[0] > 1:
        tiers = [tier(Decimal(0), up_to=firsts[0] - 1), *tiers]
    return curve(tiers, "all" if model == "volume" else "marginal", flat_on_zero=model == "volume" and firsts[0] == 0)


def _volume_ends(pricing: Part, firsts: Sequence[Decimal], meter: str, name: str) -> list[Decimal]:
    """Let each tier end one unit before the next begins, which holds for whole units only."""
    if len(firsts) > 1 and not _whole(meter):
        found = f"component {name!r} has tiers of whole units by volume, but {meter} has fractions"
        pricing.refuse(found, mend="count it in a meter of whole units, or write its tiers by hand")
    if len(firsts) > 1:
        what = "a tier by volume begins at its first_unit, so the one below ends one unit before; count whole units"
        pricing.leave(what)
    return [first - 1 for first in firsts[1:]]


def _whole(meter: str) -> bool:
    """Whether a meter counts whole units; one of the user's own is taken to."""
    try:
        names = [name for name in weights(meter) if name not in meters.COMPOSITES and not name.startswith("x_")]
        return all(meters.meter(name).whole for name in names)
    except InputError:
        return True


def _matrix(pricing: Part, draft: Draft, meter: str, window: str, *, name: str) -> None:
    rows = pricing.parts("rates")
    if not rows:
        pricing.refuse(f"component {name!r} has no rates", expected="at least one")
    pricing.leave("usage that no row of the matrix names has no price; meteroid bills nothing for it")
    for row in rows:
        cells = [row.get(word) for word in ("dimension1", "dimension2") if row.get(word)]
        where = " and ".join(asks(cell.get("key").text, [cell.get("value").text], cell) for cell in cells)
        labels = "_".join(slug(cell.get("value").text) for cell in cells)
        charge = usage(meter, window, [tier(row.get("per_unit_price").number)], where=where)
        draft.add(f"{name}_{labels}", charge, f"meteroid: component {name!r}, usage, matrix, {where}", pricing.place)


def _extra(each: Part, draft: Draft, *, name: str, term: str, currency: str) -> None:
    del term, currency
    amount = each.get("unit_price").number * each.get("quantity").number
    if each.get("billing_type"):
        each.get("billing_type").leave("when it is billed is not part of a price")
    draft.add(name, fee(amount, _window(each, "cadence"), "day"), f"meteroid: component {name!r}, extra recurring")


def _one_time(each: Part, draft: Draft, *, name: str, term: str, currency: str) -> None:
    del term, currency
    amount = each.get("unit_price").number * each.get("quantity").number
    draft.add(name, once(amount), f"meteroid: component {name!r}, one time")


FEES: Mapping[str, Callable[..., None]] = {
    "rate": _rate,
    "slot": _slot,
    "capacity": _capacity,
    "usage": _usage,
    "extra_recurring": _extra,
    "one_time": _one_time,
}
"""What each type of fee becomes."""
