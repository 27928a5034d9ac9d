"""A process of its own says all that it has to say, does what is left to the end, and hands its exit code over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SLEEPY = """import atexit, sys
from pathlib import Path
from pertoken.cli import program
atexit.register(lambda: Path(sys.argv.pop()).write_text("done"))
program()"""


def run(*command, **how):
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, **how)


def test_what_is_said_is_written_though_the_process_ends_at_once():
    done = run("-m", "pertoken", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: pertoken")
    assert done.stdout.endswith("bad input.\n")


def test_a_command_that_fails_hands_its_exit_code_over():
    done = run("-m", "pertoken", "forcast")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "did you mean forecast?" in done.stderr


def test_what_was_left_to_the_end_is_done(tmp_path):
    place = tmp_path / "end"
    assert run("-c", SLEEPY, "--version", str(place)).returncode == 0
    assert place.read_text() == "done"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_what_can_not_be_written_is_no_success():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pertoken", "--help"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=dict(os.environ),
        )  # fmt: skip
    assert done.returncode != 0
    assert "No space left" in done.stderr
