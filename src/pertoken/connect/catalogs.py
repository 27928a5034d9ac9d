"""Catalogs by the name or file that a user says: one price book, and overlays that lie on top of it."""

from collections.abc import Sequence
from pathlib import Path

from pertoken.catalog.book import Catalog
from pertoken.core.errors import InputError

BUNDLED = "genai-prices"
"""The catalog that is used when none is said."""


def read_catalog(name: str | Path = BUNDLED, overlays: Sequence[str | Path] = ()) -> Catalog:
    """Read a price book and what lies on top of it.

    Args:
        name: A catalog by name, or a file with one.
        overlays: Files whose rates go before those of the catalog, the last before all.

    Returns:
        One catalog.

    Raises:
        InputError: There is no such catalog, or a file says what can't be.
    """
    if str(name) == BUNDLED and not overlays:
        from pertoken.connect.genai import catalog  # noqa: PLC0415  costs time, and only some questions need it

        return catalog()
    msg = f"can't read the catalog {str(name)!r}; known is {BUNDLED}"
    raise InputError(msg)
