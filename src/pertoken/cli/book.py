"""Options that say which price book is used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pertoken.cli.options import gathered

if TYPE_CHECKING:
    from pertoken.catalog.book import Catalog

BOOK = (
    click.option("--catalog", metavar="NAME|FILE",
                 help="List prices to use: a catalog by name, or a file with one; genai-prices if not said."),
    click.option("--overlay", multiple=True, metavar="FILE",
                 help="Rates that go before those of the catalog. May be given again, the last goes before all."),
)  # fmt: skip
"""Which list prices are used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A price book, as the command line says it.

    Args:
        catalog: Name or file; None for the bundled one.
        overlay: Files that lie on top of it.
    """

    catalog: str | None
    overlay: tuple[str, ...]

    def read(self) -> "Catalog":
        """Read it."""
        from pertoken.connect.catalogs import BUNDLED, read_catalog

        return read_catalog(self.catalog or BUNDLED, self.overlay)

    def book(self) -> "Catalog | None":
        """Read it if it was said; None for the bundled one, which is only read where it is needed."""
        return self.read() if self.catalog or self.overlay else None


def book_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which prices are used; the command is given them as one `book`."""
    return gathered(command, BOOK, "book", Book)
