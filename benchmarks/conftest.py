"""Two sizes: `smoke` in every test run, `full` on request; and the race of a fast path against its floor."""

import os
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import pytest

Size = Callable[..., int]
Race = Callable[..., None]

HEAD = f"{'':<44} {'ours':>9} {'floor':>9} {'ratio':>6} {'min–max':>12} {'target':>7}"
ROWS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full",
        action="store_true",
        default=os.environ.get("BENCH_FULL") == "1",
        help="run benchmarks at full size (or set BENCH_FULL=1)",
    )
    parser.addoption(
        "--full-100m",
        action="store_true",
        default=os.environ.get("BENCH_FULL_100M") == "1",
        help="at full size, fold 100 million events too (or set BENCH_FULL_100M=1)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.stash[ROWS]:
        terminalreporter.section("medians of paired runs")
        for row in (HEAD, *config.stash[ROWS]):
            terminalreporter.write_line(row)


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Tell whether benchmarks run at full size."""
    return bool(request.config.getoption("--full"))


@pytest.fixture
def size(full) -> Size:
    """Pick how much to work on: ``size(smoke=101, full=1_000_003)``."""

    is_full = full

    def pick(*, smoke: int, full: int) -> int:
        return full if is_full else smoke

    return pick


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Write a line under the table."""
    return request.config.stash[ROWS].append


@pytest.fixture
def race(full, note) -> Race:
    """At full size, run both sides in turn and note the ratio of their times; in smoke runs nothing."""

    def run(what: str, ours: Callable[[], Any], floor: Callable[[], Any], *, target: float | None, rounds: int) -> None:
        if not full:
            return
        pairs = [(seconds(ours), seconds(floor)) for _ in range(rounds + 1)][1:]
        ratios = [one / two for one, two in pairs]
        mid = median(ratios)
        spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
        verdict = f"{target:>6.2f}x {'met' if mid <= target else 'MISSED'}" if target else ""
        note(
            f"{what:<44} {median(p[0] for p in pairs):>8.4f}s {median(p[1] for p in pairs):>8.4f}s "
            f"{mid:>5.2f}x {spread:>12} {verdict}"
        )

    return run


def seconds(work: Callable[[], Any]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin
