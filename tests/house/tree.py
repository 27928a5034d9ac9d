"""The files of the house, as git sees them."""

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "pertoken"
PURE_ROOMS = (
    "core",
    "catalog",
    "usage",
    "rating",
    "levers",
    "serving",
    "traffic",
    "forecast",
    "books",
    "scenario",
    "actuals",
)


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file that is, or could be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = {ROOT / name for name in listed.split("\0") if name}
    return tuple(sorted(path for path in paths if path.is_file()))


def text(path: Path) -> str | None:
    """The text of a file, or nothing if it is binary."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None


def pages() -> list[Path]:
    """Every page in Markdown."""
    return [path for path in files() if path.suffix == ".md"]


def modules(*rooms: str) -> list[Path]:
    """The modules of some rooms, or of all."""
    tops = [SOURCE / room for room in rooms] if rooms else [SOURCE]
    return sorted(path for top in tops for path in [*top.rglob("*.py"), *top.parent.glob(f"{top.name}.py")])


def place(path: Path) -> str:
    """A path as the reader knows it."""
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
