"""Ways to serve a load in full: each candidate, each way to buy it, each hour, with costs as formulas."""

from collections.abc import Iterator, Sequence
from math import isfinite

from pertoken.present.machine_columns import columns
from pertoken.present.sheet import Cell, Column, Table
from pertoken.present.sizing_words import PURCHASES, basis
from pertoken.serving.bought import Bought
from pertoken.serving.hourly import hourly
from pertoken.serving.search import Choice
from pertoken.serving.sized import Sized

STATISTICS = ("mean", "p50", "p95", "p99")

MONTHLY = "committed_hours * committed_usd + other_hours * other_usd"
"""What a month of machines costs."""

COST = (
    Column("committed_hours", "Committed hours", "quantity", "h"),
    Column("committed_usd", "Committed price", "unit_money", "USD/h"),
    Column("other_hours", "Other hours", "quantity", "h"),
    Column("other_usd", "Their price", "unit_money", "USD/h"),
    Column("requests", "Requests", "quantity", "/month"),
    Column("input_tokens", "Tokens in", "quantity"),
    Column("cached_tokens", "From the cache", "quantity"),
    Column("output_tokens", "Tokens out", "quantity"),
    Column("prompt_share", "GPU time of prompts", "share"),
    Column("monthly", "Month", "money", "USD", formula=MONTHLY),
    Column("per_thousand", "1,000 requests", "unit_money", "USD", formula="monthly / requests * 1000"),
    Column("input_per_million", "Input", "unit_money", "USD/M",
           formula="monthly * prompt_share / (requests * input_tokens) * 1000000"),
    Column("output_per_million", "Output", "unit_money", "USD/M",
           formula="monthly * (1 - prompt_share) / (requests * output_tokens) * 1000000"),
)  # fmt: skip
"""What a month costs, from hours and prices: formulas in a workbook."""

FLEET = columns("machines", "machines_least", "machines_most", "utilisation", "provider", "instance", "region", "as_of")

KEYS = columns("gpu", "gpus", "precision")

WAYS = (
    *KEYS,
    *columns("attention_groups", "best_rate", "binds", "basis"),
    *(Column(f"{what}_{name}", f"{what.upper()} {name}", "estimate", "ms")
      for what in ("ttft", "tpot") for name in STATISTICS),
    Column("running", "At work", "estimate"),
    Column("seats", "Seats", "estimate"),
    Column("kv_fill", "Cache used", "share"),
    Column("full_rate", "Rate without targets", "estimate", "1/s"),
    *(Column(f"{what}_{end}", f"{label}, {end.upper()} of measured", "estimate", unit)
      for what, label, unit in (("rate", "Rate", "1/s"), ("ttft", "TTFT", "ms"), ("tpot", "TPOT", "ms"))
      for end in ("p10", "p90")),
    Column("ttft_floor", "TTFT, floor", "estimate", "ms"),
    Column("tpot_floor", "TPOT, floor", "estimate", "ms"),
    *columns("purchase"),
    *FLEET,
    *COST,
    *(Column(f"monthly_{name}", f"Month {word}", "money", "USD") for name, word in PURCHASES.items()),
    Column("machines_by_hour", "Machines by hour of the day", "text"),
    *columns("notes"),
)  # fmt: skip

BUYING = (*KEYS, *columns("purchase"), *FLEET, *COST, *columns("source"))

USES = (
    Column("use", "What for", "text"),
    Column("hours", "Hours", "estimate", "h", total="sum"),
    Column("usd_per_hour", "Per hour", "unit_money", "USD"),
    Column("monthly", "Month", "money", "USD", formula="hours * usd_per_hour", total="sum"),
)

HOURS = (
    *KEYS,
    Column("days", "Days", "text"),
    Column("hour", "Hour", "count"),
    Column("rate", "Requests", "estimate", "1/s"),
    *columns("machines", "machines_most", "utilisation"),
)


def tables(answer: Sized, listed: Sequence[Choice]) -> Iterator[Table]:
    """Lay all out that is known of each candidate.

    Args:
        answer: The ways.
        listed: Those of them that fit into memory.
    """
    yield Table("ways", "Ways to serve it", WAYS, tuple(_way(answer, one) for one in listed), total=False)
    buying = tuple((*_key(one), *_bought(answer, way), way.rented.source) for one in listed for way in one.bought)
    yield Table("buying", "Ways to buy each", BUYING, buying, total=False)
    hours = tuple(row for one in listed if one.bought for row in _hours(answer, one))
    yield Table("hours", "Machines over the day", HOURS, hours, "At the cheapest way to buy.", total=False)


def uses(way: Bought, names: dict[str, str]) -> Table:
    """Lay out where the month of a fleet goes."""
    price = way.monthly / sum(way.hours.values())
    rows = tuple((names[use], hours, price, hours * price) for use, hours in way.hours.items())
    return Table("uses", "Where the month of the cheapest goes", USES, rows)


def rate_of(one: Choice, way: Bought) -> float:
    """Requests a second that a machine serves."""
    return one.best * way.rented.replicas


def _key(one: Choice) -> tuple[Cell, ...]:
    return (one.gpu, one.gpus, one.precision)


def _way(answer: Sized, one: Choice) -> tuple[Cell, ...]:
    way = one.bought[0] if one.bought else None
    by_purchase: dict[str, float] = {each.rented.purchase: each.monthly for each in one.bought}
    return (
        *_key(one), one.apart, one.best, one.binds, basis(one),
        *(_ms(each[name]) for each in (one.ttft, one.tpot) for name in STATISTICS),
        one.running, one.seats, one.kv_fill, one.full, *_bands(one), _ms(one.floor_ttft), _ms(one.floor_tpot),
        *(_bought(answer, way) if way else (None,) * (1 + len(FLEET) + len(COST))),
        *(by_purchase.get(name) for name in PURCHASES), _by_hour(answer, one) if way else "", "; ".join(one.notes),
    )  # fmt: skip


def _bands(one: Choice) -> Iterator[float | None]:
    of = {"rate": one.best, "ttft": _ms(one.ttft["mean"]), "tpot": _ms(one.tpot["mean"])}
    for name, value in of.items():
        for ratio in one.bands[name]:
            yield value * ratio if value is not None and isfinite(ratio) else None


def _bought(answer: Sized, way: Bought) -> tuple[Cell, ...]:
    one, load = way.rented, answer.wanted.load
    other = one.follows if isfinite(one.follows) else 0.0
    costs = way.costs
    return (
        PURCHASES[way.purchase], way.machines, round(way.least), round(way.most), way.utilisation, one.provider,
        one.instance, one.region, one.as_of, way.committed_hours, one.usd_per_hour if one.committed else 0.0,
        way.other_hours, other, way.requests, float(load.fresh), float(load.cached), float(load.output_tokens),
        way.prompt_share, way.monthly, float(costs.per_request) * 1000, float(costs.input_per_million),
        float(costs.output_per_million),
    )  # fmt: skip


def _by_hour(answer: Sized, one: Choice) -> str:
    """Write the machines of each hour of the day, from midnight on; kinds of days apart."""
    days: dict[str, list[str]] = {}
    for each in hourly(one.bought[0], answer.wanted.traffic, rate_of(one, one.bought[0])):
        days.setdefault(each.days, []).append(f"{each.machines:.3g}")
    return "; ".join(f"{name} {' '.join(counts)}" for name, counts in days.items())


def _hours(answer: Sized, one: Choice) -> Iterator[tuple[Cell, ...]]:
    way = one.bought[0]
    for each in hourly(way, answer.wanted.traffic, rate_of(one, way)):
        yield (
            *_key(one), each.days, each.hour, each.rate, each.machines, round(each.most), each.utilisation
        )  # fmt: skip


def _ms(seconds: float) -> float | None:
    return seconds * 1000 if isfinite(seconds) else None
