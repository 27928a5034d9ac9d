"""What was billed against what a log should cost: where the two part, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, Unpack

from pertoken.books.causes import OFFER
from pertoken.catalog.book import Catalog, UnknownModel, find
from pertoken.core.errors import Fault, InputError
from pertoken.core.lines import Key, Ledger, Lines
from pertoken.rating.assign import combos
from pertoken.rating.card import Card
from pertoken.workbench.cards import CATALOG, sides
from pertoken.workbench.costs import prices
from pertoken.workbench.reading import How, folded, read_as, terms_of

if TYPE_CHECKING:
    from pertoken.books.answer import Reconciled
    from pertoken.engines.duckdb import Log
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
    bill_mapping: "LogMapping | str | Path | None" = None,
    bill_layout: str = "",
    **how: Unpack[How],
) -> "Reconciled":
    """Hold a bill against a log: computed beside billed by model, day and meter, with the likely cause of each gap.

    Args:
        log: Requests or usage, as for `statement`.
        bill: What was billed: a vendor's cost report, FOCUS, or any log that reports its cost; what the log itself
            reports if None.
        cost: Cards of what we think it costs; list prices if not said.
        by: Keys of the lines; model and day, and the meter where the bill tells it, if empty.
        tolerance: Share of the computed cost by which a line may part and still agree.
        bill_mapping: What the bill's columns mean.
        bill_layout: Format of the bill; recognised if empty.
        **how: How the log is read, and which list prices are used, as for `statement`.

    Returns:
        Where the two part, and why.

    Raises:
        PertokenError: What is wrong with the log, the bill or the cards, and the mend.
    """
    from pertoken.books.answer import Reconciled  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.reconcile import reconcile as hold  # noqa: PLC0415
    from pertoken.engines.engine import engine  # noqa: PLC0415
    from pertoken.rating.rate import rate  # noqa: PLC0415

    terms = terms_of(how)
    about: How = {"mapping": bill_mapping, "layout": bill_layout, "timezone": terms.timezone}
    with read_as(log, how) if bill is None else read_as(bill, about) as other:
        keys = tuple(by) or _keys(other)
        charged, money = _charged(other, keys, terms.timezone), engine(other).currency(other)
        said, layout = (other.binding.says, other.layout) if bill else ((), "")
    with read_as(log, how) as own:
        cards = sides(own, {"cost": cost}, "report", how.get("catalog"))["cost"]
        _one_currency(money, cards[0].currency, str(bill or log))
        asked = ("model", "provider", *(key for key in keys if key != "meter"))
        on, rejects, watch = how.get("on"), how.get("rejects", False), how.get("watch")
        usage, report, _ = folded(own, cards, asked, terms=terms, on=on, rejects=rejects, watch=watch)
    alike = tuple(OFFER if key == "model" else key for key in keys)
    book = prices(how.get("catalog"))
    result = hold(_offered(usage, book), cards, _offered(terms.within(charged), book), alike, tolerance=tolerance)
    unpriced = rate(usage, cards, unpriced="keep").unpriced
    return Reconciled(replace(result, by=keys), report, cards, unpriced, str(bill or log), said, layout)


def _one_currency(billed: str, computed: str, source: str) -> None:
    """Refuse to hold money of one currency against another."""
    if billed != computed:
        found = f"{source} is in {billed}, what the log should cost in {computed}"
        mend = "bring the bill to the currency of the cards, or price the log on cards of its currency with --cost"
        raise InputError.of([Fault("", found, "one currency", mend)])


def _keys(bill: "Log") -> tuple[str, ...]:
    """What a bill can be held against a log by."""
    timed = bill.binding.time is not None or "day" in bill.binding.keys
    told = not bill.binding.leaves and "meter" in {*bill.binding.keys, *bill.types}
    return ("model", *(("day",) if timed else ()), *(("meter",) if told else ()))


def _charged(bill: "Log", keys: Sequence[str], timezone: str) -> Ledger:
    """What was billed, by the keys that both sides are held against each other by."""
    from pertoken.engines.engine import engine  # noqa: PLC0415  the calculator must start fast
    from pertoken.usage.question import Question  # noqa: PLC0415

    asked = Question(tuple(dict.fromkeys(("model", "provider", *keys))), timezone=timezone)
    found: Ledger | None = engine(bill).reported(bill, asked)
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
