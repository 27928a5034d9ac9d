"""Files of JSON come in by this door, one object at a time: lines, arrays, whole pages, packed or not."""

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from pertoken.core.errors import Fault
from pertoken.usage.layout import Document, Placed

Watch = Callable[[float], None]
"""Told the share of the files that is read, 0 to 1."""

PEEKED = 64
"""So many objects of a file are looked at to find out its format."""
_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 28
_SHOWN = 60
_EVERY = 1 << 12
_WHOLE = "one whole JSON object was expected; write the file again (is it half-written?) or take the line out"
_GAP = re.compile(r"[\s,]*")


def _refused(word: str) -> NoReturn:
    msg = f"{word} is no number of JSON"
    raise ValueError(msg)


_DECODER = json.JSONDecoder(parse_constant=_refused)


def documents(files: Sequence[str], *, watch: Watch | None = None) -> Iterator[Placed]:
    """Read files of JSON object by object, in bounded memory.

    Args:
        files: JSON, JSON lines or NDJSON, plain or `.gz`.
        watch: Told how far it is.

    Yields:
        File, line on which the object begins, the object; or a fault in its place.
    """
    total, done = sum(Path(file).stat().st_size for file in files) or 1, 0
    for file in files:
        with Path(file).open("rb") as raw:
            for number, each in enumerate(_of_file(file, raw)):
                yield each
                if watch and number % _EVERY == 0:
                    watch((done + raw.tell()) / total)
        done += Path(file).stat().st_size


def first_of_each(files: Sequence[str]) -> Iterator[Placed]:
    """Read the first objects of each file."""
    for file in files:
        with Path(file).open("rb") as raw:
            yield from islice(_of_file(file, raw), PEEKED)


def _of_file(file: str, raw: IO[bytes]) -> Iterator[Placed]:
    lines = cast("IO[bytes]", gzip.open(raw)) if file.lower().endswith(".gz") else raw  # noqa: SIM115
    line = 0
    try:
        first = lines.readline(_LONGEST_LINE)
        for line, document in _lines(first, lines) if _stands_alone(first) else _values(first, lines):
            yield file, line, document if isinstance(document, dict) else _no_object(file, line, document)
    except (OSError, EOFError, zlib.error) as error:
        yield file, line + 1, Fault(f"{file} line {line + 1}", f"can't be unpacked ({error})", "", _WHOLE)


def _no_object(file: str, line: int, found: Any) -> Fault:  # noqa: ANN401  whatever JSON holds
    shown = found.text if isinstance(found, _Broken) else json.dumps(found)
    return Fault(f"{file} line {line}", f"found {shown[:_SHOWN].rstrip()!r}", "", _WHOLE)


class _Broken:
    """What stands where JSON was expected."""

    def __init__(self, text: str) -> None:
        self.text = text


def _stands_alone(line: bytes) -> bool:
    """Tell whether a line is an object of its own."""
    try:
        return isinstance(json.loads(line.removeprefix(b"\xef\xbb\xbf")), dict)
    except ValueError:
        return False


def _lines(first: bytes, rest: IO[bytes]) -> Iterator[tuple[int, Document | object]]:
    yield from _line(1, first.removeprefix(b"\xef\xbb\xbf"))
    for number, line in enumerate(rest, 2):
        yield from _line(number, line)


def _line(number: int, line: bytes) -> Iterator[tuple[int, Document | object]]:
    text = line.decode(errors="replace").strip()
    if not text:
        return
    try:
        found = _DECODER.decode(text)
    except ValueError:
        found = _Broken(text)
    for each in found if isinstance(found, list) else [found]:
        yield number, each


def _values(first: bytes, rest: IO[bytes]) -> Iterator[tuple[int, Document | object]]:
    """Read values that stand behind each other or in an array, over as many lines as they like."""
    text, line, at, inside = _Text(first, rest), 1, 0, False
    while True:
        begin = cast("re.Match[str]", _GAP.match(text.read, at)).end()
        line, at = line + text.read.count("\n", at, begin), begin
        if text.read[at : at + 1] == ("]" if inside else "["):
            inside, at = not inside, at + 1
            continue
        try:
            found, end = _DECODER.raw_decode(text.read, at)
        except ValueError as error:
            if _is_cut(error, text.read) and text.more(at):
                at = 0
                continue
            if inside or text.read[at:].strip():
                yield line, _Broken(text.read[at : at + _SHOWN] or "the end of the file")
            return
        yield line, found
        line, at = line + text.read.count("\n", at, end), end


def _is_cut(error: ValueError, text: str) -> bool:
    """Tell whether a value may only end in what is not yet read."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated") or error.pos > len(text) - _SHOWN


class _Text:
    """A window on a long text, which moves on and grows with what stands in it."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self.read = first.decode("utf-8-sig", errors="replace")
        self._rest, self._decode = rest, codecs.getincrementaldecoder("utf-8")("replace").decode

    def more(self, since: int) -> bool:
        """Forget what is before a place and read on, the more the longer the value there already is."""
        chunk = self._rest.read(max(_CHUNK, len(self.read) - since))
        self.read = self.read[since:] + self._decode(chunk, not chunk)
        return bool(chunk)
