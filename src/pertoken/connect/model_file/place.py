"""Places for formulas: what is a number there becomes an input of its own, named by its place."""

from typing import Any

from pertoken.connect.model_file.assumption import assumption
from pertoken.connect.model_file.numbers import written
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError
from pertoken.core.formula import formula as parsed
from pertoken.core.nodes import quoted


def formula(reading: Reading, said: Any, path: Path, name: str, unit: str) -> str:  # noqa: ANN401  unchecked input
    """Read a formula.

    Args:
        reading: Takes the input, where a number stands there.
        said: A formula, a number, or an assumption as a map.
        path: Where it stands.
        name: What the input is named.
        unit: Unit that the place needs.

    Returns:
        The formula; the input's name where it is one.
    """
    if isinstance(said, Placed) or _is_number(said):
        made = assumption(reading, said, path, name, unit)
        return quoted(reading.add(made, path)) if made is not None else "0"
    if isinstance(said, str) and said.strip():
        return said.strip()
    reading.refuse(path, f"{name} is {said!r}", "a number, or a formula as 12 * queries")
    return "0"


def formulas(reading: Reading, said: Any, path: Path, name: str, unit: str) -> dict[str, str]:  # noqa: ANN401  unchecked
    """Read formulas by name, all of one unit."""
    if said is None:
        return {}
    if not isinstance(said, Placed):
        reading.refuse(path, f"{name} is {said!r}", "names, each with a number or a formula")
        return {}
    return {word: formula(reading, part, (*path, word), f"{name}.{word}", unit) for word, part in said.items()}


def _is_number(said: Any) -> bool:  # noqa: ANN401  unchecked input
    """Whether all that stands there is a number, and not a number divided by a quantity."""
    if not isinstance(said, str) or written(said) is None:
        return written(said) is not None
    try:
        return not parsed(said).names
    except InputError:
        return True
