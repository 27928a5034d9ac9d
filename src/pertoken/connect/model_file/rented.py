"""Rented GPUs as a vendor's card: what an hour of them costs by way of purchase, from the house's list of offers."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from pertoken.catalog.machines import Offer, asked, find_gpu, rate
from pertoken.catalog.prices import Rate
from pertoken.connect import machines
from pertoken.connect.model_file.card_slots import rate_name, rate_unit
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.core.errors import InputError
from pertoken.rating.card import Card
from pertoken.scenario.spec import Assumption
from pertoken.scenario.spec import Placed as PlacedNumber

WORDS = ("gpu", "provider", "region")


def rented(reading: Reading, part: Placed, own: Sequence[Card]) -> tuple[Card, ...]:
    """Put offers on a vendor's card, behind prices of its own: for each way of purchase the cheapest GPU-hour.

    The labels are the GPU as `model`, and the way of purchase as `service_tier`; who rents it out is the vendor.

    Args:
        reading: Takes the prices as inputs.
        part: What the model says of the vendor: `gpus: {gpu: h100, provider: aws, region: us-east-1}`.
        own: The vendor's cards; the first takes the prices.
    """
    path = (*part.path, "gpus")
    said = reading.part(part["gpus"], path, f"gpus of {part.path[-1]}", WORDS)
    if said is None:
        return ()
    try:
        found = _cheapest(said)
    except InputError as error:
        reading.refused(path, error)
        return ()
    if reading.currency != "USD":
        reading.refuse(path, "prices of GPUs are listed in USD", reading.currency, "bring them to it on your own card")
    card = own[0]
    whole = replace(card, rates=(*card.rates, *found), source=card.source or "prices of GPUs")
    for i, offered in enumerate(found.values(), len(card.rates)):
        each = whole.rates[i]
        made = Assumption(
            name=f"vendors.{part.path[-1]}.{rate_name(each)}",
            value=each.price,
            unit=rate_unit(each, card.currency),
            source=offered.source,
            as_of=offered.as_of,
            line=reading.line(part.path),
        )
        name = reading.add(made, part.path)
        reading.placed.append(PlacedNumber(card=card.name, path=("rates", i, "price"), name=name))
    return (whole, *own[1:])


def _cheapest(said: Placed) -> dict[Rate, Offer]:
    """Find the cheapest offer of each way of purchase."""
    gpu = find_gpu(machines.gpus(), str(said.get("gpu"))).name
    provider, region = (str(said.get(word) or "") for word in ("provider", "region"))
    found: dict[str, tuple[Rate, Offer]] = {}
    for each in asked(machines.offers(), gpu=gpu, provider=provider, region=region):
        made = replace(rate(each), price=each.usd_per_gpu_hour, per=Decimal(1), provider="", region="")
        found.setdefault(made.service_tier, (made, each))
    if not found:
        where = " ".join(filter(None, [provider and f"of {provider}", region and f"in {region}"]))
        raise InputError(f"no price for {gpu} {where}".rstrip() + "; say less, or its rates")
    return dict(found.values())
