"""The compiled price table, kept on disk: reading it takes milliseconds, making it half a second."""

import json
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pertoken.connect.whole import write_whole
from pertoken.machine.folder import folder

SCHEMA = 6
"""Raised whenever the form of the table changes."""

Table = Mapping[str, Any]
"""The compiled table as JSON holds it; `genai_table.table` says what it is made of."""


def file() -> Path:
    """Say where the table of the installed data is kept, whether or not it is there yet.

    Only names and times of files are looked at; the package itself stays unloaded.
    """
    return folder() / f"genai-prices-{SCHEMA}-{_edition(package())}.json"


def package() -> Path:
    """Find the folder of the installed `genai_prices`."""
    spec = find_spec("genai_prices")
    places = list((spec and spec.submodule_search_locations) or [])
    return Path(places[0]) if places else Path()


def read(path: Path) -> Table | None:
    """Read a table; None if there is none that can be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def write(path: Path, table: Table) -> None:
    """Keep a table, whole or not at all; where the folder can't be written, do nothing."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(table, separators=(",", ":")))


def _edition(folder: Path) -> str:
    """Tell one release of the data from another, wherever it is installed."""
    about = (folder / "data.py").stat()
    version = "+".join(sorted(path.stem.partition("-")[2] for path in folder.parent.glob("genai_prices-*.dist-info")))
    return f"{version}-{about.st_size}-{about.st_mtime_ns}"
