"""What was billed against what a log should cost: where the two part, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pertoken.books.causes import OFFER
from pertoken.catalog.book import Catalog, UnknownModel, find
from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Ledger, Lines
from pertoken.rating.assign import combos
from pertoken.rating.card import Card
from pertoken.workbench.cards import CATALOG, sides
from pertoken.workbench.costs import Prices, prices
from pertoken.workbench.reading import Contracts, Terms, folded, reading, stated

if TYPE_CHECKING:
    from pertoken.books.answer import Reconciled
    from pertoken.engines.duckdb import Log, Watch
    from pertoken.usage.schema import LogMapping

TOLERANCE = Decimal("0.01")
T = TypeVar("T", bound=Lines)


def reconcile(
    log: "str | Path",
    *,
    bill: "str | Path | None" = None,
    cost: Iterable[str | Card] = (CATALOG,),
    by: Sequence[str] = (),
    tolerance: Decimal = TOLERANCE,
    mapping: "LogMapping | str | Path | None" = None,
    layout: str = "",
    bill_mapping: "LogMapping | str | Path | None" = None,
    bill_layout: str = "",
    period: str = "",
    timezone: str = "UTC",
    rejects: bool = False,
    on: date | None = None,
    contracts: Contracts = (),
    start: date | None = None,
    end: date | None = None,
    catalog: Prices = None,
    watch: "Watch | None" = None,
) -> "Reconciled":
    """Hold a bill against a log: computed beside billed by model, day and meter, with the likely cause of each gap.

    Args:
        log: Requests or usage, as for `statement`.
        bill: What was billed: a vendor's cost report, FOCUS, or any log that reports its cost; what the log itself
            reports if None.
        cost: Cards of what we think it costs; list prices if not said.
        by: Keys of the lines; model and day, and the meter where the bill tells it, if empty.
        tolerance: Share of the computed cost by which a line may part and still agree.
        mapping: What the log's columns mean, where their names don't say.
        layout: Format of the log; recognised if empty.
        bill_mapping: What the bill's columns mean.
        bill_layout: Format of the bill; recognised if empty.
        period: The month (or day, quarter, year) that a log without times is of.
        timezone: Zone in which the days of the bill are cut.
        rejects: True to set rows aside that can't be used.
        on: Day whose prices hold where the log has no times.
        contracts: As for `statement`.
        start: First day that is looked at; that of the log if None.
        end: The day after the last that is looked at.
        catalog: List prices, and the names of models: a catalog, its name, or a file; the bundled ones if None.
        watch: Told how far the fold is, 0 to 1.

    Returns:
        Where the two part, and why.

    Raises:
        PertokenError: What is wrong with the log, the bill or the cards, and the mend.
    """
    from pertoken.books.answer import Reconciled  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.reconcile import reconcile as hold  # noqa: PLC0415
    from pertoken.rating.rate import rate  # noqa: PLC0415

    terms = Terms(stated(contracts), start, end, timezone)
    own = bill is None
    with reading(
        log if bill is None else bill,
        mapping if own else bill_mapping,
        period,
        timezone,
        layout=layout if own else bill_layout,
    ) as other:
        keys = tuple(by) or _keys(other)
        charged, said = _charged(other, keys, timezone), () if own else other.binding.says
    with reading(log, mapping, period, timezone, layout=layout, watch=watch) as opened:
        cards = sides(opened, {"cost": cost}, "report", catalog)["cost"]
        asked = ("model", "provider", *(key for key in keys if key != "meter"))
        usage, report, _ = folded(opened, cards, asked, terms=terms, on=on, rejects=rejects, watch=watch)
    alike = tuple(OFFER if key == "model" else key for key in keys)
    book = prices(catalog)
    result = hold(_offered(usage, book), cards, _offered(terms.within(charged), book), alike, tolerance=tolerance)
    unpriced = rate(usage, cards, unpriced="keep").unpriced
    return Reconciled(replace(result, by=keys), report, cards, unpriced, str(bill or log), said)


def _keys(bill: "Log") -> tuple[str, ...]:
    """What a bill can be held against a log by."""
    timed = bill.binding.time is not None or "day" in bill.binding.keys
    told = not bill.binding.leaves and "meter" in {*bill.binding.keys, *bill.types}
    return ("model", *(("day",) if timed else ()), *(("meter",) if told else ()))


def _charged(bill: "Log", keys: Sequence[str], timezone: str) -> Ledger:
    """What was billed, by the keys that both sides are held against each other by."""
    from pertoken.engines.duckdb import reported  # noqa: PLC0415  the calculator must start fast
    from pertoken.usage.question import Question  # noqa: PLC0415

    found = reported(bill, Question(tuple(dict.fromkeys(("model", "provider", *keys))), timezone=timezone))
    if found is None:
        msg = (
            f"{bill.source.name} says nothing of what it costs; give the bill with --bill FILE, or name the column of "
            "its cost in a mapping (reported_cost: COLUMN)"
        )
        raise InputError(msg)
    return found


def _offered(lines: T, book: Catalog) -> T:
    """Name each model as the price book spells it, so that a bill and a log mean one model by one name."""
    found = combos(lines, ("provider", "model"))
    names = [_offer(book, each["model"], each["provider"]) for each in found.labels]
    return lines.with_keys(**{OFFER: Key.of(names[code] for code in found.of_line.tolist())})


def _offer(book: Catalog, model: str, provider: str) -> str:
    try:
        return "/".join(find(book, model, provider=provider)) if model else ""
    except UnknownModel:
        return model
