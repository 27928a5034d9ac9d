"""A log that a copy of the process reads is the log that this process would have read."""

import json
import os
import subprocess
import sys

import pytest

from pertoken.core.errors import InputError
from pertoken.machine.processors import processors
from pertoken.workbench import beside as room
from pertoken.workbench.beside import beside, shown_by
from pertoken.workbench.preparing import prepared

CARD = "{plan: api, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.002}]}}}"
TWICE = """import json, os, sys
from pertoken import workbench
from pertoken.machine import meanwhile
found, pids = [], []
if sys.argv[1] == "here":
    meanwhile.processors = lambda: 1
work = meanwhile._copy
def copied(what):
    pids.append(os.getpid())
    return work(what)
meanwhile._copy = copied
for _ in range(2):
    answer = workbench.forecast_revenue("log.csv", card=["plan.yaml"], months=2, draws=256, explain=False, tested=False)
    found.append([each.tolist() for each in answer.worlds.values()])
    found.append([each.codes.tolist() for each in answer.simulated.groups.values()])
print(json.dumps({"copies": len(pids), "database": "duckdb" in sys.modules, "found": found}))"""

LOOPS = """import json, sys
from pertoken.machine import native
loaded, load = [], native.native
def told(loop, *more):
    loaded.append(f"{loop.__module__}.{loop.__name__}")
    return load(loop, *more)
native.native = told
if sys.argv[1] == "rehearsed":
    from pertoken.workbench.rehearsal import rehearsed
    rehearsed()
else:
    from pertoken.workbench.preparing import prepared
    prepared("log.csv", card=["plan.yaml"], months=2, how={})
print(json.dumps(sorted(loaded)))"""


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text(CARD)
    rows = [f"2026-01-{day:02},c{who},{1000 * who + 7 * day},0" for who in range(1, 6) for day in range(1, 32)]
    (tmp_path / "log.csv").write_text("\n".join(["day,customer,input_tokens,output_tokens", *rows]) + "\n")
    return tmp_path / "log.csv"


def said_by(code, word):
    done = subprocess.run([sys.executable, "-c", code, word], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.usefixtures("log")
def test_a_forecast_is_the_same_whoever_reads_the_log():
    copied, here = said_by(TWICE, "copied"), said_by(TWICE, "here")
    assert copied["found"] == here["found"]
    assert copied["copies"] == (2 if processors() > 1 and sys.platform == "linux" else 0)
    assert here["copies"] == 0
    assert copied["database"] is (copied["copies"] == 0)
    assert here["database"]


def test_what_is_wrong_with_a_log_is_said_as_ever(log):
    log.write_text("day,customer,input_tokens,output_tokens\n2026-01-01,a,ten,0\n")
    command = [sys.executable, "-m", "pertoken", "forecast", "log.csv", "--card", "plan.yaml", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "log.csv row 1: found ten; input_tokens as a number was expected" in done.stderr


@pytest.mark.parametrize(
    ("modules", "size", "copies"), [({"duckdb": None}, 10**9, True), ({}, 10, True), ({}, 10**9, False)]
)
def test_a_log_is_read_here_where_a_database_is_loaded_or_the_file_is_large(log, monkeypatch, modules, size, copies):
    with monkeypatch.context() as patch:
        patch.setattr(room, "meanwhile", lambda _: pytest.fail("a copy was made"))
        patch.setattr(room, "copies", lambda: copies)
        patch.setattr(room, "SMALL", size)
        patch.setattr(sys, "modules", modules)
        with beside(log, os.getpid) as asked:
            assert asked() == os.getpid()


def test_what_is_no_file_is_read_here(monkeypatch):
    def refused():
        raise InputError("no such log")

    with monkeypatch.context() as patch:
        patch.setattr(room, "meanwhile", lambda _: pytest.fail("a copy was made"))
        patch.setattr(room, "copies", lambda: True)
        patch.setattr(sys, "modules", {})
        with beside("s3://bucket/*.parquet", refused) as asked, pytest.raises(InputError, match="no such log"):
            asked()


@pytest.mark.usefixtures("log")
def test_a_rehearsal_loads_no_loop_in_vain():
    prepared("log.csv", card=["plan.yaml"], months=2, how={})  # compiled and kept, if they were not
    rehearsed, needed = (set(said_by(LOOPS, word)) for word in ("rehearsed", "fitted"))
    assert rehearsed
    assert rehearsed <= needed


def test_nobody_waits_for_a_rehearsal_to_compile(tmp_path):
    code = """import sys
from pertoken.machine.loop import WATCHERS
from pertoken.workbench.rehearsal import rehearsed
rehearsed()
print("numba" in sys.modules, len(WATCHERS))"""
    environment = {**os.environ, "PERTOKEN_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["False", "0"]
    assert not list(tmp_path.rglob("*.loop"))


def test_what_shows_an_answer_is_loaded_while_the_log_is_read_and_by_nobody_else(log, monkeypatch):
    loaded: list[str] = []
    monkeypatch.setattr(room, "import_module", loaded.append)
    monkeypatch.setattr(room, "copies", lambda: True)
    monkeypatch.delitem(sys.modules, "duckdb", raising=False)
    monkeypatch.setattr(room, "rehearsed", lambda: None)
    for shown in ((), ("pertoken.present.forecast",), ()):
        loaded.clear()
        with shown_by(*shown), beside(log, os.getpid) as asked:
            asked()
        assert loaded == sorted({*room.AFTER, *shown})
