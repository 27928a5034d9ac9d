"""What every test stands on."""

import os

import pytest
from hypothesis import settings

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("many", deadline=None, max_examples=1000)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what every push need not do."""
    what = "Hundreds of input sets for each workbook, by two engines; ten times the examples of every law."
    parser.addoption("--many", action="store_true", help=what)


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile that was asked for, before any law is read."""
    if config.getoption("--many"):
        settings.load_profile("many")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether to try hundreds of cases."""
    return bool(request.config.getoption("--many"))
