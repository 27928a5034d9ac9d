"""Two real traces of single requests: an hour of chat at three models, and what a prompt cache would save.

The Azure trace is read as it lies. Mooncake's names the prefix blocks of each prompt; they are replayed in the order of
time, to count the tokens that a cache would have held.

    python examples/single_requests.py demo/single_requests
"""

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from math import inf
from pathlib import Path

import duckdb
import numpy as np

import pertoken as pt
from pertoken.books.answer import Books
from pertoken.core.meters import leaves
from pertoken.present.files import write_whole
from pertoken.present.html import page
from pertoken.present.sheet import Column, Note, Sheet, Table

AZURE = "azure_llm_2023_conv.parquet"
MOONCAKE = "mooncake_conversation_0_30min.parquet"
MODELS = ("gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash")
MONTH = "2026-09"
"""Month that the Mooncake trace is billed in, since it has no dates."""
BLOCK = 512
"""Size of a prefix block. [token]"""
KEPT = {"kept 5 minutes": 300.0, "kept throughout": inf}
"""How long a block stays in the cache after its last use. [s]"""

Request = tuple[float, int, int, Sequence[int]]
"""Time [s], prompt and answer [token], and the prefix blocks of the prompt."""


def traces() -> Path:
    """Find the folder of traces, by `PERTOKEN_DATA` or beside the repository."""
    said = os.environ.get("PERTOKEN_DATA")
    return (Path(said) if said else Path(__file__).parents[2] / "shared" / "data") / "traces"


def replay(requests: Iterable[Request], keep: float) -> Iterator[tuple[int, int, int, int]]:
    """Count what a cache of unlimited size would have held.

    A whole block is read if it and all blocks before it were used no longer than `keep` ago. All other whole blocks are
    written; what is left of the prompt, less than a block, is plain input.

    Args:
        requests: Requests in the order of time.
        keep: How long a block stays after its last use. [s]

    Yields:
        Plain input, cache read, cache write and output of each request. [token]

    >>> list(replay([(0, 1100, 9, (1, 2, 3)), (7, 1030, 9, (1, 4, 5))], keep=60))
    [(76, 0, 1024, 9), (6, 512, 512, 9)]
    """
    last: dict[int, float] = {}
    for now, prompt, answer, blocks in requests:
        whole = blocks[: prompt // BLOCK]
        fresh = (block in last and now - last[block] <= keep for block in whole)
        held = len(list(takewhile(bool, fresh)))
        last |= dict.fromkeys(whole, now)
        yield prompt - len(whole) * BLOCK, held * BLOCK, (len(whole) - held) * BLOCK, answer


def write_replay(log: Path, keep: float) -> None:
    """Write Mooncake's requests as a log that tells what was read from and written to the cache."""
    with duckdb.connect() as con:
        trace = con.read_parquet(str(traces() / MOONCAKE))
        rows = trace.project("timestamp_ms / 1000.0, input_tokens, output_tokens, hash_ids").fetchall()
        tokens = np.array(list(replay(sorted(rows, key=lambda row: row[0]), keep))).T
        names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
        con.register("log", dict(zip(names, tokens, strict=True)))
        con.table("log").write_parquet(str(log))


def azure() -> dict[str, Books]:
    """Rate the Azure trace at each model."""
    return {m: pt.statement(traces() / AZURE, cost=[f"catalog:{m}"], by=("day",)) for m in MODELS}


def mooncake(folder: Path) -> dict[str, dict[str, Books]]:
    """Rate the Mooncake trace at each model, without a cache and with blocks kept for some time."""
    folder.mkdir(parents=True, exist_ok=True)
    logs = {"no cache": traces() / MOONCAKE}
    for name, keep in KEPT.items():
        logs[name] = folder / f"mooncake {name}.parquet".replace(" ", "_")
        write_replay(logs[name], keep)
    return {
        name: {m: pt.statement(log, cost=[f"catalog:{m}"], by=("month",), period=MONTH) for m in MODELS}
        for name, log in logs.items()
    }


def requests_table(books: Mapping[str, Books]) -> Table:
    """What the hour of chat costs at each model."""
    columns = (
        Column("model", "Cost at", "text"),
        Column("requests", "Requests", "count"),
        Column("tokens", "Tokens", "count"),
        Column("input", "Input cost", "money", "USD"),
        Column("output", "Output cost", "money", "USD"),
        Column("cost", "Cost", "money", "USD", "input + output"),
    )
    rows = tuple(
        (model, row["requests"], row["tokens"], row["input_tokens"], row["output_tokens"], row["cost"])
        for model, each in books.items()
        for row in each.statement.lines.records()
    )
    return Table("azure", "Azure: an hour of chat", columns, rows, total=False)


def cache_table(found: Mapping[str, Mapping[str, Books]]) -> Table:
    """What each model costs with and without a cache."""
    columns = (
        Column("model", "Cost at", "text"),
        Column("cache", "Cache", "text"),
        Column("read", "Prompt read from it", "share"),
        Column("plain", "Without", "money", "USD"),
        Column("cost", "Cost", "money", "USD"),
        Column("saved", "Saved", "share", "", "(plain - cost) / plain"),
    )
    rows = []
    for model, plain in found["no cache"].items():
        whole = plain.statement.total("cost")
        for name in KEPT:
            cost = found[name][model].statement.total("cost")
            rows.append((model, name, read_share(found[name][model]), whole, cost, (whole - cost) / whole))
    return Table("mooncake", "Mooncake: half an hour of chat, with a prompt cache", columns, tuple(rows), total=False)


def read_share(books: Books) -> float:
    """Share of the prompt tokens that were read from the cache, 0 to 1."""
    tokens = {row["meter"]: row["quantity"] for row in books.usage.fold(["meter"]).records()}
    prompt = sum(tokens[name] for name in leaves("prompt_tokens", list(tokens)))
    return float(tokens["cache_read_tokens"] / prompt)


NOTES = (
    "The requests were made to other models; their token counts are priced as they stand, at list prices.",
    "The cache has room for all, and takes whole blocks of 512 tokens.",
    "What is not read from the cache is written to it: claude-sonnet-4-5 charges 1.25 times its input for that.",
    f"Mooncake's trace has no dates and is billed in {MONTH}. Renting a cache by the hour is not counted.",
)


def lay(hour: Mapping[str, Books], cached: Mapping[str, Mapping[str, Books]]) -> Sheet:
    """Both traces on one sheet."""
    tables = (requests_table(hour), cache_table(cached))
    return Sheet("Single requests at catalog prices", "", (*tables, *(Note(text) for text in NOTES)))


def main() -> None:
    """Rate both traces, print, and write the page."""
    parser = argparse.ArgumentParser(
        description="Two traces of single requests at catalog prices, with a prompt cache."
    )
    into = "where files go (%(default)s)"
    parser.add_argument("folder", type=Path, nargs="?", default=Path("demo/single_requests"), help=into)
    said = parser.parse_args()
    if not (traces() / MOONCAKE).exists():
        parser.exit(2, f"no {MOONCAKE} in {traces()}; set PERTOKEN_DATA to the folder that holds traces/\n")
    sheet = lay(azure(), mooncake(said.folder))
    write_whole(said.folder / "single_requests.html", page(sheet).encode())
    print(sheet)


if __name__ == "__main__":
    main()
