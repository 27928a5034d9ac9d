"""Loads by the names that people type: which model, on which GPUs, by which engine, under what."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pertoken.catalog.machines import Gpu, find_gpu
from pertoken.catalog.models import Architecture
from pertoken.connect import engines, machines
from pertoken.core.errors import InputError, alike, nearest
from pertoken.serving.aids import Aids
from pertoken.serving.asked import Asked
from pertoken.serving.book import Engine
from pertoken.serving.eras import ERAS, OTHERS, era, named
from pertoken.serving.lack import lacking
from pertoken.serving.layout import Layout
from pertoken.serving.precision import Precision, cache_bytes, precision, published
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes, sizes
from pertoken.serving.spread import Parallel, spread
from pertoken.serving.steady import seats

OPTIONS = frozenset(
    {
        "model", "gpu", "count", "engine", "engine_version", "tensor", "pipeline", "expert", "attention_groups",
        "precision", "kv_precision", "input_tokens", "output_tokens", "concurrency", "rate", "prefix_share",
        "common_share", "drafted", "accepted", "drafting", "adapters", "max_sequences", "max_chunk", "memory_share",
    }
)  # fmt: skip
"""What a load may say."""


def read_load(load: Mapping[str, Any]) -> Asked:
    """Read a load that is said by the names that `estimate_serving` takes."""
    if unknown := sorted(set(load) - OPTIONS):
        raise InputError(f"unknown {unknown[0]!r}; {nearest(unknown[0], OPTIONS)}")
    shape, gpu = _shape(load["model"]), find_machine(load["gpu"])
    kept = _kept(load, shape)
    numbers = _numbers(kept, shape.weight_bits)
    engine = _engine(load.get("engine") or "vllm", str(load.get("engine_version") or ""))
    how, replicas = _parallel(load, experts=shape.experts is not None)
    clients, rate = _load(load)
    return Asked(
        sizes=_sizes(shape),
        layout=_layout(
            gpu.name, gpu if not isinstance(load["gpu"], str) else None, numbers, how, _kv(load, engine, numbers)
        ),
        engine=engine,
        settings=_settings(engine, *(_number(load, name) for name in ("max_sequences", "max_chunk", "memory_share"))),
        replicas=replicas,
        how=how,
        input_tokens=_needed(load, "input_tokens"),
        output_tokens=_needed(load, "output_tokens"),
        clients=clients,
        rate=rate,
        aids=_aids(load),
        model=shape.asked,
        shape=shape.name,
        gpu=gpu.name,
        precision=kept,
        unread=shape.unread,
    )


def refuse_unfit(asked: Asked, gpu: str | Gpu) -> None:
    """Refuse a load that memory has no room for.

    Args:
        asked: The load.
        gpu: The GPU that it was asked for.

    Raises:
        InputError: By how much it does not fit, and what would.
    """
    length, shared = asked.input_tokens + asked.output_tokens / 2, asked.aids.shared(asked.input_tokens)
    if float(seats(asked.sizes, asked.layout, asked.settings, length, shared)) < 1:
        raise InputError(lacking(asked, find_machine(gpu)))


def _kept(load: Mapping[str, Any], shape: Architecture) -> str:
    """Say in which precision the weights are kept."""
    said = str(load.get("precision") or "").strip().lower()
    name = shape.name if isinstance(load["model"], Architecture) else Path(load["model"]).name
    return published(name, shape.weight_bits) if said in ("", "auto", "none", "nan") else str(load["precision"])


@lru_cache(maxsize=1024)
def _shape(model: str | Path | Architecture) -> Architecture:
    return model if isinstance(model, Architecture) else machines.find_architecture(str(model))


@lru_cache(maxsize=1024)
def _sizes(shape: Architecture) -> Sizes:
    return sizes(shape)


def find_machine(gpu: str | Gpu) -> Gpu:
    """Find a GPU by its name, or take the record of one."""
    return gpu if isinstance(gpu, Gpu) else _named(gpu)


@lru_cache(maxsize=1024)
def _named(gpu: str) -> Gpu:
    return find_gpu(machines.gpus(), gpu)


@lru_cache(maxsize=4096)
def _laid(name: str, numbers: Precision, how: Parallel, kv: float) -> Layout:
    return spread(_named(name), numbers, how, kv=kv)


def _layout(name: str, own: Gpu | None, numbers: Precision, how: Parallel, kv: float) -> Layout:
    return _laid(name, numbers, how, kv) if own is None else spread(own, numbers, how, kv=kv)


def _engine(engine: str | Engine, version: str) -> Engine:
    if isinstance(engine, Engine):
        return engine
    if engine.endswith((".yaml", ".yml")):
        return engines.read_engine(engine)
    return _house(engine, version)


@lru_cache(maxsize=1024)
def _house(engine: str, version: str) -> Engine:
    found = era(engine, version)
    known, name = {each for era in ERAS for each in era.engines}, named(engine)[0]
    if found is OTHERS and name not in known and (close := alike(name, known)):
        raise InputError(f"unknown engine {engine!r}; did you mean {' or '.join(close)}?")
    return engines.book().engine(found.name)


@lru_cache(maxsize=1024)
def _numbers(name: str, published_bits: float) -> Precision:
    return precision(name, published_bits=published_bits)


def _settings(engine: Engine, most: float | None, chunk: float | None, spare: float | None) -> Profile:
    if any(engine is each for each in engines.book().engines):
        return _set(engine.name, most, chunk, spare)
    return engine.profile(most=most, chunk=chunk, spare=spare)


@lru_cache(maxsize=1024)
def _set(name: str, most: float | None, chunk: float | None, spare: float | None) -> Profile:
    return engines.book().engine(name).profile(most=most, chunk=chunk, spare=spare)


def _kv(load: Mapping[str, Any], engine: Engine, numbers: Precision) -> float:
    if str(load.get("kv_precision") or "auto").lower() != "auto":
        return cache_bytes(str(load["kv_precision"]))
    return 1.0 if engine.era.small_cache and numbers.kind > 0 and numbers.scope == "all" else 2.0


def _parallel(load: Mapping[str, Any], *, experts: bool) -> tuple[Parallel, int]:
    """Read how GPUs share the work, and into how many replicas they fall."""
    count, stages = int(load.get("count") or 1), int(_number(load, "pipeline") or 1)
    groups = int(_number(load, "attention_groups") or 1)
    tensor = int(_number(load, "tensor") or max(count // (stages * groups), 1))
    if min(count, stages, groups, tensor) < 1 or count % (tensor * stages * groups):
        found = f"{count} GPUs for {tensor} to a matrix, {stages} stages and {groups} groups"
        raise InputError(f"{found}; expected that the last three divide the first")
    left = count // (tensor * stages * groups)
    if experts and left > 1 and groups == 1:
        groups, left = left, 1
    spread_over = int(_number(load, "expert") or (tensor * groups if experts and groups > 1 else 1))
    return Parallel(tensor=tensor, pipeline=stages, expert=min(spread_over, tensor * groups), apart=groups), left


def _load(load: Mapping[str, Any]) -> tuple[float, float]:
    """Read a load: clients in a closed loop, and requests a second; infinite for what is not said."""
    text = str(load.get("concurrency") if load.get("concurrency") is not None else "max").strip().lower()
    rate = _number(load, "rate")
    if text.startswith("rate:"):
        text, rate = "max", np.inf if "inf" in text else _positive("rate", text.removeprefix("rate:"))
    clients = np.inf if text in ("max", "nan", "") else _positive("concurrency", text)
    return clients, np.inf if rate is None else rate


def _aids(load: Mapping[str, Any]) -> Aids:
    aids = Aids(**{name: float(load[name]) for name in Aids.__dataclass_fields__ if load.get(name) is not None})
    if not 0 <= float(aids.prefix_share) < 1:
        raise InputError(f"prefix_share {aids.prefix_share} is no share of a prompt; expected at least 0 and below 1")
    if not 0 <= float(aids.common_share) <= 1:
        raise InputError(f"common_share {aids.common_share} is no share of what is cached; expected 0 to 1")
    if not 1 <= float(aids.accepted) <= float(aids.drafted) + 1:
        found = f"{aids.accepted} tokens accepted of {aids.drafted} drafted"
        raise InputError(f"{found}; expected at least 1 and at most one more than drafted")
    return aids


def _needed(load: Mapping[str, Any], name: str) -> float:
    if load.get(name) is None:
        raise InputError(f"no {name}; expected a number of tokens")
    return _positive(name, load[name])


def _number(load: Mapping[str, Any], name: str) -> float | None:
    """Read a number that may be left out; what tables write for nothing is nothing."""
    value = load.get(name)
    if value is None or str(value).strip().lower() in ("", "nan", "none"):
        return None
    return _positive(name, value)


def _positive(name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = np.nan
    if not number > 0:
        raise InputError(f"{name} {value!r}; expected a number above 0")
    return number
