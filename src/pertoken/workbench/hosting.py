"""A log served on GPUs of one's own: its tokens as GPU-hours, busy and idle, on the cards of who rents them out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from pertoken.catalog.models import Architecture
from pertoken.connect import engines
from pertoken.connect.loads import read_load, refuse_unfit
from pertoken.core.errors import InputError
from pertoken.core.lines import Ledger, Usage
from pertoken.core.meters import meter
from pertoken.rating.card import Card
from pertoken.rating.rate import rate
from pertoken.serving.autoscale import Autoscale
from pertoken.serving.capacity import Targets
from pertoken.serving.pace import Pace, pace
from pertoken.serving.reshape import Served, on_gpus
from pertoken.workbench.reading import How, Terms, folded, read_as

if TYPE_CHECKING:
    from pertoken.usage.report import Report

__all__ = ["Hosted", "host"]

NOTHING: Mapping[str, Any] = {}
USUAL = {"service_tier": "standard", "batch": "false", "provider": "", "region": ""}
"""Labels of GPU-hours that nobody says."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hosted:
    """What a log comes to on a fleet of one's own.

    Args:
        usage: GPU-hours by hour, `use` (`busy` or `idle`) and `caused_by`, of what the fleet serves.
        ledger: What the cards make of them.
        pace: How fast a replica is, at the mean length of the log's requests.
        requests: How many requests it serves.
        report: What was read of the log.
        model: The model that serves it.
        gpu: The GPU that it stands on.
        by: Keys that stay on busy lines.
        cards: Who is paid for the hours.
    """

    usage: Usage
    ledger: Ledger
    pace: Pace
    requests: float
    report: "Report"
    model: str
    gpu: str
    by: tuple[str, ...]
    cards: tuple[Card, ...]

    def hours(self, use: str) -> float:
        """GPU-hours that are `busy` or `idle` [h]."""
        key = self.usage.key("use")
        return float(self.usage.where(use=use).values["quantity"].sum()) if use in key.labels else 0.0


def host(
    log: str | Path,
    model: str | Path | Architecture,
    gpu: str,
    count: int = 1,
    *,
    cost: Iterable[Card],
    where: Mapping[str, str] = NOTHING,
    labels: Mapping[str, str] = NOTHING,
    ttft: float = inf,
    tpot: float = inf,
    percentile: float = 99.0,
    policy: Autoscale | None = None,
    by: Sequence[str] = (),
    serve: Mapping[str, Any] = NOTHING,
    **how: Unpack[How],
) -> Hosted:
    """Serve a log on GPUs of one's own: what they work, what they wait, and what a card takes for both.

    Args:
        log: As for `statement`; its rows have times.
        model: The model that serves it: a name, the path of its `config.json`, or its shape.
        gpu: The GPU.
        count: GPUs of a replica.
        cost: Cards for GPU-hours, as `gpu_card` makes one.
        where: Labels of the usage that is served, as `{"model": "gpt-4o"}`; all if empty.
        labels: Labels of the GPU-hours for the cards, besides the GPU as `model`: `provider`, `region`, `service_tier`.
        ttft: Longest time to the first token. [s]
        tpot: Longest time of each later token. [s]
        percentile: Percentage of the requests that must see no more.
        policy: How the fleet follows its load.
        by: Keys that stay on busy lines, as `customer`.
        serve: What else `estimate_serving` takes of how it is served: `engine`, `precision`, `kv_precision`.
        **how: How the log is read, as for `statement`.

    Raises:
        PertokenError: What is wrong with the log, or a model that does not fit, or targets that can't be reached.
    """
    with read_as(log, how) as opened:
        usage, report = _hours(opened, ("model", *by, *where), how)
    mine = usage.where(**where) if where else usage
    counted = _counted(mine)
    asked = read_load({**serve, "model": model, "gpu": gpu, "count": count, **_lengths(counted)})
    refuse_unfit(asked, gpu)
    found = pace(asked, Targets(first=ttft, each=tpot, percentile=percentile), engines.book())
    fleet = Served(
        fleet=asked.model, where=where, seconds=found.seconds | dict.fromkeys(_written(counted), _prompt(found)),
        gpus=found.gpus, policy=policy or Autoscale(),
        labels=USUAL | {"model": asked.gpu} | dict(labels),
    )  # fmt: skip
    served = on_gpus(mine, [fleet])
    hours = served.where(meter="gpu_hours")
    cards = tuple(cost)
    ledger = rate(hours, cards, exact=False).ledger
    return Hosted(
        usage=hours, ledger=ledger, pace=found, requests=counted["requests"], report=report, model=asked.model,
        gpu=asked.gpu, by=tuple(by), cards=cards,
    )  # fmt: skip


def _prompt(found: Pace) -> float:
    return found.seconds["input_tokens"]


def _written(counted: Mapping[str, float]) -> list[str]:
    """Name meters of prompts that a vendor counts apart, and that GPUs of one's own read like any other."""
    return [each for each in counted if meter(each).direction == "input" and each not in _KNOWN]


_KNOWN = frozenset({"input_tokens", "cache_read_tokens"})


def _hours(opened: Any, keys: Sequence[str], how: How) -> "tuple[Usage, Report]":  # noqa: ANN401  a log
    terms = Terms((), how.get("start"), how.get("end"), how.get("timezone", "UTC"))
    usage, report, _ = folded(
        opened, (), tuple(dict.fromkeys(("hour", *keys))), terms=terms, on=how.get("on"),
        rejects=how.get("rejects", False), watch=how.get("watch"),
    )  # fmt: skip
    return usage, report


def _counted(usage: Usage) -> dict[str, float]:
    """Sum a log by meter."""
    sums = usage.fold(["meter"])
    return {name: float(sums.where(meter=name).values["quantity"].sum()) for name in sums.key("meter").labels}


def _lengths(counted: Mapping[str, float]) -> dict[str, float]:
    """Reckon the mean length of requests."""
    requests = counted.get("requests", 0.0)
    cached = counted.get("cache_read_tokens", 0.0)
    prompt = sum(each for name, each in counted.items() if meter(name).direction == "input")
    answer = sum(each for name, each in counted.items() if meter(name).direction == "output")
    if not (requests and prompt and answer):
        found = f"{requests:,.0f} requests with {prompt:,.0f} tokens in and {answer:,.0f} out"
        raise InputError(f"{found}; expected some of each; say other labels with `where`")
    share = {"prefix_share": cached / prompt, "common_share": 0.0} if cached else {}  # may be each one's own history
    return {"input_tokens": prompt / requests, "output_tokens": answer / requests, **share}
