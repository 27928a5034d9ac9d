"""Work meanwhile comes to what it comes to here: by a copy of the process, by a thread, and when it fails."""

import os
import signal
import subprocess
import sys
import threading
import time
from types import MappingProxyType

import numpy as np
import pytest

from pertoken.core.errors import InputError
from pertoken.machine import meanwhile as module
from pertoken.machine.meanwhile import meanwhile


@pytest.fixture(params=["copy", "thread"])
def way(request, monkeypatch):
    """Force one of the two ways."""
    monkeypatch.setattr(module, "processors", lambda: 2 if request.param == "copy" else 1)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    return request.param


def test_the_answer_is_that_of_the_work(way):
    def work():
        return os.getpid(), np.random.default_rng(3).random(300_000), MappingProxyType({"a": 1})

    with meanwhile(work) as answer:
        who, numbers, table = answer()
    assert table == {"a": 1}
    assert (numbers == work()[1]).all()
    assert (who == os.getpid()) == (way == "thread")


@pytest.mark.usefixtures("way")
def test_an_error_is_raised_where_it_is_asked_for():
    def work():
        raise InputError("no days")

    with meanwhile(work) as answer, pytest.raises(InputError, match="no days"):
        answer()


def test_a_copy_that_dies_leaves_the_work_to_us(monkeypatch):
    monkeypatch.setattr(module, "processors", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    here = os.getpid()

    def work():
        if os.getpid() != here:
            os._exit(3)
        return 7

    with meanwhile(work) as answer:
        assert answer() == 7


def test_a_copy_that_dies_while_it_answers_leaves_the_work_to_us(monkeypatch):
    monkeypatch.setattr(module, "processors", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    whole = module._pickled
    monkeypatch.setattr(module, "_pickled", lambda said: whole(said)[:-5])
    with meanwhile(lambda: [7] * 100) as answer:
        assert answer() == [7] * 100


class OfTwo(Exception):
    """An error that can be pickled and not be read again, as it asks for more than its message."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


@pytest.mark.usefixtures("way")
def test_an_error_that_can_not_be_sent_is_raised_as_it_is():
    def work():
        raise OfTwo(1, 2)

    with meanwhile(work) as answer, pytest.raises(OfTwo, match="1 and 2"):
        answer()


def test_where_no_copy_can_be_made_a_thread_does_the_work(monkeypatch):
    monkeypatch.setattr(module, "processors", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)

    def refused():
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    with meanwhile(os.getpid) as answer:
        assert answer() == os.getpid()


def test_children_may_be_forgotten_by_the_system(monkeypatch):
    monkeypatch.setattr(module, "processors", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with meanwhile(lambda: 7) as answer:
            assert answer() == 7
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_what_can_not_be_pickled_is_said(monkeypatch):
    monkeypatch.setattr(module, "processors", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    with meanwhile(lambda: lambda: 5) as answer, pytest.raises((AttributeError, TypeError), match="pickle"):
        answer()


def test_nobody_waits_for_what_is_not_asked_for(monkeypatch):
    monkeypatch.setattr(module, "processors", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    with pytest.raises(KeyError), meanwhile(threading.Event().wait):  # it would wait for ever
        raise KeyError


WAITING = """import time
from pertoken.machine import meanwhile as module
module.processors = lambda: 2
with module.meanwhile(lambda: bytes(5_000_000)):
    print("begun", flush=True)
    time.sleep(60)"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="copies are made on Linux only")
def test_a_copy_ends_with_the_process_that_it_is_a_copy_of():
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(0.3)  # by now the copy waits for somebody to read what it has to say
        process.kill()
        assert not process.communicate(timeout=20)[0]  # nobody holds the other end
