"""Machines: what a GPU can do, and what an hour of an instance that has some costs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal, get_args

from pertoken.catalog.prices import STANDARD, Rate
from pertoken.core.errors import InputError, alike, nearest
from pertoken.core.exact import CONTEXT

Precision = Literal["fp16", "fp8", "int8", "fp4"]
"""Numbers that tensor cores multiply; `fp16` is bf16 too, as fast on every GPU that has both."""

Purchase = Literal["on_demand", "spot", "reserved_1y", "reserved_3y"]
"""How an hour is bought: by the second, until someone bids more, for a year, for three."""

PURCHASES: tuple[Purchase, ...] = get_args(Purchase)

Link = Literal["nvlink", "pcie", "infinity_fabric"]
"""What ties the GPUs of one instance together."""


PADDING = frozenset(
    {
        "nvidia",
        "amd",
        "instinct",
        "tesla",
        "geforce",
        "quadro",
        "hbm",
        "generation",
        "blackwell",
        "server",
        "edition",
        "",
    }
)
"""Words of a GPU's name that tell it from no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What the maker of a GPU says that it can do.

    Args:
        name: The GPU with its memory and form (`A100-80GB-SXM`), in lower case where looked up.
        memory_gb: Memory. [GB]
        bandwidth_gb_s: Peak rate at which the memory is read. [GB/s]
        tflops: Peak rate of dense matrix products by precision; sparsity, which doubles it, is left out. [TFLOP/s]
        tdp_watts: Power that the GPU draws at most. [W]
        link: What ties it to its neighbours.
        link_gb_s: Rate of that tie in one direction. [GB/s]
        source: Page that says so.
        seen: Day on which it was read; None for what is known of a data sheet and was not read again.
        aliases: Other names, as clouds and their catalogs write them.
        note: What is known to be unsure.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    name: str
    memory_gb: float
    bandwidth_gb_s: float
    tflops: Mapping[Precision, float]
    tdp_watts: float
    link: Link
    link_gb_s: float
    source: str
    seen: date | None = None
    aliases: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An hour of an instance with GPUs, at the price that its provider asks.

    Args:
        provider: Who rents it out.
        instance: What the provider calls it.
        gpu: Name of the GPU.
        n_gpu: How many the instance has.
        region: Where it stands; empty for wherever.
        purchase: How it is bought.
        usd_per_hour: Price of the whole instance. [USD/hour]
        as_of: Day of the price; None if the source doesn't say.
        source: Page, list or file that says so.
        seen: Day on which it was read; None for a file of the user's own.
        note: What is known to be unsure, or what was reckoned.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    provider: str
    instance: str
    gpu: str
    n_gpu: int
    region: str = ""
    purchase: Purchase = "on_demand"
    usd_per_hour: Decimal
    as_of: date | None = None
    source: str = ""
    seen: date | None = None
    note: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Refuse an instance without GPUs, and a price that can't be."""
        if self.n_gpu < 1 or self.usd_per_hour <= 0:
            found = f"{self.provider} {self.instance}: {self.n_gpu} GPUs at {self.usd_per_hour} USD an hour"
            raise InputError(f"{found}; expected at least one GPU and a price above 0")

    @property
    def usd_per_gpu_hour(self) -> Decimal:
        """Price of one GPU for an hour, in USD."""
        return CONTEXT.divide(self.usd_per_hour, Decimal(self.n_gpu))


def find_gpu(gpus: Iterable[Gpu], name: str) -> Gpu:
    """Find a GPU by its name or an alias, in any case and order; `h100` is the one that clouds rent out by that name.

    Raises:
        InputError: There is no such GPU; the message offers the nearest names.
    """
    known = {each.lower(): gpu for gpu in gpus for each in (gpu.name, *gpu.aliases)}
    word = name.strip().lower()
    if word in known:
        return known[word]
    for written in (_parts, _letters):
        if found := {written(each): gpu for each, gpu in known.items()}.get(written(word)):
            return found
    close = alike(word, known, cutoff=0.7)  # names are short: one wrong digit is a quarter of them
    raise InputError(f"unknown GPU {name!r}; {nearest(close[0] if close else word, close or known)}")


def _parts(name: str) -> frozenset[str]:
    """Take a name apart, so that the order of its parts and the maker's name don't matter: `H100-SXM5-80GB`."""
    words = re.split(r"[\s_-]+", re.sub(r"(sxm|hbm)\d\w*", r"\1", re.sub(r"(\d) gb\b", r"\1gb", name)))
    return frozenset(words) - PADDING


def _letters(name: str) -> str:
    """Run the parts of a name together, as `RTX6000Ada`."""
    words = re.split(r"[\s_-]+", re.sub(r"(sxm|hbm)\d\w*", r"\1", name))
    return "".join(word for word in words if word not in PADDING)


def asked(
    offers: Iterable[Offer],
    *,
    gpu: str = "",
    provider: str = "",
    region: str = "",
    purchase: Purchase | None = None,
    discount: Decimal | None = None,
) -> tuple[Offer, ...]:
    """Select offers, the cheapest GPU-hour first.

    Args:
        offers: What there is.
        gpu: Name of the GPU; all if empty.
        provider: Who rents it out; all if empty.
        region: Where it stands; all if empty.
        purchase: How it is bought; all if None.
        discount: Share off the on-demand price that the user has been granted, 0 to 1. Each on-demand offer is then
            shown as bought in the way that `purchase` says, and prices that others are granted are left out.

    Raises:
        InputError: The discount is no share.
    """
    if discount is not None:
        wanted = purchase or "on_demand"
        offers = [granted(offer, discount, purchase=wanted) for offer in offers if offer.purchase == "on_demand"]
    said = {"gpu": gpu, "provider": provider, "region": region, "purchase": purchase}
    kept = [o for o in offers if all(getattr(o, name) == value for name, value in said.items() if value)]
    return tuple(sorted(kept, key=lambda o: (o.usd_per_gpu_hour, o.provider, o.instance, o.region, o.purchase)))


def granted(offer: Offer, discount: Decimal, *, purchase: Purchase) -> Offer:
    """Take a discount that the user has been granted off an offer.

    >>> listed = Offer(provider="aws", instance="p5", gpu="H100-80GB-SXM", n_gpu=8, usd_per_hour=Decimal("55.04"))
    >>> granted(listed, Decimal("0.25"), purchase="reserved_1y").usd_per_gpu_hour
    Decimal('5.1600')

    Raises:
        InputError: The discount is no share.
    """
    if not 0 <= discount < 1:
        raise InputError(f"discount {discount} is no share of the price; expected for example 0.3 for 30 % off")
    price = offer.usd_per_hour * (1 - discount)
    listed = f"{offer.usd_per_gpu_hour.normalize():f} USD a GPU-hour on demand"
    note = f"{listed} less a discount of your own of {(discount * 100).normalize():f} %"
    return replace(offer, usd_per_hour=price, purchase=purchase, note=note)


def rate(offer: Offer) -> Rate:
    """Make a rate of an offer: what a GPU-hour of it costs, for a card.

    The model is the GPU, and the service tier is how it is bought. It has no first day: a price of a day is taken to
    hold for all days of the books.
    """
    return Rate(
        model=offer.gpu,
        meter="gpu_hours",
        price=offer.usd_per_hour,
        per=Decimal(offer.n_gpu),
        provider=offer.provider,
        region=offer.region,
        service_tier=STANDARD if offer.purchase == "on_demand" else offer.purchase,
        source=", ".join(filter(None, [offer.source, offer.as_of.isoformat() if offer.as_of else ""])),
        note="; ".join(filter(None, [f"{offer.instance} has {offer.n_gpu}", offer.note])),
    )
