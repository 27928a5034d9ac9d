"""Which GPUs, and how many, serve a model's load within targets of latency; what each way costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf, isfinite
from pathlib import Path

from pertoken.catalog.machines import PURCHASES, Offer
from pertoken.catalog.models import Architecture
from pertoken.connect import engines, machines
from pertoken.connect.loads import find_machine, read_load
from pertoken.connect.traffic_file import read_traffic
from pertoken.core.errors import InputError, nearest
from pertoken.serving.asked import Asked
from pertoken.serving.autoscale import Autoscale
from pertoken.serving.book import Engine
from pertoken.serving.busiest import Busiest, busiest
from pertoken.serving.capacity import Targets
from pertoken.serving.lack import lacking
from pertoken.serving.percentiles import Load
from pertoken.serving.search import Choice, Wanted, choices
from pertoken.serving.sized import Sized
from pertoken.serving.traffic import PATTERNS, Traffic, pattern

__all__ = ["Sized", "size"]


def size(
    model: str | Path | Architecture,
    gpus: Sequence[str],
    *,
    rate: float | None = None,
    input_tokens: float,
    output_tokens: float,
    ttft: float = inf,
    tpot: float = inf,
    percentile: float = 99.0,
    precisions: Sequence[str] = (),
    traffic: str | Path | Traffic = "flat",
    engine: str | Engine = "vllm",
    max_gpus: int = 8,
    spread: float = 0.0,
    policy: Autoscale | None = None,
    offers: Iterable[Offer] | None = None,
    providers: Sequence[str] = (),
    regions: Sequence[str] = (),
    purchases: Sequence[str] = (),
    deadline: float = inf,
    **more: float | str,
) -> Sized:
    """Size a fleet: for each GPU, number of GPUs to a replica and precision, the best rate, latencies and cost.

    Args:
        model: The model: a name, the path of its `config.json`, or its shape.
        gpus: GPUs to look at, by name.
        rate: Requests that come, on average; None if the traffic says it. [1/s]
        input_tokens: Length of a prompt. [token]
        output_tokens: Length of an answer. [token]
        ttft: Longest time to the first token. [s]
        tpot: Longest time of each later token. [s]
        percentile: Percentage of the requests that must see no more.
        precisions: Of the weights; that of its publication and `fp8` if none.
        traffic: A pattern of the week, a file of one's own (see `read_traffic`), or traffic; scaled to `rate` if said.
        engine: The engine, or a profile of your own.
        max_gpus: GPUs of a replica at most.
        spread: Standard deviation of the length of prompts, as a share of their mean.
        policy: How the fleet follows its load.
        offers: Machines for rent; those of the house if None.
        providers: Who may rent them out; all if none.
        regions: Where they may stand; all if none.
        purchases: How they may be bought: `on_demand`, `spot`, `reserved_1y`, `reserved_3y`; all if none.
        deadline: How long requests may wait, as a batch that is due by tomorrow; instead of targets. [s]
        more: What else `estimate_serving` takes, as `prefix_share`.

    Raises:
        InputError: An unknown name, or a number that can't be.
    """
    load = {"model": model, "engine": engine, "input_tokens": input_tokens, "output_tokens": output_tokens, **more}
    asked = list(_candidates(load, gpus, precisions, max_gpus))
    _check(model, input_tokens + output_tokens, spread)
    wanted = Wanted(
        load=Load(input_tokens=input_tokens, output_tokens=output_tokens, spread=spread, aids=asked[0].aids),
        targets=Targets(first=ttft, each=tpot, percentile=percentile), traffic=_traffic(traffic, rate, deadline),
        policy=policy or Autoscale(), offers=_rented(offers, providers, regions), purchases=_purchases(purchases),
        deadline=_deadline(deadline, ttft, tpot),
    )  # fmt: skip
    return _sized(asked, wanted)


def _check(model: str | Path | Architecture, tokens: float, spread: float) -> None:
    """Refuse requests that are longer than the model can read, and a spread that can't be."""
    shape = model if isinstance(model, Architecture) else machines.find_architecture(str(model))
    if 0 < shape.context < tokens:
        found = f"{tokens:,.0f} tokens in a request of {shape.name}"
        raise InputError(f"{found}; expected at most {shape.context:,}, its context; shorten prompts or answers")
    if not (isfinite(spread) and spread >= 0):
        raise InputError(f"spread of prompts {spread:g}; expected 0 or more: standard deviation by mean")


def _sized(asked: Sequence[Asked], wanted: Wanted) -> Sized:
    """Reckon candidates, and say of those that never fit, at their most GPUs, what would."""
    found = tuple(choices(asked, wanted, engines.book()))
    fitting = {(one.gpu, one.precision) for one in found if not one.lacking}
    largest = {(a.gpu, a.precision): a for a in asked if (a.gpu, a.precision) not in fitting}
    return Sized(
        model=asked[0].model,
        shape=asked[0].shape,
        engine=asked[0].engine.name,
        wanted=wanted,
        choices=found,
        lacking=tuple(lacking(a, find_machine(a.gpu)) for a in largest.values()),
        busiest=_busiest(asked, found, wanted),
    )


def _busiest(asked: Sequence[Asked], found: Sequence[Choice], wanted: Wanted) -> Busiest | None:
    """Say what requests of the cheapest way see when it is busiest, if they may not wait."""
    if not found[0].bought or isfinite(wanted.deadline):
        return None
    one, way = found[0], found[0].bought[0]
    kind = (one.gpu, one.gpus, one.precision, one.apart)
    replica = next(a for a in asked if (a.gpu, a.how.gpus, a.precision, a.how.apart) == kind)
    return busiest(replica, wanted.load, way, wanted.traffic, one.running)


def _candidates(
    load: Mapping[str, object], gpus: Sequence[str], precisions: Sequence[str], most: int
) -> Iterable[Asked]:
    if not gpus or most < 1:
        raise InputError(f"{len(gpus)} GPUs named, up to {most} to a replica; expected at least one, as h100,l40s")
    for gpu in gpus:
        count = 1
        while count <= most:
            for name in precisions or _usual(load["model"], gpu):
                said = {**load, "gpu": gpu, "count": count, "precision": name}
                whole = replace(read_load(said), precision=name)
                yield whole
                if count > 1 and whole.how.tensor == count and float(whole.sizes.experts) > 1:
                    yield replace(read_load({**said, "attention_groups": count}), precision=name)
            count *= 2


def _usual(model: object, gpu: str) -> tuple[str, ...]:
    """Name the precision that a model is published in, and the eight bits that a GPU multiplies fastest."""
    shape = model if isinstance(model, Architecture) else machines.find_architecture(str(model))
    if shape.weight_bits < 8:  # noqa: PLR2004  experts in four bits
        return ("mxfp4",)
    rates = find_machine(gpu).tflops
    small = "int8" if "int8" in rates and "fp8" not in rates else "fp8"
    return ("fp8",) if shape.weight_bits < 16 else ("bf16", small)  # noqa: PLR2004


def _rented(offers: Iterable[Offer] | None, providers: Sequence[str], regions: Sequence[str]) -> tuple[Offer, ...]:
    listed = tuple(machines.offers() if offers is None else offers)
    for wanted, there in ((providers, {o.provider for o in listed}), (regions, {o.region for o in listed} - {""})):
        for name in wanted:
            if name.lower() not in {each.lower() for each in there}:
                raise InputError(f"no machine of {name!r} among the offers; {nearest(name, there)}")
    return tuple(o for o in listed if _allowed(o.provider, providers) and _allowed(o.region, regions))


def _allowed(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or name.lower() in {each.lower() for each in wanted}


def _deadline(deadline: float, ttft: float, tpot: float) -> float:
    if not deadline > 0:
        raise InputError(f"a deadline of {deadline:g} s; expected a time above 0, as 24 hours")
    if isfinite(deadline) and (isfinite(ttft) or isfinite(tpot)):
        raise InputError("a deadline and targets of latency; expected one of them: what may wait has no TTFT to keep")
    return deadline


def _purchases(wanted: Sequence[str]) -> tuple[str, ...]:
    for name in wanted:
        if name not in PURCHASES:
            raise InputError(f"machines bought {name!r}; {nearest(name, PURCHASES)}")
    return tuple(wanted)


def _traffic(said: str | Path | Traffic, rate: float | None, deadline: float) -> Traffic:
    """Take a pattern, a file or traffic, of the mean rate that is said; what may wait goes on as it was."""
    if rate is not None and not (isfinite(rate) and rate > 0):
        raise InputError(f"a load of {rate:g} requests a second; expected a number above 0")
    if isinstance(said, str) and said in PATTERNS:
        if rate is None:
            raise InputError(f"no load; expected how many requests come, of which {said!r} is the pattern, as 12/s")
        return pattern(said, mean=rate)
    found = said if isinstance(said, Traffic) else _own_traffic(said)
    found = replace(found, repeats=True) if isfinite(deadline) else found
    return found if rate is None else replace(found, rates=found.rates * rate / found.rates.mean())


def _own_traffic(said: str | Path) -> Traffic:
    if not Path(said).is_file():
        raise InputError(f"no pattern and no file {str(said)!r}; {nearest(str(said), PATTERNS)}, or say a CSV file")
    return read_traffic(said)
