"""Prices of Stripe: a price, a list of them, a product with its prices, or a subscription with its items.

Amounts are in the currency's smallest units, with up to 12 decimal places. A bound belongs to the tier below it. A
price alone is a plan of its own; what a subscription holds together is one plan.

Source: https://docs.stripe.com/api/prices/object and https://docs.stripe.com/currencies#zero-decimal.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pertoken.connect.draft import Draft, Words, apart, card, closed, curve, fee, once, tier, usage
from pertoken.connect.imported import Imported, Part, Reading, listed
from pertoken.core import money

PLACES = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Decimal places of amounts where Stripe's are not those of ISO 4217."""

WINDOWS = {
    ("month", 1): "month",
    ("month", 3): "quarter",
    ("month", 12): "year",
    ("year", 1): "year",
    ("day", 1): "day",
}
ROUNDINGS = {"up": "up", "down": "down"}
_LEFT = {
    "tax_behavior": "taxes are not part of a card",
    "currency_options": "one card has one currency: other currencies of a price were not carried over",
}
_KNOWN = listed(
    """
    id object active billing_scheme created currency livemode lookup_key metadata nickname product recurring
    tiers tiers_mode transform_quantity type unit_amount unit_amount_decimal custom_unit_amount amount
    amount_decimal interval interval_count usage_type meter aggregate_usage
    """
)


def plans(document: Any, said: Mapping[str, str], source: str = "") -> Imported:  # noqa: ANN401  unchecked input
    """Read a price, a list, a product or a subscription.

    Args:
        document: Plain values as they stand in the JSON file.
        said: Our meters for codes: the id of the meter, else the price's lookup key, nickname or id.
        source: Name of the file.
    """
    reading = Reading(engine="stripe", source=source, said=said)
    top = Part({"object": "list", "data": document} if isinstance(document, list) else document, "", reading)
    cards = [made for name, offer in _offers(top) if (made := _card(name, offer))]
    if not cards and not reading.faults:
        reading.refuse("", "no price is in the file", expected="a price, a list, a product or a subscription")
    return reading.done(apart(cards))


def _offers(top: Part) -> list[tuple[str, list[Part]]]:
    """Find what is sold together: a name, and prices (or items of a subscription)."""
    kind = top.get("object").text
    if kind == "list":
        return [offer for part in top.parts("data") for offer in _offers(part)]
    if kind == "subscription":
        return [(top.get("id").text or "subscription", top.get("items").parts("data"))]
    if kind == "product":
        return _product(top)
    return [(_name(top), [top])] if top.get("currency") else []


def _product(top: Part) -> list[tuple[str, list[Part]]]:
    """Put a product's prices together where they can be, in one currency and period with one that is not metered."""
    held = top.get("prices")
    prices = held.parts("data") if isinstance(held.value, Mapping) else top.parts("prices")
    if not prices and isinstance(top.get("default_price").value, Mapping):
        prices = [top.get("default_price")]
    periods = {(p.get("currency").text, _every(p)) for p in prices}
    fixed = [p for p in prices if p.get("recurring").get("usage_type").text != "metered"]
    if len(prices) > 1 and len(periods) == 1 and len(fixed) <= 1:
        return [(top.first("name", "id").text, prices)]
    if len(prices) > 1:
        top.leave("each price of the product became a plan of its own, since they can't be billed together")
    return [(_name(price), [price]) for price in prices]


def _name(price: Part) -> str:
    return price.first("nickname", "lookup_key", "id").text or "price"


def _every(price: Part) -> tuple[str, int]:
    period = price.get("recurring") or price
    count = period.get("interval_count")
    return period.get("interval").text, int(count.number) if count else 1


def _card(name: str, offer: Sequence[Part]) -> Words | None:
    if not offer:
        return None
    name = offer[0].reading.plan(name, offer[0].place)
    draft = Draft(reading=offer[0].reading, path=(name,))
    currencies = set()
    for part in offer:
        price = part.get("price") or part
        currencies.add(price.get("currency").text.upper() or "USD")
        _price(price, draft, part.get("quantity"))
    if len(currencies) > 1:
        offer[0].refuse(f"prices in {' and '.join(sorted(currencies))} in one plan", expected="one currency")
    return card(name, min(currencies), draft, order="")


def _price(price: Part, draft: Draft, quantity: Part) -> None:
    price.leave_all(_LEFT)
    price.strangers(_KNOWN | set(_LEFT))
    if price.get("recurring").get("trial_period_days").number:
        price.leave("a trial is no price; leave its days out of the log or begin the contract after it")
    name = _name(price)
    if price.get("custom_unit_amount"):
        price.refuse(f"price {name!r} is chosen by the customer", mend="leave it out of the file")
    period = price.get("recurring") or price
    if period.get("usage_type").text == "metered":
        _metered(price, draft, period, name)
    else:
        _licensed(price, draft, quantity, name)


def _window(price: Part, name: str) -> str:
    every = _every(price)
    if every not in WINDOWS:
        mend = "a card has periods of a day, a month, a quarter or a year"
        price.refuse(f"price {name!r} is for {every[1]} {every[0] or 'of no interval'}", mend=mend)
    return WINDOWS.get(every, "month")


def _metered(price: Part, draft: Draft, period: Part, name: str) -> None:
    kind = period.get("aggregate_usage").text
    if kind not in ("", "sum"):
        mend = "write the charge by hand, with measure: {max: ...} or {time_weighted: ...}"
        price.refuse(f"price {name!r} counts by {kind}, which has no exact equal", mend=mend)
    code = period.get("meter").text or name
    if period.get("meter"):
        price.leave(f"how the meter {code} counts is not in a price; it is read as a sum")
    meter = price.reading.meter(code, price.place)
    charge = usage(meter, _window(price, name), _priced(price, name), convert=_converted(price, name))
    draft.add(name, charge, f"stripe: price {price.get('id').text or name!r}, metered, {_kind(price)}")


def _licensed(price: Part, draft: Draft, quantity: Part, name: str) -> None:
    """Make a fee, or a charge on what the user says counts the quantity."""
    origin = f"stripe: price {price.get('id').text or name!r}, licensed, {_kind(price)}"
    if name in price.reading.said:
        meter = price.reading.meter(name, price.place)
        charge = usage(meter, _window(price, name), _priced(price, name), convert=_converted(price, name))
        draft.add(name, charge, origin)
        return
    if price.get("billing_scheme").text == "tiered" or price.get("transform_quantity"):
        found = f"price {name!r} is licensed, and its amount depends on a quantity that a price does not say"
        price.refuse(found, mend=f"say --meter '{name}=seats', or the meter that counts it")
        return
    if not quantity:
        price.leave(
            f"the quantity of {name!r} stands on the subscription and was read as 1; else say --meter '{name}=seats'"
        )
    amount = _amount(price, "unit_amount") * (quantity.number if quantity else 1)
    recurring = price.get("recurring") or price.get("interval")
    draft.add(name, fee(amount, _window(price, name), "second") if recurring else once(amount), origin)


def _kind(price: Part) -> str:
    return price.get("tiers_mode").text or "per unit"


def _amount(part: Part, name: str, currency: str = "") -> Decimal:
    """Read an amount in smallest units; the decimal one has all of its digits."""
    iso = currency or part.get("currency").text.upper()
    found = (
        part.first(f"{name}_decimal", name, "amount_decimal", "amount")
        if name == "unit_amount"
        else part.first(f"{name}_decimal", name)
    )
    return found.minor(iso, PLACES.get(iso, money.places(iso)))


def _converted(price: Part, name: str) -> Words:
    how = price.get("transform_quantity")
    if not how:
        return {}
    if price.get("tiers"):
        how.refuse(f"price {name!r} has both tiers and transform_quantity", expected="one of them, as at Stripe")
    rounding = how.get("round").one_of(ROUNDINGS, "round")
    return {"per": how.get("divide_by").count, "round": rounding}


def _priced(price: Part, name: str) -> Any:  # noqa: ANN401  a curve
    if price.get("billing_scheme").text != "tiered" and not price.get("tiers"):
        return [tier(_amount(price, "unit_amount"))]
    mode = price.get("tiers_mode").one_of({"graduated": "marginal", "volume": "all"}, "tiers_mode")
    rows = price.parts("tiers")
    if not rows:
        price.refuse(f"price {name!r} is tiered and has no tiers", mend="export it with expand[]=tiers")
    ends = [None if row.get("up_to").text in ("", "inf") else row.get("up_to").number for row in rows]
    if not closed(list(zip(ends, rows, strict=True))):
        return []
    iso = price.get("currency").text.upper()
    tiers = [
        tier(_amount(row, "unit_amount", iso), _amount(row, "flat_amount", iso), end)
        for end, row in zip(ends, rows, strict=True)
    ]
    if "flat" in tiers[0]:
        rows[0].leave("the first tier's flat amount is read as due without usage; hold it against an invoice")
    return curve(tiers, mode, flat_on_zero=True)
