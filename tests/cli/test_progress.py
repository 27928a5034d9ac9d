"""Who waits at a terminal is told how far a command is, and why the first run takes longer."""

import sys
from io import StringIO

from pertoken.cli import books
from pertoken.machine.loop import WATCHERS


class Terminal(StringIO):
    def isatty(self):
        return True


def test_a_first_run_says_once_that_loops_are_compiled(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with books.progress(quiet=False) as told, books.progress(quiet=False, what="simulating") as inner:
        assert told is not None
        assert inner is not None
        told(0.5)
        WATCHERS[-1]("a loop")
        WATCHERS[-1]("another")
        inner(0.5)
    assert terminal.getvalue().count("loops are compiled") == 1
    assert not WATCHERS


def test_who_asks_for_quiet_is_told_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with books.progress(quiet=True) as told:
        assert told is None
        assert not WATCHERS
    assert not terminal.getvalue()
