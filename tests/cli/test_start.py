"""The front door opens at once: a command loads what it needs and no more."""

import json
import os
import subprocess
import sys

import pytest

MODULES = """import json, sys
from pertoken.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))"""
PRICE = ("price", "gpt-4o", "--requests", "100k", "--input", "500", "--output", "500")


@pytest.fixture
def loaded(tmp_path):
    """Run a command in a fresh process; return the packages that it loaded."""
    environment = {**os.environ, "PERTOKEN_CACHE": str(tmp_path)}

    def run(*words):
        command = [sys.executable, "-c", MODULES, *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return set(json.loads(done.stdout.splitlines()[-1]))

    return run


@pytest.mark.parametrize("words", [("--help",), (), ("--version",)])
def test_help_loads_no_library(loaded, words):
    assert not loaded(*words) & {"numpy", "duckdb", "click", "pydantic", "yaml", "rich", "altair", "genai_prices"}


def test_a_price_from_the_kept_catalog_loads_neither_the_database_nor_the_price_library(loaded):
    heavy = {"duckdb", "genai_prices", "pydantic", "altair", "xlsxwriter"}
    assert "genai_prices" in loaded(*PRICE), "the first time compiles the catalog"
    assert not loaded(*PRICE) & heavy
