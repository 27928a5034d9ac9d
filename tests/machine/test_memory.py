"""What a process frees it has at hand: the next array takes no page from the system."""

import subprocess
import sys

import pytest

FAULTS = """import resource, sys
import numpy as np
from pertoken.machine.memory import keep_freed
if sys.argv[1] == "kept":
    assert keep_freed()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for size in range(5, 25):
    np.ones(size * 125_000)  # as many MB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only the GNU C library can be told")
def test_freed_memory_is_taken_again_without_asking_the_system():
    plain, kept = (
        int(subprocess.run([sys.executable, "-c", FAULTS, word], capture_output=True, text=True, check=True).stdout)
        for word in ("plain", "kept")
    )
    assert kept < plain / 2
