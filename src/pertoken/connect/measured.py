"""Measured loads from a table: one measured number a row, in the words that published benchmarks use."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pertoken.catalog.machines import find_gpu
from pertoken.connect import machines
from pertoken.core.errors import Fault, InputError
from pertoken.serving.eras import era, family
from pertoken.serving.layout import Layout, numbers, stacked
from pertoken.serving.precision import cache_bytes, precision
from pertoken.serving.runs import Runs
from pertoken.serving.sizes import Sizes, sizes, together
from pertoken.serving.spread import Parallel, spread

Row = Mapping[str, str]

COLUMNS = ("engine", "gpu", "n_gpu", "model", "precision", "isl", "osl", "concurrency", "metric", "value")
"""Columns that such a table must have."""

TOKENS, EACH, FIRST = range(3)

WORDS = {
    "output_tps_total": (TOKENS, 1.0),
    "output_tokens_per_second": (TOKENS, 1.0),
    "tpot": (EACH, 1e-3),
    "tpot_mean": (EACH, 1e-3),
    "tpot_mean_or_median": (EACH, 1e-3),
    "itl_mean": (EACH, 1e-3),
    "ttft": (FIRST, 1e-3),
    "ttft_mean": (FIRST, 1e-3),
    "ttft_mean_or_median": (FIRST, 1e-3),
}
"""Metrics that are read, which of a run's numbers each is, and its unit. [s] from ms."""

STATED = {"TGI on SageMaker": 220.0}
"""Mean length of the prompts of a source whose rows don't say it: a thousand of ShareGPT, in the `samples.json` of the
repository, which its load script reads from the first on. [token]"""

RUN = ("source", "engine", "engine_version", "gpu", "n_gpu", "tp", "model", "precision", "isl", "osl", "concurrency")
"""What tells one run from another."""

CONFIGURATION = ("engine", "model", "gpu", "n_gpu", "precision", "isl", "osl")
"""What runs that are held out together share."""


@dataclass(frozen=True, slots=True)
class Load:
    """One run, as read."""

    row: Row
    how: Parallel
    measured: tuple[float, float, float]


def read_measured(path: str | Path) -> Runs:
    """Read measured loads.

    Rows of one run are put together. Rows that say `SUSPECT` in their notes, metrics of other kinds, and runs whose
    weights don't fit are left out.

    Raises:
        InputError: The file can't be read, lacks a column, or a row is no number; with file and row.
    """
    found: dict[tuple[str, ...], list[tuple[str, Row]]] = {}
    for place, row in _rows(Path(path)):
        if "SUSPECT" not in (row.get("notes") or ""):
            shared = re.findall(r"attention_dp=\d+|moe_ep=\d+|attention DP", row.get("notes") or "")
            key = (*((row.get(name) or "").strip() for name in RUN), *shared)
            found.setdefault(key, []).append((place, row))
    loads = [load for rows in found.values() if (load := _load(rows))]
    if not loads:
        raise InputError(f"{path}: no measured run; expected rows of the metrics {', '.join(WORDS)}")
    return measured_runs(loads)


def measured_runs(loads: Iterable[Load]) -> Runs:
    """Make arrays of loads."""
    each = list(loads)
    kinds = [_placed(load) for load in each]
    rows = [load.row for load in each]
    names = [find_gpu(machines.gpus(), row["gpu"]).name for row in rows]
    clients, rate = np.array([asked_load(row["concurrency"]) for row in rows]).T
    words = {
        "source": [_source(row.get("source") or "own") for row in rows],
        "engine": [era(row["engine"], row.get("engine_version") or "").name for row in rows],
        "family": [family(era(row["engine"], row.get("engine_version") or "").name) for row in rows],
        "gpu": names,
        "gpu_family": [name.partition("-")[0] for name in names],
        "numbers": [
            numbers(layout, name, "experts" if size.experts > 1 else "dense")
            for name, (size, layout) in zip(names, kinds, strict=True)
        ],
        "model": [machines.find_architecture(row["model"]).name for row in rows],
        "load": [
            "open" if np.isfinite(r) else "most" if np.isinf(c) else "closed"
            for c, r in zip(clients, rate, strict=True)
        ],
        "configuration": ["|".join(row[name].lower() for name in CONFIGURATION) for row in rows],
    }
    return Runs(
        model=together([size for size, _ in kinds]),
        on=stacked([layout for _, layout in kinds]),
        input_tokens=np.array([_prompt(row) for row in rows]),
        output_tokens=np.array([float(row["osl"]) for row in rows]),
        clients=clients,
        rate=rate,
        measured=np.array([load.measured for load in each]).T,
        words={name: np.array(values) for name, values in words.items()},
    )


def asked_load(text: str) -> tuple[float, float]:
    """Read a load: clients in a closed loop and requests a second, infinite for what doesn't say it.

    >>> asked_load("64"), asked_load("max"), asked_load("rate:8"), asked_load("rate:INF")
    ((64.0, inf), (inf, inf), (inf, 8.0), (inf, inf))
    """
    word = text.strip().lower()
    if word in ("max", "rate:inf"):
        return np.inf, np.inf
    if word.startswith("rate:"):
        return np.inf, float(word.removeprefix("rate:"))
    return float(word), np.inf


def _prompt(row: Row) -> float:
    """Read the length of prompts: of the row, or of what its source states elsewhere [token]."""
    return float(row["isl"] or STATED.get(_source(row.get("source") or ""), "nan"))


def _check(place: str, row: Row) -> None:
    """Refuse a run whose lengths or load are no numbers."""
    asked: tuple[tuple[str, str, Callable[[Row], float]], ...] = (
        ("isl", "the mean length of its prompts in tokens", _prompt),
        ("osl", "the mean length of its answers in tokens", lambda row: float(row["osl"])),
        ("concurrency", "clients, as 64, requests a second, as rate:8, or max",
         lambda row: min(asked_load(row["concurrency"]))),
    )  # fmt: skip
    for name, expected, read in asked:
        try:
            known = read(row) > 0
        except ValueError:
            known = False
        if not known:
            raise InputError.of([Fault(place, f"{name} {row[name]!r}", expected)])


def _placed(load: Load) -> tuple[Sizes, Layout]:
    row = load.row
    gpu = find_gpu(machines.gpus(), row["gpu"])
    shape = machines.find_architecture(row["model"])
    kept = precision(row["precision"], published_bits=shape.weight_bits)
    small = era(row["engine"], row.get("engine_version") or "").small_cache and kept.weight <= 1
    small = small and kept.scope == "all" and kept.kind > 0
    kv = cache_bytes(row["kv"]) if row.get("kv") else 1.0 if small else 2.0
    return sizes(shape), spread(gpu, kept, load.how, kv=kv)


def _load(rows: list[tuple[str, Row]]) -> Load | None:
    """Put the rows of one run together; None if they measured nothing that is read."""
    values = [np.nan, np.nan, np.nan]
    for place, row in rows:
        try:
            value, count = float(row["value"]), float(row["n_gpu"])
        except ValueError:
            raise InputError.of([Fault(place, f"{row['value']!r} on {row['n_gpu']!r} GPUs", "numbers")]) from None
        if row["metric"] in WORDS:
            which, unit = WORDS[row["metric"]]
            values[which] = value * unit if which != TOKENS or np.isnan(values[TOKENS]) else values[TOKENS]
        elif row["metric"] == "output_tps_per_gpu":
            values[TOKENS] = value * count
    place, row = rows[0]
    if row["concurrency"].lower() == "rate:inf":  # a queue that only grows has no steady latency
        values[EACH:] = [np.nan, np.nan]
    if not np.isfinite(values).any():
        return None
    _check(place, row)
    return Load(row, _parallel(row), (values[0], values[1], values[2]))


def _parallel(row: Row) -> Parallel:
    """Read how GPUs share the work, from the columns and from what notes add to them.

    One export states `n_gpu` and `tp` times the groups of experts; the name of a run there says the true count.
    """
    notes, count = row.get("notes") or "", int(float(row["n_gpu"]))
    apart, expert = (int(_after(notes, word) or 1) for word in ("attention_dp", "moe_ep"))
    if "InferenceX" in (row.get("source") or "") and (said := _after(row["source"], "_tp", "")):
        count = int(said)
    elif "attention DP" in notes:
        apart = expert = count
    tensor = count // apart if apart > 1 else min(int(float(row.get("tp") or count)), count)
    return Parallel(tensor=max(tensor, 1), apart=max(apart, count // max(tensor, 1)), expert=min(expert, count))


def _after(text: str, word: str, mark: str = "=") -> str:
    found = re.search(rf"{re.escape(word)}{mark}(\d+)", text)
    return found[1] if found else ""


def _source(text: str) -> str:
    """Name a source shortly: what is published in one place in one way."""
    return next((name for name, word in SOURCES.items() if word in text), text[:40])


SOURCES = {
    "InferenceX": "InferenceX",
    "NVIDIA gap analysis": "gap-analysis",
    "TensorRT-LLM 0.17": "v0.17",
    "TensorRT-LLM rates": "Online",
    "TensorRT-LLM 0.14": "v0.14.0)",
    "TensorRT-LLM 0.9 peak": "v0.9.0) Peak",
    "TensorRT-LLM 0.9 first token": "v0.9.0) Low",
    "TensorRT-LLM 1.0": "v1.0",
    "TensorRT-LLM 1.2": "03e27c7d",
    "NIM": "NIM",
    "TGI on SageMaker": "philschmid",
    "dstack": "dstack",
    "vLLM AWQ on L4": "bereket",
    "nm-vllm": "nm-vllm",
}
"""Short names of known sources, by a word in what they say of themselves."""


def _rows(path: Path) -> Iterator[tuple[str, Row]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                found = f"no column {', '.join(missing)}"
                raise InputError.of([Fault(f"{path}:1", found, f"the columns {', '.join(COLUMNS)}")])
            yield from ((f"{path} row {line}", row) for line, row in enumerate(reader, start=2))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't read {path}: {getattr(error, 'strerror', None) or error}") from error
