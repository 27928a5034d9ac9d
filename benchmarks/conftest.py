"""Two sizes: `smoke` in every test run, `full` on request."""

import os
from collections.abc import Callable

import pytest

Size = Callable[..., int]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full",
        action="store_true",
        default=os.environ.get("BENCH_FULL") == "1",
        help="run benchmarks at full size (or set BENCH_FULL=1)",
    )


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    """Pick how much to work on: ``size(smoke=101, full=1_000_003)``."""
    is_full = bool(request.config.getoption("--full"))

    def pick(*, smoke: int, full: int) -> int:
        return full if is_full else smoke

    return pick
