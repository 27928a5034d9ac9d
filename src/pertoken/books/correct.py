"""Correct: late events after an invoice make lines of correction; what was issued is never edited."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pertoken.books.invoice import Invoice, InvoiceLine, Place
from pertoken.rating.words import number

DUST = Decimal("1e-12")
"""What a file of an invoice doesn't hold: numbers have 12 decimals there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a line of an issued invoice is short of, or beyond.

    Args:
        line: The line as it is now; where it is no longer due, as it was, with an amount of zero.
        period: The invoice that it corrects.
        before: What was billed. [currency]
        now: What it comes to now. [currency]
        reason: Why, in words.
    """

    line: InvoiceLine
    period: str
    before: Decimal
    now: Decimal
    reason: str

    @property
    def difference(self) -> Decimal:
        """What is billed in addition, or paid back if negative. [currency]."""
        return self.now - self.before


def corrections(issued: Sequence[InvoiceLine], now: Invoice) -> list[Correction]:
    """Compare what was billed with what the books say now.

    Args:
        issued: Lines of the invoice, and of the corrections since; those of one place add up.
        now: The invoice as it would be made now.

    Returns:
        A correction for each line whose amount changed: issued + corrections = the total now.
    """
    was, new = _by_place(issued), _by_place(now.lines)
    out = []
    for place in dict.fromkeys([*new, *was]):
        old, line = was.get(place), new.get(place)
        before, after = (each.amount if each else Decimal(0) for each in (old, line))
        if abs(after - before) > DUST:
            shown = line or old
            assert shown is not None  # noqa: S101  one of the two has the place
            shown = shown if line else replace(shown, amount=Decimal(0))
            out.append(Correction(line=shown, period=now.period, before=before, now=after, reason=_reason(old, line)))
    return out


def _by_place(lines: Sequence[InvoiceLine]) -> dict[Place, InvoiceLine]:
    """Add lines of one place up; words and quantities are those of the last."""
    out: dict[Place, InvoiceLine] = {}
    for line in lines:
        before = out.get(line.place)
        out[line.place] = replace(line, amount=line.amount + before.amount) if before else line
    return out


def _reason(old: InvoiceLine | None, new: InvoiceLine | None) -> str:
    if old is None:
        return "was not on the invoice"
    if new is None:
        return "no longer due"
    words = []
    if old.quantity is not None and new.quantity is not None and abs(new.quantity - old.quantity) > DUST:
        words.append(" ".join(f"{number(new.quantity)} {new.unit}".split()) + f" instead of {number(old.quantity)}")
    if new.unit_price != old.unit_price and new.unit_price is not None and old.unit_price is not None:
        words.append(f"at {number(new.unit_price)} instead of {number(old.unit_price)}")
    return ", ".join(words) or "follows from the other lines"
