"""Cards as people name them: files, the market's list prices, records; one by one, or both sides of the books."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pertoken.catalog.book import rates_of
from pertoken.catalog.prices import Rate
from pertoken.catalog.words import named
from pertoken.core.errors import CardError, Fault, InputError, UnpricedUsage
from pertoken.rating.card import Card
from pertoken.workbench.costs import Prices
from pertoken.workbench.costs import prices as opened

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from pertoken.books.bill import Bill
    from pertoken.books.entries import Entry, Quantity
    from pertoken.engines.duckdb import Log
    from pertoken.rating.review import Review

CATALOG = "catalog"
"""As a card: the market's list prices, for the model that each line names (`catalog`) or for one (`catalog:gpt-4o`)."""

Aside = Literal["raise", "report"]

MOST_UNKNOWN = 8
"""So many names without a price are spelled out."""


def sides(
    log: "Log",
    said: Mapping[str, Iterable[str | Card]],
    unpriced: Aside,
    catalog: Prices = None,
    *,
    also: Sequence[str] = (),
) -> dict[str, tuple[Card, ...]]:
    """Read the cards of each side; all must be of one currency. List prices are also those of models said besides."""
    given = {side: tuple(_cards(list(own), log, side, unpriced, catalog, also=also)) for side, own in said.items()}
    cards = {side: own for side, own in given.items() if own}
    if not cards:
        msg = (
            "no card; say what it costs with --cost CARD or what it earns with --revenue CARD "
            "(`--cost catalog` for list prices)"
        )
        raise InputError(msg)
    found = {card.currency: card.source or card.name for own in cards.values() for card in own}
    if len(found) > 1:
        each = " and ".join(f"{source} is in {currency}" for currency, source in sorted(found.items()))
        msg = f"{each}; one statement is in one currency; bring the cards to one first"
        raise CardError(msg)
    return cards


def plans(
    log: "Log", said: Mapping[str, Iterable[str | Card]], unpriced: Aside, catalog: Prices = None
) -> dict[str, tuple[Card, ...]]:
    """Read the cards of plans that are compared, and of their cost."""
    return {
        side: tuple(_cards(list(own), log, "cost" if side == "cost" else "revenue", unpriced, catalog, said_as=side))
        for side, own in said.items()
    }


def _cards(
    said: Sequence[str | Card],
    log: "Log",
    side: str,
    unpriced: Aside,
    catalog: Prices,
    *,
    said_as: str = "",
    also: Sequence[str] = (),
) -> Iterable[Card]:
    from pertoken.connect.cards import read_cards  # noqa: PLC0415

    for each in said:
        if isinstance(each, Card):
            made = [each]
        elif each == CATALOG or each.startswith(f"{CATALOG}:"):
            made = [_catalog_card(log, each.partition(":")[2], unpriced, catalog, also)]
        else:
            made = read_cards(each)
        for card in made:
            if card.account != side:
                words = {"cost": "a vendor's card (`card:`)", "revenue": "a plan of ours (`plan:` or `plans:`)"}
                given = f"{card.source or card.name} is given as {said_as or side}"
                msg = f"{given}, which needs {words[side]}; it is of party {card.party}"
                raise CardError(msg)
            yield card


def _catalog_card(log: "Log", as_model: str, unpriced: Aside, catalog: Prices, also: Sequence[str]) -> Card:
    """The catalog's rates for the models of a log, under the names that the log gives them."""
    from pertoken.engines.engine import engine  # noqa: PLC0415  the calculator must start fast

    book = opened(catalog)
    rates: dict[Rate, None] = {}
    unknown: list[str] = []
    has_provider = "provider" in log.binding.keys
    said = engine(log).labels(log, ("provider", "model", "region"))
    for provider, model, region in [*said, *(("", each, "") for each in also)]:
        if not model and not as_model:
            unknown.append("the log names no model on some rows; say --cost catalog:MODEL to price them as one")
            continue
        try:
            found = rates_of(book, as_model or model, provider="" if as_model else provider, region=region)
        except (InputError, UnpricedUsage) as error:
            unknown.append(str(error))
        else:
            seller = provider if has_provider else ""
            rates |= dict.fromkeys(replace(rate, model=model, provider=seller, listed_as=rate.id) for rate in found)
    if unknown and (unpriced == "raise" or not rates):
        raise _without_price(list(dict.fromkeys(unknown)), aside=bool(rates) or unpriced == "raise")
    return Card(
        name=f"catalog:{as_model}" if as_model else CATALOG,
        party="vendor",
        rates=tuple(rates),
        rounding=None,
        source=named(book),
        currency=_one_currency(tuple(rates)),
    )


def _without_price(unknown: Sequence[str], *, aside: bool) -> UnpricedUsage:
    """Say which models have no price, the first ones spelled out; what is all of a log can't be set aside."""
    more = len(unknown) - MOST_UNKNOWN
    mend = "Price it on a card of your own" + (", or set it aside with --unpriced report." if aside else ".")
    lines = [*unknown[:MOST_UNKNOWN], *([f"and {more:,} more names without a price"] if more > 0 else []), mend]
    return UnpricedUsage("\n".join(lines))


def _one_currency(rates: Sequence[Rate]) -> str:
    found = sorted({rate.currency for rate in rates})
    if len(found) > 1:
        each = ", ".join(f"{next(r.model for r in rates if r.currency == name)} in {name}" for name in found)
        msg = f"list prices of the log's models are in several currencies: {each}; bring them to one on a card"
        raise CardError(msg)
    return found[0] if found else "USD"


def side_of(card: str | Card) -> str:
    """The side of the books that a card is of."""
    from pertoken.connect.cards import read_cards  # noqa: PLC0415  the calculator must start fast

    if isinstance(card, str) and card.partition(":")[0] == CATALOG:
        return "cost"
    return card.account if isinstance(card, Card) else read_cards(card)[0].account


def check(files: "Iterable[str | Path]") -> "Review":
    """Look at cards: what is wrong with them, and what is likely wrong.

    Args:
        files: YAML files of cards; `file.yaml#name` picks one plan.

    Returns:
        The cards that can be used, faults of the others, doubts.
    """
    from pertoken.connect.cards import read_cards  # noqa: PLC0415  the calculator must start fast
    from pertoken.rating.doubt import doubts  # noqa: PLC0415
    from pertoken.rating.review import Review  # noqa: PLC0415

    names = tuple(map(str, files))
    cards: list[Card] = []
    faults: list[Fault] = []
    for name in names:
        try:
            cards += read_cards(name)
        except (CardError, InputError) as error:
            faults += error.faults or [Fault("", str(error))]
    unsure = tuple(doubt for card in cards for doubt in doubts(card))
    return Review(files=names, cards=tuple(cards), faults=tuple(faults), doubts=unsure)


def bill(
    card: "Card | Mapping[str, Any] | str | Path",
    usage: "Quantity | Sequence[Entry]",
    *,
    on: "date | None" = None,
    start: "date | None" = None,
    end: "date | None" = None,
    labels: Mapping[str, str] | None = None,
    span: "tuple[date, date] | None" = None,
    timezone: str = "UTC",
) -> "Bill":
    """Rate a quantity, or a dated list of quantities, of one contract under a card; see `pertoken.books.bill.bill`.

    Args:
        card: A card, a dictionary of the same shape as the YAML file, or the file.
        usage: A number, meters with their numbers, or a list of `(when, quantity)`; an empty list is no usage.
        on: When, for a bare quantity.
        start: First day of the contract.
        end: The day on which the contract is over.
        labels: Keys that the card asks for, for all entries.
        span: First day of the books and the day after their last.
        timezone: Zone of the times.

    >>> plan = {"plan": "p", "prices": {"tokens": {"measure": {"sum": "output_tokens"}, "curve": {"mode": "marginal",
    ...     "tiers": [{"up_to": 10, "rate": "1"}, {"rate": "0.5"}]}}}}
    >>> print(bill(plan, 25).billed)
    17.5
    """
    from pertoken.books.bill import bill as rated  # noqa: PLC0415  the calculator must start fast

    one = _one(card)
    return rated(one, usage, on=on, start=start, end=end, labels=labels, span=span, timezone=timezone)


def by_entry(
    card: "Card | Mapping[str, Any] | str | Path",
    usage: "Sequence[Entry]",
    *,
    start: "date | None" = None,
    end: "date | None" = None,
    labels: Mapping[str, str] | None = None,
    span: "tuple[date, date] | None" = None,
    timezone: str = "UTC",
) -> tuple["Decimal", ...]:
    """Find what each entry adds to what is billed; see `pertoken.books.bill.by_entry`.

    Args:
        card: A card, a dictionary of the same shape as the YAML file, or the file.
        usage: A list of `(when, quantity)`.
        start: First day of the contract.
        end: The day on which the contract is over.
        labels: Keys that the card asks for, for all entries.
        span: First day of the books and the day after their last.
        timezone: Zone of the times.

    Returns:
        Money of each entry; they add up to the bill. [currency]
    """
    from pertoken.books.bill import by_entry as rated  # noqa: PLC0415  the calculator must start fast

    return rated(_one(card), usage, start=start, end=end, labels=labels, span=span, timezone=timezone)


def _one(card: "Card | Mapping[str, Any] | str | Path") -> Card:
    """Read one card."""
    from pertoken.connect.cards import card_from, read_cards  # noqa: PLC0415  the calculator must start fast

    if not isinstance(card, (str, Path)):
        return card if isinstance(card, Card) else card_from(card)
    cards = read_cards(card)
    if len(cards) != 1:
        names = ", ".join(each.name for each in cards)
        msg = f"{card} has {len(cards)} plans: {names}; say which, as {card}#{cards[0].name}"
        raise CardError(msg)
    return cards[0]
