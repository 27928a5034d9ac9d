"""A whole process, from start to exit, as a person at a prompt waits for it.

`pertoken price`, against a process that prices the same call with `genai_prices` alone. Target: 1.5 times it with the
compiled catalog kept; the first time, when it is compiled, is reported too. `pertoken --help`, against an interpreter
that does nothing. Target: 4 times it.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

MAIN = "from pertoken.cli import program; program()"
PRICE = ("price", "gpt-4o", "--requests", "100k", "--input", "500", "--output", "500")
ALONE = """from genai_prices import Usage, calc_price
usage = Usage(input_tokens=500, output_tokens=500)
print(100_000 * calc_price(usage, model_ref="gpt-4o", provider_id="openai").total_price)"""


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def python(cache):
    environment = {**os.environ, "PERTOKEN_CACHE": str(cache)}

    def run(code, *words):
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    return run


def test_a_price_is_quoted_as_fast_as_by_the_library_alone(python, race):
    quoted = json.loads(python(MAIN, *PRICE, "--format", "json"))["figures"]["month"]["value"]
    assert quoted == float(python(ALONE)) == 625.0
    race("price, catalog kept", lambda: python(MAIN, *PRICE), lambda: python(ALONE), target=1.5, rounds=15)


def test_the_first_price_waits_for_the_catalog(python, race, cache):
    def cold():
        shutil.rmtree(cache, ignore_errors=True)
        return python(MAIN, *PRICE)

    assert "625" in cold()
    assert any(cache.iterdir())
    race("price, first time", cold, lambda: python(ALONE), target=None, rounds=7)


def test_help_is_at_hand(python, race):
    assert "Usage: pertoken" in python(MAIN, "--help")
    race("help", lambda: python(MAIN, "--help"), lambda: python("pass"), target=4.0, rounds=21)
