"""Documents of cards that a model holds itself, or names as files."""

from collections.abc import Mapping
from typing import Any

from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Document, Path, read
from pertoken.core.errors import InputError, nearest


def document_of(reading: Reading, body: Mapping[str, Any], path: Path) -> Document:
    """Make a document of a card that stands in the model, with the model's lines."""
    whole, size = reading.door.document, len(path)
    lines = {place[size:]: line for place, line in whole.lines.items() if place[:size] == path}
    return Document(body, lines, whole.source)


def document_at(reading: Reading, file: str, path: Path, name: str = "") -> Document | None:
    """Read a file of cards; None, with a fault, if it can't be.

    Args:
        reading: Takes the file's bytes, and what is wrong.
        file: The file from the model's own folder; `FILE#NAME` takes one card of it.
        path: Where the model names it.
        name: The card to take where the file has several and none is said.
    """
    said, _, chosen = file.partition("#")
    where = reading.beside(said)
    try:
        raw = where.read_bytes()
        document = read(raw.decode("utf-8"), str(where))
    except OSError as error:
        reading.refuse(path, f"can't read {where}: {error.strerror}", "a file of cards, from the model's own folder")
        return None
    except UnicodeDecodeError:
        reading.refuse(path, f"{where} is not text in UTF-8", "a YAML file of cards")
        return None
    except InputError as error:
        reading.refused(path, error)
        return None
    reading.files[str(where)] = raw
    return _one(reading, document, chosen or name, path, must=bool(chosen)) if chosen or name else document


def _one(reading: Reading, document: Document, name: str, path: Path, *, must: bool) -> Document | None:
    """Keep one card of a document."""
    data = document.data
    plans = data.get("plans") if isinstance(data, dict) else None
    if not isinstance(plans, dict):
        own = data.get("plan", data.get("card")) if isinstance(data, dict) else None
        if must and own is not None and own != name:
            reading.refuse(path, f"{document.source} has no card {name!r}", "", nearest(name, [str(own)]))
            return None
        return document
    if name in plans or len(plans) > 1:
        if name not in plans:
            mend = nearest(name, plans)
            reading.refuse(path, f"{document.source} has no plan {name!r}", "one of them, as FILE#NAME", mend)
            return None
        plans = {name: plans[name]}
    return Document({**data, "plans": plans}, document.lines, document.source)


def file_of(part: Any) -> str | None:  # noqa: ANN401  unchecked input
    """The file that a part names, as text or as `{file: ...}`; None if it names none."""
    if isinstance(part, str):
        return part
    return str(part["file"]) if isinstance(part, Placed) and part.get("file") is not None else None
