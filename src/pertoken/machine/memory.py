"""Memory: what is freed is kept for what is asked for next, instead of going back to the system page by page."""

import ctypes
import sys

TRIM, PAD, MAP = -1, -2, -3
"""What `mallopt` of the GNU C library can be told: see `malloc.h`."""

LARGEST = 32 << 20
"""Largest block that is not mapped on its own, the most that the library takes. [byte]"""

KEPT = 256 << 20
"""Most that is kept free at the end of the heap. [byte]"""

STEP = 16 << 20
"""How much more is asked of the system at once. [byte]"""


def keep_freed() -> bool:
    """Let this process keep what it frees; return whether it does, which is only where the GNU C library is.

    A page that comes from the system is cleared first. Arrays of worlds come and go by the hundred, so that clearing
    them took a tenth of a forecast's time.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return all(mallopt(what, value) == 1 for what, value in ((MAP, LARGEST), (TRIM, KEPT), (PAD, STEP)))
