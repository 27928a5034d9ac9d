"""Plans of other engines for tests: read, priced, refused."""

from decimal import Decimal

from pertoken.connect.cards import card_from
from pertoken.connect.plans import READERS
from tests.made import bill, usage


def read(engine, document, **meters):
    """What a document becomes; it must hold nothing that is refused."""
    made = READERS[engine](document, meters, "plan.json")
    assert not made.faults, "\n".join(map(str, made.faults))
    return made


def card(engine, document, **meters):
    """The one card of a document, in the words of the file."""
    (made,) = read(engine, document, **meters).cards
    return made


def refused(engine, document, **meters):
    """All that is refused, as text."""
    return "\n".join(map(str, READERS[engine](document, meters, "plan.json").faults))


def month(**units):
    """One customer's month; `calls=5` is 5 of the meter `x_calls`."""
    rows = [("acme", "2026-01", f"x_{name}", number) for name, number in units.items()]
    return usage("customer month meter", *rows)


def billed(words, **units):
    """What a month costs under a card in words."""
    return bill(month(**{name: Decimal(str(number)) for name, number in units.items()}), card_from(words))
