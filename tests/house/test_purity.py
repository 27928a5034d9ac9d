"""Floors 0 to 4 take files, clocks and chance as arguments. `make imports` holds their imports; this is the rest."""

import ast
import tomllib
from collections.abc import Iterator

import pytest

from tests.house import tree

IMPURE_CALLS = {"open", "print", "input", "breakpoint", "exec", "eval", "__import__"}
CLOCKS = {"now", "today", "utcnow"}
SEEDED = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "PCG64DXSM", "Philox"}


def is_numpy_random(node: ast.expr) -> bool:
    return ast.unparse(node) in {"np.random", "numpy.random"}


def impurities(module: ast.AST) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in IMPURE_CALLS:
                yield f"{node.lineno}: {name}()"
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
                yield f"{node.lineno}: .{name}(): take the day as an argument"
            case ast.Call(func=ast.Attribute(attr="default_rng"), args=[], keywords=[]):
                yield f"{node.lineno}: default_rng(): take the generator as an argument"
            case ast.Attribute(value=value, attr=name) if is_numpy_random(value) and name not in SEEDED:
                yield f"{node.lineno}: np.random.{name}: take a generator as an argument"


def test_pure_rooms_ask_nothing_of_the_world():
    found = [
        f"{tree.place(path)}:{what}" for path in tree.modules(*tree.PURE_ROOMS) for what in impurities(tree.parse(path))
    ]
    assert not found, "\n".join(found)


def test_every_pure_room_is_in_the_import_contract():
    settings = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (pure,) = (set(contract["source_modules"]) for contract in contracts if contract["type"] == "forbidden")
    built = {f"pertoken.{room}" for room in tree.PURE_ROOMS if tree.modules(room)}
    assert built <= pure, f"add to the contract in pyproject.toml: {sorted(built - pure)}"


@pytest.mark.parametrize(
    "source",
    [
        "open('prices.csv')",
        "print(total)",
        "on = date.today()",
        "at = datetime.datetime.now(tz=UTC)",
        "np.random.seed(0)",
        "draws = np.random.normal(size=7)",
        "rng = np.random.default_rng()",
    ],
)
def test_an_impure_line_is_found(source):
    assert list(impurities(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "def draw(rng: np.random.Generator) -> Array: return rng.normal(size=7)",
        "rng = np.random.default_rng(seed)",
        "total = amounts.sum(axis=-1)",
    ],
)
def test_a_pure_line_passes(source):
    assert not list(impurities(ast.parse(source)))
