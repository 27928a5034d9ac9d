"""LiteLLM: the daily activity that its interface reports, day by day and model by model."""

from collections.abc import Iterable, Iterator

from pertoken.usage.fields import at, count, moment, money
from pertoken.usage.layout import Document, Layout
from pertoken.usage.layouts.litellm import SUMS
from pertoken.usage.layouts.rows import SEVERAL, rows
from pertoken.usage.record import UsageRecord
from pertoken.usage.schema import LogMapping

COUNTS = rows(
    {},
    LogMapping(
        meters={
            "input_tokens": "prompt_tokens",
            "cache_read_tokens": "cache_read_input_tokens",
            "cache_write_tokens": "cache_creation_input_tokens",
            "output_tokens": "completion_tokens",
            "requests": "api_requests",
        },
        includes={"input_tokens": ("cache_read_tokens", "cache_write_tokens")},
    ),
)
"""How the metrics of a day are counted."""

UNTOLD = "model not told: the day has no breakdown"


def read(page: Document) -> Iterable[UsageRecord]:
    """Read a page of days.

    Raises:
        InputError: Counts that can't be.
    """
    return [record for day in page.get("results", []) for record in _models(day)]


def _models(day: Document) -> Iterator[UsageRecord]:
    models = at(day, "breakdown.models") or {}
    for model, said in models.items():
        yield from _record(day, said.get("metrics", said), model)
    if not models and count(at(day, "metrics.api_requests"), "api_requests"):
        yield from _record(day, day["metrics"], "")


def _record(day: Document, metrics: Document, model: str) -> Iterator[UsageRecord]:
    for counted in COUNTS(metrics):
        yield UsageRecord(
            meters=counted.meters,
            model=model,
            time=moment(day.get("date"), "date"),
            reported_cost=money(metrics.get("spend"), "spend"),
            notes=(*((SEVERAL,) if counted.meters.get("requests", 1) != 1 else ()), *(() if model else (UNTOLD,))),
        )


def _recognise(document: Document) -> bool:
    days = document.get("results")
    day = days[0] if isinstance(days, list) and days else None
    return isinstance(day, dict) and {"date", "metrics"} <= day.keys()


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="litellm-activity",
        title="LiteLLM daily activity",
        recognise=_recognise,
        read=read,
        says=SUMS,
    ),
)
"""Pages of daily activity."""
