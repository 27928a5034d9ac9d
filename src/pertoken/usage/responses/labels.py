"""What a response says of itself beside its counts: model, tier, region, time, id, cost."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from pertoken.core.errors import Fault, InputError
from pertoken.usage.responses.invocation import Body, Response, record

MODEL = ("model", "modelVersion", "model_version", "modelId", "model_id", "model_name")
TIER = frozenset({"service_tier", "serviceTier", "trafficType", "traffic_type"})
TIME = ("created", "created_at", "createTime", "create_time", "timestamp", "completed_at")
IDENT = ("id", "responseId", "response_id", "generation_id", "RequestId", "requestId", "request_id", "uuid")

STANDARD = "standard"
TIERS = {
    "default": STANDARD, "auto": STANDARD, "on_demand": STANDARD, "": STANDARD, "unspecified": STANDARD,
    "traffic_type_unspecified": STANDARD, "standard_only": STANDARD, "on_demand_flex": "flex",
    "on_demand_priority": "priority", "on_demand_offpeak": "offpeak",
}  # fmt: skip
"""What vendors call the tiers that served a request, and what we do; others stay as they are."""

PREFIX = "service_tier_"
BATCH = "batch"

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  UTC without a zone, as all times of usage
MILLISECONDS = 10**11
"""Numbers from here on count milliseconds, not seconds."""

_PLACES = (
    re.compile(r"^arn:aws[a-z-]*:bedrock:[a-z0-9-]*:\d*:[a-z-]*inference-profile/(us-gov|[a-z]{2,6})\."),
    re.compile(r"^(?:bedrock/)?(us-gov|us|eu|apac|global|au|jp|ca|in|sa|me|af|uk|il)\.[a-z0-9]+\."),
    re.compile(r"^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):"),
    re.compile(r"/locations/([a-z0-9-]+)/"),
)
"""Where a model's name says that it is served."""


class Labels(NamedTuple):
    """What a response says of itself; the arguments are those of a record of usage."""

    model: str = ""
    batch: bool = False
    service_tier: str = STANDARD
    speed: str = STANDARD
    region: str = ""
    time: datetime | None = None
    request_id: str = ""
    notes: tuple[str, ...] = ()


def of(response: Response, request: Body) -> Labels:
    """Read what a response says of itself; what it leaves out is as was asked, and said to be so."""
    body, usage = response.body, response.usage
    tier = _tier(response)
    speed = usage.get("speed") or body.get("speed")
    model = str(_first(response, MODEL) or response.model or request.get("model") or request.get("modelId") or "")
    notes: tuple[str, ...] = ()
    if request or "unfinished" in body:
        notes = _told(body, request, tier, speed)
        tier = tier or _named_tier(request.get("service_tier") or STANDARD)
        speed = speed or request.get("speed")
    placed = "inference_geo" in usage or request or response.model or "." in model or "/" in model
    ident = body.get("id")
    return Labels(
        _bare(model) if "/" in model else model,
        response.batch or tier == BATCH,
        tier if tier and tier != BATCH else STANDARD,
        str(speed).lower() if speed else STANDARD,
        _region(usage, model, response.model, request) if placed else "",
        _time(_first(response, TIME)),
        ident if type(ident) is str else str(_first(response, IDENT) or ""),
        notes,
    )


def _told(body: Body, request: Body, tier: str, speed: object) -> tuple[str, ...]:
    """Say what is taken from the request, and whether a stream came to its end."""
    notes = ["unfinished stream: the counts are those it began with"] if body.get("unfinished") else []
    if not tier and _named_tier(request.get("service_tier") or STANDARD) != STANDARD:
        notes.append("service tier as asked for; the response does not say which served")
    if not speed and request.get("speed") not in {None, STANDARD}:
        notes.append("speed as asked for; the response does not say how it was served")
    return tuple(notes)


PLAIN = frozenset({str, int, float})
"""Types of what a label may be made of."""


def _first(response: Response, names: tuple[str, ...]) -> Any:  # noqa: ANN401  whatever stands there
    """Find what a response says, or else what it was wrapped in, from the inside out."""
    body = response.body
    for name in names:
        found = body.get(name)
        if found and type(found) in PLAIN:
            return found
    if response.around or "ResponseMetadata" in body:
        for each in (body.get("ResponseMetadata") or {}, *reversed(response.around)):
            for name in names:
                if each.get(name) and type(each[name]) in PLAIN:
                    return each[name]
    return None


def _tier(response: Response) -> str:
    """Read the tier that served a response; empty if it is not said."""
    body, usage = response.body, response.usage
    found = body.get("service_tier") or usage.get("service_tier")
    if not found and not (TIER.isdisjoint(body) and TIER.isdisjoint(usage) and not response.around):
        told = (record.get(name) for record in (body, usage, *reversed(response.around)) for name in TIER)
        found = next(filter(None, told), None)
    return _named_tier(found.get("type", "") if isinstance(found, dict) else found) if found else ""


def _named_tier(found: Any) -> str:  # noqa: ANN401  whatever stands there
    """Name a tier as we do.

    >>> _named_tier("ON_DEMAND_FLEX"), _named_tier("default"), _named_tier("SERVICE_TIER_PRIORITY")
    ('flex', 'standard', 'priority')
    """
    if type(found) is str and found in TIERS:
        return TIERS[found]
    name = str(found).rpartition(".")[2].lower().removeprefix(PREFIX)
    return TIERS.get(name, name)


def _bare(model: str) -> str:
    """Take a cloud's path off a model's name."""
    if model.startswith(("arn:", "models/", "projects/", "publishers/")):
        return model.rpartition("/")[2]
    return model


def _region(usage: Body, model: str, given: str, request: Body) -> str:
    geo = usage.get("inference_geo")
    if geo:
        return "" if geo == "not_available" else str(geo)
    for each in (model, given, *(str(request.get(name) or "") for name in MODEL if request)):
        if "." in each or "/" in each:
            for place in _PLACES:
                if found := place.search(each):
                    return found[1]
    return ""


def _time(found: Any) -> datetime | None:  # noqa: ANN401  whatever stands there
    """Read a moment: seconds or milliseconds since 1970, or ISO 8601; None if it is neither."""
    try:
        if type(found) is not str:
            return EPOCH + timedelta(seconds=found / 1000 if found >= MILLISECONDS else found) if found else None
        moment = datetime.fromisoformat(found)
    except (ValueError, OverflowError):
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


TICKS = 10**10
"""xAI counts money in these parts of a dollar."""

CENTS = 100

COSTS = ((("cost", "total_cost"), 1), (("cost",), 1), (("cost_in_usd_ticks",), TICKS), (("totalCents",), CENTS))
"""Where usage says what a response cost, and how many of that make a unit of money."""


def cost(response: Response) -> tuple[Decimal | None, str, tuple[str, ...]]:
    """Read what the vendor says that a response cost.

    Returns:
        The money, its currency and what is not sure of it.

    Raises:
        InputError: It is no number.
    """
    usage = response.usage
    if MONEY.isdisjoint(usage):
        return None, "USD", ()
    for path, parts in COSTS:
        found: Any = usage
        for name in path:
            found = record(found).get(name)
        if found is not None and not isinstance(found, Mapping):
            currency = str(record(usage.get("cost")).get("currency") or "USD")
            return _money(found) / parts, currency, tuple(_byok(usage))
    return None, "USD", ()


MONEY = frozenset({"cost", "cost_in_usd_ticks", "totalCents"})


def _money(found: object) -> Decimal:
    if isinstance(found, int | float | str | Decimal) and not isinstance(found, bool):
        try:
            return Decimal(str(found))
        except ArithmeticError:
            pass
    raise InputError.of([Fault("usage.cost", f"found {found!r}", "a number", "check the response, or what made it")])


def _byok(usage: Body) -> Iterator[str]:
    """Say where the cost is a gateway's fee only."""
    if usage.get("is_byok"):
        upstream = record(usage.get("cost_details")).get("upstream_inference_cost")
        told = f" {upstream}" if upstream is not None else ""
        yield f"own key: the reported cost is the gateway's fee, the vendor bills{told} elsewhere"
