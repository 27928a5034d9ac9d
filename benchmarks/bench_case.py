"""A whole `pertoken forecast` of a hundred beta users, from a cold process, as an analyst waits for it.

Its floor is an interpreter that loads what no forecast can do without (NumPy, DuckDB, pydantic, machine code) and calls
one compiled loop. Compiled loops are kept on disk: the first run makes them and is not counted. Timed whole, and
without the parts that can be left out. The target of the whole is 2 s on two free cores, so its ratio is told without
one. Smoke takes twenty days of history and the fewest worlds.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BETA = ROOT / "examples" / "beta"
MAIN = "from pertoken.cli import program; program()"
FLOOR = """import duckdb, numpy, pydantic
from pertoken.core.special import normal_scores
normal_scores([0.5])"""
LEFT_OUT = {"whole": (), "no back-test": ("--no-backtest",), "ranges only": ("--no-backtest", "--no-drivers")}


@pytest.fixture
def python():
    environment = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run(*words):
        return subprocess.run(
            [sys.executable, *words], env=environment, capture_output=True, text=True, check=True
        ).stdout

    return run


def test_a_hundred_beta_users_are_forecast(python, race, note, full, tmp_path):
    log, months, draws = tmp_path / "beta.csv", 12 if full else 2, 10_240 if full else 256
    python(str(BETA / "make_beta.py"), str(log), str(30 if full else 20))
    words = ("forecast", str(log), "--card", str(BETA / "card.yaml"), "--months", str(months), "--draws", str(draws))
    assert not python("-c", FLOOR)
    for what, left in LEFT_OUT.items() if full else [("whole", ())]:

        def ours(left=left):
            return python("-c", MAIN, *words, "--quiet", *left)

        assert "Revenue over" in ours()
        if full:
            note(f"{what}: {busy(ours):.1f} s of both processors' time")
        race(f"case A, {what}", ours, lambda: python("-c", FLOOR), target=None, rounds=7)


def busy(work):
    """Processor time of the processes that a work starts. [s]"""
    before = os.times()
    work()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
