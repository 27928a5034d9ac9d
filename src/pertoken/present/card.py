"""A look at cards as a sheet: what is wrong, what is likely wrong, and what each card says."""

from collections.abc import Sequence

from pertoken.present import faults
from pertoken.present.card_words import words
from pertoken.present.sheet import Column, Sheet, Table
from pertoken.rating.card import Card
from pertoken.rating.review import Review

CARD = (Column("card", "Card", "text"), Column("part", "Part", "text"), Column("says", "Says", "text"))


def sheet(review: Review, *, brief: bool = False) -> Sheet:
    """Lay out what a look at cards found: faults and doubts first, then the cards in words.

    Args:
        review: What was found.
        brief: True to write a fault in one sentence, for people.
    """
    tables = [
        faults.table("faults", "Wrong", review.faults, brief=brief),
        faults.table("doubts", "Likely wrong", review.doubts, brief=brief),
        _cards(review.cards),
    ]
    return Sheet(
        "Check of cards",
        f"{_count(review.cards, 'usable card')}, {_count(review.faults, 'fault')}, {_count(review.doubts, 'doubt')}.",
        tuple(table for table in tables if table.rows),
        {"cards": ", ".join(review.files)},
    )


def _count(items: Sequence[object], what: str) -> str:
    return f"{len(items)} {what}{'s' * (len(items) != 1)}"


def _cards(cards: Sequence[Card]) -> Table:
    rows = tuple((card.name, part, says) for card in cards for part, says in words(card))
    return Table("cards", "Cards in words", CARD, rows, total=False)
