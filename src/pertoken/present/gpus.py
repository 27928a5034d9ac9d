"""Prices of GPU-hours as a sheet: the cheapest first, with source and day, and what the GPUs can do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from pertoken.catalog.machines import Gpu, Offer
from pertoken.present.machine_columns import columns
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Column, Note, Sheet, Table

TITLE = "What a GPU-hour costs"
OFFERS = (
    *columns("gpu", "provider"),
    Column("usd_per_gpu_hour", "Per GPU-hour", "unit_money", "USD", formula="usd_per_hour / n_gpu"),
    *columns("instance"),
    Column("n_gpu", "GPUs", "count"),
    *columns("usd_per_hour", "purchase", "region", "as_of", "source"),
)

BRIEF = ("gpu", "provider", "instance", "usd_per_gpu_hour", "purchase", "region", "as_of")
"""Columns for people; who says so stands in a table of its own."""

SOURCES = columns("provider", "source")

GPUS = (
    *columns("gpu"),
    Column("memory_gb", "Memory", "quantity", "GB"),
    Column("bandwidth_gb_s", "Bandwidth", "quantity", "GB/s"),
    Column("fp16", "FP16", "quantity", "TFLOP/s"),
    Column("fp8", "FP8", "quantity", "TFLOP/s"),
    Column("fp4", "FP4", "quantity", "TFLOP/s"),
    Column("tdp_watts", "Power", "quantity", "W"),
    Column("link", "Link", "text"),
    Column("link_gb_s", "Link", "quantity", "GB/s"),
    *columns("source"),
)


def sheet(offers: Sequence[Offer], gpus: Sequence[Gpu], *, brief: bool = False) -> Sheet:
    """Lay offers out, the cheapest first.

    Args:
        offers: What an hour of instances costs, in the order in which they are shown.
        gpus: What is known of the GPUs.
        brief: True for people: without columns that say the same on all rows, and the sources once.
    """
    listed = _brief(offers) if brief else Table("offers", TITLE, OFFERS, tuple(map(_offer, offers)), total=False)
    blocks: list[Table | Note] = [listed]
    if gpus:
        note = "As their makers say it; rates of dense products, links in one direction."
        blocks.append(Table("gpus", "What the GPUs can do", GPUS, tuple(map(_gpu, gpus)), note=note, total=False))
    said = sorted({(offer.provider, offer.source) for offer in offers})
    blocks.append(Table("sources", "Who says so", SOURCES, tuple(said), total=False))
    if any(offer.as_of is None for offer in offers):
        blocks.append(Note("Prices without a day are from lists that say none.", "warning"))
    return Sheet("Prices of GPUs", _words(offers), tuple(blocks))


class Found(Protocol):
    """Offers, and the GPUs that they are of."""

    @property
    def offers(self) -> Sequence[Offer]:
        """What an hour of instances costs."""

    @property
    def gpus(self) -> Sequence[Gpu]:
        """What is known of the GPUs."""


def found(answer: Found, *, brief: bool = False) -> Sheet:
    """Lay out what was found, as `sheet` does."""
    return sheet(answer.offers, answer.gpus, brief=brief)


def _brief(offers: Sequence[Offer]) -> Table:
    """What people are shown of the offers; one GPU for all of them stands in the title."""
    names = {offer.gpu for offer in offers}
    kept = [name for name in BRIEF if name != "gpu" or len(names) > 1]
    at = [next(i for i, each in enumerate(OFFERS) if each.name == name) for name in kept]
    shown = tuple(replace(OFFERS[i], formula=None) for i in at)
    rows = tuple(tuple(row[i] for i in at) for row in map(_offer, offers))
    title = f"What an hour of {names.pop()} costs" if len(names) == 1 else TITLE
    return Table("offers", title, shown, rows, total=False)


def _words(offers: Sequence[Offer]) -> str:
    first, last = offers[0], offers[-1]
    low, high = (show(each.usd_per_gpu_hour, "unit_money") for each in (first, last))
    where = f"{first.provider} {first.instance}"
    if low == high:
        return f"A GPU-hour costs {low} USD ({where})."
    return f"A GPU-hour costs {low} USD ({where}) to {high} USD ({last.provider} {last.instance})."


def _offer(offer: Offer) -> tuple[Cell, ...]:
    day = offer.as_of.isoformat() if offer.as_of else ""
    source = "; ".join(filter(None, [offer.source, offer.note]))
    return (
        offer.gpu, offer.provider, offer.usd_per_gpu_hour, offer.instance, offer.n_gpu, offer.usd_per_hour,
        offer.purchase, offer.region or "any", day, source,
    )  # fmt: skip


def _gpu(gpu: Gpu) -> tuple[Cell, ...]:
    rates = (gpu.tflops.get("fp16"), gpu.tflops.get("fp8"), gpu.tflops.get("fp4"))
    return (
        gpu.name, gpu.memory_gb, gpu.bandwidth_gb_s, *rates, gpu.tdp_watts, gpu.link, gpu.link_gb_s, gpu.source,
    )  # fmt: skip
