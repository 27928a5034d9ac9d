"""What if we change the price? One function for each such question; the front doors walk through these."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.workbench.cards import Aside, plans
from pertoken.workbench.reading import How, Terms, folded, read_as, stated

if TYPE_CHECKING:
    from pathlib import Path

    from pertoken.books.answer import Simulated
    from pertoken.core.lines import Usage
    from pertoken.engines.duckdb import Log
    from pertoken.usage.report import Report

__all__ = ["How", "rank", "simulate"]


def _folded(
    opened: "Log", cards: Mapping[str, Sequence[Card]], tried: Iterable[Sequence[Card]], keys: Sequence[str], how: How
) -> "tuple[Usage, Report, dict[str, Any]]":
    """Fold a log; what rating is told of time stands beside the usage."""
    zone = how.get("timezone", "UTC")
    plans = [tuple(each) for each in tried]
    contracts = also(stated(how.get("contracts", ())), cards["old"], plans)
    terms = Terms(contracts, how.get("start"), how.get("end"), zone)
    usage, report, _ = folded(
        opened,
        [*cards["old"], *cards["cost"], *(card for each in plans for card in each)],
        keys,
        terms=terms,
        on=how.get("on"),
        rejects=how.get("rejects", False),
        watch=how.get("watch"),
    )
    return usage, report, terms.said(usage)


def also(contracts: Sequence[Contract], old: Sequence[Card], tried: Iterable[Sequence[Card]]) -> tuple[Contract, ...]:
    """Have the contracts of the old plans run on the new ones too: on that of the same name, or on the only one."""
    names = {card.name for card in old}
    known = {(each.card, *sorted(each.labels.items())) for each in contracts}
    made = list(contracts)
    for cards in tried:
        for each in contracts:
            target = cards[0].name if len(cards) == 1 else each.card
            moved = replace(each, card=target)
            what = (target, *sorted(each.labels.items()))
            if each.card in names and what not in known:
                known.add(what)
                made.append(moved)
    return tuple(made)


def simulate(
    log: "str | Path",
    *,
    old: Iterable[str | Card],
    new: Iterable[str | Card],
    cost: Iterable[str | Card] = (),
    by: Sequence[str] = (),
    amount: str = "billed",
    elasticity: Decimal | None = None,
    exact: bool = True,
    unpriced: Aside = "raise",
    **how: Unpack[How],
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
        exact: True for decimals, False for floats.
        unpriced: `raise` when a plan does not price all usage, `report` to compare what both price.
        **how: How the log is read, as for `statement`: `mapping`, `period`, `timezone`, `rejects`, `on`, `contracts`,
            `start`, `end`, `catalog`, `watch`.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    from pertoken.books.answer import Simulated  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.simulate import simulate as two_plans  # noqa: PLC0415
    from pertoken.rating.doubt import doubts  # noqa: PLC0415

    with read_as(log, how) as opened:
        cards = plans(opened, {"old": old, "new": new, "cost": cost}, unpriced, how.get("catalog"))
        by = tuple(by) or (("plan",) if len(cards["old"]) > 1 else ())
        keys = [key for key in by if key != "plan" or key in opened.binding.keys]
        usage, report, terms = _folded(opened, cards, [cards["new"]], keys, how)
    made = two_plans(
        usage, *cards.values(), by=by, kind=amount, exact=exact, unpriced="keep" if unpriced == "report" else "raise",
        elasticity=elasticity, doubts=doubts, terms=terms,
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
    unpriced: Aside = "raise",
    **how: Unpack[How],
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
        unpriced: `raise` when a plan does not price all usage, `report` to compare what all of them price.
        **how: How the log is read, as for `statement`: `mapping`, `period`, `timezone`, `rejects`, `on`, `contracts`,
            `start`, `end`, `catalog`, `watch`.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    from pertoken.books.answer import Simulated  # noqa: PLC0415  the calculator must start fast
    from pertoken.books.ranking import ranking  # noqa: PLC0415
    from pertoken.books.vary import Candidate, grid  # noqa: PLC0415

    with read_as(log, how) as opened:
        each = [(item if isinstance(item, str) else item.name, item) for item in new]
        read = partial(plans, opened, unpriced=unpriced, catalog=how.get("catalog"))
        tried = [Candidate(name, read({"new": [item]})["new"]) for name, item in each]
        cards = read({"old": old, "cost": cost})
        usage, report, terms = _folded(opened, cards, [plan.cards for plan in tried], (), how)
    shown = {"old": cards["old"], "new": tuple(card for plan in tried for card in plan.cards), "cost": cards["cost"]}
    made = ranking(
        usage,
        cards["old"],
        grid(shown["new"], vary) if vary else tried,
        cards["cost"],
        by=by,
        unpriced="keep" if unpriced == "report" else "raise",
        terms=terms,
    )
    return Simulated(usage, report, shown, made)
