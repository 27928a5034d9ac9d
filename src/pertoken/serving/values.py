"""Values: a number, or an array of numbers, one for each configuration; shapes broadcast."""

from typing import Any, TypeAlias

Values: TypeAlias = Any
"""A `float`, a numpy scalar, or an array: what numpy takes alike, its type checker does not."""
