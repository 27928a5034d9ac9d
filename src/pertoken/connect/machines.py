"""GPUs, their prices and shapes of models: the house's own lists, catalogs of SkyPilot, and files of models."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from pertoken.catalog.machines import Gpu, Offer, Purchase
from pertoken.catalog.model_config import architecture
from pertoken.catalog.models import Architecture
from pertoken.connect import yaml_file
from pertoken.core.errors import Fault, InputError, nearest

Record = TypeVar("Record")

PRICES: dict[str, Purchase] = {"Price": "on_demand", "SpotPrice": "spot"}
"""Columns of a SkyPilot catalog with prices, and how those are bought."""

COLUMNS = ("InstanceType", "AcceleratorName", "AcceleratorCount", "Region", "Price")
"""Columns that a SkyPilot catalog must have."""

TELLING_NOTHING = (
    "instruct", "chat", "hf", "it", "base", "thinking", "preview", "coder", "math", "super", "dynamic", "quantized",
    "fp8", "fp4", "nvfp4", "mxfp4", "awq", "gptq", "gguf", "int4", "int8", "w4a16", "w8a8", "w8a16", "bf16", "fp16",
    "float16", "static", "pertensor", "marlin", "4bit", "8bit", "beta", r"v0\.\d", r"v1\.5", r"v\d",
    r"2[3-6]\d\d", r"0\d\d\d", r"12\d\d",
)  # fmt: skip
"""Parts of a model's name that don't tell its shape."""


def gpus() -> tuple[Gpu, ...]:
    """List the GPUs that the house knows."""
    return _records("gpus.yaml", Gpu)


def offers() -> tuple[Offer, ...]:
    """List the prices of instances with GPUs that the house knows."""
    return _records("offers.yaml", Offer)


def architectures() -> tuple[Architecture, ...]:
    """List the shapes of open models that the house knows."""
    return _records("models.yaml", Architecture)


def find_architecture(name: str) -> Architecture:
    """Find the shape of a model: by name, or from its `config.json` or the folder that has one.

    A file whose blocks are those of a model that the house knows is taken for that one, trained further.

    Returns:
        The shape, with the name that it was asked for by as its `title`.

    Raises:
        InputError: There is no such model and no such file, or the file is no configuration of a decoder.
    """
    known = {each.lower(): shape for shape in architectures() for each in (shape.name, *shape.aliases)}
    path = Path(name) / "config.json" if Path(name).is_dir() else Path(name)
    if shape := known.get(name.lower()):
        return _titled(shape, name)
    if path.is_file():
        return _own(path)
    if shape := {_bare(each): shape for each, shape in known.items()}.get(_bare(name)):
        return _titled(shape, name)
    raise InputError(f"unknown model {name!r}; {nearest(name.lower(), known)} Else say the path of its config.json")


def _titled(shape: Architecture, name: str) -> Architecture:
    last = name.strip().rpartition("/")[2]
    return shape if last.lower() == shape.name else replace(shape, title=last)


def _own(path: Path) -> Architecture:
    """Read a file, named by what it says of itself, else by its own name or that of its folder."""
    config = _config(path)
    beside = path.stem if path.stem != "config" else path.resolve().parent.name
    said = str(config.get("_name_or_path") or "").rstrip("./").rpartition("/")[2]
    shape = architecture(config, name=said or beside, source=str(path))
    kin = [each for each in architectures() if each.alike(shape)]
    near = min(kin, key=lambda each: abs(each.vocab - shape.vocab), default=shape)
    return replace(shape, name=near.name, title=shape.name)


def skypilot(path: str | Path, *, provider: str = "") -> tuple[Offer, ...]:
    """Read a catalog of instances as SkyPilot writes them, one CSV file for each cloud.

    Prices of zones are folded to the cheapest of their region. Rows without a GPU, or without a price, are left out.

    Args:
        path: The file, as `aws/vms.csv`.
        provider: Whose instances they are; the folder of the file if empty, as SkyPilot lays its catalogs out.

    Raises:
        InputError: The file can't be read, or a row has a price that is no number.
    """
    file = Path(path)
    names = {each.lower(): gpu.name for gpu in gpus() for each in (gpu.name, *gpu.aliases)}
    found: dict[tuple[object, ...], Offer] = {}
    for row, offer in _skypilot(file, provider or file.resolve().parent.name):
        named = replace(offer, gpu=names.get(_sized(row).lower(), names.get(offer.gpu.lower(), offer.gpu)))
        key = (named.instance, named.gpu, named.region, named.purchase)
        if key not in found or named.usd_per_hour < found[key].usd_per_hour:
            found[key] = named
    return tuple(found.values())


def _skypilot(file: Path, provider: str) -> Iterator[tuple[Mapping[str, str], Offer]]:
    for line, row in _rows(file):
        for column, purchase in PRICES.items():
            if row.get("AcceleratorName") and row.get(column):
                yield row, _offer(f"{file}:{line}", row, column, provider=provider, purchase=purchase)


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                expected = f"the columns {', '.join(COLUMNS)}"
                raise InputError.of([Fault(f"{file}:1", f"no column {', '.join(missing)}", expected)])
            yield from enumerate(reader, start=2)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't read {file}: {getattr(error, 'strerror', None) or error}") from error


def _offer(place: str, row: Mapping[str, str], column: str, *, provider: str, purchase: Purchase) -> Offer:
    try:
        return Offer(
            provider=provider,
            instance=row["InstanceType"] or row["AcceleratorName"],
            gpu=row["AcceleratorName"],
            n_gpu=round(float(row["AcceleratorCount"])),
            region=row["Region"],
            purchase=purchase,
            usd_per_hour=Decimal(row[column]),
            source=place.rpartition(":")[0],
        )
    except (ArithmeticError, ValueError, InputError) as error:
        found = f"{row['InstanceType']} with {row['AcceleratorCount']} {row['AcceleratorName']} at {row[column]!r}"
        raise InputError.of([Fault(place, found, "a number of GPUs and a price above 0")]) from error


def _sized(row: Mapping[str, str]) -> str:
    """Name the GPU of a row with its memory, as far as the row says it: `A100` may have 40 or 80 GB."""
    try:
        said: Any = json.loads((row.get("GpuInfo") or "{}").replace("'", '"'))
        gigabytes = round(said["Gpus"][0]["MemoryInfo"]["SizeInMiB"] / 1024)
    except (ValueError, LookupError, TypeError):
        return ""
    return f"{row['AcceleratorName'].removesuffix(f'-{gigabytes}GB')}-{gigabytes}GB"


def _bare(name: str) -> str:
    """Strip what tells a model's shape nothing: the maker, the training, the precision, how a version is hyphenated."""
    word = re.sub(r"[\s_]+", "-", name.strip().lower().rpartition("/")[2])
    word = re.sub(r"^(meta-)?(llama|internlm)-?v?(\d)[._-](?=\d+\b)(?!\d+b)", r"\2-\3.", word)
    word = re.sub(r"^(meta-)?llama-?v?(\d)", r"llama-\2", word)
    word = re.sub(r"^(mistral|internlm|baichuan\d?|gemma|falcon|yi|opt)-?(\d)", r"\1-\2", word)
    return re.sub(rf"[-.](?:{'|'.join(TELLING_NOTHING)})(?=[-.]|$)", "", re.sub(r"^internlm-", "internlm", word))


@cache
def _records(name: str, kind: type[Record]) -> tuple[Record, ...]:
    text = files("pertoken.connect").joinpath("data", name).read_text(encoding="utf-8")
    made: tuple[Record, ...] = TypeAdapter(tuple[kind, ...]).validate_python(yaml_file.read(text, name).data)  # type: ignore[valid-type]
    return made


def _config(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not JSON ({error}); expected the config.json of a model") from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: a {type(found).__name__}; expected the config.json of a model")
    return found
