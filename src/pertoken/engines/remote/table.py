"""A table of usage where it lives: what it is called, its columns as Ibis expressions, what they mean."""

from dataclasses import dataclass
from typing import Any

from pertoken.usage.schema import Binding

Expr = Any
"""An expression of Ibis, which is published without types."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table, opened: nothing has travelled yet.

    Args:
        name: What it is called, without a password.
        rows: The table of Ibis; fields of records are columns of their own.
        dialect: Engine that it lives in, by Ibis' name.
        binding: What its columns mean.
        walls: First and last time by the clock of the zone that times without one are of [s]; None if no zone is said.
        layout: The format that it is read as, as people call it.
        says: What was understood of its format, in words.
    """

    rows: Expr
    name: str
    dialect: str
    binding: Binding
    walls: tuple[int, int] | None = None
    layout: str = ""
    says: tuple[str, ...] = ()

    @property
    def source(self) -> "Table":
        """Where the log lies: in the table itself."""
        return self

    @property
    def types(self) -> dict[str, Expr]:
        """Column to its type."""
        return dict(self.rows.schema().items())

    def column(self, name: str) -> Expr:
        """Return a column."""
        return self.rows[name]
