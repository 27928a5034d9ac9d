"""Plans of OpenMeter: phases of rate cards, each with a price, a conversion, discounts and commitments.

Quantities are converted, rounded, and only then reduced by the free ones. A bound belongs to the tier below it, and a
flat is due without usage. Both shapes are read: the older one in camel case with `tiered` prices, and the newer one in
snake case with `graduated` and `volume` prices and a `unit_config`.

Source: the API descriptions of openmeterio/openmeter, api/spec/packages, productcatalog.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pertoken.connect.draft import Draft, Words, apart, closed, curve, fee, once, phased, tier, usage
from pertoken.connect.imported import Imported, Part, Reading, listed

WINDOWS = {"P1M": "month", "P3M": "quarter", "P1Y": "year", "P12M": "year", "P1D": "day", "PT1H": "hour"}
ROUNDINGS = {"ceiling": "up", "floor": "down", "half_up": "half_up", "none": None, "": None}
_LEFT = {
    "tax_config": "taxes are not part of a card",
    "payment_term": "when it is billed is not part of a price",
}
_LEFT_OF_PLAN = {
    "addons": "add-ons are plans of their own",
    "settlement_mode": "how an invoice is paid is not part of a price",
    "alignment": "how subscriptions are aligned is not part of a price",
}
_KNOWN = listed(
    """
    type key name description metadata labels annotations feature feature_key billing_cadence price unit_config
    discounts commitments entitlement_template entitlement
    """
)
_KNOWN_OF_PLAN = listed(
    """
    id key name description metadata labels version currency phases status created_at updated_at deleted_at
    effective_from effective_to billing_cadence pro_rating_config pro_rating_enabled validation_errors alignment
    """
)


def plans(document: Any, said: Mapping[str, str], source: str = "") -> Imported:  # noqa: ANN401  unchecked input
    """Read a plan, or a list of them under `items` or `data`.

    Args:
        document: Plain values as they stand in the JSON file.
        said: Our meters for keys of features.
        source: Name of the file.
    """
    reading = Reading(engine="openmeter", source=source, said=said)
    top = Part(snake({"items": document} if isinstance(document, list) else document), "", reading)
    found = top.parts("items") or top.parts("data") or [top]
    return reading.done(apart([_plan(part) for part in found]))


def snake(value: Any) -> Any:  # noqa: ANN401  any plain value
    """Write all names in snake case.

    >>> snake({"rateCards": [{"upToAmount": "5"}]})
    {'rate_cards': [{'up_to_amount': '5'}]}
    """
    if isinstance(value, Mapping):
        return {re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower(): snake(held) for key, held in value.items()}
    return [snake(held) for held in value] if isinstance(value, list) else value


def _plan(plan: Part) -> Words:
    name = plan.reading.plan(plan.first("key", "name").text or "plan", plan.place)
    currency = plan.get("currency").text.upper() or "USD"
    plan.leave_all(_LEFT_OF_PLAN)
    plan.strangers(_KNOWN_OF_PLAN | set(_LEFT_OF_PLAN))
    parts = plan.parts("phases")
    if not parts:
        plan.refuse(f"plan {name!r} has no phases", expected="at least one phase with rate_cards")
    prorated = plan.get("pro_rating_config").get("enabled").value is not False
    prorated = prorated and plan.get("pro_rating_enabled").value is not False
    phases = []
    for i, part in enumerate(parts):
        draft = Draft(reading=plan.reading, path=(name,) if len(parts) == 1 else (name, "phases", str(i)))
        for rated in part.parts("rate_cards"):
            _rate_card(rated, draft, plan, prorate="second" if prorated else "none")
        phases.append((_months(part.get("duration"), last=i == len(parts) - 1), draft))
    return phased(name, currency, phases, order="openmeter")


def _months(duration: Part, *, last: bool) -> int | None:
    """Count the months of a phase.

    Raises nothing: a phase of days is kept as a fault.
    """
    if not duration:
        if not last:
            duration.refuse("a phase without an end is followed by another", expected="a duration, as P3M")
        return None
    match = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?", duration.text)
    if match is None or not any(match.groups()):
        mend = "a card counts phases in months; make it P1M, or write the card by hand with `from` and `to`"
        duration.refuse(f"a phase lasts {duration.text}", expected="months or years, as P3M", mend=mend)
        return 1
    return int(match[1] or 0) * 12 + int(match[2] or 0)


def _rate_card(rated: Part, draft: Draft, plan: Part, *, prorate: str) -> None:
    key, price = rated.first("key", "feature_key").text, rated.get("price")
    rated.leave_all(_LEFT)
    price.leave_all(_LEFT)
    rated.strangers(_KNOWN | set(_LEFT))
    for name in ("entitlement_template", "entitlement"):
        if rated.get(name):
            rated.get(name).leave("an entitlement gives access and has no price; what is free stands under discounts")
    kind = price.get("type").text
    if not price or kind == "free":
        _given(rated, draft, plan, key)
    elif kind == "flat":
        _flat(rated, draft, plan, key, prorate=prorate)
    else:
        _usage(rated, draft, plan, key)


def _window(rated: Part, plan: Part) -> str:
    cadence = rated.get("billing_cadence") or plan.get("billing_cadence")
    if not cadence:
        return "month"
    return str(cadence.one_of(WINDOWS, "billing cadence", "a card has periods of a month, a quarter or a year"))


def _meter(rated: Part) -> str:
    feature = rated.get("feature")
    key = (rated.get("feature_key") or feature.first("key", "id")).text or rated.get("key").text
    return rated.reading.meter(key, rated.place)


def _given(rated: Part, draft: Draft, plan: Part, key: str) -> None:
    if not rated.first("feature_key", "feature"):
        rated.leave("a rate card without price and feature charges nothing")
        return
    charge = usage(_meter(rated), _window(rated, plan), [tier(Decimal(0))])
    draft.add(key, charge, f"openmeter: rate card {key!r}, free")


def _flat(rated: Part, draft: Draft, plan: Part, key: str, *, prorate: str) -> None:
    amount = rated.get("price").get("amount").number
    origin = f"openmeter: rate card {key!r}, flat"
    if rated.get("billing_cadence") or ("billing_cadence" not in rated and plan.get("billing_cadence")):
        name = draft.add(key, fee(amount, _window(rated, plan), prorate), origin)
    else:
        name = draft.add(key, once(amount), origin + ", once")
    _adjusted(rated, draft, name, plan)


def _usage(rated: Part, draft: Draft, plan: Part, key: str) -> None:
    price, kind = rated.get("price"), rated.get("price").get("type").text
    convert = _converted(rated, key)
    if kind == "unit":
        priced = [tier(price.get("amount").number)]
    elif kind == "dynamic":
        priced = [tier(price.get("multiplier").number if price.get("multiplier") else Decimal(1))]
        rated.leave(f"the meter of {key!r} counts money of the plan's currency")
    elif kind == "package":
        priced = [tier(price.get("amount").number)]
        convert = {"per": price.get("quantity_per_package").count, "round": "up", **convert}
    elif kind in ("tiered", "graduated", "volume"):
        priced = _tiers(price, kind)
    else:
        rated.refuse(
            f"rate card {key!r} is {kind!r}", expected="flat, unit, tiered, graduated, volume, package, dynamic"
        )
        return
    charge = usage(_meter(rated), _window(rated, plan), priced, convert=convert)
    name = draft.add(key, charge, f"openmeter: rate card {key!r}, {kind}")
    _adjusted(rated, draft, name, plan)


def _converted(rated: Part, key: str) -> Words:
    config, free = rated.get("unit_config"), rated.get("discounts").get("usage")
    words: Words = {}
    if config:
        word = config.get("operation").one_of({"divide": "per", "multiply": "times"}, "operation")
        words[word] = config.get("conversion_factor").count
        if rounding := config.get("rounding").one_of(ROUNDINGS, "rounding"):
            words["round"] = rounding
            words |= {"precision": int(config.get("precision").number)} if config.get("precision").number else {}
    units = (free.get("quantity") if isinstance(free.value, Mapping) else free).number
    if units and rated.get("price").get("type").text == "package":
        mend = "export the plan in the newer shape, where the price has a unit_config"
        found = (
            f"rate card {key!r} is package with a usage discount: releases differ in whether it is of units or packages"
        )
        rated.refuse(found, mend=mend)
    elif units:
        words |= {"free": units, **({"free_first": False} if "round" in words else {})}
    return words


def _tiers(price: Part, kind: str) -> Any:  # noqa: ANN401  a curve
    modes = {"graduated": "marginal", "volume": "all"}
    mode = price.get("mode").one_of(modes, "mode") if kind == "tiered" else modes[kind]
    rows = price.parts("tiers")
    bounds = [row.get("up_to_amount").number if row.get("up_to_amount") else None for row in rows]
    if not closed(list(zip(bounds, rows, strict=True))):
        if not rows:
            price.refuse("a tiered price without tiers", expected="at least one tier")
        return []
    tiers = [
        tier(row.get("unit_price").get("amount").number, row.get("flat_price").get("amount").number, up_to)
        for up_to, row in zip(bounds, rows, strict=True)
    ]
    return curve(tiers, mode, flat_on_zero=True)


def _adjusted(rated: Part, draft: Draft, name: str, plan: Part) -> None:
    off = rated.get("discounts").get("percentage")
    percent = (off.get("percentage") if isinstance(off.value, Mapping) else off).number
    if percent:
        draft.adjust.append({"percent": -percent, "on": [name]})
    limits = rated.get("commitments") or rated.get("price")
    least, most = limits.get("minimum_amount"), limits.get("maximum_amount")
    if least or most:
        draft.limit(
            min=least.number if least else None,
            max=most.number if most else None,
            window=_window(rated, plan),
            on=[name],
            during={"prorate": "none"},
        )
