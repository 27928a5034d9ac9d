"""What the bundled catalog leaves out, with page and day of each figure; it lies on top of the catalog."""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pertoken.catalog.book import Catalog
from pertoken.connect.frozen import FORM, frozen_catalog, write_catalog
from pertoken.core.errors import InputError
from pertoken.machine.folder import folder

FILE = "supplements.yaml"


def supplements() -> Catalog:
    """Open the supplements: storage of caches, regions, pictures, video, reranking, training, provisioned throughput.

    They are read once and then kept in the cache folder, as the catalog is: YAML takes a tenth of a second to read.
    """
    said = text()
    path = folder() / f"supplements-{FORM}-{sha256(said.encode()).hexdigest()[:16]}.txt"
    return _kept(path) or _read(said, path)


def text() -> str:
    """Read what the supplements say, as YAML."""
    return (Path(__file__).with_name("data") / FILE).read_text(encoding="utf-8")


def _kept(path: Path) -> Catalog | None:
    try:
        return frozen_catalog(path.read_text(encoding="utf-8"), str(path))
    except (OSError, ValueError, InputError):
        return None


def _read(text: str, path: Path) -> Catalog:
    from pertoken.connect.overlay import overlay_catalog  # noqa: PLC0415  costs time, which the cache saves

    made = overlay_catalog(text, FILE)
    with suppress(OSError, InputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_catalog(made, path)
    return made
