"""Plans of Lago: an interval with a fee, and charges on billable metrics.

Its tiers of whole units (`from_value` one above the last `to_value`) and its touching ones both become bounds that
belong to the tier below. Free units come off before packages are rounded up. Amounts of the plan are in the smallest
units of the currency, those of the charges in whole ones.

Source: https://getlago.com/docs/api-reference/plans/object and https://getlago.com/docs/guide/plans/charges.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pertoken.connect.draft import Draft, Words, apart, asks, card, curve, fee, share, tier, usage
from pertoken.connect.imported import Imported, Part, Reading, listed
from pertoken.core.exact import CONTEXT
from pertoken.rating.card import Curve, Mode, Tier
from pertoken.rating.walk import walk

WINDOWS = {"monthly": "month", "quarterly": "quarter", "yearly": "year"}
ANY_VALUE = "__ALL_FILTER_VALUES__"
PERCENT = Decimal(100)

_LEFT_OF_PLAN = {
    "trial_period": "a trial is no price; leave its days out of the log or begin the contract after it",
    "taxes": "taxes are not part of a card",
    "tax_codes": "taxes are not part of a card",
    "usage_thresholds": "progressive invoices change when usage is billed, not its price",
    "applicable_usage_thresholds": "progressive invoices change when usage is billed, not its price",
    "entitlements": "entitlements give access and have no price",
    "pay_in_advance": "when it is billed is not part of a price",
}
_LEFT_OF_CHARGE = {
    "taxes": "taxes are not part of a card",
    "tax_codes": "taxes are not part of a card",
    "regroup_paid_fees": "how fees are put on invoices is not part of a price",
    "applied_pricing_unit": "",
}
_KNOWN = listed(
    """
    lago_id name code description interval amount_cents amount_currency invoice_display_name created_at
    updated_at bill_charges_monthly bill_fixed_charges_monthly charges fixed_charges minimum_commitment
    parent_id has_overrides active_subscriptions_count draft_invoices_count customers_count has_charges
    subscriptions_count cascade_updates metadata
    """
)
_KNOWN_OF_CHARGE = listed(
    """
    lago_id lago_billable_metric_id billable_metric_id billable_metric_code billable_metric created_at code
    charge_model invoice_display_name invoiceable min_amount_cents prorated pay_in_advance properties filters
    lago_parent_id accepts_target_wallet cascade_updates id parent_id
    """
)


def plans(document: Any, said: Mapping[str, str], source: str = "") -> Imported:  # noqa: ANN401  unchecked input
    """Read a plan, `{plan: ...}` or `{plans: [...]}`.

    Args:
        document: Plain values as they stand in the JSON file.
        said: Our meters for codes of billable metrics.
        source: Name of the file.
    """
    reading = Reading(engine="lago", source=source, said=said)
    top = Part({"plans": document} if isinstance(document, list) else document, "", reading)
    found = top.parts("plans") or ([top.get("plan")] if top.get("plan") else [top])
    cards = [_plan(part) for part in found]
    if any(c.get("clamp") for c in cards):
        reading.leave("", "coupons and wallets stand on the customer, not on the plan")
    return reading.done(apart(cards))


def _plan(plan: Part) -> Words:
    name = plan.reading.plan(plan.first("code", "name").text or "plan", plan.place)
    currency = plan.get("amount_currency").text.upper() or "USD"
    every = plan.get("interval").one_of(WINDOWS, "interval", "a card has periods of a month, a quarter or a year")
    draft = Draft(reading=plan.reading, path=(name,))
    plan.leave_all(_LEFT_OF_PLAN)
    plan.strangers(_KNOWN | set(_LEFT_OF_PLAN))
    if amount := plan.get("amount_cents").minor(currency):
        draft.add("subscription", fee(amount, every, "day"), f"lago: amount_cents of plan {name!r}")
    monthly = plan.get("bill_charges_monthly").value is True
    for part in plan.parts("charges"):
        _charge(part, draft, currency, "month" if monthly else every)
    monthly = plan.get("bill_fixed_charges_monthly").value is True
    for part in plan.parts("fixed_charges"):
        _fixed(part, draft, "month" if monthly else every)
    if least := plan.get("minimum_commitment").get("amount_cents").minor(currency):
        draft.limit(min=least, window=every, during={"prorate": "day"})
    return card(name, currency, draft, order="lago")


def _code(charge: Part) -> str:
    found = charge.first("billable_metric_code", "billable_metric", "billable_metric_id", "lago_billable_metric_id")
    nested = isinstance(found.value, Mapping)
    code = (found.get("code") if nested else found).text
    if not code:
        charge.refuse("a charge without a billable metric", expected="billable_metric_code")
    kind = found.get("aggregation_type").text if nested else ""
    if kind not in ("", "sum_agg", "count_agg"):
        mend = "write the charge by hand with measure: {max: ...}, {unique: ...} or {time_weighted: ...}"
        charge.refuse(f"charge {code!r} counts by {kind}, which has no exact equal", mend=mend)
    return code


def _charge(charge: Part, draft: Draft, currency: str, window: str) -> None:
    code, model = _code(charge), charge.get("charge_model").text
    charge.leave_all({name: what for name, what in _LEFT_OF_CHARGE.items() if what})
    charge.strangers(_KNOWN_OF_CHARGE | set(_LEFT_OF_CHARGE))
    _unequal(charge, code)
    if model not in MODELS:
        mend = "write the charge by hand, or leave it out of the file"
        charge.refuse(f"charge {code!r} is {model or 'of no model'}, which has no exact equal", mend=mend)
        return
    names = []
    for where, properties in _filtered(charge, code):
        names += MODELS[model](properties, draft, code=code, window=window, where=where, currency=currency)
    if least := charge.get("min_amount_cents").minor(currency):
        draft.limit(min=least, window=window, on=names, during={"prorate": "day"})


def _unequal(charge: Part, code: str) -> None:
    if charge.get("prorated").value is True:
        mend = "measure it with time_weighted by hand"
        charge.refuse(f"charge {code!r} is prorated: units count by the days on which they were there", mend=mend)
    if charge.get("applied_pricing_unit"):
        mend = "price it in the currency of the plan"
        charge.refuse(f"charge {code!r} is priced in a unit of its own", mend=mend)
    if charge.get("pay_in_advance").value is True:
        charge.leave("billed in advance: lago rounds a fee for each event, here the line of a period is rounded")
    if charge.get("invoiceable").value is False:
        charge.leave("not invoiced by lago, but charged: it stands on the card all the same")


def _filtered(charge: Part, code: str) -> list[tuple[str, Part]]:
    """Split a charge by its filters: the one with most keys wins, what none takes is left to the charge itself."""
    filters = charge.parts("filters")
    if not filters:
        return [("", charge.get("properties"))]
    wanted = [_wanted(part, code) for part in filters]
    for (one, a), (two, b) in pairwise(sorted(zip(wanted, filters, strict=True), key=lambda pair: len(pair[0]))):
        if len(one) == len(two) and not any(set(one[key]).isdisjoint(two[key]) for key in one if key in two):
            mend = "give them values that do not overlap"
            b.refuse(f"two filters of charge {code!r} may take the same event ({a.place})", mend=mend)
    out = []
    for mine, part in zip(wanted, filters, strict=True):
        closer = [_where(other, part) for other in wanted if len(other) > len(mine)]
        out.append((_but(_where(mine, part), closer), part.get("properties")))
    rest = _but("", [_where(each, charge) for each in wanted])
    return [*out, (rest, charge.get("properties"))] if charge.get("properties") else out


def _wanted(part: Part, code: str) -> dict[str, list[str]]:
    values = part.get("values")
    out = {key: [each.text for each in values.parts(key)] for key in values}
    if not out:
        part.refuse(f"a filter of charge {code!r} without values", expected="values: {key: [label]}")
    for key, labels in out.items():
        asks(key, labels, values)
        if ANY_VALUE in labels:
            mend = "list the values, or use the charge's own properties"
            values.refuse(f"charge {code!r} has a filter for all values of {key!r}", mend=mend)
    return out


def _where(wanted: Mapping[str, list[str]], part: Part) -> str:
    silent = replace(part, reading=replace(part.reading, faults=[]))
    return " and ".join(asks(key, labels, silent) for key, labels in wanted.items())


def _but(where: str, others: list[str]) -> str:
    return " and ".join([*([where] if where else []), *(f"not ({other})" for other in others)])


def _by(properties: Part) -> list[str]:
    keys = properties.parts("pricing_group_keys") or properties.parts("grouped_by")
    for key in keys:
        asks(key.text, ["x"], key)
    return [key.text for key in keys]


def _standard(properties: Part, draft: Draft, *, code: str, window: str, where: str, currency: str) -> list[str]:
    del currency
    meter = properties.reading.meter(code, properties.place)
    rate = [tier(properties.get("amount").number)]
    charge = usage(meter, window, rate, where=where, by=_by(properties))
    return [draft.add(code, charge, _from("standard", code), _group(properties))]


def _tiered(name: str, mode: str, price: str, per: Decimal) -> "Model":
    def model(properties: Part, draft: Draft, *, code: str, window: str, where: str, currency: str) -> list[str]:
        del currency
        meter = properties.reading.meter(code, properties.place)
        tiers = ranges(properties, f"{name}_ranges", price, per, code)
        charge = usage(meter, window, curve(tiers, mode, flat_on_zero=True), where=where, by=_by(properties))
        return [draft.add(code, charge, _from(name, code), _group(properties))]

    return model


def ranges(properties: Part, name: str, price: str, per: Decimal, code: str) -> list[Words]:
    """Turn ranges into tiers: bounds of whole units and touching ones both end at `to_value`.

    Args:
        properties: What holds the ranges.
        name: Where they stand.
        price: Word of the rate.
        per: What the rate is divided by: 100 for percent.
        code: Whose charge it is.
    """
    rows = properties.parts(name)
    if not rows:
        properties.refuse(f"charge {code!r} has no {name}", expected="at least one range")
    bounds = [(row.get("from_value").number, row.get("to_value")) for row in rows]
    _stepped(bounds, code)
    out = []
    for (_, end), row in zip(bounds, rows, strict=True):
        up_to = end.number if end.value is not None else None
        if (up_to is None) is not (row is rows[-1]):
            row.refuse(f"a tier of charge {code!r} ends at {end.value}", expected="an end on all tiers but the last")
        out.append(tier(CONTEXT.divide(row.get(price).number, per), row.get("flat_amount").number, up_to))
    return out


def _stepped(bounds: list[tuple[Decimal, Part]], code: str) -> None:
    """Hold that all tiers begin one above the last, or all where the last ended."""
    gaps = {begin - end.number for (_, end), (begin, _) in pairwise(bounds) if end.value is not None}
    if bounds and bounds[0][0] not in (0, 1):
        bounds[0][1].refuse(f"tiers of charge {code!r} begin at {bounds[0][0]}", expected="0")
    if gaps == {Decimal(0), Decimal(1)}:
        mend = "use one way for all, since lago prices fractions differently in each"
        bounds[0][1].refuse(f"charge {code!r} mixes tiers that touch with tiers of whole units", mend=mend)
    elif not gaps <= {Decimal(0), Decimal(1)}:
        bounds[0][1].refuse(f"tiers of charge {code!r} leave gaps or overlap", expected="from_value = to_value + 1")


def _package(properties: Part, draft: Draft, *, code: str, window: str, where: str, currency: str) -> list[str]:
    del currency
    meter = properties.reading.meter(code, properties.place)
    size, free = properties.get("package_size").count, properties.get("free_units").number
    convert: Words = {"per": size, "round": "up"}
    if free:
        packages = share(free, size)
        if packages is None:
            mend = "choose free units that are a share of a package with an end in decimals"
            properties.refuse(f"charge {code!r} has {free} free units in packages of {size}", mend=mend)
        convert |= {"free": packages, "free_first": True}
    rate = [tier(properties.get("amount").number)]
    charge = usage(meter, window, rate, convert=convert, where=where, by=_by(properties))
    return [draft.add(code, charge, _from("package", code), _group(properties))]


def _percentage(properties: Part, draft: Draft, *, code: str, window: str, where: str, currency: str) -> list[str]:
    del currency
    fixed, free = properties.get("fixed_amount").number, properties.get("free_units_per_total_aggregation").number
    _by_event(properties, code, fixed=fixed, free=free)
    convert = {"free": free} if free else {}
    rate = [tier(CONTEXT.divide(properties.get("rate").number, PERCENT))]
    meter = properties.reading.meter(code, properties.place)
    charge = usage(meter, window, rate, convert=convert, where=where, by=_by(properties))
    names = [draft.add(code, charge, _from("percentage", code), _group(properties))]
    if fixed:
        meter = properties.reading.meter(f"{code}_events", properties.place)
        properties.get("fixed_amount").leave(f"the fixed fee of {code!r} counts its events as the meter {meter}")
        charge = usage(meter, window, [tier(fixed)], where=where, by=_by(properties))
        names.append(
            draft.add(f"{code}_events", charge, _from("percentage", code) + ", fixed_amount", _group(properties))
        )
    return names


def _by_event(properties: Part, code: str, *, fixed: Decimal, free: Decimal) -> None:
    """Refuse what depends on single events, which a card does not see."""
    for name in ("per_transaction_min_amount", "per_transaction_max_amount", "free_units_per_events"):
        if properties.get(name).number:
            mend = "a card counts sums, not single events; leave it out of the file and price it apart"
            properties.get(name).refuse(f"charge {code!r} is percentage with {name}", mend=mend)
    if fixed and free:
        mend = "which events are free depends on their order; use one of the two"
        properties.refuse(f"charge {code!r} is percentage with fixed_amount and a free amount", mend=mend)


def _dynamic(properties: Part, draft: Draft, *, code: str, window: str, where: str, currency: str) -> list[str]:
    meter = properties.reading.meter(f"{code}_cents", properties.place)
    properties.leave(f"the price of {code!r} is in its events: their precise_total_amount_cents are the meter {meter}")
    one = Part(1, "", properties.reading).minor(currency)
    charge = usage(meter, window, [tier(one)], where=where, by=_by(properties))
    return [draft.add(code, charge, _from("dynamic", code), _group(properties))]


def _fixed(part: Part, draft: Draft, every: str) -> None:
    """Make a fee of a fixed charge: its units are known, so that its tiers have one amount."""
    code, units = part.first("code", "add_on_code").text, part.get("units").number
    model, properties = part.get("charge_model").text, part.get("properties")
    if model == "standard":
        amount = units * properties.get("amount").number
    elif model in ("graduated", "volume"):
        words = ranges(properties, f"{model}_ranges", "per_unit_amount", Decimal(1), code)
        mode: Mode = "all" if model == "volume" else "marginal"
        steps = Curve(tiers=tuple(Tier(**each) for each in words), mode=mode, flat_on_zero=True)
        amount = sum((each.amount for each in walk(steps, units)), Decimal(0)) if words else Decimal(0)
    else:
        part.refuse(f"fixed charge {code!r} is {model!r}", expected="standard, graduated or volume")
        return
    prorate = "day" if part.get("prorated").value is True else "none"
    draft.add(code, fee(amount, every, prorate), f"lago: fixed charge {code!r}, {model}, {units} units")


def _group(properties: Part) -> str:
    """Name the charge that properties are of, its own or those of a filter."""
    return properties.place.partition(".properties")[0].partition(".filters")[0]


def _from(model: str, code: str) -> str:
    return f"lago: charge on {code!r}, {model}"


Model = Callable[..., list[str]]

MODELS: Mapping[str, Model] = {
    "standard": _standard,
    "graduated": _tiered("graduated", "marginal", "per_unit_amount", Decimal(1)),
    "volume": _tiered("volume", "all", "per_unit_amount", Decimal(1)),
    "graduated_percentage": _tiered("graduated_percentage", "marginal", "rate", PERCENT),
    "package": _package,
    "percentage": _percentage,
    "dynamic": _dynamic,
}
"""What each charge model becomes."""
