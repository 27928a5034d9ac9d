"""Small enough to read: a function on one screen, a module in one sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house import tree

FUNCTION_LINES = 60
MODULE_LINES = 400


def functions(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree.parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield lines, f"{tree.place(path)}:{node.lineno} {node.name}"


def report(sizes: list[tuple[int, str]], limit: int) -> str:
    return "\n".join(f"{lines:5} lines, {limit} allowed: {name}" for lines, name in sorted(sizes, reverse=True))


def test_no_function_is_longer_than_a_screen():
    long = [size for path in tree.modules() for size in functions(path) if size[0] > FUNCTION_LINES]
    assert not long, report(long, FUNCTION_LINES)


def test_no_module_is_longer_than_a_sitting():
    sizes = [(len(path.read_text(encoding="utf-8").splitlines()), tree.place(path)) for path in tree.modules()]
    long = [size for size in sizes if size[0] > MODULE_LINES]
    assert not long, report(long, MODULE_LINES)
