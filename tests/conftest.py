"""What every test stands on."""

import os

import pytest
from hypothesis import settings

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what every push need not do."""
    parser.addoption("--many", action="store_true", help="Hundreds of input sets for each workbook, by two engines.")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether to try hundreds of cases."""
    return bool(request.config.getoption("--many"))
