"""The hash of a catalog, kept in the cache folder by what it is made of: to reckon it takes a second."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from pertoken.catalog.book import Catalog
from pertoken.connect import catalog_cache, supplements
from pertoken.connect.whole import write_whole
from pertoken.machine.folder import folder

LENGTH = 64
"""Letters of a SHA-256."""


def hashed(catalog: Catalog, sources: Sequence[str]) -> Catalog:
    """Let a catalog know its hash: reckoned when it is first asked for, and read from the cache folder from then on.

    Args:
        catalog: The catalog.
        sources: What it was made of: names of installed catalogs, and files.
    """
    return replace(catalog, reckon=lambda: _kept(catalog, sources))


def _kept(catalog: Catalog, sources: Sequence[str]) -> str:
    """Find the hash that is kept for the sources as they are now; keep it, if there is none."""
    try:
        path = folder() / f"hash-{_mark(catalog, sources)}.txt"
        found = path.read_text(encoding="ascii")
    except (OSError, ValueError):
        found = ""
    if len(found) != LENGTH:
        found = catalog.hash
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, found)
    return found


def _mark(catalog: Catalog, sources: Sequence[str]) -> str:
    """Tell the sources and the code that reads them from others; the name of the catalog says its editions."""
    mark = sha256()
    for part in (catalog.name.encode(), *map(_content, sources), *_code()):
        mark.update(sha256(part).digest())
    return mark.hexdigest()[:32]


def _content(source: str) -> bytes:
    """What makes a source what it is: the edition of an installed catalog, all of a file."""
    path = Path(source)
    return f"{source}\n".encode() + (path.read_bytes() if path.is_file() else b"")


def _code() -> Iterator[bytes]:
    """Editions of the data that are installed, and of the code that makes catalogs of them."""
    yield _content(str(catalog_cache.file()))
    yield supplements.text().encode()
    for room in ("catalog", "connect"):
        for path in sorted((Path(__file__).parents[1] / room).glob("*.py")):
            about = path.stat()
            yield f"{path.name} {about.st_size} {about.st_mtime_ns}".encode()
