"""Output files are written whole or not at all."""

import os
import secrets
from pathlib import Path


def write_whole(path: str | Path, data: bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed.

    Args:
        path: Where the file goes; its directory must exist. A link is followed.
        data: What the file holds.

    Raises:
        OSError: If the file cannot be written; what stood at ``path`` still stands, and nothing is left beside it.
    """
    place = Path(path).resolve()
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
