"""What if we change the price? One function for each such question; the front doors walk through these."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING

from pertoken.rating.card import Card
from pertoken.workbench import Aside, Contracts, Terms, folded, plans, reading, stated

if TYPE_CHECKING:
    from pathlib import Path

    from pertoken.books.answer import Simulated
    from pertoken.books.simulate import Doubts
    from pertoken.engines.duckdb import Watch
    from pertoken.usage.schema import LogMapping

__all__ = ["rank", "simulate"]


def simulate(
    log: "str | Path",
    *,
    old: Iterable[str | Card],
    new: Iterable[str | Card],
    cost: Iterable[str | Card] = (),
    by: Sequence[str] = (),
    amount: str = "billed",
    elasticity: Decimal | None = None,
    mapping: "LogMapping | str | Path | None" = None,
    period: str = "",
    timezone: str = "UTC",
    exact: bool = True,
    unpriced: Aside = "raise",
    rejects: bool = False,
    on: date | None = None,
    contracts: Contracts = (),
    start: date | None = None,
    end: date | None = None,
    watch: "Watch | None" = None,
) -> "Simulated":
    """Rate a log under two plans: who pays more, who pays less, and what it does to margin.

    Args:
        log: As for `statement`.
        old: Cards of the plan as it is: YAML files or records of `Card`.
        new: Cards of the plan as it may be.
        cost: Cards of what we pay.
        by: Keys of segments for totals; if empty, the plan, where there are several.
        amount: Amount whose change is looked at: list, contracted, effective or billed; margins are effective.
        elasticity: Percent by which a customer's usage changes for one percent more of price; an assumption.
        mapping: What the log's columns mean, where their names don't say.
        period: The month (or day, quarter, year) that a log without times is of.
        timezone: Zone in which periods are reckoned.
        exact: True for decimals, False for floats.
        unpriced: `raise` when a plan does not price all usage, `report` to compare what both price.
        rejects: True to set rows aside that can't be used.
        on: Day whose prices hold where the log has no times.
        contracts: When contracts begin and end.
        start: First day of the books; that of the log if None.
        end: The day after the last day of the books; that of the log if None.
        watch: Told how far the fold is, 0 to 1.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    from pertoken.books.answer import Simulated  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.simulate import simulate as two_plans  # noqa: PLC0415

    terms = Terms(stated(contracts), start, end, timezone)
    with reading(log, mapping, period, timezone) as opened:
        cards = plans(opened, {"old": old, "new": new, "cost": cost}, unpriced)
        by = tuple(by) or (("plan",) if len(cards["old"]) > 1 else ())
        keys = [key for key in by if key != "plan" or key in opened.binding.keys]
        every = [card for own in cards.values() for card in own]
        usage, report, _ = folded(opened, every, keys, terms=terms, on=on, rejects=rejects, watch=watch)
    made = two_plans(
        usage, *cards.values(), by=by, kind=amount, exact=exact, unpriced="keep" if unpriced == "report" else "raise",
        elasticity=elasticity, doubts=_doubts(),
    )  # fmt: skip
    return Simulated(usage, report, cards, made)


def rank(
    log: "str | Path",
    *,
    old: Iterable[str | Card],
    new: Iterable[str | Card],
    cost: Iterable[str | Card] = (),
    vary: Mapping[str, Sequence[Decimal]] | None = None,
    by: str = "revenue",
    mapping: "LogMapping | str | Path | None" = None,
    period: str = "",
    timezone: str = "UTC",
    unpriced: Aside = "raise",
    rejects: bool = False,
    on: date | None = None,
    contracts: Contracts = (),
    start: date | None = None,
    end: date | None = None,
    watch: "Watch | None" = None,
) -> "Simulated":
    """Rate a log under many plans and rank them; reckoned in floats.

    Args:
        log: As for `statement`.
        old: Cards of the plan as it is.
        new: The candidates: each file, or each record of `Card`, is one; with `vary`, one plan that is varied.
        cost: Cards of what we pay.
        vary: Place in the new cards to the numbers to try there, as `{"tokens.rate": [Decimal("0.001"), ...]}`; each
            combination is a candidate (see `pertoken.books.vary.grid`).
        by: `revenue`, `margin` or `worse-off`.
        mapping: What the log's columns mean, where their names don't say.
        period: The month (or day, quarter, year) that a log without times is of.
        timezone: Zone in which periods are reckoned.
        unpriced: `raise` when a plan does not price all usage, `report` to compare what all of them price.
        rejects: True to set rows aside that can't be used.
        on: Day whose prices hold where the log has no times.
        contracts: When contracts begin and end.
        start: First day of the books; that of the log if None.
        end: The day after the last day of the books; that of the log if None.
        watch: Told how far the fold is, 0 to 1.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    from pertoken.books.answer import Simulated  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.ranking import ranking  # noqa: PLC0415
    from pertoken.books.vary import Candidate, grid  # noqa: PLC0415

    terms = Terms(stated(contracts), start, end, timezone)
    with reading(log, mapping, period, timezone) as opened:
        each = [(item if isinstance(item, str) else item.name, item) for item in new]
        tried = [Candidate(name, plans(opened, {"new": [item]}, unpriced)["new"]) for name, item in each]
        cards = plans(opened, {"old": old, "cost": cost}, unpriced)
        every = [card for own in (*cards.values(), *(plan.cards for plan in tried)) for card in own]
        usage, report, _ = folded(opened, every, (), terms=terms, on=on, rejects=rejects, watch=watch)
    shown = {"old": cards["old"], "new": tuple(card for plan in tried for card in plan.cards), "cost": cards["cost"]}
    made = ranking(
        usage,
        cards["old"],
        grid(shown["new"], vary) if vary else tried,
        cards["cost"],
        by=by,
        unpriced="keep" if unpriced == "report" else "raise",
    )
    return Simulated(usage, report, shown, made)


def _doubts() -> "Doubts | None":
    """What lists the doubts about a card, where it is built."""
    try:
        found: Doubts = import_module("pertoken.rating.doubt").doubts
    except ModuleNotFoundError:
        return None
    return found
