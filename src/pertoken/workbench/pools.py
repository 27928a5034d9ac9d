"""What pools hold, and how well commitments are used: questions put to books that are rated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pertoken.books.answer import Books
    from pertoken.books.balances import Balances
    from pertoken.books.coverage import Coverage

__all__ = ["balances", "coverage"]


def balances(books: "Books", by: Sequence[str] = ("pool", "month")) -> "dict[str, Balances]":
    """Tell what pools hold: what is paid and not yet used, what lapsed, what expires when.

    Args:
        books: From `statement`.
        by: customer (or another key of the contracts), card, pool, and at most one period (month).

    Returns:
        Balances by side: `revenue` for what customers have paid for (a liability), `cost` for what we have.

    Raises:
        InputError: No card has a pool, or no pool has such a key.
    """
    from pertoken.books.balances import balances as held  # noqa: PLC0415  only what is asked for is loaded

    return {side: held(books.rated[side], by) for side in _with_pools(books, ("revenue", "cost"))}


def coverage(books: "Books", by: str = "day") -> "Coverage":
    """Tell how well what we bought is used: committed, used and unused; needed, covered and bought on demand.

    Args:
        books: From `statement`, with the cards of what we pay.
        by: Period: hour, day, month, quarter or year.

    Raises:
        InputError: No card of the cost side has a pool, or no such period.
    """
    from pertoken.books.coverage import coverage as covered  # noqa: PLC0415  only what is asked for is loaded

    _with_pools(books, ("cost",))
    return covered(books.rated["cost"], by)


def _with_pools(books: "Books", sides: Sequence[str]) -> list[str]:
    from pertoken.core.errors import InputError  # noqa: PLC0415  only what is asked for is loaded

    found = [side for side in sides if any(card.pools for card in books.cards.get(side, ()))]
    if not found:
        names = ", ".join(card.name for side in sides for card in books.cards.get(side, ())) or "none"
        asked = " or ".join(f"--{side}" for side in sides)
        msg = f"no pool on the cards given ({names}); expected a card with `pools:` as {asked}"
        raise InputError(msg)
    return found
