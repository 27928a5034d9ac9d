"""Usage priced under the bundled catalog: as columns, one by one, and how long the catalog takes to be ready.

Beside it, in the same run, what genai-prices prices call by call, and LiteLLM where it is installed (it isn't in the
lock file); their figure is calls a second. Ours and genai-prices must agree on the money.

Targets, single thread: 10 million rows a second on the priced core (models coded, times as `datetime64`), 2 million
from strings and timestamps to money, 100,000 single calls; the catalog ready in 0.3 s after NumPy, in 50 ms from its
cache. Rates are by the processor's time, so that others on the machine count less.
"""

import importlib.util
import os
import subprocess
import sys
from datetime import UTC, datetime
from statistics import median
from time import process_time

import numpy as np
import pytest

from pertoken.connect.genai import catalog
from pertoken.rating.compiled import compiled
from pertoken.rating.cost import cost
from pertoken.rating.cost_columns import cost_columns
from pertoken.usage.record import UsageRecord

MODELS = (
    ("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("openai", "o3"), ("openai", "gpt-5"), ("openai", "gpt-4.1"),
    ("anthropic", "claude-sonnet-4-5"), ("anthropic", "claude-opus-4-1"), ("anthropic", "claude-haiku-4-5"),
    ("google", "gemini-2.5-pro"), ("google", "gemini-2.5-flash"), ("x-ai", "grok-4"),
)  # fmt: skip
NAMES = tuple("/".join(model) for model in MODELS)


class Log:
    """Requests as columns; a fifth of all prompts are long, and prices changed while they were made."""

    def __init__(self, rows):
        draw = np.random.default_rng(7)
        self.codes = draw.integers(0, len(MODELS), rows).astype(np.int32)
        seconds = draw.integers(0, 540 * 86_400, rows)
        self.time = np.sort(np.datetime64("2025-06-01T00:00:00") + seconds.astype("timedelta64[s]"))
        whole = draw.lognormal(10, 1.8, rows).astype(np.int64)
        cached = (whole * draw.random(rows)).astype(np.int64)
        output = draw.lognormal(6, 1, rows).astype(np.int64)
        self.meters = {"input_tokens": whole - cached, "cache_read_tokens": cached, "output_tokens": output}
        self.names = np.array(["".join(NAMES[code]) for code in self.codes], dtype=object)

    def records(self, rows):
        times = self.time.tolist()
        for row in range(rows):
            provider, model = MODELS[self.codes[row]]
            counts = {"requests": 1, **{name: int(column[row]) for name, column in self.meters.items()}}
            yield UsageRecord(provider=provider, model=model, time=times[row], meters=counts)


@pytest.fixture
def log(size):
    return Log(size(smoke=503, full=4_000_000))


@pytest.fixture
def pace(full, note):
    """Note how many rows a second of the processor some work takes, as a median; in smoke runs it only runs."""

    def run(what, work, rows, *, target=None, rounds=7):
        times = []
        for _ in range(rounds if full else 1):
            begin = process_time()
            work()
            times.append(process_time() - begin)
        rate = rows / median(times)
        verdict = "" if target is None else f"  target {target:,}  {'met' if rate >= target else 'MISSED'}"
        if full:
            note(f"{what:<58} {rate:>14,.0f} a second{verdict}")

    return run


def test_columns_are_priced_in_the_time_that_others_take_for_a_few_calls(log, pace, note, full):
    prices = catalog()
    table = compiled(prices)
    coded = (log.codes, NAMES)
    records = list(log.records(500))
    exact = cost_columns(table, model=coded, time=log.time, exact=True, **log.meters)
    assert exact.decimals()[:500] == [cost(record, prices).amount for record in records]
    floats = cost_columns(table, model=log.names, time=log.time, **log.meters)
    assert exact.places is not None
    np.testing.assert_allclose(floats.amount, exact.amount / 10.0**exact.places, rtol=1e-12)
    rows = len(log.codes)
    for how in (False, True):
        pace(
            f"priced core, {'whole numbers' if how else 'floats'}",
            lambda how=how: cost_columns(table, model=coded, time=log.time, exact=how, **log.meters),
            rows,
            target=10_000_000,
        )
    for form, names in (("objects", log.names), ("a list", log.names.tolist()), ("NumPy", log.names.astype("U"))):
        pace(
            f"from strings ({form}) and times to money",
            lambda names=names: cost_columns(table, model=names, time=log.time, **log.meters),
            rows,
            target=2_000_000,
        )
    _others(records, prices, pace, note if full else lambda _: None)


def _others(records, prices, pace, note):
    mine = [float(cost(record, prices).amount or 0) for record in records]
    np.testing.assert_allclose([_genai(record) for record in records], mine, rtol=1e-9)
    pace("genai-prices, call by call", lambda: [_genai(record) for record in records], len(records), rounds=3)
    if importlib.util.find_spec("litellm") is None:
        note("LiteLLM is not installed here; install it to see it in this table")
    else:
        pace("LiteLLM, call by call", lambda: [_litellm(record) for record in records], len(records), rounds=3)


def _genai(record):
    from genai_prices import Usage, calc_price  # noqa: PLC0415  the other side of the race

    count = record.meters
    usage = Usage(
        input_tokens=count["input_tokens"] + count["cache_read_tokens"],
        cache_read_tokens=count["cache_read_tokens"],
        output_tokens=count["output_tokens"],
    )
    when = record.time.replace(tzinfo=UTC)
    found = calc_price(usage, model_ref=record.model, provider_id=record.provider, genai_request_timestamp=when)
    return float(found.total_price)


def _litellm(record):
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    from litellm import cost_per_token  # noqa: PLC0415  the other side of the race, where it is installed

    count = record.meters
    return cost_per_token(
        model=record.model,
        prompt_tokens=count["input_tokens"] + count["cache_read_tokens"],
        completion_tokens=count["output_tokens"],
        cache_read_input_tokens=count["cache_read_tokens"],
        custom_llm_provider={"google": "gemini", "x-ai": "xai"}.get(record.provider, record.provider),
    )


def test_single_calls_are_priced_too(log, pace, size):
    prices = catalog()
    record = UsageRecord(
        provider="openai",
        model="gpt-4o",
        time=datetime.fromisoformat("2026-10-01T12:00"),
        meters={"requests": 1, "input_tokens": 1_000, "cache_read_tokens": 500, "output_tokens": 300},
    )
    calls = size(smoke=3, full=100_000)
    pace("single calls, of one model", lambda: _each([record] * calls, prices), calls, target=100_000)
    mixed = list(log.records(size(smoke=101, full=50_000)))
    pace("single calls, with bands and changes of price", lambda: _each(mixed, prices), len(mixed))


def _each(records, prices):
    for record in records:
        cost(record, prices)


READY = """import numpy
from time import process_time
begin = process_time()
from pertoken.connect.genai import catalog
from pertoken.rating.compiled import compiled
imported = process_time()
compiled(catalog())
print(imported - begin, process_time() - imported)"""


def test_the_catalog_is_ready_soon(tmp_path, note, full):
    environment = {**os.environ, "PERTOKEN_CACHE": str(tmp_path)}

    def ready():
        done = subprocess.run(
            [sys.executable, "-c", READY], env=environment, capture_output=True, text=True, check=True
        )
        return [float(each) for each in done.stdout.split()]

    first = ready()
    assert any(tmp_path.iterdir())
    kept = [ready() for _ in range(9 if full else 1)]
    if full:
        modules, opened = (median(each[i] for each in kept) for i in range(2))
        note(f"catalog ready the first time, after NumPy: {sum(first):.3f} s  target 0.3  {said(sum(first), 0.3)}")
        note(f"catalog ready from its cache: {opened:.3f} s  target 0.05  {said(opened, 0.05)}")
        note(f"our own modules, loaded before: {modules:.3f} s")


def said(seconds, target):
    return "met" if seconds < target else "MISSED"
