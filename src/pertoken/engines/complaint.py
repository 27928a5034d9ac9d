"""What DuckDB complains of in a file, in our words: file, line, what was found, what was expected, what to do."""

import gzip
import json
import re
from collections.abc import Iterator

from pertoken.core.errors import Fault
from pertoken.engines.source import Source

_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
_CSV_WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_CSV_FILE = re.compile(r"^\s*file = (.+?)\s*$", re.MULTILINE)
_JSON_FILE = re.compile(r'JSON in file "([^"]+)"')


def complaint(text: str, source: Source) -> Fault:
    """Say in our words what DuckDB said of a log."""
    return _csv(text, source) or _json(text) or _other(text, source)


def _csv(text: str, source: Source) -> Fault | None:
    line, width, file = _CSV_LINE.search(text), _CSV_WIDTH.search(text), _CSV_FILE.search(text)
    if line is None:
        return None
    where = f"{file[1] if file else source.name} line {line[1]}"
    mend = "mend the line (a text that holds the delimiter or a quote stands in quotes) or take it out"
    if width is None:
        about = text.strip().splitlines()[2:3] or ["unreadable"]
        return Fault(
            where, f"found a broken line ({about[0].rstrip('. ')})", "as many columns as the header names", mend
        )
    expected, found = int(width[1]), int(width[2])
    return Fault(where, f"found {found if found < expected else f'more than {expected}'} columns", f"{expected}", mend)


def _json(text: str) -> Fault | None:
    file = _JSON_FILE.search(text)
    if file is None:
        return None
    number, found = next(_broken(file[1]), (0, "broken JSON"))
    where = f"{file[1]} line {number}" if number else file[1]
    mend = "write the file again (is it half-written?) or take the line out"
    return Fault(where, f"found {found!r}", "one whole JSON record on each line", mend)


def _broken(file: str) -> Iterator[tuple[int, str]]:
    """Find the lines that are no JSON; DuckDB's own count of lines differs between its versions."""
    if file.lower().endswith(".zst"):
        return
    with (gzip.open if file.lower().endswith(".gz") else open)(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                json.loads(line) if line.strip() else None
            except ValueError:
                yield number, line[:60].decode(errors="replace").rstrip()


def _other(text: str, source: Source) -> Fault:
    first = text.strip().splitlines()[0]
    about = first.partition(" Error: ")[2] or first
    found = f"can't read {source.name}: {about.rstrip('.! ')}"
    return Fault(
        "", found, f"a whole {KIND_NAMES[source.kind]} file", "write it again (is it half-written?) or leave it out"
    )


KIND_NAMES = {"csv": "CSV", "parquet": "Parquet", "json": "JSON lines", "duckdb": "DuckDB"}
