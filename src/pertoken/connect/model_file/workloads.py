"""Workloads: what is asked of models."""

from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.nouns import noun
from pertoken.connect.model_file.numbers import written
from pertoken.connect.model_file.place import formula, formulas
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core import meters
from pertoken.core.errors import nearest
from pertoken.scenario.spec import Workload

LABELS = ("model", "provider", "batch", "service_tier", "speed", "region")
WORDS = (
    "requests",
    "each",
    "tokens",
    "meters",
    "trains",
    "vendor",
    "served_on",
    *LABELS,
    "labels",
    "peak_to_mean",
    "label",
)
SHORT = {"input": "input_tokens", "output": "output_tokens", "cached": "cache_read_tokens"}
"""Short names of meters besides those that only leave `_tokens` out."""


def workloads(reading: Reading, data: Placed) -> tuple[Workload, ...]:
    """Read all workloads of a model."""
    path = (*data.path, "workloads")
    return tuple(
        _workload(reading, name, part)
        for name, said in reading.named(data, "workloads").items()
        if (part := reading.part(said, (*path, name), f"workload {name}", WORDS)) is not None
    )


def _workload(reading: Reading, name: str, part: Placed) -> Workload:
    place = f"workloads.{name}"
    _unfit(reading, name, part)
    requests = part.get("requests")
    return Workload(
        name=name,
        requests=""
        if requests is None
        else formula(reading, requests, (*part.path, "requests"), f"{place}.requests", "request"),
        each=formulas(reading, part.get("each"), (*part.path, "each"), f"{place}.each", "request / customer"),
        tokens=_metered(reading, part, "tokens", place),
        meters=_metered(reading, part, "meters", place) | _trained(reading, part, place),
        vendor=reading.text(part, "vendor"),
        served_on=reading.text(part, "served_on"),
        labels=labels(reading, part, LABELS),
        peak_to_mean=_peak(reading, name, part),
        label=reading.text(part, "label"),
        line=reading.line(part.path),
    )


def _trained(reading: Reading, part: Placed, place: str) -> dict[str, str]:
    if part.get("trains") is None:
        return {}
    from pertoken.connect.model_file.trained import trained  # noqa: PLC0415  few models train

    return trained(reading, part, place)


def _unfit(reading: Reading, name: str, part: Placed) -> None:
    if "requests" in part and "each" in part:
        reading.refuse((*part.path, "each"), f"workload {name} says both requests and each", "one of them")
    if "trains" in part and {"requests", "each", "meters"} & set(part):
        expected = "a workload of its own for the training"
        reading.refuse((*part.path, "trains"), f"workload {name} trains and serves", expected)
    if "served_on" in part and {"vendor", "meters", "trains"} & set(part):
        found = (
            f"workload {name} is served_on a fleet, and says {', '.join({'vendor', 'meters', 'trains'} & set(part))}"
        )
        reading.refuse((*part.path, "served_on"), found, "requests and tokens alone", "the fleet says its vendor")
    if not {"requests", "each", "meters", "trains"} & set(part):
        expected = "requests: of a month, or each: {SEGMENT: of one customer}"
        reading.refuse(part.path, f"workload {name} has no requests", expected)
    if "tokens" in part and not {"requests", "each"} & set(part):
        reading.refuse((*part.path, "tokens"), f"workload {name} has tokens of no requests", "requests or each")


def _metered(reading: Reading, part: Placed, word: str, place: str) -> dict[str, str]:
    """Read formulas by leaf meter; tokens may leave `_tokens` out."""
    said, path = part.get(word), (*part.path, word)
    if said is None:
        return {}
    if not isinstance(said, Placed):
        reading.refuse(
            path, f"{word} is {said!r}", "{input: 600, output: 350}" if word == "tokens" else "{gpu_hours: 720}"
        )
        return {}
    out: dict[str, str] = {}
    for short, value in said.items():
        meter = leaf(short) if word == "tokens" else short
        if not _known(reading, meter, short, (*path, short)):
            continue
        if meter in out:
            reading.refuse((*path, short), f"{meter} stands twice in {word}", "", "keep one")
        unit = f"{noun(meter)} / request" if word == "tokens" else noun(meter)
        out[meter] = formula(reading, value, (*path, short), f"{place}.{word}.{short}", unit)
    return out


def leaf(short: str) -> str:
    """Write out the short name of a meter.

    >>> leaf("output"), leaf("reasoning"), leaf("cache_write_1h"), leaf("images")
    ('output_tokens', 'reasoning_tokens', 'cache_write_1h_tokens', 'images')
    """
    if short in SHORT:
        return SHORT[short]
    return next((name for name in (short, f"{short}_tokens") if meters.is_meter(name)), short)


def _known(reading: Reading, meter: str, said: str, path: Path) -> bool:
    if meters.is_meter(meter):
        return True
    short = [name.removesuffix("_tokens") for name in meters.METERS]
    reading.refuse(path, f"unknown meter {said!r}", "", nearest(said, [*short, *SHORT, *meters.METERS]))
    return False


def labels(reading: Reading, part: Placed, words: tuple[str, ...]) -> dict[str, str]:
    """Read labels of usage; `labels` holds further ones."""
    more = part.get("labels") or Placed({}, part.path, 0)
    if not isinstance(more, Placed):
        reading.refuse((*part.path, "labels"), f"labels is {more!r}", "{feature: search}")
        more = Placed({}, part.path, 0)
    said = {word: part[word] for word in words if part.get(word) is not None} | dict(more)
    for word, value in said.items():
        if isinstance(value, (Placed, list)):
            reading.refuse((*part.path, word), f"{word} is {value!r}", "a text")
    return {word: label_of(value) for word, value in said.items()}


def label_of(value: Any) -> str:  # noqa: ANN401  unchecked input
    """Write a label; yes and no are `true` and `false`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _peak(reading: Reading, name: str, part: Placed) -> Decimal | None:
    said = part.get("peak_to_mean")
    if said is None:
        return None
    found = written(said)
    if found is None or found.unit or found.value < 1:
        expected = "a number of 1 or more: the busiest hour by the mean hour"
        reading.refuse((*part.path, "peak_to_mean"), f"peak_to_mean of {name} is {said!r}", expected)
        return None
    return found.value
