"""Processors: how many threads can work at once."""

import os


def processors() -> int:
    """Count the processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not a machine with Linux
        return os.cpu_count() or 1
