"""Prices of Flexprice: flat per unit, packages, and tiers by volume or by slab.

Amounts are in whole units of the currency. A bound belongs to the tier below it, nothing is due without usage, and
packages are counted by tier.

Source: https://docs.flexprice.io/docs/product-catalogue/plans/billing-models/tiered and the code of
flexprice/flexprice.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pertoken.connect.draft import Draft, Words, apart, asks, card, closed, curve, fee, once, share, tier, usage
from pertoken.connect.imported import Imported, Part, Reading, listed

WINDOWS = {
    ("MONTHLY", 1): "month", ("QUARTERLY", 1): "quarter", ("ANNUAL", 1): "year", ("DAILY", 1): "day",
    ("MONTHLY", 3): "quarter", ("MONTHLY", 12): "year",
}  # fmt: skip
ROUNDINGS = {"up": "up", "down": "down", "": "up"}
_LEFT = {
    "trial_period": "a trial is no price; leave its days out of the log or begin the contract after it",
    "trial_period_days": "a trial is no price; leave its days out of the log or begin the contract after it",
    "invoice_cadence": "when it is billed is not part of a price",
}
_KNOWN = listed(
    """
    id amount display_amount currency price_unit_type type billing_period billing_period_count billing_model
    billing_cadence tier_mode tiers meter_id meter lookup_key display_name description filter_values
    transform_quantity transform metadata min_quantity entity_type entity_id plan_id plan parent_price_id
    environment_id tenant_id status created_at updated_at created_by updated_by start_date end_date group_id
    group price_unit price_unit_config price_unit_amount price_unit_tiers display_price_unit_amount
    conversion_rate display_order addon feature
    """
)


def plans(document: Any, said: Mapping[str, str], source: str = "") -> Imported:  # noqa: ANN401  unchecked input
    """Read a plan with `prices`, a list of plans under `items`, or prices alone.

    Args:
        document: Plain values as they stand in the JSON file.
        said: Our meters for codes: the meter's event name, else the price's lookup key or the meter's id.
        source: Name of the file.
    """
    reading = Reading(engine="flexprice", source=source, said=said)
    top = Part({"items": document} if isinstance(document, list) else document, "", reading)
    found = top.parts("items") or [top]
    if all(part.get("billing_model") for part in found):
        return reading.done(apart(_cards("plan", found)))
    cards = [made for part in found for made in _plan(part)]
    return reading.done(apart(cards))


def _plan(part: Part) -> list[Words]:
    plan = part.get("plan") or part
    name = plan.first("lookup_key", "name", "id").text or "plan"
    if grants := part.get("credit_grants") or plan.get("credit_grants"):
        mend = "write them by hand under pools, with unit: money"
        grants.refuse(f"plan {name!r} grants credits, which lower what is billed", mend=mend)
    prices = part.parts("prices") or plan.parts("prices")
    if not prices:
        part.refuse(f"plan {name!r} has no prices", mend="export it with its prices")
    return _cards(name, prices, _allowances(part.parts("entitlements") or plan.parts("entitlements")))


def _allowances(entitlements: list[Part]) -> dict[str, Part]:
    """Find the free units of meters; other entitlements have no price."""
    out = {}
    for part in entitlements:
        if part.get("feature_type").text not in ("metered", "METERED") or part.get("is_enabled").value is False:
            part.leave("an entitlement that counts nothing has no price")
            continue
        meter = (part.get("meter_id") or part.get("feature").get("meter_id")).text
        if not meter:
            part.refuse("a metered entitlement without a meter", mend="export it with its feature")
        out[meter] = part
    return out


def _cards(name: str, prices: list[Part], free: Mapping[str, Part] | None = None) -> list[Words]:
    """Make a card for each currency."""
    currencies = list(dict.fromkeys(price.get("currency").text.upper() or "USD" for price in prices))
    out = []
    for iso in currencies:
        called = name if len(currencies) == 1 else f"{name}-{iso.lower()}"
        called = prices[0].reading.plan(called, prices[0].place)
        draft = Draft(reading=prices[0].reading, path=(called,))
        for price in prices:
            if (price.get("currency").text.upper() or "USD") == iso:
                _price(price, draft, free or {})
        out.append(card(called, iso, draft, order=""))
    return out


def _price(price: Part, draft: Draft, free: Mapping[str, Part]) -> None:
    price.leave_all(_LEFT)
    price.strangers(_KNOWN | set(_LEFT))
    name = price.first("lookup_key", "display_name", "id").text or "price"
    _unequal(price, name)
    model = price.get("billing_model").text
    origin = f"flexprice: price {name!r}, {model}"
    if price.get("type").text == "FIXED":
        _fixed(price, draft, name, origin)
        return
    packages, priced = MODELS.get(model, _unknown)(price, name)
    held = price.get("meter")
    if allowance := free.get((price.get("meter_id") or held.get("id")).text):
        packages, priced = _less(price, allowance, packages, priced)
    code = held.first("event_name", "name").text or price.first("lookup_key", "meter_id").text or name
    meter = price.reading.meter(code, price.place)
    charge = usage(meter, _window(price, name), priced, convert=packages, where=_filters(price, held))
    draft.add(name, charge, origin)


def _less(price: Part, allowance: Part, packages: Words, priced: Any) -> tuple[Words, Any]:  # noqa: ANN401  a curve
    """Take what an entitlement includes off the quantity, before packages are rounded."""
    if allowance.get("usage_limit").value is None:
        return {}, [tier(Decimal(0))]
    reset, period = allowance.get("usage_reset_period").text, price.get("billing_period").text
    if reset != period:
        found = f"an entitlement begins again {reset or 'never'}, its price is {period}"
        allowance.refuse(found, mend="give both one period")
    units = share(allowance.get("usage_limit").number, packages.get("per", Decimal(1)))
    if units is None:
        allowance.refuse("included units that are no share of a package", mend="include whole packages")
    return {**packages, "free": units, **({"free_first": True} if packages else {})}, priced


def _unequal(price: Part, name: str) -> None:
    """Refuse what our words can't say, or what a price alone does not say."""
    if price.get("price_unit_type").text == "CUSTOM" or price.get("price_unit"):
        price.refuse(f"price {name!r} is in a unit of its own", mend="price it in a currency")
    if price.get("min_quantity").number and price.get("type").text != "FIXED":
        price.refuse(
            f"price {name!r} has min_quantity, the least quantity of a period", mend="say it as a minimum by hand"
        )
    for word in ("start_date", "end_date"):
        if price.get(word):
            price.get(word).leave(f"{word} was not carried over; say `during: {{from: ..., to: ...}}` by hand")
    kind = price.get("meter").get("aggregation").get("type").text
    if kind not in ("", "SUM", "COUNT"):
        mend = "write the charge by hand, with measure: {max: ...}, {unique: ...} or {time_weighted: ...}"
        price.refuse(f"price {name!r} counts by {kind}, which has no exact equal", mend=mend)


def _window(price: Part, name: str) -> str:
    count = price.get("billing_period_count")
    every = price.get("billing_period").text, int(count.number) if count else 1
    if every not in WINDOWS:
        mend = "a card has periods of a day, a month, a quarter or a year"
        price.refuse(f"price {name!r} is for {every[1]} × {every[0] or 'no period'}", mend=mend)
    return WINDOWS.get(every, "month")


def _fixed(price: Part, draft: Draft, name: str, origin: str) -> None:
    if price.get("billing_model").text != "FLAT_FEE":
        found = f"price {name!r} is fixed, and its amount depends on a quantity that a price does not say"
        price.refuse(found, mend="write it by hand, as a fee")
    least = price.get("min_quantity").number
    price.leave(f"the quantity of {name!r} stands on the subscription and was read as {least or 1}")
    amount = price.get("amount").number * (least or 1)
    if price.get("billing_cadence").text == "ONETIME":
        draft.add(name, once(amount), origin)
        return
    price.leave("how a period that is cut short is prorated stands on the subscription; say `prorate` under `during`")
    draft.add(name, fee(amount, _window(price, name)), origin)


def _filters(price: Part, held: Part) -> str:
    """Turn filters into a condition."""
    filters = price.get("filter_values")
    named = [(key, filters, key) for key in filters]
    named += [(part.get("key").text, part, "values") for part in held.parts("filters")]
    return " and ".join(asks(key, [each.text for each in part.parts(name)], part) for key, part, name in named)


def _unknown(price: Part, name: str) -> tuple[Words, Any]:
    price.refuse(f"price {name!r} is {price.get('billing_model').text!r}", expected="FLAT_FEE, PACKAGE or TIERED")
    return {}, []


def _flat(price: Part, name: str) -> tuple[Words, Any]:
    del name
    return {}, [tier(price.get("amount").number)]


def _package(price: Part, name: str) -> tuple[Words, Any]:
    del name
    how = price.get("transform_quantity") or price.get("transform")
    words: Words = {"per": how.get("divide_by").count, "round": how.get("round").one_of(ROUNDINGS, "round")}
    return words, [tier(price.get("amount").number)]


def _tiered(price: Part, name: str) -> tuple[Words, Any]:
    mode = price.get("tier_mode").one_of({"SLAB": "marginal", "VOLUME": "all"}, "tier_mode")
    rows = price.parts("tiers")
    if not rows:
        price.refuse(f"price {name!r} is TIERED and has no tiers", expected="at least one tier")
    rows = sorted(rows, key=lambda row: row.get("up_to").number if row.get("up_to") else Decimal("Infinity"))
    ends = [row.get("up_to").number if row.get("up_to") else None for row in rows]
    if not closed(list(zip(ends, rows, strict=True))):
        return {}, []
    size = _size(price, rows, ends, name)
    tiers = [
        tier(row.get("unit_amount").number, row.get("flat_amount").number, None if end is None else end / size)
        for end, row in zip(ends, rows, strict=True)
    ]
    packages = {"per": size, "round": "up"} if size != 1 else {}
    return packages, curve(tiers, mode, flat_on_zero=False)


def _size(price: Part, rows: list[Part], ends: list[Decimal | None], name: str) -> Decimal:
    """Find the one package size of all tiers, which rounds as a whole only if the bounds are whole packages."""
    sizes = {_sized(row).count if _sized(row) else Decimal(1) for row in rows}
    if len(sizes) > 1:
        mend = "give all tiers one package size"
        price.refuse(f"price {name!r} rounds packages of {_listed(sizes)} tier by tier", mend=mend)
        return Decimal(1)
    size = sizes.pop()
    if size != 1 and any(end is not None and end % size for end in ends):
        mend = f"end its tiers on multiples of {size}"
        price.refuse(f"price {name!r} has tiers that end inside a package of {size}", mend=mend)
        return Decimal(1)
    return size


def _sized(row: Part) -> Part:
    how = row.get("transform_quantity")
    return how.get("divide_by") if how else row.get("package_size")


def _listed(numbers: set[Decimal]) -> str:
    return " and ".join(str(n) for n in sorted(numbers))


MODELS = {"FLAT_FEE": _flat, "PACKAGE": _package, "TIERED": _tiered}
"""What each billing model becomes."""
