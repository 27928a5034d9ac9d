"""Rows of a small file that people write by hand: a CSV with a header, or YAML with a list of maps."""

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pertoken.connect.text_file import text_of
from pertoken.connect.yaml_file import read
from pertoken.core.errors import Fault, InputError

Row = tuple[str, Mapping[str, str]]
"""Where a row stands, and its columns as text; what is not said is empty."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is expected to be, for messages.

    Args:
        what: What its rows are, as `contracts`.
        needs: Columns of which a CSV must have at least one.
        columns: All columns, in words.
        example: A row of it in YAML.
    """

    what: str
    needs: Collection[str]
    columns: str
    example: str


def rows(path: str | Path, kind: Kind) -> list[Row]:
    """Read the rows of a file.

    Raises:
        InputError: It can't be read, or is neither a table with these columns nor a list of maps.
    """
    name = str(path)
    text = text_of(name, kind.what, f"a CSV file with {kind.columns}")
    return list(_yaml(text, name, kind) if Path(name).suffix in (".yaml", ".yml") else _csv(text, name, kind))


def _csv(text: str, name: str, kind: Kind) -> Iterator[Row]:
    table = csv.DictReader(text.splitlines())
    if not {(word or "").strip() for word in table.fieldnames or ()} & set(kind.needs):
        found = f"columns {', '.join(table.fieldnames or ())}"
        raise InputError.of([Fault(f"{name}:1", found, kind.columns)])
    for row in table:
        place = f"{name}:{table.line_num}"
        if None in row:
            found = "more cells than columns"
            raise InputError.of([Fault(place, found, "a cell for each column", "quote a cell that has a comma")])
        yield place, {key.strip(): (value or "").strip() for key, value in row.items() if key}


def _yaml(text: str, name: str, kind: Kind) -> Iterator[Row]:
    document = read(text, name)
    if not isinstance(document.data, list):
        raise InputError.of([Fault(f"{name}:1", "not a list", f"a list of {kind.example}")])
    for i, row in enumerate(document.data):
        said = row if isinstance(row, dict) else {}
        yield document.place((i,)), {key: "" if value is None else str(value) for key, value in said.items()}
