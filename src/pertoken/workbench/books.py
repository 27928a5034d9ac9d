"""A log, rated: the statement, what it rests on, invoices."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from pertoken.core.lines import Ledger, Usage
from pertoken.core.period import GRAINS
from pertoken.rating.assign import own_lines
from pertoken.rating.card import Card
from pertoken.rating.rate import rate
from pertoken.rating.unpriced import without_price
from pertoken.workbench.cards import Aside, side_of, sides
from pertoken.workbench.reading import How, folded, read_as, said_to_cost, terms_of

if TYPE_CHECKING:
    from pertoken.books.answer import Billed, Books
    from pertoken.rating.explain import Step
    from pertoken.usage.question import Question
    from pertoken.usage.report import Report


def statement(
    log: "str | Path",
    *,
    cost: Iterable[str | Card] = (),
    revenue: Iterable[str | Card] = (),
    by: Sequence[str] = (),
    exact: bool = True,
    unpriced: Aside = "raise",
    amount: str = "effective",
    rollup: "str | Path | None" = None,
    **how: Unpack[How],
) -> "Books":
    """Rate a log on both sides and fold it to a statement: revenue, cost, margin.

    Args:
        log: File, folder, glob or `file.duckdb::table` of requests or usage; or a roll-up kept earlier.
        cost: Cards of what we pay: YAML files, `catalog`, `catalog:MODEL`, or records of `Card`.
        revenue: Cards of what we are paid.
        by: Keys to report by: customer, model, month, feature, or any column of the log; if empty, the first of
            customer, model and month that the log has.
        exact: True for decimals, False for floats.
        unpriced: `raise` when usage has no price, `report` to set it aside.
        amount: Which amount to show: list, contracted, effective or billed.
        rollup: File to keep the folded usage in.
        **how: How the log is read, and in which time the books are kept: see `pertoken.workbench.reading.How`.

    Returns:
        Books with the statement, the ledgers behind it, and what was left out.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    terms, on, rejects, watch = terms_of(how), how.get("on"), how.get("rejects", False), how.get("watch")
    with read_as(log, how) as opened:
        cards = sides(opened, {"cost": cost, "revenue": revenue}, unpriced, how.get("catalog"))
        by, keys = _keys(by, opened.binding.keys)
        every = [card for own in cards.values() for card in own]
        usage, report, asked = folded(opened, every, keys, terms=terms, on=on, rejects=rejects, watch=watch)
        own = said_to_cost(opened, asked, report, terms, every[0].currency)
    told = {"exact": exact, "unpriced": "keep" if unpriced == "report" else "raise", **terms.said(usage)}
    books = _booked(usage, report, cards, keys, by=by, kind=amount, how=told, reported=own)
    if rollup is not None:
        _keep(usage, asked, rollup)
    return books


def _keep(usage: Usage, asked: "Question", rollup: "str | Path") -> None:
    from pertoken.engines import duckdb as engine  # noqa: PLC0415  the calculator must start fast

    engine.keep(usage, asked, rollup)


def _keys(by: Sequence[str], known: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys to report by, and those to keep: the customer besides, where the log has one."""
    by = tuple(by) or (next((key for key in ("customer", "model") if key in known), "month"),)
    return by, tuple(dict.fromkeys((*by, *(["customer"] if "customer" in known else []))))


def _booked(
    usage: Usage,
    report: "Report",
    cards: Mapping[str, tuple[Card, ...]],
    keys: Sequence[str],
    *,
    by: tuple[str, ...],
    kind: str,
    how: Mapping[str, Any],
    reported: Ledger | None,
) -> "Books":
    from pertoken.books.allocate import allocate  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.answer import Books  # noqa: PLC0415
    from pertoken.books.statement import statement as fold_statement  # noqa: PLC0415
    from pertoken.books.unsure import estimated  # noqa: PLC0415

    rated = {side: rate(usage, own, **how) for side, own in cards.items()}
    ledgers = {side: allocate(r.parts, keys) for side, r in rated.items()}
    currency = next(iter(cards.values()))[0].currency
    if reported is not None and not how["exact"]:
        reported = Ledger(reported.keys, {name: each.astype(np.float64) for name, each in reported.values.items()})
    unsure = estimated(rated["cost"]) if "cost" in rated else None
    whole = fold_statement(usage, ledgers, keys, currency=currency, kind=kind, reported=reported, estimated=unsure)
    return Books(usage, report, cards, ledgers, {side: r.unpriced for side, r in rated.items()}, whole, by, rated)


def priced(books: "Books", labels: Mapping[str, str]) -> None:
    """Refuse usage without a price of those asked for: what others use is no matter of theirs.

    Raises:
        UnpricedUsage: Usage that carries the labels, that some card is for, and that none prices.
    """
    for side, cards in books.cards.items():
        left = books.unpriced[side]
        for name, label in labels.items():
            key = left.period(name) if name in GRAINS else left.key(name)
            left = left.pick(np.array([each == label for each in key.labels] or [False])[key.codes])
        meant = [own for card in cards if len(own := own_lines(left, card))]
        if meant:
            raise without_price(meant[0])


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
        **how: How the log is read, as for `statement`: `mapping`, `layout`, `period`, `timezone`, `unpriced`,
            `rejects`, `on`, `contracts`, `start`, `end`, `catalog`, `watch`.

    Returns:
        The invoice, and what was read.

    Raises:
        PertokenError: What is wrong with the log or the card, and the mend.
    """
    from pertoken.books.answer import Billed  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.invoice import invoice as made_of  # noqa: PLC0415
    from pertoken.core.period import check as check_period  # noqa: PLC0415

    check_period(month, "month")
    side = side_of(card)
    labels = {"customer": customer} if customer else {}
    strict = how.pop("unpriced", "raise") == "raise"
    own: dict[str, Any] = {side: [card], "unpriced": "report", **how}
    books = statement(log, by=("month",), amount="billed", **own)
    if strict:
        priced(books, labels)
    return Billed(made_of(books.rated[side], labels, month), books.report, books.unpriced[side])
