"""Refusal: what a card says that rows of months can't hold, and what can."""

from pertoken.core.errors import Fault, InputError, PertokenError
from pertoken.rating.card import Card


def refused(card: Card, what: str, mend: str = "", line: int = 0) -> PertokenError:
    """Make the error that names a term of a card which a workbook can't hold.

    Args:
        card: The card.
        what: The term, and what it says.
        mend: What could be said instead.
        line: Line of the card's file.

    >>> print(refused(Card(name="pro", party="customer"), "the charge users counts distinct labels"))
    pro: the charge users counts distinct labels; expected what months by themselves can tell; the workbook can't hold \
it, but run, csv and json can
    """
    where = card.source or card.name
    said = "the workbook can't hold it, but run, csv and json can"
    place = f"{where}:{line}" if line and card.source else where
    return InputError.of(
        [Fault(place, what, "what months by themselves can tell", f"{mend}; {said}" if mend else said)]
    )
