"""Who waits at a terminal is told how far a command is, and why the first run takes longer."""

import sys

import pytest

from pertoken.cli import books
from pertoken.machine.loop import WATCHERS


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


@pytest.mark.usefixtures("terminal")
def test_a_first_run_says_once_that_loops_are_compiled(capsys):
    with books.progress(quiet=False) as told, books.progress(quiet=False, what="simulating") as inner:
        told(0.5)
        WATCHERS[-1]("a loop")
        WATCHERS[-1]("another")
        inner(0.5)
    assert capsys.readouterr().err.count("loops are compiled") == 1
    assert not WATCHERS


@pytest.mark.usefixtures("terminal")
def test_who_asks_for_quiet_is_told_nothing(capsys):
    with books.progress(quiet=True) as told:
        assert told is None
        assert not WATCHERS
    assert not capsys.readouterr().err
