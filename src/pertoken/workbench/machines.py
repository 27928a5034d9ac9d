"""What a GPU-hour costs, and where: the house's own list, or a catalog file of the user's."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pertoken.catalog.machines import Gpu, Offer, Purchase, asked, find_gpu, rate
from pertoken.catalog.prices import Rate
from pertoken.connect import machines
from pertoken.core.errors import InputError
from pertoken.rating.card import Card

__all__ = ["Gpus", "gpu_card", "gpus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpus:
    """Prices of GPU-hours, the cheapest first, and what the GPUs can do.

    Args:
        offers: What an hour of instances costs.
        gpus: The GPUs of these offers that the house knows.
    """

    offers: tuple[Offer, ...]
    gpus: tuple[Gpu, ...]


def gpus(
    name: str = "",
    *,
    provider: str = "",
    region: str = "",
    purchase: Purchase | None = None,
    discount: Decimal | str | None = None,
    catalog: str | Path | None = None,
) -> Gpus:
    """List what a GPU-hour costs.

    Args:
        name: The GPU, by name or alias; all if empty.
        provider: Who rents it out; all if empty.
        region: Where it stands; all if empty.
        purchase: How it is bought: `on_demand`, `spot`, `reserved_1y` or `reserved_3y`; all if None.
        discount: Share off the on-demand price that you have been granted, 0 to 1.
        catalog: A file of instances as SkyPilot writes them; the house's own list if None.

    Returns:
        The offers, the cheapest GPU-hour first.

    Raises:
        InputError: There is no such GPU, no such offer, or the file can't be read.
    """
    listed = machines.skypilot(catalog) if catalog else machines.offers()
    gpu = _gpu(name, listed) if name else ""
    share = None if discount is None else Decimal(discount)
    found = asked(listed, gpu=gpu, provider=provider, region=region, purchase=purchase, discount=share)
    if not found:
        words = " ".join(filter(None, [gpu, purchase or "", provider and f"of {provider}", region and f"in {region}"]))
        raise InputError(f"no price for {words or 'any GPU'}; ask for less, or say a catalog that has one")
    named = {offer.gpu for offer in found}
    return Gpus(offers=found, gpus=tuple(each for each in machines.gpus() if each.name in named))


def gpu_card(offers: Iterable[Offer], *, name: str = "GPU hours") -> Card:
    """Make a card of offers, so that GPU-hours are rated like anything else.

    Its labels are `model` (the GPU), `provider`, `region` and `service_tier` (how it is bought, `standard` on demand).
    Of several instances with the same labels the one with the cheapest GPU-hour counts.

    Args:
        offers: What is on the card.
        name: What to call it.

    Returns:
        A vendor's card that is not rounded.
    """
    rates: dict[tuple[str, ...], Rate] = {}
    for offer in sorted(offers, key=lambda each: each.usd_per_gpu_hour):
        made = rate(offer)
        rates.setdefault((made.model, made.provider, made.region, made.service_tier), made)
    return Card(name=name, party="vendor", rates=tuple(rates.values()), rounding=None, source="prices of GPUs")


def _gpu(name: str, listed: Iterable[Offer]) -> str:
    """Name a GPU as the list has it; a catalog of the user's own may have GPUs that the house doesn't know."""
    own = {offer.gpu.lower(): offer.gpu for offer in listed}
    return own[name.lower()] if name.lower() in own else find_gpu(machines.gpus(), name).name
