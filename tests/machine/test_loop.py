"""Loops do what their functions do, are compiled once for each kind of arguments, and come back from disk whole."""

import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from pertoken.machine import kept as kept_module
from pertoken.machine import loop as loop_module
from pertoken.machine.arguments import given
from pertoken.machine.code import Code
from pertoken.machine.fingerprint import fingerprint
from pertoken.machine.loop import Loop

FACTOR = 3.0


class Pair(NamedTuple):
    of: np.ndarray
    flag: bool


@Loop
def scaled(values, by):
    for i in range(len(values)):
        values[i] *= by * FACTOR


@Loop
def every_kind(pair, table, times, out):
    for i in range(len(out)):
        out[i] = pair.of[i] * times + table[0][i, 1]
    if pair.flag:
        scaled(out, table[1])


@Loop
def read_only(values, out):
    out[0] = values[0, 0]


def slow(pair, table, times):
    found = pair.of * times + table[0][:, 1]
    return found * table[1] * FACTOR if pair.flag else found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PERTOKEN_CACHE", str(tmp_path))
    return tmp_path / "loops"


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_loop_is_its_function_for_all_kinds_of_arguments(kind, flag, order):
    rng = np.random.default_rng(1)
    pair = Pair(rng.uniform(size=7).astype(kind), flag)
    table = np.array(rng.uniform(size=(7, 3)), dtype=kind, order=order), 0.5
    out = np.zeros(7)
    every_kind(pair, table, np.int64(2), out)
    np.testing.assert_allclose(out, slow(pair, table, 2), rtol=1e-6)


def test_views_and_arrays_that_may_not_be_written_are_read_in_place():
    whole = np.arange(12.0).reshape(3, 4)
    whole.flags.writeable = False
    out = np.zeros(1)
    read_only(whole[1:, ::2], out)
    assert out[0] == 4


def fresh(function, **settings):
    """The same function, as another process would have it."""
    return Loop(function, **settings)


def test_what_was_compiled_is_read_by_the_next_process(folder, monkeypatch):
    values = np.ones(3)
    fresh(scaled.function)(values, 2.0)
    (file,) = folder.glob("*scaled*.loop")
    again = fresh(scaled.function)
    monkeypatch.setattr("pertoken.machine.native.object_of", lambda *_: pytest.fail("it was compiled again"))
    again(values, 0.5)
    assert values.tolist() == [9.0] * 3
    assert file.exists()


@pytest.mark.parametrize("spoil", [lambda code: code[:-9], lambda code: code[:30], lambda _: b"", lambda c: c + b"x"])
def test_a_file_that_is_not_whole_is_made_anew(folder, spoil):
    values = np.ones(3)
    fresh(scaled.function)(values, 2.0)
    (file,) = folder.glob("*scaled*.loop")
    code = file.read_bytes()
    file.write_bytes(spoil(code))
    fresh(scaled.function)(values, 0.5)
    assert values.tolist() == [9.0] * 3
    assert kept_module.kept(file) is not None


def test_where_nothing_can_be_kept_it_still_runs(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PERTOKEN_CACHE", str(tmp_path / "file"))
    values = np.ones(3)
    fresh(scaled.function)(values, 2.0)
    assert values.tolist() == [6.0] * 3


def test_who_watches_is_told_before_a_loop_is_compiled_and_not_when_it_is_found(folder, monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(loop_module, "WATCHERS", [told.append])
    for _ in range(2):
        fresh(scaled.function)(np.ones(3), 2.0)
    assert len(told) == 1
    assert told[0].endswith(".scaled")
    assert len(list(folder.iterdir())) == 1


def test_old_versions_go_when_there_are_many(folder):
    code = Code("symbol", ("i64",), b"code")
    for number in range(9):
        kept_module.keep(kept_module.place_of("some.loop", str(number) * 64, "kind"), code)
    assert len(list(folder.iterdir())) == kept_module.VERSIONS


def test_the_fingerprint_changes_with_what_is_called_and_with_constants(monkeypatch):
    first = fingerprint(every_kind)
    monkeypatch.setitem(scaled.function.__globals__, "FACTOR", 4.0)
    constant = fingerprint(every_kind)
    monkeypatch.setitem(scaled.function.__globals__, "scaled", read_only)
    assert len({first, constant, fingerprint(every_kind), fingerprint(fresh(every_kind.function, fastmath=True))}) == 4


def test_the_fingerprint_is_the_same_in_every_process():
    ask = (
        "from pertoken.machine.fingerprint import fingerprint; from pertoken.forecast.kernel import simple_block as b; "
        "print(fingerprint(b))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", ask], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1


def test_numba_stays_away_from_a_process_that_finds_its_loops():
    ask = (
        "import sys, numpy as np; from pertoken.core.special import normal_scores; normal_scores([0.5]); "
        "print('numba' in sys.modules, 'scipy' in sys.modules)"
    )
    for _ in range(2):
        said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]


def test_what_is_no_argument_for_a_loop_is_said():
    with pytest.raises(TypeError, match="list for a compiled function; expected arrays, numbers or tuples of them"):
        given(([1, 2],))
