"""Maps of a file that know where they stand, also after they have moved, and the faults that are found in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pertoken.connect.yaml_file import Document, Path
from pertoken.core.errors import Fault, nearest


class Placed(dict[str, Any]):
    """A map of the file, its path from the top, and its line (0 where there are no lines)."""

    def __init__(self, items: Mapping[str, Any], path: Path, line: int) -> None:
        super().__init__(items)
        self.path = path
        self.line = line

    def but(self, **more: Any) -> "Placed":  # noqa: ANN401  any plain value
        """Make the same map with other or further words, at the same place."""
        return Placed({**self, **more}, self.path, self.line)

    def lined(self) -> "Placed":
        """Make the same map with its line as a word of its own."""
        return self.but(line=self.line)


def placed(value: Any, document: Document, path: Path = ()) -> Any:  # noqa: ANN401  any plain value
    """Give each map of a document its place."""
    if isinstance(value, Mapping):
        items = {str(key): placed(item, document, (*path, str(key))) for key, item in value.items()}
        return Placed(items, path, document.line(path) if document.lines else 0)
    return [placed(item, document, (*path, i)) for i, item in enumerate(value)] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Door:
    """A document that comes in, and what was found wrong with it so far."""

    document: Document
    wrong: list[Fault] = field(default_factory=list)

    def refuse(self, path: Path, found: str, expected: str = "", mend: str = "") -> None:
        """Note a fault at a place; reading goes on, so that all faults are told at once."""
        self.wrong.append(Fault(self.document.place(path), found, expected, mend))

    def ordered(self) -> list[Fault]:
        """List what is wrong by file and line, each once."""
        return sorted(dict.fromkeys(self.wrong), key=_order)

    def only(self, value: Placed, known: Iterable[str], where: str = "") -> None:
        """Refuse words that are not known at a place."""
        for word in sorted(set(value) - set(known)):
            self.refuse((*value.path, word), f"unknown word {word!r}{where}", "", nearest(word, known))

    def renamed(self, value: Placed, names: Mapping[str, str]) -> Placed:
        """Put our own names for the words of a file; our names are no words of a file."""
        for word, own in names.items():
            if own in value:
                self.refuse((*value.path, own), f"unknown word {own!r}", "", f"did you mean {word}?")
        return Placed({names.get(word, word): item for word, item in value.items()}, value.path, value.line)


def _order(fault: Fault) -> tuple[str, int]:
    """Sort faults by file and line."""
    file, _, line = fault.where.rpartition(":")
    return (file, int(line)) if line.isdigit() else (fault.where, 0)
