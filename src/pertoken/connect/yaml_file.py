"""YAML with line numbers, exact decimals and no surprises: `on` is a name, a key that stands twice is an error."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from pertoken.core.errors import Fault, InputError

Path = tuple[str | int, ...]

_QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C, ten times as fast, where PyYAML was built with it."""

_INT = re.compile(r"[-+]?\d[\d_]*")
_FLOAT = re.compile(r"[-+]?(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document and where its parts stand.

    Args:
        data: Plain dictionaries, lists, strings, integers, `Decimal`, booleans and None.
        lines: Line of each part by its path from the top.
        source: Name of the file.
    """

    data: Any
    lines: Mapping[Path, int]
    source: str

    def line(self, path: Path) -> int:
        """Find the line of a part, or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def place(self, path: Path) -> str:
        """Write the file and line of a part; the source alone where there are no lines, as with a dictionary."""
        return f"{self.source}:{self.line(path)}" if self.lines else self.source


def read(text: str, source: str) -> Document:
    """Read one YAML document.

    Raises:
        InputError: Not YAML, or a key stands twice; with file and line.
    """
    try:
        node = _composed(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError.of([Fault(f"{source}:{line}", f"not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise InputError.of([Fault(source, f"not YAML: {error}")]) from error
    if node is None:
        raise InputError.of([Fault(source, "the file is empty")])
    lines: dict[Path, int] = {}
    try:
        data = _build(node, (), lines, source)
    except RecursionError as error:
        raise InputError.of([Fault(source, "a part that contains itself", "plain YAML", "write it out")]) from error
    return Document(data, lines, source)


def _composed(text: str) -> yaml.Node | None:
    """Parse YAML; what the quick parser refuses the other one reads, or says more plainly what is wrong."""
    try:
        return yaml.compose(text, Loader=_QUICK)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _build(node: yaml.Node, path: Path, lines: dict[Path, int], source: str) -> Any:  # noqa: ANN401  any YAML value
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, i), lines, source) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in out:
                raise InputError.of([Fault(f"{source}:{line}", f"{name!r} stands twice in one place", "", "keep one")])
            lines[(*path, name)] = line
            out[name] = _build(value, (*path, name), lines, source)
        return out
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101  YAML has three kinds of nodes
    return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> Any:  # noqa: ANN401  any YAML value
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.fullmatch(text):
        return int(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        return Decimal(text.replace("_", ""))
    return text
