"""Options of the commands that serve a model on GPUs of one's own, and how they reach the workbench."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pertoken.cli.options import Count
from pertoken.core.errors import InputError

if TYPE_CHECKING:
    from pertoken.catalog.machines import Offer

_PER = {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0,
        "day": 86400.0, "month": 730 * 3600.0, "mo": 730 * 3600.0}  # fmt: skip


class Rate(click.ParamType[float]):
    """Requests in a stretch of time."""

    name = "rate"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read `12/s` or `1M/day` as requests a second.

        >>> Rate().convert("12/s", None, None), Rate().convert("864k/day", None, None)
        (12.0, 10.0)
        """
        if isinstance(value, float):
            return value
        count, _, per = str(value).partition("/")
        if per.strip().lower() not in _PER:
            self.fail(f"{value!r} is no rate; expected for example 12/s, 500/min, 1M/day or 100k/month", param, ctx)
        return float(Count().convert(count, param, ctx)) / _PER[per.strip().lower()]


LOAD = click.option(
    "--load", "rate", type=Rate(), help="Requests on average, as 12/s, 1M/day, 100k/month; not with a file of traffic."
)
"""How many requests come."""


class Seconds(click.ParamType[float]):
    """A time, with its unit."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read `40ms` as 0.04.

        >>> [Seconds().convert(text, None, None) for text in ("40ms", "1s", "24h")]
        [0.04, 1.0, 86400.0]
        """
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(ms|s|min|h|d)\s*", str(value))
        if found is None:
            self.fail(f"{value!r} is no time; expected for example 1s, 40ms or 24h", param, ctx)
        return float(found[1]) / 1000 if found[2] == "ms" else float(found[1]) * _PER[found[2]]


ON = (
    click.option("--gpu", "gpus", required=True, help="GPUs to look at, as h100,l40s,a10g."),
    click.option("--input", "input_tokens", type=Count(), required=True, help="Tokens of one prompt."),
    click.option("--output", "output_tokens", type=Count(), required=True, help="Tokens of one answer."),
    click.option("--spread", type=click.FloatRange(0), default=0.0,
                 help="Standard deviation of the length of prompts, as a share of their mean."),
    click.option("--cached", "prefix_share", type=float, default=0.0,
                 help="Share of each prompt that all have in common, 0 to 1."),
    click.option("--ttft", type=Seconds(), default=float("inf"), help="Longest time to the first token, as 1s."),
    click.option("--tpot", type=Seconds(), default=float("inf"), help="Longest time of each later token, as 40ms."),
    click.option("--percentile", type=float, default=99.0, show_default=True,
                 help="Percentage of the requests that must see no more."),
    click.option("--precision", default="", help="Of the weights, as bf16,fp8,int4; the usual ones if not said."),
    click.option("--traffic", default="flat", show_default=True,
                 help="How the week goes: flat, diurnal, weekly, office, or a CSV file of your own."),
    click.option("--engine", default="vllm", show_default=True, help="The engine, or the file of a profile."),
    click.option("--max-gpus", type=click.IntRange(1), default=8, show_default=True, help="GPUs of a replica."),
    click.option("--headroom", type=click.FloatRange(0), default=0.2, show_default=True, help="Capacity above load."),
    click.option("--spare", type=click.IntRange(0), default=0, show_default=True,
                 help="Machines beside those of the load; 1 for N+1."),
    click.option("--provider", "providers", default="", help="Who may rent the machines out, as aws,gcp."),
    click.option("--region", "regions", default="", help="Where they may stand, as us-east-1."),
    click.option("--purchase", "purchases", default="",
                 help="How they may be bought: on_demand,spot,reserved_1y,reserved_3y; all if not said."),
    click.option("--prices", metavar="FILE", help="Prices of machines as SkyPilot writes them, as aws/vms.csv."),
    click.option("--config", metavar="FILE", help="The config.json of the model; instead of its name's."),
)  # fmt: skip
"""What is served, within which targets, on what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class On:
    """Requests and machines, as the command line says them."""

    gpus: str
    input_tokens: Decimal
    output_tokens: Decimal
    spread: float
    prefix_share: float
    ttft: float
    tpot: float
    percentile: float
    precision: str
    traffic: str
    engine: str
    max_gpus: int
    headroom: float
    spare: int
    providers: str
    regions: str
    purchases: str
    prices: str | None
    config: str | None

    def model(self, name: str) -> str:
        """Say where the shape of the model is."""
        if self.config and not Path(self.config).exists():
            raise InputError(f"no file {self.config}; expected the config.json of a model")
        return self.config or name

    def said(self) -> dict[str, Any]:
        """Say them as the workbench takes them."""
        from pertoken.serving.autoscale import Autoscale

        return {
            "gpus": _names(self.gpus), "input_tokens": float(self.input_tokens),
            "output_tokens": float(self.output_tokens), "spread": self.spread, "ttft": self.ttft, "tpot": self.tpot,
            "percentile": self.percentile, "precisions": _names(self.precision), "traffic": self.traffic,
            "engine": self.engine, "max_gpus": self.max_gpus, "providers": _names(self.providers),
            "regions": _names(self.regions), "purchases": _names(self.purchases), "offers": self._offers(),
            "policy": Autoscale(headroom=self.headroom, spare=self.spare), **self.served(),
        }  # fmt: skip

    def served(self) -> dict[str, Any]:
        """Say how requests are served, beyond what is always said."""
        return {"prefix_share": self.prefix_share} if self.prefix_share else {}

    def _offers(self) -> "tuple[Offer, ...] | None":
        if not self.prices:
            return None
        from pertoken import workbench

        return workbench.gpus(catalog=self.prices).offers


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
