"""One function for each question. The command line, the web page and the notebook all walk through these."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pertoken.books.quote import Call, Quote, Quotes, call, quote
from pertoken.catalog.book import Catalog, rates_of
from pertoken.catalog.prices import Rate
from pertoken.core.errors import CardError, Fault, InputError, UnpricedUsage
from pertoken.core.lines import Usage
from pertoken.core.meters import meter
from pertoken.core.period import begins, ends, zone
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.rating.rate import rate

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pertoken.books.answer import Billed, Books, Simulated
    from pertoken.books.bill import Bill
    from pertoken.engines.duckdb import Log, Watch
    from pertoken.present.view import View
    from pertoken.rating.explain import Step
    from pertoken.rating.review import Review
    from pertoken.usage.question import Question
    from pertoken.usage.report import Report
    from pertoken.usage.schema import LogMapping

CATALOG = "catalog"
"""As a card: the market's list prices, for the model that each line names (`catalog`) or for one (`catalog:gpt-4o`)."""

Aside = Literal["raise", "report"]

Contracts = Sequence[Contract] | str | Path
"""Contracts, or the file that has them."""

__all__ = ["Call", "Quote", "Quotes", "call", "check", "explain", "invoice", "price", "sheet", "statement"]


def price(
    models: Sequence[str] = (),
    *,
    rates: Mapping[str, Decimal | str] | None = None,
    calls: Call,
    on: date,
    catalog: Catalog | None = None,
) -> Quotes:
    """Price calls on models of the catalog, or at rates given.

    Args:
        models: Names of models, with or without their provider; one said twice counts once.
        rates: Leaf meter to money for one unit, in USD; instead of models.
        calls: What is to be priced.
        on: Day whose prices hold.
        catalog: Prices to use; the bundled ones if None.

    Returns:
        A quote for each model, the cheapest first.

    Raises:
        UnknownModel: A name that the catalog doesn't have.
        UnpricedUsage: No quote at all, since a price is missing.
    """
    names = dict.fromkeys(models)
    cards = [_rates_card(rates)] if rates else [_model_card(name, catalog or _catalog()) for name in names]
    if not cards:
        msg = "nothing to price with; name a model, as `pertoken price gpt-4o`, or rates, as --rate input=0.015/1K"
        raise InputError(msg)
    quotes, unpriced = [], []
    for card in cards:
        try:
            quotes.append(quote(card, calls, on))
        except UnpricedUsage as error:
            unpriced.append(f"{card.name}: {str(error).splitlines()[0]}")
    if not quotes:
        raise UnpricedUsage("\n".join(unpriced))
    return Quotes(tuple(sorted(quotes, key=lambda q: q.total)), tuple(unpriced))


def _rates_card(rates: Mapping[str, Decimal | str]) -> Card:
    made = tuple(Rate(model="", meter=meter(name).name, price=Decimal(each)) for name, each in rates.items())
    if "reasoning_tokens" not in rates and "output_tokens" in rates:
        made += (Rate(model="", meter="reasoning_tokens", price=Decimal(rates["output_tokens"])),)
    return Card(name="rates given", party="vendor", rates=made, rounding=None, source="command line")


def _model_card(name: str, catalog: Catalog) -> Card:
    rates = tuple(replace(rate, model="", provider="") for rate in rates_of(catalog, name))
    return Card(name=name, party="vendor", rates=rates, rounding=None, source=catalog.name)


def _catalog() -> Catalog:
    from pertoken.connect.genai import catalog  # noqa: PLC0415  costs time, and only some questions need it

    return catalog()


def statement(
    log: "str | Path",
    *,
    cost: Iterable[str | Card] = (),
    revenue: Iterable[str | Card] = (),
    by: Sequence[str] = (),
    mapping: "LogMapping | str | Path | None" = None,
    period: str = "",
    timezone: str = "UTC",
    exact: bool = True,
    unpriced: Aside = "raise",
    rejects: bool = False,
    amount: str = "effective",
    on: date | None = None,
    contracts: Contracts = (),
    start: date | None = None,
    end: date | None = None,
    rollup: "str | Path | None" = None,
    watch: "Watch | None" = None,
) -> "Books":
    """Rate a log on both sides and fold it to a statement: revenue, cost, margin.

    Args:
        log: File, folder, glob or `file.duckdb::table` of requests or usage; or a roll-up kept earlier.
        cost: Cards of what we pay: YAML files, `catalog`, `catalog:MODEL`, or records of `Card`.
        revenue: Cards of what we are paid.
        by: Keys to report by: customer, model, month, feature, or any column of the log; if empty, the first of
            customer, model and month that the log has.
        mapping: What the log's columns mean, where their names don't say.
        period: The month (or day, quarter, year) that a log without times is of.
        timezone: Zone in which periods are reckoned.
        exact: True for decimals, False for floats.
        unpriced: `raise` when usage has no price, `report` to set it aside.
        rejects: True to set rows aside that can't be used.
        amount: Which amount to show: list, contracted, effective or billed.
        on: Day whose prices hold where the log has no times; the end of its period if None.
        contracts: When contracts begin and end: a CSV or YAML file, or records of `Contract`; without, a contract runs
            from its first period with usage to its last.
        start: First day of the books; that of the log if None. What is before is left out.
        end: The day after the last day of the books; that of the log if None.
        rollup: File to keep the folded usage in.
        watch: Told how far the fold is, 0 to 1.

    Returns:
        Books with the statement, the ledgers behind it, and what was left out.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    with reading(log, mapping, period, timezone) as opened:
        cards = _sides(opened, {"cost": cost, "revenue": revenue}, unpriced)
        by = by or (next((key for key in ("customer", "model") if key in opened.binding.keys), "month"),)
        keys = tuple(dict.fromkeys((*by, *(["customer"] if "customer" in opened.binding.keys else []))))
        every = [card for own in cards.values() for card in own]
        terms = Terms(stated(contracts), start, end, timezone)
        usage, report, asked = folded(opened, every, keys, terms=terms, on=on, rejects=rejects, watch=watch)
    keep = unpriced == "report"
    books = _booked(usage, report, cards, keys, exact=exact, keep=keep, kind=amount, by=tuple(by), terms=terms)
    if rollup is not None:
        from pertoken.engines import duckdb as engine  # noqa: PLC0415  the calculator must start fast

        engine.keep(usage, asked, rollup)
    return books


@dataclass(frozen=True, slots=True)
class Terms:
    """The time of the books, and the contracts in it.

    Args:
        contracts: When contracts begin and end.
        start: First day of the books; None for that of the log.
        end: The day after their last; None for that of the log.
        timezone: Zone in which periods are reckoned.
    """

    contracts: tuple[Contract, ...] = ()
    start: date | None = None
    end: date | None = None
    timezone: str = "UTC"

    @property
    def grain(self) -> tuple[str, ...]:
        """The period that the usage must be known by."""
        days = [day for day in (self.start, self.end) if day]
        return () if not days else ("day",) if any(day.day != 1 for day in days) else ("month",)

    def within(self, usage: Usage) -> Usage:
        """Keep the usage of the time of the books."""
        if not self.grain:
            return usage
        first, last = self._edges(usage)
        key = usage.period(self.grain[0])
        begin = begins(key.labels)[key.codes]
        return usage.pick((begin >= np.datetime64(first)) & (begin < np.datetime64(last)))

    def said(self, usage: Usage) -> dict[str, Any]:
        """What rating is told."""
        return {
            "contracts": self.contracts,
            "timezone": self.timezone,
            "span": self._edges(usage) if self.grain else None,
        }

    def _edges(self, usage: Usage) -> tuple[date, date]:
        key = usage.period(self.grain[0])
        known = [label for label in key.labels if label]
        first, last = (edges(known)[0].min(), edges(known)[1].max()) if known else (None, None)
        begin = self.start or (first.astype("datetime64[D]").astype(date) if first is not None else self.end)
        over = self.end or (last.astype("datetime64[D]").astype(date) if last is not None else self.start)
        if begin is None or over is None or begin >= over:
            msg = f"the books run from {begin} to {over}; expected a first day before the day after the last"
            raise InputError(msg)
        return begin, over


def edges(labels: Sequence[str]) -> tuple[Any, Any]:
    """Find when periods begin and end."""
    return begins(labels), ends(labels)


def stated(said: Contracts) -> tuple[Contract, ...]:
    """Read contracts, where they are said as a file."""
    if isinstance(said, (str, Path)):
        from pertoken.connect.contracts import read_contracts  # noqa: PLC0415

        return read_contracts(said)
    return tuple(said)


def bill(card: "Card | Mapping[str, Any] | str | Path", usage: Any, **said: Any) -> "Bill":  # noqa: ANN401  see books.bill
    """Rate a quantity, or a dated list of quantities, of one contract under a card; see `pertoken.books.bill.bill`.

    Args:
        card: A card, a dictionary of the same shape as the YAML file, or the file.
        usage: A number, meters with their numbers, or a list of `(when, quantity)`.
        **said: `on`, `start`, `end`, `labels`, `span`, `timezone`.

    >>> plan = {"plan": "p", "prices": {"tokens": {"measure": {"sum": "output_tokens"}, "curve": {"mode": "marginal",
    ...     "tiers": [{"up_to": 10, "rate": "1"}, {"rate": "0.5"}]}}}}
    >>> print(bill(plan, 25).billed)
    17.5
    """
    from pertoken.books.bill import bill as rated  # noqa: PLC0415  the calculator must start fast
    from pertoken.connect.cards import card_from, read_cards  # noqa: PLC0415

    if isinstance(card, (str, Path)):
        cards = read_cards(card)
        if len(cards) != 1:
            msg = f"{card} has {len(cards)} plans: {', '.join(c.name for c in cards)}; say which, as {card}#{cards[0].name}"
            raise CardError(msg)
        return rated(cards[0], usage, **said)
    return rated(card if isinstance(card, Card) else card_from(card), usage, **said)


def reading(
    log: "str | Path", mapping: "LogMapping | str | Path | None", period: str, timezone: str
) -> "AbstractContextManager[Log]":
    """Open a log as it is said to be read."""
    from pertoken.engines import duckdb as engine  # noqa: PLC0415  the calculator must start fast

    zone(timezone)
    return engine.opened(log, _mapping(mapping, period))


def folded(
    opened: "Log",
    cards: Sequence[Card],
    keys: Sequence[str],
    *,
    terms: Terms,
    on: date | None,
    rejects: bool,
    watch: "Watch | None",
) -> "tuple[Usage, Report, Question]":
    """Fold a log to what some cards and a reader ask for, and keep what lies in the time of the books."""
    from pertoken.engines import duckdb as engine  # noqa: PLC0415  the calculator must start fast
    from pertoken.rating.needs import question  # noqa: PLC0415

    asked = question(cards, (*keys, *terms.grain), timezone=terms.timezone, contracts=terms.contracts)
    usage, report = engine.fold(opened, asked, on=on.isoformat() if on else "", rejects=rejects, watch=watch)
    return terms.within(usage), report, asked


def _booked(
    usage: Usage,
    report: "Report",
    cards: Mapping[str, tuple[Card, ...]],
    keys: Sequence[str],
    *,
    exact: bool,
    keep: bool,
    kind: str,
    by: tuple[str, ...],
    terms: Terms,
) -> "Books":
    from pertoken.books.allocate import allocate  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.answer import Books  # noqa: PLC0415
    from pertoken.books.statement import statement as fold_statement  # noqa: PLC0415

    rated = {
        side: rate(usage, own, exact=exact, unpriced="keep" if keep else "raise", **terms.said(usage))
        for side, own in cards.items()
    }
    ledgers = {side: allocate(r.parts, keys) for side, r in rated.items()}
    currency = next(iter(cards.values()))[0].currency
    whole = fold_statement(usage, ledgers, keys, currency=currency, kind=kind)
    return Books(usage, report, cards, ledgers, {side: r.unpriced for side, r in rated.items()}, whole, by, rated)


def explain(books: "Books", chosen: Mapping[str, str], *, amount: str = "effective") -> dict[str, "list[Step]"]:
    """Reckon what stands in the books for some labels again, line by line, down to the card's own line.

    Args:
        books: From `statement`, with exact money and by the keys chosen.
        chosen: Key to label, as `{"customer": "acme", "month": "2026-01"}`.
        amount: Which amount: list, contracted, effective or billed.

    Returns:
        Steps by side, in order; their amounts add up to the ledger's.
    """
    from pertoken.rating.explain import explain as walk  # noqa: PLC0415  the calculator must start fast

    return {
        side: list(walk(rated, chosen, kind=amount, shared=books.ledgers[side]).steps)
        for side, rated in books.rated.items()
    }


def invoice(
    card: str | Card,
    log: "str | Path",
    *,
    month: str,
    customer: str = "",
    **how: Any,  # noqa: ANN401  as `statement` takes them
) -> "Billed":
    """Bill a customer for a month of a log.

    Args:
        card: YAML file, `file.yaml#plan`, or a record of `Card`.
        log: As for `statement`.
        month: As 2026-01; of a card with cycles of its own, the cycle that begins in it.
        customer: Whose; empty for a card of one account.
        **how: How the log is read, as for `statement`: `mapping`, `period`, `timezone`, `unpriced`, `rejects`, `on`,
            `contracts`, `start`, `end`, `watch`.

    Returns:
        The invoice, and what was read.

    Raises:
        PertokenError: What is wrong with the log or the card, and the mend.
    """
    from pertoken.books.answer import Billed  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.invoice import invoice as made_of  # noqa: PLC0415
    from pertoken.core.period import check as check_period  # noqa: PLC0415

    check_period(month, "month")
    side = _side(card)
    own: dict[str, Any] = {side: [card], **how}
    books = statement(log, by=("month",), amount="billed", **own)
    labels = {"customer": customer} if customer else {}
    return Billed(made_of(books.rated[side], labels, month), books.report, books.unpriced[side])


def _side(card: str | Card) -> str:
    """The side of the books that a card is of."""
    from pertoken.connect.cards import read_cards  # noqa: PLC0415  the calculator must start fast

    if isinstance(card, str) and card.partition(":")[0] == CATALOG:
        return "cost"
    return card.account if isinstance(card, Card) else read_cards(card)[0].account


def plans(log: "Log", said: Mapping[str, Iterable[str | Card]], unpriced: Aside) -> dict[str, tuple[Card, ...]]:
    """Read the cards of plans that are compared, and of their cost."""
    return {
        side: tuple(_cards(list(own), log, "cost" if side == "cost" else "revenue", unpriced, said_as=side))
        for side, own in said.items()
    }


def _mapping(said: "LogMapping | str | Path | None", period: str) -> "LogMapping | None":
    from pertoken.connect.mappings import read_mapping, with_period  # noqa: PLC0415
    from pertoken.usage.schema import LogMapping  # noqa: PLC0415

    mapping = said if said is None or isinstance(said, LogMapping) else read_mapping(said)
    return with_period(mapping, period) if period else mapping


def _sides(log: "Log", said: Mapping[str, Iterable[str | Card]], unpriced: Aside) -> dict[str, tuple[Card, ...]]:
    """Read the cards of each side; all must be of one currency."""
    given = {side: tuple(_cards(list(own), log, side, unpriced)) for side, own in said.items()}
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


def _cards(said: Sequence[str | Card], log: "Log", side: str, unpriced: Aside, *, said_as: str = "") -> Iterable[Card]:
    from pertoken.connect.cards import read_cards  # noqa: PLC0415

    for each in said:
        if isinstance(each, Card):
            made = [each]
        elif each == CATALOG or each.startswith(f"{CATALOG}:"):
            made = [_catalog_card(log, each.partition(":")[2], unpriced)]
        else:
            made = read_cards(each)
        for card in made:
            if card.account != side:
                words = {"cost": "a vendor's card (`card:`)", "revenue": "a plan of ours (`plan:` or `plans:`)"}
                given = f"{card.source or card.name} is given as {said_as or side}"
                msg = f"{given}, which needs {words[side]}; it is of party {card.party}"
                raise CardError(msg)
            yield card


def _catalog_card(log: "Log", as_model: str, unpriced: Aside) -> Card:
    """The catalog's rates for the models of a log, under the names that the log gives them."""
    from pertoken.engines.duckdb import labels  # noqa: PLC0415

    book = _catalog()
    rates: list[Rate] = []
    unknown: list[str] = []
    has_provider = "provider" in log.binding.keys
    for provider, model in labels(log, ("provider", "model")):
        if not model and not as_model:
            unknown.append("the log names no model on some rows; say --cost catalog:MODEL to price them as one")
            continue
        try:
            found = rates_of(book, as_model or model, provider="" if as_model else provider)
        except (InputError, UnpricedUsage) as error:
            unknown.append(str(error))
        else:
            rates += [replace(r, model=model, provider=provider if has_provider else "") for r in found]
    if unknown and (unpriced == "raise" or not rates):
        mend = "Price it on a card of your own, or set it aside with --unpriced report."
        raise UnpricedUsage("\n".join([*dict.fromkeys(unknown), mend]))
    return Card(
        name=f"catalog:{as_model}" if as_model else CATALOG,
        party="vendor",
        rates=tuple(rates),
        rounding=None,
        source=book.name,
    )


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


def sheet(answer: "Quotes | Books | Billed | Simulated", *, top: int | None = None) -> "View":
    """Lay an answer out as a sheet: print it, show it in a notebook, or write it with `pertoken.present`.

    Args:
        answer: Quotes, books, an invoice, or a log under other plans.
        top: Lines of a statement to show, the others as one; all if None.
    """
    from pertoken.present.view import view  # noqa: PLC0415  only what is shown is loaded

    if isinstance(answer, Quotes):
        from pertoken.present.quotes import sheet as lay_out  # noqa: PLC0415

        return view(lay_out(answer))
    from pertoken.books.answer import Billed, Books  # noqa: PLC0415  the calculator must start fast

    if isinstance(answer, Billed):
        from pertoken.present.invoice import sheet as lay_out_invoice  # noqa: PLC0415

        return view(lay_out_invoice(answer))
    if isinstance(answer, Books):
        from pertoken.present.statement import sheet as lay_out_books  # noqa: PLC0415

        return view(lay_out_books(answer, top=top))
    from pertoken.present.simulate import sheet as lay_out_plans  # noqa: PLC0415

    return view(lay_out_plans(answer, top=top))
