"""Folder: where pertoken keeps what it can make anew at any time."""

import os
from pathlib import Path


def folder() -> Path:
    """Name the folder: `PERTOKEN_CACHE`, or `pertoken` among what the user's programs keep."""
    if own := os.environ.get("PERTOKEN_CACHE"):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "pertoken"
    return Path(os.path.expanduser("~")) / ".cache" / "pertoken"  # noqa: PTH111  a path's own way fails without a home
